"""`python -m tests.stores.killed [NAME...]`: kill each server in the middle of a push, at random points, and push again.

The graph that was there before has other triples than the one that is pushed.  After each kill the server is started
again on what it left: unless its profile says that it may hold a part, it has to hold one of the two graphs and nothing
between; and the same push has to end complete, with nothing left beside its graph.  With `--build` it is `gbakg build --on` that is
killed, of the stated graph, and run again.  Exits with 1 if it does not.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import gbakg
from gbakg import complete, feed, push, terms
from gbakg.digest import line
from gbakg.errors import NetworkError, PushIncomplete
from gbakg.inventory import Inventory
from gbakg.parcel import Load
from gbakg.progress import Say, quiet
from gbakg.sources import Project
from gbakg.terms import RDFS

from .server import Server
from .servers import SERVERS
from .table import ROOT

Act = Callable[[Server, Say], bool]
"""What makes the new graph of the old one; tells whether there is never a part of it, and raises as `push.push` does."""

STEPS = ("closing", "round", "validating", "adding")
"""How the lines begin that a build says at its steps: it is killed within half a second of one of them."""


def send(server: Server, load: Load, say: Say = quiet) -> bool:
    """Push; tell whether the store holds one of the two graphs even when it is killed.  See `push.push` for what is raised."""
    with server.pusher() as endpoint:
        plan = push.plan(endpoint, push.target(endpoint.profile, None), load)
        return push.push(endpoint, load, plan, say, force=True, pause=0.01).plan.recovers


def build(server: Server, project: Project, say: Say) -> bool:
    """Build there; tell whether the store holds one of the two graphs even when it is killed.  See `complete.complete` for what is raised."""
    with server.pusher() as endpoint:
        endpoint.connection.silence = complete.SILENCE
        complete.complete(endpoint, push.target(endpoint.profile, None), project, say, pause=0.01)
        return endpoint.profile.replace != "none" and endpoint.profile.recovers


def held(server: Server, loads: dict[str, Load]) -> str:
    """Name the graph that a server holds: one of the loads, `nothing`, or `a mixture`."""
    with server.pusher() as endpoint:
        found = Inventory(endpoint, push.target(endpoint.profile, None)).digest(lambda count: None)
    return next(
        (name for name, load in loads.items() if found == load.digest), "a mixture" if found.count else "nothing"
    )


def tidy(server: Server) -> bool:
    """Tell whether nothing is left of the graphs that something was put together in."""
    with server.pusher() as endpoint:
        beside = f'STRSTARTS(STR(?g), "{terms.GRAPH.value}/staging/")'
        return endpoint.query(f"ASK {{ GRAPH ?g {{ ?s ?p ?o }} FILTER({beside}) }}") is False


def kill(name: str, loads: dict[str, Load], act: Act, seconds: float, step: str = "") -> tuple[str, str, bool]:
    """Kill a server some seconds after something has begun, or has come to a step.

    Returns how it ended, what the server holds afterwards, and whether it ended complete when it was done again.
    """
    with tempfile.TemporaryDirectory(prefix=f"{name}-") as folder:
        with SERVERS[name](Path(folder)) as server:
            send(server, loads[OLD])
            timer = threading.Timer(seconds, server.kill)

            def say(line: str, timer: threading.Timer = timer) -> None:
                if line.startswith(step) and not (timer.is_alive() or timer.finished.is_set()):
                    timer.start()

            say("")
            try:
                act(server, say)
                end = "it had ended"
            except (NetworkError, PushIncomplete) as error:
                end = f"exit code {error.exit_code}"
            if timer.ident is not None:  # it came to the step
                timer.join()
        with SERVERS[name](Path(folder)) as server:
            after = held(server, loads)
            act(server, quiet)
            return end, after, held(server, loads) == NEW and tidy(server)


OLD, NEW = "the old graph", "the new graph"


def main(arguments: Sequence[str] | None = None) -> int:
    """Kill each server some times, and tell what became of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.stores.killed", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(SERVERS)}; all unless named")
    parser.add_argument("--times", type=int, default=20, metavar="N", help="how often each is killed (default 20)")
    parser.add_argument("--build", action="store_true", help="kill `gbakg build --on` instead of a push")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the random points (default 0)")
    options = parser.parse_args(arguments)
    names = options.names or list(SERVERS)
    unknown = sorted(set(names) - set(SERVERS))
    if unknown:
        parser.error(f"no server is called {unknown[0]}; there are {', '.join(SERVERS)}")
    with gbakg.open(ROOT) as graph:
        project, new = graph.project, sorted(map(line, graph.engine.triples()))
        old = list(feed.stated(graph.engine).lines())
    if not options.build:
        old = [text for text in new if f"<{RDFS}label>" not in text]
    loads = {OLD: Load(lambda: old), NEW: Load(lambda: new)}

    def act(server: Server, say: Say) -> bool:
        return build(server, project, say) if options.build else send(server, loads[NEW], say)

    chance, good = random.Random(options.seed), True  # noqa: S311 - points in time, no secrets
    for name in names:
        with tempfile.TemporaryDirectory() as folder, SERVERS[name](Path(folder)) as server:
            send(server, loads[OLD])  # the first takes longer
            start = time.monotonic()
            atomic = act(server, quiet)
            longest = 0.5 if options.build else time.monotonic() - start
        found: Counter[str] = Counter()
        for _ in range(options.times):
            step = chance.choice(STEPS) if options.build else ""
            end, after, whole = kill(name, loads, act, chance.uniform(0, longest), step)
            found[f"{end}, then it held {after}"] += 1
            fault = atomic and after not in loads
            good = good and whole and not fault
            if fault or not whole:
                print(f"{name}: {after}{'' if whole else ', and the second run was not complete'}", flush=True)
        print(f"{name}: killed {options.times} times; never a part, by its profile: {'yes' if atomic else 'no'}")
        print("".join(f"    {count:3}  {what}\n" for what, count in sorted(found.items())), end="", flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
