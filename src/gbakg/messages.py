"""Messages go to stderr, and nothing else depends on them: where nobody can read them, they are lost, and the work goes on.

A log on a full disk, a pipe whose reader has gone, or `2>&-` would else end a build midway, or leave a query without an
answer, with an exit code that says something else.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class Lossy(io.FileIO):
    """A file that takes whatever it is given, and writes what it can."""

    def write(self, data: ReadableBuffer, /) -> int:
        """Write bytes; where that fails, they are lost.  Returns how many are done with."""
        with contextlib.suppress(OSError):
            return super().write(data) or 0
        return memoryview(data).nbytes


def detach() -> None:
    """Have messages written where that is possible, and lost where it is not; call it once, before there are any.

    What stdin, stdout and stderr are where they are closed is taken up by the null device: a store's file would be next.
    """
    for handle in range(3):
        try:
            os.fstat(handle)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # which takes the lowest handle that is free
    former = sys.stderr
    encoding = "utf-8" if former is None else former.encoding
    sink = io.BufferedWriter(Lossy(2, "w", closefd=False))
    sys.stderr = io.TextIOWrapper(sink, encoding, errors="backslashreplace", line_buffering=True)
