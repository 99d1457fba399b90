"""Rows to triples: what a row states, in the terms of the ontology, one triple at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pyoxigraph import Literal, NamedNode, Triple

from gbakg import terms
from gbakg.cells import Number, canonical
from gbakg.tables import Fact, Mention, Observation, Row

_STATED_IN = terms.code("statedIn")
_REPORTED = "reported"


def claims(rows: Iterable[Row]) -> Iterator[Triple]:
    """Yield the triples of rows of any table, in their order."""
    for row in rows:
        if isinstance(row, Observation):
            yield from observation(row)
        elif isinstance(row, Fact):
            yield from fact(row)
        elif isinstance(row, Mention):
            yield from mention(row)
        else:
            raise TypeError(f"not a row of a table: {row!r}")


def name(row: Row) -> NamedNode:
    """Mint the IRI of a row's claim."""
    return terms.claim(type(row).__name__.lower(), row.document, row.paragraph, row.key)


def observation(row: Observation) -> Iterator[Triple]:
    """Yield the triples of one figure."""
    this = name(row)
    yield from _evidence(this, row)
    yield from _context(this, row)
    yield from _entities(this, "metric", (row.metric,))
    yield from _entities(this, "about", row.about)
    yield from _entities(this, "place", row.place)
    yield from _entities(this, "unit", (row.unit,))
    yield from _entities(this, "denominator", (row.denominator,))
    yield from _codes(this, "temporality", row.temporality)
    yield from _codes(this, "bound", row.bound)
    for column in ("value", "lower", "upper", "resolution"):
        value: Number | None = getattr(row, column)
        if value is not None:
            yield Triple(this, terms.code(column), quantity(value))


def fact(row: Fact) -> Iterator[Triple]:
    """Yield the triples of one statement; if it is reported, the plain triple as well."""
    this = name(row)
    yield from _evidence(this, row)
    yield from _context(this, row)
    yield from _entities(this, "subject", (row.subject,))
    yield from _codes(this, "predicate", row.predicate)
    yield from _entities(this, "object", (row.object,))
    value: NamedNode | Literal | None = terms.expand(row.object) if row.object else None
    if row.literal is not None and row.datatype is not None:
        stated = typed(row.literal, row.datatype)
        yield Triple(this, terms.code("literal"), stated)
        value = value or stated
    if row.status == _REPORTED and row.subject and row.predicate and value is not None:
        yield Triple(terms.expand(row.subject), terms.code(row.predicate), value)


def mention(row: Mention) -> Iterator[Triple]:
    """Yield the triples of one name."""
    this = name(row)
    yield from _evidence(this, row)
    yield from _text(this, "surface", row.surface)
    yield from _entities(this, "refersTo", row.entity)
    yield from _codes(this, "matchBasis", row.basis)


def quantity(value: Number) -> Literal:
    """Make the canonical literal of a number: xsd:integer where it is whole, xsd:decimal otherwise.

    >>> from decimal import Decimal
    >>> str(quantity(Decimal("116.90")))
    '"116.9"^^<http://www.w3.org/2001/XMLSchema#decimal>'
    """
    text = canonical(value)
    return terms.literal(text, "decimal" if "." in text else "integer")


def typed(text: str, datatype: str) -> Literal:
    """Make the literal of a fact; `datatype` is a local name of XML Schema, or a language as @en."""
    return Literal(text, language=datatype[1:]) if datatype.startswith("@") else terms.literal(text, datatype)


def _evidence(this: NamedNode, row: Row) -> Iterator[Triple]:
    yield Triple(this, terms.TYPE, terms.code(type(row).__name__))
    yield Triple(this, _STATED_IN, terms.passage(row.document, row.paragraph))
    for column, offset in (("start", row.start), ("end", row.end)):
        if offset is not None:
            yield Triple(this, terms.code(column), terms.literal(str(offset), "integer"))


def _context(this: NamedNode, row: Observation | Fact) -> Iterator[Triple]:
    yield from _text(this, "figure", row.figure)
    for property_, date in (("periodStart", row.period_start), ("periodEnd", row.period_end)):
        if date is not None:
            yield Triple(this, terms.code(property_), terms.literal(date, "date"))
    yield from _codes(this, "periodBasis", row.period_basis)
    yield from _entities(this, "statedBy", row.stated_by)
    yield from _entities(this, "accordingTo", row.according_to)
    yield from _codes(this, "status", row.status)
    yield from _text(this, "note", row.note)


def _entities(this: NamedNode, property_: str, names: Iterable[str | None]) -> Iterator[Triple]:
    for short in names:
        if short is not None:
            yield Triple(this, terms.code(property_), terms.expand(short))


def _codes(this: NamedNode, property_: str, code: str | None) -> Iterator[Triple]:
    if code is not None:
        yield Triple(this, terms.code(property_), terms.code(code))


def _text(this: NamedNode, property_: str, text: str | None) -> Iterator[Triple]:
    if text is not None:
        yield Triple(this, terms.code(property_), Literal(text))
