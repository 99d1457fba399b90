"""The graph: what each row states, in full."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import NamedNode, Triple

from gbakg import graph, terms
from gbakg.tables import Fact, Mention, Observation, Row

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
