"""What follows from few facts: the same as closing everything finds, wherever it says that it is sure."""

from __future__ import annotations

import random
from functools import cache, partial

import pytest

from conftest import ROOT, at, quiet
from gbakg import populate, terms
from gbakg.chase import Chase
from gbakg.closing import Closing

A = str(terms.TYPE)
CHASE = Chase(
    [
        ([["?x", "<urn:p>", "?y"]], ["?x", "<urn:q>", "?y"]),
        ([["?x", "<urn:q>", "?y"]], ["?x", A, "<urn:K>"]),
        ([["?x", "<urn:q>", "<urn:two>"]], ["<urn:two>", "<urn:r>", "?x"]),
        ([["?x", "<urn:s>", "?x"]], ["?x", A, "<urn:K>"]),
        ([["?x", A, "<urn:K>"], ["?x", A, "<urn:L>"]], ["?x", A, "<urn:M>"]),
        ([["?x", A, "<urn:N>"]], None),
    ]
)


@pytest.mark.parametrize(
    ("fact", "follows"),
    [
        ("<urn:a> <urn:p> <urn:b> .", {"<urn:a> <urn:q> <urn:b>", f"<urn:a> {A} <urn:K>"}),
        ("<urn:a> <urn:q> <urn:two> .", {f"<urn:a> {A} <urn:K>", "<urn:two> <urn:r> <urn:a>"}),
        ("<urn:a> <urn:s> <urn:a> .", {f"<urn:a> {A} <urn:K>"}),
        ("<urn:a> <urn:s> <urn:b> .", set()),
        (f"<urn:a> {A} <urn:K> .", set()),
    ],
)
def test_facts_are_chased_through_clauses_of_one_premise(fact: str, follows: set[str]) -> None:
    """Step by step, with constants, with a variable that stands twice."""
    found = {" ".join(one) for one in CHASE.follow([fact])}
    assert follows | {fact.removesuffix(" .")} == found


HELD = {"<urn:a> <urn:p> <urn:b> .", "<urn:a> <urn:q> <urn:b> ."}


@pytest.mark.parametrize(
    ("removed", "added", "why"),
    [
        (set(), {"<urn:a> <urn:p> <urn:c> ."}, "a class that is a premise among two"),
        (set(), {f"<urn:a> {A} <urn:N> ."}, "a conflict"),
        ({f"<urn:a> {A} <urn:M> ."}, set(), "what may follow from two premises"),
        (set(), {"<urn:a> <urn:q> <urn:b> ."}, "what was entailed before"),
        (set(), {'<urn:a> <urn:t> "x"^^<http://www.w3.org/2001/XMLSchema#integer> .'}, "a misspelt literal"),
        ({"<urn:a> <urn:q> <urn:two> ."}, set(), "what goes of another thing"),
    ],
)
def test_what_is_not_sure_is_not_said(removed: set[str], added: set[str], why: str) -> None:
    """Then the whole closure has to tell."""
    assert CHASE.change(removed, added, added, HELD.__contains__, added.__contains__) is None, why


def test_what_goes_of_another_thing_may_follow_from_what_is_said_of_it() -> None:
    """Then it stays."""
    gone, said = "<urn:a> <urn:q> <urn:two> .", "<urn:two> <urn:r> <urn:a> ."
    chase = Chase(
        [([["?x", "<urn:q>", "?y"]], ["?y", A, "<urn:K>"]), ([["?x", "<urn:r>", "?y"]], ["?x", A, "<urn:K>"])]
    )
    assert chase.change({gone}, set(), set(), {gone}.__contains__, {said}.__contains__) is None
    assert (set(), set()) == chase.change(
        {gone}, set(), set(), {gone}.__contains__, {said}.__contains__, lambda node: [said]
    )


def test_no_clauses_are_no_chase() -> None:
    """Where any fact may touch any other, a build keeps none."""
    assert Chase.loads("") is None
    assert Chase.loads("[]") is not None


@cache
def shipped() -> tuple[list[str], list[str], Chase, set[str]]:
    """Return the shipped graph's core and claims, its clauses, and what follows."""
    population = populate.populate(populate.everything(at(ROOT)), quiet)
    claims = [line for slug in population.spans for line in population.claims(slug)]
    core = [*population.core()]
    closing = Closing([*core, *claims], [*core, *claims])
    chase = Chase.loads(closing.written())
    assert chase is not None
    return core, claims, chase, {*closing.entailed()}


def edited(chance: random.Random) -> tuple[set[str], set[str], set[str]]:
    """Change a claim, or two: take its lines, some of them, or other objects; return what goes, comes, and is left."""
    _, claims, *_ = shipped()
    removed, added, after = set[str](), set[str](), set[str]()
    for claim in {chance.choice(claims).partition(" ")[0] for _ in range(chance.randint(1, 2))}:
        lines = [line for line in claims if line.startswith(f"{claim} ")]
        now = set(lines)
        for line in chance.sample(lines, chance.randint(1, 2)):
            now.discard(line)
            predicate = line.split(" ")[1]
            other = chance.choice([one for one in claims if one.split(" ")[1] == predicate]).split(" ", 2)[2]
            now |= {f"{claim} {predicate} {other}"} if chance.random() < 3 / 4 else set()
        removed |= {*lines} - now
        added |= now - {*lines}
        after |= now
    return removed, added, after


def told(stated: frozenset[str], node: str) -> list[str]:
    """List what is stated about a node."""
    return [line for line in stated if line.startswith(f"{node} ")]


@pytest.mark.parametrize("seed", [*range(10), *(pytest.param(one, marks=pytest.mark.slow) for one in range(10, 60))])
def test_the_difference_is_that_of_two_closures(seed: int) -> None:
    """Claims of the shipped graph lose lines, or have others."""
    core, claims, chase, before = shipped()
    removed, added, after = edited(random.Random(seed))  # noqa: S311 - the same edits each time, not secrets
    now = [line for line in claims if line not in removed] + [*added]
    stated, was = {*core, *now}, {*core, *claims}
    about = partial(told, frozenset(stated))
    found = chase.change(removed, added, after, (was | before).__contains__, stated.__contains__, about)
    if found is not None:
        closing = Closing([*core, *now], [*core, *now])
        assert (before - {*closing.entailed()}, {*closing.entailed()} - before) == found
        assert () == closing.inconsistencies()


def test_most_edits_of_cells_are_sure() -> None:
    """Else nothing would be gained."""
    core, claims, chase, before = shipped()
    sure, was = 0, {*core, *claims}
    for seed in range(100):
        removed, added, after = edited(random.Random(seed))  # noqa: S311
        stated = was - removed | added
        about = partial(told, frozenset(core))
        change = chase.change(removed, added, after, (was | before).__contains__, stated.__contains__, about)
        sure += change is not None
    assert sure > 60
