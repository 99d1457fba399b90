"""An edit of rows: what changed in tables, found without reading the rest, or left to who reads everything."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from conftest import FIXTURES, quiet
from gbakg import build, edit, populate, store
from gbakg.cache import home
from gbakg.sources import Project
from gbakg.store import Build

SLUG = "harbour-gazette"
ID = "<https://w3id.org/gbakg/id/"
GBA = "<https://w3id.org/gbakg/ontology#"


@pytest.fixture
def former(project: Project, cache: str) -> Build:
    """Build the fixture project."""
    found = build.build(project, progress=quiet, cache=cache).build
    assert found is not None
    return found


def path(project: Project, name: str) -> Path:
    return project.data / "documents" / SLUG / name


def change(project: Project, name: str, old: str, new: str) -> None:
    """Replace a text that is in a file."""
    text = path(project, name).read_text(encoding="utf-8")
    assert old in text
    path(project, name).write_text(text.replace(old, new, 1), encoding="utf-8")


def found(project: Project, former: Build, scratch: Path) -> edit.Edit | None:
    scratch.mkdir(exist_ok=True)
    return edit.find(populate.everything(project), former, [SLUG], scratch)


def test_the_lines_of_changed_rows_are_compared(project: Project, former: Build, tmp_path: Path) -> None:
    """A cell that came, a row that went, a row that moved."""
    change(project, "observations.csv", ",person/ida-moss,,reported,\n", ",person/ida-moss,,reported,a note\n")
    change(project, "mentions.csv", "ida-moss,2,146,154,Ida Moss,person/ida-moss,stated\n", "")
    lines = path(project, "facts.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    path(project, "facts.csv").write_text("".join([lines[0], *reversed(lines[1:])]), encoding="utf-8")
    this = found(project, former, tmp_path / "scratch")
    assert this is not None
    observation, mention = f"{ID}observation/{SLUG}-p2-lantern-patents>", f"{ID}mention/{SLUG}-p2-ida-moss>"
    assert {f'{observation} {GBA}note> "a note" .'} == this.added
    assert {observation, mention} == this.claims
    assert {mention} == {line.partition(" ")[0] for line in this.removed}
    assert {observation} == {line.partition(" ")[0] for line in this.after}
    assert [] == list((tmp_path / "scratch").iterdir())


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("observations.csv", ",unit/item,", ",unit/none,"),
        ("observations.csv", "98,111", "98,x"),
        ("observations.csv", "key,paragraph", "paragraph,key"),
        ("mentions.csv", "ida-moss,2,146,154,Ida Moss,person/ida-moss,stated\n", "port-amber,2,47,57,Port Amber,region/port-amber,stated\n"),
        ("mentions.csv", "ida-moss,2,146", 'ida-moss,2,"146'),
        ("facts.csv", ",,,,,,,,reported", ",,,,,,,,planned"),
        ("document.ttl", 'gba:fileName "', 'gba:fileName "other '),
    ],
)  # fmt: skip
def test_what_is_more_than_rows_is_left(
    project: Project, former: Build, tmp_path: Path, name: str, old: str, new: str
) -> None:
    """A wrong cell, a key used twice, another plain triple, a description: whoever reads everything tells."""
    change(project, name, old, new)
    assert found(project, former, tmp_path / "scratch") is None
    assert [] == list((tmp_path / "scratch").iterdir())


def test_a_table_more_or_less_is_left(project: Project, former: Build, tmp_path: Path) -> None:
    """So is a document that is gone."""
    path(project, "mentions.csv").unlink()
    assert found(project, former, tmp_path / "scratch") is None
    shutil.copy(FIXTURES / "project/data/documents" / SLUG / "mentions.csv", path(project, "mentions.csv"))
    assert found(project, former, tmp_path / "scratch") is not None
    path(project, "notes.csv").write_text("", encoding="utf-8")
    assert found(project, former, tmp_path / "scratch") is None
    shutil.rmtree(path(project, "").parent / SLUG)
    assert found(project, former, tmp_path / "scratch") is None


@pytest.mark.parametrize("left", [None, b"", b"key,paragraph\n"])
def test_a_kept_table_may_be_lost(
    project: Project, cache: str, former: Build, tmp_path: Path, left: bytes | None
) -> None:
    """What is damaged is known by its hash."""
    digest = former.receipt["inputs"][f"data/documents/{SLUG}/observations.csv"][-1]
    kept = home(project, cache) / "tables" / digest
    assert path(project, "observations.csv").read_bytes() == kept.read_bytes()
    change(project, "observations.csv", ",person/ida-moss,,reported,\n", ",person/ida-moss,,reported,a note\n")
    kept.unlink() if left is None else kept.write_bytes(left)
    assert found(project, former, tmp_path / "scratch") is None


def test_a_registry_that_speaks_of_claims_is_no_case_for_it(project: Project, cache: str, tmp_path: Path) -> None:
    """It may say what a row says too."""
    registry = project.data / "registry" / "entities.ttl"
    line = f"\n{ID}mention/{SLUG}-p2-ida-moss> rdfs:comment 'Somebody.'@en .\n"
    registry.write_text(registry.read_text(encoding="utf-8") + line, encoding="utf-8")
    former = build.build(project, progress=quiet, cache=cache).build
    assert former is not None
    change(project, "mentions.csv", "sameName", "stated")
    assert found(project, former, tmp_path / "scratch") is None


def test_tables_are_kept_as_long_as_a_build_was_made_of_them(project: Project, cache: str, former: Build) -> None:
    """The former ones go; one that changed since it was read is not kept."""
    folder, before = home(project, cache) / "tables", path(project, "mentions.csv").read_bytes()
    assert 3 == len(list(folder.iterdir()))
    assert before in {one.read_bytes() for one in folder.iterdir()}
    change(project, "mentions.csv", "sameName", "stated")
    assert build.build(project, progress=quiet, cache=cache).build is not None
    assert 3 == len(list(folder.iterdir()))
    assert before not in {one.read_bytes() for one in folder.iterdir()}
    now = store.current(project, cache)
    assert now is not None
    change(project, "mentions.csv", "stated", "sameName")
    edit.keep(project, home(project, cache), [path(project, "")], now.receipt)
    assert 2 == len(list(folder.iterdir()))
