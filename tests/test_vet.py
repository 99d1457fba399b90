"""Vetting: Turtle that parses, and still is no data of the project."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import quiet
from gbakg import populate
from gbakg.errors import InputError, Problem
from gbakg.sources import Project


def problems(project: Project) -> list[Problem]:
    return populate.populate(populate.everything(project), quiet).problems


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (
            "data/documents/harbour-gazette/document.ttl",
            "gba:number 4",
            "gba:number 4.0",
            "document/harbour-gazette#p4: `4.0` is not written canonically; write 4",
        ),
        (
            "data/documents/harbour-gazette/document.ttl",
            "gba:number 4",
            "gba:number 4e0",
            "document/harbour-gazette#p4: 4e0 is a double; write an integer, or a decimal with a point and no exponent",
        ),
        (
            "data/registry/entities.ttl",
            'rdfs:label "item"@en',
            'rdfs:label "item"@en ; rdfs:seeAlso []',
            "holds a blank node; data name everything with an IRI",
        ),
        (
            "data/documents/harbour-gazette/document.ttl",
            "document:harbour-gazette\n    a gba:Document",
            "document:harbor-gazette\n    a gba:Document",
            "does not describe document/harbour-gazette, after which its folder is named; mend the IRI, or rename the folder",
        ),
        (
            "data/documents/harbour-gazette/document.ttl",
            "document:harbour-gazette\n    a gba:Document",
            "document:other a gba:Document .\ndocument:harbour-gazette\n    a gba:Document",
            "describes document/other; only the document and its paragraphs belong here",
        ),
    ],
)
def test_turtle_that_does_not_belong_is_told(
    project: Project, edit: Callable[[str, str, str], Path], file: str, old: str, new: str, expected: str
) -> None:
    """What deleting a folder would leave behind, or nobody could name, is a problem."""
    edit(file, old, new)
    assert expected in [problem.message for problem in problems(project)]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "sh:targetClass gba:Claim ;",
            "sh:targetClass gba:Claimm ;",
            "gba:Claimm is no term of the ontology; did you mean gba:Claim?",
        ),
        (
            "sh:targetClass gba:Claim ;",
            "sh:targetClass gba:Claim, gba:Zzz ;",
            "gba:Zzz is no term of the ontology; correct it, or define it in ontology/",
        ),
    ],
)
def test_a_term_in_a_shape_that_nobody_defines_is_told(
    project: Project, edit: Callable[[str, str, str], Path], old: str, new: str, expected: str
) -> None:
    """The shape would hold for nothing, and nobody would notice."""
    path = edit("ontology/shapes/claims.ttl", old, new)
    found = [problem for problem in problems(project) if expected == problem.message]
    assert [path.name] == [Path(problem.file).name for problem in found]


@pytest.mark.parametrize(
    ("spelt", "told"), [("\\u0000", "\\u0000"), ("\\uFFFE", "\\uFFFE"), ("\\u0008", "\\b"), ("\\\\u0000", "")]
)
def test_a_control_character_in_turtle_is_told(
    project: Project, edit: Callable[[str, str, str], Path], spelt: str, told: str
) -> None:
    """No text has it, a terminal obeys it, and XML cannot write it; a backslash before a u is none."""
    edit("data/registry/entities.ttl", '"item"@en', f'"it{spelt}em"@en')
    expected = (
        [f"unit/item: a literal has the control character {told}, as N-Triples spells it; remove it"] if told else []
    )
    assert expected == [problem.message for problem in problems(project)]


def test_a_file_name_that_is_not_utf_8_is_told(project: Project) -> None:
    """The receipt of a build has the names of all its inputs."""
    (project.data / "registry" / os.fsdecode(b"caf\xe9.ttl")).write_bytes(b"")
    with pytest.raises(InputError, match=r"caf\\uDCE9\.ttl: has a name that is not UTF-8; rename it"):
        problems(project)


def test_a_term_that_the_ontology_does_not_define_is_told(project: Project) -> None:
    """A misspelt property of the registry would otherwise be a statement that no query and no shape ever sees."""
    with (project.data / "registry" / "entities.ttl").open("a", encoding="utf-8") as file:
        file.write("\nregion:port-amber gba:wthin region:coral-province .\n")
    (problem,) = problems(project)
    assert "region/port-amber: gba:wthin is no term of the ontology; did you mean gba:within?" == problem.message
