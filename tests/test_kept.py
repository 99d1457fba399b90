"""Kept lines: just what holds, after a full build and after edits; what is damaged is known before it is used."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import shutil
from itertools import groupby
from pathlib import Path

import pytest

from conftest import quiet
from gbakg import build, feed, kept, store
from gbakg.cache import home
from gbakg.closing import Closing
from gbakg.digest import Digest, line
from gbakg.kept import LINES, RECORD
from gbakg.sources import Project
from gbakg.store import Build
from test_edit import ID, SLUG, change


@pytest.fixture(autouse=True)
def _large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every graph for a large one, of many members."""
    monkeypatch.setattr(kept, "LARGE", 0)
    monkeypatch.setattr(kept, "BLOCK", 500)
    monkeypatch.setattr(kept, "_MEMBER", 2000)
    monkeypatch.setattr(feed, "LARGE", 0)


def made(project: Project, cache: str) -> tuple[Build, list[str]]:
    """Build a project; return what was said as well."""
    said: list[str] = []
    found = build.build(project, progress=said.append, cache=cache).build
    assert found is not None
    return found, said


def held(built: Build) -> list[str]:
    """Read the store of a build."""
    with built.open() as engine:
        return sorted(map(line, engine.triples()))


def lines(built: Build) -> list[str]:
    """Read the lines that a build keeps."""
    assert "" == kept.damage(built)
    return sorted(b"".join(kept.blocks(built)).decode().removesuffix("\n").split("\n"))


def test_a_full_build_keeps_what_holds(project: Project, cache: str) -> None:
    """Every line of the store once, blank nodes left out, with the digest of the receipt."""
    built, _ = made(project, cache)
    found = lines(built)
    assert held(built) == found
    digest = Digest()
    digest.extend(found)
    assert (built.receipt["digest"], built.receipt["counts"]["triples"]) == (digest.hex, digest.count)
    assert not any("_:" in one for one in found)
    plain = gzip.decompress((built.path / LINES).read_bytes())
    assert b"".join(kept.blocks(built)) == plain


def test_the_file_is_members_that_end_where_a_line_does(project: Project, cache: str) -> None:
    """The record has the bytes and the lines of each; one alone is a file of gzip."""
    built, _ = made(project, cache)
    members, plain = [*kept.members(built)], []
    assert 10 < len(members)
    assert (built.path / LINES).read_bytes() == b"".join(one.body for one in members)
    for member in members:
        block = gzip.decompress(member.body)
        assert block.endswith(b" .\n")
        assert member.count == block.count(b"\n")
        plain.append(block)
    assert gzip.decompress((built.path / LINES).read_bytes()) == b"".join(plain)
    assert all(len(block) >= 2000 for block in plain[:-1])
    assert built.receipt["counts"]["triples"] == sum(one.count for one in members)


def test_an_edit_leaves_alone_the_members_that_it_does_not_touch(project: Project, cache: str) -> None:
    """What came in is a member of its own, at the end."""
    first, _ = made(project, cache)
    former = [*kept.members(first)]
    first.close()
    change(project, *EDITS[1])
    built, _ = made(project, cache)
    record = json.loads(built.remembered(RECORD))
    removed, added = ([text.encode() for text in record[name]] for name in ("removed", "added"))
    *found, last = kept.members(built)
    assert removed
    assert added == last.lines().splitlines()
    assert len(former) == len(found)
    for one, other in zip(former, found, strict=True):
        rest = [text for text in one.lines().splitlines() if text not in removed]
        assert rest == other.lines().splitlines()
        assert len(rest) == other.count
        assert (len(rest) == one.count) == (one == other)
    assert held(built) == lines(built)


def test_a_member_of_which_nothing_is_left_is_left_out(
    project: Project, cache: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty block would end what is read."""
    monkeypatch.setattr(kept, "BLOCK", 1)  # so that a line that is taken out is all that its member has
    monkeypatch.setattr(kept, "_MEMBER", 1)
    first, _ = made(project, cache)
    assert all(1 == one.count for one in kept.members(first))
    first.close()
    change(project, *EDITS[1])
    built, _ = made(project, cache)
    assert json.loads(built.remembered(RECORD))["removed"]
    assert all(one.count for one in kept.members(built))
    assert held(built) == lines(built)


def test_what_follows_from_a_document_comes_after_its_claims(project: Project, cache: str) -> None:
    """Each document's claims stand together, which stores with an index of names take faster."""
    other = SLUG.replace("harbour", "evening")
    for file in (project.data / "documents" / SLUG).iterdir():
        text = file.read_text(encoding="utf-8").replace(SLUG, other).replace('gba:fileName "', 'gba:fileName "other ')
        target = project.data / "documents" / other / file.name
        target.parent.mkdir(exist_ok=True)
        target.write_text(text, encoding="utf-8")
    built, _ = made(project, cache)
    assert held(built) == lines(built)
    slugs = [
        found[1]
        for one in b"".join(kept.blocks(built)).decode().split("\n")
        if (found := re.match(rf"{ID}(?:observation|fact|mention)/({SLUG}|{other})-p", one))
    ]
    assert [other, SLUG] == [slug for slug, _ in groupby(slugs)]


def test_a_graph_that_is_closed_in_one_piece_is_kept_too(
    project: Project, cache: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then nobody knows what follows from which document."""
    monkeypatch.setattr(Closing, "chunk", lambda self, lines: None)
    built, _ = made(project, cache)
    assert held(built) == lines(built)


def test_a_small_graph_keeps_none(project: Project, cache: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its store is read in no time; the threshold is in triples."""
    count = made(project, cache)[0].receipt["counts"]["triples"]
    for threshold, keeps in ((count, True), (count + 1, False)):
        monkeypatch.setattr(kept, "LARGE", threshold)
        built = build.build(project, progress=quiet, cache=cache, whole=True).build
        assert built is not None
        assert [keeps, keeps] == [(built.path / name).exists() for name in (LINES, RECORD)]
        assert keeps == (RECORD in built.receipt["kept"])


BUREAU = "308,The bureau,institution/amber-patent-bureau"
EDITS = [
    ("observations.csv", ",person/ida-moss,,reported,\n", ",person/ida-moss,,reported,a note\n"),
    ("mentions.csv", f"{BUREAU},sameName", f"{BUREAU},stated"),
    ("facts.csv", ",,,,,,,,reported", ",,,,,,,,planned"),
    ("observations.csv", ",person/ida-moss,,reported,a note\n", ",person/ida-moss,,reported,another\n"),
    ("document.ttl", 'gba:fileName "', 'gba:fileName "other '),
    ("mentions.csv", f"{BUREAU},stated", f"{BUREAU},sameName"),
    ("facts.csv", ",,,,,,,,planned", ",,,,,,,,reported"),
    ("observations.csv", ",person/ida-moss,,reported,another\n", ",person/ida-moss,,reported,\n"),
    ("document.ttl", 'gba:fileName "other ', 'gba:fileName "'),
]
"""Changes of rows and of more than rows, which take each other back in another order."""


def test_edits_take_lines_out_and_put_lines_in(project: Project, cache: str) -> None:
    """One after the other, each like a full build; the file stays, the record is empty again at the end."""
    first, _ = made(project, cache)
    file, digest = (first.path / LINES).read_bytes(), first.receipt["digest"]
    first.close()
    for edit in EDITS:
        change(project, *edit)
        built, said = made(project, cache)
        assert any("triples went" in one for one in said), said
        assert held(built) == lines(built)
        assert file == (built.path / LINES).read_bytes()
        built.close()
    record = json.loads(built.remembered(RECORD))
    assert (digest, [], []) == (built.receipt["digest"], record["removed"], record["added"])


def test_builds_share_the_file_and_take_it_with_them(project: Project, cache: str) -> None:
    """After an edit there is one file, with one name; after a full build, another."""
    first, _ = made(project, cache)
    number = (first.path / LINES).stat().st_ino
    first.close()
    change(project, *EDITS[0])
    built, _ = made(project, cache)
    store.tidy(home(project, cache))  # nobody reads the first any more
    found = (built.path / LINES).stat()
    assert (number, 1) == (found.st_ino, found.st_nlink)
    assert [built.path / LINES] == list(home(project, cache).rglob(LINES))


def test_many_edits_keep_none(project: Project, cache: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor do those that follow; the next full build does again."""
    monkeypatch.setattr(kept, "_MOST", 0)
    made(project, cache)
    for edit in EDITS[:2]:
        change(project, *edit)
        built, _ = made(project, cache)
        assert not (built.path / LINES).exists()
        assert RECORD not in built.receipt["kept"]
    whole = build.build(project, progress=quiet, cache=cache, whole=True).build
    assert whole is not None
    assert held(whole) == lines(whole)


def test_a_disk_that_shares_no_files_keeps_none(project: Project, cache: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An edit is not to copy what it does not read."""
    made(project, cache)

    def refuse(self: Path, target: Path) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    change(project, *EDITS[0])
    built, said = made(project, cache)
    assert any("triples went" in one for one in said)
    assert RECORD not in built.receipt["kept"]


def test_lines_with_a_blank_node_are_not_kept(tmp_path: Path) -> None:
    """A push refuses them, whoever reads them; a text that looks like one costs no more than time."""
    folder = tmp_path / "build"
    folder.mkdir()
    for text, keeps in (
        ('<urn:s> <urn:p> "_:b" .\n', True),
        ("<urn:s> <urn:p> <urn:o> .\n_:b <urn:p> <urn:o> .\n", False),
        ("_:b <urn:p> <urn:o> .\n", False),
        ("<urn:s> <urn:p> _:b .\n", False),
    ):
        file = tmp_path / "lines.nt"
        file.write_text(text, encoding="utf-8")
        kept.write(folder, [(file, 0, len(text))])
        assert keeps == (folder / LINES).exists() == (folder / RECORD).exists()
        for one in folder.iterdir():
            one.unlink()


def test_spans_come_in_their_order(tmp_path: Path) -> None:
    """Of several files, in blocks that end where a line does; a file that ends too early is an error."""
    one, other = tmp_path / "one.nt", tmp_path / "other.nt"
    one.write_bytes(b"<urn:a>\n<urn:bb>\n")
    other.write_bytes(b"<urn:c>\n")
    kept.write(tmp_path, [(one, 8, 17), (other, 0, 8), (one, 0, 8), (one, 4, 4)])
    assert b"<urn:bb>\n<urn:c>\n<urn:a>\n" == gzip.decompress((tmp_path / LINES).read_bytes())
    (tmp_path / LINES).unlink()
    with pytest.raises(OSError, match="2 bytes"):
        kept.write(tmp_path, [(one, 8, 19)])


def test_what_is_damaged_is_told_and_the_store_is_read(built: Build, project: Project, cache: str) -> None:
    """Cut short, a bit turned, gone, or the record another: all is there nevertheless."""
    whole, _ = made(project, cache)
    expected = held(whole)
    file, record = ((whole.path / name).read_bytes() for name in (LINES, RECORD))
    turned = bytearray(file)
    turned[len(file) // 2] ^= 1
    for name, left, words in (
        (LINES, file[:-1], f"{LINES} has {len(file) - 1:,} bytes instead of {len(file):,}"),
        (LINES, bytes(turned), f"{LINES} is not what was written"),
        (LINES, None, f"{LINES}: No such file or directory"),
        (RECORD, record.replace(b'"added": []', b'"added": ["<urn:s> <urn:p> <urn:o> ."]'), f"{RECORD} is not"),
        (RECORD, None, f"{RECORD} is not what was written"),
    ):
        (whole.path / LINES).write_bytes(file)
        (whole.path / RECORD).write_bytes(record)
        (whole.path / name).unlink() if left is None else (whole.path / name).write_bytes(left)
        said: list[str] = []
        with whole.open() as engine:
            assert expected == sorted(feed.lines(whole, engine, said.append))
        (told,) = said
        assert words in told


def test_a_record_without_members_is_told_and_the_store_is_read(project: Project, cache: str) -> None:
    """An older version kept one member, as large as all; whoever opens its build gets the same lines."""
    built, _ = made(project, cache)
    expected, known = held(built), json.loads(built.remembered(RECORD))
    del known["members"]
    text = json.dumps(known)
    (built.path / RECORD).write_text(text, encoding="utf-8")
    built.receipt["kept"][RECORD] = hashlib.sha256(text.encode()).hexdigest()
    said: list[str] = []
    with built.open() as engine:
        assert expected == sorted(feed.lines(built, engine, said.append))
    (told,) = said
    assert f"{RECORD} is from an older version" in told


def test_damage_goes_on_to_edited_builds(project: Project, cache: str) -> None:
    """An edit takes the file as it is, and its hash from the record, so that damage stays damage."""
    first, _ = made(project, cache)
    turned = bytearray((first.path / LINES).read_bytes())
    turned[len(turned) // 2] ^= 1
    (first.path / LINES).write_bytes(turned)
    first.close()
    change(project, *EDITS[0])
    built, _ = made(project, cache)
    assert f"{LINES} is not what was written" == kept.damage(built)


def test_who_stops_reading_stops_the_thread(project: Project, cache: str) -> None:
    """A generator that is closed leaves nothing open; what is read is what a load sends."""
    built, _ = made(project, cache)
    blocks = kept.blocks(built)
    assert next(blocks).endswith(b" .\n")
    blocks.close()  # type: ignore[attr-defined] # it is a generator
    shutil.rmtree(built.path / "store")
    with built.stated() as engine:
        engine.size = built.receipt["counts"]["triples"]
        load = feed.load(built, engine)
        assert b"".join(kept.blocks(built)) == b"".join(load.blocks())
        assert lines(built) == sorted(load.lines())


def test_a_store_is_opened_all_the_same(project: Project, cache: str) -> None:
    """Lines that are lost do not make a build a damaged one, which would be made anew."""
    built, _ = made(project, cache)
    (built.path / LINES).unlink()
    built.close()
    found, why = store.fresh(project, cache)
    assert "" == why
    assert found is not None
