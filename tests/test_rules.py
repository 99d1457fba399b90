"""The fast reasoner: every rule, its equality with owlrl, and its proofs."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, RdfFormat, Triple, parse

from conftest import FIXTURES, ROOT, at, quiet
from gbakg import populate, terms
from gbakg.closing import Closing, Fast
from gbakg.equality import compare
from gbakg.ignored import judge
from gbakg.proof import prove
from gbakg.reason import Closure, Owlrl, kept
from gbakg.rules import facts, rules
from gbakg.store import Build
from test_owl2rl import everything

CASES = [
    tuple(cell.strip() for cell in line.split(" | "))
    for line in (Path(__file__).parent / "rules" / "cases.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
ENGINE = {"eq-ref", "eq-rep-s", "eq-rep-p", "eq-rep-o", "dt-type1", "dt-type2", "dt-eq", "dt-diff", "dt-not-type"}
"""The rules that hold of any predicate or of literals, and stand in the code of identity.py."""


def turtle(text: str) -> list[Triple]:
    """Read Turtle with the graph's prefixes; `ex:` is the ontology's namespace, so that entailments are kept."""
    prefixes = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in {**terms.PREFIXES, "ex": str(terms.GBA)}.items())
    return [quad.triple for quad in parse(f"{prefixes}{text} .", format=RdfFormat.TURTLE)]


def lines(text: str) -> list[str]:
    return written(turtle(text))


def fact(text: str) -> tuple[str, str, str]:
    (triple,) = turtle(text)
    return str(triple.subject), str(triple.predicate), str(triple.object)


def written(graph: Iterable[Triple]) -> list[str]:
    return [f"{triple} ." for triple in graph]


def entailed(text: str) -> set[Triple]:
    given = turtle(text)
    return set(Fast().close(given).entailed)


@pytest.fixture(scope="module")
def fixture() -> list[Triple]:
    """Read the fixture project's graph."""
    return populate.populate(populate.everything(at(FIXTURES / "project")), quiet).stated


def test_every_rule_has_a_case() -> None:
    """The specification's 78 rules all have one: tables 4 to 9."""
    named = {name for name, _, _ in CASES}
    assert named == {rule.name for rule in rules()} | {name for name, _ in facts()} | ENGINE
    assert 78 == len(named)
    assert 85 == len(CASES)


@pytest.mark.parametrize(
    ("rule", "given", "conclusion"), CASES, ids=[f"{at}-{case[0]}" for at, case in enumerate(CASES)]
)
def test_rule(rule: str, given: str, conclusion: str) -> None:
    """A rule makes of its premises what its table says, and of less of them nothing; the proof names it."""
    premises = lines(given)
    closing = Closing(premises, premises, whole=True)
    if conclusion == "false":
        assert any(sentence.endswith(f"({rule})") for sentence in closing.inconsistencies())
        return
    assert () == closing.inconsistencies()
    (wanted,) = lines(conclusion)
    assert wanted in everything(closing)
    proof = prove(closing, fact(conclusion))
    if rule not in {"eq-ref", "dt-type1", "dt-type2", "dt-eq", "dt-diff"}:
        assert proof is not None
        assert rule == proof.rule
        assert set(proof.stated()) <= set(premises)


@pytest.mark.parametrize("rule", sorted({rule for rule, _, conclusion in CASES if conclusion == "false"}))
def test_consistent_without_a_premise(rule: str) -> None:
    """Of the premises of an inconsistency each is needed: without the last it is gone."""
    for _, given, _ in (case for case in CASES if case[0] == rule and case[2] == "false"):
        premises = lines(given)[:-1]
        assert () == Closing(premises, premises, whole=True).inconsistencies()


@pytest.mark.parametrize("case", CASES, ids=[f"{at}-{case[0]}" for at, case in enumerate(CASES)])
def test_rule_as_the_reference(case: tuple[str, str, str]) -> None:
    """What is kept of a rule's conclusions is what owlrl leaves to keep."""
    given = turtle(case[1])
    assert () == judge(given, [], compare(given, []).differences).left


def test_fixture_equals_reference(fixture: list[Triple]) -> None:
    """The closure of the fixture project is owlrl's, to the last triple, and both find it consistent."""
    assert Owlrl().close(fixture) == Fast().close(fixture)


def test_shipped_equals_its_build(real: Build) -> None:
    """The closure of the shipped graph is what its build has, and that is owlrl's by test_engines.py."""
    found = Fast().close(populate.populate(populate.everything(at(ROOT)), quiet).stated)
    with real.open() as engine:
        assert Closure(tuple(sorted(engine.entailed(), key=str)), ()) == found


def test_kept_only(fixture: list[Triple]) -> None:
    """Everything that is yielded is worth keeping and was not stated."""
    found = Fast().close(fixture).entailed
    assert found
    assert all(kept(triple) for triple in found)
    assert not set(found) & set(fixture)


def test_order_does_not_matter(fixture: list[Triple]) -> None:
    """The same triples in another order, or as a stream, give the same closure in the same order."""
    shuffled = list(fixture)
    random.Random(7).shuffle(shuffled)  # noqa: S311
    assert Fast().close(fixture) == Fast().close(iter(shuffled))


def test_unused_properties_are_not_loaded() -> None:
    """A property that stands in no axiom takes no memory."""
    closing = Closing(given := lines("ex:p rdfs:domain ex:C . ex:a ex:p ex:b ; ex:other 'a text'"), given)
    assert '"a text"' not in closing.numbers
    assert str(terms.GBA.term("b")) in closing.numbers


def test_all_is_loaded_where_terms_may_be_equal() -> None:
    """With a functional property any triple may be entailed again, so every triple is read."""
    given = "ex:p a owl:FunctionalProperty . ex:a ex:p ex:b , ex:c . ex:b ex:other 'a text'"
    assert turtle("ex:c ex:other 'a text'")[0] in entailed(given)


def test_axioms_that_data_entail() -> None:
    """Data can make axioms: a property under rdfs:subClassOf does, and what follows from these is found."""
    given = "ex:under rdfs:subPropertyOf rdfs:subClassOf . ex:C ex:under ex:D . ex:a a ex:C"
    assert turtle("ex:a a ex:D")[0] in entailed(given)


def test_literals_never_leak() -> None:
    """Two values of a functional property are an inconsistency, and stay where they are."""
    given = turtle("ex:p a owl:FunctionalProperty . ex:a ex:p 1 , 2 . ex:b ex:q 1")
    closure = Fast().close(given)
    assert () == closure.entailed
    assert 1 == len(closure.inconsistencies)


@pytest.mark.parametrize(
    "axiom",
    [
        "ex:C owl:unionOf _:l . _:l rdf:first ex:D ; rdf:rest _:l",
        "ex:C owl:intersectionOf ()",
        "ex:C owl:hasKey () . ex:b a ex:C",
        "ex:p owl:propertyChainAxiom ()",
        "ex:C owl:unionOf ex:nowhere",
    ],
)
def test_odd_lists_end(axiom: str) -> None:
    """A list that comes back to itself, an empty one and one that is not there say no more than their members."""
    found = entailed(f"{axiom} . ex:a a ex:D , ex:C ; ex:p ex:b")
    assert {triple for triple in found if triple.predicate != terms.TYPE} == set()


@pytest.mark.parametrize(
    ("axioms", "expected"),
    [
        ("ex:p rdfs:subPropertyOf ex:p", "ab bc ca"),
        ("ex:p rdfs:subPropertyOf ex:q . ex:q rdfs:subPropertyOf ex:p", "ab bc ca"),
        ("ex:p owl:inverseOf ex:p", "ab bc ca ba cb ac"),
        ("ex:p a owl:TransitiveProperty", "ab bc ca ac ba cb aa bb cc"),
        ("ex:p owl:propertyChainAxiom ( ex:p ex:p )", "ab bc ca ac ba cb aa bb cc"),
        ("ex:p owl:propertyChainAxiom ( ex:p ex:p ex:p ex:p )", "ab bc ca"),
        ("ex:p owl:propertyChainAxiom ( ex:p ex:q ) . ex:q owl:propertyChainAxiom ( ex:q ex:p ) , ( ex:p ex:p )",
         "ab bc ca aa bb cc ac ba cb"),
        ("ex:C owl:equivalentClass [ owl:onProperty ex:p ; owl:someValuesFrom ex:C ] . ex:a a ex:C", "ab bc ca"),
        ("ex:C rdfs:subClassOf [ owl:onProperty ex:p ; owl:hasValue ex:a ] . ex:p rdfs:range ex:C ; rdfs:domain ex:C",
         "ab bc ca aa ba"),
    ],
)  # fmt: skip
def test_circles_end(axioms: str, expected: str) -> None:
    """Axioms that feed themselves, the nearest thing to an endless rule, end: no rule makes a term."""
    given = lines(f"{axioms} . ex:p rdfs:domain ex:X . ex:a ex:p ex:b . ex:b ex:p ex:c . ex:c ex:p ex:a")
    closing = Closing(given, given)
    pairs = closing.facts[closing.numbers[str(terms.GBA.term("p"))]]
    names = {closing.numbers[str(terms.GBA.term(name))]: name for name in "abc"}
    assert set(expected.split()) == {names[one] + names[other] for one, other in pairs}
    assert len(closing.rounds) < 20


def test_inconsistency_names_the_individual_last() -> None:
    """A sentence says what is wrong with what, and by which rule."""
    region = terms.ID.term("region/x")
    given = [*turtle("ex:City owl:disjointWith ex:Country"), *_typed(region, "City", "Country")]
    assert Fast().close(given).inconsistencies == (
        "disjoint gba:City and gba:Country share the member region/x (cax-dw)",
    )


def _typed(node: NamedNode, *classes: str) -> list[Triple]:
    return [Triple(node, terms.TYPE, terms.GBA.term(name)) for name in classes]


def test_every_proof_ends_in_what_was_stated(fixture: list[Triple]) -> None:
    """Each entailment has a proof, whose leaves were stated."""
    stated = written(fixture)
    closing = Closing(stated, stated)
    for line in closing.entailed():
        subject, predicate, object_ = line[:-2].split(" ", 2)
        proof = prove(closing, (subject, predicate, object_))
        assert proof is not None
        assert line == f"{' '.join(proof.fact)} ."
        assert proof.premises
        assert set(proof.stated()) <= set(stated)


def test_no_proof_of_what_does_not_follow() -> None:
    """What is not in the closure has no proof; what was stated is its own."""
    given = lines("ex:p rdfs:domain ex:C . ex:a ex:p ex:b")
    closing = Closing(given, given)
    assert prove(closing, fact("ex:b a ex:C")) is None
    assert prove(closing, fact("ex:b a ex:Unheard")) is None
    stated = prove(closing, fact("ex:a ex:p ex:b"))
    assert stated is not None
    assert "stated" == stated.rule


def test_reads_like_the_specification() -> None:
    """Every rule bears a name of the specification: table prefix, hyphen, name."""
    assert all(re.fullmatch(r"(eq|prp|cls|cax|scm)-[a-z]+[1-4]?", rule.name) for rule in rules())
