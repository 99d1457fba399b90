"""The lines of a build: the same from another process, and nothing that is cut short goes for all."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, Store

from gbakg import feed
from gbakg.digest import line
from gbakg.engine import Embedded
from gbakg.errors import BuildDamaged
from gbakg.store import Build


def test_a_large_build_is_read_in_another_process(built: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lines are those that are read here."""
    with built.open() as engine:
        here = sorted(feed.lines(built, engine))
        assert sorted(map(line, engine.triples())) == here
        monkeypatch.setattr(feed, "LARGE", 0)
        monkeypatch.setattr(feed, "_BLOCK", 1000)
        assert here == sorted(feed.lines(built, engine))
        for quick in (False, True):
            found = b"".join(feed.blocks(built, engine, quick=quick)).decode()
            assert here == sorted(found.removesuffix("\n").split("\n"))


def test_every_letter_is_written_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another process writes is the line that is hashed here, control characters too."""
    letters = [chr(code) for code in range(0x11000) if not 0xD800 <= code < 0xE000]
    store = Store(str(tmp_path / "store"))
    node = NamedNode("urn:s")
    store.extend(
        Quad(node, node, Literal("".join(letters[at : at + 64])), DefaultGraph()) for at in range(0, 0x10800, 64)
    )
    store.flush()
    expected = sorted(line(quad.triple) for quad in store)
    del store
    monkeypatch.setattr(feed, "LARGE", 0)
    with Embedded.open(tmp_path / "store") as engine:
        assert expected == sorted(feed.lines(Build(tmp_path, {}), engine))
        found = b"".join(feed.blocks(Build(tmp_path, {}), engine, quick=True)).decode()
        assert expected == sorted(found.removesuffix("\n").split("\n"))


def test_who_stops_reading_stops_the_other_process(built: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    """A generator that is closed leaves no process behind."""
    monkeypatch.setattr(feed, "LARGE", 0)
    monkeypatch.setattr(feed, "_BLOCK", 1000)
    with built.open() as engine:
        lines = feed.lines(built, engine)
        assert next(lines).endswith(" .")
        lines.close()  # type: ignore[attr-defined] # it is a generator


def test_a_store_that_cannot_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the other process says is in the message, with what to do."""
    monkeypatch.setattr(feed, "LARGE", 0)
    (tmp_path / "store").mkdir()
    for quick in (False, True):
        with Embedded() as engine, pytest.raises(BuildDamaged, match="gbakg build --force"):
            list(feed.blocks(Build(tmp_path, {}), engine, quick=quick))
