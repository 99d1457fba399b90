"""owlrl with some of its faults mended: what tells whether a difference from it is one of these faults."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from pyoxigraph import Triple

from gbakg.engine import Term, from_rdflib, term_from_rdflib, to_rdflib
from gbakg.equality import Found, rule
from gbakg.reason import kept

if TYPE_CHECKING:
    import rdflib


class Mended(NamedTuple):
    """What mended owlrl found, and the terms that it takes to be the same as a literal."""

    found: Found
    literal: frozenset[Term]


def mended(stated: Sequence[Triple], lists: bool) -> Mended:
    """Close a graph with owlrl that makes no literals the same; with `lists`, one that reads lists to their end, too."""
    from owlrl import DeductiveClosure, OWLRL_Semantics
    from owlrl.Namespaces import ERRNS
    from rdflib import OWL, RDF, Literal

    literal: set[Term] = set()

    class Apart(OWLRL_Semantics):  # type: ignore[misc]
        """owlrl without sameAs between literals."""

        def store_triple(self, triple: tuple[Any, Any, Any]) -> None:
            subject, predicate, value = triple
            if predicate == OWL.sameAs and isinstance(value, Literal):
                if isinstance(subject, Literal):
                    return
                literal.add(term_from_rdflib(subject))
            super().store_triple(triple)

    graph = to_rdflib(stated)
    if lists:
        _prolong(graph)
    DeductiveClosure(Apart, rdfs_closure=False, axiomatic_triples=False, datatype_axioms=False).expand(graph)
    closed = from_rdflib(triple for triple in graph if not isinstance(triple[0], Literal))
    sentences = [text for node in graph.subjects(RDF.type, ERRNS.ErrorMessage) for text in graph[node : ERRNS.error]]
    entailed = {triple for triple in closed if kept(triple)} - set(stated)
    return Mended((entailed, {rule(str(text)) for text in sentences}), frozenset(literal))


def _prolong(graph: rdflib.Graph) -> None:
    """Repeat the last member of each list that owlrl does not read to its end; of AllDisjointClasses it does."""
    from rdflib import OWL, RDF, BNode

    heads: set[Any] = {*graph.objects(None, OWL.hasKey), *graph.objects(None, OWL.distinctMembers)}
    for subject, head in graph.subject_objects(OWL.members):
        if (subject, RDF.type, OWL.AllDisjointClasses) not in graph:
            heads.add(head)
    for node in heads:
        seen = set()
        while (rest := graph.value(node, RDF.rest)) not in (None, RDF.nil) and node not in seen:
            seen.add(node)
            node = rest
        last, more = graph.value(node, RDF.first), BNode()
        if last is not None:
            graph.add((more, RDF.first, last))
            graph.add((more, RDF.rest, RDF.nil))
            graph.set((node, RDF.rest, more))
