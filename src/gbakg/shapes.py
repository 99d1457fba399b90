"""The fast validator: SHACL shapes compiled to SPARQL 1.1, each constraint one query over all its focus nodes.

Shapes (https://www.w3.org/TR/shacl/) are compiled once, to a Plan that runs on any engine and can be kept.  What
constraints.py does not cover goes to pyshacl, that shape alone, with a message that names it.  The reports are
pyshacl's, sh:detail left out.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any, NamedTuple

from pyoxigraph import Literal, NamedNode, Store, Triple

from gbakg import affected, syntax, terms
from gbakg.checks import CONDITION, LISTED, TARGET, Check, Uncovered, sparql
from gbakg.compiler import Compiler
from gbakg.constraints import COMPONENTS, OTHERS
from gbakg.engine import Embedded, Engine, Solutions, Term, select
from gbakg.errors import NetworkError, QuerySyntaxError
from gbakg.groups import FAR, Reach
from gbakg.index import Index
from gbakg.reporter import Reporter
from gbakg.terms import RDFS
from gbakg.validate import Report, Result, paths_of, readable, term, written
from gbakg.values import quads

Say = Callable[[str], None]
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


def announce(line: str) -> None:
    """Write one line to stderr."""
    print(line, file=sys.stderr, flush=True)


class Root(NamedTuple):
    """A shape with targets (section 2.1.3), each a tuple of SPARQL terms, and what is asked of its focus nodes."""

    shape: Term
    focus: str
    checks: tuple[Check, ...]
    classes: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()

    def target(self, below: Mapping[str, Sequence[str]]) -> str:
        """Write the pattern that binds the focus nodes, each once; `below` has the classes of a class's instances."""
        kinds = list(dict.fromkeys(one for kind in self.classes for one in below[kind] if one.startswith("<")))
        deep = [
            kind for kind in self.classes if any(one.startswith("_") for one in below[kind])
        ]  # which no query names
        if len(kinds) == 1 and not deep and not (self.nodes or self.subjects or self.objects):
            return f"{self.focus} {terms.TYPE} {kinds[0]} ."
        ways = [f"VALUES ?kind {{ {' '.join(kinds)} }} {self.focus} {terms.TYPE} ?kind ."] if kinds else []
        ways += [f"{self.focus} {terms.TYPE}/{RDFS.term('subClassOf')}* {kind} ." for kind in deep]
        ways += [f"VALUES {self.focus} {{ {' '.join(self.nodes)} }}"] if self.nodes else []
        ways += [f"{self.focus} {one} ?any ." for one in self.subjects]
        ways += [f"?any {one} {self.focus} ." for one in self.objects]
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
                    [[one and str(one) for one in key], local, None if named is None else sorted(named)]
                    for key, (local, named) in known.items()
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
                local, None if named is None else frozenset(named)
            )
            for (shape, component, constraint), local, named in found["reaches"]
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
                mine, other = FAR if root.objects else check.reach, found.get(check.key, Reach(True, frozenset()))
                free = mine.predicates is None or other.predicates is None
                named = {one[1:-1] for one in root.subjects}.union(mine.predicates or (), other.predicates or ())
                found[check.key] = Reach(mine.local and other.local, None if free else frozenset(named))
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
        nodes: Collection[NamedNode] | None = None,
        touched: Collection[NamedNode] | None = None,
        part: Callable[[], Embedded] | None = None,
        data: Data | None = None,
        say: Say | None = None,
    ) -> Report:
        """Validate what a store holds after a change, given this plan's report `before` it: the result is that of `run`.

        `documents` are those whose nodes (the document, its passages, its claims) have changed triples, `predicates` those
        of all other changed triples, `nodes` the nodes of these documents before and after the change; if they are not
        given, the whole graph is read to find them; `touched` the predicates of all changed triples, so that a check that
        names none of them need not be asked again; `part` gives these documents with what all documents share.  That a claim, before, was stated in the document that its IRI
        names is taken from the shapes, which is why a graph that did not conform is validated anew.
        """
        changed = {one.value for one in predicates}
        unknown = any(_key(result) not in self.reaches for result in before.results)
        if self.left or unknown or not before.conforms or changed & _TYPING:
            return self.run(engine, data, say)
        own = affected.own(engine, documents) if nodes is None else {*documents, *nodes}
        concerned = affected.affected(engine.store, own, limit=4 * len(own) + 1000)
        if concerned is None:
            return self.run(engine, data, say)

        every = None if touched is None else {one.value for one in touched}

        def same(key: Key) -> bool:
            named = self.reaches[key].predicates
            return every is not None and named is not None and not every & (named | _TYPING)

        def kept(key: Key) -> bool:
            local, named = self.reaches[key]
            return local and not (changed if named is None else changed & named)

        reporter = self._reporter(engine, data)
        reporter.paths.update(before.paths)
        found = [one for one in before.results if same(key := _key(one)) or (kept(key) and one.focus not in concerned)]
        with ThreadPoolExecutor(1) as pool:
            rest = pool.submit(self._results, reporter, engine, lambda key: not same(key) and not kept(key))
            slugs = {terms.owner(one) for one in documents}
            inside = all(terms.owner(one) in slugs for one in concerned if terms.owner(one) is not None)
            small = part() if part is not None and inside else Embedded(affected.seen(engine.store, concerned))
            near = self._results(reporter, small, lambda key: not same(key) and kept(key))
            found += [one for one in near if one.focus in concerned]
            return reporter.report([*found, *rest.result()])

    def _reporter(self, engine: Engine, data: Data | None) -> Reporter:
        return Reporter(lambda: self.source, data or (lambda: _contents(engine)), self.paths)

    def _results(self, reporter: Reporter, engine: Engine, wanted: Callable[[Key], bool]) -> list[Result]:
        """Ask the checks that are wanted: first their guards and what has none, long texts first, then what is left."""
        chosen = [(root, check) for root in self.roots for check in root.checks if wanted(check.key)]
        led = {(found[2], found[3]) for _, check in chosen for found in LISTED.finditer(check.condition)}
        kinds = {kind for root in self.roots for kind in root.classes}
        below = _below(engine, kinds | {wanted for wanted, predicate in led if predicate == _SUBCLASS})
        lists = {pair: below[pair[0]] if pair[1] == _SUBCLASS else _leading(engine, *pair) for pair in led}
        asked: list[tuple[Check, str, str]] = []  # with the guard and the exact query
        conditions: dict[str, dict[str, None]] = {}
        for root, check in chosen:
            target = root.target(below)
            if target:
                guard = check.guard[0].replace(TARGET, target)
                conditions.setdefault(guard, {})[check.guard[1]] = None
                asked.append((check, guard, _listed(check.query(target), lists)))
        guards = {guard: guard.replace(CONDITION, " || ".join(each)) for guard, each in conditions.items()}
        guards = {guard: _listed(text, lists) for guard, text in guards.items()}
        rows: dict[str, list[dict[str, Term]]] = {}
        with ThreadPoolExecutor(os.cpu_count()) as pool:

            def answer(text: str) -> list[dict[str, Term]]:
                try:
                    return _select(engine, text)
                except (NetworkError, QuerySyntaxError) as error:
                    of = (check.shape for check, guard, exact in asked if text in (guards[guard], exact))
                    error.args = (f"{error}; asked because of {', '.join(dict.fromkeys(map(readable, of)))}",)
                    raise

            def ask(texts: Iterable[str]) -> None:
                ordered = sorted(set(texts), key=lambda text: (-len(text), text))
                rows.update(zip(ordered, pool.map(answer, ordered), strict=True))

            ask(guards[guard] or exact for check, guard, exact in asked)
            ask([exact for check, guard, exact in asked if guard and rows[guards[guard]]])
        return [
            result
            for check, guard, exact in asked
            if not guard or rows[guards[guard]]
            for result in reporter.results(check, rows[exact])
        ]


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
