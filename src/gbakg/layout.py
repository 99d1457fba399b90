"""Lay out what the library writes on few lines: Turtle, TriG and RDF/XML, with the prefixes that are used, sorted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import IO

import pyoxigraph
from pyoxigraph import NamedNode, Quad, RdfFormat, Triple

from gbakg import terms
from gbakg.selection import Block


def write(blocks: Callable[[], Iterable[Block]], sink: IO[bytes], form: str) -> None:
    """Write blocks of triples as Turtle (ttl) or RDF/XML (rdf); `blocks` is called twice, once for the prefixes."""
    names = prefixes(blocks())
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


_QNAME = re.compile(r".*[#/][A-Za-z_][\w.-]*", re.DOTALL)


def _named(triples: list[Triple]) -> list[Triple]:
    """Put a type first that can be the name of an XML element: the library makes one of the first type it meets."""
    if triples[0].predicate != terms.TYPE:
        return triples

    def rank(triple: Triple) -> int:
        if triple.predicate != terms.TYPE:
            return 1
        return 0 if isinstance(triple.object, NamedNode) and _QNAME.fullmatch(triple.object.value) else 2

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
