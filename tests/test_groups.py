"""Groups of SPARQL taken apart, and what a query reaches from a node."""

from __future__ import annotations

import pytest

from gbakg.groups import FAR, parse, reach
from gbakg.tokens import code

GBA = "https://w3id.org/gbakg/ontology#"
PREFIX = f"PREFIX gba: <{GBA}>\n"


def test_a_group_is_taken_apart() -> None:
    """Patterns with their text, filters, groups inside; commas and semicolons repeat."""
    text = "SELECT * { ?a <x:p>/^<x:q>* 'x'@en , 1.5 ; (<x:r>|!a)+ ?b . FILTER (?b > (1)) OPTIONAL { ?b ?p <x:o> } FILTER NOT EXISTS { ?c a -1 } }"
    group = parse(code(text))
    spans = [text[one.start : one.end] for one in group.patterns]
    assert ["<x:p>/^<x:q>* 'x'@en", "<x:p>/^<x:q>* 'x'@en , 1.5", "(<x:r>|!a)+ ?b"] == spans
    assert ["FILTER (?b > (1))", "FILTER NOT EXISTS { ?c a -1 }"] == [text[start:end] for start, end in group.filters]
    assert (1, 1) == (len(group.joined), len(group.asked))
    assert [False, True, True] == [one.plain for one in (group, *group.inner())]


@pytest.mark.parametrize("text", ["ASK", "ASK { ?a ?p [ ] }", "ASK { { SELECT * { } } }", "ASK { ?a ?p ?b"])
def test_what_is_not_read_is_told(text: str) -> None:
    """A list of properties, a sub-select, an open brace."""
    with pytest.raises(ValueError, match="cannot take apart"):
        parse(code(text))


@pytest.mark.parametrize(
    "body",
    [
        "$this <x:p> ?a . ?a <x:q>* ?b",
        "?b <x:q> ?c . ?a <x:p> ?b . $this <x:p> ?a",
        "?c ^<x:p> $this . $this <x:p>|<x:q> 1",
        "?p gba:inDocument $this . ?c gba:statedIn ?p ; ?any ?value",
        "$this gba:statedIn ?p . ?other gba:statedIn ?p",
        "$this ^gba:inDocument ?p",
        "$this <x:p> ?a FILTER NOT EXISTS { ?a <x:q> ?b FILTER EXISTS { ?b <x:p> ?a } }",
        "{ $this <x:p> ?a } UNION { $this <x:q> ?a }",
    ],
)
def test_what_lies_ahead_or_in_the_document_is_local(body: str) -> None:
    """Forward edges, and those backwards that lead from a document to its passages and claims."""
    assert reach(f"{PREFIX} SELECT $this {{ {body} }}", "this").local


@pytest.mark.parametrize(
    "body",
    [
        "?a <x:p> $this",
        "$this ^<x:p> ?a",
        "$this (^gba:inDocument)+ ?a",
        "$this <x:p> ?a . ?b <x:p> ?a",
        "$this <x:p> ?a . ?b gba:inDocument ?a",
        "$this <x:p> ?a FILTER NOT EXISTS { ?b <x:q> ?a }",
        "OPTIONAL { $this <x:p> ?a } ?a <x:q> ?b",
        "{ $this <x:p> ?a } UNION { $this <x:q> ?a } FILTER EXISTS { ?a <x:q> ?b }",
        "FILTER EXISTS { $this <x:p> ?a } FILTER EXISTS { ?a <x:q> ?b }",
        "<x:a> <x:p> ?a",
        "BIND (IRI('x:a') AS ?a) ?a <x:p> ?b",
    ],
)
def test_what_leads_elsewhere_is_not_local(body: str) -> None:
    """Backward edges, patterns without connection, and variables that only another group binds."""
    assert not reach(f"{PREFIX} SELECT $this {{ {body} }}", "this").local


def test_predicates_are_named_unless_one_may_be_any() -> None:
    """In paths, in groups inside, short or whole; a variable or a negation may be any."""
    text = f"{PREFIX} SELECT $this {{ $this a/^<x:p> ?a FILTER NOT EXISTS {{ $this gba:q* 'x' }} }}"
    names = {"http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "x:p", f"{GBA}q"}
    assert names == set(reach(text, "this").predicates or ())
    assert reach("SELECT $this { $this ?p 1 }", "this").predicates is None
    assert reach("SELECT $this { $this !<x:p> 1 }", "this").predicates is None
    assert FAR == reach("SELECT $this { { SELECT * { } } }", "this") == reach("SELECT $this { 'x }", "this")


def test_a_variable_predicate_that_a_triple_binds_is_known_through_it() -> None:
    """As subject or object of one triple or more in a row, in its own group, or around an EXISTS."""
    text = "?v <x:q>+ $this . $this <x:r> ?w . ?a ?v ?b FILTER NOT EXISTS { ?a ?w ?b }"
    found = reach(f"SELECT $this {{ {text} }}", "this")
    assert ({"x:q", "x:r"}, {("x:q", 0), ("x:r", 2)}) == (set(found.predicates or ()), set(found.through))


@pytest.mark.parametrize(
    "body",
    [
        "?v <x:q>* $this . ?a ?v ?b",
        "?v <x:q>/<x:r> $this . ?a ?v ?b",
        "?v <x:q> $this OPTIONAL { ?a ?v ?b }",
        "?v <x:q> $this { ?a <x:p> ?b FILTER EXISTS { ?a ?v ?b } }",
        "OPTIONAL { ?v <x:q> $this } ?a ?v ?b",
        "BIND (<x:q> AS ?v) FILTER EXISTS { ?a ?v ?b }",
    ],
)
def test_a_variable_predicate_that_nothing_surely_binds_may_be_any(body: str) -> None:
    """Paths of no step or of several, and triples of a group that is joined."""
    assert reach(f"SELECT $this {{ {body} }}", "this").predicates is None


def test_what_lies_ahead_is_told_from_what_lies_in_the_document() -> None:
    """Only the latter leads from a document to its claims."""
    assert reach("SELECT $this { $this <x:p>/<x:q> ?a }", "this").forward
    assert not reach(f"{PREFIX} SELECT $this {{ ?p gba:inDocument $this }}", "this").forward
    assert not reach("SELECT $this { ?a <x:p> $this }", "this").forward
