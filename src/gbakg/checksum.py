"""Checksums of a small store's files, which are compared before the store is asked anything.

RocksDB finds a damaged block when it reads it, and its error reaches whoever reads rows.  But what a query asks inside of
FILTER (NOT) EXISTS takes an error for a match, and a join gathers the same error again and again until memory is used up
(seen with pyoxigraph 0.5.13): a wrong answer, or none.  To read 4 MB takes 2 ms.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from pathlib import Path

SMALL = 1 << 24
"""Bytes of a store, some 120,000 triples, up to which its files are compared whenever it is opened."""


def take(folder: Path, names: Mapping[str, int]) -> dict[str, int]:
    """Return the CRC-32 of files in a folder; `names` has their sizes.  Nothing if they are large.  Raises OSError."""
    return {name: _sum(folder / name) for name in names} if sum(names.values()) <= SMALL else {}


def differing(folder: Path, known: Mapping[str, int]) -> str:
    """Say which file is not what was written, by the CRC-32 that `take` returned; nothing if all are."""
    for name, expected in known.items():
        try:
            found = _sum(folder / name)
        except OSError as error:
            return f"{name}: {error.strerror}"
        if found != expected:
            return f"{name} is not what was written"
    return ""


def _sum(path: Path) -> int:
    return zlib.crc32(path.read_bytes())
