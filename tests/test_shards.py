"""Shards for bulk loaders: all triples, each once, the same bytes each time, and recipes that a shell can read."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import subprocess
import zlib
from collections.abc import Sequence
from itertools import chain, islice
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple, parse

from conftest import quiet
from gbakg import build, feed, kept, shards, terms
from gbakg.digest import line
from gbakg.errors import BadParameter, Unwritable
from gbakg.member import Member
from gbakg.parcel import Load
from gbakg.sources import Project
from test_edit import change
from test_kept import EDITS

KIND = NamedNode(terms.XSD + "integer")
TRIPLES = [
    Triple(NamedNode(f"urn:s{number}"), NamedNode("urn:p"), Literal(str(number), datatype=KIND)) for number in range(10)
]
FORMS = {"nt": RdfFormat.N_TRIPLES, "nq": RdfFormat.N_QUADS, "ttl": RdfFormat.TURTLE}


def write(folder: Path, count: int, graph: str = "", chosen: tuple[str, ...] = tuple(shards.RECIPES)) -> list[Path]:
    """Write shards of ten triples, and return them."""
    shards.write(Load(lambda: map(line, TRIPLES)), str(folder), count, graph, chosen, quiet)
    return sorted(folder.glob("part-*.gz"))


@pytest.mark.parametrize(
    ("graph", "chosen", "ending"),
    [("", ("fuseki", "virtuoso"), "nt"), ("urn:g", ("neptune",), "nq"), ("urn:g", ("virtuoso",), "ttl")],
)
@pytest.mark.parametrize("count", [1, 3, 10, 99])
def test_the_shards_hold_every_triple_once(
    tmp_path: Path, count: int, graph: str, chosen: tuple[str, ...], ending: str
) -> None:
    """N-Triples, N-Quads with a graph, Turtle for Virtuoso alone; none is empty, none twice as large as another."""
    files = write(tmp_path / "out", count, graph, chosen)
    found: list[Quad] = []
    sizes = []
    for file in files:
        quads = list(parse(gzip.decompress(file.read_bytes()), FORMS[ending]))
        sizes.append(len(quads))
        found += quads
    name = {"nq": NamedNode("urn:g")}.get(ending)
    assert [Quad(one.subject, one.predicate, one.object, name) for one in TRIPLES] == found
    assert min(count, 10) == len(files)
    assert max(sizes) - min(sizes) <= 1


def packed(parts: Sequence[int]) -> tuple[Load, list[Member]]:
    """Return a load that has ten triples in members of so many lines, and the members; the lines of 0 are a block."""
    texts = iter([f"{line(one)}\n".encode() for one in TRIPLES])
    found: list[bytes | Member] = []
    for size in parts:
        lines = b"".join(islice(texts, size or 1))
        found.append(Member.of(lines) if size else lines)
    return Load(lambda: map(line, TRIPLES), packed=lambda: found), [one for one in found if isinstance(one, Member)]


@pytest.mark.parametrize("parts", [(10,), (5, 5), (3, 3, 3, 1), (0, 2, 0, 0, 5), (1,) * 10, (0,) * 10, (4, 6)])
@pytest.mark.parametrize("count", [1, 2, 3, 7, 10])
def test_members_are_copied(tmp_path: Path, parts: tuple[int, ...], count: int) -> None:
    """Those that lie in one shard as they are; the shards hold what they would hold without members."""
    load, members = packed(parts)
    shards.write(load, str(tmp_path / "out"), count, "", ("fuseki",), quiet)
    plain = [gzip.decompress(one.read_bytes()) for one in write(tmp_path / "plain", count)]
    files = [one.read_bytes() for one in sorted((tmp_path / "out").glob("part-*.gz"))]
    assert plain == [gzip.decompress(one) for one in files]
    for member in members:
        whole = any(member.lines() in one for one in plain)
        assert whole == any(member.body in one for one in files)


@pytest.mark.parametrize(
    ("graph", "chosen"),
    [
        ("", ("neptune",)),
        ("", ("graphdb",)),
        ("", tuple(shards.RECIPES)),
        ("urn:g", ("fuseki",)),
        ("", ("virtuoso",)),
    ],
)
def test_a_file_of_one_member(tmp_path: Path, graph: str, chosen: tuple[str, ...]) -> None:
    """For a loader that may take the end of a member for that of the file, and where the lines are other ones."""
    load, _ = packed((5, 5))
    shards.write(load, str(tmp_path), 1, graph, chosen, quiet)
    (file,) = tmp_path.glob("part-*.gz")
    inflate = zlib.decompressobj(31)
    assert 10 == inflate.decompress(file.read_bytes()).count(b"\n")
    assert (True, b"") == (inflate.eof, inflate.unused_data)


def test_what_a_build_keeps_is_copied(
    project: Project, cache: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an edit too; what is damaged comes from the store, and is told once."""
    monkeypatch.setattr(kept, "LARGE", 0)
    monkeypatch.setattr(kept, "BLOCK", 500)
    monkeypatch.setattr(kept, "_MEMBER", 2000)
    monkeypatch.setattr(feed, "LARGE", 0)
    for step in ("whole", "edited"):
        if step == "edited":
            change(project, *EDITS[1])
        built = build.build(project, progress=quiet, cache=cache).build
        assert built is not None
        with built.open() as engine:
            expected = sorted(map(line, engine.triples()))
            members = [*kept.members(built)]
            assert (step == "edited") == bool(json.loads(built.remembered(kept.RECORD))["removed"])
            for damaged in (False, True):
                if damaged:
                    (built.path / kept.LINES).rename(built.path / "elsewhere")
                said: list[str] = []
                folder = tmp_path / f"{step}-{damaged}"
                shards.write(feed.load(built, engine, said.append), str(folder), 3, "", ("fuseki",), quiet)
                files = [one.read_bytes() for one in sorted(folder.glob("part-*.gz"))]
                assert 3 == len(files)
                found = [gzip.decompress(one).decode().splitlines() for one in files]
                assert expected == sorted(chain(*found))
                assert max(map(len, found)) - min(map(len, found)) <= 1
                copied = sum(any(one.body in file for file in files) for one in members)
                assert copied == 0 if damaged else copied >= len(members) - 2
                assert damaged == len(said)
            (built.path / "elsewhere").rename(built.path / kept.LINES)
        built.close()


def test_the_same_bytes_each_time(tmp_path: Path) -> None:
    """Neither time nor place is in a shard, and SHA256SUMS has its hash."""
    first, second = write(tmp_path / "a", 2), write(tmp_path / "b", 2)
    assert [one.read_bytes() for one in first] == [one.read_bytes() for one in second]
    listed = (tmp_path / "a" / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    sums = {name: value for value, name in (one.split("  ") for one in listed)}
    files = {one.name for one in (tmp_path / "a").iterdir()} - {"SHA256SUMS"}
    assert files == set(sums)
    for name in files:
        assert hashlib.sha256((tmp_path / "a" / name).read_bytes()).hexdigest() == sums[name]


@pytest.mark.parametrize("graph", ["", "https://example.org/gba"])
@pytest.mark.parametrize("name", shards.RECIPES)
def test_a_recipe_is_a_shell_script(tmp_path: Path, name: str, graph: str) -> None:
    """Every place is filled in, the shell reads it, and what has to be set is asked for before anything runs."""
    shell = shutil.which("sh")
    if shell is None:
        pytest.skip("there is no shell here")
    write(tmp_path / "out", 2, graph, (name,))
    recipe = tmp_path / "out" / f"load-{name}.sh"
    text = recipe.read_text(encoding="utf-8")
    assert f"`gbakg push STORE{' --graph ' * bool(graph)}{graph} --compare`" in text
    for place in ("title", "source", "where", "count", "digest", "files", "ending", "graph", "format", "type"):
        assert f"{{{place}}}" not in text
    assert os.access(recipe, os.X_OK)
    subprocess.run([shell, "-n", str(recipe)], check=True)
    if ":?" in text:
        environment = {"PATH": str(tmp_path / "out")}
        done = subprocess.run([shell, str(recipe)], env=environment, capture_output=True, text=True, check=False)
        assert 0 != done.returncode


def test_a_recipe_calls_the_loader(tmp_path: Path) -> None:
    """What the recipe for Jena calls is given the database and every shard."""
    shell = shutil.which("sh")
    if shell is None:
        pytest.skip("there is no shell here")
    write(tmp_path / "out", 2, "", ("fuseki",))
    tools = tmp_path / "tools"
    tools.mkdir()
    loader = tools / "tdb2.tdbloader"
    loader.write_text('#!/bin/sh\necho "$@"\n', encoding="utf-8")
    loader.chmod(0o755)
    environment = {"PATH": f"{tools}:{os.environ['PATH']}", "DATABASE": "db"}
    done = subprocess.run(
        [shell, str(tmp_path / "out" / "load-fuseki.sh")], env=environment, capture_output=True, text=True, check=True
    )
    assert "--loc=db part-0000.nt.gz part-0001.nt.gz\n" == done.stdout


def test_a_folder_that_holds_something(tmp_path: Path) -> None:
    """Nothing is written beside other files, so that no old shard is loaded with the new ones."""
    (tmp_path / "x").write_text("")
    with pytest.raises(Unwritable, match="holds files already"):
        write(tmp_path, 1)
    with pytest.raises(Unwritable):
        write(tmp_path / "x", 1)


def test_nothing_is_a_file_too(tmp_path: Path) -> None:
    """A shard without a triple is still one that gzip reads."""
    shards.write(Load(lambda: ()), str(tmp_path), 2, "", ("fuseki",), quiet)
    (file,) = tmp_path.glob("part-*.gz")
    assert b"" == gzip.decompress(file.read_bytes())
    assert file.stat().st_size


def test_what_cannot_be_written() -> None:
    """A loader that there is not, and a graph that is none, are refused."""
    with pytest.raises(BadParameter, match="one with a bulk loader: fuseki, virtuoso, "):
        shards.loaders("sparql11")
    with pytest.raises(BadParameter, match="an IRI"):
        shards.write(Load(lambda: map(line, TRIPLES)), "out", 1, "not an IRI", ("fuseki",), quiet)
