"""Check rows against what they name: the registry, the ontology's codes and properties, the documents' passages.

The shapes check the graph; this says the same kind of thing earlier, with the row and the column.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import TypeVar

from pyoxigraph import Literal, NamedNode, Triple

from gbakg import terms
from gbakg.cells import canonical
from gbakg.errors import Problem, shown
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


class Knowledge:
    """What rows can name, gathered from the triples of the ontology, the registry and the documents."""

    def __init__(self, triples: Iterable[Triple]) -> None:
        self._types: dict[str, set[str]] = defaultdict(set)
        self._parents: dict[str, set[str]] = defaultdict(set)
        self.passages: dict[str, tuple[int, int]] = {}
        self.last: dict[str, int] = {}
        limits: dict[str, dict[str, int]] = defaultdict(dict)
        for triple in triples:
            if not isinstance(triple.subject, NamedNode):
                continue
            subject = triple.subject.value
            if isinstance(triple.object, NamedNode):
                if triple.predicate == terms.TYPE:
                    self._types[subject].add(triple.object.value)
                elif triple.predicate == _SUBCLASS:
                    self._parents[subject].add(triple.object.value)
            elif isinstance(triple.object, Literal) and triple.predicate in _LIMITS and triple.object.value.isdigit():
                limits[subject][_LIMITS[triple.predicate]] = int(triple.object.value)
        for subject, found in limits.items():
            if found.keys() >= {"start", "end"}:
                self.passages[subject] = (found["start"], found["end"])
                folder, _, number = subject.rpartition("#p")
                if number.isdigit():
                    self.last[folder] = max(self.last.get(folder, 0), int(number))

    def has(self, node: NamedNode, kind: str | None = None) -> bool:
        """Tell whether something is declared, and, if `kind` is given, as that class of the ontology."""
        found = self._types.get(node.value)
        if not found:
            return False
        return kind is None or any(self._under(one, terms.GBA + kind) for one in found)

    def _under(self, kind: str, ancestor: str, seen: frozenset[str] = frozenset()) -> bool:
        if kind == ancestor:
            return True
        return any(self._under(up, ancestor, seen | {kind}) for up in self._parents.get(kind, ()) if up not in seen)

    def kinds(self, node: NamedNode) -> set[str]:
        """Return the IRIs of the classes that something is declared as."""
        return self._types.get(node.value, set())

    def near(self, name: str, kind: str | None, namespace: str) -> str:
        """Word a hint at names like one that is unknown."""
        known = [
            iri[len(namespace) :]
            for iri in self._types
            if iri.startswith(namespace) and "#" not in iri[len(namespace) :] and self.has(NamedNode(iri), kind)
        ]
        near = get_close_matches(name, sorted(known), n=2, cutoff=0.6)
        return f"; did you mean {' or '.join(f'`{one}`' for one in near)}?" if near else ""


_SUBCLASS = terms.RDFS.term("subClassOf")
_LIMITS = {terms.code("start"): "start", terms.code("end"): "end"}


def check(rows: Iterable[_AnyRow], knowledge: Knowledge, problems: list[Problem]) -> Iterator[_AnyRow]:
    """Pass rows on, and add to `problems` what does not hold."""
    for row in rows:
        for column, message in _judge(row, knowledge):
            problems.append(Problem(shown(row.file), message, row.row, column))
        yield row


def _judge(row: Row, knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    yield from _entities(row, knowledge)
    yield from _codes(row, knowledge)
    yield from _offsets(row, knowledge)
    if isinstance(row, Observation):
        yield from _bounds(row)
    if isinstance(row, Fact):
        yield from _statement(row, knowledge)


def _entities(row: Row, knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    for column, kind in ENTITIES[type(row)].items():
        cell: str | tuple[str, ...] | None = getattr(row, column)
        for name in (cell,) if isinstance(cell, str) else cell or ():
            node = terms.expand(name)
            if not knowledge.has(node):
                hint = knowledge.near(name, kind, terms.ID) or "; correct the name"
                yield column, f"unknown {(kind or 'entity').lower()} `{name}`{hint} or add it to data/registry/"
            elif not knowledge.has(node, kind):
                yield column, f"`{name}` is not of the class {kind}; name one that is"


def _codes(row: Row, knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    for column, kind in CODES[type(row)].items():
        code: str | None = getattr(row, column)
        if code is not None and not knowledge.has(terms.code(code), kind):
            hint = knowledge.near(code, kind, terms.GBA) or "; the ontology's code lists hold those that there are"
            yield column, f"unknown code `{code}` of {kind}{hint}"


def _offsets(row: Row, knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    passage = knowledge.passages.get(terms.passage(row.document, row.paragraph).value)
    if passage is None:
        last = knowledge.last.get(terms.document(row.document).value)
        has = f"has paragraphs 1 to {last}" if last else "declares no passages"
        yield "paragraph", f"there is no paragraph {row.paragraph}; document.ttl {has}"
    if row.start is None or row.end is None:
        return
    if row.start >= row.end:
        yield "start", f"offsets {row.start} to {row.end} hold nothing; start has to be below end"
        return
    if passage is not None and not passage[0] <= row.start < row.end <= passage[1]:
        where = f"paragraph {row.paragraph}, which reaches from {passage[0]} to {passage[1]}"
        yield "start", f"offsets {row.start} to {row.end} lie outside the text of {where}; correct them"
    words: str | None = getattr(row, "figure", None) or getattr(row, "surface", None)
    if words is not None and len(words) != row.end - row.start:
        found = f"`{words}` has {len(words)} characters, offsets {row.start} to {row.end} span {row.end - row.start}"
        yield "end", f"{found}; one of them is wrong"


def _bounds(row: Observation) -> Iterator[tuple[str, str]]:
    if row.lower is not None and row.upper is not None and row.lower > row.upper:
        yield "lower", f"{canonical(row.lower)} is above the upper bound {canonical(row.upper)}; correct one of them"
    if row.value is not None and row.lower is not None and row.value < row.lower:
        yield "value", f"{canonical(row.value)} is below the lower bound {canonical(row.lower)}; correct one of them"
    if row.value is not None and row.upper is not None and row.value > row.upper:
        yield "value", f"{canonical(row.value)} is above the upper bound {canonical(row.upper)}; correct one of them"


def _statement(row: Fact, knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    if (row.object is None) == (row.literal is None):
        found = "both" if row.object is not None else "neither"
        yield "object", f"{found} of object and literal given; a fact has exactly one of them"
    if row.predicate is None:
        return
    kinds = knowledge.kinds(terms.code(row.predicate))
    if not kinds & _PROPERTIES:
        hint = knowledge.near(row.predicate, None, terms.GBA) or "; ontology/terms/ holds those that there are"
        yield "predicate", f"unknown property `{row.predicate}`{hint}"
    elif row.object is not None and terms.OWL + "DatatypeProperty" in kinds:
        yield "object", f"`{row.predicate}` takes a literal; move the value to the column literal"
    elif row.literal is not None and terms.OWL + "ObjectProperty" in kinds:
        yield "literal", f"`{row.predicate}` takes an entity; name it in the column object"


_PROPERTIES = {
    terms.OWL + "ObjectProperty",
    terms.OWL + "DatatypeProperty",
    terms.RDF + "Property",
}
