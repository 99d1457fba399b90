"""`python -m tests.stores.table [NAME...]`: every saved query on every engine, against the embedded one.

Each query is asked with its example and its default limit, and the servers are asked as well with whatever parameters
tests/answers has.  The columns, the rows, their order and every term have to be the same; only the form of a literal
is brought to the canonical one first.  Exits with 1 if a cell differs that `LIMITS` does not explain.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import gbakg
from gbakg import push, query
from gbakg.digest import line
from gbakg.engine import Answer, Engine, Rdflib
from gbakg.errors import GbakgError
from gbakg.forms import canonical
from gbakg.parcel import Load
from gbakg.query import Query
from gbakg.result import Result

from .server import Missing, Server
from .servers import SERVERS

ROOT = Path(__file__).parents[2]
ANSWERS = ROOT / "tests" / "answers"
LIBRARY = "rdflib"
"""The engine that is no server; slow, so that it is asked the examples alone."""


@dataclass(frozen=True, slots=True)
class Limit:
    """Why a store does not answer as the others do; `always` unless that hangs on the plan that it makes of a query."""

    reason: str
    always: bool = True


LIMITS: Mapping[tuple[str, str], Limit] = {
    ("list-unprinted-labels", "virtuoso"): Limit(
        "Virtuoso 7.2 cannot compile a FILTER EXISTS beside sub-selects in MINUS (SP031)"
    ),
    **dict.fromkeys(
        (("count-missing-labels", "blazegraph"), ("list-parts", "blazegraph")),
        Limit("Blazegraph 2.1 does not see in an OPTIONAL's FILTER what VALUES or BIND bound before it"),
    ),
    **dict.fromkeys(
        (("list-firsts", "blazegraph"), ("list-figures-not-to-sum", "blazegraph")),
        Limit("Blazegraph 2.1 does not see in an EXISTS inside another what was bound outside of both"),
    ),
    ("recompute-national-share", "blazegraph"): Limit(
        "Blazegraph 2.1 does not see in an EXISTS inside another what was bound outside of both", always=False
    ),
    ("list-dealings-with-topic", "blazegraph"): Limit(
        "Blazegraph 2.1 gives rows besides where a branch of a UNION has a VALUES", always=False
    ),
}
"""What a store cannot answer as the others do, by query and engine."""

Rows = tuple[tuple[str, ...], list[Answer]]


@dataclass(frozen=True, slots=True)
class Way:
    """One way to ask a query: its parameters, and the limit as `Query.run` takes it."""

    query: Query
    values: Mapping[str, object]
    limit: int | None = None

    def __str__(self) -> str:
        return " ".join([self.query.name, *(f"-p {name}={value!r}" for name, value in self.values.items())])

    def ask(self, engine: Engine) -> Rows:
        """Return the columns and rows of an answer; a truth is one row, triples are in order of their text."""
        found = self.query.run(engine, self.values, self.limit)
        if isinstance(found, Result):
            return found.columns, [tuple(map(canonical, row)) for row in found.rows]
        if isinstance(found, bool):
            return (str(found),), []
        return (), sorted(((one.subject, one.predicate, canonical(one.object)) for one in found), key=str)


@dataclass(slots=True)
class Cell:
    """What became of a query at an engine: how many ways it was asked, rows there were, and what differs."""

    ways: int = 0
    rows: int = 0
    differences: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{len(self.differences)} of {self.ways} differ" if self.differences else "same"


def ways(queries: Iterable[Query], every: bool) -> Iterator[Way]:
    """Yield how each query is asked: with its example, and, if `every`, with each set of parameters in tests/answers."""
    for one in queries:
        examples = {given.name: given.example for given in one.header.parameters if given.required}
        yield Way(one, examples)
        for path in sorted((ANSWERS / one.name).glob("*.params")) if every else ():
            lines = path.read_text(encoding="utf-8").splitlines()
            yield Way(one, query.pairs(text for text in lines if text.strip()), 0)


def difference(expected: Rows, actual: Rows) -> str:
    """Say where two answers differ first; nothing if they do not."""
    (columns, rows), (others, found) = expected, actual
    if columns != others:
        return f"columns {', '.join(others)} instead of {', '.join(columns)}"
    for number, (row, other) in enumerate(zip(rows, found, strict=False), 1):
        for column, one, another in zip(columns or ("triple",) * len(row), row, other, strict=True):
            if one != another:
                return f"row {number}, {column}: {another} instead of {one}"
    return "" if len(rows) == len(found) else f"{len(found)} rows instead of {len(rows)}"


def compare(asked: Iterable[tuple[Way, Rows]], engine: Engine) -> dict[str, Cell]:
    """Ask an engine, and return a cell for each query."""
    cells: dict[str, Cell] = {}
    for way, expected in asked:
        cell = cells.setdefault(way.query.name, Cell())
        cell.ways += 1
        cell.rows += len(expected[1])
        try:
            told = difference(expected, way.ask(engine))
        except GbakgError as error:
            told = f"refused: {error}"
        if told:
            cell.differences.append(f"{way}: {told}")
    return cells


def fill(server: Server, graph: gbakg.Graph) -> push.Outcome:
    """Push a graph to a server as `gbakg push` does."""
    load = Load(lambda: (line(triple) for triple in graph.engine.triples()))
    with server.pusher() as endpoint:
        plan = push.plan(endpoint, push.target(endpoint.profile, None), load)
        return push.push(endpoint, load, plan, lambda text: None)


# --- the table -----------------------------------------------------------------------------------------------------


def table(columns: Mapping[str, Mapping[str, Cell]]) -> Iterator[str]:
    """Yield the table as Markdown: a row for each query, a column for each engine."""
    names = max((list(cells) for cells in columns.values()), key=len)
    rows = [["query", "rows", *columns], *([name, *_row(name, columns)] for name in names)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for number, row in enumerate(rows):
        yield f"| {' | '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))} |"
        if not number:
            yield f"| {' | '.join('-' * width for width in widths)} |"


def _row(name: str, columns: Mapping[str, Mapping[str, Cell]]) -> Iterator[str]:
    yield str(max(cells[name].rows for cells in columns.values() if name in cells))
    for engine, cells in columns.items():
        if name not in cells:
            yield "not asked"
            continue
        known = cells[name].differences and (name, engine) in LIMITS
        yield f"{cells[name]}{' (known)' if known else ''}"


def verdict(columns: Mapping[str, Mapping[str, Cell]]) -> tuple[list[str], bool]:
    """Word every difference, and tell whether all are known; one that should be there and is not is a fault."""
    lines, good = [], True
    for engine, cells in columns.items():
        for name, cell in cells.items():
            limit = LIMITS.get((name, engine))
            if limit and cell.differences:
                lines.append(f"{engine}: {name}: {limit.reason}")
            elif limit and limit.always:
                lines.append(f"{engine}: {name} is the same; take it out of LIMITS")
                good = False
            elif cell.differences:
                lines += [f"{engine}: {text}" for text in cell.differences]
                good = False
    return lines, good


def main(arguments: Sequence[str] | None = None) -> int:
    """Start the servers, fill them, ask, and print the table."""
    names = (LIBRARY, *SERVERS)
    parser = argparse.ArgumentParser(prog="python -m tests.stores.table", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(names)}; all unless named")
    parser.add_argument("--examples", action="store_true", help="ask the examples alone")
    options = parser.parse_args(arguments)
    chosen = options.names or list(names)
    unknown = sorted(set(chosen) - set(names))
    if unknown:
        parser.error(f"no engine is called {unknown[0]}; there are {', '.join(names)}")
    with contextlib.ExitStack() as stack:
        graph = stack.enter_context(gbakg.open(ROOT))
        examples = [(way, way.ask(graph.engine)) for way in ways(graph.queries, every=False)]
        every = examples
        if not options.examples:
            every = [(way, way.ask(graph.engine)) for way in ways(graph.queries, every=True)]

        def run(name: str) -> dict[str, Cell]:
            start = time.monotonic()
            if name == LIBRARY:
                cells = compare(examples, Rdflib.of(graph.engine.triples()))
            else:
                folder = stack.enter_context(tempfile.TemporaryDirectory(prefix=f"{name}-"))
                server = stack.enter_context(SERVERS[name](Path(folder)))
                outcome = fill(server, graph)
                print(f"{name}: {outcome.count:,} triples pushed, digest {outcome.digest[:16]}", file=sys.stderr)
                with server.engine() as engine:
                    cells = compare(every, engine)
            print(f"{name}: asked in {time.monotonic() - start:.0f} s", file=sys.stderr)
            return cells

        try:
            with ThreadPoolExecutor(len(chosen)) as pool:
                columns = dict(zip(chosen, pool.map(run, chosen), strict=True))
        except Missing as error:
            print(error, file=sys.stderr)
            return 2
    print("\n".join(table(columns)))
    lines, good = verdict(columns)
    print("", *lines, sep="\n")
    print(f"{len(examples)} queries; servers are asked in {len(every)} ways, rdflib with the examples alone")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
