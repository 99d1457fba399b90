"""Write the graph to a file: Turtle, TriG, N-Triples, N-Quads, RDF/XML, JSON-LD, CSV; the same bytes every time.

Triples are written subject by subject in order, so that memory holds the names of the subjects and one subject's
triples.  The sorted lines of a full export as N-Triples are what the build's digest is the SHA-256 of.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

import pyoxigraph
from pyoxigraph import DefaultGraph, Quad, RdfFormat

from gbakg import jsonld, layout, selection, tabulate, terms
from gbakg.engine import Embedded
from gbakg.errors import BadParameter, UnknownName, Unwritable, shown
from gbakg.query import Query
from gbakg.result import Result
from gbakg.selection import Block, Selection

FORMATS = ("ttl", "trig", "nt", "nq", "rdf", "jsonld", "csv")
_ENDINGS = {"xml": "rdf", "owl": "rdf", "json": "jsonld", "turtle": "ttl", **{form: form for form in FORMATS}}


def format_of(target: str, form: str | None) -> str:
    """Return the format: the one that is named, or else the file's ending.  Raises BadParameter."""
    ending = Path(target).suffix.lower().removeprefix(".")
    found = form or _ENDINGS.get(ending)
    if found not in FORMATS:
        advice = "name one with --format" if form is None else ""
        raise BadParameter("format", f"one of {', '.join(FORMATS)}", form or ending or target, advice)
    return found


def check(form: str, *, document: str | None, stated_only: bool, query: str | None) -> None:
    """Refuse choices that have nothing to choose from.  Raises BadParameter."""
    if query is not None and document is not None:
        raise BadParameter("document", "no --query beside it", document, "the query's own parameters choose")
    if stated_only and (query is not None or form == "csv"):
        raise BadParameter("stated-only", "an export of the graph in an RDF format", query or form)


@contextlib.contextmanager
def target(name: str) -> Iterator[IO[bytes]]:
    """Open a file to write, which takes its name only when everything is written; `-` is stdout.

    A link stays a link; a device or a pipe is written to, never replaced.  Raises Unwritable if the file or its folder
    cannot be written or is full.
    """
    if name == "-":
        if sys.stdout is None:
            raise Unwritable("stdout", "it is closed")
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(os.path.realpath(name))
    draft: Path | None = None
    try:
        if not name or path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if path.exists() and not path.is_file():
            with path.open("wb") as file:
                yield file
            return
        if path.exists() and not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        draft = path.with_name(f".{path.name}.tmp-{os.getpid()}")
        with draft.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise Unwritable(shown(name) if name else "''", error.strerror or str(error)) from error
    finally:
        if draft is not None:
            with contextlib.suppress(OSError):
                draft.unlink()


def export(
    engine: Embedded, sink: IO[bytes], form: str, *, document: str | None = None, stated_only: bool = False
) -> None:
    """Write the whole graph, or what one document (by its slug) says, in an RDF format.

    `stated_only` leaves out what was entailed.  trig and nq have one named graph for each document and everything
    else in the default graph; the others have the same triples in the default graph alone.  Raises UnknownName.
    """
    chosen = Selection(engine, document=_slug(engine, document), stated_only=stated_only)
    if form in ("trig", "nq"):
        _datasets(chosen, sink, form)
    elif form == "nt":
        ordered = (triple for block in chosen.blocks(lines=True) for triple in block.triples)
        pyoxigraph.serialize(ordered, sink, RdfFormat.N_TRIPLES)
    elif form == "jsonld":
        jsonld.write(lambda: chosen.blocks(), sink, engine)
    else:
        layout.write(lambda: chosen.blocks(), sink, form)


def answer(query: Query, engine: Embedded, sink: IO[bytes], form: str, values: Mapping[str, object]) -> None:
    """Write the answer of a saved query: rows as csv, or the triples of a CONSTRUCT in an RDF format.

    Raises BadParameter if the query's answer has no such form, and what `Query.run` raises.
    """
    found = query.run(engine, values, 0)
    if isinstance(found, bool):
        raise BadParameter("query", "one that gives rows or triples", query.name, "run it with `gbakg query run`")
    if isinstance(found, Result):
        if form != "csv":
            raise BadParameter("format", f"csv for the rows of {query.name}", form)
        tabulate.write(found, "csv", sink)
        return
    if form == "csv":
        raise BadParameter("format", f"an RDF format for the triples of {query.name}", form)
    triples(list(selection.grouped(found)), sink, form)


def triples(blocks: Sequence[Block], sink: IO[bytes], form: str) -> None:
    """Write blocks of triples, such as those of a CONSTRUCT, in an RDF format."""
    if form == "jsonld":
        jsonld.write(lambda: iter(blocks), sink)
    elif form in ("trig", "nq"):
        quads = (
            Quad(triple.subject, triple.predicate, triple.object, DefaultGraph())
            for block in blocks
            for triple in block.triples
        )
        _quads(quads, sink, form, layout.prefixes(blocks))
    elif form == "nt":
        pyoxigraph.serialize((triple for block in blocks for triple in block.triples), sink, RdfFormat.N_TRIPLES)
    else:
        layout.write(lambda: iter(blocks), sink, form)


def rows(query: Query, engine: Embedded, sink: IO[bytes], document: str | None = None) -> None:
    """Write the rows of one of the contract queries as csv, all or those of one document."""
    found = query.run(engine)
    if not isinstance(found, Result):
        raise TypeError(f"{query.name} gives no rows")
    slug = _slug(engine, document)
    if slug is not None:
        file = selection.file_name(engine, slug)
        at = found.columns.index("document")
        kept = (row for row in found.stream() if row[at] is not None and getattr(row[at], "value", None) == file)
        found = Result(found.columns, kept)
    tabulate.write(found, "csv", sink)


def _datasets(chosen: Selection, sink: IO[bytes], form: str) -> None:
    quads = (
        Quad(triple.subject, triple.predicate, triple.object, block.graph or DefaultGraph())
        for block in chosen.datasets()
        for triple in block.triples
    )
    _quads(quads, sink, form, layout.prefixes(chosen.datasets()) if form == "trig" else {})


def _quads(quads: Iterator[Quad], sink: IO[bytes], form: str, prefixes: dict[str, str]) -> None:
    if form == "nq":
        pyoxigraph.serialize(quads, sink, RdfFormat.N_QUADS)
        return
    layout.trig(quads, sink, prefixes)


def _slug(engine: Embedded, document: str | None) -> str | None:
    """Return a document's slug from its slug, short name or IRI.  Raises UnknownName."""
    if document is None:
        return None
    slug = document.removeprefix(terms.ID).removeprefix("document/")
    known = selection.documents(engine)
    if slug not in known:
        from difflib import get_close_matches

        raise UnknownName(document, get_close_matches(slug, known, n=3) or known[:5])
    return slug
