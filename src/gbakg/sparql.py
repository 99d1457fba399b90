"""Answer a user's own SPARQL: read-only, away from the network, and not for ever."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import IO, TypeVar

import pyoxigraph
from pyoxigraph import QueryResultsFormat, RdfFormat, Triple

from gbakg import terms, tokens
from gbakg.engine import Engine, Solutions
from gbakg.errors import BadParameter, BuildDamaged, ForbiddenQuery, QuerySyntaxError, QueryTimeout, TooFewFiles
from gbakg.result import Result
from gbakg.store import Build

TIMEOUT = 60.0
LONGEST = 86_400
DEEPEST = 100
"""Brackets within brackets; the parser's own limit is the size of its stack, which it overruns without an error."""

_Item = TypeVar("_Item")
_FORMS = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
_UPDATES = ("INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "COPY", "MOVE", "ADD", "WITH")
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")


def check(text: str) -> str:
    """Return a query that may run, with the project's prefixes where it declares none.

    Judged are tokens, so that words inside strings, comments and IRIs are free.  Raises ForbiddenQuery for updates,
    SERVICE, FROM and too deep nesting; QuerySyntaxError for what is no query.

    >>> check("DROP ALL")
    Traceback (most recent call last):
        ...
    gbakg.errors.ForbiddenQuery: DROP is not allowed; gbakg sparql only reads: SELECT, ASK, CONSTRUCT or DESCRIBE
    """
    if text.startswith("\ufeff"):
        raise QuerySyntaxError("it begins with a byte order mark (BOM); save it as UTF-8 without one")
    _plain(text)
    found = tokens.code(text)
    deepest = tokens.depth(found)
    if deepest > DEEPEST:
        raise ForbiddenQuery(f"nesting {deepest} brackets deep", f"write at most {DEEPEST}")
    form = ""
    for before, token in zip([None, *found], found, strict=False):
        if token.kind != "word" or (before and before.kind == "mark" and before.text == "@"):
            continue
        word = token.text.upper()
        if word in _UPDATES and not form:
            raise ForbiddenQuery(word, f"gbakg sparql only reads: {', '.join(_FORMS[:-1])} or {_FORMS[-1]}")
        if word == "SERVICE":
            raise ForbiddenQuery(word, "all data are in the one graph of this build; remove the SERVICE block")
        if word == "FROM":
            raise ForbiddenQuery(word, "all data are in the one default graph; remove the FROM clause")
        form = form or (word if word in _FORMS else "")
    if not form:
        raise QuerySyntaxError(f"expected one of {', '.join(_FORMS)}, found none of them")
    return _prefixed(text, found)


def run(build: Build, text: str, timeout: float = TIMEOUT) -> Result | bool | Iterator[Triple]:
    """Check a query and answer it in a child process, which is killed when its time is over.

    A SELECT gives a Result, an ASK a bool, the others triples.  Raises BadParameter, ForbiddenQuery, QuerySyntaxError, BuildDamaged,
    and QueryTimeout, the last also while rows are read.
    """
    if not (isinstance(timeout, (int, float)) and 0 < timeout <= LONGEST):
        raise BadParameter("timeout", f"seconds above 0, at most {LONGEST}", str(timeout))
    answer = _Answer(build.path / "store", check(text), timeout)
    head = answer.head()
    if head == "rows":
        try:
            found = pyoxigraph.parse_query_results(answer.stream, format=QueryResultsFormat.JSON)
        except (SyntaxError, OSError):  # the child ended before the first row
            answer.fail()
            raise
        if not isinstance(found, pyoxigraph.QuerySolutions):
            raise TypeError(head)
        names = tuple(variable.value for variable in found.variables)
        return Result(names, answer.guard(tuple(row) for row in found))
    if head == "triples":
        return answer.guard(quad.triple for quad in pyoxigraph.parse(answer.stream, format=RdfFormat.N_TRIPLES))
    answer.end()
    if head in ("true", "false"):
        return head == "true"
    _, kind, message = head.split(" ", 2)
    if kind == "syntax":
        raise QuerySyntaxError(message)
    raise TooFewFiles.of(message) or BuildDamaged(build.path, message)


def ask(engine: Engine, text: str) -> Result | bool | Iterator[Triple]:
    """Check a query and let another engine answer it, such as a store elsewhere, which has a deadline of its own.

    Raises ForbiddenQuery, QuerySyntaxError, and what the engine raises, also while rows are read.
    """
    found = engine.query(check(text))
    return Result(found.variables, found) if isinstance(found, Solutions) else found


class _Answer:
    """A child process, its output, and the clock that runs against it."""

    def __init__(self, store: Path, text: str, timeout: float) -> None:
        self.timeout = timeout
        self.late = False
        # The child imports nothing but pyoxigraph, and -P keeps the working folder out of where it looks.
        paths = os.pathsep.join(path for path in sys.path if path)
        self._child = subprocess.Popen(  # noqa: S603 - the program is our own, the query comes on stdin
            [sys.executable, "-P", str(Path(__file__).with_name("worker.py")), str(store), str(timeout + 5)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what a dying engine says about itself
            env={**os.environ, "PYTHONPATH": paths},
        )
        if self._child.stdin is None or self._child.stdout is None:
            raise TypeError("no pipes")
        self.stream: IO[bytes] = self._child.stdout
        self._clock = threading.Timer(timeout, self._stop)
        self._clock.daemon = True
        self._clock.start()
        try:
            self._child.stdin.write(text.encode())
            self._child.stdin.close()
        except (BrokenPipeError, UnicodeEncodeError):
            self.end()
            raise QuerySyntaxError("the query cannot be passed on; is it a text?") from None

    def head(self) -> str:
        """Return the first line, what kind of answer follows."""
        try:
            line = self.stream.readline().decode().strip()
        except BaseException:
            self.end()
            raise
        if not line:
            self.end()
            self._judge()
        return line

    def guard(self, items: Iterator[_Item]) -> Iterator[_Item]:
        """Yield items while the child lives; it ends with the reading."""
        try:
            yield from items
            self._judge()
        except (SyntaxError, OSError):
            self._judge()
            raise
        finally:
            self.end()

    def fail(self) -> None:
        """Raise what ended the child early."""
        self.end()
        self._judge()

    def end(self) -> None:
        """End the child, in whatever state it is."""
        self._clock.cancel()
        if self._child.poll() is None:
            self._child.kill()
        self._child.wait()
        self.stream.close()

    def _judge(self) -> None:
        if self.late:
            raise QueryTimeout(self.timeout)
        if self._child.wait() != 0:
            raise ForbiddenQuery("a query of which the engine dies", "nest less, or ask for less at once")

    def _stop(self) -> None:
        self.late = True
        self._child.kill()


def _plain(text: str) -> None:
    """Refuse escapes that stand for a mark of the language.

    SPARQL expands them before it reads (section 19.2), engines do so at different times: what looks like a string to
    one of them may end inside for another.
    """
    for match in _ESCAPE.finditer(text):
        point = int(match[1] or match[2], 16)
        if point < 0x80 and not chr(point).isalnum():
            advice = 'write the character itself, or with a backslash such as \\n and \\"'
            raise ForbiddenQuery(f"the escape {match[0]}", advice)


def _prefixed(text: str, found: list[tokens.Token]) -> str:
    """Declare the project's prefixes that a query uses and does not declare, on the line where it begins."""
    declared = {
        after.text for before, after in pairwise(found) if before.kind == "word" and before.text.upper() == "PREFIX"
    }
    used = {token.text.partition(":")[0] for token in found if token.kind == "name"}
    missing = [name for name in sorted(used) if name in terms.PREFIXES and f"{name}:" not in declared]
    return "".join(f"PREFIX {name}: <{terms.PREFIXES[name]}> " for name in missing) + text
