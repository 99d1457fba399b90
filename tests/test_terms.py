"""Names: short names, prefixed names and IRIs turn into each other without loss."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode

from gbakg import terms
from gbakg.errors import BadName

slugs = st.from_regex(r"[a-z0-9]+(-[a-z0-9]+)*", fullmatch=True)


@given(st.sampled_from(terms.CLASSES), slugs)
def test_a_short_name_survives_the_way_there_and_back(kind: str, slug: str) -> None:
    """Expanding and shortening are each other's inverse."""
    assert terms.shorten(terms.expand(f"{kind}/{slug}")) == f"{kind}/{slug}"


@given(st.text(max_size=30))
def test_a_text_is_a_name_of_the_graph_or_refused(text: str) -> None:
    """Whatever is typed, what comes out is an IRI below a known namespace, or BadName."""
    try:
        iri = terms.expand(text).value
    except BadName:
        return
    assert iri.startswith(tuple(terms.PREFIXES.values()))
    assert not set(iri) & set('<>"{}|^`\\ ')


@pytest.mark.parametrize(
    "text",
    [
        "Region/Shenzhen",
        "region/",
        "region/a--b",
        "region/shenzhen> ?x <",
        "city/shenzhen",
        "region/a#p1",
        "document/a#p0",
    ],
)
def test_what_is_no_name_is_refused(text: str) -> None:
    """A name that tries to break out of its IRI is an error, not a query."""
    with pytest.raises(BadName):
        terms.expand(text)


def test_the_prefix_table_is_sorted_and_has_each_class() -> None:
    """One table, in order, each namespace once."""
    assert list(terms.PREFIXES) == sorted(terms.PREFIXES)
    assert len(set(terms.PREFIXES.values())) == len(terms.PREFIXES)
    assert set(terms.CLASSES) < set(terms.PREFIXES)


def test_names_of_all_kinds_expand() -> None:
    """A full IRI, a prefixed name, a passage."""
    assert terms.expand(f"{terms.ID}region/a") == terms.expand("region:a") == terms.expand("region/a")
    assert terms.expand("gba:Exact") == terms.code("Exact")
    assert terms.expand("document/a#p12") == terms.passage("a", 12)
    assert terms.shorten(NamedNode("https://schema.org/Place")) == "schema:Place"
    assert terms.shorten(NamedNode("https://example.org/x")) == "https://example.org/x"


def test_a_claim_is_named_after_document_paragraph_and_key() -> None:
    """Nothing of a row's position is in its name."""
    assert terms.claim("fact", "gazette", 7, "founded").value == f"{terms.ID}fact/gazette-p7-founded"
    assert terms.local(terms.code("Exact")) == "Exact"
    assert terms.literal("1", "integer") == Literal("1", datatype=NamedNode(f"{terms.XSD}integer"))
