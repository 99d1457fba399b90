"""Files of N-Triples on their way into a store: lines go in, and are counted and hashed; lines come out."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from gbakg.closable import Closable
from gbakg.digest import Digest

BATCH = 10_000


class Spool(Closable):
    """A file that takes lines, each without its line feed; every distinct triple is to be put once.

    `digest`, unless None, takes what is written.  Where the disk is full, an OSError names the file.
    """

    def __init__(self, path: Path, digest: Digest | None = None) -> None:
        self._file = path.open("wb")
        self._digest = digest
        self.count = 0

    def put(self, lines: Iterable[str]) -> None:
        """Write lines, however many."""
        rest = iter(lines)
        while batch := list(islice(rest, BATCH)):
            with _named(self._file.name):
                self._file.write(("\n".join(batch) + "\n").encode())
            self.count += len(batch)
            if self._digest is not None:
                self._digest.extend(batch)

    def clear(self) -> None:
        """Take everything back that was put."""
        if self._digest is not None:
            self._file.flush()
            self._digest.withdraw(lines(Path(self._file.name)))
        self._file.seek(0)
        self._file.truncate()
        self.count = 0

    def flush(self) -> None:
        """Let readers see what was put."""
        with _named(self._file.name):
            self._file.flush()

    def tell(self) -> int:
        """Return how many bytes were written."""
        return self._file.tell()

    def close(self) -> None:
        """Close the file."""
        with _named(self._file.name):
            self._file.close()


@contextlib.contextmanager
def _named(name: str) -> Iterator[None]:
    """Give an error of the operating system the name of the file, which it has only if that could not be opened."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or name
        raise


def lines(path: Path, begin: int = 0, end: int | None = None) -> Iterator[str]:
    """Yield the lines of a file, or of the bytes from `begin` to `end`, which are where lines begin and end."""
    with path.open("rb") as file:
        file.seek(begin)
        for line in file:
            begin += len(line)
            if end is not None and begin > end:
                return
            yield line[:-1].decode()
