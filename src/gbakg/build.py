"""The pipeline: read, check the rows, validate what is stated, close it, check its consistency, store it."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from gbakg import sources, store
from gbakg.cache import home, locked
from gbakg.errors import BadParameter, CheckFailed, GbakgError, Problem
from gbakg.sources import Project
from gbakg.store import Build

if TYPE_CHECKING:
    from pyoxigraph import Triple

    from gbakg.populate import Population, Selection
    from gbakg.reason import Closure, Reasoner
    from gbakg.validate import Report, Validator
    from gbakg.validate import Result as Finding

Progress = Callable[[str], None]
ENGINES = ("reference", "fast")


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


def ensure(project: Project, progress: Progress | None = None, cache: str | None = None) -> Build:
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
        say(f"{why}: building the graph, which takes up to a minute")
        outcome = _build(project, "reference", say, cache)
    if outcome.build is None:
        raise CheckFailed(outcome.problems, "the graph was not built; correct these, or see `gbakg check`")
    return outcome.build


def build(
    project: Project, engine: str = "reference", progress: Progress | None = None, cache: str | None = None
) -> Outcome:
    """Build the graph, whether or not it is fresh, and make it the current one.

    Problems are returned, not raised, and leave the former build in place.  Raises InputError if a file cannot be
    read, BuildLocked if another process builds, CacheUnusable, BadParameter for an unknown engine.
    """
    if engine not in ENGINES:
        raise BadParameter("engine", " or ".join(ENGINES), engine)
    with locked(home(project, cache)):
        return _build(project, engine, announce if progress is None else progress, cache)


def check(
    project: Project, paths: Sequence[Path] = (), engine: str = "reference", progress: Progress | None = None
) -> Outcome:
    """Do what a build does except storing it, with the whole project or with `paths` in place of its documents.

    A path is a document's folder, a table, a Turtle file, or a folder shaped like data/; only warnings about these are
    given.  Raises InputError.
    """
    from gbakg import populate

    say = announce if progress is None else progress
    if not paths:
        return _examine(populate.everything(project), engine, say)[0]
    outcome = _examine(populate.only(project, paths), engine, say)[0]
    chosen = [path.resolve() for path in paths]
    own = tuple(
        one for one in outcome.warnings if any(Path(one.file).resolve().is_relative_to(path) for path in chosen)
    )
    return outcome._replace(warnings=own)


def announce(line: str) -> None:
    """Write one line to stderr."""
    print(line, file=sys.stderr, flush=True)


def _build(project: Project, engine: str, say: Progress, cache: str | None) -> Outcome:
    from gbakg import populate

    taken = time.time_ns()
    inputs = sources.fingerprint(project, sources.inputs(project))
    outcome, population, closure = _examine(populate.everything(project), engine, say)
    if population is None or closure is None:
        return outcome
    queries, broken = _queries(project)
    say(f"storing {len(population.stated) + len(closure.entailed):,} triples")
    receipt: dict[str, Any] = {
        "inputs": {one.name: [one.size, one.mtime_ns, one.sha256] for one in inputs},
        "taken": taken,
        "versions": _versions(),
        "counts": {"documents": len(population.selection.documents), "warnings": len(outcome.warnings)},
        "engine": engine,
    }
    repeated = population.repeated
    built = store.write(project, _storable(population.stated), closure.entailed, repeated, receipt, queries, cache)
    return Outcome(built, (), (*outcome.warnings, *broken), outcome.report)


def _examine(selection: Selection, engine: str, say: Progress) -> tuple[Outcome, Population | None, Closure | None]:
    from gbakg.populate import populate

    validator, reasoner = _engines(engine)
    population = populate(selection, say)
    say(f"validating {len(population.stated):,} triples with SHACL")
    report = validator.validate(population.stated, population.shapes)
    wrong = {(problem.file, problem.row) for problem in population.problems}
    violations = [_violation(result, population, "violation") for result in report.violations]
    problems = [*population.problems, *(one for one in violations if (one.file, one.row) not in wrong or not one.row)]
    warnings = tuple(_violation(result, population, "warning") for result in report.warnings)
    if problems:
        return Outcome(None, _ordered(problems), warnings, report), population, None
    say(f"closing {len(population.stated):,} triples under OWL 2 RL")
    closure = reasoner.close(population.stated)
    if closure.inconsistencies:
        found = [_inconsistent(message, population) for message in closure.inconsistencies]
        return Outcome(None, _ordered(found), warnings, report), population, None
    return Outcome(None, (), warnings, report), population, closure


def _engines(engine: str) -> tuple[Validator, Reasoner]:
    if engine not in ENGINES:
        raise BadParameter("engine", " or ".join(ENGINES), engine)
    if engine == "fast":
        from gbakg.closing import Fast
        from gbakg.shapes import Compiled

        return Compiled(), Fast()
    from gbakg.reason import Owlrl
    from gbakg.validate import Pyshacl

    return Pyshacl(), Owlrl()


def _violation(result: Finding, population: Population, severity: str) -> Problem:
    """Word a result of validation; one about a claim is at home in the claim's row, even if its focus is the document."""
    claim = result.value in population.places
    return _problem(result.value if claim else result.focus, str(result), population, severity)


def _problem(focus: object, message: str, population: Population, severity: str) -> Problem:
    file, row, place = population.locate(focus)
    return Problem(file, message, row, place=place, severity=severity)


def _inconsistent(message: str, population: Population) -> Problem:
    from gbakg import terms

    names = [name for name in re.findall(r"[a-z]+/[a-z0-9-]+(?:#p[0-9]+)?", message) if terms.is_short(name)]
    return _problem(terms.expand(names[-1]) if names else None, f"inconsistent: {message}", population, "violation")


def _ordered(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    return tuple(
        sorted(dict.fromkeys(problems), key=lambda one: (one.file, one.row or 0, one.column or "", one.message))
    )


def _storable(stated: Sequence[Triple]) -> Iterator[Triple]:
    from pyoxigraph import BlankNode

    for triple in stated:
        if not isinstance(triple.subject, BlankNode) and not isinstance(triple.object, BlankNode):
            yield triple


def _queries(project: Project) -> tuple[dict[str, str], list[Problem]]:
    """Compile the saved queries for a quick start; a broken one is told, and does not stop a build."""
    from gbakg import query

    try:
        return {query.COMPILED: json.dumps(query.compiled(project.queries), sort_keys=True)}, []
    except GbakgError as error:
        return {}, [Problem("", line, severity="warning") for line in error.lines]


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("owlrl", "pyshacl", "rdflib")}
