"""Proofreading: rows that can be read, and name or say what cannot be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import quiet
from gbakg import populate
from gbakg.sources import Project

GAZETTE = "data/documents/harbour-gazette"


def problems(project: Project) -> list[str]:
    found = populate.populate(populate.everything(project), quiet).problems
    return [str(problem).partition(GAZETTE + "/")[2] for problem in found]


def test_the_fixture_is_without_problems(project: Project) -> None:
    """What is broken below is whole here."""
    assert problems(project) == []


@pytest.mark.parametrize(
    ("table", "old", "new", "expected"),
    [
        (
            "observations",
            "metric/lantern-marks-valid",
            "metric/lantern-marks-vaild",
            "observations.csv, row 3, column metric: unknown metric `metric/lantern-marks-vaild`;"
            " did you mean `metric/lantern-marks-valid` or `metric/lantern-marks-growth`?",
        ),
        (
            "observations",
            "metric/lantern-marks-valid",
            "region/port-amber",
            "observations.csv, row 3, column metric: `region/port-amber` is not of the class Metric; name one that is",
        ),
        (
            "observations",
            "region/port-amber|region/coral-province",
            "region/port-amber|region/xyz",
            "observations.csv, row 3, column about: unknown entity `region/xyz`;"
            " correct the name or add it to data/registry/",
        ),
        (
            "observations",
            ",Nearly,",
            ",nearly,",
            "observations.csv, row 3, column bound: unknown code `nearly` of Bound; did you mean `Nearly`?",
        ),
        (
            "observations",
            "Exact,4.5,4.5,4.5",
            "Exact,4.5,4.6,4.7",
            "observations.csv, row 4, column value: 4.5 is below the lower bound 4.6; correct one of them",
        ),
        (
            "observations",
            "Exact,4.5,4.5,4.5",
            "Exact,4.5,4.1,4.2",
            "observations.csv, row 4, column value: 4.5 is above the upper bound 4.2; correct one of them",
        ),
        (
            "observations",
            "Exact,4.5,4.5,4.5",
            "Range,,4.6,4.5",
            "observations.csv, row 4, column lower: 4.6 is above the upper bound 4.5; correct one of them",
        ),
        (
            "facts",
            "slogan,1,leads the Coral Coast,11,32",
            "slogan,1,leads the Coral Coast,5011,5032",
            "facts.csv, row 5, column start: offsets 5011 to 5032 lie outside the text of paragraph 1,"
            " which reaches from 0 to 45; correct them",
        ),
        (
            "facts",
            "slogan,1,leads the Coral Coast,11,32",
            "slogan,9,leads the Coral Coast,11,32",
            "facts.csv, row 5, column paragraph: there is no paragraph 9; document.ttl has paragraphs 1 to 4",
        ),
        (
            "facts",
            "slogan,1,leads the Coral Coast,11,32",
            "slogan,1,leads the Coral Coast,32,11",
            "facts.csv, row 5, column start: offsets 32 to 11 hold nothing; start has to be below end",
        ),
        (
            "facts",
            "slogan,1,leads the Coral Coast,11,32",
            "slogan,1,leads the Coral Coast,11,33",
            "facts.csv, row 5, column end: `leads the Coral Coast` has 21 characters, offsets 11 to 33 span 22;"
            " one of them is wrong",
        ),
        (
            "facts",
            ",within,",
            ",witihn,",
            "facts.csv, row 2, column predicate: unknown property `witihn`; did you mean `within`?",
        ),
        (
            "facts",
            ",within,",
            ",City,",
            "facts.csv, row 2, column predicate: unknown property `City`",
        ),
        (
            "facts",
            "within,region/coral-province,,",
            "within,,x,string",
            "facts.csv, row 2, column literal: `within` takes an entity; name it in the column object",
        ),
        (
            "facts",
            "startedOn,,1999,gYear",
            "startedOn,region/port-amber,,",
            "facts.csv, row 4, column object: `startedOn` takes a literal; move the value to the column literal",
        ),
        (
            "facts",
            "within,region/coral-province,,",
            "within,,,",
            "facts.csv, row 2, column object: neither of object and literal given; a fact has exactly one of them",
        ),
        (
            "facts",
            "within,region/coral-province,,",
            "within,region/coral-province,x,string",
            "facts.csv, row 2, column object: both of object and literal given; a fact has exactly one of them",
        ),
        (
            "mentions",
            "person/ida-moss,stated",
            "person/ida-moss,sameNmae",
            "mentions.csv, row 4, column basis: unknown code `sameNmae` of MatchBasis; did you mean `sameName`?",
        ),
    ],
)
def test_a_row_that_does_not_hold_is_named(
    project: Project, edit: Callable[[str, str, str], Path], table: str, old: str, new: str, expected: str
) -> None:
    """File, row, column, what was found, and what to do; and nothing about rows that are right."""
    edit(f"{GAZETTE}/{table}.csv", old, new)
    found = problems(project)
    assert found
    assert all(line.startswith(expected.partition(", column")[0]) for line in found)
    assert any(line.startswith(expected) for line in found), found
