"""Saved queries: load them, check their rules, bind their parameters, run them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Triple

from gbakg import header, pages, parameters
from gbakg.cache import read
from gbakg.engine import Embedded, Engine, Solutions
from gbakg.errors import BadParameter, ForbiddenQuery, HeaderError, MissingFile, QuerySyntaxError, UnknownQuery, shown
from gbakg.header import Header, Parameter
from gbakg.pages import Head
from gbakg.parameters import Slot
from gbakg.result import Result
from gbakg.seal import seal, unseal
from gbakg.tuples import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

COMPILED = "queries.json"
APART = ("checks", "rules")
"""Folders of queries that are not questions: consistency checks and the rules of the reasoner."""

_OUTSIDE = ("SERVICE", "FROM")  # what would go to the network, or find nothing


class Query(NamedTuple):
    """One saved query: name (the file's stem), topic (the folder), header, text, and where its parameters and head are."""

    name: str
    topic: str
    file: str
    header: Header
    text: str
    slots: tuple[Slot, ...]
    head: Head | None = None

    def parameter(self, name: str) -> Parameter:
        """Return a parameter by its name.  Raises BadParameter with the nearest names."""
        for parameter in self.header.parameters:
            if parameter.name == name:
                return parameter
        known = [parameter.name for parameter in self.header.parameters]
        raise BadParameter(name, f"a parameter of {self.name}", name, _choice(name, known, f"{self.name} takes"))

    def bind(self, values: Mapping[str, object], engine: Engine, limit: int | None = None) -> str:
        """Write values and defaults in place of the parameters, and add the limit; see `parameters.bind`.

        One row more than the limit is asked for, which tells whether the answer was cut.  Raises BadParameter (unknown,
        missing or of the wrong type), UnknownName, AmbiguousName.
        """
        bound = parameters.bind(self.text, self.slots, self._terms(values, engine))
        return bound if limit is None else f"{bound.rstrip()}\nLIMIT {limit + 1}\n"

    def _terms(self, values: Mapping[str, object], engine: Engine) -> dict[str, Literal | NamedNode | None]:
        def resolve(text: str, of: NamedNode) -> NamedNode:
            from gbakg import find  # only needed where a parameter is an entity or a code

            return find.resolve(engine, text, of)

        for name in values:
            self.parameter(name)
        terms: dict[str, Literal | NamedNode | None] = {}
        for parameter in self.header.parameters:
            value = values.get(parameter.name)
            if value is None and parameter.required:
                advice = f"add -p {parameter.name}={_quoted(parameter.example or '...')}"
                raise BadParameter(parameter.name, f"a value, since {self.name} requires one", "", advice)
            given = parameter.default if value is None else value
            try:
                terms[parameter.name] = None if given is None else parameters.convert(parameter, given, resolve)
            except BadParameter as error:
                if value is not None:
                    raise
                raise HeaderError(self.file, f"the default does not fit: {error}") from error
        return terms

    def rows(self, asked: int | None) -> int | None:
        """Return how many rows to give: None asks for the default, 0 for all that the query may give.

        Raises BadParameter if more are asked for than the query's maximum.
        """
        limit = self.header.limit
        if asked is None:
            return limit.default or limit.max
        if not isinstance(asked, int):
            raise BadParameter("limit", "a whole number from 0", str(asked))
        if asked < 0 or (limit.max is not None and asked > limit.max):
            raise BadParameter("limit", f"0 to {limit.max}" if limit.max else "a whole number from 0", str(asked))
        return asked or limit.max

    def run(
        self, engine: Engine, values: Mapping[str, object] | None = None, limit: int | None = None
    ) -> Result | bool | Iterator[Triple]:
        """Bind and run: a SELECT gives a Result, an ASK a bool, a CONSTRUCT triples.

        Raises BadParameter, UnknownName, AmbiguousName, QuerySyntaxError.
        """
        most = self.rows(limit)
        cut = most if self.limited else None
        found: Solutions | bool | Iterator[Triple]
        try:
            if self.head is not None and isinstance(engine, Embedded) and (engine.size or pages.SMALL) >= pages.SMALL:
                found = self._page(values or {}, engine, self.head, cut)
            else:
                found = engine.query(self.bind(values or {}, engine, cut))
        except QuerySyntaxError as error:
            raise QuerySyntaxError(f"{error.message}{self._empty(values or {})}", self.file) from error
        return Result(found.variables, found, most) if isinstance(found, Solutions) else found

    def _empty(self, values: Mapping[str, object]) -> str:
        """Name a parameter that became UNDEF outside of VALUES, of which an engine only says where it stopped reading."""
        import re

        unset = {one.name for one in self.header.parameters if one.default is None and values.get(one.name) is None}
        for slot in self.slots:
            if slot.name in unset and not re.search(r"(?i)\bVALUES\b[^{}]*\{[^{}]*$", self.text[: slot.start]):
                return f"; ${slot.name} has no value, which only VALUES may hold: give it a default or a value"
        return ""

    def _page(self, values: Mapping[str, object], engine: Engine, head: Head, most: int | None) -> Solutions:
        asked = pages.parts(self.text, head, self.slots, self._terms(values, engine))
        return pages.answer(engine, asked, head, None if most is None else most + 1)

    @property
    def limited(self) -> bool:
        """Tell whether a LIMIT may be appended to the text."""
        return self.header.limit != header.Limit()


class Catalog:
    """The saved queries of a project, by name."""

    def __init__(self, queries: Iterable[Query]) -> None:
        self._queries = {query.name: query for query in queries}

    def __iter__(self) -> Iterator[Query]:
        return iter(sorted(self._queries.values(), key=lambda query: (query.topic, query.name)))

    def __len__(self) -> int:
        return len(self._queries)

    def get(self, name: str) -> Query:
        """Return a query by its name.  Raises UnknownQuery with the nearest names."""
        found = self._queries.get(name.removesuffix(".rq").rpartition("/")[2])
        if found is None:
            from difflib import get_close_matches

            raise UnknownQuery(name, get_close_matches(name, sorted(self._queries), n=3, cutoff=0.5))
        return found


# --- loading -------------------------------------------------------------------------------------------------------


def files(folder: Path) -> list[Path]:
    """List the saved questions below a folder, in order; checks and rules are apart."""
    found = sorted(folder.rglob("*.rq")) if folder.is_dir() else []
    return [path for path in found if path.relative_to(folder).parts[0] not in APART]


def path(folder: Path, name: str) -> Path:
    """Find the file of a saved query by its name, or a file anywhere.  Raises UnknownQuery, MissingFile."""
    if name.endswith(".rq") and Path(name).is_file():
        return Path(name)
    known = {one.stem: one for one in files(folder)}
    stem = name.removesuffix(".rq").rpartition("/")[2]
    if stem not in known and name.endswith(".rq"):
        raise MissingFile(name, "is not there; write a name as in `gbakg query list`, or a file")
    if stem not in known:
        from difflib import get_close_matches

        raise UnknownQuery(name, get_close_matches(name, sorted(known), n=3, cutoff=0.5))
    return known[stem]


def load(path: Path) -> Query:
    """Read one saved query.  Raises HeaderError, QuerySyntaxError, ForbiddenQuery, MissingFile."""
    return _parse(path, _text(path))


def _text(path: Path) -> str:
    name = shown(path)
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise HeaderError(name, "is not UTF-8; save the file as UTF-8") from None
    except OSError as error:
        raise MissingFile(name, f"cannot be read: {error.strerror}") from error


def _parse(path: Path, text: str) -> Query:
    name = shown(path)
    from gbakg.tokens import code  # 8 ms of regular expressions, and only needed while queries are compiled

    said, found = header.parse(text, name), code(text, name)
    for token in found:
        if token.kind == "word" and token.text.upper() in _OUTSIDE:
            raise ForbiddenQuery(f"{name}: {token.text}", "a saved query asks the one graph of a build or of a store")
    query = Query(path.stem, path.parent.name, name, said, text, parameters.slots(found), pages.within(found))
    _agree(query)
    return query


def catalog(folder: Path, compiled: Mapping[str, Any] | None = None) -> Catalog:
    """Load the saved queries below a folder.

    `compiled` is what `compiled` returned at build time; a file whose size and time are unchanged is taken from it.
    Raises HeaderError, QuerySyntaxError, ForbiddenQuery, MissingFile; HeaderError too if two files have one name.
    """
    queries: dict[str, Query] = {}
    for path in files(folder):
        if path.stem in queries:
            raise HeaderError(shown(path), f"{queries[path.stem].file} has the same name; rename one of them")
        queries[path.stem] = _known(path, folder, compiled or {}) or load(path)
    return Catalog(queries.values())


def get(folder: Path, name: str, compiled: Mapping[str, Any] | None = None) -> Query:
    """Load one saved query by its name, and of the others only as much as it takes to know them.

    Raises UnknownQuery, and what `catalog` raises if the query is not as it was compiled.
    """
    for key in compiled or {}:
        if key.endswith(f"/{name}.rq"):
            known = _known(folder / key, folder, compiled or {})
            if known is not None:
                return known
    named = [path for path in files(folder) if path.stem == name]
    if len(named) == 1:  # another file that is broken does not stand in its way
        return load(named[0])
    return catalog(folder, compiled).get(name)


def compiled(folder: Path, known: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Compile the saved queries below a folder to plain values, by file: stat fingerprint, header, text, slots.

    `known` is what the same version of gbakg returned before; files whose text is still the same are taken from it,
    whatever their times.  Raises HeaderError, QuerySyntaxError, ForbiddenQuery, MissingFile.
    """
    result: dict[str, Any] = {}
    for path in files(folder):
        name = path.relative_to(folder).as_posix()
        stat = path.stat()  # before the text: a change in between is then seen as one by whoever compares
        fingerprint = [stat.st_size, stat.st_mtime_ns]
        text = _text(path)
        former = (known or {}).get(name, {})
        if former.get("text") == text:
            result[name] = {**former, "stat": fingerprint}
            continue
        query = _parse(path, text)
        result[name] = {
            "stat": fingerprint,
            "header": query.header.to_json(),
            "text": text,
            "slots": [list(slot) for slot in query.slots],
            "head": None if query.head is None else list(query.head),
        }
    return result


def dump(compiled: Mapping[str, Any]) -> str:
    """Write compiled queries as JSON, sealed, each on a line of its own, so that `remembered` can take one out."""
    lines = (f"{json.dumps(name)}: {json.dumps(entry, sort_keys=True)}" for name, entry in sorted(compiled.items()))
    return seal(("{\n" + ",\n".join(lines) + "\n}").encode()).decode()


def remembered(build: Path, name: str | None = None) -> dict[str, Any]:
    """Return what the build in a folder knows about the saved queries; nothing where it knows nothing, or is damaged.

    If a name is given, that may be the query of this name alone: to read all of them takes a millisecond or two.
    """
    try:
        raw = unseal(read(build / COMPILED))
        found = (name and _line(raw, name)) or json.loads(raw)
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _line(raw: bytes, name: str) -> dict[str, Any] | None:
    """Read the one line of compiled queries that has the query of a name; None if no line has."""
    at = raw.find(f'/{json.dumps(name)[1:-1]}.rq": '.encode())  # a text would have a backslash before the quote
    if at < 0:
        return None
    line = raw[raw.rfind(b"\n", 0, at) + 1 : raw.find(b"\n", at)]
    found: dict[str, Any] = json.loads(b"{" + line.removesuffix(b",") + b"}")
    return found


def _known(path: Path, folder: Path, compiled: Mapping[str, Any]) -> Query | None:
    entry = compiled.get(path.relative_to(folder).as_posix())
    if entry is None:
        return None
    try:
        stat = path.stat()
    except OSError:
        return None
    if [stat.st_size, stat.st_mtime_ns] != entry["stat"]:
        return None
    places = tuple(Slot(*slot) for slot in entry["slots"])
    known = entry.get("head")  # nothing in what a former version compiled, which is as right, and slower
    head = None if known is None else Head.of(known)
    said = Header.from_json(entry["header"])
    return Query(path.stem, path.parent.name, shown(path), said, entry["text"], places, head)


def _agree(query: Query) -> None:
    """Hold a query's tokens against its header."""
    declared = {parameter.name for parameter in query.header.parameters}
    used = {slot.name for slot in query.slots}
    for name in sorted(used - declared):
        raise HeaderError(query.file, f"${name} is not in the header; declare it under params, or write ?{name}")
    for name in sorted(declared - used):
        raise HeaderError(query.file, f"parameter {name} is nowhere in the query; write ${name}, or remove it")


# --- words ---------------------------------------------------------------------------------------------------------


def pairs(given: Iterable[str]) -> dict[str, str]:
    """Split `name=value` texts.  Raises BadParameter if one has no `=` or a name comes twice."""
    values: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise BadParameter(name or text, "name=value", text, "as in -p metric=metric/valid-invention-patents")
        if name in values:
            raise BadParameter(name, "one value", f"{values[name]} and {value}")
        values[name] = value
    return values


def _choice(name: str, known: list[str], takes: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=1, cutoff=0.5)
    if near:
        return f"did you mean {near[0]}?"
    return f"{takes} {', '.join(known)}" if known else f"{takes} no parameters"


def _quoted(text: str) -> str:
    import shlex

    return shlex.quote(text)
