"""The pipeline: read, check the rows, validate what is stated, close it, check its consistency, store it."""

from __future__ import annotations

import contextlib
import json
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache as cached
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from gbakg import draft, engines, sources, store
from gbakg.cache import home, locked
from gbakg.errors import BuildDamaged, CheckFailed, GbakgError, Problem
from gbakg.progress import Say, announce
from gbakg.sources import Project
from gbakg.store import Build
from gbakg.version import code

if TYPE_CHECKING:
    from gbakg.equality import Comparison
    from gbakg.ignored import Judgement
    from gbakg.places import Places
    from gbakg.populate import Selection
    from gbakg.validate import Report


class Outcome(NamedTuple):
    """What came of a build or a check: the build if there is one, what is wrong, and the validation report."""

    build: Build | None
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()
    report: Report | None = None

    @property
    def conforms(self) -> bool:
        """Tell whether nothing is wrong; warnings do not count."""
        return not self.problems

    def __repr__(self) -> str:  # with every result of the report it would be as long as a book
        return f"<Outcome: problems {len(self.problems)}, warnings {len(self.warnings)}>"


def ensure(project: Project, progress: Say | None = None, cache: str | None = None) -> Build:
    """Open the build that the project's files give, and build it first if there is none or a file changed.

    `progress` takes one line at a time; by default they go to stderr.  If another process builds, waits for it.
    Raises CheckFailed if the data do not hold, InputError if they cannot be read, CacheError.
    """
    say = announce if progress is None else progress
    ready, _ = store.fresh(project, cache)
    if ready is not None:
        return ready
    with locked(home(project, cache), wait=say):
        ready, why = store.fresh(project, cache)  # whoever held the lock may just have built it
        if ready is not None:
            return ready
        say(f"{why}: building the graph")
        outcome = _build(project, "fast", say, cache)
    if outcome.build is None:
        raise CheckFailed(outcome.problems, "the graph was not built; correct these, or see `gbakg check`")
    return outcome.build


def build(
    project: Project,
    engine: str = "fast",
    progress: Say | None = None,
    cache: str | None = None,
    *,
    whole: bool = False,
) -> Outcome:
    """Build the graph, whether or not it is fresh, and make it the current one.

    If only documents changed since the former build, these alone are read, unless the `whole` is wanted; the result is
    the same.  Problems are returned, not raised, and leave the former build in place.  Raises InputError if a file
    cannot be read, BuildLocked if another process builds, CacheUnusable, BadParameter for an unknown engine.
    """
    engines.check(engine)
    with locked(home(project, cache)):
        return _build(project, engine, announce if progress is None else progress, cache, whole)


def check(project: Project, paths: Sequence[Path] = (), engine: str = "fast", progress: Say | None = None) -> Outcome:
    """Do what a build does except storing it, with the whole project or with `paths` in place of its documents.

    A path is a document's folder, a table, a Turtle file, or a folder shaped like data/; only warnings about these are
    given.  Raises InputError, BadParameter for an unknown engine.
    """
    from gbakg import populate
    from gbakg.places import Places
    from gbakg.spool import Spool

    engines.check(engine)
    say = announce if progress is None else progress
    selection = populate.only(project, paths) if paths else populate.everything(project)
    population = populate.populate(selection, say)
    with Spool(population.folder / "entailed.nt") as entailed:
        found = engines.examine(engine, population, entailed, say)
    problems, warnings = judge(Places(selection), found, population.problems)
    if paths:
        chosen = [path.resolve() for path in paths]
        warnings = tuple(
            one for one in warnings if any(Path(one.file).resolve().is_relative_to(path) for path in chosen)
        )
    return Outcome(None, problems, warnings, found.report)


def compare(project: Project, paths: Sequence[Path] = (), progress: Say | None = None) -> tuple[Comparison, Judgement]:
    """Examine the whole project, or `paths` as `check` does, with both engines; tell where they differ, and what is known.

    Takes as long as the reference does.  Raises InputError.
    """
    from gbakg import equality, ignored, populate

    say = announce if progress is None else progress
    selection = populate.only(project, paths) if paths else populate.everything(project)
    population = populate.populate(selection, say)
    say(f"validating and closing {population.count:,} triples with both engines")
    found = equality.compare(population.stated, population.shapes)
    return found, ignored.judge(population.stated, population.shapes, found.differences)


def _build(project: Project, engine: str, say: Say, cache: str | None, whole: bool = False) -> Outcome:
    """Build from the former build if that will do, and from the sources alone if it turns out to be damaged."""
    try:
        return _attempt(project, engine, say, cache, whole)
    except BuildDamaged as error:
        say(f"the former build cannot be used ({error.reason}): reading everything")
    return _attempt(project, engine, say, cache, whole=True)


@contextlib.contextmanager
def _using(former: Build | None) -> Iterator[None]:
    """Raise BuildDamaged if the stores of a former build, or copies of them, fail; a full disk fails again without it."""
    try:
        yield
    except (OSError, RuntimeError) as error:  # pyoxigraph raises both, as RocksDB words them
        if former is None:
            raise
        raise BuildDamaged(former.path, " ".join(str(error).split())) from error


def _attempt(project: Project, engine: str, say: Say, cache: str | None, whole: bool) -> Outcome:
    from gbakg import edit, increment, populate
    from gbakg.places import Places

    taken = time.time_ns()
    former = store.current(project, cache)
    try:
        known = (former.receipt["inputs"], former.receipt["taken"]) if former is not None else (None, 0)
        inputs = {one.name: [*one[1:]] for one in sources.fingerprint(project, sources.inputs(project), *known)}
        receipt: dict[str, Any] = {
            "inputs": inputs,
            "taken": taken,
            "engine": engine,
            "code": code(),
            "versions": engines.versions(engine),
        }
        with draft.drafting(project, cache) as folder:
            selection = populate.everything(project)
            compiling = cached(lambda: _queries(project, former))
            made, read, rows = None, selection.documents, dict[str, int]()
            slugs = None if whole or former is None else increment.slugs(former, receipt)
            if slugs is not None and former is not None:
                with _using(former):
                    made = increment.update(selection, former, folder, slugs, say)
            if made is None:
                used, made = None, _make(selection, engine, say, folder, former, compiling)
            elif slugs is not None and former is not None:  # both are there, or nothing would be made
                used, read, rows = former, tuple(one for one in read if one.name in slugs), former.rows(slugs)
            places = Places(selection, rows)
            problems, warnings = judge(places, made.found, made.problems)
            queries, broken = ({}, []) if problems else compiling()
            with _using(used):
                made.finish()
            if problems:
                return Outcome(None, problems, warnings, made.found.report)
            counts = {**made.counts, "documents": len(selection.documents), "warnings": len(warnings)}
            extras = {
                **queries,
                **made.shared,
                store.PLAN: made.found.plan,
                store.REPORT: made.found.report.dumps(),
                store.CLAUSES: made.found.clauses,
                store.ROWS: json.dumps(places.rows, sort_keys=True),
            }
            # What was read of these may be neither what was hashed nor what is there now: the next command builds again.
            inputs.update({name: [-1, 0, "touched"] for name in sources.touched(project, inputs)})
            edit.keep(project, home(project, cache), read, receipt)
            receipt |= {"counts": counts, "digest": made.digest}
            built = draft.publish(project, folder, receipt, extras, cache, former)
            return Outcome(built, (), (*warnings, *broken), made.found.report)
    finally:
        if former is not None:
            former.close()


def _make(
    selection: Selection,
    engine: str,
    say: Say,
    folder: Path,
    former: Build | None,
    meanwhile: Callable[[], object],
) -> draft.Made:
    """Read everything and fill the stores of a draft; do something else while these are being filled."""
    from gbakg import populate
    from gbakg.spool import Spool

    plan = former.remembered(store.PLAN) if former is not None else ""
    path = folder / "entailed.nt"
    with _obliging(), draft.Stores(folder) as stores, ThreadPoolExecutor(1) as pool:
        begun = pool.submit(stores.begin)
        population = populate.populate(selection, say, folder)
        digest = population.digest.copy()
        begun.result()
        stating = pool.submit(stores.state, population)
        entailing: list[Future[None]] = []
        with Spool(path, digest) as entailed:

            def closed() -> None:
                entailed.flush()
                say(f"storing {digest.count:,} triples")
                entailing.append(pool.submit(stores.entail, path, digest.count))
                meanwhile()

            found = engines.examine(engine, population, entailed, say, plan, stating.result, closed)
            stating.result()
            for step in entailing:
                step.result()
    stated, count = population.digest.count, digest.count
    for spooled in (*population.files[1:], path):
        spooled.unlink()
    counts = {"stated": stated, "entailed": count - stated, "triples": count}
    return draft.Made(found, tuple(population.problems), counts, digest.hex, population.shared())


@contextlib.contextmanager
def _obliging() -> Iterator[None]:
    """Let threads that ask a store wait less for the interpreter, which they need for a moment at every row.

    Python makes them wait 5 ms each time, and there are some hundred queries: a tenth of a small build.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.0003)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def judge(
    places: Places, found: engines.Examination, problems: Iterable[Problem]
) -> tuple[tuple[Problem, ...], tuple[Problem, ...]]:
    """Word what was found as problems and warnings, each with its file and row.

    Where a row is wrong already, what the shapes say of it is left out; where anything is, inconsistencies are.
    """
    wrong = {(problem.file, problem.row) for problem in problems}

    def problem(node: object, message: str, severity: str) -> Problem:
        file, row, unit = places.find(node)
        return Problem(file, message, row, place=unit, severity=severity)

    def about(result: Any) -> object:  # a result about a claim is at home in its row, even if its focus is the document
        return result.value if places.claims(result.value) else result.focus

    told = [problem(about(one), str(one), "violation") for one in found.report.violations]
    violations = [*problems, *(one for one in told if not one.row or (one.file, one.row) not in wrong)]
    if not violations:
        violations = [problem(_named(one), f"inconsistent: {one}", "violation") for one in found.inconsistencies]
    warnings = tuple(problem(about(one), str(one), "warning") for one in found.report.warnings)
    return _ordered(violations), warnings


def _named(message: str) -> object:
    """Find the last thing that the sentence about an inconsistency names."""
    from gbakg import terms

    names = [name for name in re.findall(r"[a-z]+/[a-z0-9-]+(?:#p[0-9]+)?", message) if terms.is_short(name)]
    return terms.expand(names[-1]) if names else None


def _ordered(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(
        sorted(dict.fromkeys(problems), key=lambda one: (one.file, one.row or 0, one.column or "", one.message))
    )


def _queries(project: Project, former: Build | None) -> tuple[dict[str, str], list[Problem]]:
    """Compile the saved queries for a quick start; a broken one is told, and does not stop a build."""
    from gbakg import query

    known = query.remembered(former.path) if former is not None and former.current() else None
    try:
        return {query.COMPILED: query.dump(query.compiled(project.queries, known))}, []
    except GbakgError as error:
        return {}, [Problem("", line, severity="warning") for line in error.lines]
