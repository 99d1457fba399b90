"""What a change of some documents can have changed: the nodes concerned, and the part of a graph that they see."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from pyoxigraph import BlankNode, DefaultGraph, NamedNode, QueryTriples, RdfFormat, Store

from gbakg import terms
from gbakg.engine import Embedded, Term, select
from gbakg.groups import WITHIN, Reach


@dataclass(frozen=True, slots=True)
class Change:
    """A change of some documents, as far as it is known: what is not costs time, and leads to the same report.

    `documents` are those whose nodes (the document, its passages, its claims) have changed triples, `foreign` the
    predicates of all other changed triples.  `nodes` gives the nodes of these documents before and after the change; if it
    is not known, the whole graph is read to find them.  `touched` are the predicates of all changed triples, so that a
    check that names none of them need not be asked again; `edited` their subjects, so that most checks need be asked of
    these alone; `part` gives these documents with what all documents share.
    """

    documents: Collection[NamedNode]
    foreign: Collection[NamedNode] = ()
    nodes: Callable[[], Collection[Term]] | None = None
    touched: Collection[NamedNode] | None = None
    edited: Collection[Term] | None = None
    part: Callable[[], Embedded] | None = None


def own(engine: Embedded, documents: Collection[NamedNode]) -> set[Term]:
    """Find the nodes of documents by their IRIs, also those that are gone and that something still refers to.

    It reads the whole graph: who knows the nodes need not ask.
    """
    slugs = "|".join(re.escape(terms.local(one)) for one in documents).replace("\\", "\\\\")
    pattern = f"^{terms.ID}(document/({slugs})(#.*)?|({'|'.join(terms.CLAIMS)})/({slugs})-p[0-9]+-.*)$"
    each = " UNION ".join(f"{{ SELECT DISTINCT ?n WHERE {{ {one} }} }}" for one in ("?n ?p ?o", "?s ?p ?n"))
    found = select(engine, f'SELECT ?n WHERE {{ {each} FILTER (isIRI(?n) && REGEX(STR(?n), "{pattern}")) }}')
    return {*documents, *(row[0] for row in found if row[0] is not None)}


def affected(store: Store, changed: Iterable[Term], limit: int | None = None, within: bool = True) -> set[Term] | None:
    """Find whatever leads to a changed node; None if it is over a limit, by default a few times what changed.

    With `within`, a claim's passage and document count as changed too.
    """
    found = set(changed)
    limit = 4 * len(found) + 1000 if limit is None else limit
    waiting = list(found)
    while waiting:
        node = waiting.pop()
        near: list[Term] = [quad.subject for quad in store.quads_for_pattern(None, None, node, DefaultGraph())]
        for predicate in map(NamedNode, WITHIN if within else ()):
            near += [quad.object for quad in store.quads_for_pattern(node, predicate, None, DefaultGraph())]  # type: ignore[arg-type]
        for one in near:
            if one not in found and isinstance(one, NamedNode | BlankNode):
                found.add(one)
                waiting.append(one)
        if len(found) > limit:
            return None
    return found


def meets(store: Store, reach: Reach, predicates: Collection[str]) -> bool:
    """Tell whether triples with some of these predicates, of a store before or after they changed, can be reached."""
    if reach.predicates is None:
        return bool(predicates)
    if not reach.predicates.isdisjoint(predicates):
        return True  # also if what binds a variable came or went
    return any(_stands(store, one, *how) for one in map(NamedNode, predicates) for how in reach.through)


def _stands(store: Store, node: NamedNode, predicate: str, place: int) -> bool:
    ends = (None, node) if place else (node, None)
    return any(True for _ in store.quads_for_pattern(ends[0], NamedNode(predicate), ends[1], DefaultGraph()))


def seen(store: Store, nodes: Iterable[Term]) -> Store:
    """Copy what can be reached from some nodes, forwards."""
    known = {str(node) for node in nodes}
    lines: list[str] = []
    waiting = known
    while waiting:  # the lines of N-Triples of many nodes at once: an object for each triple takes ten times as long
        found = [line for node in waiting if node.startswith("_:") for line in about(store, node)]
        named = " ".join(node for node in waiting if node.startswith("<"))
        answer = store.query(f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ VALUES ?s {{ {named} }} ?s ?p ?o }}")
        if isinstance(answer, QueryTriples) and (text := answer.serialize(format=RdfFormat.N_TRIPLES)):
            found += text.decode().split("\n")[:-1]
        lines += found
        waiting = {line.split(" ", 2)[2][:-2] for line in found if not line.endswith('" .')} - known
        waiting = {node for node in waiting if node.startswith(("<", "_:"))}
        known |= waiting
    copy = Store()
    copy.bulk_load("\n".join(lines).encode(), format=RdfFormat.N_TRIPLES)
    return copy


def about(store: Store, node: str) -> list[str]:
    """Return what is said of a node, as lines of N-Triples; the node is spelt as these spell it."""
    subject = NamedNode(node[1:-1]) if node.startswith("<") else BlankNode(node.removeprefix("_:"))
    return [f"{quad.triple} ." for quad in store.quads_for_pattern(subject, None, None, DefaultGraph())]
