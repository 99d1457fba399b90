"""Proofreading: rows that can be read, and name or say what cannot be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import quiet
from gbakg import populate, proofread, tables
from gbakg.sources import Project, triples
from gbakg.tables import Row

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


# --- knowledge -------------------------------------------------------------------------------------------------------


def known(project: Project, *parts: str) -> list[str]:
    """Write the lines of some of the project's Turtle files."""
    return [f"{one} ." for part in parts for path in sorted(project.data.parent.glob(part)) for one in triples(path)]


def test_a_view_knows_only_the_passages_of_its_document(project: Project) -> None:
    """Ontology and registry are read once, each document's passages for that document alone."""
    core = known(project, "ontology/**/*.ttl", "data/registry/*.ttl")
    document = known(project, f"{GAZETTE}/document.ttl")
    core += [line for line in document if "#p" not in line]
    knowledge = proofread.Knowledge(core)
    view = knowledge.within(document)
    rows = list(tables.mentions(project.data.parent / GAZETTE))
    assert len(rows) >= 3
    assert [] == [found for row in rows for found in view.judge(row)]
    for row in rows:
        message = f"there is no paragraph {row.paragraph}; document.ttl declares no passages"
        assert [("paragraph", message)] == knowledge.judge(row)
    assert ((0, 45), 4) == (view.passage("harbour-gazette", 1), view.last("harbour-gazette"))
    assert (None, 0) == (view.passage("other", 1), view.last("other"))
    assert view.has("https://w3id.org/gbakg/id/region/port-amber", "Region")


def test_passages_of_all_documents_may_be_known_at_once(project: Project) -> None:
    """Whoever has the lines of everything needs no views."""
    knowledge = proofread.Knowledge(known(project, "ontology/**/*.ttl", "data/**/*.ttl"))
    folder = project.data.parent / GAZETTE
    rows: list[Row] = [*tables.observations(folder), *tables.facts(folder), *tables.mentions(folder)]
    assert len(rows) >= 9
    assert [] == [found for row in rows for found in knowledge.judge(row)]


def test_a_passage_without_both_limits_is_none() -> None:
    """What is no number is no limit, and blank nodes and literals are nobody's class."""
    start, end = (f"<https://w3id.org/gbakg/ontology#{name}>" for name in ("start", "end"))
    this = "<https://w3id.org/gbakg/id/document/d#p"
    knowledge = proofread.Knowledge(
        [
            f'{this}1> {start} "0"^^<http://www.w3.org/2001/XMLSchema#integer> .',
            f'{this}1> {end} "9"^^<http://www.w3.org/2001/XMLSchema#integer> .',
            f'{this}2> {start} "10"^^<http://www.w3.org/2001/XMLSchema#integer> .',
            f'{this}3> {start} "-1"^^<http://www.w3.org/2001/XMLSchema#integer> .',
            f'{this}3> {end} "20"^^<http://www.w3.org/2001/XMLSchema#integer> .',
            f"{this}4> {start} {this}1> .",
            "_:b <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://w3id.org/gbakg/ontology#Region> .",
            '<https://w3id.org/gbakg/id/region/a> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> "Region" .',
        ]
    )
    assert [(0, 9), None, None, None] == [knowledge.passage("d", number) for number in (1, 2, 3, 4)]
    assert 1 == knowledge.last("d")
    assert not knowledge.has("https://w3id.org/gbakg/id/region/a")
    assert not knowledge.has("_:b")


def test_the_same_wrong_cell_is_reported_in_every_row(project: Project) -> None:
    """A verdict is kept for the cell, and the row is always the right one."""
    path = project.data.parent / GAZETTE / "mentions.csv"
    text = path.read_text(encoding="utf-8").replace("region/port-amber", "region/port-ambre")
    path.write_text(text, encoding="utf-8")
    hint = (
        "unknown entity `region/port-ambre`; did you mean `region/port-amber` or `region/coral-province`?"
        " or add it to data/registry/"
    )
    assert [f"mentions.csv, row {row}, column entity: {hint}" for row in (2, 3)] == problems(project)
