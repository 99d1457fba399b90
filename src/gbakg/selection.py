"""Choose the triples of an export, subject by subject: all of them, or what one document says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pyoxigraph import DefaultGraph, Literal, NamedNode, Triple

from gbakg import terms
from gbakg.engine import Embedded, select
from gbakg.tuples import NamedTuple

_GBA = "PREFIX gba: <https://w3id.org/gbakg/ontology#>\n"


class Block(NamedTuple):
    """The triples of one subject in one graph, in order; graph is None for the default graph."""

    graph: NamedNode | None
    triples: list[Triple]


class Selection:
    """The triples of a build that an export is made of."""

    def __init__(self, engine: Embedded, *, document: str | None = None, stated_only: bool = False) -> None:
        self._engine = engine
        self._store = engine.store
        self._stated_only = stated_only
        self._document = document
        self._slugs = documents(engine) if document is None else [document]

    def blocks(self, *, lines: bool = False) -> Iterator[Block]:
        """Yield every subject's triples; `lines` orders them as their N-Triples lines are, not for reading."""
        if self._document is None:
            for subject in self._subjects(lines):
                triples = self._triples(subject)
                if triples:
                    yield Block(None, _ordered(triples, lines))
            return
        own = _own(self._engine, self._document)
        plain = _plain(self._engine, self._document)
        for subject in _sorted(own | plain.keys(), lines):
            triples = [*plain.get(subject, ())]
            if subject in own:
                triples = [*{*triples, *self._triples(subject)}]
            yield Block(None, _ordered(triples, lines))

    def datasets(self) -> Iterator[Block]:
        """Yield the default graph first, then one graph for each document.

        A document's graph holds its own triples, its passages, its claims, and the plain triples of its reported
        facts; a triple that two documents state is in both graphs, one that a document and the registry state in the
        document's and the default graph.
        """
        graphs = [(terms.document(slug), _own(self._engine, slug), _plain(self._engine, slug)) for slug in self._slugs]
        said = {triple for _, _, plain in graphs for triples in plain.values() for triple in triples}
        owned = {subject for _, own, _ in graphs for subject in own}
        for subject in _sorted(owned if self._document is not None else self._subjects(False), False):
            entailed, repeated = self._entailed(subject), self._repeated(subject)
            triples = [
                triple
                for triple in self._triples(subject)
                if (triple in entailed if subject in owned else triple not in said or triple in repeated)
            ]
            if triples:
                yield Block(None, _ordered(triples, False))
        for graph, own, plain in graphs:
            for subject in _sorted(own | plain.keys(), False):
                triples = [*plain.get(subject, ())]
                if subject in own:
                    entailed, repeated = self._entailed(subject), self._repeated(subject)
                    stated = [one for one in self._all(subject) if one not in entailed]
                    triples = [*{*triples, *(one for one in stated if one not in said or one in repeated)}]
                if triples:
                    yield Block(graph, _ordered(triples, False))

    def _subjects(self, lines: bool) -> list[NamedNode]:
        found = select(self._engine, "SELECT DISTINCT ?subject WHERE { ?subject ?predicate ?object }")
        return _sorted((subject for (subject,) in found if isinstance(subject, NamedNode)), lines)

    def _all(self, subject: NamedNode) -> list[Triple]:
        return [quad.triple for quad in self._store.quads_for_pattern(subject, None, None, DefaultGraph())]

    def _entailed(self, subject: NamedNode) -> set[Triple]:
        return set(self._engine.entailed(subject))

    def _repeated(self, subject: NamedNode) -> set[Triple]:
        return {
            quad.triple for quad in self._engine.stated.store.quads_for_pattern(subject, None, None, terms.REPEATED)
        }

    def _triples(self, subject: NamedNode) -> list[Triple]:
        if not self._stated_only:
            return self._all(subject)
        entailed = self._entailed(subject)
        return [triple for triple in self._all(subject) if triple not in entailed]


def grouped(triples: Iterable[Triple]) -> Iterator[Block]:
    """Group triples from anywhere by subject, without repetitions, all in order."""
    by_subject: dict[str, set[Triple]] = {}
    for triple in triples:
        by_subject.setdefault(str(triple.subject), set()).add(triple)
    for _, found in sorted(by_subject.items()):
        yield Block(None, _ordered(list(found), False))


def documents(engine: Embedded) -> list[str]:
    """List the slugs of the documents, in order."""
    found = select(engine, f"{_GBA}SELECT ?document WHERE {{ ?document a gba:Document }}")
    return sorted(terms.shorten(node).partition("/")[2] for (node,) in found if isinstance(node, NamedNode))


def file_name(engine: Embedded, slug: str) -> str:
    """Return the name under which a document's text was published, or nothing."""
    found = select(engine, f"{_GBA}SELECT ?name WHERE {{ {terms.document(slug)} gba:fileName ?name }}")
    return next((name.value for (name,) in found if isinstance(name, Literal)), "")


def _own(engine: Embedded, slug: str) -> set[NamedNode]:
    """Return the subjects that exist because of a document: itself, its passages, its claims."""
    document = terms.document(slug)
    found = select(
        engine,
        f"{_GBA}SELECT ?own WHERE {{ {{ ?own gba:inDocument {document} }} UNION "
        f"{{ ?own gba:statedIn/gba:inDocument {document} }} }}",
    )
    return {document, *(own for (own,) in found if isinstance(own, NamedNode))}


def _plain(engine: Embedded, slug: str) -> dict[NamedNode, list[Triple]]:
    """Return the plain triples of a document's reported facts, by subject."""
    found = select(
        engine,
        f"{_GBA}SELECT DISTINCT ?subject ?predicate ?object WHERE {{ "
        f"?fact gba:statedIn/gba:inDocument {terms.document(slug)} ; gba:status gba:reported ; "
        "gba:subject ?subject ; gba:predicate ?predicate ; gba:object|gba:literal ?object . "
        "?subject ?predicate ?object }",
    )
    plain: dict[NamedNode, list[Triple]] = {}
    for subject, predicate, object_ in found:
        if isinstance(subject, NamedNode) and isinstance(predicate, NamedNode) and object_ is not None:
            plain.setdefault(subject, []).append(Triple(subject, predicate, object_))
    return plain


def _sorted(subjects: Iterable[NamedNode], lines: bool) -> list[NamedNode]:
    return sorted(subjects, key=str if lines else lambda subject: subject.value)


def _ordered(triples: list[Triple], lines: bool) -> list[Triple]:
    if lines:
        return sorted(triples, key=str)
    return sorted(triples, key=_reading)


def _reading(triple: Triple) -> tuple[bool, bool, str, str]:
    """Put the type first, then the label, then the other predicates in order."""
    predicate = triple.predicate
    return predicate != terms.TYPE, predicate != terms.LABEL, predicate.value, str(triple.object)
