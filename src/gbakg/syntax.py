"""What a shapes graph holds: which nodes are shapes, what they refer to, and their targets."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from pyoxigraph import NamedNode, Triple

from gbakg import terms
from gbakg.engine import Term
from gbakg.index import Index
from gbakg.terms import OWL, RDFS, SH

_TARGETS = tuple(SH.term(name) for name in ("targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf"))
_ONE = tuple(SH.term(name) for name in ("property", "node", "not", "qualifiedValueShape"))
_LISTS = tuple(SH.term(name) for name in ("and", "or", "xone"))


def shapes(source: Index) -> list[Term]:
    """List the shapes (section 2.1)."""
    found = source.instances({SH.term("NodeShape"), SH.term("PropertyShape")})
    for predicate in (*_TARGETS, SH.term("property"), SH.term("node")):
        found += source.subjects(predicate)
    for shape in found:  # which grows
        found.extend(one for one in inner(source, shape) if one not in found)
    return list(dict.fromkeys(found))


def inner(source: Index, shape: Term) -> list[Term]:
    """List the shapes that a shape refers to."""
    found = [one for predicate in _ONE for one in source.values(shape, predicate)]
    heads = [head for predicate in _LISTS for head in source.values(shape, predicate)]
    return found + [one for head in heads for one in source.members(head)]


def targets(source: Index, shape: Term) -> list[list[Term]]:
    """List what gives a shape its focus nodes: classes (a shape may be one, section 2.1.3.3), nodes, predicates of both ways."""
    metaclasses = {RDFS.term("Class"), OWL.term("Class"), *source.subclasses(RDFS.term("Class"))}
    found = [list(source.values(shape, target)) for target in _TARGETS]
    found[0] += [shape] if metaclasses.intersection(source.values(shape, terms.TYPE)) else []
    return found


def restricted(source: Index, left: Collection[Term]) -> Iterator[Triple]:
    """Yield the shapes graph without the targets of all other shapes."""
    for triple in source.triples:
        implicit = (
            triple.predicate == terms.TYPE and targets(source, triple.subject)[0] and not _is_shape(triple.object)
        )
        if triple.subject in left or not (triple.predicate in _TARGETS or implicit):
            yield triple


def _is_shape(kind: Term) -> bool:
    return isinstance(kind, NamedNode) and kind.value.startswith(SH)
