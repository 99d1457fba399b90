"""The lines of a build: those of a large one read in a process of its own, so that they come while others are sent."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from gbakg import parcel
from gbakg.digest import Digest, line
from gbakg.engine import Embedded
from gbakg.errors import BuildDamaged
from gbakg.store import ALL, Build
from gbakg.weigh import cut

LARGE = 500_000
"""Triples from which on another process is worth its start."""

_BLOCK = 1 << 20


def lines(build: Build, engine: Embedded) -> Iterator[str]:
    """Yield the lines, as canonical N-Triples, of what holds in a build; in no order.  Raises BuildDamaged."""
    if (engine.size or 0) < LARGE:
        yield from map(line, engine.triples())
    else:
        for block in _elsewhere(build.path / ALL):
            yield from block.decode().removesuffix("\n").split("\n")


def blocks(build: Build, engine: Embedded) -> Iterator[bytes]:
    """Yield the same in blocks of bytes that end where a line does.  Raises BuildDamaged."""
    if (engine.size or 0) < LARGE:
        yield from parcel.blocks(map(line, engine.triples()))
    else:
        yield from _elsewhere(build.path / ALL)


def load(build: Build, engine: Embedded) -> parcel.Load:
    """Return what holds in a build as a load, its digest known from the receipt."""
    known = Digest(build.receipt["digest"], build.receipt["counts"]["triples"])
    return parcel.Load(lambda: lines(build, engine), known, lambda: blocks(build, engine))


def _elsewhere(folder: Path) -> Iterator[bytes]:
    paths = os.pathsep.join(path for path in sys.path if path)
    with subprocess.Popen(  # noqa: S603 - a script of our own
        [sys.executable, "-P", str(Path(__file__).with_name("reader.py")), str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": paths},
    ) as process:
        output, messages = cast("IO[bytes]", process.stdout), cast("IO[bytes]", process.stderr)
        try:
            yield from cut(iter(lambda: output.read1(_BLOCK), b""))  # type: ignore[attr-defined] # it is buffered
            said = messages.read().decode(errors="replace").strip()
            if process.wait():
                raise BuildDamaged(folder, said or f"its reader ended with {process.returncode}")
        finally:
            if process.poll() is None:  # nobody reads on
                process.kill()
