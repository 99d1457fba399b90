"""Check rows against what they name: the registry, the ontology's codes and properties, the documents' passages.

The shapes check the graph; this says the same kind of thing earlier, with the row and the column.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from copy import copy
from functools import partial
from operator import itemgetter
from typing import Any, TypeVar

from gbakg import terms
from gbakg.cells import canonical
from gbakg.errors import Problem, shown
from gbakg.memo import Memo
from gbakg.tables import Fact, Mention, Observation, Row

_AnyRow = TypeVar("_AnyRow", bound=Row)

ENTITIES: dict[type[Row], dict[str, str | None]] = {
    Observation: {
        "metric": "Metric",
        "about": None,
        "place": None,
        "unit": "Unit",
        "denominator": None,
        "stated_by": "Person",
        "according_to": None,
    },
    Fact: {"subject": None, "object": None, "stated_by": "Person", "according_to": None},
    Mention: {"entity": None},
}
"""The columns that name entities, with the class that the entity has to have, None for any."""

CODES: dict[type[Row], dict[str, str]] = {
    Observation: {
        "period_basis": "PeriodBasis",
        "temporality": "Temporality",
        "bound": "Bound",
        "status": "Status",
    },
    Fact: {"period_basis": "PeriodBasis", "status": "Status"},
    Mention: {"basis": "MatchBasis"},
}
"""The columns that hold codes, with their class."""

_Verdict = tuple[tuple[str, str], ...]
"""What is wrong with a cell: its column and a message, or several."""
_Found = list[tuple[str, str]]

_TYPE, _SUBCLASS = f"<{terms.RDF}type>", f"<{terms.RDFS}subClassOf>"
_START, _END = f"<{terms.GBA}start>", f"<{terms.GBA}end>"
_OBJECT, _DATATYPE = terms.OWL + "ObjectProperty", terms.OWL + "DatatypeProperty"
_PROPERTIES = {_OBJECT, _DATATYPE, terms.RDF + "Property"}


class Knowledge:
    """What rows can name, gathered from lines of N-Triples: the ontology, the registry and the documents.

    The lines are such as `graph` writes.  Verdicts on cells are kept, since the same cells come again.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self._types: dict[str, set[str]] = defaultdict(set)
        self._parents: dict[str, set[str]] = defaultdict(set)
        self._passages = _Passages()
        for line in lines:
            subject, predicate, rest = line.split(" ", 2)
            if predicate in (_START, _END):
                self._passages.add(subject, predicate, rest)
            elif rest[0] == subject[0] == "<" and predicate in (_TYPE, _SUBCLASS):
                found = self._types if predicate == _TYPE else self._parents
                found[subject[1:-1]].add(rest[1:-3])
        self._hints = Memo(self._near)
        self._verdicts = {kind: self._verdict(kind) for kind in ENTITIES}

    def within(self, lines: Iterable[str]) -> Knowledge:
        """Return the same knowledge, but only of the passages that these lines of a document.ttl describe.

        So the passages of thousands of documents need not be held at once.  The document itself and all else that rows
        name has to be known before.
        """
        view = copy(self)
        view._passages = _Passages()
        for line in lines:
            subject, predicate, rest = line.split(" ", 2)
            if predicate in (_START, _END):
                view._passages.add(subject, predicate, rest)
        return view

    def has(self, iri: str, kind: str | None = None) -> bool:
        """Tell whether something is declared, and, if `kind` is given, as that class of the ontology."""
        found = self._types.get(iri)
        if not found:
            return False
        return kind is None or any(self._under(one, terms.GBA + kind) for one in found)

    def _under(self, kind: str, ancestor: str, seen: frozenset[str] = frozenset()) -> bool:
        if kind == ancestor:
            return True
        return any(self._under(up, ancestor, seen | {kind}) for up in self._parents.get(kind, ()) if up not in seen)

    def kinds(self, iri: str) -> set[str]:
        """Return the IRIs of the classes that something is declared as."""
        return self._types.get(iri, set())

    def passage(self, slug: str, number: int) -> tuple[int, int] | None:
        """Return where a paragraph of a document begins and ends; None where there is no such paragraph."""
        return self._passages.span(f"<{terms.ID}document/{slug}#p{number}>")

    def last(self, slug: str) -> int:
        """Return the number of a document's last paragraph, 0 if it has none."""
        return self._passages.last[f"<{terms.ID}document/{slug}#p"]

    def near(self, name: str, kind: str | None, namespace: str) -> str:
        """Word a hint at names like one that is unknown."""
        return self._hints[name, kind, namespace]

    def judge(self, row: Row) -> _Found:
        """Return the columns of a row that do not hold, each with a message."""
        cells, verdicts = self._verdicts[type(row)]
        found = [one for cell, known in zip(cells(row), verdicts, strict=True) for one in known[cell]]
        _offsets(row, self, found)
        if isinstance(row, Observation):
            _bounds(row, found)
        elif isinstance(row, Fact):
            _statement(row, self, found)
        return found

    def _near(self, asked: tuple[str, str | None, str]) -> str:
        from difflib import get_close_matches

        name, kind, namespace = asked
        known = [
            iri[len(namespace) :]
            for iri in self._types
            if iri.startswith(namespace) and "#" not in iri[len(namespace) :] and self.has(iri, kind)
        ]
        near = get_close_matches(name, sorted(known), n=2, cutoff=0.6)
        return f"; did you mean {' or '.join(f'`{one}`' for one in near)}?" if near else ""

    def _verdict(self, kind: type[Row]) -> tuple[Callable[[Row], tuple[Any, ...]], list[Memo[Any, _Verdict]]]:
        """Return what picks the cells of a row that name entities and codes, and what judges each of them."""
        entities, codes = ENTITIES[kind], CODES[kind]
        pick = itemgetter(*(kind._fields.index(column) for column in (*entities, *codes)))
        verdicts = [Memo(partial(self._entity, column, of)) for column, of in entities.items()]
        return pick, [*verdicts, *(Memo(partial(self._code, column, of)) for column, of in codes.items())]

    def _entity(self, column: str, kind: str | None, cell: str | tuple[str, ...] | None) -> _Verdict:
        found = []
        for name in (cell,) if isinstance(cell, str) else cell or ():
            iri = terms.expand(name).value
            if not self.has(iri):
                hint = self.near(name, kind, terms.ID) or "; correct the name"
                found.append(
                    (column, f"unknown {(kind or 'entity').lower()} `{name}`{hint} or add it to data/registry/")
                )
            elif not self.has(iri, kind):
                found.append((column, f"`{name}` is not of the class {kind}; name one that is"))
        return tuple(found)

    def _code(self, column: str, kind: str, code: str | None) -> _Verdict:
        if code is None or self.has(terms.code(code).value, kind):
            return ()
        hint = self.near(code, kind, terms.GBA) or "; the ontology's code lists hold those that there are"
        return ((column, f"unknown code `{code}` of {kind}{hint}"),)


class _Passages:
    """Where the paragraphs of documents begin and end, by their IRIs in angle brackets."""

    def __init__(self) -> None:
        self._limits: dict[str, dict[str, int]] = {_START: {}, _END: {}}
        self.last = Memo(self._number)
        """The number of a document's last paragraph, 0 if it has none, by what the paragraphs' IRIs begin with."""

    def add(self, passage: str, limit: str, value: str) -> None:
        digits = value[1:].partition('"')[0]
        if value[0] == '"' and digits.isascii() and digits.isdigit():
            self._limits[limit][passage] = int(digits)

    def span(self, passage: str) -> tuple[int, int] | None:
        start, end = self._limits[_START].get(passage), self._limits[_END].get(passage)
        return None if start is None or end is None else (start, end)

    def _number(self, prefix: str) -> int:
        numbers = (one.removeprefix(prefix)[:-1] for one in self._limits[_START] if self.span(one))
        return max((int(one) for one in numbers if one.isdigit()), default=0)


# --- rows ----------------------------------------------------------------------------------------------------------


def check(rows: Iterable[_AnyRow], knowledge: Knowledge, problems: list[Problem]) -> Iterator[_AnyRow]:
    """Pass rows on, and add to `problems` what does not hold."""
    for row in rows:
        for column, message in knowledge.judge(row):
            problems.append(Problem(shown(row.file), message, row.row, column))
        yield row


def _offsets(row: Row, knowledge: Knowledge, found: _Found) -> None:
    passage = knowledge.passage(row.document, row.paragraph)
    if passage is None:
        last = knowledge.last(row.document)
        has = f"has paragraphs 1 to {last}" if last else "declares no passages"
        found.append(("paragraph", f"there is no paragraph {row.paragraph}; document.ttl {has}"))
    if row.start is None or row.end is None:
        return
    if row.start >= row.end:
        found.append(("start", f"offsets {row.start} to {row.end} hold nothing; start has to be below end"))
        return
    if passage is not None and not passage[0] <= row.start < row.end <= passage[1]:
        where = f"paragraph {row.paragraph}, which reaches from {passage[0]} to {passage[1]}"
        found.append(("start", f"offsets {row.start} to {row.end} lie outside the text of {where}; correct them"))
    words = row.surface if isinstance(row, Mention) else row.figure
    if words is not None and len(words) != row.end - row.start:
        length = f"`{words}` has {len(words)} characters, offsets {row.start} to {row.end} span {row.end - row.start}"
        found.append(("end", f"{length}; one of them is wrong"))


def _bounds(row: Observation, found: _Found) -> None:
    if row.lower is not None and row.upper is not None and row.lower > row.upper:
        found.append(
            ("lower", f"{canonical(row.lower)} is above the upper bound {canonical(row.upper)}; correct one of them")
        )
    if row.value is not None and row.lower is not None and row.value < row.lower:
        found.append(
            ("value", f"{canonical(row.value)} is below the lower bound {canonical(row.lower)}; correct one of them")
        )
    if row.value is not None and row.upper is not None and row.value > row.upper:
        found.append(
            ("value", f"{canonical(row.value)} is above the upper bound {canonical(row.upper)}; correct one of them")
        )


def _statement(row: Fact, knowledge: Knowledge, found: _Found) -> None:
    if (row.object is None) == (row.literal is None):
        given = "both" if row.object is not None else "neither"
        found.append(("object", f"{given} of object and literal given; a fact has exactly one of them"))
    if row.predicate is None:
        return
    kinds = knowledge.kinds(terms.GBA + row.predicate)
    if not kinds & _PROPERTIES:
        hint = knowledge.near(row.predicate, None, terms.GBA) or "; ontology/terms/ holds those that there are"
        found.append(("predicate", f"unknown property `{row.predicate}`{hint}"))
    elif row.object is not None and _DATATYPE in kinds:
        found.append(("object", f"`{row.predicate}` takes a literal; move the value to the column literal"))
    elif row.literal is not None and _OBJECT in kinds:
        found.append(("literal", f"`{row.predicate}` takes an entity; name it in the column object"))
