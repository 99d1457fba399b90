"""Engines: the embedded one and rdflib give the same answers, and terms cross between them unchanged."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Store, Triple

from gbakg import engine, terms
from gbakg.engine import Embedded, Engine, Rdflib, Solutions
from gbakg.errors import BuildDamaged, QuerySyntaxError
from gbakg.store import Build

P = NamedNode("http://example.org/p")
TRIPLES = [
    Triple(NamedNode("http://example.org/a"), P, Literal("1", datatype=terms.XSD.term("integer"))),
    Triple(NamedNode("http://example.org/b"), P, Literal("two", language="en")),
    Triple(NamedNode("http://example.org/b"), P, NamedNode("http://example.org/a")),
]

words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
literals = st.one_of(
    words.map(Literal),
    st.tuples(words, st.sampled_from(["en", "zh-hans", "pt"])).map(lambda pair: Literal(pair[0], language=pair[1])),
    st.tuples(words, st.sampled_from(["integer", "decimal", "date", "gYear", "anyURI"])).map(
        lambda pair: Literal(pair[0], datatype=terms.XSD.term(pair[1]))
    ),
)


@pytest.fixture(params=["embedded", "rdflib"])
def either(request: pytest.FixtureRequest) -> Engine:
    if request.param == "rdflib":
        return Rdflib.of(TRIPLES)
    store = Store()
    store.extend(Quad(one.subject, one.predicate, one.object) for one in TRIPLES)
    return Embedded(store)


def test_a_select_gives_variables_and_rows(either: Engine) -> None:
    """Unbound is None, and terms are pyoxigraph's."""
    found = either.query("SELECT ?s ?o ?none { ?s <http://example.org/p> ?o FILTER(isLiteral(?o)) } ORDER BY ?s")
    assert isinstance(found, Solutions)
    assert found.variables == ("s", "o", "none")
    assert list(found) == [(one.subject, one.object, None) for one in TRIPLES[:2]]


def test_an_ask_gives_a_bool(either: Engine) -> None:
    """True and False are Python's."""
    assert either.query("ASK { ?s ?p 1 }") is True
    assert either.query("ASK { ?s ?p 2 }") is False


def test_a_construct_gives_triples(either: Engine) -> None:
    """The triples are pyoxigraph's."""
    found = either.query("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o FILTER(isIRI(?o)) }")
    assert not isinstance(found, bool | Solutions)
    assert list(found) == TRIPLES[2:]


def test_what_is_not_sparql_is_refused(either: Engine) -> None:
    """One class of error for both libraries."""
    with pytest.raises(QuerySyntaxError):
        either.query("SELECT ?s WHERE {")


@given(literals)
def test_a_literal_crosses_the_libraries_unchanged(literal: Literal) -> None:
    """Not even an ill-formed lexical form is touched."""
    triple = Triple(NamedNode("http://example.org/a"), P, literal)
    assert list(engine.from_rdflib(engine.to_rdflib([triple]))) == [triple]


def test_iris_and_blank_nodes_cross_too() -> None:
    """Blank nodes keep their labels."""
    triple = Triple(BlankNode("b1"), P, NamedNode("http://example.org/ü"))
    assert list(engine.from_rdflib(engine.to_rdflib([triple]))) == [triple]


def test_a_folder_that_holds_no_store_is_damage(tmp_path: Path) -> None:
    """Nothing is created where a store was expected."""
    with pytest.raises(BuildDamaged):
        Embedded.open(tmp_path)
    with pytest.raises(BuildDamaged):
        Embedded.open(tmp_path / "none")


def test_a_build_opens_as_one_default_graph(built: Build) -> None:
    """Entailments are in it like everything else; a store beside it knows what was stated."""
    with built.open() as opened:
        assert len(opened) == built.receipt["counts"]["triples"]
        assert opened.query("ASK { GRAPH ?g { ?s ?p ?o } }") is False
        entailed = set(opened.entailed())
        assert len(entailed) == built.receipt["counts"]["entailed"]
        assert entailed.isdisjoint(opened.stated.triples())


def test_a_corrupt_store_is_a_damaged_build(tmp_path: Path) -> None:
    """A flipped byte is found by the store's checksums, and told as damage wherever it is met."""
    triples = [Triple(NamedNode(f"http://e.org/{n}"), NamedNode("http://e.org/p"), Literal(str(n))) for n in range(999)]
    store = Store(str(tmp_path))
    store.bulk_extend(Quad(one.subject, one.predicate, one.object, DefaultGraph()) for one in triples)
    store.optimize()
    store.flush()
    del store
    for path in tmp_path.glob("*.sst"):
        path.write_bytes(bytes(path.stat().st_size))
    for read in (
        lambda found: list(found.query("SELECT * { ?s ?p ?o }")),
        lambda found: list(found.query("CONSTRUCT WHERE { ?s ?p ?o }")),
        lambda found: found.query("ASK { <http://e.org/1> ?p ?o }"),
        lambda found: list(found.triples()),
        len,
    ):
        with pytest.raises(BuildDamaged, match="gbakg build --force"), Embedded.open(tmp_path) as corrupt:
            read(corrupt)


def test_what_cannot_be_computed_is_no_corruption() -> None:
    """A function that there is not is an error of the query."""
    with Embedded() as empty, pytest.raises(QuerySyntaxError, match="is not supported"):
        empty.query("SELECT (<http://e.org/f>(1) AS ?x) {}")


def test_an_ill_typed_literal_is_passed_on_in_silence(capfd: pytest.CaptureFixture[str]) -> None:
    """The account that rdflib gives of it, with a traceback, is not for a user's eyes."""
    day = NamedNode("http://www.w3.org/2001/XMLSchema#date")
    engine.to_rdflib(
        [Triple(NamedNode("http://e.org/s"), NamedNode("http://e.org/p"), Literal("2025-99-02", datatype=day))]
    )
    assert ("", "") == tuple(capfd.readouterr())


def test_a_thousand_crossings_leave_one_handler() -> None:
    """What is added to rdflib's logger each time makes each next time longer: 15,000 results took a minute."""
    for _ in range(1000):
        engine.to_rdflib([])
    assert 1 == len(logging.getLogger("rdflib").handlers)
