"""An answer that comes compressed by gzip: all of it, or an error, where others hand on a part as if it were all."""

from __future__ import annotations

import zlib
from collections.abc import Callable

_BLOCK = 1 << 16
_GZIP = 31
"""The window of zlib with gzip's header and trailer."""


class Unpacked:
    """What comes compressed from a source (RFC 1952), which is called for as many bytes as it is given, at most."""

    def __init__(self, source: Callable[[int], bytes]) -> None:
        self._source = source
        self._inflater = zlib.decompressobj(_GZIP)
        self._begun = False

    def read(self, size: int = -1) -> bytes:
        """Read up to `size` bytes, all there are unless it is given.

        Raises EOFError if the source ends too soon, ValueError if it is no gzip or its check is wrong.
        """
        if size < 0:
            return b"".join(iter(lambda: self.read(_BLOCK), b""))
        while size:
            packed = self._more() if self._inflater.eof else self._inflater.unconsumed_tail or self._more()
            if not packed:
                return b""
            try:
                found = self._inflater.decompress(packed, size)
            except zlib.error as error:
                raise ValueError(f"no gzip: {error}") from error
            if found:
                return found
        return b""

    def _more(self) -> bytes:
        """Return what is still to be inflated, nothing at the end."""
        rest = b""
        if self._inflater.eof:  # another member may follow
            rest = self._inflater.unused_data
            self._inflater, self._begun = zlib.decompressobj(_GZIP), False
        packed = rest or self._source(_BLOCK)
        if not packed and self._begun:
            raise EOFError("gzip without its end")
        self._begun = self._begun or bool(packed)
        return packed
