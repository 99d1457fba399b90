"""The lines of a build: those of a large one as it keeps them, or else read in processes of their own, while others are sent."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from pyoxigraph import BlankNode, Literal

from gbakg import kept, parcel, terms
from gbakg.digest import Digest, line
from gbakg.engine import Embedded, select
from gbakg.errors import BuildDamaged
from gbakg.member import Member
from gbakg.progress import Say, announce
from gbakg.store import ALL, Build
from gbakg.weigh import cut

LARGE = kept.LARGE
"""Triples from which on another process is worth its start."""

_BLOCK = 1 << 20
_READERS = 3
"""Processes that read: to look terms up takes them longer than a store needs to take the triples."""


_Part = list[tuple[str, str]]
"""Predicates, each with an object, or with nothing for all of its triples."""


def lines(build: Build, engine: Embedded, say: Say = announce) -> Iterator[str]:
    """Yield the lines, as canonical N-Triples, of what holds in a build; in no order.  Raises BuildDamaged."""
    if (engine.size or 0) < LARGE:
        yield from map(line, engine.triples())
    else:
        for block in blocks(build, engine, say):
            yield from block.decode().removesuffix("\n").split("\n")


def blocks(build: Build, engine: Embedded, say: Say = announce, *, quick: bool = False) -> Iterator[bytes]:
    """Yield the same in blocks of bytes that end where a line does.  Raises BuildDamaged.

    A large build keeps them; should they be damaged, `say` is told, and the store is read: then the lines of a subject
    come together, or by predicate, from several processes, if it shall be `quick`.
    """
    yield from kept.blocks(build) if _sound(build, engine, say) else _stored(build, engine, quick=quick)


def packed(build: Build, engine: Embedded, say: Say = announce) -> Iterator[bytes | Member]:
    """Yield the same, but as members what the build keeps, which is compressed already.  Raises BuildDamaged."""
    yield from kept.members(build) if _sound(build, engine, say) else _stored(build, engine, quick=False)


def _sound(build: Build, engine: Embedded, say: Say) -> bool:
    """Tell whether a build keeps lines that are as they were written."""
    if (engine.size or 0) < LARGE or kept.RECORD not in build.receipt.get("kept", ()):
        return False
    damage = kept.damage(build)
    if damage:
        say(f"what the build keeps to be sent is damaged ({damage}): reading its store, which takes longer")
    return not damage


def _stored(build: Build, engine: Embedded, *, quick: bool) -> Iterator[bytes]:
    """Yield the lines of a build's store in blocks: a small one is read here."""
    if (engine.size or 0) < LARGE:
        yield from parcel.blocks(map(line, engine.triples()))
    else:
        yield from _elsewhere(build.path / ALL, engine, quick=quick)


def load(build: Build, engine: Embedded, say: Say = announce) -> parcel.Load:
    """Return what holds in a build as a load, its digest known from the receipt; `say` is told if a part is damaged."""
    known = Digest(build.receipt["digest"], build.receipt["counts"]["triples"])
    return parcel.Load(
        lambda: lines(build, engine, say),
        known,
        lambda quick: blocks(build, engine, say, quick=quick),
        lambda: packed(build, engine, say),
    )


def stated(engine: Embedded) -> parcel.Load:
    """Return what a build states as a load, but for what has a blank node, the ontology's, which is never sent."""

    def lines() -> Iterator[str]:
        triples = engine.stated.triples()
        return (line(one) for one in triples if BlankNode not in (type(one.subject), type(one.object)))

    return parcel.Load(lines)


def _elsewhere(folder: Path, engine: Embedded, *, quick: bool) -> Iterator[bytes]:
    """Yield what a reader writes, or, where it shall be `quick`, several of them, each of a part of the predicates."""
    try:
        parts: list[_Part | None] = [None]
        if quick:
            parts = [*_parts(engine, min(_READERS, max(1, (os.cpu_count() or 1) - 1)))]
    except (OSError, RuntimeError, ValueError) as error:
        raise BuildDamaged(folder, str(error)) from error
    come: queue.Queue[bytes | None] = queue.Queue(4 * len(parts))
    readers = [_reader(folder) for _ in parts]
    threads = [
        threading.Thread(target=_read, args=(reader, part, come), daemon=True)
        for reader, part in zip(readers, parts, strict=True)
    ]
    for thread in threads:
        thread.start()
    going = len(readers)
    try:
        while going:
            block = come.get()
            if block is None:
                going -= 1
            else:
                yield block
        for reader in readers:
            said = cast("IO[bytes]", reader.stderr).read().decode(errors="replace").strip()
            if reader.wait():
                raise BuildDamaged(folder, said or f"its reader ended with {reader.returncode}")
    finally:
        for reader in readers:
            reader.kill()
        while going:  # nobody reads on: the threads end at the end of what they read
            going -= come.get() is None
        for reader, thread in zip(readers, threads, strict=True):
            thread.join()
            reader.wait()
            for pipe in (reader.stdin, reader.stdout, reader.stderr):
                with contextlib.suppress(BrokenPipeError):
                    cast("IO[bytes]", pipe).close()


def _parts(engine: Embedded, count: int) -> list[_Part]:
    """Share predicates out, the types by class, so that each part has about as many triples."""
    kind = f"<{terms.RDF}type>"
    found = [
        (int(cast("Literal", number).value), str(predicate), "")
        for predicate, number in select(engine, "SELECT ?p (COUNT(*) AS ?n) WHERE { ?s ?p ?o } GROUP BY ?p")
        if str(predicate) != kind
    ]
    found += [
        (int(cast("Literal", number).value), kind, str(value))
        for value, number in select(engine, f"SELECT ?o (COUNT(*) AS ?n) WHERE {{ ?s {kind} ?o }} GROUP BY ?o")
    ]
    parts: list[_Part] = [[] for _ in range(count)]
    sizes = [0] * count
    for number, predicate, value in sorted(found, reverse=True):
        least = sizes.index(min(sizes))
        parts[least].append((predicate, value))
        sizes[least] += number
    return parts


def _reader(folder: Path) -> subprocess.Popen[bytes]:
    paths = os.pathsep.join(path for path in sys.path if path)
    return subprocess.Popen(  # noqa: S603 - a script of our own
        [sys.executable, "-P", str(Path(__file__).with_name("reader.py")), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=_BLOCK,
        env={**os.environ, "PYTHONPATH": paths},
    )


def _read(reader: subprocess.Popen[bytes], part: _Part | None, come: queue.Queue[bytes | None]) -> None:
    """Tell a reader its part, and hand on what it writes; None at its end."""
    sink, source = cast("IO[bytes]", reader.stdin), cast("IO[bytes]", reader.stdout)
    try:
        with contextlib.suppress(BrokenPipeError):
            sink.write(json.dumps(part).encode())
            sink.close()
        for block in cut(iter(lambda: source.read(_BLOCK), b"")):
            come.put(block)
    finally:
        come.put(None)
