"""Validation: reports are complete, sorted, readable, and SHACL again."""

from __future__ import annotations

import pyoxigraph
import pytest
from pyoxigraph import Literal, NamedNode, Triple
from rdflib.compare import isomorphic

from gbakg import engine, terms
from gbakg.validate import Pyshacl, Report, Result, read

PREFIXES = "".join(f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in terms.PREFIXES.items())
DATA = 'gba:City rdfs:subClassOf gba:Region . region:a a gba:City . region:b a gba:City ; rdfs:label "b", 7 .'


def parse(turtle: str) -> list[Triple]:
    quads = pyoxigraph.parse((PREFIXES + turtle).encode(), format=pyoxigraph.RdfFormat.TURTLE)
    return [quad.triple for quad in quads]


def shape(path: str, more: str = "sh:minCount 1") -> str:
    return f"""
    gba:S a sh:NodeShape ; sh:targetClass gba:Region ; sh:property gba:P .
    gba:P sh:path {path} ; {more} ; sh:message "give it one" .
    """


def test_a_result_says_what_where_and_by_which_shape() -> None:
    """Subclasses are targets, and every field of the result arrives."""
    report = Pyshacl().validate(parse(DATA), parse(shape("rdfs:label")))
    (result,) = report.results
    assert (result.focus, result.path, result.value) == (terms.expand("region/a"), "rdfs:label", None)
    assert (result.severity, result.message) == ("Violation", "give it one")
    assert (result.shape, result.component) == (terms.code("P"), "MinCountConstraintComponent")
    assert str(result) == "region/a rdfs:label: give it one"
    assert not report.conforms


def test_a_value_is_shown() -> None:
    """What was found stands in the line."""
    report = Pyshacl().validate(parse(DATA), parse(shape("rdfs:label", "sh:datatype xsd:string")))
    assert [str(result) for result in report.results] == ["region/b rdfs:label: give it one, found `7`"]
    assert report.results[0].value == Literal("7", datatype=terms.XSD.term("integer"))


@pytest.mark.parametrize(
    ("message", "value", "expected"),
    [
        ("Mend it.", Literal("7"), "region/b: Mend it, found `7`"),
        (
            "The metric of https://w3id.org/gbakg/id/fact/d-p1-x is odd: mend it.",
            None,
            "of fact/d-p1-x is odd: mend it.",
        ),
        ("See https://w3id.org/gbakg/id/fact/x: mend it.", terms.expand("fact/x"), "region/b: See fact/x: mend it."),
        ("Write https://w3id.org/gbakg/id/document/<slug>.", None, "Write https://w3id.org/gbakg/id/document/<slug>."),
        ("Bound https://w3id.org/gbakg/ontology#About.", None, "region/b: Bound gba:About."),
    ],
)
def test_a_message_reads_as_one_sentence(message: str, value: Literal | NamedNode | None, expected: str) -> None:
    """Short names, one full stop, and nothing said twice."""
    focus = terms.expand("region/b")
    said = str(Result(focus, "", value, "Violation", message, focus, "SPARQLConstraintComponent"))
    assert said.endswith(expected)


@pytest.mark.parametrize("severity", ["Warning", "Info"])
def test_a_warning_leaves_the_graph_conforming(severity: str) -> None:
    """Only violations stop a build."""
    report = Pyshacl().validate(parse(DATA), parse(shape("rdfs:label", f"sh:minCount 1 ; sh:severity sh:{severity}")))
    assert report.conforms
    assert len(report.warnings) == 1


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("gba:within", "gba:within"),
        ("( gba:within rdfs:label )", "gba:within/rdfs:label"),
        ("[ sh:inversePath gba:within ]", "^gba:within"),
        ("[ sh:alternativePath ( gba:within rdfs:comment ) ]", "(gba:within|rdfs:comment)"),
        ("[ sh:zeroOrMorePath [ sh:inversePath gba:within ] ]", "(^gba:within)*"),
        ("[ sh:oneOrMorePath gba:within ]", "gba:within+"),
        ("[ sh:zeroOrOnePath [ sh:inversePath ( gba:within gba:within ) ] ]", "(^(gba:within/gba:within))?"),
    ],
)
def test_a_path_is_written_as_sparql_has_it_and_kept_in_the_graph(path: str, text: str) -> None:
    """Complex paths survive into the report's graph."""
    shapes = shape(path, "sh:minCount 9")
    report = Pyshacl().validate(parse(DATA), parse(shapes))
    assert {result.path for result in report.results} == {text}
    again = read(engine.to_rdflib(report.to_graph()))
    assert again.results == report.results


def test_the_report_as_a_graph_is_that_of_the_validator() -> None:
    """Nothing is lost between pyshacl's report and ours."""
    import pyshacl

    data, shapes = parse(DATA), parse(shape("rdfs:label") + shape("gba:within").replace("gba:P", "gba:Q"))
    _, graph, _ = pyshacl.validate(engine.to_rdflib(data), shacl_graph=engine.to_rdflib(shapes), advanced=False)
    ours = engine.to_rdflib(Pyshacl().validate(data, shapes).to_graph())
    assert isomorphic(graph, ours)


def test_no_result_is_a_conforming_report() -> None:
    """An empty report says so."""
    assert Report().conforms
    assert "true" in {triple.object.value for triple in Report().to_graph() if isinstance(triple.object, Literal)}


def test_results_come_in_one_order() -> None:
    """Violations first, then by focus node."""
    shapes = shape("rdfs:label") + shape("gba:within", "sh:minCount 1 ; sh:severity sh:Warning").replace(
        "gba:P", "gba:A"
    )
    found = Pyshacl().validate(parse(DATA), parse(shapes)).results
    assert [(result.severity, terms.shorten(result.focus)) for result in found] == [  # type: ignore[arg-type]
        ("Violation", "region/a"),
        ("Warning", "region/a"),
        ("Warning", "region/b"),
    ]
