"""`gbakg build` and `gbakg check`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gbakg.cli import shared, stores
from gbakg.errors import BadParameter

if TYPE_CHECKING:
    from gbakg.sources import Project
    from gbakg.store import Build

MOST_WARNINGS = 10


def build(parser: argparse.ArgumentParser, given: Sequence[str]) -> None:
    """Add the options of `gbakg build`."""
    parser.epilog = (
        "examples:\n  gbakg build                      build if something changed\n"
        "  gbakg build --force              read everything anew\n  gbakg build --cache /tmp/cache   build somewhere else\n"
        "  gbakg build --on office          close the graph that a store holds\n\n"
        "A build that fails leaves the former one in place.\n\n"
        f"With --on: {stores.EPILOG}"
    )
    parser.add_argument(
        "--engine", default="fast", metavar="NAME", help="what validates and reasons: fast or reference"
    )
    parser.add_argument("--force", action="store_true", help="read everything anew, even if nothing changed")
    shared.patience(parser)
    parser.add_argument("--warnings", action="store_true", help="list every warning")
    parser.add_argument(
        "--on",
        metavar="STORE",
        help="validate and close the stated graph that a store holds, there; nothing is downloaded",
    )
    parser.add_argument("--graph", metavar="IRI|default", help="the graph there (default: the store's default)")
    parser.add_argument("--dry-run", action="store_true", help="with --on: say what would be done, and do nothing")
    stores.options(parser)
    parser.set_defaults(act=_build)


def check(parser: argparse.ArgumentParser, given: Sequence[str]) -> None:
    """Add the options of `gbakg check`."""
    parser.epilog = (
        "examples:\n  gbakg check                          the whole project\n"
        "  gbakg check my-document/             a document's folder, with the project's ontology and registry\n"
        "  gbakg check observations.csv         one table\n"
        "  gbakg check extra.ttl --warnings     a Turtle file, and every warning\n"
        "  gbakg check --engine both            do pyshacl and owlrl find the same?\n"
        "  gbakg check --endpoint office --graph https://example.org/stated    the shapes, asked of a store elsewhere\n\n"
        "With --endpoint nothing is downloaded or written: the store answers, its graph is what is validated, and files\n"
        "are named where the project here has what is wrong.  Exit code 4: the store cannot be reached, or refuses."
    )
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="a document's folder, a table, a Turtle file, or a folder like data/"
    )
    parser.add_argument(
        "--engine",
        default="fast",
        metavar="NAME",
        help="what validates and reasons: fast, reference (pyshacl and owlrl), or both, to see where they differ",
    )
    parser.add_argument("--warnings", action="store_true", help="list every warning")
    shared.patience(parser)
    stores.endpoints(parser)
    parser.add_argument("--closed", action="store_true", help="there, validate what follows from the graph with it")
    parser.set_defaults(act=_check)


def _build(arguments: argparse.Namespace) -> int:
    if arguments.on is not None:
        return _on(arguments)
    shared.refuse(arguments, ("graph", "dry_run", "profile", "user"), "--on STORE with it")
    from gbakg import build, engines, overdue, store

    overdue.heed(arguments.timeout or overdue.SECONDS)
    project = shared.project(arguments)
    if not arguments.force and arguments.engine in engines.NAMES:
        ready, _ = store.fresh(project, shared.cache(arguments))
        if ready is not None and ready.current():
            shared.say([f"up to date: {_counted(ready)}"])
            return 0
    with shared.Progress() as progress:
        outcome = build.build(project, arguments.engine, progress, shared.cache(arguments), whole=arguments.force)
    stays = "nothing was stored, the former build stays"
    if _wrong(outcome.problems, outcome.warnings, arguments.warnings, stays) or outcome.build is None:
        return 1
    shared.say([f"built: {_counted(outcome.build)}"])
    return 0


def _on(arguments: argparse.Namespace) -> int:
    from gbakg import complete, push

    shared.refuse(arguments, ("force", "engine", "timeout"), "a build here, without --on", usual="fast")
    project = shared.project(arguments)
    store, who = stores.found(arguments, arguments.on)
    with complete.endpoint(store, who) as endpoint:
        graph = push.target(endpoint.profile, arguments.graph or store.graph)
        shared.tell(f"{endpoint.profile.title} at {store.url}")
        if arguments.dry_run:
            shared.say(complete.steps(endpoint, graph, project))
            return 0
        with shared.Progress() as progress:
            outcome = complete.complete(endpoint, graph, project, progress)
    stays = "nothing was added, the graph is as it was"
    if _wrong(outcome.problems, outcome.warnings, arguments.warnings, stays):
        return 1
    target = f"<{graph}>" if graph else "the default graph"
    done = "built" if outcome.added else "up to date"
    told = f"{outcome.added:,} of them added in {shared.many(outcome.rounds, 'round')} of {shared.many(outcome.updates, 'update')}"
    shared.say([f"{done}: {outcome.count:,} triples in {target}, {told}"])
    return 0


def _check(arguments: argparse.Namespace) -> int:
    from gbakg import build, overdue

    project, paths = shared.project(arguments), [Path(path) for path in arguments.paths]
    if arguments.endpoint is not None:
        return _check_there(arguments, project)
    shared.refuse(arguments, ("graph", "user", "closed"), "--endpoint STORE with it")
    overdue.heed(arguments.timeout or overdue.SECONDS)
    if arguments.engine == "both":
        with shared.Progress() as progress:
            found, judged = build.compare(project, paths, progress)
        told = f"{found.entailments:,} entailments, {shared.many(found.results, 'result')} of the validation"
        known = f", {judged.ignored.total()} of them known" if judged.ignored else ""
        differing = f"{shared.many(len(found.differences), 'difference')} between the engines{known}"
        shared.say([*judged.lines(), f"{told}; {differing}"])
        return 1 if judged.left else 0
    with shared.Progress() as progress:
        outcome = build.check(project, paths, arguments.engine, progress)
    return _told(outcome.problems, outcome.warnings, arguments.warnings)


def _check_there(arguments: argparse.Namespace, project: Project) -> int:
    """Let a store elsewhere validate its graph with the project's shapes."""
    from gbakg import build, engines, places, populate, survey

    if arguments.paths:
        raise BadParameter("PATH", "none with --endpoint, which validates what the store has", arguments.paths[0])
    shared.refuse(arguments, ("engine",), "fast with --endpoint: a store asks compiled shapes", usual="fast")
    shared.refuse(arguments, ("timeout",), "a validation here, without --endpoint")
    selection = populate.everything(project)
    plan = survey.plan(selection.shapes)
    with stores.surveyed(arguments) as endpoint, shared.Progress() as progress:
        found = survey.survey(endpoint, plan, progress, closed=arguments.closed)
    shared.tell(f"{found} at {endpoint.url}")
    return _told(*build.judge(places.Places(selection), engines.Examination(found.report), ()), arguments.warnings)


def _wrong(problems: Sequence[object], warnings: Sequence[object], every: bool, stays: str) -> bool:
    """Tell on stderr what a build found, and what stays as it was if something is wrong; return whether it is."""
    _warn(warnings, every)
    for problem in problems:
        shared.tell(f"gbakg: {problem}")
    if problems:
        shared.tell(f"gbakg: {shared.many(len(problems), 'problem')}; {stays}")
    return bool(problems)


def _told(problems: Sequence[object], warnings: Sequence[object], every: bool) -> int:
    """Tell what a check found, problems as its result; return the exit code."""
    shared.say(map(str, problems))
    _warn(warnings, every)
    shared.say([f"{shared.many(len(problems), 'problem')}, {shared.many(len(warnings), 'warning')}"])
    return 1 if problems else 0


def _warn(warnings: Sequence[object], every: bool) -> None:
    shown = warnings if every else warnings[:MOST_WARNINGS]
    for warning in shown:
        shared.tell(f"warning: {warning}")
    if len(shown) < len(warnings):
        shared.tell(f"{len(warnings) - len(shown)} more warnings; --warnings lists them")


def _counted(build: Build) -> str:
    counts, digest = build.receipt["counts"], build.receipt["digest"]
    return f"{counts['triples']:,} triples, {counts['entailed']:,} of them entailed; digest {digest[:16]}"
