"""Reasoning: what is fed to owlrl and what is left out changes nothing of what is kept."""

from __future__ import annotations

import pyoxigraph
import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from conftest import FIXTURES, ROOT, at, quiet
from gbakg import populate, sources, terms
from gbakg.reason import Owlrl, kept, relevant

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


@pytest.mark.parametrize(
    "more",
    [
        "",
        "gba:leader a owl:FunctionalProperty . region:a gba:leader person:p, person:q .",
        "gba:code a owl:InverseFunctionalProperty . region:a gba:code gba:x . region:d gba:code gba:x .",
        "region:a owl:sameAs region:d .",
        "gba:marks rdfs:range owl:TransitiveProperty . gba:x gba:marks gba:joins . region:a gba:joins region:b . region:b gba:joins region:c .",
        "gba:City owl:hasKey ( gba:note ) . region:z a gba:City ; gba:note 'k' . region:y a gba:City ; gba:note 'k' .",
        "gba:Solo rdfs:subClassOf [ a owl:Restriction ; owl:onProperty gba:has ; owl:maxCardinality 1 ] . gba:x a gba:Solo ; gba:has gba:y, gba:z .",
        "gba:City owl:disjointWith gba:Expo . programme:e a gba:City .",
        "[] a owl:AllDisjointClasses ; owl:members ( gba:City gba:Speaker gba:Expo ) . programme:e a gba:Speaker .",
        "gba:within a owl:IrreflexiveProperty . region:c gba:within region:a .",
        "gba:over a owl:AsymmetricProperty . region:c gba:over region:a . region:a gba:over region:c .",
        "gba:likes owl:propertyDisjointWith gba:hates . region:c gba:likes region:a ; gba:hates region:a .",
        "region:a a owl:Nothing .",
        "region:a owl:differentFrom region:a .",
    ],
)
def test_what_is_left_out_would_have_changed_nothing(more: str) -> None:
    """The closure of the relevant part without reflexive equality is that of the whole graph with it."""
    triples = parse(SMALL + more)
    quick, whole = Owlrl().close(triples), Owlrl(whole=True).close(triples)
    assert shown(whole.entailed) == shown(quick.entailed)
    assert bool(whole.inconsistencies) == bool(quick.inconsistencies)


def test_the_fixture_closes_the_same_in_part_and_in_whole() -> None:
    """Also with claims, passages and alignments."""
    stated = populate.populate(populate.everything(at(FIXTURES / "project")), quiet).stated
    quick, whole = Owlrl().close(stated), Owlrl(whole=True).close(stated)
    assert whole == quick
    assert len(relevant(set(stated))) < len(stated)
    assert "person/ida-moss gba:affiliatedWith institution/amber-patent-bureau" in shown(quick.entailed)


@pytest.mark.slow
def test_the_real_ontology_and_registry_close_the_same_in_part_and_in_whole() -> None:
    """What holds of a part of the ontology holds of all of it."""
    project = at(ROOT)
    files = (*sources.ontology_files(project), *sources.registry_files(project))
    stated = [triple for path in files for triple in sources.triples(path)]
    quick, whole = Owlrl().close(stated), Owlrl(whole=True).close(stated)
    assert whole == quick
    assert len(quick.entailed) > 1000


def test_an_unused_property_is_left_out_and_a_used_one_is_not() -> None:
    """Labels and notes stay behind; what an axiom names goes along."""
    left = shown(tuple(relevant(set(parse(SMALL)))))
    assert 'region/a rdfs:label "a"@en' not in left
    assert 'institution/i gba:note "x"' not in left
    assert "region/a gba:within region/b" in left


def test_where_terms_can_become_equal_everything_goes_along() -> None:
    """Equality reaches every triple."""
    triples = set(parse(SMALL + "region:a owl:sameAs region:d ."))
    assert relevant(triples) == triples


def test_an_individual_of_disjoint_classes_is_an_inconsistency_in_short_names() -> None:
    """The message can be read."""
    closure = Owlrl().close(parse("gba:City owl:disjointWith gba:Expo . region:a a gba:City, gba:Expo ."))
    assert closure.inconsistencies == ("Disjoint classes gba:City and gba:Expo have a common individual region/a",)


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
