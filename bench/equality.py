"""`python -m bench.equality`: what the fast engine says, held against the reference, owlrl and pyshacl as they come.

python -m bench.equality                                the shipped graph, a generated one, and 1,000 damaged ones
python -m bench.equality --graphs 100                   100 damaged graphs alone: five of them whole
python -m bench.equality --graphs 1 --seed 37           the damaged graph of one seed again

Prints what differs, with the seed that makes the graph, and how often a difference was of a kind that is ignored
(gbakg.ignored has the list).  Exits with 1 if anything else differs.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from pyoxigraph import Triple

from bench.damage import MOST, SMALL, Damage, Parts, is_whole, read
from bench.generate import generate
from bench.prepare import prepared
from gbakg import reference, sources
from gbakg.equality import BROKEN, Comparison, Difference, compare
from gbakg.errors import GbakgError
from gbakg.ignored import IGNORED, Judgement, judge

GENERATED = 200
"""How many observations the generated graph has, unless told otherwise."""

MANY = 1_000
"""How many graphs are damaged, unless told otherwise."""

PATIENCE = 600.0
"""Seconds that the fast validator gives pyshacl for what it leaves to it: a busy machine is no difference between the two."""

SHOWN = 5
"""How many differences of one graph are printed."""


class Task(NamedTuple):
    """A graph to compare on: a damaged one by its seed, the shipped one, or one generated with so many observations."""

    kind: str
    number: int = 0

    def __str__(self) -> str:
        if self.kind == "damaged":
            return f"seed {self.number}"
        return f"{self.number:,} generated observations" if self.kind == "generated" else f"the {self.kind} graph"

    @property
    def large(self) -> bool:
        """Tell whether it takes long."""
        return self.kind != "damaged" or is_whole(self.number)


class Done(NamedTuple):
    """What came of a task: the triples of the graph, whether pyshacl helped the fast validator, what was compared and judged."""

    task: Task
    triples: int
    helped: bool
    compared: Comparison
    judged: Judgement


def main(words: Sequence[str] | None = None) -> int:
    """Compare, print, and return 1 if something differs that is not to be ignored."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.equality", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--graphs", type=int, metavar="N", help="damaged graphs, one in twenty of them whole")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the first of them (default 0)")
    parser.add_argument("--shipped", action="store_true", help="the shipped graph")
    parser.add_argument("--generated", type=int, metavar="N", help="a generated graph of so many observations")
    processors = os.cpu_count() or 1
    parser.add_argument(
        "--processes", type=int, default=processors, metavar="N", help=f"how many at once (default {processors})"
    )
    given = parser.parse_args(words)
    tasks = [*_tasks(given)]
    libraries = ", ".join(f"{name} {version(name)}" for name in ("owlrl", "pyshacl", "rdflib", "pyoxigraph"))
    print(
        f"{libraries}, Python {platform.python_version()}; {len(tasks)} graphs, {given.processes} at once", flush=True
    )
    tally, start = Tally(), time.monotonic()
    for number, done in enumerate(run(tasks, given.processes), start=1):
        tally.add(done)
        for line in _told(done):
            print(line, flush=True)
        spent = time.monotonic() - start
        print(f"  {number} of {len(tasks)}, {spent:.0f} s: {done.task}", file=sys.stderr, flush=True)
    print("\n".join(tally.lines()))
    return int(tally.differing > 0)


def _tasks(given: argparse.Namespace) -> Iterator[Task]:
    everything = given.graphs is None and given.generated is None and not given.shipped
    generated = GENERATED if everything else given.generated
    if generated:
        yield Task("generated", generated)
    if everything or given.shipped:
        yield Task("shipped")
    graphs = MANY if everything else given.graphs or 0
    yield from (Task("damaged", seed) for seed in range(given.seed, given.seed + graphs))


def run(tasks: Sequence[Task], processes: int) -> Iterator[Done]:
    """Compare the engines on each graph, what takes long first; yield what came of it as it comes."""
    if processes == 1:
        yield from map(work, tasks)
        return
    parts()  # before there are processes, which then have it
    with ProcessPoolExecutor(processes) as pool:
        waiting = {pool.submit(work, task): task for task in sorted(tasks, key=lambda task: not task.large)}
        for future in as_completed(waiting):
            error = future.exception()
            yield future.result() if error is None else failed(waiting[future], error)


def failed(task: Task, error: BaseException) -> Done:
    """Make a difference of an exception, so that the others are compared all the same."""
    left = Difference("gbakg", f"{BROKEN}, {type(error).__name__}: {error}")
    return Done(task, 0, False, Comparison(0, 0, 0, ()), Judgement(Counter(), (left,)))


def work(task: Task) -> Done:
    """Make one graph, and compare the engines on it."""
    graph, shapes = _graph(task)
    helped: list[str] = []
    gc.disable()  # rdflib and owlrl make many objects and few cycles: looking for these takes a tenth of the time
    with (
        prepared(),
        mock.patch.object(reference.validate, "__defaults__", (PATIENCE,)),
        warnings.catch_warnings(action="ignore"),  # rdflib warns of misspelt literals
    ):
        try:
            compared = compare(graph, shapes, helped.append)
            judged = judge(graph, shapes, compared.differences)
        except GbakgError as error:  # which would lose its words on the way to the other process
            return failed(task, error)
        finally:
            gc.enable()
            gc.collect()
    return Done(task, len(graph), bool(helped), compared, judged)


def _graph(task: Task) -> tuple[list[Triple], list[Triple]]:
    if task.kind == "damaged":
        return damage().graph(task.number), parts().shapes
    if task.kind == "shipped":
        return [*parts().ontology, *parts().data], parts().shapes
    if task.kind != "generated":
        raise ValueError(f"there is no {task.kind} graph, only damaged, shipped and generated ones")
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "project"
        generate(sources.project(), target, task.number, max(1, task.number // 200), seed=0)
        made = read(sources.project(str(target)))
    return [*made.ontology, *made.data], made.shapes


@cache
def parts() -> Parts:
    """Read the shipped project, once."""
    return read(sources.project())


@cache
def damage() -> Damage:
    """Make the generator of damaged graphs, once."""
    return Damage(parts().ontology, parts().data)


def _told(done: Done) -> Iterator[str]:
    left = done.judged.left
    yield from (f"{done.task}: {one}" for one in left[:SHOWN])
    if len(left) > SHOWN:
        yield f"{done.task}: and {len(left) - SHOWN} more differences"


class Tally:
    """Counts what was compared."""

    def __init__(self) -> None:
        self.graphs: Counter[str] = Counter()
        self.sums: Counter[str] = Counter()
        self.ignored: Counter[str] = Counter()
        self.graphs_ignored: Counter[str] = Counter()
        self.differing = 0

    def add(self, done: Done) -> None:
        """Count one graph."""
        kind = done.task.kind if done.task.kind != "damaged" else "damaged whole" if done.task.large else "damaged"
        self.graphs[kind] += 1
        self.graphs["helped"] += done.helped
        self.sums["triples"] += done.triples
        self.sums["entailments"] += done.compared.entailments
        self.sums["violated rules"] += done.compared.rules
        self.sums["results"] += done.compared.results
        self.ignored += done.judged.ignored
        self.graphs_ignored.update(done.judged.ignored.keys())
        self.differing += bool(done.judged.left)

    def lines(self) -> Iterator[str]:
        """Yield the summary."""
        kinds = {
            "shipped": "the shipped graph",
            "generated": "a generated graph",
            "damaged": f"cut to a document's worth of at most {SMALL} triples and damaged up to {MOST} times",
            "damaged whole": f"whole and damaged up to {MOST} times",
        }
        yield from (f"{self.graphs[kind]:>7,}  {words}" for kind, words in kinds.items() if self.graphs[kind])
        yield from (f"{number:>9,}  {what}" for what, number in self.sums.items())
        yield f"{self.graphs['helped']:>9,}  graphs of which the fast validator left something to pyshacl"
        for kind in IGNORED:
            if self.ignored[kind]:
                yield (
                    f"ignored in {self.graphs_ignored[kind]} graphs, {self.ignored[kind]:,} times: {kind} "
                    f"({IGNORED[kind]})"
                )
        total = sum(self.graphs.values()) - self.graphs["helped"]
        yield f"{total - self.differing} of {total} graphs: the same closure and the same report" + (
            f"; {self.differing} DIFFER" if self.differing else ""
        )


if __name__ == "__main__":
    sys.exit(main())
