"""The closure under OWL 2 RL: the protocol of a reasoner, what of a closure is kept, and the reference, which is owlrl.

The rules are those of OWL 2 Web Ontology Language Profiles, section 4.3, tables 4 to 9.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from pyoxigraph import Literal, NamedNode, Triple

from gbakg import terms
from gbakg.engine import from_rdflib, to_rdflib

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
    """The reference reasoner: owlrl.

    It is fed only what can matter, and does not copy a term's triples onto that term itself.  Neither changes what is
    kept (tests/test_reason.py); `whole` switches both off, at ten times the time.
    """

    def __init__(self, whole: bool = False) -> None:
        self.whole = whole

    def close(self, stated: Iterable[Triple]) -> Closure:
        """Close a graph; see Reasoner."""
        from owlrl import DeductiveClosure, OWLRL_Semantics

        given = set(stated)
        graph = to_rdflib(given if self.whole else relevant(given))
        semantics = OWLRL_Semantics if self.whole else _irreflexive()
        DeductiveClosure(semantics, rdfs_closure=False, axiomatic_triples=False, datatype_axioms=False).expand(graph)
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


def relevant(stated: set[Triple]) -> set[Triple]:
    """Leave out the triples that no rule can use: those whose predicate stands in no axiom.

    A rule reaches the triples of a property `p` only through an axiom that names `p` (subPropertyOf, domain, inverseOf,
    a restriction on it, ...), or by equality.  So where nothing can make two terms equal, and no axiom makes axioms of
    data, a triple with another predicate neither entails anything nor is inconsistent with anything.
    """
    named: set[NamedNode] = set()
    for triple in stated:
        predicate, object_ = triple.predicate, triple.object
        if predicate == terms.TYPE:
            if object_ in _EQUATING:
                return stated
            if object_ in _DECLARATIONS or not _is_builtin(object_):
                continue
        elif predicate in _ANNOTATIONS or not _is_builtin(predicate):
            continue
        elif predicate in _EQUATING or (predicate in _TYPING and _is_builtin(object_) and object_ not in _HARMLESS):
            return stated
        named.update(term for term in (triple.subject, object_) if isinstance(term, NamedNode))
    return {
        triple
        for triple in stated
        if triple.predicate in named or (_is_builtin(triple.predicate) and triple.predicate not in _ANNOTATIONS)
    }


_BUILTIN = (str(terms.RDF), str(terms.RDFS), str(terms.OWL))
_DECLARATIONS = {
    *(
        terms.OWL.term(name)
        for name in (
            "AnnotationProperty",
            "Class",
            "DatatypeProperty",
            "NamedIndividual",
            "ObjectProperty",
            "Ontology",
            "Thing",
        )
    ),
    terms.RDF.term("Property"),
    terms.RDFS.term("Class"),
}
_ANNOTATIONS = {
    *(terms.RDFS.term(name) for name in ("comment", "isDefinedBy", "label", "seeAlso")),
    *(terms.OWL.term(name) for name in ("deprecated", "priorVersion", "versionIRI", "versionInfo")),
}
_EQUATING = {
    terms.OWL.term(name)
    for name in (
        "FunctionalProperty",
        "InverseFunctionalProperty",
        "hasKey",
        "maxCardinality",
        "maxQualifiedCardinality",
        "sameAs",
    )
}
_TYPING = {
    terms.RDFS.term("domain"),
    terms.RDFS.term("range"),
    terms.RDFS.term("subClassOf"),
    terms.OWL.term("equivalentClass"),
    terms.RDFS.term("subPropertyOf"),
    terms.OWL.term("equivalentProperty"),
}
_HARMLESS = {
    terms.OWL.term("Thing"),
    terms.RDFS.term("Resource"),
    terms.RDFS.term("Literal"),
    terms.RDF.term("Property"),
}


def _is_builtin(term: object) -> bool:
    return isinstance(term, NamedNode) and term.value.startswith(_BUILTIN)


def _irreflexive() -> type[Any]:
    from owlrl import OWLRL_Semantics
    from rdflib import OWL, RDF

    class Irreflexive(OWLRL_Semantics):  # type: ignore[misc]
        """owlrl without rule eq-ref, whose `x sameAs x` only lets every triple about x entail itself."""

        def _equality(self, triple: tuple[Any, Any, Any], cycle_num: int) -> None:
            subject, predicate, value = triple
            if predicate == OWL.differentFrom and subject == value:
                self.add_error(f"'sameAs' and 'differentFrom' cannot be used on the same pair: ({subject}, {value})")
            if predicate == OWL.sameAs or (predicate == RDF.type and value == OWL.AllDifferent):
                super()._equality(triple, cycle_num)

    return Irreflexive


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
    return re.sub(r"https?://[^\s,()']+", lambda found: terms.shorten(NamedNode(found[0])), message)
