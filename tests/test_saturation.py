"""A graph that is closed where it lives is the one that is closed here, to the last triple, or is refused by a rule's name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest
from bench.damage import Damage, Parts, read
from pyoxigraph import NamedNode, Quad, RdfFormat, parse

from conftest import FIXTURES, ROOT, at, quiet
from gbakg import audit, populate, terms
from gbakg.closing import Closing
from gbakg.engine import Embedded
from gbakg.errors import InputError
from gbakg.saturation import Saturation
from test_rules import CASES, lines

GRAPH, STAGING = "urn:graph", "urn:staging"
EQUALITY = {"eq-ref", "eq-sym", "eq-trans", "eq-rep-s", "eq-rep-p", "eq-rep-o", "eq-diff1", "eq-diff2", "eq-diff3",
            "prp-fp", "prp-ifp", "prp-key", "cls-maxc2", "cls-maxqc3", "cls-maxqc4", "dt-eq", "dt-diff", "dt-type1", "dt-type2"}  # fmt: skip
"""The rules that find two terms the same, or ask whether they are, or what a literal is."""


class Memory(Embedded):
    """A store in memory that takes updates."""

    def update(self, sparql: str) -> None:
        """Run an update."""
        self.store.update(sparql)

    def lines(self, graph: str = GRAPH) -> set[str]:
        """Return what a graph holds."""
        return {f"{quad.triple} ." for quad in self.store.quads_for_pattern(None, None, None, NamedNode(graph))}

    def graphs(self) -> set[str]:
        """Name the graphs that hold something."""
        return {str(quad.graph_name)[1:-1] for quad in self.store.quads_for_pattern(None, None, None, None)}


def holding(given: Iterable[str]) -> Memory:
    """Fill a store with what may be sent to one: all that has no blank node."""
    found = Memory()
    for quad in parse("\n".join(given), RdfFormat.N_TRIPLES):
        if "_:" not in (str(quad.subject)[:2], str(quad.object)[:2]):
            found.store.add(Quad(quad.subject, quad.predicate, quad.object, NamedNode(GRAPH)))
    return found


def closed(engine: Memory, axioms: Sequence[str]) -> tuple[str, ...]:
    """Close the graph of a store there; return what is inconsistent."""
    saturation = Saturation(engine, GRAPH, STAGING, axioms, quiet)
    saturation.run()
    told = audit.inconsistencies(saturation)
    kept, before = saturation.kept(), len(engine.lines())
    saturation.keep(GRAPH)
    saturation.drop()
    assert before + kept == len(engine.lines())
    assert {GRAPH} >= engine.graphs()
    return told


def alike(given: Sequence[str]) -> bool:
    """Close a graph here and there; tell whether that is not refused there, and then has to come to the same."""
    here, there = Closing(given, given), holding(given)
    stated = there.lines()
    try:
        told = closed(there, given)
    except InputError:
        assert stated == there.lines()
        return False
    assert here.inconsistencies() == told
    assert stated | set(here.entailed()) == there.lines()
    return True


@pytest.fixture(scope="module")
def parts() -> Parts:
    """Read the real project."""
    return read(at(ROOT))


@pytest.mark.parametrize("folder", [FIXTURES / "project", ROOT], ids=["fixture", "shipped"])
def test_graphs_that_hold(folder: object) -> None:
    """The fixture and the shipped graph are closed by a few dozen updates, and then there is nothing more to find."""
    graph = populate.populate(populate.everything(at(folder)), quiet)  # type: ignore[arg-type]
    given = list(graph.lines())
    assert alike(given)
    engine = holding(given)
    first = Saturation(engine, GRAPH, STAGING, graph.ontology, quiet)
    assert 0 < first.run()
    assert first.updates < 100
    assert () == audit.inconsistencies(first)
    first.keep(GRAPH)
    again = Saturation(engine, GRAPH, f"{STAGING}/again", graph.ontology, quiet)
    again.run()
    assert 0 == again.kept()


@pytest.mark.parametrize("case", CASES, ids=[f"{at}-{case[0]}" for at, case in enumerate(CASES)])
def test_rules(case: tuple[str, str, str]) -> None:
    """Every rule does at a store what it does here; only what asks about equality, or about a literal, is refused."""
    assert alike(lines(case[1])) or case[0] in EQUALITY


def test_damaged_graphs(parts: Parts) -> None:
    """Of damaged graphs most are closed alike, and the others refused; inconsistencies have the same words."""
    damage = Damage(parts.ontology, parts.data)
    graphs = [[f"{triple} ." for triple in damage.graph(seed)] for seed in range(40)]
    kept = [given for given in graphs if holding(given).lines() == {one for one in given if "_:" not in one}]
    assert len(kept) > 30  # a store rewrites the literals of the others
    assert sum(map(alike, kept)) > 20


ANONYMOUS = """ex:C rdfs:subClassOf [ a owl:Restriction ; owl:onProperty ex:p ; owl:allValuesFrom ex:D ] .
[ a owl:Restriction ; owl:onProperty ex:q ; owl:someValuesFrom ex:D ] rdfs:subClassOf ex:E ."""


def test_classes_without_a_name() -> None:
    """A class that is a blank node is joined with others all the same, and nothing of it is kept."""
    given = lines(f"{ANONYMOUS} ex:a a ex:C ; ex:p ex:b . ex:b ex:r ex:c . ex:c ex:q ex:b")
    engine = holding(given)
    assert () == closed(engine, given)
    assert set(lines("ex:b a ex:D . ex:c a ex:E")) <= engine.lines()
    assert alike(given)


@pytest.mark.parametrize(
    "given",
    [
        "ex:p a owl:TransitiveProperty . " + " . ".join(f"ex:a{at} ex:p ex:a{at + 1}" for at in range(9)),
        "ex:p rdfs:domain ex:C . ex:a ex:p 'text' , ex:a",
        "ex:p rdfs:range ex:C . ex:a ex:p 'text' , ex:b",
        "ex:p rdfs:range ex:C , ex:D . ex:C owl:disjointWith ex:D . ex:a ex:p 'text'",
        "ex:p rdfs:range ex:C . ex:C rdfs:subClassOf ex:D , owl:Nothing . ex:a ex:p 'text'@en",
        "ex:p rdfs:range ex:C . ex:C rdfs:subClassOf xsd:integer . ex:a ex:p 'text' , 5",
        "ex:p rdfs:range xsd:integer . ex:a ex:p 'text' , 5 , 5.5 , true , ex:b",
        "ex:p rdfs:range xsd:string . ex:a ex:p 'text' , 5 , 'text'@en",
        "ex:p rdfs:range rdfs:Literal . ex:a ex:p 'text' , 5 , ex:b",
        "ex:p rdfs:range rdfs:Resource . ex:a ex:p 'x'^^xsd:integer , '5'^^xsd:gYear ; ex:q 'x'^^xsd:integer",
        "ex:p rdfs:domain ex:C . ex:a ex:p '2024-02-30T00:00:00'^^xsd:dateTime , '2024-02-03T00:00:00Z'^^xsd:dateTime",
        "ex:p rdfs:domain ex:C . ex:a ex:p 'a b'^^xsd:anyURI , 'http://a/b'^^xsd:anyURI , 'maybe'^^xsd:boolean",
        "ex:p rdfs:domain ex:C . ex:a ex:p 'a b'^^xsd:language , 'en'^^xsd:language , 'abc'^^xsd:hexBinary",
        "ex:p a owl:FunctionalProperty . ex:a ex:p 5 , 6 . ex:b ex:p 'x' , 'y'@en . ex:c ex:p 5 , '5.0'^^xsd:decimal",
        "ex:p rdfs:subPropertyOf rdfs:seeAlso . rdfs:seeAlso rdfs:domain ex:C . ex:a ex:p ex:b",
        "ex:C rdfs:subClassOf owl:Thing . owl:Thing rdfs:subClassOf ex:D . ex:a a ex:C . ex:b a owl:Thing",
        "ex:C owl:oneOf ( ex:a ex:b 'text' ) ; rdfs:subClassOf ex:D",
        "ex:C owl:oneOf ( ex:a ) . ex:D owl:oneOf ( ex:b ) ; owl:disjointWith ex:C . ex:b a ex:C",
        "ex:C owl:oneOf ( ex:a )",
        "ex:C owl:oneOf ( 'text' ) ; rdfs:subClassOf owl:Nothing",
        "ex:C owl:onProperty ex:p ; owl:hasValue 'text' . ex:a a ex:C . ex:b ex:p 'text'",
        "ex:p owl:propertyChainAxiom ( ex:p ex:q ex:p ) . ex:a ex:p ex:b . ex:b ex:q ex:c . ex:c ex:p ex:d . ex:d ex:q ex:a",
        "ex:a a owl:Nothing",
        "ex:a owl:differentFrom ex:b",
    ],
)  # fmt: skip
def test_what_a_store_can_do(given: str) -> None:
    """Long chains, literals where things belong, datatypes and what is built in: the closure is that of here."""
    assert alike(lines(given))


def test_axioms_that_the_graph_states() -> None:
    """What only the store has of an ontology counts."""
    engine = holding(
        lines("ex:p rdfs:domain ex:C . ex:C rdfs:subClassOf ex:D . ex:p a owl:SymmetricProperty . ex:a ex:p ex:b")
    )
    assert () == closed(engine, [])
    assert set(lines("ex:a a ex:C , ex:D . ex:b a ex:C , ex:D ; ex:p ex:a")) <= engine.lines()


def test_axioms_with_blank_nodes_at_the_store() -> None:
    """A blank node of a store has another name in each answer: it is refused."""
    engine = Memory()
    engine.update(f"INSERT DATA {{ GRAPH <{GRAPH}> {{ <urn:a> <{terms.RDFS}subClassOf> _:b }} }}")
    with pytest.raises(InputError, match="the graph has an axiom with a blank node"):
        closed(engine, [])


def test_blank_nodes_in_data_are_no_obstacle() -> None:
    """What is said of one is found; it is not kept."""
    engine = Memory()
    engine.update(
        f"INSERT DATA {{ GRAPH <{GRAPH}> {{ _:b <{terms.GBA}p> <{terms.GBA}a> . <{terms.GBA}c> <{terms.GBA}p> _:b }} }}"
    )
    assert () == closed(engine, lines("ex:p rdfs:domain ex:C ; rdfs:range ex:C ; rdfs:subPropertyOf ex:q"))
    assert set(lines("ex:a a ex:C . ex:c a ex:C")) == {one for one in engine.lines() if "_:" not in one}
    assert 2 == sum("_:" in one for one in engine.lines())


def test_what_broke_off_is_removed() -> None:
    """The graphs of a run that broke off do not count, and are gone when the next one ends."""
    given = lines("ex:p rdfs:domain ex:C . ex:a ex:p ex:b")
    engine = holding(given)
    for number in (1, 2, 3):
        engine.update(f"INSERT DATA {{ GRAPH <{STAGING}/{number}> {{ <{terms.GBA}b> a <{terms.GBA}Wrong> }} }}")
    Saturation(engine, GRAPH, STAGING, given, quiet).drop()
    assert {GRAPH} == engine.graphs()
    assert () == closed(engine, given)
    assert {*given, *lines("ex:a a ex:C")} == engine.lines()
