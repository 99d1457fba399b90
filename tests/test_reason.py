"""The reference reasoner, and what of a closure is kept."""

from __future__ import annotations

import pyoxigraph
import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from gbakg import terms
from gbakg.closing import Fast
from gbakg.errors import InputError
from gbakg.reason import Owlrl, kept

PREFIXES = "".join(f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in terms.PREFIXES.items())

SMALL = """
gba:within a owl:ObjectProperty, owl:TransitiveProperty ; owl:inverseOf gba:contains ; rdfs:domain gba:Region .
gba:locatedIn a owl:ObjectProperty ; owl:propertyChainAxiom ( gba:locatedIn gba:within ) .
gba:spokeAt rdfs:subPropertyOf gba:attends . gba:attends owl:inverseOf gba:attendedBy ; rdfs:range gba:Programme .
gba:startedOn a owl:DatatypeProperty ; rdfs:subPropertyOf gba:hasAttribute .
gba:partnerOf a owl:SymmetricProperty . gba:City rdfs:subClassOf gba:Region . gba:Region rdfs:subClassOf schema:Place .
gba:Hub owl:equivalentClass [ a owl:Restriction ; owl:onProperty gba:hosts ; owl:someValuesFrom gba:Expo ] .
gba:Speaker rdfs:subClassOf [ a owl:Restriction ; owl:onProperty gba:trait ; owl:hasValue gba:loud ] .
gba:note a owl:DatatypeProperty .
region:a gba:within region:b ; a gba:City ; rdfs:label "a"@en . region:b gba:within region:c .
institution:i gba:locatedIn region:a ; gba:partnerOf institution:j ; gba:startedOn "1999"^^xsd:gYear ; gba:note "x" .
institution:i gba:hosts programme:e . programme:e a gba:Expo . person:p gba:spokeAt programme:e ; a gba:Speaker .
"""


def parse(turtle: str) -> list[Triple]:
    quads = pyoxigraph.parse((PREFIXES + turtle).encode(), format=pyoxigraph.RdfFormat.TURTLE)
    return [quad.triple for quad in quads]


def shown(triples: tuple[Triple, ...]) -> set[str]:
    def word(term: object) -> str:
        return terms.shorten(term) if isinstance(term, NamedNode) else str(term)

    return {f"{word(one.subject)} {word(one.predicate)} {word(one.object)}" for one in triples}


def test_a_small_graph_entails_what_can_be_told_by_hand() -> None:
    """Transitivity, inverses, chains, subclasses, subproperties, symmetry, restrictions."""
    closure = Owlrl().close(parse(SMALL))
    assert closure.inconsistencies == ()
    assert shown(closure.entailed) == {
        "region/a gba:within region/c",
        "region/b gba:contains region/a",
        "region/c gba:contains region/b",
        "region/c gba:contains region/a",
        "region/a rdf:type gba:Region",
        "region/b rdf:type gba:Region",
        "region/a rdf:type schema:Place",
        "region/b rdf:type schema:Place",
        "institution/i gba:locatedIn region/b",
        "institution/i gba:locatedIn region/c",
        "institution/j gba:partnerOf institution/i",
        'institution/i gba:hasAttribute "1999"^^<http://www.w3.org/2001/XMLSchema#gYear>',
        "institution/i rdf:type gba:Hub",
        "person/p gba:attends programme/e",
        "programme/e gba:attendedBy person/p",
        "programme/e rdf:type gba:Programme",
        "person/p gba:trait gba:loud",
    }


def test_an_individual_of_disjoint_classes_is_an_inconsistency_in_short_names() -> None:
    """The message can be read."""
    closure = Owlrl().close(parse("gba:City owl:disjointWith gba:Expo . region:a a gba:City, gba:Expo ."))
    assert closure.inconsistencies == ("Disjoint classes gba:City and gba:Expo have a common individual region/a",)


def test_an_iri_in_a_literal_ends_at_its_quotation_mark() -> None:
    """As in <a href="http://...">, which is no part of an IRI."""
    stated = parse('region:a gba:p "<a href=\\"http://e.org/x\\"/>"^^xsd:integer . gba:p rdfs:range xsd:integer .')
    assert any("http://e.org/x" in one for one in Owlrl().close(stated).inconsistencies)


@pytest.mark.parametrize(
    ("triple", "expected"),
    [
        (Triple(terms.expand("region/a"), terms.TYPE, terms.code("Region")), True),
        (Triple(terms.expand("region/a"), terms.TYPE, NamedNode("https://schema.org/Place")), True),
        (Triple(terms.code("Exact"), terms.TYPE, NamedNode(terms.SKOS + "Concept")), True),
        (Triple(terms.expand("region/a"), NamedNode("https://schema.org/x"), Literal("a")), True),
        (Triple(terms.expand("region/a"), terms.TYPE, terms.OWL.term("Thing")), False),
        (Triple(terms.code("Region"), terms.TYPE, terms.OWL.term("Class")), False),
        (Triple(terms.code("Region"), terms.RDFS.term("subClassOf"), terms.code("Entity")), False),
        (Triple(terms.expand("region/a"), terms.OWL.term("sameAs"), terms.expand("region/b")), False),
        (Triple(terms.expand("region/a"), terms.code("within"), terms.expand("region/a")), False),
        (Triple(terms.expand("region/a"), terms.TYPE, BlankNode("r")), False),
        (Triple(BlankNode("r"), terms.TYPE, terms.code("Region")), False),
        (Triple(NamedNode("https://schema.org/x"), terms.TYPE, terms.code("Region")), False),
    ],
)
def test_only_entailments_about_the_graph_are_kept(triple: Triple, expected: bool) -> None:
    """The same set for every reasoner."""
    assert kept(triple) is expected


def test_rdflib_reads_literals_after_a_closure_as_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """What owlrl tells rdflib about datatypes is taken back: pyshacl would take a month for a text."""
    import rdflib.term

    monkeypatch.setitem(rdflib.term._toPythonMapping, rdflib.XSD.gYearMonth, len)
    Owlrl().close([Triple(terms.expand("region/a"), terms.TYPE, terms.code("Region"))])
    assert rdflib.Literal("2025-02", datatype=rdflib.XSD.gYearMonth).value == 7


def test_a_list_without_an_end_is_named() -> None:
    """It stops owlrl; both reasoners end."""
    start, rest = BlankNode("list"), terms.RDF.term("rest")
    stated = [
        Triple(terms.code("A"), terms.OWL.term("unionOf"), start),
        Triple(start, terms.RDF.term("first"), terms.code("B")),
        Triple(start, rest, start),
        Triple(terms.expand("region/a"), terms.TYPE, terms.code("B")),
    ]
    with pytest.raises(InputError, match=r"owlrl cannot close this graph: .*rdf:rest.*look for a list"):
        Owlrl().close(stated)
    assert (Triple(terms.expand("region/a"), terms.TYPE, terms.code("A")),) == Fast().close(stated).entailed
