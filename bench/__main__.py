"""`python -m bench`: gbakg against rdflib, owlrl and pyshacl on the real graph, and the memory that it takes.

Every figure is a ratio of two things measured in turn in this run, or a peak of memory; nothing is compared with
another machine or another day.  `--check` exits with 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import math
import platform
import statistics
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import gbakg
from bench.measure import Run, run
from gbakg import build, query, sources
from gbakg.engine import Embedded, Engine, Rdflib, Solutions

TARGETS = {"build": 60.0, "cold": 8.0, "in process": 20.0, "query memory": 100.0, "build memory": 400.0}
FASTER = {
    "build": "faster than with the reference engines",
    "cold": "faster than rdflib",
    "in process": "faster than rdflib",
}
EXAMPLE = "observations"


def main() -> int:
    """Measure, print, and with --check compare with the targets."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="repetitions of each measurement (default 5)")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a target is missed")
    parser.add_argument("--per-query", action="store_true", help="print the ratio of every saved query")
    given = parser.parse_args()
    project = sources.project()
    built = build.ensure(project)
    print(f"gbakg {gbakg.__version__}, pyoxigraph {version('pyoxigraph')}, rdflib {version('rdflib')}, ", end="")
    print(f"Python {platform.python_version()}, {built.receipt['counts']['triples']:,} triples")
    with tempfile.TemporaryDirectory() as folder:
        cold, memory = compare_cold(Path(folder), given.runs)
    with built.open() as engine:
        warm = compare_in_process(project, engine, given.runs, given.per_query)
    with tempfile.TemporaryDirectory() as folder:
        built_in, peak = compare_builds(Path(folder), given.runs)
    figures = {"build": built_in, "cold": cold, "in process": warm, "query memory": memory, "build memory": peak}
    missed = False
    for name, found in figures.items():
        target = TARGETS[name]
        met = found >= target if name in FASTER else found <= target
        missed = missed or not met
        what = f"{found:.1f} times {FASTER[name]}" if name in FASTER else f"{found:.0f} MB at its peak"
        print(f"{name:<13} {what:<50} target {target:g}: {'met' if met else 'MISSED'}")
    return int(missed and given.check)


def compare_builds(folder: Path, runs: int) -> tuple[float, float]:
    """Time full builds in new processes, the reference's once; return the ratio, and the peak of the fast one in MB."""

    def built(engine: str, number: int = 0) -> Run:
        cache = str(folder / f"{engine}-{number}")  # each its own: what a build leaves behind makes the next one faster
        return run([sys.executable, "-m", "gbakg", "--cache", cache, "build", "--engine", engine])

    fast = [built("fast", number) for number in range(runs)]
    reference = built("reference")
    fast += [built("fast", runs + number) for number in range(runs)]
    seconds = statistics.median(one.seconds for one in fast)
    print(f"full build: fast {seconds:.2f} s (median of {len(fast)}), reference {reference.seconds:.1f} s (once)")
    return reference.seconds / seconds, max(one.peak for one in fast)


def compare_cold(folder: Path, runs: int) -> tuple[float, float]:
    """Time whole processes in turn; return the median ratio, and the peak memory of `gbakg query run` in MB."""
    graph, asked = folder / "graph.ttl", folder / "query.rq"
    run([sys.executable, "-m", "gbakg", "export", str(graph)])
    project = sources.project()
    with build.ensure(project).open() as engine:
        asked.write_text(query.catalog(project.queries).get(EXAMPLE).bind({}, engine), encoding="utf-8")
    ours = [sys.executable, "-m", "gbakg", "query", "run", EXAMPLE, "--format", "csv"]
    peer = [sys.executable, "-m", "bench.peer", str(graph), str(asked)]
    run(ours)
    pairs: list[tuple[Run, Run]] = [(run(ours), run(peer)) for _ in range(runs)]
    ratio = statistics.median(theirs.seconds / mine.seconds for mine, theirs in pairs)
    seconds = statistics.median(mine.seconds for mine, _ in pairs), statistics.median(peer.seconds for _, peer in pairs)
    print(f"cold {EXAMPLE}: gbakg {seconds[0] * 1000:.0f} ms, rdflib {seconds[1] * 1000:.0f} ms (medians of {runs})")
    return ratio, max(mine.peak for mine, _ in pairs)


def compare_in_process(project: sources.Project, engine: Embedded, runs: int, per_query: bool) -> float:
    """Time every saved query on both engines in turn; return the geometric mean of the ratios."""
    peer = Rdflib.of(engine.triples())
    logs = []
    for one in query.catalog(project.queries):
        values = {parameter.name: parameter.example for parameter in one.header.parameters if parameter.required}
        asked = one.bind(values, engine, one.rows(None) if one.limited else None)
        ratios = [elapsed(peer, asked) / elapsed(engine, asked) for _ in range(max(1, runs // 2))]
        logs.append(math.log(statistics.median(ratios)))
        if per_query:
            print(f"    {one.name:<45} {math.exp(logs[-1]):8.1f}")
    print(
        f"in process: {len(logs)} saved queries, slowest ratio {math.exp(min(logs)):.1f}, fastest {math.exp(max(logs)):.0f}"
    )
    return math.exp(statistics.mean(logs))


def elapsed(engine: Engine, asked: str) -> float:
    """Time one query until its last row, in seconds."""
    start = time.perf_counter()
    found = engine.query(asked)
    if isinstance(found, Solutions):
        for _ in found:
            pass
    elif not isinstance(found, bool):
        list(found)
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
