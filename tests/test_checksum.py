"""Checksums of a small store: damage that its engine would answer wrongly over is found before it is asked."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from conftest import FIXTURES, at, quiet
from gbakg import build, checksum, store
from gbakg.errors import BuildDamaged
from gbakg.sources import Project
from gbakg.store import Build


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Use the fixture project as it is."""
    return at(FIXTURES / "project")


@pytest.fixture
def cache(tmp_path: Path) -> str:
    """Give each test a cache of its own."""
    return str(tmp_path / "cache")


def made(project: Project, cache: str) -> Build:
    return build.ensure(project, quiet, cache)


def flip(path: Path, seed: int) -> None:
    """Flip one bit somewhere in a file."""
    chance, raw = random.Random(seed), bytearray(path.read_bytes())  # noqa: S311
    raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
    path.unlink()  # the former build may share it
    path.write_bytes(raw)


def test_any_file_with_another_bit_is_told(tmp_path: Path) -> None:
    """Wherever the bit is; a file that is gone is told as such."""
    path = tmp_path / "a"
    path.write_bytes(b"one\ntwo")
    known = checksum.take(tmp_path, {"a": 7})
    assert "" == checksum.differing(tmp_path, known)
    for seed in range(30):
        path.write_bytes(b"one\ntwo")
        flip(path, seed)
        assert "a is not what was written" == checksum.differing(tmp_path, known)
    path.unlink()
    assert "a: No such file or directory" == checksum.differing(tmp_path, known)


def test_a_large_store_has_no_checksums(tmp_path: Path) -> None:
    """To read it whenever it is opened would take longer than what is asked of it."""
    assert {} == checksum.take(tmp_path, {"a": checksum.SMALL, "b": 1})


@pytest.mark.parametrize("part", [store.ALL, store.STATED])
def test_a_store_with_another_bit_is_not_opened(project: Project, cache: str, part: str) -> None:
    """Whichever of its files it is in: the engine would answer, or never end."""
    built = made(project, cache)
    names = [name for name, size in built.receipt["files"].items() if name.startswith(f"{part}/") and size]
    assert len(names) > 5
    for seed, name in enumerate(names):
        path = built.path / name
        content = path.read_bytes()
        flip(path, seed)
        again = store.lease(built.path)
        with pytest.raises(BuildDamaged, match=f"{name} is not what was written"):
            again.open() if part == store.ALL else again.stated()
        path.write_bytes(content)


def test_a_damaged_store_is_built_anew(project: Project, cache: str) -> None:
    """With one line that says why; the graph is the same as before."""
    built = made(project, cache)
    name = max(built.receipt["sums"], key=lambda one: (one.startswith(store.ALL), built.receipt["files"][one]))
    flip(built.path / name, 1)
    built.close()
    told: list[str] = []
    again = build.ensure(project, told.append, cache)
    assert f"the cached build is damaged ({name} is not what was written): building the graph" == told[0]
    assert built.receipt["digest"] == again.receipt["digest"]
    assert again.path != built.path


def test_an_edit_takes_nothing_from_a_damaged_build(tmp_path: Path, cache: str) -> None:
    """What is stated there, damaged, would come into the next build, checksum and all."""
    shutil.copytree(FIXTURES / "project", tmp_path / "project")
    project = at(tmp_path / "project")
    built = made(project, cache)
    sums = (one for one in built.receipt["sums"] if one.startswith(store.STATED))
    flip(built.path / max(sums, key=lambda one: built.receipt["files"][one]), 2)
    table = tmp_path / "project/data/documents/harbour-gazette/observations.csv"
    table.write_text("".join(table.read_text(encoding="utf-8").splitlines(keepends=True)[:-1]), encoding="utf-8")
    told: list[str] = []
    outcome = build.build(project, progress=told.append, cache=cache)
    assert "is not what was written): reading everything" in told[0]
    fresh = build.build(project, progress=quiet, cache=str(tmp_path / "other"))
    assert outcome.build is not None
    assert fresh.build is not None
    assert fresh.build.receipt["digest"] == outcome.build.receipt["digest"]
