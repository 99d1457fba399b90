"""The rows of the table: each function measures one, in a laboratory, and returns it."""

from __future__ import annotations

import csv
import io
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from bench.engines import closure, validation, validation_core
from bench.lab import ENOUGH, GBAKG, MEMORY, Contestant, Lab, Measured, tell
from bench.peers import jena
from bench.report import Entry, Row, Sizes, at_least, at_most, holds, ratio

SAVED = "observations"
"""The saved query that is run cold."""

BREAK = 30.0
"""How many seconds a saved query may take before it is stopped."""


def build_shipped(lab: Lab, sizes: Sizes) -> Row:
    """Build the shipped graph, cold, with both engines."""
    before = _anew(lab, 0)
    [reference] = lab.measure([_building(lab, 0, lab.fresh(), "reference", "owlrl and pyshacl")], 1)
    mine = before + _anew(lab, 0)
    verdict = at_least("the reference engines", ratio(reference.median, mine.median), 60)
    entries = (
        mine.entry(GBAKG),
        reference.entry("reference engines", "gbakg --engine reference: owlrl and pyshacl"),
    )
    return Row("build", "full build of the shipped graph", entries, (verdict,))


def floor(lab: Lab, sizes: Sizes) -> Row:
    """Build the shipped graph, and load the same triples with nothing but a parser and a store."""
    graph = str(lab.dumped())
    rounds = []
    for _ in range(lab.runs):
        others = [
            lab.peer("pyoxigraph", "", lambda peer: peer.command("load", graph, lab.fresh()), whole=True),
            lab.peer(
                "oxigraph",
                " load",
                lambda peer: peer.command("load", "--location", lab.fresh(), "--file", graph),
                True,
            ),
        ]
        contestants = [_building(lab, 0, lab.fresh()), *others]
        rounds.append(lab.measure(contestants, 1))
    mine, raw, binary = (sum(column, Measured()) for column in zip(*rounds, strict=True))
    verdict = at_most("parse and bulk load of the same triples", ratio(mine.median, raw.median), 4)
    note = "whole process: parse and bulk load"
    entries = mine.entry(GBAKG), raw.entry(others[0].who, note), binary.entry(others[1].who, note)
    return Row("floor", "full build of the shipped graph, cold process", entries, (verdict,))


def rebuild(lab: Lab, sizes: Sizes) -> Row:
    """Change one document of a generated graph, and build again."""
    size, title = sizes.middle, f"rebuild after one changed document of {sizes.middle:,} observations"
    cache = str(lab.folder / "cache-rebuild")
    full, part = Measured(), Measured()
    table = Path(lab.home(size, "-changing")) / "data" / "documents" / "generated-000000" / "observations.csv"
    for number in range(lab.runs):
        [whole] = lab.measure([_building(lab, size, cache, copy="-changing")], 1)
        _change(table, f"Changed {number} times.")
        [less] = lab.measure([_building(lab, size, cache, copy="-changing", force=False)], 1)
        full, part = full + whole, part + less
    home, anew = lab.home(size, "-changing"), lab.fresh()
    lab.measure([_building(lab, size, anew, copy="-changing")], 1)
    same = None if part.failed else lab.said("digest", home, cache) == lab.said("digest", home, anew)
    entries = part.entry(f"{GBAKG}, rebuild"), full.entry(f"{GBAKG}, full build")
    verdicts = (
        at_least("a full build", ratio(full.median, part.median), 15),
        holds("the same digest as built anew", same),
    )
    return Row("rebuild", title, entries, verdicts)


def cold(lab: Lab, sizes: Sizes) -> Row:
    """Answer one saved query in a new process, and the same query with Jena's arq, rdflib and oxigraph."""
    (home, cache), graph = lab.built(0), str(lab.dumped())
    asked, store = str(lab.folder / "asked.rq"), str(lab.folder / "cold-store")
    lab.measure([Contestant("", lab.task("bind", home, cache, SAVED, asked), whole=True)], 1)
    if not lab.peers["oxigraph"].missing:
        loading = lab.peers["oxigraph"].command("load", "--location", store, "--file", graph)
        lab.measure([Contestant("oxigraph load", loading, whole=True)], 1)
    turtle = Path(graph).with_suffix(".ttl")
    shutil.copyfile(graph, turtle)
    mine = [sys.executable, "-m", "gbakg", "--home", home, "--cache", cache, "query", "run", SAVED, "--format", "csv"]
    contestants = [
        Contestant(GBAKG, mine, whole=True),
        lab.peer(
            "jena",
            " arq",
            lambda peer: jena(peer, "arq.arq", "--data", graph, "--query", asked, "--results", "csv"),
            True,
        ),
        lab.peer("rdflib", "", lambda peer: [sys.executable, "-m", "bench.peer", str(turtle), asked], whole=True),
        lab.peer(
            "oxigraph",
            " query",
            lambda peer: peer.command("query", "-l", store, "--query-file", asked, "--results-format", "csv"),
            True,
        ),
    ]
    found = lab.measure(contestants)
    own, arq, rdflib, _ = (one.median for one in found)
    notes = ("", "parses the graph each time", "parses the graph each time", "from a store on disk, loaded before")
    entries = tuple(one.entry(whose.who, note) for one, whose, note in zip(found, contestants, notes, strict=True))
    verdicts = at_least(contestants[1].who, ratio(arq, own), 25), at_least(contestants[2].who, ratio(rdflib, own), 12)
    return Row("cold", f"cold `gbakg query run {SAVED}`", entries, verdicts)


def saved(lab: Lab, sizes: Sizes) -> Row:
    """Answer every saved query in process, through gbakg and through pyoxigraph alone."""
    [found] = lab.measure([Contestant(GBAKG, lab.task("answers", *lab.built(0)))], 1)
    queries = found.said.get("queries", [])
    worst = max(((mine / raw, name) for name, mine, raw in queries), default=None)
    note = f"the sum of {len(queries)} queries" + (f"; furthest behind, {worst[1]} by {worst[0]:.2f}" if worst else "")
    verdict = at_most("raw pyoxigraph, geometric mean", found.said.get("ratio"), 1.15)
    raw = Entry(str(lab.peers["pyoxigraph"]), found.said.get("raw"), None, "the same queries, bound before")
    return Row("saved", "saved queries in process, shipped graph", (found.entry(GBAKG, note), raw), (verdict,))


def growth(lab: Lab, sizes: Sizes) -> Row:
    """Build a small and a large graph, and compare the time for one observation."""
    small, large = _built(lab, sizes.small), _built(lab, sizes.large)
    entries = tuple(
        Entry(f"{GBAKG}, {size:,}", ratio(one.median, size), one.peak, one.failed or "seconds for one observation")
        for size, one in ((sizes.small, small), (sizes.large, large))
    )
    found = ratio(entries[1].seconds, entries[0].seconds)
    title = f"growth: time for one observation, {sizes.large:,} against {sizes.small:,}"
    return Row("growth", title, entries, (at_most(f"{sizes.small:,} observations", found, 1.5),))


def memory(lab: Lab, sizes: Sizes) -> Row:
    """Build a large graph, and look at its memory."""
    found = _built(lab, sizes.large)
    title = f"memory: build of {sizes.large:,} observations"
    gigabytes = None if found.peak is None else found.peak / 1024
    return Row("memory", title, (found.entry(GBAKG),), (at_most("peak", gigabytes, 4, " GB"),))


def million(lab: Lab, sizes: Sizes) -> Row:
    """Build a huge graph, and answer every saved query and the point questions."""
    size, title = sizes.huge, f"{sizes.huge:,} observations"
    found = _built(lab, size)
    entries = [found.entry(f"{GBAKG}, build with validation")]
    if found.median is None:
        return Row("million", title, tuple(entries), (holds("built and valid", False),))
    home, cache = lab.home(size), _cache(lab, size)
    times: list[tuple[float, str]] = []
    patience, lab.patience = lab.patience, BREAK * 4  # four times: `answer` repeats itself
    for name in lab.said("names", home)["names"]:
        [one] = lab.measure([Contestant(name, lab.task("answer", home, cache, name), memory=MEMORY)], 1)
        times.append((one.median or BREAK, name if one.median else f"{name}, four answers {one.failed}"))
        entries.append(one.entry(name, f"{one.said.get('count', 0):,} rows"))
    lab.patience = patience
    claim = "https://w3id.org/gbakg/id/observation/generated-000000-p1-g0"
    [points] = lab.measure([Contestant("point questions", lab.task("point", home, cache, claim))], 1)
    entries += [Entry(name, seconds) for name, seconds in points.said.get("queries", [])]
    slow = [f"{name} {seconds:.1f} s" for seconds, name in sorted(times, reverse=True) if seconds > 5]
    tell("slower than 5 s: " + (", ".join(slow) or "none"))
    verdicts = (
        holds("built and valid", True),
        at_most(f"slowest saved query: {max(times)[1]}", max(times)[0], 5, " s"),
        at_most("slowest point question", None if points.median is None else points.median * 1000, 5, " ms"),
    )
    return Row("million", title, tuple(entries), verdicts)


ROWS: dict[str, Callable[[Lab, Sizes], Row]] = {
    "build": build_shipped,
    "closure": closure,
    "validation": validation,
    "core": validation_core,
    "floor": floor,
    "rebuild": rebuild,
    "cold": cold,
    "saved": saved,
    "growth": growth,
    "memory": memory,
    "million": million,
}


# --- pieces --------------------------------------------------------------------------------------------------------


def _building(
    lab: Lab, size: int, cache: str, engine: str = "fast", who: str = GBAKG, copy: str = "", force: bool = True
) -> Contestant:
    return Contestant(who, lab.building(size, cache, engine, force, copy), whole=True)


def _anew(lab: Lab, size: int, runs: int | None = None) -> Measured:
    """Build a graph a few times, each time from nothing."""
    runs = lab.runs if runs is None else runs
    return sum((lab.measure([_building(lab, size, lab.fresh())], 1)[0] for _ in range(runs)), Measured())


def _built(lab: Lab, size: int) -> Measured:
    """Build a generated graph, once in this run if that takes long, and keep it."""
    name = f"build {size}"
    if name not in lab.memory:
        [found] = lab.measure([_building(lab, size, _cache(lab, size))], 1)
        quick = found.median is not None and found.median < ENOUGH
        lab.memory[name] = found + _anew(lab, size, lab.runs - 1) if quick else found
    return lab.memory[name]


def _cache(lab: Lab, size: int) -> str:
    return str(lab.folder / f"cache-{size}")


def _change(table: Path, note: str) -> None:
    """Write a note into the last row of a table."""
    lines = table.read_text(encoding="utf-8").splitlines()
    cells = next(csv.reader([lines[-1]]))
    sink = io.StringIO()
    csv.writer(sink, lineterminator="\n").writerow([*cells[:-1], note])
    table.write_text("\n".join([*lines[:-1], sink.getvalue()]), encoding="utf-8")
