"""Rehearse a saved query before others count on it: its rules, the terms that it names, and an answer to its examples."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

from pyoxigraph import NamedNode, Triple

from gbakg import parameters, terms
from gbakg import query as saved
from gbakg.absent import missing
from gbakg.engine import Engine
from gbakg.errors import (
    AmbiguousName,
    BadParameter,
    ForbiddenQuery,
    HeaderError,
    NetworkError,
    QuerySyntaxError,
    QueryTimeout,
    UnknownName,
    UsageError,
    WrongClass,
    shown,
)
from gbakg.find import resolve
from gbakg.lint import Finding, field, line, lint
from gbakg.query import Query
from gbakg.result import Result
from gbakg.tokens import code
from gbakg.tuples import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SLOW = 5.0
"""Seconds from which an answer is called slow."""
MOST = 10_000
"""Rows of an answer that are looked at."""

Ask = Callable[[str], "Result | bool | Iterator[Triple]"]
"""Answers SPARQL as `sparql.run` does."""


class Rehearsal(NamedTuple):
    """What a saved query did: the rows of its examples, in how many seconds, None where it did not come to that."""

    file: str
    rows: int | None
    seconds: float | None
    findings: tuple[Finding, ...]

    @property
    def failed(self) -> bool:
        """Tell whether something is wrong, and not only doubtful."""
        return any(one.severity == "error" for one in self.findings)

    def record(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {**self._asdict(), "findings": [one._asdict() for one in self.findings]}


def rehearse(path: Path, engine: Engine, ask: Ask, among: Iterable[Path] = ()) -> Rehearsal:
    """Rehearse the saved query in a file: `engine` knows the names, `ask` answers, within a time of its own.

    `among` are the files of the project, no two of which may have one name.  A query that cannot be loaded has that as
    its one finding.  What a store does not answer, such as in time, is a finding while it answers `ASK { }`.  Raises
    MissingFile, and NetworkError where it does not.
    """
    try:
        query = saved.load(path)
    except (HeaderError, QuerySyntaxError, ForbiddenQuery) as error:
        return Rehearsal(shown(path), None, None, (_unreadable(shown(path), error),))
    findings = [*_twice(query, path, among), *lint(query), *_terms(query, engine)]
    rows, seconds = None, None
    if not any(one.rule == "syntax" for one in findings):
        for values in _examples(query):
            begun = time.perf_counter()
            try:
                found, said = _answer(query, engine, ask, values)
            except (BadParameter, UnknownName, AmbiguousName, WrongClass, HeaderError) as error:
                findings.append(Finding(query.file, _line_of(query, values, engine), "examples", str(error)))
                continue
            except QueryTimeout as error:
                advice = f"stopped after {error.seconds:g} s; narrow it, or begin it with a head"
                findings.append(Finding(query.file, 1, "time", advice))
                break
            except (QuerySyntaxError, ForbiddenQuery) as error:
                findings.append(Finding(query.file, 1, "syntax", str(error)))
                break
            except NetworkError as error:
                engine.query("ASK { }")  # where this fails too, it is the store and not the query: that is raised
                findings.append(Finding(query.file, 1, "store", str(error)))
                break
            findings += said
            if seconds is None:
                rows, seconds = found, time.perf_counter() - begun
                findings += _judged(query, bool(values), rows, seconds)
    return Rehearsal(query.file, rows, seconds, tuple(dict.fromkeys(sorted(findings, key=lambda one: one.line))))


def _unreadable(file: str, error: HeaderError | QuerySyntaxError | ForbiddenQuery) -> Finding:
    if isinstance(error, HeaderError):
        return Finding(file, error.line or 1, "header", error.message)
    message = error.message if isinstance(error, QuerySyntaxError) else str(error).removeprefix(f"{file}: ")
    at = re.match(r"line (\d+)", message)
    return Finding(file, int(at[1]) if at else 1, "syntax", message)


def _twice(query: Query, path: Path, among: Iterable[Path]) -> Iterator[Finding]:
    for other in among:
        if other.stem == query.name and other.absolute() != path.absolute():
            yield Finding(query.file, 1, "names", f"{shown(other)} has the same name; rename one of them")


def _terms(query: Query, engine: Engine) -> Iterator[Finding]:
    """Find terms of the query and of its header that the graph does not have."""
    for token, message in missing(engine, query.text):
        yield Finding(query.file, line(query.text, token.start), "terms", message)
    named = [(one.of, one.name) for one in query.header.parameters if one.of]
    for name, parameter in named:
        prefix, _, local = name.partition(":")
        known = prefix in terms.PREFIXES
        term = NamedNode(terms.PREFIXES.get(prefix, "urn:") + local)
        if not known or engine.query(f"ASK {{ {{ {term} ?a ?b }} UNION {{ ?a ?b {term} }} }}") is False:
            message = f"parameter {parameter}: the class {name} is not in the graph"
            yield Finding(query.file, line(query.text, field(query, parameter)), "terms", message)


def _examples(query: Query) -> list[dict[str, str]]:
    """List what the query is tried with: what it requires; then all examples, where that is something else."""
    declared = query.header.parameters
    needed = {one.name: one.example for one in declared if one.required and one.example is not None}
    every = {one.name: one.example for one in declared if one.example is not None}
    return [needed] if needed == every else [needed, every]


def _answer(query: Query, engine: Engine, ask: Ask, values: dict[str, str]) -> tuple[int, list[Finding]]:
    """Answer the query and look at its rows; return how many they are."""
    limit = min(query.rows(0) or MOST, MOST) if query.limited else None
    found = ask(query.bind(values, engine, limit))
    if isinstance(found, bool):
        return 1, []
    if not isinstance(found, Result):
        return sum(1 for _ in islice(found, MOST)), []
    rows = list(islice(found.stream(), MOST))
    return len(rows), list(_seen(query, found.columns, rows))


def _seen(query: Query, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> Iterator[Finding]:
    """Judge the rows of an answer: whether they are told apart, can be read, and say where they stand."""
    found = code(query.text)
    begin = max((i for i, token in enumerate(found) if token.text.upper() == "ORDER"), default=len(found))
    keys = [token.text for token in found[begin:] if token.kind == "variable"]
    if keys and set(keys) <= set(columns):
        ordered = [tuple(row[columns.index(key)] for key in keys) for row in rows]
        twice = next((i for i, one in enumerate(ordered) if one in ordered[i + 1 : i + 2]), None)
        if twice is not None:
            what = f"rows {twice + 1} and {twice + 2} are alike in all that it is ordered by"
            advice = "end ORDER BY with the IRI that tells them apart, or write DISTINCT"
            yield Finding(query.file, line(query.text, found[begin].start), "order", f"{what}; {advice}")
    entities = [column for i, column in enumerate(columns) if any(_entity(row[i]) for row in rows)]
    if entities and not any(column.endswith("label") for column in columns):
        message = f"gives ?{entities[0]} without a label; add ?{entities[0]}_label in $lang"
        yield Finding(query.file, 1, "labels", message, "warning")
    claims = [column for i, column in enumerate(columns) if any(_claim(row[i]) for row in rows)]
    if claims and not {"document", "paragraph"} <= set(columns):
        message = f"gives ?{claims[0]} and not where it stands; add ?document and ?paragraph"
        yield Finding(query.file, 1, "cite", message, "warning")


def _judged(query: Query, tried: bool, rows: int, seconds: float) -> Iterator[Finding]:
    if not rows and tried:
        yield Finding(query.file, 1, "examples", "has no rows for its examples; give some that have", "warning")
    if seconds > SLOW:
        message = f"takes {seconds:.1f} s; queries/README.md says what keeps a query quick"
        yield Finding(query.file, 1, "time", message, "warning")


def _claim(term: object) -> bool:
    parts = ("observation/", "fact/", "mention/")
    return isinstance(term, NamedNode) and term.value.startswith(tuple(terms.ID + part for part in parts))


def _entity(term: object) -> bool:
    return (
        isinstance(term, NamedNode)
        and term.value.startswith(str(terms.ID))
        and not _claim(term)
        and not term.value.startswith(terms.ID + "document/")
    )


def _line_of(query: Query, values: dict[str, str], engine: Engine) -> int:
    """Return the line of the parameter whose value does not fit, the first where it is not known."""
    for one in query.header.parameters:
        given = values.get(one.name, one.default)
        try:
            if given is not None:
                parameters.convert(one, given, lambda text, of: resolve(engine, text, of))
        except UsageError:
            return line(query.text, field(query, one.name))
    return 1
