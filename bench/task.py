"""`python -m bench.task NAME ARGUMENT...`: one measured step, in a process of its own.

What it needs is read first, then the step alone is timed.  Prints one JSON object: `seconds`, and what tells whether
two steps did the same (`count`, `digest`).
"""

from __future__ import annotations

import hashlib
import importlib
import json
import math
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyoxigraph
from pyoxigraph import RdfFormat, Triple

from gbakg import equality, populate, query, sources, store, validate
from gbakg.api import Graph
from gbakg.reason import Reasoner
from gbakg.validate import Validator

PAGE = 10_000
"""Rows that are waited for where a saved query has no limit, as many as others give at most: all of a million are an export."""

POINTS = {
    "the triples of a claim": "SELECT ?property ?value WHERE { <CLAIM> ?property ?value }",
    "where a claim stands": """SELECT ?file ?number ?figure WHERE {
        <CLAIM> <GBAstatedIn> ?passage ; <GBAfigure> ?figure .
        ?passage <GBAnumber> ?number ; <GBAinDocument> ?document . ?document <GBAfileName> ?file }""",
    "the claims of a passage": "SELECT ?claim WHERE { <CLAIM> <GBAstatedIn> ?passage . ?claim <GBAstatedIn> ?passage }",
}
"""Questions about one thing, whose answer does not grow with the graph."""


# --- the reference and the fast engines ----------------------------------------------------------------------------


def close(name: str, file: str) -> dict[str, Any]:
    """Close the triples of a file; NAME is fast or owlrl."""
    graph = [*_read(file)]
    reasoner = _reasoner(name)
    seconds, closure = _timed(lambda: reasoner.close(graph))
    violated = {equality.rule(sentence) for sentence in closure.inconsistencies}
    return {"seconds": seconds, **_summary([*map(str, closure.entailed), *violated])}


def shape(name: str, data: str, shapes: str) -> dict[str, Any]:
    """Validate the triples of one file with the shapes of another; NAME is fast or pyshacl."""
    graph, wanted = [*_read(data)], [*_read(shapes)]
    validator = _validator(name)
    seconds, report = _timed(lambda: validator.validate(graph, wanted))
    return {"seconds": seconds, **_summary(map("\t".join, equality.contents(report).elements()))}


def _reasoner(name: str) -> Reasoner:
    if name == "fast":
        from gbakg.closing import Fast

        return Fast()
    from gbakg.reason import Owlrl

    return Owlrl()


def _validator(name: str) -> Validator:
    if name == "fast":
        from gbakg.shapes import Compiled

        return Compiled()
    return validate.Pyshacl()


# --- peers ---------------------------------------------------------------------------------------------------------


def reasonable(file: str) -> dict[str, Any]:
    """Close the triples of a file with reasonable; `count` is everything that it returns."""
    reasoner = importlib.import_module("reasonable").PyReasoner()
    reasoner.load_file(file)
    seconds, found = _timed(reasoner.reason)
    return {"seconds": seconds, "count": len(found)}


def pyrudof(data: str, shapes: str) -> dict[str, Any]:
    """Validate the triples of one file with the shapes of another, with pyrudof's native engine.

    It panics at shape:linked, whose path is an alternative inverted, and gets all shapes without that one's targets.
    """
    library = importlib.import_module("pyrudof")
    rudof = library.Rudof(library.RudofConfig())
    rudof.read_data(Path(data), library.RDFFormat.NTriples)
    lines = Path(shapes).read_text(encoding="utf-8").splitlines(keepends=True)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".nt") as fewer:
        fewer.writelines(line for line in lines if "shacl#targetObjectsOf" not in line)
        fewer.flush()
        rudof.read_shacl(Path(fewer.name), library.ShaclFormat.NTriples)
    seconds, found = _timed(rudof.validate_shacl)
    return {"seconds": seconds, "count": len(found)}


def load(file: str, folder: str) -> dict[str, Any]:
    """Parse a file and bulk-load it into a store on disk with pyoxigraph alone: the floor of a build."""
    target = pyoxigraph.Store(folder)
    seconds, _ = _timed(lambda: target.bulk_load(path=file, format=RdfFormat.N_TRIPLES))
    target.flush()
    return {"seconds": seconds}


# --- saved queries -------------------------------------------------------------------------------------------------


def answers(home: str, cache: str) -> dict[str, Any]:
    """Answer every saved query through gbakg and through raw pyoxigraph, in turn, on one store.

    `queries` are [name, gbakg's seconds, the store's], medians of five; `seconds` and `raw` their sums, `ratio` the
    geometric mean of the ratios.
    """
    rows = []
    with _open(home, cache) as graph:
        raw = pyoxigraph.Store.read_only(str(graph.build.path / "store"))
        for one in graph.queries:
            values = _examples(one)
            text = one.bind(values, graph.engine, one.rows(None) if one.limited else None)
            pairs = [(_consumed(graph, one, values), _drained(raw, text)) for _ in range(6)][1:]
            rows.append([one.name, *(statistics.median(times) for times in zip(*pairs, strict=True))])
    ratio = math.exp(statistics.mean(math.log(mine / theirs) for _, mine, theirs in rows))
    return {"seconds": sum(row[1] for row in rows), "raw": sum(row[2] for row in rows), "ratio": ratio, "queries": rows}


def answer(home: str, cache: str, name: str) -> dict[str, Any]:
    """Answer one saved query with its example and its default limit, PAGE rows of it where there is none.

    `seconds` is the median of three, the first of which finds nothing in memory; `count` is the number of rows.
    """

    def ask() -> int:
        found = one.run(graph.engine, _examples(one))
        if isinstance(found, bool):
            return 1
        return sum(1 for _ in islice(found if isinstance(found, Iterator) else found.stream(), PAGE))

    with _open(home, cache) as graph:
        one = graph.queries.get(name)
        found = [_timed(ask) for _ in range(3)]
    return {"seconds": statistics.median(seconds for seconds, _ in found), "count": found[0][1]}


def point(home: str, cache: str, claim: str) -> dict[str, Any]:
    """Answer the point questions about one claim, each five times; `queries` are [name, median seconds]."""
    with _open(home, cache) as graph:
        rows: list[tuple[str, float]] = []
        for name, text in POINTS.items():
            asked = text.replace("<CLAIM>", f"<{claim}>").replace("<GBA", "<https://w3id.org/gbakg/ontology#")
            rows.append((name, statistics.median(_drained(graph.engine.store, asked) for _ in range(5))))
        rows.append(("its citation", statistics.median(_timed(lambda: graph.cite(claim))[0] for _ in range(5))))
    return {"seconds": max(row[1] for row in rows), "queries": rows}


def names(home: str) -> dict[str, Any]:
    """List the saved queries."""
    return {"names": [one.name for one in query.catalog(sources.project(home).queries)]}


def _open(home: str, cache: str) -> Graph:
    project = sources.project(home)
    built = store.current(project, cache)
    if built is None:
        raise SystemExit(f"nothing is built of {home}")
    return Graph(project, built)


def _examples(one: query.Query) -> dict[str, object]:
    return {parameter.name: parameter.example for parameter in one.header.parameters if parameter.required}


def _consumed(graph: Graph, one: query.Query, values: dict[str, object]) -> float:
    def consume() -> None:
        found = one.run(graph.engine, values)
        if not isinstance(found, bool):
            _exhaust(found if isinstance(found, Iterator) else found.stream())

    return _timed(consume)[0]


def _drained(raw: pyoxigraph.Store, text: str) -> float:
    def drain() -> None:
        found = raw.query(text)
        if not isinstance(found, pyoxigraph.QueryBoolean):
            _exhaust(iter(found))

    return _timed(drain)[0]


def _exhaust(rows: Iterable[object]) -> None:
    for _ in rows:
        pass


# --- files ---------------------------------------------------------------------------------------------------------


def state(home: str, folder: str) -> dict[str, Any]:
    """Write what a project states, its shapes, and those of SHACL Core alone, as N-Triples, which are Turtle, too, into a folder."""
    found = populate.populate(populate.everything(sources.project(home)), lambda line: None)
    core = [triple for triple in found.shapes if triple.predicate.value != "http://www.w3.org/ns/shacl#sparql"]
    for name, triples in (("stated", found.stated), ("shapes", found.shapes), ("core", core)):
        pyoxigraph.serialize(triples, str(Path(folder) / f"{name}.ttl"), format=RdfFormat.N_TRIPLES)
    return {"count": len(found.stated)}


def dump(home: str, cache: str, file: str) -> dict[str, Any]:
    """Write the whole built graph as N-Triples."""
    with _open(home, cache) as graph:
        pyoxigraph.serialize(graph.engine.triples(), file, format=RdfFormat.N_TRIPLES)
        return {"count": graph.build.receipt["counts"]["triples"], "digest": graph.digest}


def digest(home: str, cache: str) -> dict[str, Any]:
    """Tell the digest of a built graph."""
    with _open(home, cache) as graph:
        return {"digest": graph.digest}


def bind(home: str, cache: str, name: str, file: str) -> dict[str, Any]:
    """Write the text of a saved query, its example bound."""
    with _open(home, cache) as graph:
        one = graph.queries.get(name)
        Path(file).write_text(one.bind(_examples(one), graph.engine), encoding="utf-8")
    return {}


def _read(file: str) -> Iterator[Triple]:
    for quad in pyoxigraph.parse(path=file, format=RdfFormat.N_TRIPLES):
        yield quad.triple


def _summary(lines: Iterable[str]) -> dict[str, Any]:
    found = sorted(lines)
    return {"count": len(found), "digest": hashlib.sha256("\n".join(found).encode()).hexdigest()}


def _timed(step: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    found = step()
    return time.perf_counter() - start, found


TASKS: dict[str, Callable[..., dict[str, Any]]] = {
    task.__name__: task
    for task in (answer, answers, bind, close, digest, dump, load, names, point, pyrudof, reasonable, shape, state)
}

if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](*sys.argv[2:])))
