"""A graph looked up, and the paths that SHACL writes into it."""

from __future__ import annotations

import pyoxigraph
import pytest
from pyoxigraph import NamedNode, Triple

from gbakg import terms
from gbakg.index import Index
from gbakg.terms import RDFS

PREFIXES = "".join(f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in terms.PREFIXES.items())


def parse(turtle: str) -> list[Triple]:
    return [quad.triple for quad in pyoxigraph.parse(PREFIXES + turtle, format=pyoxigraph.RdfFormat.TURTLE)]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("gba:a", "gba:a"),
        ("( gba:a [ sh:inversePath gba:b ] )", "gba:a/^gba:b"),
        ("[ sh:zeroOrMorePath ( gba:a gba:b ) ]", "(gba:a/gba:b)*"),
        ("[ sh:oneOrMorePath [ sh:alternativePath ( gba:a gba:b ) ] ]", "(gba:a|gba:b)+"),
        ("[ sh:zeroOrOnePath [ sh:inversePath gba:a ] ]", "(^gba:a)?"),
    ],
)
def test_a_path_is_written_as_the_report_writes_it(path: str, text: str) -> None:
    """The same text names it in a report."""
    source = Index(parse(f"gba:P sh:path {path} ."))
    (node,) = source.values(terms.code("P"), terms.SH.term("path"))
    assert text == source.path(node, terms.shorten)


def test_a_path_that_is_none_is_not_compiled() -> None:
    """A blank node without an operator is no path."""
    source = Index(parse("gba:P sh:path [ ] ."))
    with pytest.raises(ValueError, match="not a path"):
        source.path(source.values(terms.code("P"), terms.SH.term("path"))[0])


def test_nodes_are_found_by_what_they_have() -> None:
    """By predicate, by type, by class; a value that is not there is None."""
    index = Index(parse("gba:A a gba:T ; rdfs:subClassOf gba:B . gba:B a gba:T, gba:U . gba:C rdfs:subClassOf gba:B ."))
    a, b, c = (terms.code(name) for name in "ABC")
    below = RDFS.term("subClassOf")
    assert [a, c] == index.subjects(below) == index.subclasses(b)
    assert [a, b] == index.instances({terms.code("T")})
    assert [] == index.instances({c})
    assert b == index.value(a, below)
    assert index.value(b, below) is None
    assert [terms.TYPE, below] == index.predicates(a)


def test_a_list_that_runs_in_a_circle_ends() -> None:
    """Each member once."""
    index = Index(parse("gba:l rdf:first 1 ; rdf:rest gba:l ."))
    assert [terms.literal("1", "integer")] == index.members(NamedNode(terms.GBA + "l"))
