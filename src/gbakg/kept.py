"""The lines of a large build, kept beside its stores: from there they come far faster than a store can look them up.

A file of gzip has those of the last full build, document by document.  A record beside it says how large it is, its
SHA-256, and which lines edits have taken out and put in since.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import zlib
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import IO, Any

from gbakg.store import Build
from gbakg.weigh import BLOCK, cut

LARGE = 500_000
"""Triples from which on lines are worth their keeping."""

LINES, RECORD = "lines.nt.gz", "lines.json"

Span = tuple[Path, int, int]
"""A file, and where in it lines begin and end, in bytes."""

_MOST = 50_000  # lines of edits, which are read before the first is sent
_CHUNK = 1 << 16


def write(folder: Path, spans: Iterable[Span]) -> None:
    """Compress lines into the folder of a build; none if one has a blank node, which no push may send.

    The quickest level makes a sixteenth of them.  Raises OSError.
    """
    squeeze = zlib.compressobj(1, zlib.DEFLATED, 31)  # 31: with the header and the checksum of gzip
    size, digest = 0, hashlib.sha256()
    named = True
    with (folder / LINES).open("xb") as file:
        for block in chain(_read(spans), (b"",)):
            named = not (block.startswith(b"_:") or b"\n_:" in block or b"> _:" in block)
            if not named:
                break
            body = squeeze.compress(block) if block else squeeze.flush()
            size += file.write(body)
            digest.update(body)
    if not named:
        (folder / LINES).unlink()
        return
    _record(folder, {"size": size, "sha256": digest.hexdigest(), "removed": [], "added": []})


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
    try:
        with (build.path / LINES).open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
    except OSError as error:
        return f"{LINES}: {error.strerror}"
    if size != known["size"]:
        return f"{LINES} has {size:,} bytes instead of {known['size']:,}"
    return "" if found == known["sha256"] else f"{LINES} is not what was written"


def blocks(build: Build) -> Iterator[bytes]:
    """Yield the lines in blocks that end where a line does; the next one is made while one is used.

    Call `damage` first: what is damaged raises OSError, ValueError or zlib.error, and not before the damage.
    """
    known = json.loads(build.remembered(RECORD))
    removed = {text.encode() for text in known["removed"]}
    lines = cut(_inflate(build.path / LINES))
    yield from _ahead(_without(lines, removed) if removed else lines)
    if known["added"]:
        yield "\n".join([*known["added"], ""]).encode()


def _inflate(path: Path) -> Iterator[bytes]:
    inflate = zlib.decompressobj(31)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield inflate.decompress(chunk)
    if not inflate.eof:
        raise ValueError(f"{path.name} is cut short")


def _without(blocks: Iterable[bytes], removed: set[bytes]) -> Iterator[bytes]:
    for block in blocks:
        rest = b"\n".join(line for line in block.split(b"\n") if line not in removed)
        if rest:
            yield rest


def _ahead(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield blocks, the next one made by a thread in the meantime."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, blocks, b"")
        while block := coming.result():
            coming = pool.submit(next, blocks, b"")
            yield block
