"""Every exception of gbakg, as a tree; each class carries its exit code and words its own message.

    GbakgError                    1
    ├── CheckFailed               1   the data are readable, but wrong
    ├── UsageError                2
    │   ├── BadCommand                a command line that cannot be read
    │   ├── BadName                   not of the form class/slug
    │   ├── BadParameter
    │   ├── AmbiguousName
    │   ├── UnknownName
    │   ├── WrongClass                an entity of another class than the parameter's
    │   ├── UnknownQuery
    │   ├── HeaderError
    │   ├── QuerySyntaxError
    │   ├── ForbiddenQuery            an update, SERVICE, FROM ..., nested too deeply, or too much for an engine
    │   └── ProjectNotFound
    ├── InputError                3   carries one Problem for each line that it prints
    │   ├── EncodingError
    │   ├── TableError
    │   ├── TurtleError
    │   ├── ShapeError                an unknown constraint, or a shape that refers to itself
    │   ├── MissingFile
    │   └── Unwritable                a file that cannot be written
    ├── CacheError                3
    │   ├── CacheUnusable
    │   ├── TooFewFiles               this process may not open what a store needs
    │   ├── BuildLocked
    │   └── BuildDamaged
    ├── NetworkError              4
    │   ├── QueryTimeout
    │   ├── Unreachable               nobody answers, or the answer breaks off
    │   ├── Refused                   an answer with an HTTP status that says no
    │   └── AnswerCut                 rows or triples are missing at the end of an answer
    └── PushIncomplete            5   what is at the endpoint is not what was sent

A message says what was expected, what was found, in which file and row (or line), and what to do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from gbakg.tuples import NamedTuple


class Problem(NamedTuple):
    """One thing that is wrong, printed as one line.

    `row` counts a table's records as a spreadsheet does (the header is row 1) or a Turtle file's lines;
    `place` words which of the two.  `file` is empty where no file is to blame.

    >>> print(Problem("facts.csv", "`2025-13-01` is not a date; write YYYY-MM-DD", row=4, column="period_start"))
    facts.csv, row 4, column period_start: `2025-13-01` is not a date; write YYYY-MM-DD
    """

    file: str
    message: str
    row: int | None = None
    column: str | None = None
    place: str = "row"
    severity: str = "violation"

    def __str__(self) -> str:
        where = [self.file] if self.file else []
        if self.row is not None:
            where.append(f"{self.place} {self.row}")
        if self.column:
            where.append(f"column {self.column}")
        return _line(f"{', '.join(where)}: {self.message}" if where else self.message)


def _line(text: str) -> str:
    """Return a message as one line that a terminal shows as it is: what it quotes may be anybody's, and of any length."""
    line = _QUOTED.sub(r"`\1...`", " ".join(text.split()))
    if len(line) > _WIDEST:
        line = f"{line[:_WIDEST]}..."
    if line.isprintable():
        return line
    return "".join(one if one.isprintable() else f"\\u{ord(one):04X}" for one in line)


_QUOTED = re.compile(r"`([^`]{100})[^`]{50,}`")
_WIDEST = 2000


class GbakgError(Exception):
    """The root of the tree: what gbakg raises on purpose, and can put in words."""

    exit_code: int = 1

    @property
    def lines(self) -> tuple[str, ...]:
        """The message, one line for each thing to say."""
        return (_line(str(self)),)


class CheckFailed(GbakgError):
    """Readable data that do not hold: a report, raised only where a caller asked for a build and there is none."""

    exit_code = 1

    def __init__(self, problems: Iterable[Problem], advice: str = "") -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        self.advice = advice
        super().__init__("\n".join(self.lines))

    @property
    def lines(self) -> tuple[str, ...]:
        """One line for each problem, then what to do."""
        return (*(str(problem) for problem in self.problems), *((self.advice,) if self.advice else ()))


# --- usage ---------------------------------------------------------------------------------------------------------


class UsageError(GbakgError):
    """The command or the call is wrong."""

    exit_code = 2


class BadCommand(UsageError):
    """A command line that cannot be read; the parser words what is wrong with it."""


class BadName(UsageError):
    """A name that is neither class/slug, nor a known prefixed name, nor an IRI of the graph."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name!r} is not a name; write class/slug in lower case, such as region/shenzhen")


class BadParameter(UsageError):
    """A parameter of a saved query with a value that its type does not allow."""

    def __init__(self, parameter: str, expected: str, found: str, advice: str = "") -> None:
        self.parameter, self.expected, self.found, self.advice = parameter, expected, found, advice
        super().__init__(f"parameter {parameter}: expected {expected}, found {found!r}{_advice(advice)}")


class AmbiguousName(UsageError):
    """A label that several entities carry."""

    def __init__(self, name: str, candidates: Sequence[str]) -> None:
        self.name, self.candidates = name, tuple(candidates)
        super().__init__(f"{name!r} names several entities; choose one of {', '.join(self.candidates)}")


class UnknownName(UsageError):
    """A name that no entity carries."""

    def __init__(self, name: str, candidates: Sequence[str] = ()) -> None:
        self.name, self.candidates = name, tuple(candidates)
        hint = (
            f"did you mean {' or '.join(self.candidates)}?" if candidates else "`gbakg find TEXT` lists what there is"
        )
        super().__init__(f"nothing in the graph is named {name!r}; {hint}")


class WrongClass(UsageError):
    """An entity that is there, but of another class than the one asked for."""

    def __init__(self, name: str, expected: str, found: str) -> None:
        self.name, self.expected, self.found = name, expected, found
        super().__init__(f"{name} is not a {expected}, but a {found}")


class UnknownQuery(UsageError):
    """A saved query that does not exist."""

    def __init__(self, name: str, candidates: Sequence[str] = ()) -> None:
        self.name, self.candidates = name, tuple(candidates)
        hint = f"did you mean {' or '.join(self.candidates)}?" if candidates else "`gbakg query list` lists them"
        super().__init__(f"no saved query is named {name!r}; {hint}")


class HeaderError(UsageError):
    """A saved query whose header is missing or wrong."""

    def __init__(self, file: Path | str, message: str, line: int | None = None) -> None:
        self.file, self.message, self.line = str(file), message, line
        super().__init__(f"{file}{f', line {line}' if line else ''}: {message}")


class QuerySyntaxError(UsageError):
    """A text that is not SPARQL 1.1."""

    def __init__(self, message: str, source: str = "query") -> None:
        message = re.sub(r"^error at (\d+):(\d+): ", r"line \1, column \2: ", message)
        if "Prefix not found" in message:  # the parser's only words for it, between the tokens that it would have taken
            where = message.partition("expected")[0]
            message = (
                f"{where}the name that ends here has a prefix that is not declared; write PREFIX for it, or mend it"
            )
        if len(message) > _LONGEST:  # parsers list every token that they would have taken
            message = f"{message[:_LONGEST]}..."
        self.message, self.source = message, source
        super().__init__(f"{source}: not valid SPARQL: {message}")


class ForbiddenQuery(UsageError):
    """A query that would write, reach the network, exhaust the parser, or let the engine die."""

    def __init__(self, found: str, advice: str) -> None:
        self.found, self.advice = found, advice
        super().__init__(f"{found} is not allowed; {advice}")


class ProjectNotFound(UsageError):
    """No ontology, data and queries where they were looked for."""

    def __init__(self, where: Path | str, missing: str) -> None:
        self.where, self.missing = str(where), missing
        super().__init__(
            f"{where}: no {missing} here; point --home or GBAKG_HOME at a folder that holds ontology/, data/ and queries/"
        )


# --- input ---------------------------------------------------------------------------------------------------------


class InputError(GbakgError):
    """Files that cannot be read as what they should be; one line for each problem."""

    exit_code = 3

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(self.lines))

    @property
    def lines(self) -> tuple[str, ...]:
        """One line for each problem."""
        return tuple(str(problem) for problem in self.problems)


class TableError(InputError):
    """A table with a wrong header, a wrong number of cells, a cell that does not parse, or a key used twice."""


class EncodingError(InputError):
    """A file that is not UTF-8, or begins with a byte order mark."""


class TurtleError(InputError):
    """A Turtle file with a syntax error."""

    def __init__(self, file: Path | str, message: str, line: int | None = None) -> None:
        super().__init__([Problem(shown(file), f"not valid Turtle: {message}", row=line, place="line")])


class ShapeError(InputError):
    """Shapes that cannot be compiled: one has an unknown constraint, or refers to itself."""


class MissingFile(InputError):
    """A file or folder that has to be there, or cannot be opened."""

    def __init__(self, file: Path | str, message: str) -> None:
        super().__init__([Problem(shown(file), message)])


class Unwritable(InputError):
    """A file to write that cannot be created, or a disk that is full."""

    def __init__(self, file: Path | str, reason: str) -> None:
        super().__init__([Problem(str(file), f"cannot be written: {reason}; choose another place")])


# --- cache ---------------------------------------------------------------------------------------------------------


class CacheError(GbakgError):
    """The folder of the builds cannot be used."""

    exit_code = 3


class CacheUnusable(CacheError):
    """A cache folder that cannot be created, read or written, or is full."""

    def __init__(self, folder: Path | str, reason: str) -> None:
        self.folder, self.reason = str(folder), reason
        super().__init__(f"{folder}: {reason}; make room there, or choose another folder with --cache or GBAKG_CACHE")


class TooFewFiles(CacheError):
    """A limit of open files below what the embedded engine needs; nothing is wrong with the build then."""

    def __init__(self, needed: int, allowed: int) -> None:
        self.needed, self.allowed = needed, allowed
        super().__init__(
            f"a store needs {needed} open files at once, and {allowed} are allowed; allow more with `ulimit -n 1024`"
        )

    @classmethod
    def of(cls, error: Exception | str) -> TooFewFiles | None:
        """Recognise it in what pyoxigraph says; None if an error is another."""
        found = re.search(r"needs at least (\d+) file descriptors .* only (\d+) allowed", str(error))
        return None if found is None else cls(int(found[1]), int(found[2]))


class BuildLocked(CacheError):
    """Another build of the same project is under way."""

    def __init__(self, folder: Path | str, holder: str = "") -> None:
        self.folder, self.holder = str(folder), holder
        who = f" ({holder})" if holder else ""
        super().__init__(f"{folder}: another build of this project is running{who}; wait until it has finished")


class BuildDamaged(CacheError):
    """A build whose files do not hold what its receipt says."""

    def __init__(self, folder: Path | str, reason: str) -> None:
        self.folder, self.reason = str(folder), reason
        super().__init__(f"{folder}: the cached build is damaged ({reason}); run `gbakg build --force`")


# --- network -------------------------------------------------------------------------------------------------------


class NetworkError(GbakgError):
    """An endpoint that cannot be reached, refuses, or answers with something else."""

    exit_code = 4

    def __init__(self, url: str, message: str) -> None:
        self.url, self.message = url, message
        super().__init__(f"{url}: {message}" if url else message)


class QueryTimeout(NetworkError):
    """A query that ran longer than it may."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__("", f"the query was stopped after {seconds:g} s; narrow it, or allow more with --timeout")


class Unreachable(NetworkError):
    """An endpoint that does not answer, or whose answer breaks off."""


class Refused(NetworkError):
    """An answer with an HTTP status that says no, with its headers; `status` is what a store means, where it words 403 as 500, say.

    `wait` is how many seconds it asks to wait before the next try.
    """

    def __init__(
        self, url: str, status: int, message: str, headers: Mapping[str, str] | None = None, wait: float = 0
    ) -> None:
        self.status, self.headers, self.wait = status, dict(headers or {}), wait
        super().__init__(url, message)


class AnswerCut(NetworkError):
    """An answer of which the endpoint has kept back rows, or may have."""

    def __init__(self, url: str, rows: int) -> None:
        self.rows = rows
        super().__init__(
            url,
            f"gives no more than {rows:,} rows in one answer, so that this one is cut; "
            "ask for fewer with --limit, or raise the limit there",
        )


class PushIncomplete(GbakgError):
    """A push after which the endpoint does not hold what was sent."""

    exit_code = 5

    def __init__(self, url: str, message: str) -> None:
        self.url, self.message = url, message
        super().__init__(f"{url}: {message}")


def shown(path: Path | str) -> str:
    """Return a path as a person would type it: relative to the working folder where it lies inside."""
    path = Path(path)
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


_LONGEST = 160


def _advice(text: str) -> str:
    return f"; {text}" if text else ""
