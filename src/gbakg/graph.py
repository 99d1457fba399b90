"""Rows to lines of N-Triples: what a row states, in the terms of the ontology, a line for each triple.

Lines are spelt as pyoxigraph spells them, byte for byte, so that a line can stand for its triple: sorted, compared,
hashed, or loaded.  Making a line takes a tenth of the time that making a triple does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from operator import itemgetter
from typing import Any

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from gbakg import terms
from gbakg.cells import Number, canonical
from gbakg.memo import Anew, Memo
from gbakg.tables import Fact, Mention, Observation, Row

_REPORTED = "reported"
CLAIMED = tuple(f"<{terms.ID}{name}/" for name in terms.CLAIMS)
"""How the lines about claims begin."""
OWNED = (*CLAIMED, f"<{terms.ID}document/")
"""How the lines about documents, passages and claims begin."""


def claims(rows: Iterable[Row]) -> Iterator[Triple]:
    """Yield the triples of rows of any table, in their order: each claim, and the plain triple of a reported fact."""
    for row in rows:
        lines = statements(row)
        if isinstance(row, Fact) and (line := plain(row)):
            lines.append(line)
        yield from triples(lines)


def triples(lines: Iterable[str]) -> Iterator[Triple]:
    """Parse lines of N-Triples.

    >>> [str(triple) for triple in triples(["<a:b> <a:c> <a:d> ."])]
    ['<a:b> <a:c> <a:d>']
    """
    for quad in parse("\n".join(lines).encode(), RdfFormat.N_TRIPLES):
        yield quad.triple


def name(row: Row) -> str:
    """Mint the IRI of a row's claim after its document, paragraph and key, never after its row."""
    return f"{_NAMES[type(row)]}{row.document}-p{row.paragraph}-{row.key}"


def statements(row: Row) -> list[str]:
    """Return the lines about a row's claim, each once; the plain triple of a fact is not about the claim.

    The cells have to be such as `tables` reads; names and codes of another form raise BadName.
    """
    try:
        kind, cells, ends = _KINDS[type(row)]
    except KeyError:
        raise TypeError(f"not a row of a table: {row!r}") from None
    this = f"<{name(row)}>"
    lines = [this + kind, f"{this}{_STATED_IN}{row.document}#p{row.paragraph}> ."]
    lines += [this + end for cell, known in zip(cells(row), ends, strict=True) for end in known[cell]]
    if isinstance(row, Fact) and row.literal is not None and row.datatype is not None:
        lines.append(f"{this}{_LITERAL}{typed(row.literal, row.datatype)} .")
    return lines


def plain(row: Fact) -> str | None:
    """Return the line that a reported fact states, as if the registry did; None for what is planned or not complete.

    >>> from gbakg.tables import Fact
    >>> fact = Fact(*[None] * len(Fact._fields))
    >>> plain(fact._replace(subject="region/a", predicate="within", object="region/b", status="reported"))
    '<https://w3id.org/gbakg/id/region/a> <https://w3id.org/gbakg/ontology#within> <https://w3id.org/gbakg/id/region/b> .'
    """
    if row.status != _REPORTED or not row.subject or not row.predicate:
        return None
    if row.object:
        value = _ENTITIES[row.object]
    elif row.literal is not None and row.datatype is not None:
        value = str(typed(row.literal, row.datatype))
    else:
        return None
    return f"{_ENTITIES[row.subject]} {_CODES[row.predicate]} {value} ."


def typed(text: str, datatype: str) -> Literal:
    """Make the literal of a fact; `datatype` is a local name of XML Schema, or a language as @en."""
    return Literal(text, language=datatype[1:]) if datatype.startswith("@") else terms.literal(text, datatype)


# --- columns -------------------------------------------------------------------------------------------------------


def _entity(cell: str) -> NamedNode:
    return terms.expand(cell)


def _code(cell: str) -> NamedNode:
    return terms.code(cell)


def _date(cell: str) -> Literal:
    return terms.literal(cell, "date")


def _text(cell: str) -> str:
    """Write a plain literal.  What needs escaping is not printable but for `"` and the backslash; pyoxigraph knows."""
    if cell.isprintable() and '"' not in cell and "\\" not in cell:
        return f'"{cell}"'
    return str(Literal(cell))


def _offset(cell: int) -> str:
    return f'"{cell}"{_INTEGER}'


def _number(cell: Number) -> str:
    """Write the canonical literal of a number: xsd:integer where it is whole, xsd:decimal otherwise."""
    text = canonical(cell)
    return f'"{text}"{_DECIMAL if "." in text else _INTEGER}'


_Write = Callable[[Any], object]
_CONTEXT: dict[str, tuple[str, _Write]] = {
    "start": ("start", _offset),
    "end": ("end", _offset),
    "figure": ("figure", _text),
    "period_start": ("periodStart", _date),
    "period_end": ("periodEnd", _date),
    "period_basis": ("periodBasis", _code),
    "stated_by": ("statedBy", _entity),
    "according_to": ("accordingTo", _entity),
    "status": ("status", _code),
    "note": ("note", _text),
}
COLUMNS: dict[type[Row], dict[str, tuple[str, _Write]]] = {
    Observation: {
        **_CONTEXT,
        "metric": ("metric", _entity),
        "about": ("about", _entity),
        "place": ("place", _entity),
        "unit": ("unit", _entity),
        "denominator": ("denominator", _entity),
        "temporality": ("temporality", _code),
        "bound": ("bound", _code),
        "value": ("value", _number),
        "lower": ("lower", _number),
        "upper": ("upper", _number),
        "resolution": ("resolution", _number),
    },
    Fact: {
        **_CONTEXT,
        "subject": ("subject", _entity),
        "predicate": ("predicate", _code),
        "object": ("object", _entity),
    },
    Mention: {
        "start": ("start", _offset),
        "end": ("end", _offset),
        "surface": ("surface", _text),
        "entity": ("refersTo", _entity),
        "basis": ("matchBasis", _code),
    },
}
"""The property that each column states, and what writes its cells; a fact's literal needs two columns."""


def _ends(property_: str, write: _Write) -> Memo[Any, tuple[str, ...]]:
    """Return what ends the lines that a cell states, after their subject: none if it is empty, one for each value."""
    start = f" {terms.code(property_)} "
    if write in (_text, _offset):
        return Anew(lambda cell: (f"{start}{write(cell)} .",), {None: ()})

    def ends(cell: Any) -> tuple[str, ...]:
        values = dict.fromkeys(cell) if isinstance(cell, tuple) else (cell,)
        return tuple(f"{start}{write(value)} ." for value in values)

    return Memo(ends, {None: ()})


_INTEGER, _DECIMAL = f"^^{terms.XSD.term('integer')}", f"^^{terms.XSD.term('decimal')}"
_STATED_IN = f" {terms.code('statedIn')} <{terms.ID}document/"
_LITERAL = f" {terms.code('literal')} "
_NAMES = {kind: f"{terms.ID}{kind.__name__.lower()}/" for kind in COLUMNS}
_ENTITIES: Memo[str, str] = Memo(lambda cell: str(_entity(cell)))
_CODES: Memo[str, str] = Memo(lambda cell: str(_code(cell)))
_KINDS = {
    kind: (
        f" {terms.TYPE} {terms.code(kind.__name__)} .",
        itemgetter(*(kind._fields.index(column) for column in columns)),
        tuple(_ends(*how) for how in columns.values()),
    )
    for kind, columns in COLUMNS.items()
}
