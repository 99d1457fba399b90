"""`python -m bench.closure`: the closure by set operations, by SPARQL CONSTRUCT on pyoxigraph, and by owlrl.

The graph is the shipped one, grown by repeating its observations, facts and mentions under new IRIs.  Each figure is
the median of `--runs`, of a graph that lies in memory as triples; owlrl runs once, if it is asked for.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from importlib.metadata import version

from pyoxigraph import Literal, NamedNode, Quad, QueryTriples, Store, Triple

from gbakg import populate, sources
from gbakg.closing import Closing, Fast
from gbakg.reason import Owlrl, kept

CLAIM = re.compile(r"https://w3id\.org/gbakg/id/(observation|fact|mention)/")


def main() -> int:
    """Measure, print, and compare what was found; return 1 if it differs."""
    parser = argparse.ArgumentParser(prog="python -m bench.closure", description=__doc__)
    parser.add_argument("--observations", type=int, default=0, help="observations to add (default 0)")
    parser.add_argument("--runs", type=int, default=3, help="repetitions of each measurement (default 3)")
    parser.add_argument("--owlrl", action="store_true", help="measure owlrl too: minutes from 5,000 observations on")
    given = parser.parse_args()
    graph = list(grown(given.observations))
    print(f"{len(graph):,} triples; Python {sys.version.split()[0]}, pyoxigraph {version('pyoxigraph')}")
    sets, first = measured(lambda: by_sets(graph), given.runs)
    print(f"set operations   {sets:8.3f} s  {len(first):,} kept")
    queries, second = measured(lambda: by_sparql(graph), given.runs)
    print(
        f"SPARQL CONSTRUCT {queries:8.3f} s  {len(second):,} kept, {queries / sets:.1f} times the time of set operations"
    )
    same = first == second
    if given.owlrl:
        seconds, third = measured(lambda: set(Owlrl().close(graph).entailed), 1)
        same = same and first == third
        print(f"owlrl            {seconds:8.3f} s  {len(third):,} kept, {seconds / sets:.0f} times")
    print("the same closure" if same else "DIFFERENT CLOSURES")
    return int(not same)


def grown(observations: int) -> Iterator[Triple]:
    """Yield the shipped graph and so many more observations, each with a fact and a mention."""
    stated = populate.populate(populate.everything(sources.project()), lambda line: None).stated
    claims: dict[str, dict[NamedNode, list[Triple]]] = {"observation": {}, "fact": {}, "mention": {}}
    for triple in stated:
        match = CLAIM.match(triple.subject.value) if isinstance(triple.subject, NamedNode) else None
        if match is not None and isinstance(triple.subject, NamedNode):
            claims[match[1]].setdefault(triple.subject, []).append(triple)
    yield from stated
    kinds = [list(kind.items()) for kind in claims.values()]
    for number in range(observations):
        for kind in kinds:
            subject, triples = kind[number % len(kind)]
            name = NamedNode(f"{subject.value}-g{number}")
            yield from (Triple(name, triple.predicate, triple.object) for triple in triples)


def by_sets(graph: Collection[Triple]) -> set[Triple]:
    """Close a graph with gbakg's reasoner."""
    return set(Fast().close(graph).entailed)


def by_sparql(graph: Sequence[Triple]) -> set[Triple]:
    """Close a graph with the same clauses as queries on pyoxigraph, until none finds anything."""
    store = Store()
    store.bulk_extend(Quad(*triple) for triple in graph)
    queries = [text for _, text in Closing(f"{triple} ." for triple in graph).queries() if text.startswith("CONSTRUCT")]
    found: set[Triple] = set()
    while True:
        new: set[Triple] = set()
        for text in queries:
            answer = store.query(text)
            assert isinstance(answer, QueryTriples)  # noqa: S101 - a CONSTRUCT answers with triples
            new.update(triple for triple in answer if not isinstance(triple.subject, Literal))
        if not new:
            return {triple for triple in found if kept(triple)} - set(graph)
        found |= new
        store.bulk_extend(Quad(*triple) for triple in new)


def measured(close: Callable[[], set[Triple]], runs: int) -> tuple[float, set[Triple]]:
    """Time a closing; return the median in seconds, and what it found."""
    times, found = [], set[Triple]()
    for _ in range(runs):
        start = time.perf_counter()
        found = close()
        times.append(time.perf_counter() - start)
    return statistics.median(times), found


if __name__ == "__main__":
    sys.exit(main())
