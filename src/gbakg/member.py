"""Members of a gzip file: lines compressed by themselves, which can be copied into another file as they are.

A file has one or more, which simply follow one another (RFC 1952, section 2.2).
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

_GZIP = 31  # with the header and the checksum of gzip
_QUICKEST = 1  # makes a sixteenth of lines, and lets whoever waits for them wait least


@dataclass(frozen=True, slots=True)
class Member:
    """Some lines: how many, and the compressed bytes."""

    count: int
    body: bytes

    @classmethod
    def of(cls, lines: bytes) -> Member:
        r"""Compress lines, each with its line feed.

        >>> Member.of(b"<urn:s> <urn:p> <urn:o> .\n").count
        1
        """
        return cls(lines.count(b"\n"), zlib.compress(lines, _QUICKEST, _GZIP))

    def lines(self) -> bytes:
        """Return the lines.  Raises zlib.error if they are damaged."""
        return zlib.decompress(self.body, _GZIP)
