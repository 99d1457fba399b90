"""The W3C's SHACL test suite (https://w3c.github.io/data-shapes/data-shapes-test-suite/), one test for each case.

The suite stands beside the repository, not in it; where it is absent the cases are skipped, and say so.
"""

from __future__ import annotations

import os
import tomllib
from collections import Counter
from pathlib import Path

import pyoxigraph
import pytest
import rdflib
from pyoxigraph import BlankNode
from pyshacl.errors import ReportableRuntimeError
from rdflib import RDF, SH, Namespace, URIRef

from gbakg.engine import from_rdflib, to_rdflib
from gbakg.errors import ShapeError
from gbakg.shapes import Compiled
from gbakg.validate import Report, read

ROOT = Path(__file__).resolve().parents[1]
SUITE = Path(os.environ.get("GBAKG_SUITES") or ROOT.parent / "shared" / "suites") / "shacl"
EXCEPTIONS: dict[str, str] = tomllib.loads(
    (ROOT / "tests" / "fixtures" / "shacl-suite.toml").read_text(encoding="utf-8")
)
MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
SHT = Namespace("http://www.w3.org/ns/shacl-test#")
CASES = 120


def load(path: Path) -> rdflib.Graph:
    quads = pyoxigraph.parse(path=path, base_iri=path.as_uri())  # which keeps lexical forms
    return to_rdflib(quad.triple for quad in quads)


def cases(manifest: Path) -> list[Path]:
    """List the files of cases that a manifest and those that it includes name, in their order."""
    graph = load(manifest)
    found = []
    for included in graph.objects(None, MF.include):
        path = Path(str(included).removeprefix("file://"))
        found += cases(path) if path.name == "manifest.ttl" else [path]
    return sorted(found)


def found_cases() -> list[Path]:
    return (
        [*cases(SUITE / "core" / "manifest.ttl"), *cases(SUITE / "sparql" / "manifest.ttl")] if SUITE.is_dir() else []
    )


def name(path: Path) -> str:
    return path.relative_to(SUITE).with_suffix("").as_posix()


def results(report: Report) -> Counter[tuple[str, ...]]:
    """Count the results, blank nodes without their labels, messages left out."""
    return Counter(
        tuple(
            "_:" if isinstance(one, BlankNode) else str(one)
            for one in (each.focus, each.path, each.value, each.severity, each.shape, each.component)
        )
        for each in report.results
    )


needs_suite = pytest.mark.skipif(
    not SUITE.is_dir(), reason="the W3C suite is not in ../shared/suites/shacl; set GBAKG_SUITES"
)


@needs_suite
def test_every_case_is_run() -> None:
    """The manifests name as many cases as the suite has, and every exception is one of them."""
    found = [name(path) for path in found_cases()]
    assert len(found) == len(set(found)) == CASES
    assert set(EXCEPTIONS) <= set(found)
    assert len(EXCEPTIONS) <= 2, "pyshacl passes 118"


@needs_suite
@pytest.mark.parametrize("path", found_cases(), ids=name)
def test_case(path: Path) -> None:
    """The report has the expected results, or there is none where failure is expected."""
    if name(path) in EXCEPTIONS:
        pytest.xfail(EXCEPTIONS[name(path)])
    graph = load(path)
    (case,) = graph.subjects(RDF.type, SHT.Validate)
    action, expected = graph.value(case, MF.action), graph.value(case, MF.result)
    graphs = {URIRef(path.as_uri()): graph}
    named = {one: graph.value(action, SHT[one]) for one in ("dataGraph", "shapesGraph")}
    for one in named.values():
        if one not in graphs:
            graphs[URIRef(str(one))] = load(Path(str(one).removeprefix("file://")))
    data, shapes = (list(from_rdflib(graphs[URIRef(str(named[one]))])) for one in ("dataGraph", "shapesGraph"))
    if expected == SHT.Failure:
        with pytest.raises((ReportableRuntimeError, ShapeError)):  # as pyshacl has it
            Compiled().validate(data, shapes)
        return
    report = Compiled().validate(data, shapes)
    # Only the results of the expected report: those of the case's file may be its data.
    only = rdflib.Graph() + graph
    assert expected is not None
    only.remove((None, SH.result, None))
    for result in graph.objects(expected, SH.result):
        only.add((expected, SH.result, result))
    assert results(read(only)) == results(report)
    assert bool(graph.value(expected, SH.conforms)) is not bool(report.results)
