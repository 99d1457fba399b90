"""Values: what a store keeps, and the order of unlike terms."""

from __future__ import annotations

import pytest
from pyoxigraph import Literal, NamedNode, Quad, Store, Triple

from gbakg import terms
from gbakg.engine import Term
from gbakg.values import canonical, holds, quads


@pytest.mark.parametrize(
    ("text", "datatype", "kept"),
    [
        ("5", "integer", True),
        ("05", "integer", False),
        ("-0", "integer", False),
        ("x", "integer", True),
        ("1_0", "integer", False),
        ("1.5", "decimal", True),
        ("1.50", "decimal", False),
        ("2024-02-29", "date", True),
        ("2025-02-29", "date", True),
        ("2025-06-30+00:00", "date", False),
        ("true", "boolean", True),
        ("1", "boolean", False),
        ("yes", "boolean", True),
        ("5", "byte", False),
        ("2025", "gYear", True),
        ("any text\nat all", "string", True),
    ],
)
def test_a_literal_is_canonical_if_a_store_gives_it_back(text: str, datatype: str, kept: bool) -> None:
    """And if rdflib takes it for well-formed where the store does."""
    assert kept is canonical(terms.literal(text, datatype))


@pytest.mark.parametrize(
    ("text", "datatype"), [("5", "integer"), ("1.5", "decimal"), ("2024-02-29", "date"), ("x", "date")]
)
def test_a_canonical_literal_survives_a_store(text: str, datatype: str) -> None:
    """What canonical promises."""
    store = Store()
    literal = terms.literal(text, datatype)
    store.add(Quad(terms.TYPE, terms.TYPE, literal))
    assert [literal] == [quad.object for quad in store]


def test_the_first_odd_value_is_put_aside() -> None:
    """All triples go on to the store."""
    odd: list[Literal] = []
    data = [Triple(terms.TYPE, terms.TYPE, terms.literal(text, "decimal")) for text in ("1.5", "1.50", "2.50")]
    assert 3 == len(list(quads(data, odd)))
    assert [terms.literal("1.50", "decimal")] == odd


DATE, NUMBER = terms.literal("2025-01-01", "date"), terms.literal("5", "integer")


@pytest.mark.parametrize(
    ("value", "order", "bound", "fixed", "expected"),
    [
        (terms.literal("7", "integer"), "<", NUMBER, True, False),
        (DATE, "<=", NUMBER, True, True),
        (DATE, ">=", NUMBER, True, False),
        (Literal("a"), "<", NUMBER, True, False),
        (NamedNode("x:a"), "<", NUMBER, True, False),
        (NamedNode("x:a"), "<", NamedNode("x:b"), False, True),
        (NamedNode("x:b"), "<", NamedNode("x:a"), False, False),
        (NamedNode("x:b"), "<", NUMBER, False, False),
    ],
)
def test_unlike_terms_are_ordered_as_pyshacl_does(
    value: Term, order: str, bound: Term, fixed: bool, expected: bool
) -> None:
    """Literals by the names of their datatypes, IRIs as texts, numbers as SPARQL has decided."""
    assert expected is holds(value, order, bound, fixed)
