"""The mutation run draws fair mutants, and its list of survivors is kept."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from rdflib.namespace import XSD
from rdflib.term import Literal

import mutation
from mutation import Kind, Mutant, Survivor
from shacl import GBA


@pytest.fixture(scope="module")
def world() -> mutation.World:
    return mutation.world()


def test_draws_are_the_same_for_a_seed(world: mutation.World) -> None:
    """The same data and seed give the same mutants."""
    assert mutation.mutants(world, 1, 1) == mutation.mutants(world, 1, 1)


def test_each_property_is_mutated_in_each_way(world: mutation.World) -> None:
    """No property of the data is left out, and none of the three mutations."""
    expected = {Kind(mutation.short(predicate), how) for _, predicate, _ in world.data for how in mutation.MUTATIONS}
    assert expected == {mutant.kind for mutant in mutation.mutants(world, 1, 1)}


@pytest.mark.parametrize(
    ("text", "datatype", "expected"),
    [
        ("9", XSD.integer, "10"),
        ("116.9", XSD.decimal, "116.8"),
        ("5.3", XSD.decimal, "5.4"),
        ("2025-12-31", XSD.date, "2026-01-01"),
        ("2023", XSD.gYear, "2024"),
        ("2024-12", XSD.gYearMonth, "2025-12"),
        ("true", XSD.boolean, "false"),
    ],
)
def test_numbers_and_dates_move_by_one(world: mutation.World, text: str, datatype: str, expected: str) -> None:
    """The changed value is of the same type, one step away."""
    chance = random.Random(1)  # noqa: S311  (a draw, not a secret)
    assert Literal(expected, datatype=datatype) == mutation.near(Literal(text, datatype=datatype), chance)


def test_a_wrong_offset_is_noticed(world: mutation.World) -> None:
    """A changed start of a claim breaks a rule, and its removal another."""
    claim = min(world.claims, key=str)
    (end,) = world.whole.objects(claim, GBA.end)
    old, new = (claim, GBA.end, end), (claim, GBA.end, Literal(int(str(end)) + 1))
    group = [Mutant(Kind("gba:end", "drop"), old, None), Mutant(Kind("gba:end", "change"), old, new)]
    assert ["violation", "violation"] == mutation.outcomes(group)


def test_surprises_are_reported_both_ways() -> None:
    """An unlisted survivor is reported, and a listed one that was noticed."""
    counts = {Kind("gba:a", "drop"): Counter(missed=1, violation=1), Kind("gba:b", "drop"): Counter(violation=2)}
    listed = [Survivor(Kind("gba:b", "drop"), "survives", "text", "Nobody knows.")]
    assert [
        "gba:a drop goes unnoticed and is not listed",
        "gba:b drop is listed, but was noticed",
    ] == mutation.surprises(counts, listed)


def test_the_list_keeps_to_its_form(world: mutation.World) -> None:
    """Each survivor is a kind of its own with a reach and a reason, and at most ten concern the shapes."""
    listed = mutation.survivors()
    assert len(listed) == len({one.kind for one in listed})
    assert {"survives", "partly"} >= {one.outcome for one in listed}
    assert set(mutation.REACHES) >= {one.reach for one in listed}
    assert all(one.reason.endswith(".") for one in listed)
    assert mutation.MOST_SURVIVORS >= sum(one.reach == "shape" for one in listed)
