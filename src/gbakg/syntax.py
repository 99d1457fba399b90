"""What a shapes graph holds: which nodes are shapes, what they refer to, their targets; and what is refused of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from pyoxigraph import BlankNode, NamedNode, Triple

from gbakg import terms
from gbakg.engine import Term
from gbakg.errors import Problem, ShapeError
from gbakg.index import OPERATORS, Index
from gbakg.terms import OWL, RDFS, SH
from gbakg.validate import readable

DEEPEST = 100
"""Levels of shapes within shapes, and steps of a path: parsers and engines overrun their stacks at some hundreds more."""

_TARGETS = tuple(SH.term(name) for name in ("targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf"))
_ONE = tuple(SH.term(name) for name in ("property", "node", "not", "qualifiedValueShape"))
_OF_SPARQL = {SH.term("select"), SH.term("prefixes")}  # a shape can be its own constraint
_LISTS = tuple(SH.term(name) for name in ("and", "or", "xone"))


def shapes(source: Index) -> list[Term]:
    """List the shapes (section 2.1)."""
    found = source.instances({SH.term("NodeShape"), SH.term("PropertyShape")})
    for predicate in (*_TARGETS, SH.term("property"), SH.term("node")):
        found += source.subjects(predicate)
    for shape in found:  # which grows
        found.extend(inner for inner in _inner(source, shape) if inner not in found)
    return list(dict.fromkeys(found))


def _inner(source: Index, shape: Term) -> list[Term]:
    """List the shapes that a shape refers to."""
    found = [inner for predicate in _ONE for inner in source.values(shape, predicate)]
    heads = [head for predicate in _LISTS for head in source.values(shape, predicate)]
    return found + [inner for head in heads for inner in source.members(head)]


def refuse(source: Index, names: Collection[str]) -> None:
    """Refuse what would be passed over, never end, or overrun the stack.

    That is: names in sh: that are not among these, recursion, and what is nested too deeply.  Raises ShapeError.
    """
    known = {SH.term(name) for name in names}
    problems = []
    safe: dict[Term, int] = {}
    for shape in shapes(source):
        allowed = known | _OF_SPARQL if shape in source.values(shape, SH.term("sparql")) else known
        problems += [
            f"{readable(shape)} has sh:{terms.local(name)}, which is no constraint of SHACL known here; remove it"
            for name in source.predicates(shape)
            if name.value.startswith(SH) and name not in allowed
        ]
        problems += [
            f"a path of {readable(_owner(source, shape))} {wrong}"
            for path in source.values(shape, SH.term("path"))
            if (wrong := _winding(source, path))
        ]
        if cycle := _cycle(source, shape, [], safe):
            way = " > ".join(map(readable, cycle))
            problems.append(f"a shape refers to itself, which SHACL leaves undefined: {way}; break the cycle")
            break
        if safe[shape] > DEEPEST:
            problems.append(f"{readable(shape)} has shapes in shapes, more than {DEEPEST} deep; nest less")
            break
    if problems:
        raise ShapeError(Problem("", one) for one in problems)


def _owner(source: Index, shape: Term) -> Term:
    """Return the shape that has a property shape without a name, or the shape itself."""
    holders = source.subjects(SH.term("property")) if isinstance(shape, BlankNode) else []
    return next((one for one in holders if shape in source.values(one, SH.term("property"))), shape)


def _cycle(source: Index, shape: Term, above: list[Term], safe: dict[Term, int]) -> list[Term]:
    """Return the way from a shape back to itself, or nothing; then `safe` has how many levels of shapes it is.

    What lies deeper than anybody nests is not looked at any more: it counts as so many levels.
    """
    if shape in above:
        return [*above[above.index(shape) :], shape]
    if shape not in safe:
        inner = _inner(source, shape) if len(above) <= DEEPEST else []
        for one in inner:
            if cycle := _cycle(source, one, [*above, shape], safe):
                return cycle
        safe[shape] = 1 + max((safe[one] for one in inner), default=0)
    return []


def _winding(source: Index, path: Term) -> str:
    """Say what is wrong with a path that leads back into itself, or has too many steps; nothing if it is neither."""
    waiting: list[tuple[Term, tuple[Term, ...]]] = [(path, ())]
    steps = 0
    while waiting:
        node, above = waiting.pop()
        steps += 1
        if node in above:
            return "leads back into itself; break the cycle"
        if steps > DEEPEST:
            return f"has more than {DEEPEST} steps; write a shorter one"
        parts = [*source.members(node)] if isinstance(node, BlankNode) else []
        for operator in OPERATORS:
            for inner in source.values(node, SH.term(operator)) if isinstance(node, BlankNode) else []:
                parts += source.members(inner) if operator == "alternativePath" else [inner]
        waiting += [(part, (*above, node)) for part in parts]
    return ""


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
