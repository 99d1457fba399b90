"""Populating: which files make a graph, what is wrong with them, and where each thing was stated."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import FIXTURES, at, quiet
from gbakg import populate, sources, terms
from gbakg.errors import InputError, MissingFile, TableError
from gbakg.sources import Project

GAZETTE = FIXTURES / "project" / "data" / "documents" / "harbour-gazette"


def fill(project: Project) -> populate.Population:
    return populate.populate(populate.everything(project), quiet)


def test_what_registry_and_document_both_state_is_known(project: Project) -> None:
    """A triple that stands in the registry and in a reported fact is told from those of the document alone."""
    assert fill(project).repeated == []
    with (project.data / "registry" / "entities.ttl").open("a", encoding="utf-8") as file:
        file.write("\nregion:port-amber gba:within region:coral-province .\n")
    within = f"{terms.expand('region/port-amber')} {terms.code('within')} {terms.expand('region/coral-province')} ."
    assert fill(project).repeated == [within]


def test_the_problems_of_all_files_are_told_at_once(project: Project, edit: Callable[[str, str, str], Path]) -> None:
    """A curator sees the whole list, not the first entry."""
    edit("data/documents/harbour-gazette/facts.csv", "key,paragraph,", "kye,paragraph,")
    edit("data/documents/harbour-gazette/observations.csv", "2024-01-01", "2024-01-32")
    with pytest.raises(TableError) as caught:
        fill(project)
    assert [Path(problem.file).name for problem in caught.value.problems] == ["observations.csv", "facts.csv"]
    edit("data/registry/entities.ttl", "unit:percent\n", "unit:percent .\n")
    with pytest.raises(InputError) as raised:
        fill(project)
    assert Path(raised.value.problems[0].file).name == "entities.ttl"
    assert len(raised.value.problems) == 3


def test_a_folder_that_cannot_end_an_iri_is_told(project: Project) -> None:
    """The folder's name is the document's."""
    folder = project.data / "documents" / "harbour-gazette"
    folder.rename(folder.with_name("Harbour Gazette"))
    with pytest.raises(InputError, match="Harbour Gazette: a document's folder ends its IRI; write lower-case"):
        fill(project)


@pytest.mark.parametrize(
    ("path", "documents", "tables"),
    [
        (GAZETTE, 1, 0),
        (GAZETTE / "document.ttl", 1, 0),
        (GAZETTE / "facts.csv", 0, 1),
        (FIXTURES / "project" / "data", 1, 0),
        (FIXTURES / "project" / "data" / "registry" / "entities.ttl", 0, 0),
    ],
)
def test_a_part_is_selected_with_the_ontology_and_registry(path: Path, documents: int, tables: int) -> None:
    """A folder, a table, a Turtle file, or a folder shaped like data/."""
    project = at(FIXTURES / "project")
    found = populate.only(project, [path])
    assert (len(found.documents), len(found.tables)) == (documents, tables)
    assert len(found.registry) == 1
    assert found.ontology == tuple(sources.ontology_files(project))
    assert populate.populate(found, quiet).problems == []


def test_what_cannot_be_checked_is_told(tmp_path: Path) -> None:
    """Not there, without its document, or of an unknown kind."""
    project = at(FIXTURES / "project")
    (tmp_path / "facts.csv").write_text("", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("", encoding="utf-8")
    for name, expected in (
        ("none", "there is no such file or folder"),
        ("facts.csv", "has no document.ttl beside it"),
        ("notes.txt", "is neither a Turtle file nor a table"),
        ("", "holds neither document.ttl nor documents/ nor registry/"),
    ):
        with pytest.raises(MissingFile, match=expected):
            populate.only(project, [tmp_path / name])


def test_a_control_character_in_a_cell_is_told(project: Project, edit: Callable[[str, str, str], Path]) -> None:
    """NUL and the like come from a broken export, never from a text."""
    edit("data/documents/harbour-gazette/mentions.csv", "Ida Moss", "Ida\0Moss")
    with pytest.raises(
        TableError, match=r"mentions.csv, row \d+, column surface: has the control character U\+0000 at 3"
    ):
        fill(project)
