"""Shapes graphs that mean nothing, never end, or would overrun a stack: refused by name before anything is compiled."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from pyoxigraph import BlankNode, Literal, NamedNode

from gbakg import terms
from gbakg.engine import Term
from gbakg.errors import Problem, ShapeError
from gbakg.index import OPERATORS, Index
from gbakg.syntax import inner, shapes
from gbakg.terms import RDF, SH
from gbakg.validate import readable

DEEPEST = 100
"""Levels of shapes within shapes, and steps of a path: parsers and engines overrun their stacks at some hundreds more."""

_OF_SPARQL = {SH.term("select"), SH.term("prefixes")}  # a shape can be its own constraint
_TRUTHS = ("closed", "deactivated", "qualifiedValueShapesDisjoint", "uniqueLang")
_BOOLEANS = {str(terms.literal(text, "boolean")) for text in ("true", "false", "1", "0")}
_IRIS = {
    "severity": "sh:Violation, sh:Warning or sh:Info",
    "targetSubjectsOf": "a property",
    "targetObjectsOf": "a property",
}
_MEMBERS = ("and", "ignoredProperties", "in", "languageIn", "or", "xone")


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
            f"{_found(source, shape)} has sh:{terms.local(name)}, which is no constraint of SHACL known here; remove it"
            for name in source.predicates(shape)
            if name.value.startswith(SH) and name not in allowed
        ]
        problems += [f"{_found(source, shape)} has {wrong}" for wrong in _misshapen(source, shape)]
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


def _misshapen(source: Index, shape: Term) -> Iterator[str]:
    """Say which parameters have a value that means nothing, and that each engine would understand in its own way."""
    for name in _TRUTHS:
        for value in source.values(shape, SH.term(name)):
            if not (isinstance(value, Literal) and str(value) in _BOOLEANS):
                yield f"sh:{name} {value}, which is neither true nor false; write one of them, without quotes"
    for name in _MEMBERS:
        for head in source.values(shape, SH.term(name)):
            if not _is_list(source, head):
                yield f"sh:{name} {readable(head)}, which is no list; write its members in parentheses"
    for name in ("path", "severity"):
        found = source.values(shape, SH.term(name))
        if len(found) > 1:
            yield f"sh:{name} {' and '.join(map(readable, found))}, where one is allowed; remove the others"
    for name, instead in _IRIS.items():
        for value in source.values(shape, SH.term(name)):
            if not isinstance(value, NamedNode):
                yield f"sh:{name} {value}, which is no IRI; write {instead}"


def _is_list(source: Index, node: Term) -> bool:
    """Tell whether a list comes to its end, with one member at each step."""
    seen: set[Term] = set()
    while node != RDF.term("nil"):
        first, rest = (source.values(node, RDF.term(name)) for name in ("first", "rest"))
        if node in seen or len(first) != 1 or len(rest) != 1:
            return False
        seen.add(node)
        (node,) = rest
    return True


def _owner(source: Index, shape: Term) -> Term:
    """Return the shape that has a property shape without a name, or the shape itself."""
    holders = source.subjects(SH.term("property")) if isinstance(shape, BlankNode) else []
    return next((one for one in holders if shape in source.values(one, SH.term("property"))), shape)


def _found(source: Index, shape: Term) -> str:
    """Write a shape as a person finds it: one without a name by its path, and the shape that has it."""
    owner, paths = _owner(source, shape), source.values(shape, SH.term("path"))
    named = [terms.shorten(path) for path in paths if isinstance(path, NamedNode) and owner != shape]
    return f"{named[0]} of {readable(owner)}" if named else readable(owner)


def _cycle(source: Index, shape: Term, above: list[Term], safe: dict[Term, int]) -> list[Term]:
    """Return the way from a shape back to itself, or nothing; then `safe` has how many levels of shapes it is.

    What lies deeper than anybody nests is not looked at any more: it counts as so many levels.
    """
    if shape in above:
        return [*above[above.index(shape) :], shape]
    if shape not in safe:
        below = inner(source, shape) if len(above) <= DEEPEST else []
        for one in below:
            if cycle := _cycle(source, one, [*above, shape], safe):
                return cycle
        safe[shape] = 1 + max((safe[one] for one in below), default=0)
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
            for value in source.values(node, SH.term(operator)) if isinstance(node, BlankNode) else []:
                parts += source.members(value) if operator == "alternativePath" else [value]
        waiting += [(part, (*above, node)) for part in parts]
    return ""
