"""Graphs damaged at random: by seed, of the size that was asked for, and damaged in every way that there is."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from bench.axioms import AXIOMS, FORMS, forget
from bench.cells import CELLS
from bench.damage import EVERY, SMALL, Damage, Parts, is_whole, read
from bench.wreck import Wreck

from conftest import FIXTURES, at, quiet
from gbakg import populate, terms
from gbakg.engine import Term
from gbakg.ignored import is_axiom


@pytest.fixture(scope="module")
def parts() -> Parts:
    """Read the fixture project."""
    return read(at(FIXTURES / "project"))


def test_the_same_seed_makes_the_same_graph(parts: Parts) -> None:
    """Blank nodes included; another seed makes another; the parts stay as they are."""
    before = list(parts.ontology), list(parts.data)
    for seed in (1, EVERY - 1):
        one, same = (Damage(parts.ontology, parts.data).graph(seed) for _ in range(2))
        assert one == same
        assert one != Damage(parts.ontology, parts.data).graph(seed + EVERY)
    assert before == (parts.ontology, parts.data)


def test_the_parts_are_the_whole(parts: Parts) -> None:
    """Ontology and data are what a build states."""
    stated = populate.populate(populate.everything(at(FIXTURES / "project")), quiet).stated
    assert {one for one in stated if "_:" not in str(one)} == {
        one for one in (*parts.ontology, *parts.data) if "_:" not in str(one)
    }
    assert len(set(stated)) == len({*parts.ontology, *parts.data})
    assert parts.shapes


def test_a_graph_is_cut_to_a_document(parts: Parts) -> None:
    """All triples about one document that there is room for, and no claim of another."""
    for seed in range(20):
        cut = Damage(parts.ontology, parts.data).cut(random.Random(seed))  # noqa: S311
        assert 20 < len(cut) <= SMALL
        assert set(cut) <= set(parts.data)
        assert 1 == len({one.object for one in cut if one.predicate == terms.GBA.term("inDocument")})


def test_one_graph_in_twenty_is_whole() -> None:
    """950 small ones and 50 whole of a thousand, five whole of a hundred."""
    assert (50, 5) == (sum(map(is_whole, range(1000))), sum(map(is_whole, range(100))))


@pytest.mark.parametrize("damage", [*CELLS, *AXIOMS], ids=lambda damage: damage.__name__)
def test_every_damage_does_something(parts: Parts, damage: Callable[[Wreck], None]) -> None:
    """Cells change data, or take some away; axioms add axioms, or take some away."""
    given = [*parts.ontology, *parts.data]
    values: dict[Term, list[Term]] = {one.predicate: [one.object] for one in parts.data}
    changed = 0
    for seed in range(30):
        wreck = Wreck(list(given), random.Random(seed), values)  # noqa: S311
        damage(wreck)
        changed += set(wreck.triples) != set(given)
        if damage in AXIOMS and damage is not forget:
            assert given == wreck.triples[: len(given)]
            assert all(is_axiom(one) for one in wreck.triples[len(given) :])
    assert changed > 15


def test_axioms_take_every_form(parts: Parts) -> None:
    """Each kind of list, restriction and characteristic is made by some seed."""
    words = set[str]()
    for seed in range(400):
        wreck = Wreck([*parts.ontology, *parts.data], random.Random(seed), {})  # noqa: S311
        for damage in AXIOMS:
            damage(wreck)
        words |= {terms.local(one.predicate) for one in wreck.triples} | {
            str(one.object).rpartition("#")[2].rstrip(">") for one in wreck.triples
        }
    assert words >= {*FORMS, "someValuesFrom", "allValuesFrom", "hasValue", "maxCardinality", "maxQualifiedCardinality"}
    assert words >= {
        "FunctionalProperty",
        "TransitiveProperty",
        "sameAs",
        "complementOf",
        "targetValue",
        "differentFrom",
    }
