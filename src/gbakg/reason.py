"""The closure under OWL 2 RL: the protocol of a reasoner, what of a closure is kept, and the reference, which is owlrl.

The rules are those of OWL 2 Web Ontology Language Profiles, section 4.3, tables 4 to 9.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from pyoxigraph import Literal, NamedNode, Triple

from gbakg import terms
from gbakg.engine import from_rdflib, to_rdflib
from gbakg.errors import InputError, Problem

if TYPE_CHECKING:
    import rdflib


@dataclass(frozen=True, slots=True)
class Closure:
    """What a reasoner found: the kept entailments, sorted, and one sentence for each inconsistency."""

    entailed: tuple[Triple, ...]
    inconsistencies: tuple[str, ...]


class Reasoner(Protocol):
    """What closes a graph under OWL 2 RL."""

    def close(self, stated: Iterable[Triple]) -> Closure:
        """Close a graph, which includes the ontology."""
        ...


class Owlrl:
    """The reference reasoner: owlrl as it comes, on the whole graph."""

    def close(self, stated: Iterable[Triple]) -> Closure:
        """Close a graph; see Reasoner.  Raises InputError if a list has no end."""
        from owlrl import DeductiveClosure, OWLRL_Semantics
        from rdflib.term import _toPythonMapping as conversions

        given = set(stated)
        graph = to_rdflib(given)
        before = dict(conversions)
        try:
            DeductiveClosure(OWLRL_Semantics, axiomatic_triples=False, datatype_axioms=False).expand(graph)
        except ValueError as error:
            what = f"owlrl cannot close this graph: {error}; look for a list that comes back to itself, and end it"
            raise InputError([Problem("", what)]) from None
        finally:  # owlrl leaves rdflib with its own readings of datatypes, by which pyshacl would judge thereafter
            conversions.clear()
            conversions.update(before)
        entailed = {triple for triple in _translate(graph) if kept(triple)} - given
        return Closure(tuple(sorted(entailed, key=str)), tuple(sorted(_errors(graph))))


def kept(triple: Triple) -> bool:
    """Tell whether an entailment is worth storing.

    Its subject is an entity, a claim or a term of the ontology; its predicate rdf:type or a property that is not of
    RDF, RDFS or OWL; its object an IRI or a literal.  Nothing reflexive, and no class that every thing belongs to.
    """
    subject, predicate, object_ = triple.subject, triple.predicate, triple.object
    if not isinstance(subject, NamedNode) or not subject.value.startswith((terms.ID, terms.GBA)) or subject == object_:
        return False
    if isinstance(object_, NamedNode):
        if predicate == terms.TYPE:
            return not object_.value.startswith(_BUILTIN)
        return not predicate.value.startswith(_BUILTIN)
    return isinstance(object_, Literal) and not predicate.value.startswith(_BUILTIN)


_BUILTIN = (str(terms.RDF), str(terms.RDFS), str(terms.OWL))


def _translate(graph: rdflib.Graph) -> Iterator[Triple]:
    import rdflib

    # owlrl works with literals as subjects, which are no triples outside it.
    return from_rdflib(triple for triple in graph if not isinstance(triple[0], rdflib.Literal))


def _errors(graph: rdflib.Graph) -> Iterator[str]:
    import rdflib
    from owlrl.Namespaces import ERRNS

    for node in graph.subjects(rdflib.RDF.type, ERRNS.ErrorMessage):
        for message in graph.objects(node, ERRNS.error):
            yield _shorten(str(message))


def _shorten(message: str) -> str:
    return re.sub(r"https?://[^\s,()'\"<>{}|\\^`]+", lambda found: terms.shorten(NamedNode(found[0])), message)
