"""The lines of a large build, kept beside its stores: from there they come far faster than a store can look them up.

A file of gzip has those of the last full build, document by document, in members that can be copied as they are.  A
record beside it says how large it is, its SHA-256, the bytes and lines of each member, and which lines edits have taken
out and put in since.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

from gbakg.cache import regular
from gbakg.member import Member
from gbakg.store import Build
from gbakg.weigh import BLOCK, cut

LARGE = 500_000
"""Triples from which on lines are worth their keeping."""

LINES, RECORD = "lines.nt.gz", "lines.json"

Span = tuple[Path, int, int]
"""A file, and where in it lines begin and end, in bytes."""

_MOST = 50_000  # lines of edits, which are read before the first is sent
_MEMBER = BLOCK  # bytes of lines in a member, or up to twice as many: to begin anew so often makes the file 0.3% larger


def write(folder: Path, spans: Iterable[Span]) -> None:
    """Compress lines into the folder of a build; none if one has a blank node, which no push may send.

    One thread does it: it is through long before the store is, which is merged meanwhile.  Raises OSError.
    """
    size, digest = 0, hashlib.sha256()
    members: list[tuple[int, int]] = []
    named = True
    with (folder / LINES).open("xb") as file:
        for block in _gather(_read(spans)):
            named = not (block.startswith(b"_:") or b"\n_:" in block or b"> _:" in block)
            if not named:
                break
            member = Member.of(block)
            size += file.write(member.body)
            digest.update(member.body)
            members.append((len(member.body), member.count))
    if not named:
        (folder / LINES).unlink()
        return
    known = {"size": size, "sha256": digest.hexdigest(), "members": members, "removed": [], "added": []}
    _record(folder, known)


def _gather(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Join blocks, so that each, but for the last, has as many bytes as a member at least."""
    found: list[bytes] = []
    size = 0
    for block in blocks:
        found.append(block)
        size += len(block)
        if size >= _MEMBER:
            yield b"".join(found)
            found, size = [], 0
    if found:
        yield b"".join(found)


def _read(spans: Iterable[Span]) -> Iterator[bytes]:
    """Yield what stands there, in blocks that end where a line does."""
    files: dict[Path, IO[bytes]] = {}
    with contextlib.ExitStack() as stack:
        for path, begin, end in spans:
            if path not in files:
                files[path] = stack.enter_context(path.open("rb"))
            files[path].seek(begin)
            yield from cut(_span(files[path], end - begin))


def _span(file: IO[bytes], left: int) -> Iterator[bytes]:
    while left:
        block = file.read(min(left, BLOCK))
        if not block:
            raise OSError(errno.EIO, f"{left:,} bytes of {file.name} are not there")
        left -= len(block)
        yield block


def carry(former: Build, folder: Path, removed: Collection[str], added: Collection[str]) -> None:
    """Carry the lines of a former build over to one that differs from it, if it has them and the disk can share files.

    `removed` are taken out first, `added` are put in then; nothing is kept where edits have grown too many.
    """
    text = former.remembered(RECORD)
    if not text:
        return
    known = json.loads(text)
    gone, came = {*removed} - {*added}, {*added} - {*removed}
    out, more = {*known["removed"]}, {*known["added"]}
    known["removed"] = sorted((out - came) | (gone - more))
    known["added"] = sorted((more - gone) | (came - out))
    if len(known["removed"]) + len(known["added"]) <= _MOST:
        with contextlib.suppress(OSError):
            (folder / LINES).hardlink_to(former.path / LINES)
            _record(folder, known)


def _record(folder: Path, known: dict[str, Any]) -> None:
    (folder / RECORD).write_text(json.dumps(known, ensure_ascii=False), encoding="utf-8", newline="\n")


def damage(build: Build) -> str:
    """Say what is wrong with the lines that a build keeps, all of which are read; nothing if they are as written."""
    text = build.remembered(RECORD)
    if not text:
        return f"{RECORD} is not what was written"
    known = json.loads(text)
    if "members" not in known:
        return f"{RECORD} is from an older version"
    try:
        with open(build.path / LINES, "rb", opener=regular) as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
    except OSError as error:
        return f"{LINES}: {error.strerror}"
    if size != known["size"]:
        return f"{LINES} has {size:,} bytes instead of {known['size']:,}"
    return "" if found == known["sha256"] else f"{LINES} is not what was written"


def members(build: Build) -> Iterator[Member]:
    """Yield the lines as members: as they were written, but for those that an edit took lines out of.

    Call `damage` first: what is damaged raises OSError, ValueError or zlib.error, and not before the damage.
    """
    known = json.loads(build.remembered(RECORD))
    removed = {text.encode() for text in known["removed"]}
    with (build.path / LINES).open("rb") as file:
        for size, count in known["members"]:
            member = _without(Member(count, file.read(size)), removed)
            if member.count:
                yield member
    if known["added"]:
        yield Member.of("\n".join([*known["added"], ""]).encode())


def blocks(build: Build) -> Iterator[bytes]:
    """Yield the same in blocks that end where a line does; the next one is made while one is used."""
    yield from _ahead(member.lines() for member in members(build))


def _without(member: Member, removed: set[bytes]) -> Member:
    if not removed:
        return member
    lines = member.lines().split(b"\n")
    if removed.isdisjoint(lines):
        return member
    return Member.of(b"\n".join(line for line in lines if line not in removed))


def _ahead(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield blocks, the next one made by a thread in the meantime."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, blocks, b"")
        while block := coming.result():
            coming = pool.submit(next, blocks, b"")
            yield block
