"""Several EXISTS in one FILTER become variables, and the answers stay the same."""

from __future__ import annotations

import pytest
from pyoxigraph import RdfFormat, Store

from gbakg.engine import Embedded, select
from gbakg.hoist import hoist

DATA = "".join(
    f"<urn:{number}> <urn:p{number % 2}> {number} ; <urn:q{number % 3}> <urn:{number + 1}> ." for number in range(12)
)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?x { ?x ?p ?y FILTER (EXISTS { ?x <urn:p0> ?z } || EXISTS { ?x <urn:q1> ?z }) }",
        "SELECT ?x { ?x ?p ?y FILTER (!EXISTS { ?x <urn:p0> ?z } && (NOT EXISTS { ?x <urn:q1> ?z } || ?y = 3)) }",
        "SELECT ?x { FILTER (EXISTS { ?x <urn:p0> ?z } && !(EXISTS { ?x <urn:q1> ?z })) ?x ?p ?y . ?x <urn:q2> ?w } LIMIT 9",
        "SELECT ?x { ?x ?p ?y FILTER (EXISTS { ?x ?q ?z FILTER (EXISTS { ?z <urn:p1> 3 } || EXISTS { ?z <urn:q0> ?w }) }) } # x",
        "SELECT ?x { { ?x <urn:p0> ?y FILTER (EXISTS { ?x <urn:q0> ?z } || EXISTS { ?x <urn:q1> ?z }) } UNION { ?x <urn:p1> -3 } }",
        "SELECT ?x { { SELECT DISTINCT ?x { ?x ?h1 ?y FILTER (EXISTS { ?x <urn:p0> ?z } || ?y = 5 || EXISTS { ?x <urn:q1> 4 }) } } }",
    ],
)
def test_the_answers_are_the_same(query: str) -> None:
    """Whether the FILTER stands last or first, in a group, a sub-select, or another EXISTS."""
    store = Store()
    store.load(DATA.encode(), RdfFormat.TURTLE)
    other = hoist(query)
    assert query != other
    assert "BIND (EXISTS" in other
    here, there = (sorted(map(str, select(Embedded(store), text))) for text in (query, other))
    assert here
    assert here == there


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?x { ?x ?p 1 FILTER (EXISTS { ?x ?p 2 }) FILTER EXISTS { ?x ?p 3 } }",
        "SELECT ?x { ?x ?p 'FILTER (EXISTS { } || EXISTS { })' } # FILTER (EXISTS { } || EXISTS { })",
        "SELECT ?x { ?x ?p 1 FILTER (EXISTS { ?x ?p 2 } || EXISTS { ?x ?p 3 }",
        "SELECT ?x { ?x ?p 1 } } FILTER (EXISTS { ?x ?p 2 } || EXISTS { ?x ?p 3 })",
        "SELECT \\",
    ],
)
def test_what_has_not_several_stays(query: str) -> None:
    """One EXISTS, none but in texts and comments, and what cannot be read."""
    assert query == hoist(query)
