"""The rules of OWL 2 RL/RDF as the specification tables them.

OWL 2 Web Ontology Language Profiles (second edition), section 4.3, tables 4 to 7 and 9; table 8 is `datatypes`:
https://www.w3.org/TR/owl2-profiles/#Reasoning_in_OWL_2_RL_and_RDF_Graphs_using_Rules

A row is a rule: its name, the premises that are axioms, the premises that are data, the conclusion.  A list in an axiom
is told by three words of our own: `?l has ?c` takes each member, twice `has` each pair, and `all`, `chain` and `key`
every member, as `clauses.specialise` unrolls them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from gbakg import terms

Pattern = tuple[str, str, str]

TABLE_4 = """
eq-sym   | ?x owl:sameAs ?y | | ?y owl:sameAs ?x
eq-trans | ?x owl:sameAs ?y . ?y owl:sameAs ?z | | ?x owl:sameAs ?z
eq-diff1 | | ?x owl:sameAs ?y . ?x owl:differentFrom ?y | false: {x} and {y} are both the same and different
eq-diff1 | | ?x owl:differentFrom ?x | false: {x} is different from itself
eq-diff2 | ?x a owl:AllDifferent . ?x owl:members ?l . ?l has ?y . ?l has ?z | ?y owl:sameAs ?z | \
           false: {y} and {z} are the same, and all different
eq-diff3 | ?x a owl:AllDifferent . ?x owl:distinctMembers ?l . ?l has ?y . ?l has ?z | ?y owl:sameAs ?z | \
           false: {y} and {z} are the same, and all different
"""
"""The semantics of equality, all but eq-ref, eq-rep-s, eq-rep-p and eq-rep-o, which hold of any predicate."""

TABLE_5 = """
prp-dom  | ?p rdfs:domain ?c | ?x ?p ?y | ?x a ?c
prp-rng  | ?p rdfs:range ?c | ?x ?p ?y | ?y a ?c
prp-fp   | ?p a owl:FunctionalProperty | ?x ?p ?y1 . ?x ?p ?y2 | ?y1 owl:sameAs ?y2
prp-ifp  | ?p a owl:InverseFunctionalProperty | ?x1 ?p ?y . ?x2 ?p ?y | ?x1 owl:sameAs ?x2
prp-irp  | ?p a owl:IrreflexiveProperty | ?x ?p ?x | false: irreflexive {p} holds from {x} to itself
prp-symp | ?p a owl:SymmetricProperty | ?x ?p ?y | ?y ?p ?x
prp-asyp | ?p a owl:AsymmetricProperty | ?x ?p ?y . ?y ?p ?x | false: asymmetric {p} holds both ways of {y} and {x}
prp-trp  | ?p a owl:TransitiveProperty | ?x ?p ?y . ?y ?p ?z | ?x ?p ?z
prp-spo1 | ?p rdfs:subPropertyOf ?q | ?x ?p ?y | ?x ?q ?y
prp-spo2 | ?p owl:propertyChainAxiom ?l | ?x chain(?l) ?y | ?x ?p ?y
prp-eqp1 | ?p owl:equivalentProperty ?q | ?x ?p ?y | ?x ?q ?y
prp-eqp2 | ?p owl:equivalentProperty ?q | ?x ?q ?y | ?x ?p ?y
prp-pdw  | ?p owl:propertyDisjointWith ?q | ?x ?p ?y . ?x ?q ?y | \
           false: disjoint {p} and {q} both hold from {x} to {y}
prp-adp  | ?d a owl:AllDisjointProperties . ?d owl:members ?l . ?l has ?p . ?l has ?q | ?x ?p ?y . ?x ?q ?y | \
           false: disjoint {p} and {q} both hold from {x} to {y}
prp-inv1 | ?p owl:inverseOf ?q | ?x ?p ?y | ?y ?q ?x
prp-inv2 | ?p owl:inverseOf ?q | ?x ?q ?y | ?y ?p ?x
prp-key  | ?c owl:hasKey ?l | ?x a ?c . ?x key(?l) ?y . ?y a ?c | ?x owl:sameAs ?y
prp-npa1 | ?n owl:sourceIndividual ?x . ?n owl:assertionProperty ?p . ?n owl:targetIndividual ?y | ?x ?p ?y | \
           false: {p} holds from {x} to {y}, which is denied
prp-npa2 | ?n owl:sourceIndividual ?x . ?n owl:assertionProperty ?p . ?n owl:targetValue ?y | ?x ?p ?y | \
           false: {p} holds from {x} to {y}, which is denied
"""
"""The semantics of axioms about properties; prp-ap is in FACTS."""

TABLE_6 = """
cls-nothing2 | | ?x a owl:Nothing | false: owl:Nothing has the member {x}
cls-int1   | ?c owl:intersectionOf ?l | ?y a all(?l) | ?y a ?c
cls-int2   | ?c owl:intersectionOf ?l . ?l has ?d | ?y a ?c | ?y a ?d
cls-uni    | ?c owl:unionOf ?l . ?l has ?d | ?y a ?d | ?y a ?c
cls-com    | ?c owl:complementOf ?d | ?x a ?c . ?x a ?d | false: {c} and its complement {d} share the member {x}
cls-svf1   | ?c owl:someValuesFrom ?d . ?c owl:onProperty ?p | ?u ?p ?v . ?v a ?d | ?u a ?c
cls-svf2   | ?c owl:someValuesFrom owl:Thing . ?c owl:onProperty ?p | ?u ?p ?v | ?u a ?c
cls-avf    | ?c owl:allValuesFrom ?d . ?c owl:onProperty ?p | ?u a ?c . ?u ?p ?v | ?v a ?d
cls-hv1    | ?c owl:hasValue ?y . ?c owl:onProperty ?p | ?u a ?c | ?u ?p ?y
cls-hv2    | ?c owl:hasValue ?y . ?c owl:onProperty ?p | ?u ?p ?y | ?u a ?c
cls-maxc1  | ?c owl:maxCardinality 0 . ?c owl:onProperty ?p | ?u a ?c . ?u ?p ?y | \
             false: {c} allows no {p}, and there is one from its member {u}
cls-maxc2  | ?c owl:maxCardinality 1 . ?c owl:onProperty ?p | ?u a ?c . ?u ?p ?y . ?u ?p ?z | ?y owl:sameAs ?z
cls-maxqc1 | ?c owl:maxQualifiedCardinality 0 . ?c owl:onProperty ?p . ?c owl:onClass ?d | \
             ?u a ?c . ?u ?p ?y . ?y a ?d | false: {c} allows no {p} to a {d}, and there is one from its member {u}
cls-maxqc2 | ?c owl:maxQualifiedCardinality 0 . ?c owl:onProperty ?p . ?c owl:onClass owl:Thing | \
             ?u a ?c . ?u ?p ?y | false: {c} allows no {p}, and there is one from its member {u}
cls-maxqc3 | ?c owl:maxQualifiedCardinality 1 . ?c owl:onProperty ?p . ?c owl:onClass ?d | \
             ?u a ?c . ?u ?p ?y . ?y a ?d . ?u ?p ?z . ?z a ?d | ?y owl:sameAs ?z
cls-maxqc4 | ?c owl:maxQualifiedCardinality 1 . ?c owl:onProperty ?p . ?c owl:onClass owl:Thing | \
             ?u a ?c . ?u ?p ?y . ?u ?p ?z | ?y owl:sameAs ?z
cls-oo     | ?c owl:oneOf ?l . ?l has ?y | | ?y a ?c
"""
"""The semantics of classes; cls-thing and cls-nothing1 are in FACTS."""

TABLE_7 = """
cax-sco  | ?c rdfs:subClassOf ?d | ?x a ?c | ?x a ?d
cax-eqc1 | ?c owl:equivalentClass ?d | ?x a ?c | ?x a ?d
cax-eqc2 | ?c owl:equivalentClass ?d | ?x a ?d | ?x a ?c
cax-dw   | ?c owl:disjointWith ?d | ?x a ?c . ?x a ?d | false: disjoint {c} and {d} share the member {x}
cax-adc  | ?a a owl:AllDisjointClasses . ?a owl:members ?l . ?l has ?c . ?l has ?d | ?x a ?c . ?x a ?d | \
           false: disjoint {c} and {d} share the member {x}
"""
"""The semantics of class axioms."""

TABLE_9 = """
scm-cls  | ?c a owl:Class | | ?c rdfs:subClassOf ?c . ?c owl:equivalentClass ?c . ?c rdfs:subClassOf owl:Thing . \
                              owl:Nothing rdfs:subClassOf ?c
scm-sco  | ?c rdfs:subClassOf ?d . ?d rdfs:subClassOf ?e | | ?c rdfs:subClassOf ?e
scm-eqc1 | ?c owl:equivalentClass ?d | | ?c rdfs:subClassOf ?d . ?d rdfs:subClassOf ?c
scm-eqc2 | ?c rdfs:subClassOf ?d . ?d rdfs:subClassOf ?c | | ?c owl:equivalentClass ?d
scm-op   | ?p a owl:ObjectProperty | | ?p rdfs:subPropertyOf ?p . ?p owl:equivalentProperty ?p
scm-dp   | ?p a owl:DatatypeProperty | | ?p rdfs:subPropertyOf ?p . ?p owl:equivalentProperty ?p
scm-spo  | ?p rdfs:subPropertyOf ?q . ?q rdfs:subPropertyOf ?r | | ?p rdfs:subPropertyOf ?r
scm-eqp1 | ?p owl:equivalentProperty ?q | | ?p rdfs:subPropertyOf ?q . ?q rdfs:subPropertyOf ?p
scm-eqp2 | ?p rdfs:subPropertyOf ?q . ?q rdfs:subPropertyOf ?p | | ?p owl:equivalentProperty ?q
scm-dom1 | ?p rdfs:domain ?c . ?c rdfs:subClassOf ?d | | ?p rdfs:domain ?d
scm-dom2 | ?q rdfs:domain ?c . ?p rdfs:subPropertyOf ?q | | ?p rdfs:domain ?c
scm-rng1 | ?p rdfs:range ?c . ?c rdfs:subClassOf ?d | | ?p rdfs:range ?d
scm-rng2 | ?q rdfs:range ?c . ?p rdfs:subPropertyOf ?q | | ?p rdfs:range ?c
scm-hv   | ?c owl:hasValue ?i . ?c owl:onProperty ?p . ?d owl:hasValue ?i . ?d owl:onProperty ?q . \
           ?p rdfs:subPropertyOf ?q | | ?c rdfs:subClassOf ?d
scm-svf1 | ?c owl:someValuesFrom ?y . ?c owl:onProperty ?p . ?d owl:someValuesFrom ?z . ?d owl:onProperty ?p . \
           ?y rdfs:subClassOf ?z | | ?c rdfs:subClassOf ?d
scm-svf2 | ?c owl:someValuesFrom ?y . ?c owl:onProperty ?p . ?d owl:someValuesFrom ?y . ?d owl:onProperty ?q . \
           ?p rdfs:subPropertyOf ?q | | ?c rdfs:subClassOf ?d
scm-avf1 | ?c owl:allValuesFrom ?y . ?c owl:onProperty ?p . ?d owl:allValuesFrom ?z . ?d owl:onProperty ?p . \
           ?y rdfs:subClassOf ?z | | ?c rdfs:subClassOf ?d
scm-avf2 | ?c owl:allValuesFrom ?y . ?c owl:onProperty ?p . ?d owl:allValuesFrom ?y . ?d owl:onProperty ?q . \
           ?p rdfs:subPropertyOf ?q | | ?d rdfs:subClassOf ?c
scm-int  | ?c owl:intersectionOf ?l . ?l has ?d | | ?c rdfs:subClassOf ?d
scm-uni  | ?c owl:unionOf ?l . ?l has ?d | | ?d rdfs:subClassOf ?c
"""
"""The semantics of schema vocabulary."""

FACTS = """
cls-thing    | owl:Thing a owl:Class
cls-nothing1 | owl:Nothing a owl:Class
prp-ap       | rdfs:label a owl:AnnotationProperty
prp-ap       | rdfs:comment a owl:AnnotationProperty
prp-ap       | rdfs:seeAlso a owl:AnnotationProperty
prp-ap       | rdfs:isDefinedBy a owl:AnnotationProperty
prp-ap       | owl:deprecated a owl:AnnotationProperty
prp-ap       | owl:versionInfo a owl:AnnotationProperty
prp-ap       | owl:priorVersion a owl:AnnotationProperty
prp-ap       | owl:backwardCompatibleWith a owl:AnnotationProperty
prp-ap       | owl:incompatibleWith a owl:AnnotationProperty
"""
"""The rules without premises of tables 5 and 6."""


class Rule(NamedTuple):
    """A row of a table: patterns of three words, and conclusions or a sentence that says what is inconsistent."""

    name: str
    axioms: tuple[Pattern, ...]
    data: tuple[Pattern, ...]
    heads: tuple[Pattern, ...]
    conflict: str


def rules() -> Iterator[Rule]:
    """Yield the rules of tables 4, 5, 6, 7 and 9."""
    for name, axioms, data, conclusion in _rows(TABLE_4, TABLE_5, TABLE_6, TABLE_7, TABLE_9):
        heads, _, conflict = conclusion.partition("false: ")
        yield Rule(name, _patterns(axioms), _patterns(data), _patterns(heads), conflict)


def facts() -> Iterator[tuple[str, Pattern]]:
    """Yield the rules that have no premise, as name and conclusion."""
    for name, conclusion in _rows(FACTS):
        yield name, _patterns(conclusion)[0]


def constant(word: str) -> str:
    """Return the term that a word of a pattern stands for, unless it is a variable, as N-Triples spell it."""
    if word.isdigit():
        return f'"{word}"^^<{terms.XSD}nonNegativeInteger>'
    prefix, _, local = ("rdf:type" if word == "a" else word).partition(":")
    return f"<{terms.PREFIXES[prefix]}{local}>"


def _rows(*tables: str) -> Iterator[list[str]]:
    for table in tables:
        for line in table.strip().splitlines():
            yield [cell.strip() for cell in line.split("|")]


def _patterns(cell: str) -> tuple[Pattern, ...]:
    found = []
    for part in filter(None, cell.split(" . ")):
        subject, predicate, object_ = part.split()
        found.append((subject, predicate, object_))
    return tuple(found)
