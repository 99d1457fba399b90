"""Triples on their way to a store: how many there are, and the bodies of the requests that carry them."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Iterator

from gbakg.digest import Digest
from gbakg.errors import InputError, Problem
from gbakg.member import Member
from gbakg.weigh import LARGE, Scales, Weight

_BLOCK = 1 << 18


class Load:
    """What is to be sent: `lines` makes its lines of canonical N-Triples anew each time.

    `bytes` makes the same in blocks, `packed` in blocks or, where they are compressed already, in members.
    Where count and digest are known (`known`, of the lines as they are), nothing is read before the first is sent, and
    nothing is hashed on the way; otherwise all is measured at once.  Raises InputError if there is a blank node: a store
    names it as it likes, so that nothing could be compared, and some take none at all.
    """

    def __init__(
        self,
        lines: Callable[[], Iterable[str]],
        known: Digest | None = None,
        bytes: Callable[[bool], Iterable[bytes]] | None = None,  # noqa: A002 - it is what they are
        packed: Callable[[], Iterable[bytes | Member]] | None = None,
    ) -> None:
        self._lines, self._bytes, self._packed, self._known = lines, bytes, packed, known
        self._weight: Weight | None = None
        self._size: int | None = None
        if known is None:
            self._weigh()

    def lines(self) -> Iterator[str]:
        """Yield the lines, from the first."""
        for text in self._lines():
            if "_:" in text:
                _blank(text)
            yield text

    def blocks(self, *, quick: bool = False) -> Iterator[bytes]:
        """Yield the lines, each with its line feed, in blocks of bytes that end where a line does.

        Those of one subject come together, if they can, unless it shall be `quick`.
        """
        if self._bytes is None:
            yield from blocks(self.lines())
            return
        yield from map(_named, self._bytes(quick))

    def packed(self) -> Iterator[bytes | Member]:
        """Yield the same, but as members, which have no blank node, what is compressed already."""
        if self._packed is None:
            yield from self.blocks()
            return
        for part in self._packed():
            yield part if isinstance(part, Member) else _named(part)

    def holds(self, weight: Weight) -> bool:
        """Tell whether what was weighed is this, whatever form a store gave to its values."""
        if self._known is not None and weight.exact == self._known:
            return True
        return weight.compared.count == self.count and weight.compared == self.digest

    def _weigh(self) -> Weight:
        if self._weight is None:
            size = 0
            with Scales(large=self._known is not None and self._known.count >= LARGE) as scales:
                for block in self.blocks(quick=True):
                    scales.put(block)
                    size += len(block)
                self._weight, self._size = scales.weight(), size
            if self._known is not None and self._weight.exact != self._known:
                message = "the build here does not hold what its receipt says; `gbakg build --force` makes it anew"
                raise InputError([Problem("", message)])
        return self._weight

    def compared(self) -> Iterator[str]:
        """Yield the lines as they are compared with a store's."""
        return map(compared, self.lines())

    @property
    def digest(self) -> Digest:
        """The digest of the lines as they are compared with a store's."""
        return self._weigh().compared

    @property
    def name(self) -> str:
        """The digest by which people know the lines: the one that is known, as 64 hexadecimal digits."""
        return (self._known or self.digest).hex

    @property
    def size(self) -> int:
        """How many bytes the lines have."""
        if self._size is None:
            self._size = sum(map(len, self.blocks(quick=True)))
        return self._size

    @property
    def count(self) -> int:
        """How many triples there are."""
        return (self._known or self.digest).count


def compared(text: str) -> str:
    """Return a line as it is compared: with a whole decimal as the integer that some stores make of it.

    >>> compared('<urn:s> <urn:p> "120"^^<http://www.w3.org/2001/XMLSchema#decimal> .')
    '<urn:s> <urn:p> "120"^^<http://www.w3.org/2001/XMLSchema#integer> .'
    """
    return _WHOLE.sub(r'"\1"^^<http://www.w3.org/2001/XMLSchema#integer> .', text) if text.endswith(_END) else text


def pointed(block: bytes) -> bytes:
    r"""Return a block of lines with a point in every whole decimal, which is the same value.

    >>> pointed(b'<urn:s> <urn:p> "120"^^<http://www.w3.org/2001/XMLSchema#decimal> .\n')
    b'<urn:s> <urn:p> "120.0"^^<http://www.w3.org/2001/XMLSchema#decimal> .\n'
    """
    return _LONE.sub(rb' "\1.0"', block)


_LONE = re.compile(rb' "([+-]?[0-9]+)"(?=\^\^<http://www\.w3\.org/2001/XMLSchema#decimal> \.\n)')
_END = "^^<http://www.w3.org/2001/XMLSchema#decimal> ."
_WHOLE = re.compile(rf'"(-?[0-9]+)"{re.escape(_END)}$')


def _named(block: bytes) -> bytes:
    """Return a block as it is.  Raises InputError if a line of it has a blank node."""
    if block.startswith(b"_:") or b"\n_:" in block or b"> _:" in block:
        for text in block.decode().split("\n"):
            _blank(text)
    return block


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


def blocks(lines: Iterable[str]) -> Iterator[bytes]:
    """Yield lines, each with a line feed, in blocks of bytes."""
    block: list[str] = []
    size = 0
    for text in lines:
        block.append(text)
        size += len(text)
        if size >= _BLOCK:
            yield "\n".join([*block, ""]).encode()
            block, size = [], 0
    if block:
        yield "\n".join([*block, ""]).encode()


def stream(blocks: Iterable[bytes], *, gzip: bool, progress: Callable[[int], None]) -> Iterator[bytes]:
    """Yield blocks of lines, compressed if the store takes that; `progress` is told how many lines have gone."""
    squeeze = zlib.compressobj(1, zlib.DEFLATED, 31) if gzip else None  # 31: with the header of gzip
    count = 0
    for block in blocks:
        count += block.count(b"\n")
        body = block if squeeze is None else squeeze.compress(block)
        if body:  # an empty chunk would end the request
            yield body
        progress(count)
    if squeeze is not None:
        yield squeeze.flush()


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
    """Return the update that adds lines to a graph, the default graph unless one is named; see `spelled`."""
    body = "\n".join(map(spelled, lines))
    return f"INSERT DATA {{ GRAPH <{graph}> {{\n{body}\n}} }}" if graph else f"INSERT DATA {{\n{body}\n}}"


def spelled(text: str) -> str:
    r"""Return N-Triples as SPARQL shall have them.

    Before it parses, an engine may expand `\u` and four digits wherever they stand (SPARQL 1.1 Query, section 19.2),
    even where the backslash is itself escaped; so the letter after an escaped backslash is written as an escape.
    """
    return _ESCAPE.sub(_spelled, text)


_ESCAPE = re.compile(r"\\\\[uU]|\\.")


def _spelled(found: re.Match[str]) -> str:
    text = found[0]
    return f"\\\\\\U{ord(text[2]):08X}" if len(text) == 3 else text
