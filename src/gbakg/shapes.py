"""The fast validator: SHACL shapes compiled to SPARQL 1.1, each constraint one query over all its focus nodes.

Shapes (https://www.w3.org/TR/shacl/) are compiled once, to a Plan that runs on any engine.  What constraints.py does not
cover goes to pyshacl, that shape alone, with a warning that names it.  The reports are pyshacl's, sh:detail left out.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from pyoxigraph import BlankNode, Literal, NamedNode, Store, Triple

from gbakg import terms
from gbakg.checks import Check, Source, Uncovered, sparql
from gbakg.constraints import COMPONENTS, OTHERS, Compiler
from gbakg.engine import Embedded, Engine, Solutions, Term, to_rdflib
from gbakg.errors import Problem, ShapeError
from gbakg.terms import OWL, RDFS, SH
from gbakg.validate import PATH, Pyshacl, Report, Result, order, readable
from gbakg.values import holds, quads, to_term

if TYPE_CHECKING:
    import rdflib


class Compiled:
    """The fast validator."""

    def validate(self, data: Iterable[Triple], shapes: Iterable[Triple]) -> Report:
        """Validate; see Validator.  Raises ShapeError for a shape that is recursive or has an unknown constraint."""
        plan = Plan(shapes)
        store, odd = Store(), list[Literal]()
        store.bulk_extend(quads(data, odd))
        if odd and isinstance(data, Sequence):
            warnings.warn(f"validating with pyshacl: a store would rewrite {odd[0]}", stacklevel=2)
            return Pyshacl().validate(data, plan.source.triples)
        return plan.run(Embedded(store), data if isinstance(data, Sequence) else None)


class Root(NamedTuple):
    """A shape with targets: the pattern that binds its focus nodes, and what is asked of them."""

    shape: Term
    target: str
    checks: tuple[Check, ...]


class Plan:
    """A shapes graph, compiled; `left` are the constraints whose shapes the reference validates."""

    def __init__(self, shapes: Iterable[Triple]) -> None:
        self.source = Source(shapes)
        self.roots: list[Root] = []
        self.left: dict[Term, Uncovered] = {}
        _refuse(self.source)
        compiler = Compiler(self.source)
        for shape in _shapes(self.source):
            focus = compiler.fresh()
            try:
                target = _target(self.source, shape, focus)
                if target:
                    self.roots.append(Root(shape, target, tuple(compiler.checks(shape, focus))))
            except Uncovered as error:
                if _targeted(self.source, shape):
                    self.left[shape] = error

    def run(self, engine: Engine, data: Sequence[Triple] | None = None) -> Report:
        """Validate what an engine holds, which includes the ontology; `data`, if given, is the same for the reference."""
        report = _Reporter(self.source, engine, data)
        asked = [(check, root.target) for root in self.roots for check in root.checks]
        with ThreadPoolExecutor(min(len(asked), os.cpu_count() or 1) or 1) as pool:
            rows = pool.map(lambda text: _select(engine, text), [check.query(target) for check, target in asked])
            found = [one for (check, _), each in zip(asked, rows, strict=True) for one in report.results(check, each)]
        if self.left:
            for error in self.left.values():
                warnings.warn(f"validating with pyshacl: {error}", stacklevel=2)
            rest = Pyshacl().validate(report.data, _restricted(self.source, self.left))
            found.extend(rest.results)
            report.paths.update(rest.paths)
        return Report(tuple(sorted(found, key=order)), report.paths)


# --- shapes --------------------------------------------------------------------------------------------------------


_MESSAGE = SH.term("message")
_TARGETS = tuple(SH.term(name) for name in ("targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf"))
_ONE = tuple(SH.term(name) for name in ("property", "node", "not", "qualifiedValueShape"))
_OF_SPARQL = {SH.term("select"), SH.term("prefixes")}  # a shape can be its own constraint
_LISTS = tuple(SH.term(name) for name in ("and", "or", "xone"))


def _shapes(source: Source) -> list[Term]:
    """List the shapes (section 2.1)."""
    found = source.instances({SH.term("NodeShape"), SH.term("PropertyShape")})
    for predicate in (*_TARGETS, SH.term("property"), SH.term("node")):
        found += source.subjects(predicate)
    for shape in found:  # which grows
        found.extend(inner for inner in _inner(source, shape) if inner not in found)
    return list(dict.fromkeys(found))


def _inner(source: Source, shape: Term) -> list[Term]:
    """List the shapes that a shape refers to."""
    found = [inner for predicate in _ONE for inner in source.values(shape, predicate)]
    heads = [head for predicate in _LISTS for head in source.values(shape, predicate)]
    return found + [inner for head in heads for inner in source.members(head)]


def _refuse(source: Source) -> None:
    """Refuse what would be passed over or never end: unknown constraints (of the sh: namespace), and recursion."""
    known = {SH.term(name) for name in (*COMPONENTS, *OTHERS)}
    problems = []
    safe: set[Term] = set()
    for shape in _shapes(source):
        allowed = known | _OF_SPARQL if shape in source.values(shape, SH.term("sparql")) else known
        problems += [
            Problem(
                "",
                f"{readable(shape)} has sh:{terms.local(name)}, which is no constraint of SHACL known here; remove it",
            )
            for name in source.predicates(shape)
            if name.value.startswith(SH) and name not in allowed
        ]
        cycle = _cycle(source, shape, [], safe)
        if cycle:
            way = " > ".join(map(readable, cycle))
            problems.append(
                Problem("", f"a shape refers to itself, which SHACL leaves undefined: {way}; break the cycle")
            )
            break
    if problems:
        raise ShapeError(problems)


def _cycle(source: Source, shape: Term, above: list[Term], safe: set[Term]) -> list[Term]:
    if shape in above:
        return [*above[above.index(shape) :], shape]
    if shape not in safe:
        for inner in _inner(source, shape):
            cycle = _cycle(source, inner, [*above, shape], safe)
            if cycle:
                return cycle
        safe.add(shape)
    return []


def _classes(source: Source, shape: Term) -> list[Term]:
    """List the classes whose instances are focus nodes: sections 2.1.3.2 and, for a shape that is a class, 2.1.3.3."""
    metaclasses = {RDFS.term("Class"), OWL.term("Class"), *source.subclasses(RDFS.term("Class"))}
    implicit = [shape] if metaclasses.intersection(source.values(shape, terms.TYPE)) else []
    return [*source.values(shape, SH.term("targetClass")), *implicit]


def _targeted(source: Source, shape: Term) -> bool:
    return bool(_classes(source, shape)) or any(source.values(shape, predicate) for predicate in _TARGETS)


def _target(source: Source, shape: Term, focus: str) -> str:
    """Write the pattern that binds a shape's focus nodes, each once (section 2.1.3); empty if it has no target."""
    ways = [f"{focus} {terms.TYPE}/{RDFS.term('subClassOf')}* {one} ." for one in _classes(source, shape)]
    ways += [f"VALUES {focus} {{ {sparql(shape, one)} }}" for one in source.values(shape, SH.term("targetNode"))]
    ways += [f"{focus} {one} ?any ." for one in source.values(shape, SH.term("targetSubjectsOf"))]
    ways += [f"?any {one} {focus} ." for one in source.values(shape, SH.term("targetObjectsOf"))]
    return f"{{ SELECT DISTINCT {focus} WHERE {{ {{ {' } UNION { '.join(ways)} }} }} }}" if ways else ""


def _restricted(source: Source, left: Iterable[Term]) -> Iterator[Triple]:
    """Yield the shapes graph without the targets of all other shapes."""
    for triple in source.triples:
        implicit = triple.predicate == terms.TYPE and _classes(source, triple.subject) and not _is_shape(triple.object)
        if triple.subject in left or not (triple.predicate in _TARGETS or implicit):
            yield triple


def _is_shape(kind: Term) -> bool:
    return isinstance(kind, NamedNode) and kind.value.startswith(SH)


# --- results -------------------------------------------------------------------------------------------------------


class _Reporter:
    """Asks an engine, and words its answers as results."""

    def __init__(self, source: Source, engine: Engine, data: Sequence[Triple] | None) -> None:
        self.source, self.engine, self._given = source, engine, data
        self.paths: dict[str, tuple[Triple, ...]] = {}

    @cached_property
    def data(self) -> Sequence[Triple]:
        """The graph as the reference takes it."""
        if self._given is not None:
            return self._given
        found = self.engine.query("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }")
        return [] if isinstance(found, (bool, Solutions)) else list(found)

    def results(self, check: Check, rows: Iterable[dict[str, Term]]) -> Iterator[Result]:
        """Yield the results of one constraint."""
        for row in rows:
            if check.constraint is not None:
                yield self._of_sparql(check, row)
                continue
            focus, value, other = row[check.chain[-1][1:]], row.get(check.value[1:]), row.get(check.other[1:])
            if check.order and value and holds(value, check.order, check.bound or other, check.bound is not None):
                continue
            path = self._path(other if check.component == "Closed" else self._own_path(check.shape))
            yield self._result(check, focus, path, value, self._messages(check, focus, value))

    def _of_sparql(self, check: Check, row: dict[str, Term]) -> Result:
        focus, own = row["this"], self._own_path(check.shape)
        value = row.get("value", None if own else focus)
        path = self._path(row.get("path", own))
        row = row if value is None else {**row, "value": value}
        words = [one for node in (check.constraint, check.shape) if node for one in self.source.values(node, _MESSAGE)]
        return self._result(check, focus, path, value, dict.fromkeys(_fill(one, row) for one in words))

    def _result(self, check: Check, focus: Term, path: str, value: Term | None, texts: Iterable[str]) -> Result:
        component = f"{check.component}ConstraintComponent"
        return Result(focus, path, value, check.severity, "; ".join(sorted(texts)), check.shape, component)

    def _own_path(self, shape: Term) -> Term | None:
        return next(iter(self.source.values(shape, SH.term("path"))), None)

    def _path(self, path: Term | None) -> str:
        if path is None:
            return ""
        text = self.source.path(path, terms.shorten)
        if text not in self.paths:
            self.paths[text] = tuple(self._describe(path))
        return text

    def _describe(self, path: Term) -> Iterator[Triple]:
        yield Triple(PATH, SH.term("resultPath"), path)
        waiting = [path]
        while waiting:
            node = waiting.pop()
            if isinstance(node, BlankNode):
                for predicate in self.source.predicates(node):
                    for value in self.source.values(node, predicate):
                        yield Triple(node, predicate, value)
                        waiting.append(value)

    def _messages(self, check: Check, focus: Term, value: Term | None) -> list[str]:
        """Return the shape's messages, or else what pyshacl itself would say."""
        given = self.source.values(check.shape, _MESSAGE)
        if given:
            return [message.value for message in given if isinstance(message, Literal)]
        from pyshacl.constraints import CONSTRAINT_PARAMETERS_MAP

        parameter = SH + check.component[0].lower() + check.component[1:]
        by_name = {str(name): component for name, component in CONSTRAINT_PARAMETERS_MAP.items()}
        blank = isinstance(focus, BlankNode) or isinstance(value, BlankNode)
        graph = self._graph if blank else to_rdflib(())
        component = by_name[parameter](self._reference.lookup_shape_from_node(to_term(check.shape)))
        found = component.make_generic_messages(graph, to_term(focus), None if value is None else to_term(value))
        return [str(message) for message in found]

    @cached_property
    def _reference(self) -> Any:
        from pyshacl.shapes_graph import ShapesGraph

        graph = ShapesGraph(to_rdflib(self.source.triples))
        list(graph.shapes)  # which looks for them
        return graph

    @cached_property
    def _graph(self) -> rdflib.Graph:
        graph: rdflib.Graph = to_rdflib(self.data)
        return graph


def _select(engine: Engine, text: str) -> list[dict[str, Term]]:
    """Return the distinct rows of a SELECT, by name."""
    found = engine.query(text)
    if not isinstance(found, Solutions):
        raise TypeError("not a SELECT")
    rows = dict.fromkeys(found)
    return [{name: term for name, term in zip(found.variables, row, strict=True) if term is not None} for row in rows]


def _fill(message: Term, row: dict[str, Term]) -> str:
    """Put what a SELECT found into a message (section 5.3.2)."""
    text = message.value if isinstance(message, Literal) else str(message)
    for name, value in row.items():
        shown = value.value if not isinstance(value, Triple) else str(value)
        text = text.replace(f"{{?{name}}}", shown).replace(f"{{${name}}}", shown)
    return text
