"""Lexical forms: what the embedded store keeps of a literal is its canonical form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, Store

from gbakg.forms import canonical

XSD = "http://www.w3.org/2001/XMLSchema#"
CASES = [
    ("boolean", ["1", "0", "true", "false", "yes"]),
    ("integer", ["01", "+7", "-0", "-012", "0", "1.5", "", "-"]),
    ("decimal", ["1.50", "1.0", "120", "+0.5", "-0.50", ".5", "5.", "-0.0", "00.10", "1e3", ".", "-.5"]),
    ("dateTime", ["2020-01-01T00:00:00+00:00", "2020-01-01T00:00:00Z", "2020-01-01T00:00:00+08:00"]),
    ("date", ["2020-01-01"]),
    ("gYear", ["2020"]),
    ("string", ["1.50", ""]),
]


def kept(literal: Literal) -> Literal:
    """Return what a store keeps."""
    store = Store()
    store.add(Quad(NamedNode("urn:s"), NamedNode("urn:p"), literal))
    (quad,) = store
    assert isinstance(quad.object, Literal)
    return quad.object


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in CASES for text in texts])
def test_the_form_is_the_one_that_the_store_keeps(kind: str, text: str) -> None:
    """Every case is as the embedded store has it."""
    literal = Literal(text, datatype=NamedNode(XSD + kind))
    assert kept(literal) == canonical(literal)


@given(st.from_regex(r"[+-]?[0-9]{0,12}(\.[0-9]{0,5})?", fullmatch=True))
def test_decimals(text: str) -> None:
    """Every way to write a decimal comes to the form that the store keeps."""
    literal = Literal(text, datatype=NamedNode(XSD + "decimal"))
    assert kept(literal) == canonical(literal)


@pytest.mark.parametrize("tag", ["zh-Hant", "EN", "pt"])
def test_language_tags_are_in_lower_case(tag: str) -> None:
    """A tag is in lower case, and the text as it was."""
    assert Literal("1.50", language=tag.lower()) == canonical(Literal("1.50", language=tag))


def test_other_terms_stay() -> None:
    """A node or nothing at all is handed on."""
    assert NamedNode("urn:A") == canonical(NamedNode("urn:A"))
    assert canonical(None) is None
