"""The fast validator: SHACL shapes compiled to SPARQL 1.1, each constraint one query over all its focus nodes.

Shapes (https://www.w3.org/TR/shacl/) are compiled once, to a Plan that runs on any engine and can be kept.  What
constraints.py does not cover goes to pyshacl, that shape alone, with a message that names it.  The reports are
pyshacl's, sh:detail left out.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any, NamedTuple

from pyoxigraph import BlankNode, Literal, NamedNode, Store, Triple

from gbakg import affected, syntax, terms
from gbakg.checks import CONDITION, LISTED, TARGET, Check, Uncovered, sparql
from gbakg.compiler import Compiler
from gbakg.constraints import COMPONENTS, OTHERS
from gbakg.engine import Embedded, Engine, Solutions, Term, select
from gbakg.errors import NetworkError, QuerySyntaxError
from gbakg.groups import Reach
from gbakg.index import Index
from gbakg.progress import Say, announce
from gbakg.reporter import Reporter
from gbakg.terms import RDFS
from gbakg.validate import Report, Result, paths_of, readable, term, written
from gbakg.values import quads

Data = Callable[[], Sequence[Triple]]
Key = tuple[Term, str, Term | None]


class Compiled:
    """The fast validator; `say` is told what is left to the reference."""

    def __init__(self, say: Say | None = None) -> None:
        self._say = say

    def validate(self, data: Iterable[Triple], shapes: Iterable[Triple]) -> Report:
        """Validate; see Validator.  Raises ShapeError for a shape that is recursive or has an unknown constraint."""
        plan = Plan(shapes)
        store, odd = Store(), list[Literal]()
        whole = data if isinstance(data, Sequence) else None
        store.bulk_extend(quads(data, odd))
        if odd and whole is not None:
            (self._say or announce)(f"validating with pyshacl: a store would rewrite {odd[0]}")
            from gbakg import reference

            return reference.validate(whole, plan.source.triples)
        return plan.run(Embedded(store), None if whole is None else lambda: whole, self._say)


class Root(NamedTuple):
    """A shape with targets (section 2.1.3), each a tuple of SPARQL terms, and what is asked of its focus nodes."""

    shape: Term
    focus: str
    checks: tuple[Check, ...]
    classes: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()

    def target(self, below: Mapping[str, Sequence[str]], among: str = "") -> str:
        """Write the pattern that binds the focus nodes, each once; `below` has the classes of a class's instances.

        `among`, if given, are the only nodes that are of interest.
        """
        kinds = list(dict.fromkeys(one for kind in self.classes for one in below[kind] if one.startswith("<")))
        deep = [
            kind for kind in self.classes if any(one.startswith("_") for one in below[kind])
        ]  # which no query names
        few = f"VALUES {self.focus} {{ {among} }} " if among else ""
        if len(kinds) == 1 and not deep and not (self.nodes or self.subjects or self.objects):
            return f"{few}{self.focus} {terms.TYPE} {kinds[0]} ."
        ways = [f"VALUES ?kind {{ {' '.join(kinds)} }} {self.focus} {terms.TYPE} ?kind ."] if kinds else []
        ways += [f"{self.focus} {terms.TYPE}/{RDFS.term('subClassOf')}* {kind} ." for kind in deep]
        ways += [f"VALUES {self.focus} {{ {' '.join(self.nodes)} }}"] if self.nodes else []
        ways += [f"{self.focus} {one} ?any ." for one in self.subjects]
        ways += [f"?any {one} {self.focus} ." for one in self.objects]
        ways = [few + one for one in ways]
        return f"{{ SELECT DISTINCT {self.focus} WHERE {{ {{ {' } UNION { '.join(ways)} }} }} }}" if ways else ""


class Plan:
    """A shapes graph, compiled; `left` are the shapes that the reference validates, with the reason."""

    def __init__(self, shapes: Iterable[Triple]) -> None:
        self._read: Callable[[], Iterable[Triple]] = lambda: shapes
        self.roots: list[Root] = []
        self.left: dict[Term, str] = {}
        syntax.refuse(self.source, (*COMPONENTS, *OTHERS))
        compiler = Compiler(self.source)
        for shape in syntax.shapes(self.source):
            try:
                targets = [
                    tuple(dict.fromkeys(sparql(shape, one) for one in each))
                    for each in syntax.targets(self.source, shape)
                ]
                if any(targets):
                    focus = compiler.fresh()
                    self.roots.append(Root(shape, focus, tuple(compiler.checks(shape, focus)), *targets))
            except Uncovered as error:
                if any(syntax.targets(self.source, shape)):
                    self.left[shape] = str(error)
        self.paths = compiler.paths

    def dumps(self) -> str:
        """Write the plan as JSON, with what `update` found out about the checks, if it did."""
        known = self.__dict__.get("reaches", {})
        return json.dumps(
            {
                "left": [[str(shape), reason] for shape, reason in self.left.items()],
                "paths": written(self.paths),
                "roots": [
                    [str(root.shape), root.focus, [_plainly(one) for one in root.checks], *root[3:]]
                    for root in self.roots
                ],
                "reaches": [
                    [
                        [one and str(one) for one in key],
                        reach.local,
                        None if reach.predicates is None else sorted(reach.predicates),
                        reach.forward,
                        sorted(reach.through),
                    ]
                    for key, reach in known.items()
                ],
            },
            ensure_ascii=False,
        )

    @classmethod
    def loads(cls, text: str, shapes: Callable[[], Iterable[Triple]]) -> Plan:
        """Read what `dumps` of the same version has written; the shapes it was made of are read only if need be."""
        plan, found = cls.__new__(cls), json.loads(text)
        plan._read = shapes
        plan.left = {term(shape): reason for shape, reason in found["left"]}
        plan.paths = paths_of(found["paths"])
        plan.roots = [
            Root(term(shape), focus, tuple(map(_check, checks)), *map(tuple, targets))
            for shape, focus, checks, *targets in found["roots"]
        ]
        reaches = {
            (term(shape), component, constraint and term(constraint)): Reach(
                local, None if named is None else frozenset(named), forward, frozenset(map(tuple, through))
            )
            for (shape, component, constraint), local, named, forward, through in found["reaches"]
        }
        if reaches:
            plan.reaches = reaches
        return plan

    @cached_property
    def source(self) -> Index:
        """The shapes graph."""
        return Index(self._read())

    @cached_property
    def reaches(self) -> dict[Key, Reach]:
        """What the results of each check depend on; checks whose results look the same count as one."""
        found: dict[Key, Reach] = {}
        for root in self.roots:
            for check in root.checks:
                mine, other = check.reach, found.get(check.key, Reach(True, frozenset(), True))
                free = mine.predicates is None or other.predicates is None
                targets = {one[1:-1] for one in (*root.subjects, *root.objects)}
                apart = root.objects or len(check.chain) > 1  # a result then names another node than the target
                found[check.key] = Reach(
                    mine.local and other.local and not apart,
                    None if free else frozenset(targets.union(mine.predicates or (), other.predicates or ())),
                    mine.forward and other.forward and not apart,
                    mine.through | other.through,
                )
        return found

    def run(self, engine: Engine, data: Data | None = None, say: Say | None = None) -> Report:
        """Validate what an engine holds: the stated graph with the ontology.  A store in memory is five times as fast.

        `data` gives the same graph to the reference, if that is needed; `say` is told why, stderr by default.
        """
        reporter = self._reporter(engine, data)
        found = self._results(reporter, engine, lambda _: True)
        if self.left:
            for reason in self.left.values():
                (say or announce)(f"validating with pyshacl: {reason}")
            from gbakg import reference  # which starts a process

            rest = reference.validate(reporter.data(), syntax.restricted(self.source, self.left))
            found.extend(rest.results)
            reporter.paths.update(rest.paths)
        return reporter.report(found)

    def piecewise(
        self, whole: Callable[[], Engine], core: Engine, parts: Iterable[tuple[Collection[str], Engine]]
    ) -> Report:
        """Validate a graph in parts, as `run` does at once.

        `core` has what all documents share, each of the `parts` that and some documents, given by their slugs.  Checks that
        look further are asked of the `whole`; they are few.  Raises ValueError if the reference has to validate a shape.
        """
        if self.left:
            raise ValueError("a shape goes to pyshacl, which takes a whole graph")
        reporter = self._reporter(core, None)
        found = [one for one in self._results(reporter, core, self._is_local) if terms.owner(one.focus) is None]
        for slugs, engine in parts:
            found += [one for one in self._results(reporter, engine, self._is_local) if terms.owner(one.focus) in slugs]
        found += self._results(reporter, whole(), lambda key: not self._is_local(key))
        return reporter.report(found)

    def _is_local(self, key: Key) -> bool:
        return self.reaches[key].local

    def update(
        self,
        engine: Embedded,
        before: Report,
        documents: Collection[NamedNode],
        predicates: Collection[NamedNode],
        nodes: Callable[[], Collection[Term]] | None = None,
        touched: Collection[NamedNode] | None = None,
        edited: Collection[NamedNode] | None = None,
        part: Callable[[], Embedded] | None = None,
        data: Data | None = None,
        say: Say | None = None,
    ) -> Report:
        """Validate what a store holds after a change, given this plan's report `before` it: the result is that of `run`.

        `documents` are those whose nodes (the document, its passages, its claims) have changed triples, `predicates` those
        of all other changed triples, `nodes` gives the nodes of these documents before and after the change; if it is not
        given, the whole graph is read to find them; `touched` are the predicates of all changed triples, so that a check
        that names none of them need not be asked again; `edited` their subjects, so that most checks need be asked of
        these alone; `part` gives these documents with what all documents share.  That a claim, before, was stated in the
        document that its IRI names is taken from the shapes, which is why a graph that did not conform is validated anew.
        """
        changed = {one.value for one in predicates}
        unknown = any(_key(result) not in self.reaches for result in before.results)
        if self.left or unknown or not before.conforms or changed & _TYPING:
            return self.run(engine, data, say)
        every = None if touched is None else {one.value for one in touched}
        again = {  # the checks whose results may be others; of those that are local only where something is near
            key: reach.local and not affected.meets(engine.store, reach, changed)
            for key, reach in self.reaches.items()
            if every is None or every & _TYPING or affected.meets(engine.store, reach, every)
        }
        ahead = {key for key, local in again.items() if local and edited is not None and self.reaches[key].forward}
        around = {key for key, local in again.items() if local} - ahead
        far = again.keys() - ahead - around
        own = affected.own(engine, documents) if around and nodes is None else {*nodes()} if around and nodes else set()
        near = affected.affected(engine.store, set(edited or ()), within=False)
        wide = affected.affected(engine.store, own | {*documents}) if around else set[Term]()
        if near is None or wide is None:
            return self.run(engine, data, say)
        reporter = self._reporter(engine, data)
        reporter.paths.update(before.paths)
        found = [
            one
            for one in before.results
            if (key := _key(one)) not in again
            or (key in ahead and one.focus not in near)
            or (key in around and one.focus not in wide)
        ]
        concerned, slugs = near | wide, {terms.owner(one) for one in documents}
        inside = all(terms.owner(one) in slugs for one in concerned if terms.owner(one) is not None)
        small: Engine = engine
        if len(ahead) + len(around) > FEW:
            small = part() if part is not None and inside else Embedded(affected.seen(engine.store, concerned))
        found += self._results(reporter, small, ahead.__contains__, near)
        found += self._results(reporter, small, around.__contains__, wide)
        return reporter.report([*found, *self._results(reporter, engine, far.__contains__)])

    def _reporter(self, engine: Engine, data: Data | None) -> Reporter:
        return Reporter(lambda: self.source, data or (lambda: _contents(engine)), self.paths)

    def _results(
        self, reporter: Reporter, engine: Engine, wanted: Callable[[Key], bool], among: Collection[Term] | None = None
    ) -> list[Result]:
        """Ask the checks that are wanted: first their guards and what has none, long texts first, then what is left.

        If the focus nodes are to be `among` some, no guard is asked: it would read the whole graph.
        """
        roots = [(root, [one for one in root.checks if wanted(one.key)]) for root in self.roots]
        roots = [(root, checks) for root, checks in roots if checks]
        if not roots or (among is not None and not among):
            return []
        led = {(found[2], found[3]) for _, each in roots for one in each for found in LISTED.finditer(one.condition)}
        kinds = {kind for root, _ in roots for kind in root.classes}
        below = _below(engine, kinds | {wanted for wanted, predicate in led if predicate == _SUBCLASS})
        lists = {pair: below[pair[0]] if pair[1] == _SUBCLASS else _leading(engine, *pair) for pair in led}
        plain = among is not None and not any(isinstance(one, BlankNode) for one in among)  # which no query names
        named = " ".join(sorted(map(str, among))) if among is not None and plain else ""
        asked: list[tuple[Check, str, str]] = []  # with the guard and the exact query
        conditions: dict[str, dict[str, None]] = {}
        for root, checks in roots:
            target = root.target(below, named)
            for check in checks if target else ():
                guard = "" if named else check.guard[0].replace(TARGET, target)
                conditions.setdefault(guard, {})[check.guard[1]] = None
                asked.append((check, guard, _listed(check.query(target), lists)))
        guards = {guard: guard.replace(CONDITION, " || ".join(each)) for guard, each in conditions.items()}
        guards = {guard: _listed(text, lists) for guard, text in guards.items()}

        def answer(text: str) -> list[dict[str, Term]]:
            try:
                return _select(engine, text)
            except (NetworkError, QuerySyntaxError) as error:
                of = (check.shape for check, guard, exact in asked if text in (guards[guard], exact))
                error.args = (f"{error}; asked because of {', '.join(dict.fromkeys(map(readable, of)))}",)
                raise

        rows = _each(answer, {guards[guard] or exact for _, guard, exact in asked})
        rows |= _each(answer, {exact for _, guard, exact in asked if guard and rows[guards[guard]]})
        return [
            result
            for check, guard, exact in asked
            if not guard or rows[guards[guard]]
            for result in reporter.results(check, rows[exact])
            if among is None or result.focus in among
        ]


def _each(answer: Callable[[str], list[dict[str, Term]]], texts: Collection[str]) -> dict[str, list[dict[str, Term]]]:
    """Answer queries, several at once where there are many, long ones first."""
    ordered = sorted(texts, key=lambda text: (-len(text), text))
    if len(ordered) <= FEW:
        return {text: answer(text) for text in ordered}
    # One processor is left to the interpreter, which closes the graph meanwhile: with all of them both take longer.
    with ThreadPoolExecutor(max(1, (os.cpu_count() or 1) - 1)) as pool:
        return dict(zip(ordered, pool.map(answer, ordered), strict=True))


def _listed(text: str, lists: Mapping[tuple[str, str], Sequence[str]]) -> str:
    """List in a query what leads to a node; where that is much, or has no IRI, ask for the path after all."""

    def listed(found: re.Match[str]) -> str:
        node, wanted, predicate = found.groups()
        nodes = list(dict.fromkeys((wanted, *lists[wanted, predicate])))
        if len(nodes) > _LONG or any(one.startswith("_") for one in nodes):
            return f"({node} = {wanted} || EXISTS {{ {node} <{predicate}>+ {wanted} }})"
        return f"{node} IN ({', '.join(nodes)})"

    return LISTED.sub(listed, text) if "<below:" in text else text


_LONG = 1000  # nodes in a list of a query
FEW = 30
"""So many queries are asked one after the other, and of a part of a graph without copying it first."""
_SUBCLASS = RDFS + "subClassOf"
_TYPING = {terms.TYPE.value, _SUBCLASS}


def _key(result: Result) -> Key:
    return result.shape, result.component.removesuffix("ConstraintComponent"), result.constraint


def _plainly(check: Check) -> list[object]:
    values = [getattr(check, name) for name in Check.__slots__]
    return [str(one) if isinstance(one, Term) else one for one in values]


def _check(row: list[Any]) -> Check:
    named = dict(zip(Check.__slots__, row, strict=True))
    for name in ("shape", "bound", "constraint"):
        named[name] = named[name] and term(named[name])
    for name in ("chain", "pattern", "messages", "guard"):
        named[name] = tuple(named[name])
    return Check(**named)


def _contents(engine: Engine) -> list[Triple]:
    found = engine.query("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }")
    return [] if isinstance(found, (bool, Solutions)) else list(found)


def _select(engine: Engine, text: str) -> list[dict[str, Term]]:
    """Return the distinct rows of a SELECT, by name."""
    found = select(engine, text)
    rows = dict.fromkeys(found)
    return [{name: one for name, one in zip(found.variables, row, strict=True) if one is not None} for row in rows]


def _leading(engine: Engine, wanted: str, predicate: str) -> list[str]:
    """Find what a predicate leads from to a node, up to one more than a list may have."""
    return [
        str(one) for (one,) in select(engine, f"SELECT ?x WHERE {{ ?x <{predicate}>+ {wanted} }} LIMIT {_LONG + 1}")
    ]


def _below(engine: Engine, classes: Collection[str]) -> dict[str, list[str]]:
    """Find of each of some classes which classes at and below it have instances."""
    narrower: dict[str, list[str]] = {}
    for narrow, wide in select(engine, f"SELECT ?a ?b WHERE {{ ?a {RDFS.term('subClassOf')} ?b }}"):
        narrower.setdefault(str(wide), []).append(str(narrow))
    found: dict[str, list[str]] = {}
    for kind in classes:
        found[kind] = [kind]
        for one in found[kind]:  # which grows
            found[kind].extend(other for other in narrower.get(one, ()) if other not in found[kind])
    every = " ".join({one for each in found.values() for one in each if one.startswith("<")})
    rows = select(engine, f"SELECT ?k WHERE {{ VALUES ?k {{ {every} }} FILTER EXISTS {{ ?x {terms.TYPE} ?k }} }}")
    used = {str(row[0]) for row in rows}
    return {kind: [one for one in each if one in used or one.startswith("_")] for kind, each in found.items()}
