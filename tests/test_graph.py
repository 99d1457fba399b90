"""The graph: what each row states, in full."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from gbakg import graph, tables, terms
from gbakg.tables import Fact, Mention, Observation, Row

FOLDER = Path(__file__).parent / "fixtures" / "project" / "data" / "documents" / "harbour-gazette"
PLACE: dict[str, Any] = {"file": Path("x"), "row": 2, "document": "gazette", "key": "a", "paragraph": 3}
OFFSETS: dict[str, Any] = {"start": 5, "end": 9}
CONTEXT: dict[str, Any] = dict.fromkeys(("figure", "period_start", "period_end", "period_basis", "status", "note"))
CONTEXT |= {"stated_by": (), "according_to": ()}


def fact(**cells: Any) -> Fact:
    empty = dict.fromkeys(("subject", "predicate", "object", "literal", "datatype"))
    return Fact(**{**PLACE, **OFFSETS, **CONTEXT, **empty, **cells})


def observation(**cells: Any) -> Observation:
    empty: dict[str, Any] = dict.fromkeys(
        ("metric", "temporality", "unit", "bound", "value", "lower", "upper", "resolution", "denominator")
    )
    return Observation(**{**PLACE, **OFFSETS, **CONTEXT, **empty, "about": (), "place": (), **cells})


def written(row: Row) -> set[str]:
    return {" ".join(short(term) for term in (one.subject, one.predicate, one.object)) for one in graph.claims([row])}


def short(term: Any) -> str:
    return terms.shorten(term) if isinstance(term, NamedNode) else str(term).replace(terms.XSD, "")


def test_an_observation_states_each_cell_that_is_filled() -> None:
    """Every column has its property, several values are several triples, an empty cell is nothing."""
    row = observation(
        figure="more than 120",
        metric="metric/m",
        about=("region/a", "region/b"),
        place=("region/c",),
        period_start="2025-01-01",
        period_end="2025-06-30",
        period_basis="relative",
        temporality="flow",
        unit="unit/item",
        bound="MoreThan",
        value=Decimal("4.50"),
        lower=120,
        upper=121,
        resolution=1,
        denominator="region/d",
        stated_by=("person/p",),
        according_to=("institution/i",),
        status="reported",
        note="n",
    )
    this = "observation/gazette-p3-a"
    assert written(row) == {
        f"{this} {rest}"
        for rest in (
            "rdf:type gba:Observation",
            "gba:statedIn document/gazette#p3",
            'gba:start "5"^^<integer>',
            'gba:end "9"^^<integer>',
            'gba:figure "more than 120"',
            "gba:metric metric/m",
            "gba:about region/a",
            "gba:about region/b",
            "gba:place region/c",
            'gba:periodStart "2025-01-01"^^<date>',
            'gba:periodEnd "2025-06-30"^^<date>',
            "gba:periodBasis gba:relative",
            "gba:temporality gba:flow",
            "gba:unit unit/item",
            "gba:bound gba:MoreThan",
            'gba:value "4.5"^^<decimal>',
            'gba:lower "120"^^<integer>',
            'gba:upper "121"^^<integer>',
            'gba:resolution "1"^^<integer>',
            "gba:denominator region/d",
            "gba:statedBy person/p",
            "gba:accordingTo institution/i",
            "gba:status gba:reported",
            'gba:note "n"',
        )
    }


def test_an_empty_observation_states_only_that_it_is_one() -> None:
    """What is unknown is not stated."""
    row = observation(start=None, end=None)
    assert written(row) == {
        "observation/gazette-p3-a rdf:type gba:Observation",
        "observation/gazette-p3-a gba:statedIn document/gazette#p3",
    }


@pytest.mark.parametrize(("status", "plain"), [("reported", True), ("planned", False), (None, False)])
def test_only_a_reported_fact_is_stated_plainly_too(status: str | None, plain: bool) -> None:
    """A plan is not yet so."""
    row = fact(subject="region/a", predicate="within", object="region/b", status=status)
    assert ("region/a gba:within region/b" in written(row)) is plain
    assert "fact/gazette-p3-a gba:predicate gba:within" in written(row)


@pytest.mark.parametrize(
    ("literal", "datatype", "expected"),
    [
        ("1999", "gYear", '"1999"^^<gYear>'),
        ("words", "string", '"words"'),
        ("words", "@zh-hans", '"words"@zh-hans'),
        ("4.5", "decimal", '"4.5"^^<decimal>'),
    ],
)
def test_the_literal_of_a_fact_has_its_datatype(literal: str, datatype: str, expected: str) -> None:
    """The claim and the plain triple hold the same literal."""
    row = fact(subject="region/a", predicate="startedOn", literal=literal, datatype=datatype, status="reported")
    assert {f"fact/gazette-p3-a gba:literal {expected}", f"region/a gba:startedOn {expected}"} <= written(row)


def test_a_mention_states_the_name_and_what_it_refers_to() -> None:
    """A mention has a surface and a basis."""
    row = Mention(**PLACE, **OFFSETS, surface="A", entity=("region/a",), basis="sameName")
    assert {
        "mention/gazette-p3-a rdf:type gba:Mention",
        'mention/gazette-p3-a gba:surface "A"',
        "mention/gazette-p3-a gba:refersTo region/a",
        "mention/gazette-p3-a gba:matchBasis gba:sameName",
    } <= written(row)


def test_rows_become_triples_one_by_one() -> None:
    """Nothing is read ahead: a table of any length takes the same memory."""
    taken = []

    def rows() -> Any:
        for number in range(3):
            taken.append(number)
            yield fact(key=f"k{number}")

    assert isinstance(next(graph.claims(rows())), Triple)
    assert taken == [0]


# --- lines -----------------------------------------------------------------------------------------------------------


def parsed(line: str) -> Triple:
    """Read a line with pyoxigraph; the lines of the tests below are written by gbakg."""
    [quad] = parse(line, RdfFormat.N_TRIPLES)
    found: Triple = quad.triple
    return found


def test_every_line_is_spelt_as_pyoxigraph_spells_its_triple() -> None:
    """A line stands for its triple wherever lines are compared, sorted or hashed."""
    rows: list[Row] = [*tables.observations(FOLDER), *tables.facts(FOLDER), *tables.mentions(FOLDER)]
    assert len(rows) >= 9
    for row in rows:
        lines = graph.statements(row)
        assert [f"{parsed(line)} ." for line in lines] == lines
        assert len(set(lines)) == len(lines)
        assert {f"<{graph.name(row)}>"} == {str(parsed(line).subject) for line in lines}


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_free_texts_are_escaped_as_pyoxigraph_escapes_them(text: str) -> None:
    """Quotes, backslashes, control characters and all planes of Unicode."""
    row = Mention(**PLACE, **OFFSETS, surface=text, entity=(), basis=None)
    assert f"<{graph.name(row)}> {terms.code('surface')} {Literal(text)} ." == graph.statements(row)[4]
    assert text == parsed(graph.statements(row)[4]).object.value  # type: ignore[union-attr]


def test_each_character_is_escaped_as_pyoxigraph_escapes_it() -> None:
    """All of the first plane's, and the ends of the others."""
    ends = [plane * 0x10000 + last for plane in range(1, 17) for last in (0, 0xFFFE, 0xFFFF)]
    characters = [chr(number) for number in (*range(0xD800), *range(0xE000, 0x10000), *ends)]
    row = Mention(**PLACE, **OFFSETS, surface="", entity=(), basis=None)
    wrong = [
        character
        for character in characters
        if not graph.statements(row._replace(surface=character))[4].endswith(f" {Literal(character)} .")
    ]
    assert [] == wrong


@given(
    st.one_of(st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from(['"', "\\", "\t\n", "a\u007fb"])),
    st.sampled_from(["string", "@en", "@zh-hans"]),
)
def test_a_facts_literal_is_spelt_as_pyoxigraph_spells_it(text: str, datatype: str) -> None:
    """In the claim and in the plain triple."""
    row = fact(subject="region/a", predicate="slogan", literal=text, datatype=datatype, status="reported")
    assert graph.statements(row)[-1].endswith(f" {graph.typed(text, datatype)} .")
    assert graph.plain(row) == f"{terms.expand('region/a')} {terms.code('slogan')} {graph.typed(text, datatype)} ."


def test_an_entity_named_twice_in_a_cell_is_stated_once() -> None:
    """A graph holds a triple once; so do the lines."""
    lines = graph.statements(observation(about=("region/a", "region/b", "region/a")))
    assert 2 == sum(" <https://w3id.org/gbakg/ontology#about> " in line for line in lines)


def test_lines_become_triples_again() -> None:
    """What was written can be read, one by one and all together."""
    rows = list(tables.facts(FOLDER))
    expected = [line for row in rows for line in (*graph.statements(row), graph.plain(row)) if line is not None]
    assert expected == [f"{triple} ." for triple in graph.claims(rows)]
    assert expected == [f"{triple} ." for triple in graph.triples(expected)]


def test_what_is_no_row_is_refused() -> None:
    """Nothing is left out in silence."""
    with pytest.raises(TypeError, match="not a row of a table"):
        graph.statements(("a", 1))  # type: ignore[arg-type]


def test_numbers_of_a_long_table_keep_their_spelling() -> None:
    """Empty cells are still nothing, and values still right, when more values came than are remembered."""
    for number in range(25_000):
        value = Decimal(number) / 10
        written = graph.statements(observation(value=value, start=number, end=None))
        assert written[2].endswith(f'start> "{number}"^^{terms.XSD.term("integer")} .')
        whole, tenth = divmod(number, 10)
        literal = terms.literal(f"{whole}.{tenth}", "decimal") if tenth else terms.literal(str(whole), "integer")
        assert written[3].endswith(f" {literal} .")
        assert 4 == len(written)
