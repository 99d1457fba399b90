"""Layout: the same triples, on lines that a person reads and a diff compares."""

from __future__ import annotations

import io

import rdflib
from pyoxigraph import Literal, Quad, Triple

from gbakg import layout, terms
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


def test_trig_sets_graphs_apart() -> None:
    """The graph's own line, and its triples inside."""
    sink, document = io.BytesIO(), terms.document("a")
    quads = [Quad(one.subject, one.predicate, one.object, document) for one in BLOCK.triples]
    layout.trig(quads, sink, layout.prefixes([Block(document, BLOCK.triples)]))
    text = sink.getvalue().decode()
    assert "@prefix document: <https://w3id.org/gbakg/id/document/> .\n" in text
    assert "\n\ndocument:a {\n    region:port-amber a gba:City ;\n" in text
    assert text.endswith("}\n")
