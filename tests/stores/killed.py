"""`python -m tests.stores.killed [NAME...]`: kill each server in the middle of a push, at random points, and push again.

The graph that was there before has other triples than the one that is pushed.  After each kill the server is started
again on what it left: where a push is to be atomic, it has to hold one of the two graphs and nothing between; and the
same push has to end complete.  Exits with 1 if it does not.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import gbakg
from gbakg import push
from gbakg.digest import line
from gbakg.errors import NetworkError, PushIncomplete
from gbakg.inventory import Inventory
from gbakg.parcel import Load
from gbakg.terms import RDFS

from .server import Server
from .servers import SERVERS
from .table import ROOT

KNOWN = {"virtuoso": "Virtuoso 7.2 loses part of a graph that it moved if it is killed before its next checkpoint"}
"""Why a server may hold a mixture all the same."""


def send(server: Server, load: Load) -> push.Outcome:
    """Push; see `push.push` for what is raised."""
    with server.pusher() as endpoint:
        plan = push.plan(endpoint, push.target(endpoint.profile, None), load)
        return push.push(endpoint, load, plan, lambda text: None, force=True, pause=0.01)


def held(server: Server, loads: dict[str, Load]) -> str:
    """Name the graph that a server holds: one of the loads, `nothing`, or `a mixture`."""
    with server.pusher() as endpoint:
        found = Inventory(endpoint, push.target(endpoint.profile, None)).digest(lambda count: None)
    return next(
        (name for name, load in loads.items() if found == load.digest), "a mixture" if found.count else "nothing"
    )


def kill(name: str, loads: dict[str, Load], seconds: float) -> tuple[str, str, bool]:
    """Kill a server some seconds after a push has begun.

    Returns how the push ended, what the server holds afterwards, and whether a further push ended complete.
    """
    with tempfile.TemporaryDirectory(prefix=f"{name}-") as folder:
        with SERVERS[name](Path(folder)) as server:
            send(server, loads["the old graph"])
            timer = threading.Timer(seconds, server.kill)
            timer.start()
            try:
                send(server, loads["the new graph"])
                end = "it had ended"
            except (NetworkError, PushIncomplete) as error:
                end = f"exit code {error.exit_code}"
            timer.join()
        with SERVERS[name](Path(folder)) as server:
            after = held(server, loads)
            outcome = send(server, loads["the new graph"])
            return end, after, outcome.count == loads["the new graph"].count


def main(arguments: Sequence[str] | None = None) -> int:
    """Kill each server some times, and tell what became of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.stores.killed", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(SERVERS)}; all unless named")
    parser.add_argument("--times", type=int, default=20, metavar="N", help="how often each is killed (default 20)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the random points (default 0)")
    options = parser.parse_args(arguments)
    names = options.names or list(SERVERS)
    unknown = sorted(set(names) - set(SERVERS))
    if unknown:
        parser.error(f"no server is called {unknown[0]}; there are {', '.join(SERVERS)}")
    with gbakg.open(ROOT) as graph:
        new = sorted(map(line, graph.engine.triples()))
    old = [text for text in new if f"<{RDFS}label>" not in text]
    loads = {"the old graph": Load(lambda: old), "the new graph": Load(lambda: new)}
    chance, good = random.Random(options.seed), True  # noqa: S311 - points in time, no secrets
    for name in names:
        with tempfile.TemporaryDirectory() as folder, SERVERS[name](Path(folder)) as server:
            send(server, loads["the old graph"])  # the first takes longer
            start = time.monotonic()
            atomic = send(server, loads["the new graph"]).plan.atomic
            longest = time.monotonic() - start
        found: Counter[str] = Counter()
        for _ in range(options.times):
            end, after, complete = kill(name, loads, chance.uniform(0, longest))
            found[f"{end}, then it held {after}"] += 1
            fault = atomic and after not in loads and name not in KNOWN
            good = good and complete and not fault
            if fault or not complete:
                print(f"{name}: {after}{'' if complete else ', and the second push was not complete'}", flush=True)
        print(f"{name}: killed {options.times} times, atomic: {KNOWN.get(name, 'yes') if atomic else 'no'}")
        print("".join(f"    {count:3}  {what}\n" for what, count in sorted(found.items())), end="", flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
