"""Put a graph into a store elsewhere: replace what was there, at once where the store can, then compare.

What is sent is the same each time: a push that broke off is run again.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import islice

from gbakg.errors import AnswerCut, PushIncomplete, Refused, Unreachable
from gbakg.inventory import COMPARED, MISSING, Inventory, differences
from gbakg.journey import TRIES, Journey, passing
from gbakg.parcel import Load
from gbakg.plan import Plan, plan, target
from gbakg.profiles import shown
from gbakg.progress import Say
from gbakg.remote import Endpoint
from gbakg.weigh import LARGE

_PACE = 10_000
"""Triples that a store commits or counts in a second, at the least."""

_LOOKED = 1_000
"""Lines among which one without a literal is looked for."""

__all__ = ["TRIES", "Inventory", "Outcome", "Plan", "compare", "compared", "plan", "push", "target"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a push has done: `sent` is False where everything was there already.

    `digest` is empty where what arrived was only counted.  `changed` has what the store writes in another form, as it
    came and as it was compared.
    """

    plan: Plan
    count: int
    digest: str
    sent: bool
    seconds: float
    changed: tuple[tuple[str, str], ...] = ()


def push(
    endpoint: Endpoint,
    load: Load,
    chosen: Plan,
    progress: Say,
    *,
    force: bool = False,
    count_only: bool = False,
    pause: float = 1.0,
) -> Outcome:
    """Send what is not there already, then count and compare.

    `force` sends without looking first; `count_only` sends whatever is there, and counts only.  Raises NetworkError if the store cannot be reached, refuses or fails, and
    PushIncomplete if it does not hold what was sent.
    """
    start = time.monotonic()
    inventory = _inventory(endpoint, load, chosen)
    journey = Journey(endpoint, load, chosen, progress, pause)
    if not force:
        progress("looking at what is there")
        count = journey.again(inventory.count)
        if not count:
            journey.plan = chosen = chosen.for_nothing()
        elif not count_only and _enough(inventory, count, load):
            found = journey.again(lambda: compared(inventory, load, progress))
            if found is not None:
                journey.again(lambda: _seen(endpoint, load, chosen))
                return Outcome(
                    chosen, load.count, found, False, time.monotonic() - start, tuple(inventory.changed.values())
                )
    try:
        journey.go()
    except (Unreachable, Refused) as error:
        if passing(error):  # else nothing was begun
            old = "what was there is there until the new is complete" if chosen.atomic else "a part may be there"
            old += "" if chosen.recovers == chosen.atomic else ", or a part if the store itself broke down"
            error.args = (f"{error}; {old}: run the same push again",)
        elif isinstance(error, Refused) and error.status == 400 and chosen.by == "update" and not chosen.graph:
            # rdflib 7.6, measured: a dataset takes no INSERT DATA without GRAPH
            error.args = (f"{error}; if it takes nothing into a default graph, push to one with a name, by --graph",)
        raise
    progress("counting" if count_only else "comparing")
    try:
        found = journey.again(lambda: _counted(inventory, load) if count_only else compared(inventory, load, progress))
        if found is not None:
            journey.again(lambda: _seen(endpoint, load, chosen))
    except (Unreachable, Refused) as error:
        advice = ": run the same push again" if passing(error) else ""
        error.args = (f"{error}; all was sent, but could not be {'counted' if count_only else 'compared'}{advice}",)
        raise
    if found is None:
        advice = "run the same push again, with --force, and see `gbakg doctor --write` if it stays so"
        raise PushIncomplete(shown(endpoint.url), _lacks(inventory, load, advice))
    return Outcome(chosen, load.count, found, True, time.monotonic() - start, tuple(inventory.changed.values()))


def compare(endpoint: Endpoint, load: Load, chosen: Plan, progress: Say, *, pause: float = 1.0) -> Outcome:
    """Count and compare what is there, and send nothing.  Raises PushIncomplete if it is not the load."""
    start = time.monotonic()
    inventory = _inventory(endpoint, load, chosen)
    journey = Journey(endpoint, load, chosen, progress, pause)
    found = journey.again(lambda: compared(inventory, load, progress))
    if found is None:
        advice = "`gbakg push` without --compare replaces it; --stated-only and --graph say what is compared, and where"
        raise PushIncomplete(shown(endpoint.url), _lacks(inventory, load, advice))
    journey.again(lambda: _seen(endpoint, load, chosen))
    return Outcome(chosen, load.count, found, False, time.monotonic() - start, tuple(inventory.changed.values()))


def compared(inventory: Inventory, load: Load, progress: Say) -> str | None:
    """Return the digest of a graph at an endpoint if it is the load's, None if it is another.

    Raises AnswerCut, and says what to do, if the store gives fewer rows than its profile says.
    """
    try:
        found = inventory.weigh(
            lambda count: progress(f"comparing {count:,} of {load.count:,} triples"), large=load.count >= LARGE
        )
    except AnswerCut as error:
        advice = f"for a push, put rows = {error.rows} for this store into gbakg.toml"
        error.args = (f"{error}; {advice}",)
        raise
    return load.name if load.holds(found) else None


def _counted(inventory: Inventory, load: Load) -> str | None:
    """Return no digest if a graph at an endpoint has as many triples as the load, None if it has not."""
    return "" if _enough(inventory, inventory.count(), load) else None


def _enough(inventory: Inventory, count: int, load: Load) -> bool:
    """Tell whether a count may be that of the load: where other graphs are counted with it, they are more."""
    return count == load.count or (count > load.count and not inventory.alone)


def _inventory(endpoint: Endpoint, load: Load, chosen: Plan) -> Inventory:
    """Return what a store's graph holds; allow the store more silence, the more it has to commit or to count."""
    endpoint.connection.silence = max(endpoint.connection.silence, load.count / _PACE)
    return Inventory(endpoint, chosen.graph)


def _seen(endpoint: Endpoint, load: Load, chosen: Plan) -> None:
    """See that queries find what the default graph holds; raise PushIncomplete if they do not.

    Where TDB2 has unionDefaultGraph, the graph store reads and writes the unnamed graph, and queries see the named ones.
    """
    some = () if chosen.graph else islice(load.lines(), _LOOKED)
    text = next((text for text in some if '"' not in text and "\\" not in text), "")  # as SPARQL would write it, too
    if text and endpoint.query(f"ASK {{ {text} }}") is not True:
        words = (
            "holds what was sent in its default graph, where queries do not see it: they are given the named graphs, as "
            "with Fuseki's unionDefaultGraph; push to a graph with a name, by --graph, and drop the default graph there"
        )
        raise PushIncomplete(shown(endpoint.url), words)


def _lacks(inventory: Inventory, load: Load, advice: str) -> str:
    count = inventory.count()
    words = (
        f"holds {count:,} triples of {load.count:,}" if count != load.count else "holds other triples than were sent"
    )
    if max(count, load.count) <= COMPARED:
        found = differences(load.compared, inventory.lines)
        words += f" ({'; '.join(found)})" if found else ""
        if found and not found[0].startswith(MISSING):
            advice = (
                f"all that was sent is there; does the store infer by itself? Push to one that does not; else {advice}"
            )
    return f"{words}; {advice}"
