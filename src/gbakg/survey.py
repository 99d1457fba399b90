"""Validate a graph where it lies: the compiled shapes asked of a store elsewhere, which nothing is written to.

The report is the one that the same plan gives here.  What a store makes of a literal is brought to the canonical form,
which the embedded store keeps; what a store cannot answer is an error that names the shape, never a shorter report.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import count, pairwise
from pathlib import Path
from threading import BoundedSemaphore, Lock
from typing import TYPE_CHECKING

from pyoxigraph import BlankNode

from gbakg import datatypes, sources, terms
from gbakg.engine import Answer, Solutions, select
from gbakg.errors import (
    AnswerCut,
    BadParameter,
    NetworkError,
    Problem,
    QuerySyntaxError,
    QueryTimeout,
    Refused,
    ShapeError,
    Unreachable,
)
from gbakg.hoist import hoist
from gbakg.identify import settled
from gbakg.journey import again
from gbakg.profiles import shown
from gbakg.progress import Say, quiet
from gbakg.remote import Endpoint, number
from gbakg.tokens import code
from gbakg.unroll import closure, unroll
from gbakg.validate import readable

if TYPE_CHECKING:
    from gbakg.credentials import Credentials
    from gbakg.profiles import Store
    from gbakg.shapes import Plan
    from gbakg.validate import Report

SECONDS = 300.0
"""Seconds for one answer."""

AT_ONCE = 4
"""How many questions a store is asked at the same time."""

PAIRS = 1000
"""Of so many pairs that a path leads between, the pairs are asked for instead of the path."""


_TAGGED = re.compile(r'"@[A-Za-z0-9-]+\Z')
_DATATYPE = re.compile(r"DATATYPE\(\?\w+\) = (<[^<>]*>)")
_INTEGERS = "byte short int long negativeInteger nonNegativeInteger nonPositiveInteger positiveInteger"
_UNSIGNED = "unsignedByte unsignedShort unsignedInt unsignedLong"
_UNCHECKED = {str(terms.XSD.term(name)) for name in f"{_INTEGERS} {_UNSIGNED} hexBinary base64Binary".split()}
"""Datatypes whose spelling stores are not asked to look at."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What came of it: the report, of how many triples in which graph (empty: the store's default), by how many queries."""

    report: Report
    graph: str
    triples: int
    asked: int

    def __str__(self) -> str:
        return f"validated {self.triples:,} triples in {_named(self.graph)} with {self.asked:,} queries"


def plan(files: Iterable[Path]) -> Plan:
    """Compile the shapes that some files hold.  Raises InputError, ShapeError."""
    from gbakg.shapes import Plan

    return Plan([triple for path in files for triple in sources.triples(path)])


def endpoint(store: Store, who: Credentials, graph: str | None = None) -> Endpoint:
    """Return the store as what is validated: its address as it is, and the graph that a push fills unless one is named.

    Finds out what the store is unless somebody has said it.  Raises NetworkError, BadParameter.
    """
    if store.profile is None:
        found = settled(store, who).profile
        store = store if found is None else replace(store, profile=replace(found, query=store.url))
    chosen = store.graph if graph is None else graph
    if not chosen and store.profile is not None and store.profile.default == "none":
        chosen = terms.GRAPH.value
    return Endpoint(store, SECONDS, graph=chosen, who=who)


def survey(endpoint: Endpoint, plan: Plan, say: Say = quiet, *, closed: bool = False, pause: float = 1.0) -> Survey:
    """Validate the graph at an endpoint; `closed` says that it may hold what follows from it as well.

    A store that is too busy is asked again, as in a push, after a `pause`.  `say` is told how far it is.  Raises ShapeError if a shape is not compiled, BadParameter if the graph is empty or
    closed, NetworkError and QuerySyntaxError if the store does not answer, or not in full.
    """
    if plan.left:
        advice = "no store can ask pyshacl: write it otherwise, as docs/engines.md tells, or validate a copy here"
        raise ShapeError([Problem("", f"{reason}; {advice}") for reason in plan.left.values()])
    store = _Store(endpoint, sum(len(root.checks) for root in plan.roots), say, pause)
    triples = store.number("SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }")
    where = _named(endpoint.graph)
    if not triples:
        raise BadParameter("graph", "a graph that holds something", where, "--graph names another one")
    _try_dates(store, endpoint, plan)
    _try_exists(store, endpoint)
    _try_targets(store, endpoint, plan)
    _try_forms(store, endpoint, plan)
    if not closed and _is_closed(store):
        advice = (
            "the shapes are about what was stated: send that to a graph of its own with `gbakg push --stated-only --graph "
            "IRI` and check it there, or validate all that there is with --closed"
        )
        raise BadParameter("graph", "what was stated", f"{where}, with what follows from it", advice)
    return Survey(plan.run(store, lambda: ()), endpoint.graph, triples, store.asked)


def _try_exists(store: _Store, endpoint: Endpoint) -> None:
    """Refuse a store that takes an EXISTS for something else than the compiled shapes mean, and would report what is not so.

    Asked of one thing that has a class: Blazegraph 2.1 finds nothing by an EXISTS inside another, Fuseki 3.17 over TDB1
    and RDF4J 4.1 do not see inside one what was bound outside.
    """
    tries = {
        "an EXISTS inside another asks for, as Blazegraph": "?s a ?x FILTER (EXISTS { ?s a ?y })",
        "an EXISTS compares with what stands outside, as Fuseki 3 and RDF4J 4": "?s a ?x FILTER (?x = ?c)",
    }
    for what, pattern in tries.items():
        one = f"{{ SELECT ?s ?c WHERE {{ ?s a ?c }} LIMIT 1 }} FILTER (!(EXISTS {{ {pattern} }}))"
        if store.number(f"SELECT (COUNT(*) AS ?n) WHERE {{ {one} }}"):
            words = f"does not find what {what}, and would report what is not so; validate a copy"
            raise NetworkError(shown(endpoint.url), words)


def _try_dates(store: _Store, endpoint: Endpoint, plan: Plan) -> None:
    """Refuse a store that reads no dates in texts where the plan asks it to: SPARQL 1.1 (section 17.5) leaves that open."""
    cast = f"{terms.XSD.term('date')}("
    if not any(cast in one.query("") + one.guard[1] for root in plan.roots for one in root.checks):
        return
    cast = f'BIND ({cast}"2025-02-28") AS ?date)'
    try:
        made = store.number(f"SELECT (COUNT(?date) AS ?n) WHERE {{ {cast} }}")
    except (QueryTimeout, Unreachable):
        raise
    except (NetworkError, QuerySyntaxError):  # RDF4J 4.1 breaks its answer off
        made = 0
    if not made:
        words = (
            "cannot make an xsd:date of a text, as RDF4J before version 5 or Blazegraph, and would report every date; "
            "validate a copy"
        )
        raise NetworkError(shown(endpoint.url), words)


def _try_targets(store: _Store, endpoint: Endpoint, plan: Plan) -> None:
    """Refuse a store that forgets the languages of texts which are targets, as Virtuoso does of some that it holds too."""
    for root in plan.roots:
        tagged = [one for one in root.nodes if _TAGGED.search(one)]
        for text in tagged:
            known = f"LANG(?x) != '' && LANGMATCHES(LANG(?x), '{text.rpartition('@')[2]}')"
            one = f"{{ SELECT DISTINCT ?x WHERE {{ VALUES ?x {{ {' '.join(root.nodes)} }} }} }} FILTER (isLiteral(?x) && {known})"
            if not store.number(f"SELECT (COUNT(*) AS ?n) WHERE {{ {one} }}"):
                words = f"forgets the language of {text}, a target of {readable(root.shape)}; validate a copy"
                raise NetworkError(shown(endpoint.url), words)


def _try_forms(store: _Store, endpoint: Endpoint, plan: Plan) -> None:
    """Refuse a graph with a value that its datatype does not know, where the plan asks for a datatype that no store checks."""
    texts = {one.query("") for root in plan.roots for one in root.checks}
    for datatype in sorted({found for text in texts for found in _DATATYPE.findall(text)}):
        if datatype in _UNCHECKED:
            rows = store.query(f"SELECT DISTINCT ?x WHERE {{ ?s ?p ?x FILTER (DATATYPE(?x) = {datatype}) }}")
            for text in (str(row[0]) for row in rows):
                if datatypes.value(text) is None:
                    words = f"holds {text}, which it cannot tell from a right value; mend that, or validate a copy"
                    raise NetworkError(shown(endpoint.url), words)


def _named(graph: str) -> str:
    return f"<{graph}>" if graph else "the store's default graph"


def _is_closed(store: _Store) -> bool:
    """Tell whether most things with a class have also the wider ones; what is stated has the narrowest alone."""
    wider = f"?x {terms.TYPE} ?c . ?c {terms.RDFS.term('subClassOf')} ?d FILTER (isIRI(?d) && ?c != ?d)"
    could = store.number(f"SELECT (COUNT(*) AS ?n) WHERE {{ {wider} }}")
    have = store.number(f"SELECT (COUNT(*) AS ?n) WHERE {{ {wider} ?x {terms.TYPE} ?d }}")
    return 2 * have > could


class _Store:
    """An endpoint as the engine of a plan: few questions at a time, long answers in pages, refused ones in other words."""

    def __init__(self, endpoint: Endpoint, total: int, say: Say, pause: float) -> None:
        self._endpoint, self._total, self._say, self._pause = endpoint, total, say, pause
        self._few, self._lock, self._pairing = BoundedSemaphore(AT_ONCE), Lock(), Lock()
        self._known: dict[str, list[tuple[str, str]]] = {}
        self.asked = 0

    def number(self, sparql: str) -> int:
        """Return the number that a query counts."""
        return number(self._endpoint.url, self.query(sparql))

    def query(self, sparql: str) -> Solutions:
        """Answer a SELECT; see Engine."""
        sparql = unroll(sparql, self._pairs)
        with self._few:
            with self._lock:
                self.asked += 1
                self._say(f"validating: {self.asked:,} queries for {self._total:,} checks")
            try:
                return self._whole(sparql)
            except (QuerySyntaxError, Refused) as error:
                other = hoist(sparql)
                if other == sparql or (isinstance(error, Refused) and error.status != 500):
                    raise
                return self._whole(other)

    def _pairs(self, predicate: str) -> list[tuple[str, str]]:
        """Ask once from where to where a predicate leads, by however many steps; many pairs, or blank nodes, are none."""
        edges = f"WHERE {{ ?a {predicate} ?b }}"
        with self._pairing:
            if predicate not in self._known:
                few = self.number(f"SELECT (COUNT(*) AS ?n) {edges}") <= PAIRS
                rows = list(self.query(f"SELECT ?a ?b {edges}")) if few else []
                named = not any(isinstance(term, BlankNode) for row in rows for term in row)
                self._known[predicate] = closure(((str(a), str(b)) for a, b in rows), PAIRS) if named else []
            return self._known[predicate]

    def _whole(self, sparql: str) -> Solutions:
        """Return all rows of an answer."""

        def ask() -> Solutions:
            found = select(self._endpoint, sparql)
            return Solutions(found.variables, list(found))

        try:
            return again(ask, self._say, self._pause, busy=True)
        except AnswerCut as error:
            return self._pages(sparql, error.rows)

    def _pages(self, sparql: str, size: int) -> Solutions:
        """Get the distinct rows of a long answer in pages, unsorted, and hold their number against the store's own count.

        Should the order change between two pages, rows come twice and others never: then the numbers differ.
        """
        prologue, distinct = _distinct(sparql)
        counted = self._whole(f"{prologue}SELECT (COUNT(*) AS ?n) WHERE {{ {{ {distinct}\n}} }}")
        told = number(self._endpoint.url, counted)
        names: tuple[str, ...] = ()
        rows: dict[Answer, None] = {}
        for start in count(0, size):
            page = self._whole(f"{prologue}{distinct}\nLIMIT {size} OFFSET {start}")
            names, before = page.variables, len(rows)
            rows |= dict.fromkeys(page)
            if len(rows) - before < size:
                break
        if len(rows) != told:
            words = f"gives {len(rows):,} rows of {told:,} in pages; try again while nobody writes, or raise its limit"
            raise NetworkError(shown(self._endpoint.url), words)
        return Solutions(names, rows)


def _distinct(sparql: str) -> tuple[str, str]:
    """Cut a SELECT in two: its prologue, and the rest, made distinct."""
    found = code(sparql)
    start, following = next(
        pair for pair in pairwise(found) if pair[0].kind == "word" and pair[0].text.upper() == "SELECT"
    )
    rest = sparql[start.end :] if following.text.upper() == "DISTINCT" else f" DISTINCT{sparql[start.end :]}"
    return sparql[: start.start], f"SELECT{rest}"
