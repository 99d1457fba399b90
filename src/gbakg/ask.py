"""Ask an engine what compiled shapes want to know, in as few queries as may be.

Guards are asked first, each once for all checks that differ in the condition only; what a guard has no answer to is not
asked at all.  The classes below a class, and what leads to a node, are asked once and listed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from pyoxigraph import BlankNode

from gbakg import overdue, terms
from gbakg.checks import CONDITION, LISTED, TARGET, Check, Key
from gbakg.engine import Engine, Term, select
from gbakg.errors import NetworkError, QuerySyntaxError
from gbakg.reporter import Reporter
from gbakg.terms import RDFS
from gbakg.validate import Result, readable

FEW = 30
"""So many queries are asked one after the other, and of a part of a graph without copying it first."""
_LONG = 1000  # nodes in a list of a query
_SUBCLASS = RDFS + "subClassOf"


class Root(NamedTuple):
    """A shape with targets (SHACL, section 2.1.3), each a tuple of SPARQL terms, and what is asked of its focus nodes."""

    shape: Term
    focus: str
    checks: tuple[Check, ...]
    classes: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()

    def targets(self, below: Mapping[str, Sequence[str]], among: str = "") -> list[str]:
        """Write the patterns that bind the focus nodes, each its own once; `below` has the classes of a class's instances.

        `among`, if given, are the only nodes that are of interest.  The patterns are asked one by one: beside a UNION of
        them Virtuoso 7.2 loses rows of what follows, and has some in an EXISTS that are none.
        """
        kinds = list(dict.fromkeys(one for kind in self.classes for one in below[kind] if one.startswith("<")))
        deep = [
            kind for kind in self.classes if any(one.startswith("_") for one in below[kind])
        ]  # which no query names
        few = f"VALUES {self.focus} {{ {among} }} " if among else ""
        if len(kinds) == 1 and not deep and not (self.nodes or self.subjects or self.objects):
            return [f"{few}{self.focus} {terms.TYPE} {kinds[0]} ."]
        ways = [f"VALUES ?kind {{ {' '.join(kinds)} }} {self.focus} {terms.TYPE} ?kind ."] if kinds else []
        ways += [f"{self.focus} {terms.TYPE}/{RDFS.term('subClassOf')}* {kind} ." for kind in deep]
        ways += [f"VALUES {self.focus} {{ {' '.join(self.nodes)} }}"] if self.nodes else []
        ways += [f"{self.focus} {one} ?any ." for one in self.subjects]
        ways += [f"?any {one} {self.focus} ." for one in self.objects]
        return [f"{{ SELECT DISTINCT {self.focus} WHERE {{ {few}{one} }} }}" for one in ways]


def ask(
    roots: Iterable[Root],
    reporter: Reporter,
    engine: Engine,
    wanted: Callable[[Key], bool] = lambda _: True,
    among: Collection[Term] | None = None,
) -> list[Result]:
    """Ask the checks that are wanted: first their guards and what has none, long texts first, then what is left.

    If the focus nodes are to be `among` some, no guard is asked: it would read the whole graph.
    """
    chosen = [(root, [one for one in root.checks if wanted(one.key)]) for root in roots]
    chosen = [(root, checks) for root, checks in chosen if checks]
    if not chosen or (among is not None and not among):
        return []
    led = {(found[2], found[3]) for _, each in chosen for one in each for found in LISTED.finditer(one.condition)}
    kinds = {kind for root, _ in chosen for kind in root.classes}
    below = _below(engine, kinds | {node for node, predicate in led if predicate == _SUBCLASS})
    lists = {pair: below[pair[0]] if pair[1] == _SUBCLASS else _leading(engine, *pair) for pair in led}
    plain = among is not None and not any(isinstance(one, BlankNode) for one in among)  # which no query names
    named = " ".join(sorted(map(str, among))) if among is not None and plain else ""
    asked: list[tuple[Check, list[tuple[str, str]]]] = []  # with the guard and the exact query of each target
    conditions: dict[str, dict[str, None]] = {}
    for root, checks in chosen:
        targets = root.targets(below, named)
        for check in checks if targets else ():
            guarding = ["" if named else check.guard[0].replace(TARGET, target) for target in targets]
            for guard in guarding:
                conditions.setdefault(guard, {})[check.guard[1]] = None
            exacts = [_listed(check.query(target), lists) for target in targets]
            asked.append((check, [*zip(guarding, exacts, strict=True)]))
    guards = {guard: guard.replace(CONDITION, " || ".join(each)) for guard, each in conditions.items()}
    guards = {guard: _listed(text, lists) for guard, text in guards.items()}

    def whose(text: str) -> str:
        of = (check.shape for check, pairs in asked if any(text in (guards[guard], exact) for guard, exact in pairs))
        return ", ".join(dict.fromkeys(map(readable, of)))

    def answer(text: str) -> list[dict[str, Term]]:
        try:
            with overdue.watched(lambda: whose(text)):
                return _select(engine, text)
        except (NetworkError, QuerySyntaxError) as error:
            error.args = (f"{error}; asked because of {whose(text)}",)
            raise

    every = [pair for _, pairs in asked for pair in pairs]
    rows = _each(answer, {guards[guard] or exact for guard, exact in every})
    rows |= _each(answer, {exact for guard, exact in every if guard and rows[guards[guard]]})
    return [
        result
        for check, pairs in asked
        for result in reporter.results(check, _joined(rows.get(exact, []) for _, exact in pairs))
        if among is None or result.focus in among
    ]


def _joined(answers: Iterable[list[dict[str, Term]]]) -> list[dict[str, Term]]:
    """Return the distinct rows of the answers to one check."""
    several = [rows for rows in answers if rows]
    return several[0] if len(several) == 1 else [*{(*row.items(),): row for rows in several for row in rows}.values()]


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


def _select(engine: Engine, text: str) -> list[dict[str, Term]]:
    """Return the distinct rows of a SELECT, by name."""
    found = select(engine, text)
    rows = dict.fromkeys(found)
    return [{name: one for name, one in zip(found.variables, row, strict=True) if one is not None} for row in rows]
