"""The two ways to examine what was stated: the fast one, and the reference that it is held against.

Both validate with SHACL, and close under OWL 2 RL what was stated, not what was closed: a range axiom would else make
a wrong cell right.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pyoxigraph
from pyoxigraph import RdfFormat, Store, Triple

from gbakg import sources
from gbakg.engine import Embedded
from gbakg.errors import BadParameter
from gbakg.parts import SIZE, Parts
from gbakg.populate import Population, Selection
from gbakg.progress import Say
from gbakg.spool import Spool
from gbakg.version import __version__, code

if TYPE_CHECKING:
    from gbakg.shapes import Plan
    from gbakg.validate import Report

NAMES = ("fast", "reference")
LARGE = 3_000_000
"""How many triples are validated at once, in memory, at some 450 bytes each; more are validated in parts."""


class Examination(NamedTuple):
    """What an engine found: the report, what is inconsistent, and the compiled shapes and clauses, to be kept."""

    report: Report
    inconsistencies: tuple[str, ...] = ()
    plan: str = ""
    clauses: str = ""


def examine(
    engine: str,
    population: Population,
    entailed: Spool,
    say: Say,
    plan: str = "",
    stated: Callable[[], Path] | None = None,
    closed: Callable[[], object] = lambda: None,
) -> Examination:
    """Validate a population, close it, and write what follows from it.

    `plan` is what an earlier examination gave, or nothing; `stated` waits for the store on the disk that has the stated
    triples, if there will be one; `closed` is called when `entailed` is complete, which may be before the validation is.
    If there are violations, it may never be.  Raises BadParameter for an unknown engine, ShapeError.
    """
    check(engine)
    if engine == "reference":
        return _reference(population, entailed, say, closed)
    return _fast(population, entailed, say, plan, stated, closed)


def versions(engine: str) -> dict[str, str]:
    """Return the versions of the libraries that an engine uses, beyond those of every build."""
    if engine != "reference":
        return {}
    from importlib.metadata import version

    return {name: version(name) for name in ("owlrl", "pyshacl", "rdflib")}


def check(engine: str) -> None:
    """Raise BadParameter unless there is such an engine."""
    if engine not in NAMES:
        raise BadParameter("engine", " or ".join(NAMES), engine)


def _reference(population: Population, entailed: Spool, say: Say, closed: Callable[[], object]) -> Examination:
    from gbakg.reason import Owlrl
    from gbakg.validate import Pyshacl

    say(f"validating {len(population.stated):,} triples with pyshacl")
    report = Pyshacl().validate(population.stated, population.shapes)
    if report.violations:
        return Examination(report)
    say(f"closing {len(population.stated):,} triples with owlrl")
    closure = Owlrl().close(population.stated)
    entailed.put(f"{triple} ." for triple in closure.entailed)
    closed()
    return Examination(report, closure.inconsistencies)


def _fast(
    population: Population,
    entailed: Spool,
    say: Say,
    known: str,
    stated: Callable[[], Path] | None,
    closed: Callable[[], object],
) -> Examination:
    say(f"validating and closing {population.count:,} triples")
    large = stated if population.count > LARGE else None
    with ThreadPoolExecutor(1) as pool:  # loading and asking a store need no interpreter, which goes on meanwhile
        loading = pool.submit(_memory, population) if large is None else None
        plan, head = planned(population.selection, known)
        validating = pool.submit(_validate, plan, population, say, loading, large)
        inconsistencies, clauses = close(population, entailed)
        closed()
        return Examination(validating.result(), inconsistencies, head + plan.dumps(), clauses)


def _memory(population: Population) -> Embedded:
    store = Store()
    for path in population.files:
        store.bulk_load(path=str(path), format=RdfFormat.N_TRIPLES)
    return Embedded(store)


def _validate(
    plan: Plan,
    population: Population,
    say: Say,
    loading: Future[Embedded] | None,
    stated: Callable[[], Path] | None,
) -> Report:
    """Validate in memory; a large graph in parts, or else on the disk, which takes five times as long."""
    if loading is not None or stated is None:
        with loading.result() if loading is not None else _memory(population) as engine:
            return plan.run(engine, lambda: population.stated, say)
    parts = Parts(population)
    with Embedded.open(stated()) as engine:
        if not parts.apart or plan.left or parts.largest > 2 * SIZE:
            return plan.run(engine, lambda: population.stated, say)
        return plan.piecewise(lambda: engine, parts.core(), parts)


def planned(selection: Selection, known: str = "") -> tuple[Plan, str]:
    """Compile the shapes, unless `known` is what came of compiling the same files by the same code.

    Returns the plan, and the head of the text to keep, which `Plan.dumps` is to follow.
    """
    from gbakg.shapes import Plan

    key = hashlib.sha256("\0".join((__version__, pyoxigraph.__version__, code())).encode())
    for path in selection.shapes:
        key.update(b"\0" + path.read_bytes())
    head = key.hexdigest() + "\n"
    if known.startswith(head):
        return Plan.loads(known.removeprefix(head), partial(_shapes, selection)), head
    return Plan(_shapes(selection)), head


def _shapes(selection: Selection) -> list[Triple]:
    return [triple for path in selection.shapes for triple in sources.triples(path)]


def close(population: Population, entailed: Spool) -> tuple[tuple[str, ...], str]:
    """Write what follows from a population; return a sentence for each inconsistency, and the clauses, for `chase`.

    What all documents share is closed first, then the claims of one document after the other on top of it; all in one
    piece where the ontology lets documents act on each other.
    """
    from gbakg.closing import Closing

    closing = Closing(population.core(), population.core())
    for slug in population.spans:
        chunk = closing.chunk(population.claims(slug))
        if chunk is None:
            whole = Closing(population.lines(), population.lines())
            entailed.clear()
            population.entailed.clear()
            entailed.put(whole.entailed())
            return whole.inconsistencies(), ""
        begin = entailed.tell()
        entailed.put(chunk)
        population.entailed[slug] = begin, entailed.tell()
    entailed.put(closing.entailed())
    return closing.inconsistencies(), closing.written()
