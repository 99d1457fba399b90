"""Write the lines of a store's default graph to stdout; run as a script by `feed`, with the store's folder.

What part of it comes on stdin as JSON: null for the whole, or a list of predicates, each with an object or nothing for
all of them.  These are asked for as tables: a term that is the same in all rows is not looked up for each.
"""

import json
import os
import re
import sys

import pyoxigraph
from pyoxigraph import NamedNode, QueryResultsFormat, Triple

_BLOCK = 1 << 19
_TSV = QueryResultsFormat.TSV
_ROW = re.compile(rb'(?m)^(<[^\t\n]*)\t(["<][^\x00-\x1f\x7f]*)$')
_WHOLE = re.compile(rb"(?m)^(<[^\t\n]*)\t(-?[0-9]+)$")
_ESCAPED = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")  # U+FFFE and U+FFFF, which canonical N-Triples escapes


class Sink:
    """A file that takes a table of subjects, and of objects unless there is one for all, and writes lines of N-Triples."""

    def __init__(self, predicate: str, value: str) -> None:
        self._predicate, self._value = predicate, value
        self._middle = predicate.encode().replace(b"\\", rb"\\")
        self._parts: list[bytes] = []
        self._size = 0
        self._headed = False

    def write(self, part: bytes) -> int:
        """Take bytes."""
        self._parts.append(part)
        self._size += len(part)
        if self._size >= _BLOCK:
            self.flush()
        return len(part)

    def flush(self) -> None:
        """Write the rows that have come to their end."""
        block = b"".join(self._parts)
        if not self._headed:
            head, feed, block = block.partition(b"\n")
            self._headed = bool(feed)
            block = block if feed else head
        at = block.rfind(b"\n") + 1 if self._headed else 0
        self._parts, self._size = [block[at:]], len(block) - at
        if at:
            _out(self._lines(block[:at]))

    def _lines(self, rows: bytes) -> bytes:
        """Write rows as lines.  A row that is not as in N-Triples keeps its tab, and is then parsed."""
        if self._value:
            return rows.replace(b"\n", f" {self._predicate} {self._value} .\n".encode())
        lines = rows
        if not any(letter in rows for letter in _ESCAPED):
            lines = _ROW.sub(rb"\1 " + self._middle + rb" \2 .", rows)
            if b"\t" in lines:
                kind = rb'"^^<http://www.w3.org/2001/XMLSchema#integer> .'
                lines = _WHOLE.sub(rb"\1 " + self._middle + rb' "\2' + kind, lines)
        if b"\t" in lines:
            return b"".join(self._line(row) if b"\t" in row else row + b"\n" for row in lines[:-1].split(b"\n"))
        return lines

    def _line(self, row: bytes) -> bytes:
        """Parse a row and write it."""
        ((subject, value),) = pyoxigraph.parse_query_results(b"?s\t?o\n" + row + b"\n", _TSV)  # type: ignore[misc]
        return f"{Triple(subject, NamedNode(self._predicate[1:-1]), value)} .\n".encode()


def _out(block: bytes) -> None:
    view = memoryview(block)
    while view:
        view = view[os.write(1, view) :]


def main() -> None:
    """Read and write; a message on stderr and exit code 1 if the store cannot be read to its end."""
    try:
        store = pyoxigraph.Store.read_only(sys.argv[1])
        parts = json.load(sys.stdin)
        if parts is None:
            with os.fdopen(1, "wb", buffering=1 << 20, closefd=False) as whole:
                store.dump(whole, pyoxigraph.RdfFormat.N_TRIPLES, from_graph=pyoxigraph.DefaultGraph())
        for predicate, value in parts or ():
            sink = Sink(predicate, value)
            what = f"?s WHERE {{ ?s {predicate} {value} }}" if value else f"?s ?o WHERE {{ ?s {predicate} ?o }}"
            store.query(f"SELECT {what}").serialize(sink, _TSV)  # type: ignore[arg-type]
            sink.flush()
    except (OSError, RuntimeError, SyntaxError, ValueError) as error:
        sys.exit(" ".join(str(error).split()) or type(error).__name__)


if __name__ == "__main__":
    main()
