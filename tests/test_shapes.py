"""Each constraint of each shape rejects a broken graph and accepts its mended twin."""

from __future__ import annotations

import csv
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
import rdflib
from pyoxigraph import RdfFormat
from pyoxigraph import parse as parse_text
from rdflib.namespace import RDF, SH, XSD
from rdflib.term import BNode, Literal, Node, URIRef

from gbakg.shapes import Compiled
from gbakg.sources import triples
from gbakg.validate import Pyshacl, Validator
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
    assert 324 == len(cases)
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

    def new_name(term: Node) -> Node:
        return table.get(term, term) if isinstance(term, URIRef) else term

    return {tuple(map(new_name, triple)) for triple in broken} == set(mended)


def test_messages_say_what_to_do() -> None:
    """Every shape with a constraint of its own, and every query, has one message in English."""
    graph = shapes()
    for constraint in constraints(graph):
        messages = list(graph.objects(URIRef(constraint.query or constraint.shape), SH.message))
        assert ["en"] == [isinstance(one, Literal) and one.language for one in messages], constraint


FIGURES = Path(__file__).with_name("figures.csv")
"""Printed forms with what a careful curator makes of them; `rejected_by` names the rule that a wrong one breaks."""
FIGURE_RULES = {"figure-number", "figure-word", "figure-range", "figure-resolution", "figure-bound", "figure-unit"}
METRICS = {"percent": "deposits-share", "rank": "deposits-rank", "cny": "money", "usd": "money"}


def printed(rows: list[dict[str, str]]) -> rdflib.Graph:
    """Make a claim of each figure of the table."""
    graph = rdflib.Graph()
    for number, row in enumerate(rows):
        claim = URIRef(f"https://w3id.org/gbakg/id/observation/gazette-p2-{number}")
        graph.add((claim, GBA.statedIn, URIRef("https://w3id.org/gbakg/id/document/gazette#p2")))
        graph.add((claim, GBA.figure, Literal(row["figure"])))
        graph.add((claim, GBA.bound, GBA[row["bound"]]))
        graph.add((claim, GBA.unit, URIRef(f"https://w3id.org/gbakg/id/unit/{row['unit']}")))
        metric = METRICS.get(row["unit"], "deposits")
        graph.add((claim, GBA.metric, URIRef(f"https://w3id.org/gbakg/id/metric/{metric}")))
        for name in ("value", "lower", "upper", "resolution"):
            if text := row[name]:
                graph.add((claim, GBA[name], Literal(Decimal(text) if "." in text else int(text))))
    return graph


def table() -> list[dict[str, str]]:
    with FIGURES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_only_what_a_rule_understands_is_compared() -> None:
    """A figure in a form that no rule reads is left alone; one that says something else than the numbers is not."""
    rows = table()
    assert 127 == len(rows)
    with checker().changed(printed(rows)):
        results = checker().report({"https://w3id.org/gbakg/id/document/gazette"})
    rules = {(one.value.rpartition("-")[2], one.constraint.query.rpartition("#")[2]) for one in results}
    broken = {(rows[int(number)]["figure"], int(number), rule) for number, rule in rules if rule in FIGURE_RULES}
    wrong = {(row["figure"], number, row["rejected_by"]) for number, row in enumerate(rows) if row["rejected_by"]}
    assert wrong == broken


@pytest.mark.parametrize("validator", [Compiled(), Pyshacl()], ids=["fast", "reference"])
@pytest.mark.parametrize(("figure", "printed", "worth"), [("0.001 million", "1000", "1000"), ("2.50 billion", "2500000000", "10000000"), ("1.70", "1.7", "0.01"), ("100", "100", "100")])  # fmt: skip
def test_messages_have_no_zeros_that_do_not_count(validator: Validator, figure: str, printed: str, worth: str) -> None:
    """Engines write the same product differently, and a message is a part of the report."""
    claim = f"""@prefix gba: <{GBA}> . @prefix : <https://w3id.org/gbakg/id/> .
    <https://w3id.org/gbakg/id/document/a> a gba:Document . <https://w3id.org/gbakg/id/document/a#p1> gba:inDocument <https://w3id.org/gbakg/id/document/a> .
    <https://w3id.org/gbakg/id/observation/a-p1-b> gba:statedIn <https://w3id.org/gbakg/id/document/a#p1> ; gba:figure "{figure}" ;
        gba:bound gba:Exact ; gba:unit <https://w3id.org/gbakg/id/unit/count> ; gba:value 7 ; gba:resolution 7 ."""
    data = [quad.triple for quad in parse_text(claim, format=RdfFormat.TURTLE)]
    rules = [triple for path in sorted((ROOT / "ontology" / "shapes").glob("*.ttl")) for triple in triples(path)]
    said = "\n".join(one.message for one in validator.validate(data, rules).results)
    assert f" prints {printed}, which is none of its value" in said
    assert f" prints is worth {worth}: correct its resolution" in said


LITERALS = Path(__file__).with_name("literals.csv")
"""Printed dates and numbers with the literal of a fact, right and wrong."""


def test_only_what_contradicts_the_print_is_rejected_of_literals() -> None:
    """A literal that the printed words leave open is left alone; another day, month, year or number is not."""
    with LITERALS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert 28 == len(rows)
    graph = rdflib.Graph()
    for number, row in enumerate(rows):
        claim = URIRef(f"https://w3id.org/gbakg/id/fact/gazette-p2-{number}")
        graph.add((claim, GBA.statedIn, URIRef("https://w3id.org/gbakg/id/document/gazette#p2")))
        graph.add((claim, GBA.figure, Literal(row["figure"])))
        graph.add((claim, GBA.literal, Literal(row["literal"], datatype=XSD[row["datatype"]])))
    with checker().changed(graph):
        results = checker().report({"https://w3id.org/gbakg/id/document/gazette"})
    rejected = {one.value.rpartition("-")[2] for one in results if one.constraint.query.endswith("#literal-as-printed")}
    broken = {(row["figure"], row["literal"]) for number, row in enumerate(rows) if str(number) in rejected}
    assert {(row["figure"], row["literal"]) for row in rows if row["rejected"]} == broken
