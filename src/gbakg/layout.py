"""Lay out what the library writes on few lines: Turtle, TriG and RDF/XML, with the prefixes that are used, sorted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import IO

import pyoxigraph
from pyoxigraph import NamedNode, Quad, RdfFormat, Triple

from gbakg import terms
from gbakg.errors import BadParameter
from gbakg.selection import Block


def write(blocks: Callable[[], Iterable[Block]], sink: IO[bytes], form: str) -> None:
    """Write blocks of triples as Turtle (ttl) or RDF/XML (rdf); `blocks` is called twice, once for the prefixes.

    Raises BadParameter, before anything is written, for what RDF/XML cannot hold.
    """
    names = prefixes(blocks() if form == "ttl" else _fit(blocks()))
    ordered = (triple for block in blocks() for triple in (block.triples if form == "ttl" else _named(block.triples)))
    tidy: _Turtle | _Xml = _Turtle(sink, names) if form == "ttl" else _Xml(sink, names)
    kind = RdfFormat.TURTLE if form == "ttl" else RdfFormat.RDF_XML
    pyoxigraph.serialize(ordered, tidy, kind, prefixes=names)  # type: ignore[arg-type]
    tidy.end()


def trig(quads: Iterable[Quad], sink: IO[bytes], prefixes: Mapping[str, str]) -> None:
    """Write quads as TriG, with the prefixes that they use."""
    tidy = _Turtle(sink, prefixes)
    pyoxigraph.serialize(quads, tidy, RdfFormat.TRIG, prefixes=prefixes)  # type: ignore[arg-type]
    tidy.end()


_START = "A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
_QNAME = re.compile(rf"[{_START}][-.0-9\u00b7\u0300-\u036f\u203f\u2040{_START}]*\Z")
"""The end of an IRI that can be the name of an XML element (Namespaces in XML 1.0, section 4)."""
_RESERVED = {
    terms.RDF + name
    for name in (
        *("RDF", "ID", "about", "parseType", "resource", "nodeID", "datatype", "Description", "li"),
        *("aboutEach", "aboutEachPrefix", "bagID"),
    )
}
"""Names that are syntax in RDF/XML (sections 5.1 and 6.1.1 to 6.1.5), and no properties."""


def _fits(term: object) -> bool:
    return isinstance(term, NamedNode) and term.value not in _RESERVED and bool(_QNAME.search(term.value))


def _fit(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield blocks that RDF/XML can hold; raise BadParameter for a name or a character that XML does not have."""
    for block in blocks:
        before = None
        for triple in _named(block.triples):
            subject, predicate, value = triple
            element = value if predicate == terms.TYPE and subject != before else predicate
            before = subject
            if not _fits(element):
                raise BadParameter("format", f"one that can hold the name {element}, such as ttl", "rdf")
            found = re.search(terms.NOT_XML, value.value) if isinstance(value, pyoxigraph.Literal) else None
            if found is not None:
                raise BadParameter("format", f"one that can hold U+{ord(found[0]):04X}, such as ttl", "rdf")
        yield block


def _named(triples: list[Triple]) -> list[Triple]:
    """Put a type first that can be the name of an XML element: the library makes one of the first type it meets."""
    if triples[0].predicate != terms.TYPE:
        return triples

    def rank(triple: Triple) -> int:
        if triple.predicate != terms.TYPE:
            return 1
        return 0 if _fits(triple.object) else 2

    return sorted(triples, key=rank)


# --- prefixes ------------------------------------------------------------------------------------------------------

_BY_NAMESPACE = {namespace: prefix for prefix, namespace in terms.PREFIXES.items()}
_NAMESPACE = re.compile("|".join(re.escape(namespace) for namespace in sorted(_BY_NAMESPACE, key=len, reverse=True)))
_BARE = {terms.XSD + name: re.compile(form) for name, form in (("integer", r"[+-]?\d+"), ("decimal", r"[+-]?\d*\.\d+"))}
"""Literals that Turtle writes without their datatype, so that they need no prefix."""


def prefixes(blocks: Iterable[Block]) -> dict[str, str]:
    """Return the prefixes, of those in terms.PREFIXES, that the IRIs of some triples need, sorted."""
    found: set[str] = set()

    def note(iri: str) -> None:
        match = _NAMESPACE.match(iri)
        if match:
            found.add(match[0])

    for block in blocks:
        if block.graph is not None:
            note(block.graph.value)
        for triple in block.triples:
            for term in triple:
                if isinstance(term, NamedNode):
                    if term != terms.TYPE:  # written as `a`
                        note(term.value)
                elif isinstance(term, pyoxigraph.Literal) and term.language is None:
                    datatype = term.datatype.value
                    bare = datatype in _BARE and _BARE[datatype].fullmatch(term.value)
                    if not bare and datatype not in (terms.XSD + "string", terms.XSD + "boolean"):
                        note(datatype)
    return dict(sorted((_BY_NAMESPACE[namespace], namespace) for namespace in found))


# --- layout --------------------------------------------------------------------------------------------------------


class _Lines:
    """A sink that hands on what is written to it line by line."""

    def __init__(self, sink: IO[bytes]) -> None:
        self._sink = sink
        self._rest = b""

    def write(self, data: bytes) -> int:
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            self._line(line)
        return len(data)

    def flush(self) -> None:
        pass

    def end(self) -> None:
        """Write what came after the last line feed."""
        if self._rest:
            self._line(self._rest)
            self._rest = b""

    def _line(self, line: bytes) -> None:
        raise NotImplementedError


class _Turtle(_Lines):
    """Lay Turtle and TriG out: prefixes sorted, four spaces, a blank line between subjects.

    The library escapes line feeds and tabs inside literals, so that every line is a line of syntax.
    """

    def __init__(self, sink: IO[bytes], prefixes: Mapping[str, str]) -> None:
        super().__init__(sink)
        self._before = b""
        for prefix, namespace in prefixes.items():
            sink.write(f"@prefix {prefix}: {NamedNode(namespace)} .\n".encode())
            self._before = b" ."

    def _line(self, line: bytes) -> None:
        if line.startswith(b"@prefix "):
            return
        text = line.lstrip(b"\t")
        gap = b"\n" if self._before.endswith((b" .", b"}")) and text != b"}" else b""
        self._sink.write(gap + b"    " * (len(line) - len(text)) + text + b"\n")
        self._before = text


class _Xml(_Lines):
    """Write the namespaces of RDF/XML sorted, one on each line, and only those that are used.

    A carriage return inside a literal is written as a reference: XML readers turn a bare one into a line feed.
    """

    def __init__(self, sink: IO[bytes], prefixes: Mapping[str, str]) -> None:
        super().__init__(sink)
        self._prefixes = dict(sorted({**prefixes, "rdf": str(terms.RDF)}.items()))
        self._root = False

    def _line(self, line: bytes) -> None:
        if not self._root and line.startswith(b"<rdf:RDF "):
            self._root = True
            names = "".join(f'\n    xmlns:{prefix}="{namespace}"' for prefix, namespace in self._prefixes.items())
            line = f"<rdf:RDF{names}>".encode()
        self._sink.write(line.replace(b"\r", b"&#13;") + b"\n")
