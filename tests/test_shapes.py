"""Each constraint of each shape rejects a broken graph and accepts its mended twin."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import rdflib
from rdflib.namespace import RDF, SH
from rdflib.term import BNode, URIRef

from shacl import GBA, ROOT, Checker, Constraint, Found, constraints, read

CASES = Path(__file__).parent / "shapes"
EXPECTED = ".expected.ttl"
MOST_MENDED = 12
"""A twin differs by a value or two; by a whole small thing where the constraint is about its being there."""


def parse(*paths: Path) -> rdflib.Graph:
    graph = rdflib.Graph()
    for path in paths:
        graph.parse(path, format="turtle")
    return graph


@cache
def shapes() -> rdflib.Graph:
    return parse(*sorted((ROOT / "ontology" / "shapes").glob("*.ttl")))


@cache
def checker() -> Checker:
    terms = sorted((ROOT / "ontology" / "terms").glob("*.ttl"))
    return Checker(parse(ROOT / "ontology" / "gbakg.ttl", *terms, CASES / "background.ttl"), shapes())


def invalid() -> list[Path]:
    return sorted(path for path in CASES.glob("*/*/invalid.*.ttl") if not path.name.endswith(EXPECTED))


def twin(path: Path) -> Path:
    return path.with_name(path.name.replace("invalid.", "valid.", 1))


def expected(path: Path) -> set[Found]:
    return read(parse(path.with_name(path.name.removesuffix(".ttl") + EXPECTED)))


def found(graph: rdflib.Graph) -> set[Found]:
    """Validate a case in front of the background: all that it names, or the whole where it has a nameless subject."""
    with checker().changed(graph):
        if any(isinstance(subject, BNode) for subject in graph.subjects()):
            return checker().report()
        return checker().report(focus(graph))


def focus(graph: rdflib.Graph) -> set[str]:
    named = {str(term) for triple in graph for term in (triple[0], triple[2]) if isinstance(term, URIRef)}
    documents = (
        set(map(str, checker().graph.subjects(RDF.type, GBA.Document)))
        if (None, RDF.type, GBA.Document) in graph
        else set()
    )
    return named | {name.partition("#p")[0] for name in named} | documents | TOP


TOP = {"https://w3id.org/gbakg/ontology#hasAttribute", "https://w3id.org/gbakg/ontology#relatesTo"}


def comparable(results: set[Found], wanted: set[Found]) -> set[Found]:
    """Leave the value out where the expectation does not name one, and the labels of nameless nodes."""
    asked = {(one.constraint, one.focus) for one in wanted if one.value}
    return {
        replace(
            one,
            focus=one.focus if ":" in one.focus else "",
            value=one.value if (one.constraint, one.focus) in asked else "",
        )
        for one in results
    }


def test_the_cases_are_all_there() -> None:
    """The glob finds every file of the folder: each broken case, its twin and its expected report."""
    cases = invalid()
    files = sorted(path for path in CASES.rglob("*") if path.is_file())
    assert 321 == len(cases)
    assert files == sorted(
        [
            CASES / "background.ttl",
            *cases,
            *(twin(path) for path in cases),
            *(path.with_name(path.name.removesuffix(".ttl") + EXPECTED) for path in cases),
        ]
    )


def test_every_constraint_has_a_case() -> None:
    """What the shapes demand and what the cases expect to be rejected are the same."""
    named = {one.constraint for path in invalid() for one in expected(path)}
    assert constraints(shapes()) == named


def test_every_case_is_filed_under_its_constraint() -> None:
    """A case lies in the folder of a constraint that its expected report names."""
    for path in invalid():
        assert path.parent.name in {folder(one.constraint) for one in expected(path)}, path


def folder(constraint: Constraint) -> str:
    part = constraint.query or constraint.component.removesuffix("ConstraintComponent")
    return f"{constraint.shape.rpartition('#')[2]}.{part.rpartition('#')[2]}"


def test_the_background_conforms() -> None:
    """Ontology and background have nothing to report, so that all that a case reports is its own."""
    assert set() == checker().report()


@pytest.mark.parametrize("path", invalid(), ids=lambda path: f"{path.parent.name}-{path.name.split('.')[1]}")
def test_case(path: Path) -> None:
    """The broken case gets exactly the expected results; its twin none, and differs only in what was mended."""
    broken, mended = parse(path), parse(twin(path))
    wanted = expected(path)
    assert comparable(wanted, wanted) == comparable(found(broken), wanted)
    assert set() == found(mended)
    assert 0 < len(set(broken) ^ set(mended)) <= MOST_MENDED or nameless(broken) or renamed(broken, mended)


def nameless(graph: rdflib.Graph) -> bool:
    return any(isinstance(subject, BNode) for subject in graph.subjects())


def renamed(broken: rdflib.Graph, mended: rdflib.Graph) -> bool:
    """Tell whether the two differ in names only, which changes each triple of what is named."""
    names = [
        sorted({str(term) for triple in graph for term in triple if isinstance(term, URIRef)})
        for graph in (broken, mended)
    ]
    old, new = ([name for name in ours if name not in theirs] for ours, theirs in (names, names[::-1]))
    table = {URIRef(a): URIRef(b) for a, b in zip(old, new, strict=False)}
    return {tuple(table.get(term, term) for term in triple) for triple in broken} == set(mended)


def test_messages_say_what_to_do() -> None:
    """Every shape with a constraint of its own, and every query, has one message in English."""
    graph = shapes()
    for constraint in constraints(graph):
        messages = list(graph.objects(URIRef(constraint.query or constraint.shape), SH.message))
        assert ["en"] == [message.language for message in messages], constraint
