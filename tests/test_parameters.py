"""Values in place of parameters."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pyoxigraph
import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode

from gbakg import find, parameters, terms
from gbakg.errors import AmbiguousName, BadParameter, UnknownName, UsageError
from gbakg.header import Parameter
from gbakg.store import Build
from gbakg.tokens import code

HOSTILE = [
    "x> } ; DROP ALL ; ASK {",
    "http://e/> } ; DROP ALL #",
    '"',
    '" } #',
    "'''",
    "\\",
    "\\u0022",
    "\\\\u0022 \\U00000022",
    "a\nb\r\tc",
    "region/shenzhen> ?p ?o . <x",
    "<http://e/>",
    "http://e/{x}",
    "http://e/a b",
    "$x ?y",
    "UNDEF",
]


def nobody(text: str, of: NamedNode) -> NamedNode:
    raise UnknownName(text)


def bound(value: Literal | NamedNode) -> str:
    text = "SELECT ?v WHERE { VALUES ?v { $x } }"
    return parameters.bind(text, parameters.slots(code(text)), {"x": value})


def answer(query: str) -> object:
    found = pyoxigraph.Store().query(query)
    assert isinstance(found, pyoxigraph.QuerySolutions)
    return [row[0] for row in found]


@given(st.text().filter(lambda text: "\0" not in text) | st.sampled_from(HOSTILE))
@settings(max_examples=300)
def test_a_text_stays_a_text(text: str) -> None:
    """Any text comes back from the engine as it went in, and nothing but it."""
    value = parameters.convert(Parameter("x", "string"), text, nobody)
    assert [Literal(text)] == answer(bound(value))


@pytest.mark.parametrize("text", [*HOSTILE, "\\u0041", "\\\\", "\\\\\\u0041", "u\\", "\\U0001F600"])
def test_rdflib_reads_the_same_text(text: str) -> None:
    """An engine that expands escapes early is not misled."""
    value = parameters.convert(Parameter("x", "string"), text, nobody)
    found = [str(row[0]) for row in rdflib.Graph().query(bound(value))]  # type: ignore[index]
    assert [text] == found


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("kind", ["integer", "decimal", "date", "boolean", "lang"])
def test_hostile_values_of_other_types(kind: str, text: str) -> None:
    """A value that its type does not allow is a bad parameter."""
    with pytest.raises(BadParameter):
        parameters.convert(Parameter("x", kind), text, nobody)


@pytest.mark.parametrize("text", [text for text in HOSTILE if text != "UNDEF"])
@pytest.mark.parametrize("kind", ["iri", "code"])
def test_hostile_entities(built: Build, kind: str, text: str) -> None:
    """Nothing breaks out of `<>`: what is no name is refused with exit code 2, before any query holds it."""
    with built.open() as engine, pytest.raises(UsageError) as caught:
        parameters.convert(Parameter("x", kind, "gba:Region"), text, lambda t, of: find.resolve(engine, t, of))
    assert 2 == caught.value.exit_code
    if any(mark in text for mark in '<>"{}\\\n'):
        assert isinstance(caught.value, BadParameter)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("integer", "007", terms.literal("7", "integer")),
        ("integer", 120, terms.literal("120", "integer")),
        ("integer", "-3", terms.literal("-3", "integer")),
        ("decimal", "41.40", terms.literal("41.4", "decimal")),
        ("decimal", Decimal("1E+3"), terms.literal("1000", "decimal")),
        ("date", "2024-02-29", terms.literal("2024-02-29", "date")),
        ("date", date(2024, 2, 29), terms.literal("2024-02-29", "date")),
        ("boolean", True, terms.literal("true", "boolean")),
        ("boolean", "FALSE", terms.literal("false", "boolean")),
        ("lang", "zh-Hant", Literal("zh-hant")),
    ],
)
def test_converts(kind: str, value: object, expected: Literal) -> None:
    """Each type has one written form."""
    assert expected == parameters.convert(Parameter("x", kind), value, nobody)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("integer", "1.5"),
        ("integer", ""),
        ("integer", "1e3"),
        ("integer", "٣"),
        ("decimal", "1,5"),
        ("decimal", "."),
        ("decimal", "NaN"),
        ("date", "2025-02-29"),
        ("date", "20250229"),
        ("boolean", "yes"),
        ("lang", "english!"),
        ("string", "a\0b"),
        ("string", "\ud800"),
    ],
)
def test_refuses(kind: str, text: str) -> None:
    """The message says what was expected and what was found."""
    with pytest.raises(BadParameter, match=r"parameter x: expected .*, found "):
        parameters.convert(Parameter("x", kind), text, nobody)


@pytest.mark.parametrize(
    "text",
    [
        "region/port-amber",
        "https://w3id.org/gbakg/id/region/port-amber",
        "region:port-amber",
        "Port Amber",
        "  port   AMBER\n",
    ],
)
def test_names_of_one_entity(built: Build, text: str) -> None:
    """An entity is known by its IRI, short name and label, whatever the case and white space."""
    with built.open() as engine:
        found = parameters.convert(Parameter("x", "iri", "gba:Region"), text, lambda t, of: find.resolve(engine, t, of))
    assert terms.expand("region/port-amber") == found


def test_another_class(built: Build) -> None:
    """An entity of another class is refused, and its class named."""
    with built.open() as engine, pytest.raises(BadParameter, match=r"gba:Metric.*that is a \w+"):
        parameters.convert(
            Parameter("x", "iri", "gba:Metric"), "region/port-amber", lambda t, of: find.resolve(engine, t, of)
        )


def test_a_name_of_another_class(built: Build) -> None:
    """A label that something else carries is not called unknown."""
    with built.open() as engine, pytest.raises(BadParameter, match="found 'Port Amber'; that is a City"):
        parameters.convert(Parameter("x", "iri", "gba:Metric"), "Port Amber", lambda t, of: find.resolve(engine, t, of))


def test_unknown_entity(built: Build) -> None:
    """A misspelt name gets the nearest ones."""
    with built.open() as engine, pytest.raises(UnknownName, match="did you mean region/port-amber"):
        parameters.convert(
            Parameter("x", "iri", "gba:Region"), "region/port-ambr", lambda t, of: find.resolve(engine, t, of)
        )


def test_ambiguous_entity() -> None:
    """A label that two entities carry is refused with both."""
    from gbakg.engine import Embedded

    with Embedded() as engine:
        for short in ("region/a", "institution/b"):
            node = terms.expand(short)
            for predicate, object_ in ((terms.TYPE, terms.GBA.term("Entity")), (terms.LABEL, Literal("Twin"))):
                engine.store.add(pyoxigraph.Quad(node, predicate, object_))
        with pytest.raises(AmbiguousName, match="institution/b, region/a"):
            find.resolve(engine, "twin")


def test_bind_touches_only_parameters() -> None:
    """Comments, strings and variables stay; a parameter without a value becomes UNDEF."""
    text = "# $a\nSELECT ?a { VALUES ?b { $b } FILTER(?c = $a && '$a' != $a) }"
    found = parameters.bind(text, parameters.slots(code(text)), {"a": terms.literal("1", "integer"), "b": None})
    one = '"1"^^<http://www.w3.org/2001/XMLSchema#integer>'
    assert f"# $a\nSELECT ?a {{ VALUES ?b {{  UNDEF  }} FILTER(?c =  {one}  && '$a' !=  {one} ) }}" == found
