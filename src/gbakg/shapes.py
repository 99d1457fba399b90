"""The fast validator: SHACL shapes compiled to SPARQL 1.1, each constraint one query over all its focus nodes.

Shapes (https://www.w3.org/TR/shacl/) are compiled once, to a Plan that runs on any engine (ask.py) and can be kept.  What
constraints.py does not cover goes to pyshacl, that shape alone, with a message that names it.  The reports are
pyshacl's, sh:detail left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cached_property
from typing import Any

from pyoxigraph import Literal, Store, Triple

from gbakg import affected, malformed, syntax, terms
from gbakg.affected import Change
from gbakg.ask import FEW, Root, ask
from gbakg.checks import Check, Key, Uncovered, sparql
from gbakg.compiler import Compiler
from gbakg.constraints import COMPONENTS, OTHERS
from gbakg.engine import Embedded, Engine, Solutions, Term
from gbakg.groups import Reach
from gbakg.index import Index
from gbakg.progress import Say, announce
from gbakg.reporter import Reporter
from gbakg.terms import RDFS
from gbakg.validate import Report, Result, paths_of, term, written
from gbakg.values import quads

Data = Callable[[], Sequence[Triple]]


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


class Plan:
    """A shapes graph, compiled; `left` are the shapes that the reference validates, with the reason."""

    def __init__(self, shapes: Iterable[Triple]) -> None:
        self._read: Callable[[], Iterable[Triple]] = lambda: shapes
        self.roots: list[Root] = []
        self.left: dict[Term, str] = {}
        malformed.refuse(self.source, (*COMPONENTS, *OTHERS))
        compiler = Compiler(self.source)
        for shape in syntax.shapes(self.source):
            try:
                targets = [
                    tuple(dict.fromkeys(sparql(shape, one) for one in each))
                    for each in syntax.targets(self.source, shape)
                ]
                if any(targets):
                    focus = compiler.fresh()
                    checks = tuple(compiler.checks(shape, focus))
                    if targets[1] and any(check.may_stay for check in checks):
                        raise Uncovered(shape, "sh:targetNode", "a path of no steps, from what may not be in the graph")
                    self.roots.append(Root(shape, focus, checks, *targets))
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
        found = ask(self.roots, reporter, engine)
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
        found = [one for one in ask(self.roots, reporter, core, self._is_local) if terms.owner(one.focus) is None]
        for slugs, engine in parts:
            found += [
                one for one in ask(self.roots, reporter, engine, self._is_local) if terms.owner(one.focus) in slugs
            ]
        found += ask(self.roots, reporter, whole(), lambda key: not self._is_local(key))
        return reporter.report(found)

    def _is_local(self, key: Key) -> bool:
        return self.reaches[key].local

    def update(self, engine: Embedded, before: Report, change: Change, say: Say | None = None) -> Report:
        """Validate what a store holds after a change, given this plan's report `before` it: the result is that of `run`.

        That a claim, before, was stated in the document that its IRI names is taken from the shapes, which is why a graph
        that did not conform is validated anew.
        """
        changed = {one.value for one in change.foreign}
        unknown = any(_key(result) not in self.reaches for result in before.results)
        if self.left or unknown or not before.conforms or changed & _TYPING:
            return self.run(engine, say=say)
        every = None if change.touched is None else {one.value for one in change.touched}
        again = {  # the checks whose results may be others; of those that are local only where something is near
            key: reach.local and not affected.meets(engine.store, reach, changed)
            for key, reach in self.reaches.items()
            if every is None or every & _TYPING or affected.meets(engine.store, reach, every)
        }
        ahead = {
            key for key, local in again.items() if local and change.edited is not None and self.reaches[key].forward
        }
        around = {key for key, local in again.items() if local} - ahead
        far = again.keys() - ahead - around
        own = set[Term]()
        if around:
            own = affected.own(engine, change.documents) if change.nodes is None else {*change.nodes()}
        near = affected.affected(engine.store, set(change.edited or ()), within=False)
        wide = affected.affected(engine.store, own | {*change.documents}) if around else set[Term]()
        if near is None or wide is None:
            return self.run(engine, say=say)
        reporter = self._reporter(engine, None)
        reporter.paths.update(before.paths)
        found = [
            one
            for one in before.results
            if (key := _key(one)) not in again
            or (key in ahead and one.focus not in near)
            or (key in around and one.focus not in wide)
        ]
        concerned, slugs = near | wide, {terms.owner(one) for one in change.documents}
        inside = all(terms.owner(one) in slugs for one in concerned if terms.owner(one) is not None)
        small: Engine = engine
        if len(ahead) + len(around) > FEW:
            small = (
                change.part()
                if change.part is not None and inside
                else Embedded(affected.seen(engine.store, concerned))
            )
        found += ask(self.roots, reporter, small, ahead.__contains__, near)
        found += ask(self.roots, reporter, small, around.__contains__, wide)
        return reporter.report([*found, *ask(self.roots, reporter, engine, far.__contains__)])

    def _reporter(self, engine: Engine, data: Data | None) -> Reporter:
        return Reporter(lambda: self.source, data or (lambda: _contents(engine)), self.paths)


_TYPING = {terms.TYPE.value, RDFS + "subClassOf"}


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
