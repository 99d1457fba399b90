"""The store: one build replaces another at once or not at all, whatever happens to whom."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import Literal, NamedNode, Quad, Store, Triple

from conftest import run
from gbakg import draft, sources, store, terms
from gbakg.cache import home, locked
from gbakg.digest import Digest
from gbakg.engine import Embedded
from gbakg.errors import BuildDamaged, CacheUnusable
from gbakg.populate import CORE
from gbakg.sources import Project
from gbakg.store import Build

P = terms.code("note")
TRIPLES = [Triple(terms.expand(f"region/r{number}"), P, Literal(str(number))) for number in range(200)]
ENTAILED = [Triple(terms.expand("region/r0"), terms.TYPE, terms.code("Region"))]


def write(project: Project, cache: str, triples: list[Triple] = TRIPLES) -> Build:
    taken = time.time_ns()
    inputs = {one.name: [*one[1:]] for one in sources.fingerprint(project, sources.inputs(project))}
    receipt: dict[str, Any] = {"inputs": inputs, "taken": taken}
    digest = Digest.of(triples)
    with locked(home(project, cache)), draft.drafting(project, cache) as folder:
        (folder / "stated.nt").write_text("".join(f"{triple} .\n" for triple in triples), encoding="utf-8")
        (folder / "entailed.nt").write_text("".join(f"{triple} .\n" for triple in ENTAILED), encoding="utf-8")
        draft.load(Store(folder / store.STATED), [folder / "stated.nt"], digest.count)
        draft.copy(folder / store.STATED, folder / store.ALL)
        digest.extend(f"{triple} ." for triple in ENTAILED)
        draft.load(Store(folder / store.ALL), [folder / "entailed.nt"], digest.count)
        (folder / "stated.nt").rename(folder / CORE)
        (folder / "entailed.nt").unlink()
        counts = {"stated": len(triples), "entailed": len(ENTAILED), "triples": digest.count}
        more = {**receipt, "counts": counts, "digest": digest.hex}
        return draft.publish(project, folder, more, {"queries.json": "{}"}, cache)


def read(engine: Embedded) -> str:
    """Compute the digest of what a store holds."""
    return Digest.of(engine.triples()).hex


def folders(project: Project, cache: str) -> set[str]:
    return {path.name for path in (home(project, cache) / "builds").iterdir()}


def test_a_store_is_merged(tmp_path: Path) -> None:
    """What was loaded in two steps lies in one layer then: in fewer files, with the same triples."""
    made = Store(str(tmp_path))
    for triples in (TRIPLES[::2], TRIPLES[1::2]):
        made.bulk_extend(Quad(one.subject, one.predicate, one.object) for one in triples)
    before = len(list(tmp_path.glob("*.sst")))
    draft.merge(made)
    del made
    assert len(list(tmp_path.glob("*.sst"))) < before
    assert set(TRIPLES) == {quad.triple for quad in Store.read_only(str(tmp_path))}


def test_what_is_written_can_be_read(project: Project, cache: str) -> None:
    """Counts, digest and extras are in the folder that `current` names."""
    assert store.current(project, cache) is None
    written = write(project, cache)
    found = store.current(project, cache)
    assert found is not None
    assert found.path == written.path
    assert found.receipt["counts"] == {"stated": 200, "entailed": 1, "triples": 201}
    assert (found.path / "queries.json").read_text(encoding="utf-8") == "{}"
    with found.open() as engine:
        assert set(engine.triples()) == {*TRIPLES, *ENTAILED}
        assert read(engine) == found.receipt["digest"]


def test_a_store_that_keeps_less_than_it_was_given_is_no_build(project: Project, cache: str) -> None:
    """What counts is what readers will find."""
    with pytest.raises(CacheUnusable, match="the disk kept 200 triples of 201"):
        write(project, cache, [*TRIPLES, TRIPLES[0]])
    assert store.current(project, cache) is None
    assert folders(project, cache) == set()


def test_a_copy_of_a_store_does_not_change_with_it(project: Project, cache: str) -> None:
    """The two share files on the disk; what is put into the one, or taken out, is not seen in the other."""
    with write(project, cache).open() as engine:
        assert set(engine.stated.triples()) == set(TRIPLES)
        assert set(engine.entailed()) == set(ENTAILED)
    source = home(project, cache) / "copy"
    target = draft.reopen(write(project, cache).path / store.ALL, source)
    draft.change(target, [f"{TRIPLES[0]} ."], ["<urn:a> <urn:b> <urn:c> ."])
    draft.change(target, [], [])
    del target
    changed = Embedded.open(source)
    assert read(changed) != read(write(project, cache).open())
    assert TRIPLES[0] not in set(changed.triples())
    assert len(changed) == 201


def test_a_former_build_goes_when_nobody_reads_it(project: Project, cache: str) -> None:
    """One build is enough; what somebody reads stays until they are done."""
    first = write(project, cache)
    second = write(project, cache, TRIPLES[1:])
    assert folders(project, cache) == {first.path.name, second.path.name}
    with first.open() as engine:
        assert len(engine) == 201
    first.close()
    second.close()
    third = write(project, cache, TRIPLES[2:])
    assert folders(project, cache) == {third.path.name}


def test_a_reader_survives_every_later_build(project: Project, cache: str) -> None:
    """An open store goes on answering while builds come and go."""
    first = write(project, cache)
    engine = first.open()
    for number in range(3):
        write(project, cache, TRIPLES[number + 1 :]).close()
    assert len(engine) == 201


def test_an_open_engine_alone_keeps_its_build(project: Project, cache: str) -> None:
    """Who keeps the engine need not keep the build."""
    engine = write(project, cache).open()
    (kept,) = folders(project, cache)
    write(project, cache, TRIPLES[1:]).close()
    assert kept in folders(project, cache)
    engine.close()
    write(project, cache, TRIPLES[2:]).close()
    assert kept not in folders(project, cache)


def test_files_that_are_missing_or_cut_short_are_damage(project: Project, cache: str) -> None:
    """A store that would silently miss data is not opened."""
    built = write(project, cache)
    name, size = max(built.receipt["files"].items(), key=lambda pair: pair[1])
    path = built.path / name
    content = path.read_bytes()
    path.write_bytes(content[:-1])
    with pytest.raises(BuildDamaged, match=f"{name} has {size - 1} bytes instead of {size}"):
        built.open()
    path.unlink()
    with pytest.raises(BuildDamaged, match="No such file"):
        built.open()


@pytest.mark.parametrize("content", ["", "nothing", "../..", "\xff"])
def test_a_pointer_that_leads_nowhere_is_no_build(project: Project, cache: str, content: str) -> None:
    """Then there is nothing to open, and the next build makes it right."""
    write(project, cache).close()
    (home(project, cache) / "current").write_text(content, encoding="latin-1")
    assert store.current(project, cache) is None
    assert write(project, cache).path.is_dir()


@pytest.mark.parametrize("content", ["", "{", "{}", '{"format": 0}'])
def test_a_receipt_that_says_nothing_is_no_build(project: Project, cache: str, content: str) -> None:
    """A receipt of another version or none at all means to build again."""
    built = write(project, cache)
    (built.path / "receipt.json").write_text(content, encoding="utf-8")
    built.close()
    assert store.current(project, cache) is None


@pytest.mark.parametrize("digit", [b"5", b"7"])
def test_a_receipt_with_another_digit_is_no_build(project: Project, cache: str, digit: bytes) -> None:
    """It would tell another count than that of the graph."""
    built = write(project, cache)
    path = built.path / "receipt.json"
    raw = path.read_bytes()
    assert b'"triples": 201' in raw
    path.write_bytes(raw.replace(b'"triples": 201', b'"triples": 20' + digit))
    built.close()
    assert store.current(project, cache) is None
    assert (None, "the cached build is damaged or from an older version") == store.fresh(project, cache)


@pytest.mark.parametrize("name", ["receipt.json", "lease"])
def test_a_folder_in_the_place_of_a_file_is_no_build(project: Project, cache: str, name: str) -> None:
    """Nor is a link that leads to itself; the next build makes it right."""
    for put in (Path.mkdir, lambda path: path.symlink_to(path.name)):
        built = write(project, cache)
        (built.path / name).unlink()
        put(built.path / name)
        built.close()
        found = store.current(project, cache)
        assert name == "lease" or found is None
        assert write(project, cache).path.is_dir()


_COMMAND = "import sys; from gbakg.cli import main; sys.exit(main())"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
@pytest.mark.parametrize("name", ["receipt.json", "lease", "queries.json", CORE, "stated/*.log"])
def test_nobody_waits_for_a_pipe_in_the_place_of_a_file(project: Project, cache: str, name: str) -> None:
    """Neither who asks nor who builds; the next build makes it right."""

    def gbakg(*arguments: str) -> str:
        child = run(_COMMAND, *arguments, GBAKG_HOME=str(project.data.parent), GBAKG_CACHE=cache)
        try:
            answer, messages = child.communicate(timeout=60)
        finally:
            child.kill()
        assert 0 == child.returncode, messages
        return answer

    expected = gbakg("query", "run", "which-claims")
    builds = home(project, cache) / "builds"
    paths = list(builds.glob(f"*/{name}"))
    assert paths
    for path in paths:
        path.unlink()
        os.mkfifo(path)
    assert expected == gbakg("query", "run", "which-claims")
    gbakg("build", "--force")
    assert expected == gbakg("query", "run", "which-claims")
    assert not any(path.is_fifo() for path in builds.glob(f"{(builds.parent / 'current').read_text()}/{name}"))


def test_a_cache_that_cannot_be_read_is_told(project: Project, tmp_path: Path) -> None:
    """A file where a folder should be is an error, not an empty cache."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(CacheUnusable, match="Not a directory"):
        store.current(project, str(tmp_path / "file"))


def test_a_build_is_fresh_until_an_input_changes(
    project: Project, cache: str, edit: Callable[[str, str, str], Path]
) -> None:
    """The names of what changed are given."""
    built = write(project, cache)
    assert store.stale(built, project) == []
    edit("data/registry/entities.ttl", '"item"@en', '"items"@en')
    assert store.stale(built, project) == ["data/registry/entities.ttl"]


def test_a_touched_file_is_hashed_once(project: Project, cache: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The receipt takes the new time, so that the next run only compares times."""
    built = write(project, cache)
    for path in sources.inputs(project):
        path.touch()
    time.sleep(2.1)  # a file younger than the clock's grain is hashed again in any case
    assert store.stale(built, project) == []
    built.close()
    monkeypatch.setattr(sources, "_fingerprint", lambda *_: pytest.fail("a file was hashed"))
    again = store.current(project, cache)
    assert again is not None
    assert store.stale(again, project) == []


@pytest.mark.parametrize("name", ["gbakg", "pyoxigraph"])
def test_another_version_makes_a_build_stale(project: Project, cache: str, name: str) -> None:
    """A store of another version is not trusted."""
    built = write(project, cache)
    built.receipt["versions"][name] = "0.0.1"
    assert store.stale(built, project)[0].startswith(name)


FILL = """
import resource, sys
from pathlib import Path
from gbakg.errors import GbakgError
sys.path.insert(0, sys.argv[1])
from conftest import at
from test_store import write, TRIPLES
limit = int(sys.argv[4])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    write(at(Path(sys.argv[2])), sys.argv[3], TRIPLES[1:])
except GbakgError as error:
    print(error.exit_code, *error.lines, sep="\\n")
"""


@pytest.mark.parametrize("limit", [0, 5, 1000, 10_000, 66_000])
def test_a_full_disk_is_one_line_and_the_old_build_stays(project: Project, cache: str, limit: int) -> None:
    """Whatever file it is that finds no room."""
    old = write(project, cache)
    child = run(FILL, Path(__file__).parent, project.data.parent, cache, limit)
    out, err = child.communicate(timeout=60)
    code, *lines = out.splitlines()
    assert (child.returncode, code, err) == (0, "3", "")
    assert len(lines) == 1
    assert "the cache folder cannot be used (File too large); make room there" in lines[0]
    found = store.current(project, cache)
    assert found is not None
    assert found.path == old.path
    assert folders(project, cache) == {old.path.name}
    with found.open() as engine:
        assert read(engine) == old.receipt["digest"]


FEW = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from conftest import at
from gbakg import sparql, store
from gbakg.errors import GbakgError
project, cache = at(Path(sys.argv[2])), sys.argv[3]
resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))
found = store.current(project, cache)
for ask in (found.open, found.stated, lambda: sparql.run(found, "ASK { }")):
    try:
        ask()
    except GbakgError as error:
        print(type(error).__name__, error.exit_code, *error.lines)
"""


def test_a_limit_of_open_files_is_no_damage(project: Project, cache: str) -> None:
    """To build anew, as for damage, would not help."""
    write(project, cache).close()
    out, err = run(FEW, Path(__file__).parent, project.data.parent, cache).communicate(timeout=60)
    told = "a store needs 96 open files at once, and 60 are allowed; allow more with `ulimit -n 1024`"
    assert (f"TooFewFiles 3 {told}\n" * 3, "") == (out, err)


def test_a_prepared_build_opens_alike(project: Project, cache: str) -> None:
    """What was opened in advance holds the same, and is handed over once."""
    write(project, cache).close()
    found, _ = store.fresh(project, cache, prepared=True)
    assert found is not None
    with found.open() as first, found.open() as second:
        assert found.receipt["digest"] == read(first) == read(second)
        assert first.store is not second.store


def test_a_prepared_build_may_be_left_alone(project: Project, cache: str) -> None:
    """Nobody has to open what was prepared, and closing it lets the next build remove its folder."""
    found = write(project, cache)
    found.prepare()
    found.close()
    new = write(project, cache, TRIPLES[1:])
    assert {new.path.name} == folders(project, cache)


def test_a_store_that_cannot_be_opened_in_advance_is_told_of(project: Project, cache: str) -> None:
    """The error comes where the store is opened, as it does when nothing was prepared."""
    found = write(project, cache)
    current = found.path / store.ALL / "CURRENT"
    current.write_bytes(b"x" * current.stat().st_size)
    found.prepare()
    with pytest.raises(BuildDamaged):
        found.open()


KILL = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from conftest import at
from test_store import write, TRIPLES
from gbakg import draft, store
name, skip = sys.argv[4], int(sys.argv[5])
module = draft if hasattr(draft, name) and name != "store" else store
whole = getattr(module, name)
calls = []
def kill(*arguments, **named):
    calls.append(1)
    if len(calls) > skip:
        os.kill(os.getpid(), signal.SIGKILL)
    return whole(*arguments, **named)
setattr(module, name, kill)
write(at(Path(sys.argv[2])), sys.argv[3], TRIPLES[1:])
"""
STAGES = [
    ("load", 0, False),
    ("copy", 0, False),
    ("load", 1, False),
    ("_sizes", 0, False),
    ("create", 0, False),
    ("create", 1, False),
    ("create", 2, False),
    ("sync", 0, False),
    ("_place", 0, False),
    ("sync", 1, False),
    ("replace", 0, False),
    ("tidy", 1, True),
    ("lease", 0, True),
]


@pytest.mark.parametrize(("name", "skip", "swapped"), STAGES)
def test_a_build_killed_at_any_stage_leaves_a_whole_one(
    project: Project, cache: str, name: str, skip: int, swapped: bool
) -> None:
    """Before the swap it is the old one, after it the new one; the next build cleans up."""
    old = write(project, cache)
    digest = old.receipt["digest"]
    old.close()
    child = run(KILL, Path(__file__).parent, project.data.parent, cache, name, skip)
    assert child.communicate(timeout=60)[1] == ""
    assert child.returncode == -signal.SIGKILL
    found = store.current(project, cache)
    assert found is not None
    with found.open() as engine:
        assert read(engine) == found.receipt["digest"]
    assert (found.receipt["digest"] != digest) is swapped
    found.close()
    new = write(project, cache, TRIPLES[2:])
    assert folders(project, cache) == {new.path.name}
    assert {path.name for path in home(project, cache).iterdir()} == {"builds", "current", "lock"}


def test_a_half_written_receipt_is_swept_away(project: Project, cache: str) -> None:
    """What a killed replacement leaves beside a file does no harm."""
    write(project, cache).close()
    (home(project, cache) / "current.tmp-1").write_text("x", encoding="ascii")
    write(project, cache).close()
    assert not (home(project, cache) / "current.tmp-1").exists()


@pytest.mark.slow
def test_a_build_killed_at_any_moment_leaves_a_whole_one(project: Project, cache: str) -> None:
    """Also between the stages."""
    write(project, cache).close()
    for number in range(40):
        child = run(KILL, Path(__file__).parent, project.data.parent, cache, "lease", 9)
        time.sleep(0.1 + number * 0.01)
        child.kill()
        child.communicate(timeout=60)
        found = store.current(project, cache)
        assert found is not None
        with found.open() as engine:
            assert read(engine) == found.receipt["digest"]
        found.close()


READ = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from conftest import at
from test_store import read
from gbakg import store
project = at(Path(sys.argv[2]))
print("reading", flush=True)
for _ in range(150):
    found = store.current(project, sys.argv[3])
    with found.open() as engine:
        assert read(engine) == found.receipt["digest"]
    found.close()
"""


def test_readers_never_see_a_build_go_away_under_them(project: Project, cache: str) -> None:
    """Two readers open the current build again and again while it is replaced again and again."""
    write(project, cache).close()
    readers = [run(READ, Path(__file__).parent, project.data.parent, cache) for _ in range(2)]
    for reader in readers:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "reading\n"
    number = 0
    while any(reader.poll() is None for reader in readers):
        number += 1
        write(project, cache, TRIPLES[number % 20 :]).close()
    assert number > 2
    assert [(reader.returncode, reader.communicate()[1]) for reader in readers] == [(0, ""), (0, "")]


def test_a_store_without_blank_nodes_reads_back_as_it_was_written(project: Project, cache: str) -> None:
    """Canonical literals survive the store unchanged."""
    texts = [("120", "integer"), ("116.9", "decimal"), ("2025-06-30", "date"), ("true", "boolean"), ("1999", "gYear")]
    triples = [
        Triple(NamedNode(f"{terms.ID}region/{kind.lower()}"), P, terms.literal(text, kind)) for text, kind in texts
    ]
    with write(project, cache, triples).open() as engine:
        assert set(engine.triples()) == {*triples, *ENTAILED}


def test_a_copied_cache_is_found_by_another_machine(project: Project, cache: str, tmp_path: Path) -> None:
    """Nothing in a build depends on where it lies."""
    write(project, cache).close()
    shutil.copytree(cache, tmp_path / "other")
    found = store.current(project, str(tmp_path / "other"))
    assert found is not None
    assert store.stale(found, project) == []
    assert str(tmp_path) not in json.dumps(found.receipt)
    with found.open() as engine:
        assert len(engine) == 201
