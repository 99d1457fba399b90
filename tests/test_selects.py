"""A SELECT for all focus nodes: joined where that is the same as pre-binding, refused where it may not be."""

from __future__ import annotations

import pytest
from pyoxigraph import Store

from gbakg.selects import embed, fill

TARGET = "VALUES ?f { <x:a> <x:b> }"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("{ { FILTER ($this = <x:a>) } }", "does not begin"),
        ("{ ?x ?p ?o . OPTIONAL { ?x ?q ?y FILTER (?y = $this) } }", "does not begin"),
        ("{ { $this ?p 1 } UNION { ?x ?p $this } }", "does not begin"),
        ("{ { SELECT $this WHERE { $this ?p 1 } } }", "SELECT"),
        ("{ $this ?p 1 MINUS { $this ?p 2 } }", "MINUS"),
        ("{ $this ?p ?x VALUES ?x { 1 } }", "VALUES"),
        ("{ SERVICE <x:s> { $this ?p 1 } }", "SERVICE"),
        ("{ $this ?p 1 } LIMIT 1", "LIMIT"),
        ("{ $this ?p ?x } GROUP BY $this", "GROUP"),
        ("{ BIND (1 AS $this) }", "assigns"),
        ("{ $this ?p $currentShape }", "currentShape"),
        ("{ $this $PATH ?x }", "PATH"),
        ("{ $this ?p 'open }", "cannot read"),
    ],
)
def test_what_may_differ_from_prebinding_is_refused(body: str, reason: str) -> None:
    """The reason is given."""
    with pytest.raises(ValueError, match=reason):
        embed(f"SELECT $this WHERE {body}", "")


@pytest.mark.parametrize(
    "select", ["SELECT ?x WHERE { $this ?p ?x }", "SELECT * WHERE { $this ?p ?x }", "ASK { $this ?p 1 }"]
)
def test_this_has_to_be_selected(select: str) -> None:
    """Without it a row belongs to no focus node."""
    with pytest.raises(ValueError, match=r"SELECT|ASK"):
        embed(select, "")


def test_words_inside_strings_iris_and_comments_are_none() -> None:
    """Only code counts."""
    assert embed("SELECT $this # LIMIT\nWHERE { $this <x:MINUS> 'VALUES { $this }' }", "")


def test_a_query_is_asked_of_every_focus_node_and_keeps_the_way_to_it() -> None:
    """The chain's other variables are selected too, and DISTINCT stays where it was."""
    text = fill(
        embed("SELECT DISTINCT $this ?value WHERE { $this $PATH ?value }", "<x:p>"),
        ("?f", "?g"),
        f"{TARGET} ?f <x:q> ?g .",
    )
    assert "SELECT DISTINCT ?f " in text
    assert "?f <x:q> ?this ." in text
    assert "$this <x:p> ?value" in text
    Store().query(text)


def test_each_pattern_in_an_exists_gets_its_own() -> None:
    """In the order written, each step of a path too; filters stay innermost, and what is no plain list of patterns stays as it is."""
    text = embed(
        "SELECT $this WHERE { $this ?p ?v FILTER NOT EXISTS { ?a <x:p> $this ; <x:q>/<x:r>* ?b . ?b <x:s> 1.5 FILTER (?b != ?v) } }",
        "",
    )
    assert 4 == text.count("EXISTS {")
    assert text.index("<x:p>") < text.index("<x:q>") < text.index("<x:s>") < text.index("FILTER (?b != ?v)")
    Store().query(fill(text, ("?f",), TARGET))
    for kept in (
        "{ ?a <x:p> ?b . OPTIONAL { ?b <x:q> ?c } }",
        "{ ?a <x:p> ?b , ?c }",
        "{ ?a <x:p> [ <x:q> ?c ] . ?c <x:p> 1 }",
    ):
        assert 1 == embed(f"SELECT $this WHERE {{ $this ?p ?v FILTER EXISTS {kept} }}", "").count("EXISTS {")


def test_a_path_inside_an_exists_is_followed_step_by_step() -> None:
    """The way from a class to those above it would be looked for from every node there is; a choice of ways stays one."""
    text = embed(
        "SELECT $this WHERE { $this ?p ?o FILTER NOT EXISTS { $this a/<x:up>* ?c . ?c (<x:b>/<x:c>)|<x:d> ?o } }", ""
    )
    assert "$this a ?step_" in text
    assert " <x:up>* ?c FILTER EXISTS { ?c (<x:b>/<x:c>)|<x:d> ?o" in text
