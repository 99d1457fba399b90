"""Building again after documents changed: the same as building everything, whatever was changed."""

from __future__ import annotations

import csv
import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import FIXTURES, ROOT, at, quiet
from gbakg import build, store, terms
from gbakg.build import Outcome
from gbakg.sources import Project

GAZETTE = "data/documents/harbour-gazette"
Edit = Callable[[str, str, str], Path]


def rebuilt(project: Project, cache: str, anew: Path) -> tuple[Outcome, Outcome, bool]:
    """Build again; return what came of it, what comes of a build of everything, and whether the first was partial."""
    part, whole, told = compared(project, cache, anew)
    return part, whole, any("came" in line for line in told)


def compared(project: Project, cache: str, anew: Path) -> tuple[Outcome, Outcome, list[str]]:
    """Build again; return what came of it, what comes of a build of everything, and what the first told."""
    told: list[str] = []
    part = build.build(project, progress=told.append, cache=cache)
    whole = build.build(project, progress=quiet, cache=str(anew), whole=True)
    return part, whole, told


def content(outcome: Outcome) -> dict[str, Any]:
    """Return everything that two builds of the same files have to have in common."""
    if outcome.build is None:
        return {"problems": outcome.problems}
    with outcome.build.open() as engine, outcome.build.stated() as stated:
        return {
            "counts": outcome.build.receipt["counts"],
            "digest": outcome.build.receipt["digest"],
            "triples": set(engine.triples()),
            "stated": {one for one in stated.triples() if "_:" not in str(one)},
            "repeated": {quad.triple for quad in stated.store.quads_for_pattern(None, None, None, terms.REPEATED)},
            "warnings": outcome.warnings,
            "report": outcome.report,
            "rows": outcome.build.rows(()),
            "clauses": sorted(json.loads(outcome.build.remembered("clauses.json")), key=str),
        }


# --- one change each ---------------------------------------------------------------------------------------------------


@pytest.fixture
def pair(project: Project, cache: str) -> Project:
    """Add a second document of other names to the fixture, and build both."""
    _add(project, "second-gazette")
    for number in range(3, 9):  # so many that one of them is few
        _add(project, f"gazette-{number}")
    assert build.build(project, progress=quiet, cache=cache).build is not None
    return project


def _add(project: Project, slug: str) -> None:
    """Copy the gazette under another name, its claims with it."""
    source = project.data.parent / GAZETTE
    target = shutil.copytree(source, source.with_name(slug))
    for path in target.iterdir():
        path.write_text(path.read_text(encoding="utf-8").replace("harbour-gazette", slug), encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("observations.csv", "2024-01-01", "2024-02-01"),
        ("facts.csv", "second-hall", "third-hall"),
        ("document.ttl", 'gba:fileName "', 'gba:fileName "other '),
    ],
)
def test_a_changed_file_is_read_alone(
    pair: Project, cache: str, tmp_path: Path, edit: Edit, file: str, old: str, new: str
) -> None:
    """A figure, a statement, a description: what comes of it is what a full build gives."""
    before = store.current(pair, cache)
    path = pair.data.parent / GAZETTE / file
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    part, whole, partial = rebuilt(pair, cache, tmp_path / "anew")
    assert partial
    assert content(whole) == content(part)
    assert before is not None
    assert part.build is not None
    assert before.receipt["digest"] != part.build.receipt["digest"]


@pytest.mark.parametrize("small", [True, False])
@pytest.mark.parametrize("name", ["stated/CURRENT", "store/CURRENT", "stated/*.sst", "store/*.sst"])
def test_a_former_build_whose_bytes_changed_is_not_built_upon(
    pair: Project, cache: str, tmp_path: Path, edit: Edit, name: str, small: bool
) -> None:
    """Sizes hold, checksums do not, of files or, in a large store, of blocks: a line says so, and everything is read."""
    former = store.current(pair, cache)
    assert former is not None
    assert former.receipt["sums"]
    if not small:
        (former.path / "receipt.json").write_bytes(store.dump({**former.receipt, "sums": {}}))
    damaged = [*former.path.glob(name)]
    assert damaged
    for path in damaged:
        size = path.stat().st_size
        path.unlink()  # the two stores share files
        path.write_bytes(bytes(size))
    former.close()
    edit(f"{GAZETTE}/observations.csv", "2024-01-01", "2024-02-01")
    part, whole, told = compared(pair, cache, tmp_path / "anew")
    assert told[0].startswith(f"the former build cannot be used ({name.split('/')[0] if small else 'Corruption: '}")
    assert told[0].endswith("): reading everything")
    assert content(whole) == content(part)


@pytest.mark.parametrize("name", ["store/CURRENT", "stated/CURRENT", "core.nt", "registry.nt"])
def test_a_former_build_that_misses_a_file_is_not_built_upon(
    pair: Project, cache: str, tmp_path: Path, edit: Edit, name: str
) -> None:
    """One line names the file, and everything is read."""
    former = store.current(pair, cache)
    assert former is not None
    (former.path / name).unlink()
    former.close()
    edit(f"{GAZETTE}/document.ttl", 'gba:fileName "', 'gba:fileName "other ')
    part, whole, told = compared(pair, cache, tmp_path / "anew")
    assert told[0].startswith(f"the former build cannot be used ({name}")
    assert told[0].endswith("): reading everything")
    assert content(whole) == content(part)


def test_a_former_build_of_other_code_is_not_built_upon(
    pair: Project, cache: str, tmp_path: Path, edit: Edit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A checkout changed under one version: what its former code reported is no beginning, and is told no more."""
    former = store.current(pair, cache)
    assert former is not None
    assert former.current()
    monkeypatch.setattr(store, "code", lambda: "other")
    assert not former.current()
    former.close()
    edit(f"{GAZETTE}/observations.csv", "2024-01-01", "2024-02-01")
    part, whole, partial = rebuilt(pair, cache, tmp_path / "anew")
    assert not partial
    assert content(whole) == content(part)


def test_a_document_that_comes_or_goes_is_no_reason_to_read_the_others(
    pair: Project, cache: str, tmp_path: Path
) -> None:
    """What two documents state stays as long as one of them states it."""
    shutil.rmtree(pair.data.parent / GAZETTE)
    part, whole, partial = rebuilt(pair, cache, tmp_path / "anew")
    assert partial
    assert content(whole) == content(part)
    _copy = shutil.copytree(FIXTURES / "project" / GAZETTE, pair.data.parent / GAZETTE)
    part, whole, partial = rebuilt(pair, cache, tmp_path / "anew")
    assert partial
    assert content(whole) == content(part)


def test_what_is_not_a_document_needs_everything(pair: Project, cache: str, tmp_path: Path, edit: Edit) -> None:
    """The registry, the ontology, the shapes."""
    edit("data/registry/entities.ttl", '"item"@en', '"thing"@en')
    part, whole, partial = rebuilt(pair, cache, tmp_path / "anew")
    assert not partial
    assert content(whole) == content(part)


def test_a_broken_document_is_told_and_the_former_build_stays(
    pair: Project, cache: str, tmp_path: Path, edit: Edit
) -> None:
    """The same problems as of a full build."""
    edit(f"{GAZETTE}/observations.csv", ",unit/percent,", ",unit/parsec,")
    part, whole, _ = rebuilt(pair, cache, tmp_path / "anew")
    assert part.build is None
    assert content(whole) == content(part)


@pytest.mark.parametrize(
    "name", ["report.json", "ontology.nt", "registry.nt", "core.nt", "plan.json", "clauses.json", "rows.json"]
)
@pytest.mark.parametrize("left", [None, "", "{"])
def test_what_a_build_kept_may_be_lost(
    pair: Project, cache: str, tmp_path: Path, edit: Edit, name: str, left: str | None
) -> None:
    """Then everything is read again, or only what is lost."""
    built = store.current(pair, cache)
    assert built is not None
    path = built.path / name
    path.unlink() if left is None else path.write_text(left, encoding="utf-8")
    built.close()
    edit(f"{GAZETTE}/observations.csv", "2024-01-01", "2024-02-01")
    part, whole, _ = rebuilt(pair, cache, tmp_path / "anew")
    assert content(whole) == content(part)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("observations.csv", ",reported,\n", ",reported,a note\n"),
        ("observations.csv", ",120,,1,", ",121,,1,"),
        ("observations.csv", "2025-06-30,stated", "2025-05-31,relative"),
        ("facts.csv", ",,,,,,,,reported,\n", ",,,2020-01-01,,stated,,,reported,\n"),
        ("mentions.csv", "sameName", "stated"),
        ("mentions.csv", "port-amber,2,47,57,Port Amber,region/port-amber,stated\n", ""),
        ("mentions.csv", "port-amber,2,47", "harbour,2,47"),
    ],
)
def test_rows_that_changed_are_read_alone(
    pair: Project, cache: str, tmp_path: Path, file: str, old: str, new: str
) -> None:
    """Cells, a row less, a row of another key: not even the document's other rows are taken up."""
    path = pair.data.parent / GAZETTE / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    part, whole, told = compared(pair, cache, tmp_path / "anew")
    assert not any("reading" in line for line in told)
    assert content(whole) == content(part)


@pytest.mark.parametrize("seed", [0, *(pytest.param(one, marks=pytest.mark.slow) for one in range(1, 6))])
def test_any_change_of_a_small_project_gives_what_a_full_build_gives(
    pair: Project, cache: str, tmp_path: Path, seed: int
) -> None:
    """Rows of all tables, moved to another document, given a note, or changed in any cell, one after the other."""
    chance = random.Random(seed)  # noqa: S311 - the same changes each time, not secrets
    alone = 0
    for number in range(8):
        folders = sorted((pair.data / "documents").iterdir())
        kept = shutil.copytree(pair.data / "documents", tmp_path / f"kept-{number}")
        one, other = chance.sample(folders, 2)
        match chance.choice(("note", "note", "cell", "move")):
            case "note":
                annotate(one, chance)
            case "cell":
                scramble(one, chance)
            case "move":
                move(one, other, chance)
        part, whole, told = compared(pair, cache, tmp_path / f"anew-{number}")
        assert content(whole) == content(part)
        alone += part.build is not None and not any("reading" in line for line in told)
        if part.build is None:
            shutil.rmtree(pair.data / "documents")
            shutil.copytree(kept, pair.data / "documents")
    assert alone > 0


# --- many changes ------------------------------------------------------------------------------------------------------


def scramble(folder: Path, chance: random.Random) -> None:
    """Change a table of a document somewhere: a cell, a row less, a row twice under another key."""
    path = folder / chance.choice(("observations.csv", "facts.csv", "mentions.csv"))
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    at = chance.randrange(len(rows))
    match chance.choice(("cell", "cell", "cell", "less", "twice")):
        case "cell":
            column = chance.randrange(2, len(header))
            rows[at][column] = chance.choice(rows)[column]
        case "less":
            del rows[at]
        case "twice":
            rows.append([f"again-{chance.randrange(10**9)}", *rows[at][1:]])
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


def annotate(folder: Path, chance: random.Random) -> None:
    """Give a row another note."""
    header, rows, path = _table(folder, chance.choice(("observations.csv", "facts.csv")))
    chance.choice(rows)[-1] = chance.choice(("", "a note", f"note {chance.random()}", 'a "quoted"\nnote'))
    _write(path, [header, *rows])


def move(source: Path, target: Path, chance: random.Random) -> None:
    """Move a row from one document to another, which has the same paragraphs."""
    name = chance.choice(("observations.csv", "facts.csv", "mentions.csv"))
    header, rows, path = _table(source, name)
    row = rows.pop(chance.randrange(len(rows)))
    _write(path, [header, *rows])
    header, rows, path = _table(target, name)
    _write(path, [header, *rows, [f"moved-{chance.randrange(10**9)}", *row[1:]]])


def _table(folder: Path, name: str) -> tuple[list[str], list[list[str]], Path]:
    with (folder / name).open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    return header, rows or [header[:]], folder / name


def _write(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_any_change_of_the_real_tables_gives_what_a_full_build_gives(tmp_path: Path, seed: int) -> None:
    """Ten changes in turn: cells, rows, statements that other documents share."""
    chance = random.Random(seed)  # noqa: S311 - the same changes each time, not secrets
    for part in ("ontology", "data", "queries"):
        shutil.copytree(ROOT / part, tmp_path / "project" / part)
    project, cache = at(tmp_path / "project"), str(tmp_path / "cache")
    assert build.build(project, progress=quiet, cache=cache).build is not None
    partial = 0
    for number in range(10):
        folder = chance.choice(sorted((project.data / "documents").iterdir()))
        kept = shutil.copytree(folder, tmp_path / f"kept-{number}")
        for _ in range(chance.randint(1, 3)):
            scramble(folder, chance)
        found, whole, quick = rebuilt(project, cache, tmp_path / f"anew-{number}")
        assert content(whole) == content(found)
        partial += quick
        if found.build is None:  # then go on from what held
            shutil.rmtree(folder)
            shutil.copytree(kept, folder)
    assert partial > 2
