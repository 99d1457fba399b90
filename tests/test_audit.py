"""What is inconsistent in a graph that was closed at a store is told as here; what its rules could not see is refused."""

from __future__ import annotations

import pytest

from gbakg.closing import Closing
from gbakg.errors import InputError
from test_rules import lines
from test_saturation import alike, closed, holding


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("ex:C owl:disjointWith ex:D . ex:a a ex:C , ex:D", "disjoint gba:C and gba:D share the member gba:a (cax-dw)"),
        ("ex:p a owl:IrreflexiveProperty . ex:a ex:p ex:a", "irreflexive gba:p holds from gba:a to itself (prp-irp)"),
        ("[] owl:sourceIndividual ex:a ; owl:assertionProperty ex:p ; owl:targetValue 5 . ex:a ex:p 5",
         'gba:p holds from gba:a to "5"^^<http://www.w3.org/2001/XMLSchema#integer>, which is denied (prp-npa2)'),
        ("ex:C owl:disjointWith [ a owl:Class ; owl:unionOf ( ex:D ex:E ) ] . ex:a a ex:C , ex:E",
         "disjoint gba:C and [] share the member gba:a (cax-dw)"),
        ("ex:p rdfs:range ex:C , ex:D . ex:C owl:disjointWith ex:D . ex:a ex:p 'x'",
         'disjoint gba:C and gba:D share the member "x" (cax-dw)'),
        ("ex:p rdfs:range xsd:integer . ex:a ex:p 'x'", '"x" is no xsd:integer (dt-not-type)'),
        ("ex:p rdfs:domain ex:C . ex:a ex:p 'x'^^xsd:integer",
         '"x"^^<http://www.w3.org/2001/XMLSchema#integer> is not written as its datatype demands (dt-not-type)'),
        ("ex:p a owl:FunctionalProperty . ex:a ex:p 'x' , 'y'", '"x" and "y" would have to be the same (dt-diff)'),
    ],
)  # fmt: skip
def test_inconsistencies(given: str, told: str) -> None:
    """The sentence is the one that the rules give here."""
    text = lines(given)
    assert (told,) == closed(holding(text), text) == Closing(text, text).inconsistencies()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("ex:p a owl:FunctionalProperty . ex:a ex:p ex:b , ex:c", r"gba:\w and gba:\w are the same \(prp-fp\)"),
        ("ex:p a owl:FunctionalProperty . ex:a ex:p ex:b , 5", r"are the same \(prp-fp\)"),
        ("ex:C owl:hasKey ( ex:p ) . ex:a a ex:C ; ex:p 5 . ex:b a ex:C ; ex:p 5", r"are the same \(prp-key\)"),
        ("ex:a owl:sameAs ex:b", r"gba:\w and gba:\w are the same \(eq-rep\)"),
        ("ex:p owl:inverseOf ex:q . ex:q rdfs:range ex:C . ex:a ex:p 'text'", "says gba:q of a literal, and prp-rng"),
        ("ex:p rdfs:range ex:C . ex:D owl:onProperty ex:p ; owl:someValuesFrom ex:C . ex:a ex:p 'text'", "and cls-svf1"),
        ("ex:p rdfs:range ex:C . ex:C owl:onProperty ex:q ; owl:hasValue ex:v . ex:a ex:p 'text'", "and cls-hv1"),
        ("ex:D owl:onProperty ex:p ; owl:someValuesFrom xsd:integer . ex:a ex:p 5", "cls-svf1 takes xsd:integer for data"),
        ("ex:p rdfs:subPropertyOf rdfs:subClassOf . ex:a ex:p ex:b", "prp-spo1 takes rdfs:subClassOf for data"),
        ("ex:p rdfs:subPropertyOf rdf:type . ex:a ex:p ex:b", "prp-spo1 takes rdf:type for data"),
        ("rdf:type rdfs:domain ex:C . ex:a a ex:D", "prp-dom takes rdf:type for data"),
        ("owl:Class rdfs:subClassOf ex:C . ex:D a owl:Class", "cax-sco takes owl:Class for data"),
    ],
)  # fmt: skip
def test_what_is_refused(given: str, told: str) -> None:
    """Equality, and what would be joined with a literal or an axiom, is named by its rule, with what to do."""
    text = lines(given)
    assert not alike(text)
    with pytest.raises(InputError, match=f"{told}.*: no store can be left to close such a graph; build it here"):
        closed(holding(text), text)
