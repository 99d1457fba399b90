"""`gbakg push`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from gbakg.cli import shared, stores
from gbakg.errors import BadParameter

if TYPE_CHECKING:
    from gbakg.engine import Embedded
    from gbakg.parcel import Load
    from gbakg.push import Outcome
    from gbakg.store import Build


def push(parser: argparse.ArgumentParser, given: Sequence[str]) -> None:
    """Add the options of `gbakg push`."""
    parser.epilog = (
        "examples:\n  gbakg push http://localhost:3030/gba --dry-run\n  gbakg push http://localhost:3030/gba\n"
        "  gbakg push office --graph https://example.org/gba\n  gbakg push http://localhost:8890 --user dba\n"
        "  gbakg push --shards 8 shards/ --profile neptune\n\n"
        f"{stores.EPILOG}\n\n"
        "What was in the graph is replaced.  What is there already is not sent again.  A push that broke off is run\n"
        "again.  Exit code 4: the store cannot be reached or refuses.  5: it does not hold what was sent.\n"
        "What arrived is read back to be compared, which may take as long as sending it; --count-only leaves that to a\n"
        "later `gbakg push --compare`."
    )
    parser.add_argument("store", nargs="?", metavar="STORE", help="where to; with --shards, a folder to write to")
    stores.options(parser)
    parser.add_argument("--graph", metavar="IRI|default", help="the graph to replace (default: the store's default)")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and send nothing")
    parser.add_argument(
        "--stated-only", action="store_true", help="leave out what was entailed, for `gbakg build --on`"
    )
    looked = parser.add_mutually_exclusive_group()
    looked.add_argument("--compare", action="store_true", help="send nothing, only compare what is there")
    looked.add_argument("--count-only", action="store_true", help="after sending, count what arrived, and no more")
    parser.add_argument("--force", action="store_true", help="send even what is there already")
    parser.add_argument(
        "--shards", type=shared.count, metavar="N", help="write N compressed files for a store's own loader instead"
    )
    parser.set_defaults(act=_push)


def _push(arguments: argparse.Namespace) -> int:
    if arguments.shards is not None:
        return _shards(arguments)
    from gbakg import push as pushing
    from gbakg.remote import Endpoint

    store, who = stores.found(arguments, arguments.store)
    build = shared.build(arguments)
    with build.open() as engine, Endpoint(store, None, graph="", who=who, canonical=False) as endpoint:
        target = pushing.target(endpoint.profile, arguments.graph or store.graph)
        load = _load(build, engine, arguments.stated_only)
        plan = pushing.plan(endpoint, target, load)
        shared.tell(f"{endpoint.profile.title} at {store.url}")
        if arguments.dry_run:
            shared.say(plan.steps(endpoint, load, count_only=arguments.count_only))
            return 0
        with shared.Progress() as progress:
            if arguments.compare:
                outcome = pushing.compare(endpoint, load, plan, progress)
            else:
                outcome = pushing.push(
                    endpoint, load, plan, progress, force=arguments.force, count_only=arguments.count_only
                )
    shared.say(_words(outcome))
    if target and not store.graph:
        shared.tell(f'so that queries ask this graph alone, put graph = "{target}" into [stores.NAME] of gbakg.toml')
    return 0


def _load(build: Build, engine: Embedded, stated_only: bool) -> Load:
    from gbakg import feed

    return feed.stated(engine) if stated_only else feed.load(build, engine)


def _words(outcome: Outcome) -> list[str]:
    done = "pushed" if outcome.sent else "up to date"
    target = f"<{outcome.plan.graph}>" if outcome.plan.graph else "the default graph"
    found = f"digest {outcome.digest[:16]}" if outcome.digest else "counted, not compared"
    lines = [f"{done}: {outcome.count:,} triples in {target}; {found}"]
    return lines + [f"the store writes {ours} as {theirs}" for theirs, ours in outcome.changed]


def _shards(arguments: argparse.Namespace) -> int:
    from gbakg import shards

    if not arguments.shards:
        raise BadParameter("shards", "a whole number from 1", "0")
    if not arguments.store:
        raise BadParameter("shards", "a folder to write to, as in --shards 8 shards/", "")
    shared.refuse(
        arguments, ("dry_run", "compare", "count_only", "force", "user"), "a STORE to push to, without --shards"
    )
    loaders = shards.loaders(arguments.profile)
    build = shared.build(arguments)
    graph = "" if arguments.graph in (None, "default") else arguments.graph
    with build.open() as engine, shared.Progress() as progress:
        load = _load(build, engine, arguments.stated_only)
        written = shards.write(load, arguments.store, arguments.shards, graph, loaders, progress)
    shared.say([f"wrote {load.count:,} triples; digest {load.name[:16]}", *(f"  {path}" for path in written)])
    return 0
