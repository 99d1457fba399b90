"""Pairs stand in place of a path, and the answers stay the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import RdfFormat, Store

from gbakg.engine import Embedded, select
from gbakg.unroll import closure, unroll

DATA = """
<urn:1> <urn:p> <urn:2> . <urn:2> <urn:p> <urn:3> . <urn:3> <urn:p> <urn:4> , <urn:2> . <urn:1> <urn:p> <urn:4> .
<urn:a> a <urn:1> . <urn:b> a <urn:3> . <urn:c> a <urn:4> , <urn:2> . <urn:d> a <urn:5> .
<urn:q> <urn:wants> <urn:2> . <urn:r> <urn:wants> <urn:4> . <urn:s> <urn:wants> <urn:9> .
"""


@pytest.fixture
def engine() -> Embedded:
    store = Store()
    store.load(DATA.encode(), RdfFormat.TURTLE)
    return Embedded(store)


def known(engine: Embedded, predicate: str) -> list[tuple[str, str]]:
    """Return what a predicate leads from and to, by steps, from the edges."""
    return closure(((str(a), str(b)) for a, b in select(engine, f"SELECT ?a ?b {{ ?a {predicate} ?b }}")), 100)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { ?a <urn:p>+ ?b }",
        "SELECT * { ?x a ?b . ?b <urn:p>+ <urn:2> }",
        "SELECT * { <urn:1> <urn:p>+ ?b . ?x a ?b }",
        "PREFIX : <urn:> SELECT ?x ?class { ?by :wants ?class . ?x a ?any OPTIONAL { ?x a ?t . ?t :p+ ?class } FILTER (!BOUND(?t)) }",
        "PREFIX n: <urn:> SELECT $b { $b n:p + ?c . { SELECT ?c { ?by n:wants ?c FILTER (?c != n:9) ?c n:p+ ?d } } }",
        "SELECT * { { ?a <urn:p>+ ?b } UNION { ?b <urn:p>+ ?a . ?x a ?a } } ORDER BY ?a",
        "SELECT * { ?by <urn:wants> ?b MINUS { ?a <urn:p>+ ?b FILTER (?a = <urn:3>) } }",
    ],
)
def test_the_answers_are_the_same(engine: Embedded, query: str) -> None:
    """Each as often as before: in a group, an OPTIONAL, a UNION, a MINUS and a sub-select, with a given end or none."""
    other = unroll(query, lambda predicate: known(engine, predicate))
    assert "VALUES" in other
    assert "p>+" not in other.replace(" ", "") and ":p+" not in other.replace(" ", "")
    here, there = (select(engine, text) for text in (query, other))
    rows = [
        sorted(str(sorted(zip(found.variables, map(str, row), strict=True))) for row in found)
        for found in (here, there)
    ]
    assert rows[0]
    assert rows[0] == rows[1]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { ?a <urn:p> ?b }",
        "SELECT * { ?a <urn:p>* ?b }",
        "SELECT * { ?a <urn:p>+/<urn:wants> ?b }",
        "SELECT * { ?a a/<urn:p>+ ?b }",
        "SELECT * { ?a (<urn:p>|<urn:q>)+ ?b }",
        "SELECT * { ?a <urn:p>+ ?a }",
        "SELECT * { ?a <urn:p>+ ?b , ?c }",
        "SELECT * { ?a <urn:p>+ ?b ; a ?c }",
        "SELECT * { ?a a ?c ; <urn:p>+ ?b }",
        "SELECT * { ?a <urn:none>+ ?b }",
        "SELECT * { ?a <urn:p>+ <urn:1> }",
        "SELECT * { <urn:1> <urn:p>+ <urn:2> }",
        "SELECT * { ?a <urn:p>+ 'text' }",
        "SELECT * { _:x a ?a . ?a <urn:p>+ ?b . _:x a ?b }",
        "SELECT * { ?a a ?b FILTER EXISTS { ?b <urn:p>+ ?c } }",
        "SELECT * { ?a a ?b FILTER (NOT EXISTS { { ?b <urn:p>+ ?c } }) }",
        "SELECT * { GRAPH ?g { ?a <urn:p>+ ?b } }",
        "SELECT * { ?a none:p+ ?b }",
        "SELECT * { ?a <urn:p>+ ?b # the end is not to be seen",
        "SELECT * } ?a <urn:p>+ \\ ?b }",
        "SELECT ('?a <urn:p>+ ?b' AS ?text) { }",
    ],
)
def test_other_texts_stay_as_they_are(engine: Embedded, query: str) -> None:
    """What is no whole pattern of one predicate and a plus, what nothing is known of, and where VALUES would be another thing."""
    assert query == unroll(query, lambda predicate: known(engine, predicate))


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from("abcde")), max_size=12))
def test_pairs_are_those_of_the_path(edges: list[tuple[str, str]]) -> None:
    """Cycles and doubled edges included, each pair once; and there are none where there are more than wanted."""
    store = Store()
    text = "".join(f"<urn:{a}> <urn:p> <urn:{b}> .\n" for a, b in edges)
    store.load(text.encode(), RdfFormat.TURTLE)
    rows = select(Embedded(store), "SELECT ?a ?b { ?a <urn:p>+ ?b }")
    wanted = sorted((str(a)[5:-1], str(b)[5:-1]) for a, b in rows)
    assert wanted == sorted(closure(edges, len(wanted)))
    assert [] == closure(edges, len(wanted) - 1)
