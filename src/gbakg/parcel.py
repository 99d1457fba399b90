"""Triples on their way to a store: how many there are, and the bodies of the requests that carry them."""

from __future__ import annotations

import re
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from gbakg.digest import Digest
from gbakg.errors import InputError, Problem

_BLOCK = 1 << 18
_TOGETHER = 1_000
"""Lines that are measured at once."""


class Load:
    """What is to be sent: `lines` makes its lines of canonical N-Triples anew each time.

    It is measured at once, or, where it is known how many triples there are (`count`), when the lines are first read to
    their end: as they are sent.  Then no pass is needed before the first is sent.  Raises InputError if there is a blank
    node: a store names it as it likes, so that nothing could be compared, and some take none at all.
    """

    def __init__(self, lines: Callable[[], Iterable[str]], count: int | None = None) -> None:
        self._make = lines
        self._measured = False
        self._digest, self._size = Digest(count=count or 0), 0
        if count is None:
            self._measure()

    def lines(self) -> Iterable[str]:
        """Return the lines, from the first; reading them to their end measures them."""
        return self._make() if self._measured else self._noting()

    def _noting(self) -> Iterator[str]:
        digest, size = Digest(), 0
        lines = iter(self._make())
        while block := list(islice(lines, _TOGETHER)):
            together = "\n".join(block)
            if "_:" in together:
                for text in block:
                    _blank(text)
            digest.extend(map(compared, block))
            size += len(together.encode()) + 1
            yield from block
        self._digest, self._size, self._measured = digest, size, True

    def _measure(self) -> None:
        if not self._measured:
            deque(self._noting(), maxlen=0)

    def compared(self) -> Iterator[str]:
        """Yield the lines as they are compared with a store's."""
        return map(compared, self.lines())

    @property
    def digest(self) -> Digest:
        """The digest of the lines as they are compared with a store's."""
        self._measure()
        return self._digest

    @property
    def size(self) -> int:
        """How many bytes the lines have."""
        self._measure()
        return self._size

    @property
    def count(self) -> int:
        """How many triples there are."""
        return self._digest.count


def compared(text: str) -> str:
    """Return a line as it is compared: with a whole decimal as the integer that some stores make of it.

    >>> compared('<urn:s> <urn:p> "120"^^<http://www.w3.org/2001/XMLSchema#decimal> .')
    '<urn:s> <urn:p> "120"^^<http://www.w3.org/2001/XMLSchema#integer> .'
    """
    return _WHOLE.sub(r'"\1"^^<http://www.w3.org/2001/XMLSchema#integer> .', text) if text.endswith(_END) else text


_END = "^^<http://www.w3.org/2001/XMLSchema#decimal> ."
_WHOLE = re.compile(rf'"(-?[0-9]+)"{re.escape(_END)}$')


def _blank(text: str) -> None:
    """Raise InputError if a line has a blank node, not just a text that looks like one."""
    subject, _, rest = text.partition(" ")
    value = rest.partition(" ")[2]
    if subject.startswith("_:") or value.startswith("_:"):
        node = subject if subject.startswith("_:") else value.removesuffix(" .")
        message = f"{node} is a blank node, which stores rename and some refuse; give it an IRI"
        raise InputError([Problem("", message)])


def bare(text: str) -> str:
    """Return a line of N-Triples as one of Turtle, with an integer as a bare number.

    >>> bare('<urn:s> <urn:p> "120"^^<http://www.w3.org/2001/XMLSchema#integer> .')
    '<urn:s> <urn:p> 120 .'
    """
    return _INTEGER.sub(r"\1 .", text) if text.endswith(_INTEGERS) else text


_INTEGERS = "^^<http://www.w3.org/2001/XMLSchema#integer> ."
_INTEGER = re.compile(rf'"([+-]?[0-9]+)"{re.escape(_INTEGERS)}$')


def stream(lines: Iterable[str], *, gzip: bool, progress: Callable[[int], None]) -> Iterator[bytes]:
    """Yield lines in blocks of bytes, compressed if the store takes that; `progress` is told how many have gone."""
    squeeze = zlib.compressobj(1, zlib.DEFLATED, 31) if gzip else None  # 31: with the header of gzip
    block: list[str] = []
    size = count = 0
    for text in lines:
        block.append(text)
        size += len(text)
        if size >= _BLOCK:
            count += len(block)
            yield from _packed(block, squeeze)
            progress(count)
            block, size = [], 0
    yield from _packed(block, squeeze)
    if squeeze is not None:
        yield squeeze.flush()
    progress(count + len(block))


def _packed(block: list[str], squeeze: zlib._Compress | None) -> Iterator[bytes]:
    body = "\n".join([*block, ""]).encode()
    if squeeze is not None:
        body = squeeze.compress(body)
    if body:  # an empty chunk would end the request
        yield body


def pieces(lines: Iterable[str], count: int, size: int) -> Iterator[list[str]]:
    """Cut lines into pieces of at most `count` lines and `size` bytes (0 for any size), each of at least one line."""
    piece: list[str] = []
    weight = 0
    for text in lines:
        more = len(text.encode()) + 1
        if piece and (len(piece) >= count or (size and weight + more > size)):
            yield piece
            piece, weight = [], 0
        piece.append(text)
        weight += more
    if piece:
        yield piece


def insertion(lines: Iterable[str], graph: str) -> str:
    r"""Return the update that adds lines to a graph, the default graph unless one is named.

    Before it parses, an engine may expand `\u` and four digits wherever they stand (SPARQL 1.1 Query, section 19.2),
    even where the backslash is itself escaped; so the letter after an escaped backslash is written as an escape.
    """
    body = "\n".join(_ESCAPE.sub(_spelled, text) for text in lines)
    return f"INSERT DATA {{ GRAPH <{graph}> {{\n{body}\n}} }}" if graph else f"INSERT DATA {{\n{body}\n}}"


_ESCAPE = re.compile(r"\\\\[uU]|\\.")


def _spelled(found: re.Match[str]) -> str:
    text = found[0]
    return f"\\\\\\U{ord(text[2]):08X}" if len(text) == 3 else text
