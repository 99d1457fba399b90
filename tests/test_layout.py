"""Layout: the same triples, on lines that a person reads and a diff compares."""

from __future__ import annotations

import io

import pytest
import rdflib
from pyoxigraph import Literal, NamedNode, Quad, Triple

from gbakg import layout, terms
from gbakg.errors import BadParameter
from gbakg.selection import Block

CITY = terms.expand("region/port-amber")
LABEL = Triple(CITY, terms.RDFS.term("label"), Literal('Port\n"Amber"\r', language="en"))
BLOCK = Block(None, [Triple(CITY, terms.TYPE, terms.GBA.term("City")), LABEL])


def test_only_prefixes_that_are_used_are_written() -> None:
    """A literal of its own datatype uses one, a number that Turtle writes bare does not."""
    number = Triple(CITY, terms.GBA.term("number"), terms.literal("1", "integer"))
    assert ["gba", "region"] == list(layout.prefixes([Block(None, [number])]))
    day = Triple(CITY, terms.GBA.term("issued"), terms.literal("2025-01-01", "date"))
    assert ["gba", "region", "xsd"] == list(layout.prefixes([Block(None, [day])]))


def test_turtle_has_a_line_for_each_predicate() -> None:
    """What stands inside a literal is no line of its own."""
    sink = io.BytesIO()
    layout.write(lambda: [BLOCK], sink, "ttl")
    assert sink.getvalue().decode() == (
        "@prefix gba: <https://w3id.org/gbakg/ontology#> .\n"
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
        "@prefix region: <https://w3id.org/gbakg/id/region/> .\n"
        "\n"
        "region:port-amber a gba:City ;\n"
        '    rdfs:label "Port\\n\\"Amber\\"\\r"@en .\n'
    )


def test_xml_keeps_a_carriage_return() -> None:
    """A reader makes a line feed of one that is not written as a reference."""
    sink = io.BytesIO()
    layout.write(lambda: [BLOCK], sink, "rdf")
    (label,) = rdflib.Graph().parse(data=sink.getvalue(), format="xml").objects(None, rdflib.RDFS.label)
    assert 'Port\n"Amber"\r' == str(label)


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\x0b", "\uffff"])
def test_xml_refuses_a_character_that_it_cannot_hold(character: str) -> None:
    """It is named, and nothing is written before it."""
    sink = io.BytesIO()
    label = Triple(CITY, terms.RDFS.term("label"), Literal(f"Port {character}"))
    with pytest.raises(BadParameter, match=rf"can hold U\+{ord(character):04X}, such as ttl"):
        layout.write(lambda: [BLOCK, Block(None, [label])], sink, "rdf")
    assert b"" == sink.getvalue()


@pytest.mark.parametrize(
    "name",
    [
        "http://e.org/1/",
        "urn:123",
        "http://e.org/2\u00b7",
        "http://e.org/a#\u00b2",
        terms.RDF + "li",
        terms.RDF + "about",
    ],
)
def test_xml_refuses_a_name_that_no_element_can_have(name: str) -> None:
    """Be it of a property, or of the one type of a node."""
    for triple in (Triple(CITY, NamedNode(name), LABEL.object), Triple(CITY, terms.TYPE, NamedNode(name))):
        sink = io.BytesIO()
        with pytest.raises(BadParameter, match="can hold the name <") as told:
            layout.write(lambda one=triple: [BLOCK, Block(None, [one])], sink, "rdf")  # type: ignore[misc]
        assert name in str(told.value)
        assert b"" == sink.getvalue()


@pytest.mark.parametrize("name", ["http://e.org/a#1b", "http://e.org/a#\u00e91", "http://e.org/a:b", terms.RDF + "_1"])
def test_xml_holds_other_names(name: str) -> None:
    """A name may begin after a digit: the namespace takes what comes before; and an odd type comes after the others."""
    triples = [
        Triple(CITY, terms.TYPE, NamedNode("urn:123")),
        Triple(CITY, terms.TYPE, NamedNode(name)),
        Triple(CITY, NamedNode(name), LABEL.object),
    ]
    sink = io.BytesIO()
    layout.write(lambda: [Block(None, triples)], sink, "rdf")
    found = rdflib.Graph().parse(data=sink.getvalue(), format="xml")
    assert {(str(one.predicate.value), one.object.value) for one in triples} == {(str(p), str(o)) for _, p, o in found}  # type: ignore[union-attr]


def test_trig_sets_graphs_apart() -> None:
    """The graph's own line, and its triples inside."""
    sink, document = io.BytesIO(), terms.document("a")
    quads = [Quad(one.subject, one.predicate, one.object, document) for one in BLOCK.triples]
    layout.trig(quads, sink, layout.prefixes([Block(document, BLOCK.triples)]))
    text = sink.getvalue().decode()
    assert "@prefix document: <https://w3id.org/gbakg/id/document/> .\n" in text
    assert "\n\ndocument:a {\n    region:port-amber a gba:City ;\n" in text
    assert text.endswith("}\n")
