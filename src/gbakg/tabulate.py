"""Write the answer to a SELECT in a format: table, csv, tsv, json, jsonl, xml, md."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

import pyoxigraph
from pyoxigraph import Literal, NamedNode, QueryResultsFormat

from gbakg import terms
from gbakg.engine import Term
from gbakg.errors import BadParameter
from gbakg.result import Result, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO

Row = Sequence[Term | None]
FORMATS = ("table", "csv", "tsv", "json", "jsonl", "xml", "md")


def write(result: Result, form: str, sink: IO[bytes], width: int | None = None) -> None:
    """Write a result in one of FORMATS as UTF-8 with LF line ends.

    `width` is that of the terminal, in columns, to which a table is fitted; None fits it to nothing.  csv, jsonl and
    md are written as the rows come.
    """
    if form == "xml":
        _writable(result)
    if form in _STANDARD:
        sink.write(_standard(result, _STANDARD[form]))
        return
    lines = _table(result, width) if form == "table" else _STREAMS[form](result)
    for line in lines:
        sink.write(line.encode("utf-8", "replace"))


def rows(columns: Sequence[str], values: Iterable[Sequence[str]], width: int | None = None) -> Iterator[str]:
    """Yield the lines of an aligned table of texts, of which wide characters take two columns.

    A table wider than `width` is narrowed by cutting its widest cells; if that would leave too little of it, each row
    is written as a paragraph of its own, one line for each cell that is not empty.
    """
    body = [[visible(cell) for cell in row] for row in values]
    widths = [max(map(cells, column)) for column in zip(columns, *body, strict=True)]
    if width is not None:
        fitted = _fit(widths, width)
        if body and any(size < min(whole, _READABLE) for size, whole in zip(fitted, widths, strict=True)):
            yield from _records(columns, body)
            return
        widths = fitted
    numeric = [
        bool(body) and all(re.fullmatch(_NUMERIC, row[i]) or not row[i] for row in body) for i in range(len(columns))
    ]
    for line in ([*columns], ["-" * size for size in widths], *body):
        parts = [_pad(_cut(cell, size), size, right) for cell, size, right in zip(line, widths, numeric, strict=True)]
        yield "  ".join(parts).rstrip() + "\n"


def _records(columns: Sequence[str], body: Sequence[Sequence[str]]) -> Iterator[str]:
    size = max(map(cells, columns))
    for i, row in enumerate(body):
        if i:
            yield "\n"
        for name, cell in zip(columns, row, strict=True):
            if cell:
                yield f"{_pad(name, size, right=False)}  {cell}\n"


def boolean(found: bool, form: str) -> str:
    """Write the answer to an ASK: as the standards have it in json and xml (SPARQL 1.1 Results), else as the bare word.

    >>> boolean(True, "json")
    '{"head": {}, "boolean": true}'
    """
    word = str(found).lower()
    if form == "json":
        return f'{{"head": {{}}, "boolean": {word}}}'
    if form == "xml":
        namespace = "http://www.w3.org/2005/sparql-results#"
        return f'<?xml version="1.0"?><sparql xmlns="{namespace}"><head></head><boolean>{word}</boolean></sparql>'
    return word


def _writable(result: Result) -> None:
    """Raise BadParameter for a character that XML 1.0 cannot have, not even as a reference (section 2.2)."""
    for term in chain.from_iterable(result.rows):
        found = None if term is None else re.search(terms.NOT_XML, text(term))
        if found is not None:
            raise BadParameter("format", f"one that can hold U+{ord(found[0]):04X}, such as json", "xml")


def readable(result: Result) -> Result:
    """Leave out what a reader of a table can do without: an entity whose label stands beside it, and empty columns.

    The label `x_label` takes the place and the name of `x`; where there is none, the entity stays.
    """
    body = result.rows
    place = {name: i for i, name in enumerate(result.columns)}
    names: list[str] = []
    columns: list[list[Term | None]] = []
    for name, i in place.items():
        if name.endswith("_label") and name.removesuffix("_label") in place:
            continue
        label = place.get(f"{name}_label", i)
        column = [row[i] if row[label] is None else row[label] for row in body]
        if not body or any(cell is not None for cell in column):
            names.append(name)
            columns.append(column)
    shown = Result(tuple(names), zip(*columns, strict=True) if columns else (() for _ in body))
    shown.limit, shown.cut = result.limit, result.cut
    return shown


def text(term: Term | None) -> str:
    """Return a term as people read it: a short name for an IRI, the plain text for a literal, nothing for None."""
    if term is None:
        return ""
    if isinstance(term, NamedNode):
        return terms.shorten(term)
    return term.value if isinstance(term, Literal) else str(term)


def cells(written: str) -> int:
    """Count the columns of a terminal that a text takes.

    >>> cells("Macao 澳門")
    10
    """
    if written.isascii():
        return len(written)
    import unicodedata  # a library, and most texts have no need of it

    return sum(
        0
        if unicodedata.combining(c) or c in "\u200b\u200c\u200d\ufe0f"
        else 2
        if unicodedata.east_asian_width(c) in "WF"
        else 1
        for c in written
    )


def visible(written: str) -> str:
    r"""Replace what would break a line or command the terminal, such as an escape character.

    >>> visible("a\nb\x1b[31m")
    'a b\ufffd[31m'
    """
    if written.isprintable():
        return written
    return "".join(
        c if c.isprintable() or c == "\u3000" else " " if c.isspace() else "\ufffd"
        for c in written.replace("\r\n", "\n")
    )


# --- table ---------------------------------------------------------------------------------------------------------


def _table(result: Result, width: int | None) -> Iterator[str]:
    return rows(result.columns, ([text(term) for term in row] for row in result.stream()), width)


def _fit(widths: list[int], width: int) -> list[int]:
    """Narrow the widest columns, none below 4, until the table fits a terminal."""
    widths = list(widths)
    while sum(widths) + 2 * (len(widths) - 1) > width and max(widths) > 4:
        widths[widths.index(max(widths))] -= 1
    return widths


def _cut(cell: str, size: int) -> str:
    if cells(cell) <= size:
        return cell
    while cells(cell) > size - 1:
        cell = cell[:-1]
    return f"{cell}…"


def _pad(cell: str, size: int, right: bool) -> str:
    blank = " " * (size - cells(cell))
    return blank + cell if right else cell + blank


_READABLE = 16
"""Columns of a terminal below which a cell is not cut any further."""

_NUMERIC = r"[+-]?[0-9]+(?:\.[0-9]+)?"


# --- streams -------------------------------------------------------------------------------------------------------


def _csv(result: Result) -> Iterator[str]:
    return table(result.columns, ([_safe(term) for term in row] for row in result.stream()))


def table(columns: Sequence[str], values: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a CSV table, as RFC 4180 has it but with LF line ends, like the project's own tables."""
    import csv

    lines: list[str] = []

    class Sink:
        def write(self, line: str) -> None:
            lines.append(line)

    # With this line end the writer quotes a lone carriage return too, which readers take for a line end.
    writer = csv.writer(Sink(), lineterminator="\r\n")
    for row in chain([columns], values):
        writer.writerow(row)
        yield f"{lines.pop()[:-2]}\n"


def _safe(term: Term | None) -> str:
    """Return a cell that a spreadsheet takes for text, not for a formula to run."""
    if isinstance(term, Literal):
        value = term.value
        return f"'{value}" if _runs(value) else value
    return term.value if isinstance(term, NamedNode) else text(term)


def _runs(value: str) -> bool:
    return value[:1] in _STARTS and not re.fullmatch(_AMOUNT, value)


_STARTS = ("=", "+", "-", "@", "\t", "\r")
_AMOUNT = r"[+-]?[0-9][0-9.,  ]*%?"


def _jsonl(result: Result) -> Iterator[str]:
    for row in result.stream():
        values = {name: _json(term) for name, term in zip(result.columns, row, strict=True)}
        yield json.dumps(values, ensure_ascii=False) + "\n"


def _json(term: Term | None) -> object:
    """Return a JSON value: a number where JSON readers keep it exactly, else a text."""
    from decimal import Decimal

    value = plain(term)
    if isinstance(value, Decimal):
        return float(value) if Decimal(repr(float(value))) == value else format(value, "f")
    return value if value is None or isinstance(value, (bool, int)) else str(value)


def _md(result: Result) -> Iterator[str]:
    yield f"| {' | '.join(result.columns)} |\n"
    yield f"|{'|'.join(' --- ' for _ in result.columns)}|\n"
    for row in result.stream():
        yield f"| {' | '.join(_escape(text(term)) for term in row)} |\n"


def _escape(cell: str) -> str:
    return re.sub(r"([\\|`*_<>\[\]])", r"\\\1", visible(cell))


_STREAMS: dict[str, Callable[[Result], Iterator[str]]] = {"csv": _csv, "jsonl": _jsonl, "md": _md}


# --- standard formats ----------------------------------------------------------------------------------------------


def _standard(result: Result, form: QueryResultsFormat) -> bytes:
    """Let pyoxigraph write the SPARQL 1.1 formats, for the rows of any engine: a function gives it their terms."""
    body = [tuple(map(_disarm, row)) for row in result.stream()] if form == QueryResultsFormat.TSV else result.rows
    cell = NamedNode("urn:gbakg:cell")

    def look(row: Term, column: Term) -> Term | None:
        return body[int(text(row))][int(text(column))]

    number = "row"
    while number in result.columns:
        number += "_"
    columns = " ".join(f"({cell}(?{number}, {i}) AS ?{name})" for i, name in enumerate(result.columns))
    count = " ".join(map(str, range(len(body))))
    sparql = f"SELECT {columns or '*'} WHERE {{ VALUES ?{number} {{ {count} }} }} ORDER BY ?{number}"
    if not columns:
        sparql = f"SELECT * WHERE {{ VALUES () {{ {'()' * len(body)} }} }}"
    found = pyoxigraph.Store().query(sparql, custom_functions={cell: look})
    written = found.serialize(format=form) if isinstance(found, pyoxigraph.QuerySolutions) else None
    if written is None:
        raise TypeError(sparql)
    return written if written.endswith(b"\n") else written + b"\n"


def _disarm(term: Term | None) -> Term | None:
    if not isinstance(term, Literal) or not _runs(term.value):
        return term
    return Literal(f"'{term.value}", language=term.language) if term.language else Literal(f"'{term.value}")


_STANDARD = {"json": QueryResultsFormat.JSON, "xml": QueryResultsFormat.XML, "tsv": QueryResultsFormat.TSV}
