"""Hash the lines of a graph as it comes: as they stand where they are canonical, parsed only where they are not.

Run as a script by `Scales`: it weighs what comes on stdin, and writes what it found as JSON.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import compress
from pathlib import Path
from typing import IO, cast

import pyoxigraph
from pyoxigraph import Literal, RdfFormat, Triple

from gbakg.closable import Closable
from gbakg.digest import Digest, line
from gbakg.forms import canonical, whole

BLOCK = 1 << 20
LARGE = 200_000
"""Triples from which on other processes are worth their start."""

_HELPERS = 3
"""Processes that hash: more of them wait for what the store sends."""

_XSD = rb"http://www\.w3\.org/2001/XMLSchema#"
_IRI = rb'<[^\x00-\x20\\<>"]*>'
_LETTERS = rb'[^\x00-\x1f\x7f"\\]*'
_PLAIN = re.compile(
    rb"%(iri)b %(iri)b (?:%(iri)b|"
    rb'"%(letters)b(?:\\["\\nrt]%(letters)b)*"'
    rb"(?:@[a-z0-9-]+|\^\^(?!<%(xsd)b(?:string|integer|decimal|boolean|dateTime)>)%(iri)b)?|"
    rb'"(?:0|-?[1-9][0-9]*)"\^\^<%(xsd)binteger>|'
    rb'"-?(?:0|[1-9][0-9]*)\.[0-9]*[1-9]"\^\^<%(xsd)bdecimal>|'
    rb'"(?:true|false)"\^\^<%(xsd)bboolean>|'
    rb'"[0-9T:.+-]+(?<![+-]00:00)Z?"\^\^<%(xsd)bdateTime>) \.' % {b"iri": _IRI, b"letters": _LETTERS, b"xsd": _XSD}
).fullmatch
"""A line that is canonical N-Triples, with a literal that `forms` would leave as it is: it needs no parser."""

_ESCAPED = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")  # U+FFFE and U+FFFF, which canonical N-Triples escapes


@dataclass(slots=True)
class Weight:
    """What was weighed: its digest in canonical form, and once more as stores are compared, whole decimals as integers.

    `changed` has a term for each kind of change, as it came and as it is compared.
    """

    exact: Digest = field(default_factory=Digest)
    compared: Digest = field(default_factory=Digest)
    changed: dict[str, tuple[str, str]] = field(default_factory=dict)

    def lines(self, block: bytes) -> None:
        """Weigh a block of N-Triples that ends where a line does.  Raises SyntaxError, ValueError if it is none."""
        parts = block.split(b"\n")
        if any(letter in block for letter in _ESCAPED):
            odd, parts = parts, []
        else:
            found = list(map(_PLAIN, parts))
            odd = [one for one, plain in zip(parts, found, strict=True) if one and not plain]
            parts = list(compress(parts, found))
        plain = Digest()
        plain.pour(parts)
        self.exact.join(plain)
        self.compared.join(plain)
        if odd:
            self.triples(quad.triple for quad in pyoxigraph.parse(b"\n".join(odd), format=RdfFormat.N_TRIPLES))

    def triples(self, triples: Iterable[Triple]) -> None:
        """Weigh triples in whatever form they came."""
        for triple in triples:
            form = canonical(triple.object)
            self.exact.add(line(Triple(triple.subject, triple.predicate, form)))
            self.compared.add(compared(triple, self.changed))

    def join(self, other: Weight) -> None:
        """Put the weight of other triples to this one."""
        self.exact.join(other.exact)
        self.compared.join(other.compared)
        self.changed = {**other.changed, **self.changed}


def compared(triple: Triple, changed: dict[str, tuple[str, str]]) -> str:
    """Return a triple's line as it is compared; notes a kind of change when it comes first."""
    value = triple.object
    form = whole(canonical(value))
    if form != value:
        kind = f"@{value.language}" if isinstance(value, Literal) and value.language else ""
        if isinstance(value, Literal) and not kind:
            kind = value.datatype.value
        changed.setdefault(kind, (str(value), str(form)))
    return line(Triple(triple.subject, triple.predicate, form))


def cut(read: Iterable[bytes]) -> Iterator[bytes]:
    """Yield blocks anew, so that each ends where a line does, the last one as it is."""
    rest = b""
    for block in read:
        at = block.rfind(b"\n") + 1
        if at:
            yield rest + block[:at]
            rest = block[at:]
        else:
            rest += block
    if rest:
        yield rest


class Scales(Closable):
    """What weighs one block after the other: here, or, of a `large` graph, in processes that hash side by side."""

    def __init__(self, *, large: bool) -> None:
        self.count = 0
        """Lines that were put on."""
        self._weight = Weight()
        self._helpers = [_helper() for _ in range(min(_HELPERS, max(1, (os.cpu_count() or 1) - 1)))] if large else []
        self._turn = 0

    def put(self, block: bytes) -> None:
        """Weigh a block that ends where a line does.  Raises SyntaxError, ValueError if it is no N-Triples."""
        self.count += block.count(b"\n")
        if not self._helpers:
            self._weight.lines(block)
            return
        self._turn = (self._turn + 1) % len(self._helpers)
        helper = self._helpers[self._turn]
        try:
            view = memoryview(block)
            while view:
                view = view[cast("IO[bytes]", helper.stdin).write(view) :]
        except BrokenPipeError:
            self._told(helper)

    def weight(self) -> Weight:
        """Return what all blocks weigh.  Raises SyntaxError, ValueError if one was no N-Triples."""
        for helper in self._helpers:
            with contextlib.suppress(BrokenPipeError):
                cast("IO[bytes]", helper.stdin).close()
        for helper in self._helpers:
            exact, compared, changed = json.loads(self._told(helper))
            self._weight.join(Weight(Digest(*exact), Digest(*compared), {kind: (a, b) for kind, (a, b) in changed}))
        return self._weight

    def _told(self, helper: subprocess.Popen[bytes]) -> bytes:
        told = cast("IO[bytes]", helper.stdout).read()
        if helper.wait():
            raise ValueError(told.decode(errors="replace").strip() or f"a process ended with {helper.returncode}")
        return told

    def close(self) -> None:
        """End the processes."""
        for helper in self._helpers:
            helper.kill()
            for pipe in (helper.stdin, helper.stdout):
                with contextlib.suppress(BrokenPipeError):
                    cast("IO[bytes]", pipe).close()
            helper.wait()
        self._helpers = []


def _helper() -> subprocess.Popen[bytes]:
    paths = os.pathsep.join(path for path in sys.path if path)
    helper = subprocess.Popen(  # noqa: S603 - a script of our own
        [sys.executable, "-P", str(Path(__file__))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
        env={**os.environ, "PYTHONPATH": paths},
    )
    # Room for a block, so that the next goes to another process meanwhile.  Not all systems know it, or allow it.
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(cast("IO[bytes]", helper.stdin), fcntl.F_SETPIPE_SZ, BLOCK)
    return helper


def main() -> None:
    """Weigh what comes on stdin and write it to stdout, or a message and exit code 1."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started this process ends it
    weight = Weight()
    try:
        for block in cut(iter(lambda: os.read(0, BLOCK), b"")):
            weight.lines(block)
    except (SyntaxError, ValueError) as error:
        sys.stdout.write(" ".join(str(error).split()))
        sys.stdout.flush()
        sys.exit(1)
    digests = [(one.hex, one.count) for one in (weight.exact, weight.compared)]
    json.dump([*digests, list(weight.changed.items())], sys.stdout)


if __name__ == "__main__":
    main()
