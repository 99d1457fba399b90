"""`python -m bench.validation`: the compiled shapes against pyshacl: the same reports, and how much sooner.

python -m bench.validation                     the shipped graph: both reports, both times
python -m bench.validation --damaged 1000      as many damaged graphs, one in twenty whole: are the reports equal
python -m bench.validation --scale 20000       the graph with its claims repeated up to so many observations
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import resource
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from importlib.metadata import version
from typing import TypeVar

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Store, Triple

from bench.damage import Damage
from gbakg import populate, sources, terms
from gbakg.engine import Embedded, Term
from gbakg.shapes import Compiled, Plan
from gbakg.validate import Pyshacl, Report

T = TypeVar("T")
CLAIMS = ("observation", "fact", "mention")
IGNORED = {
    "unlike types": "rdflib orders a number and a text, where SPARQL (section 17.3) has a type error: pyshacl alone then "
    "has results of a sh:sparql constraint about a node; both report the datatype of that node's literal",
}
"""What may differ from pyshacl on damaged graphs, and why."""


def main() -> int:
    """Compare, measure, print; exit with 1 if a report differs."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.validation", description="the fast validator against pyshacl"
    )
    parser.add_argument("--damaged", type=int, default=0, help="compare the reports of so many damaged graphs")
    parser.add_argument("--scale", type=int, default=0, help="repeat the claims up to so many observations")
    parser.add_argument("--peer", action="store_true", help="with --scale, measure pyshacl too")
    parser.add_argument("--core", action="store_true", help="without the SPARQL constraints")
    parser.add_argument("--runs", type=int, default=5, help="repetitions of the fast validator (default 5)")
    given = parser.parse_args()
    print(f"pyoxigraph {version('pyoxigraph')}, pyshacl {version('pyshacl')}, Python {platform.python_version()}")
    if given.damaged:
        return compare_damaged(given.damaged)
    ontology, data, shapes = parts()
    if given.core:
        shapes = [triple for triple in shapes if triple.predicate != terms.SH.term("sparql")]
    whole = [*ontology, *(repeated(data, given.scale) if given.scale else data)]
    return compare(whole, shapes, given.runs, given.peer or not given.scale)


@cache
def parts() -> tuple[list[Triple], list[Triple], list[Triple]]:
    """Read the project: its ontology, its data and its shapes."""
    selection = populate.everything(sources.project())
    found = populate.populate(selection, lambda _: None)
    ontology = dict.fromkeys(triple for path in selection.ontology for triple in sources.triples(path))
    blank = [one for one in found.stated if isinstance(one.subject, BlankNode) or isinstance(one.object, BlankNode)]
    data = [triple for triple in found.stated if triple not in ontology and triple not in blank]
    return [*(triple for triple in ontology if triple in set(found.stated)), *blank], data, found.shapes


def repeated(data: Sequence[Triple], observations: int) -> Iterator[Triple]:
    """Yield the data, its documents and their claims again and again under new IRIs, up to so many observations."""
    own = {one.subject for one in data if isinstance(one.subject, NamedNode) and _is_claimed(one.subject)}
    once = sum(1 for one in own if f"{terms.ID}observation/" in str(one))
    yield from data
    for number in range(1, -(-observations // once)):
        for one in data:
            if one.subject in own:
                value: Term = _renamed(one.object, number) if one.object in own else one.object
                if one.predicate in _UNIQUE and isinstance(value, Literal):
                    value = Literal(f"{value.value[:-4]}{number:04}")
                yield Triple(_renamed(one.subject, number), one.predicate, value)


_UNIQUE = {terms.GBA.term("fileName"), terms.GBA.term("sha256")}


def _is_claimed(node: NamedNode) -> bool:
    return node.value.startswith(tuple(f"{terms.ID}{kind}/" for kind in (*CLAIMS, "document")))


def _renamed(node: Term, number: int) -> NamedNode:
    kind, slug = str(node)[len(terms.ID) + 1 : -1].split("/", 1)
    return NamedNode(f"{terms.ID}{kind}/copy-{number}-{slug}")


def contents(report: Report) -> Counter[tuple[str, ...]]:
    """Count what a report says, result by result; blank nodes lose their labels."""
    return Counter(
        tuple(
            "_:" if isinstance(one, BlankNode) else str(one)
            for one in (each.focus, each.path, each.value, each.severity, each.message, each.shape, each.component)
        )
        for each in report.results
    )


def compare(data: list[Triple], shapes: list[Triple], runs: int, peer: bool) -> int:
    """Measure one graph, loading included, and on a store that is there already."""
    times, reports = zip(*(timed(lambda: Compiled().validate(data, shapes)) for _ in range(runs)), strict=True)
    fast = statistics.median(times)
    compiling, plan = timed(lambda: Plan(shapes))
    store = Store()
    store.bulk_extend(Quad(one.subject, one.predicate, one.object) for one in data)
    running = statistics.median(timed(lambda: plan.run(Embedded(store)))[0] for _ in range(runs))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)
    print(f"{len(data):,} triples, {len(reports[0].results)} results; {os.cpu_count()} processors, peak {peak:,.0f} MB")
    print(f"fast: {fast:.3f} s in all, of which compiling {compiling:.3f} s; {running:.3f} s on a loaded store")
    if not peer:
        return 0
    slow, reference = timed(lambda: Pyshacl().validate(data, shapes))
    same = contents(reports[0]) == contents(reference)
    print(f"pyshacl: {slow:.1f} s, {slow / fast:.0f} times as long; the reports {'are equal' if same else 'DIFFER'}")
    return 0 if same else 1


def timed(function: Callable[[], T]) -> tuple[float, T]:
    """Call a function, and return the seconds that it took and its result."""
    start = time.perf_counter()
    found = function()
    return time.perf_counter() - start, found


def differing(seed: int, whole: bool = False) -> tuple[str, int, list[str]]:
    """Validate one damaged graph twice: by which way the fast validator went, the number of results, what differs."""
    ontology, data, shapes = parts()
    damaged = Damage(ontology, data).graph(seed, whole)
    said: list[str] = []
    fast = contents(Compiled(said.append).validate(damaged, shapes))
    way = "left to pyshacl" if said else "compiled"
    try:
        reference = contents(Pyshacl().validate(damaged, shapes))
    except (TypeError, AttributeError) as error:  # pyshacl compares an ill-formed number, and breaks off
        return f"no reference ({type(error).__name__})", 0, []
    found = [f"seed {seed}: pyshacl only {one}" for one in reference - fast if not is_ignored(one, fast)]
    return way, sum(reference.values()), found + [f"seed {seed}: compiled only {one}" for one in fast - reference]


def is_ignored(one: tuple[str, ...], fast: Mapping[tuple[str, ...], int]) -> bool:
    """Tell whether a result that pyshacl alone has is in the list of what may differ, given the other report."""
    ill_typed = {other[0].strip("<>") for other in fast if other[-1] == "DatatypeConstraintComponent"}
    named = {one[0].strip("<>"), one[2].strip("<>"), *re.findall(r"https?://[^\s,]+", one[4])}
    return one[-1] == "SPARQLConstraintComponent" and not ill_typed.isdisjoint(named)


def compare_damaged(number: int) -> int:
    """Compare the reports of damaged graphs, in as many processes as there are processors."""
    ways: Counter[str] = Counter()
    results, wrong = 0, 0
    with ProcessPoolExecutor() as pool:
        for way, count, found in pool.map(differing, range(number), (seed % 20 == 0 for seed in range(number))):
            ways[way] += 1
            results += count
            wrong += bool(found)
            for line in found[:5]:
                print(line)
    print(f"{number} damaged graphs, {results} results; {', '.join(f'{n} {way}' for way, n in sorted(ways.items()))}")
    print("all reports are equal" if not wrong else f"{wrong} reports DIFFER")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
