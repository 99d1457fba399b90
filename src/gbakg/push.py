"""Put a graph into a store elsewhere: replace what was there, at once where the store can, then compare.

What is sent is the same each time: a push that broke off is run again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeVar

from gbakg import terms
from gbakg.connection import loopback
from gbakg.errors import BadParameter, PushIncomplete, Refused, Unreachable
from gbakg.inventory import COMPARED, Inventory, differences
from gbakg.parcel import Load, bare, insertion, pieces, stream
from gbakg.profiles import Profile, shown
from gbakg.remote import Endpoint

AGAIN = (408, 429, 502, 503, 504)
"""Statuses after which the same request may do."""

TRIES = 4
_PIECE = 16_000_000
"""Bytes of one piece for a graph store that has no limit of its own."""

_T = TypeVar("_T")

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """How a graph gets into a store.

    `way` is `put` (one request replaces it), `move` (a staging graph takes its place), or `fill` (emptied, then
    filled: a reader may see a part).  `by` is where the triples go: `graphs` or `update`.
    """

    profile: Profile
    graph: str
    way: str
    by: str
    streamed: bool
    gzip: bool

    @property
    def atomic(self) -> bool:
        """Whether readers see the old graph or the new one, never a part."""
        return self.way != "fill"

    def steps(self, endpoint: Endpoint, load: Load) -> list[str]:
        """Word what would be done."""
        inventory = Inventory(endpoint, self.graph)
        target = f"graph <{self.graph}>" if self.graph else "the default graph"
        amount = f"{load.count:,} triples, {load.size:,} bytes as N-Triples{' before gzip' if self.gzip else ''}"
        place = inventory.address if self.by == "graphs" else endpoint.addresses["update"]
        cut = (
            f"pieces of at most {self._count():,} triples"
            if self.by == "update"
            else f"pieces of {self._size():,} bytes"
        )
        words = {
            "put": [f"PUT {place}: {amount}, {'as one stream' if self.streamed else 'at once'}"],
            "move": [
                f"fill <{staging(self.graph)}> through {place}: {amount}, in {cut}",
                f"count it, then MOVE it to {target} at {endpoint.addresses['update']}",
            ],
            "fill": [f"empty {target}", f"fill it through {place}: {amount}, in {cut}"],
        }
        return [*words[self.way], f"count {target}, and compare its digest with {load.digest.hex[:16]}"]

    def _count(self) -> int:
        return self.profile.piece if self.by == "update" else 1_000_000_000

    def _size(self) -> int:
        return self.profile.most or _PIECE

    def cut(self, lines: Iterable[str]) -> Iterable[list[str]]:
        """Cut lines into the pieces of requests; form encoding can make an update three times as large."""
        return pieces(lines, self._count(), self._size() // (3 if self.by == "update" else 1))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a push has done: `sent` is False where everything was there already.

    `changed` has what the store writes in another form, as it came and as it was compared.
    """

    plan: Plan
    count: int
    digest: str
    sent: bool
    seconds: float
    changed: tuple[tuple[str, str], ...] = ()


def target(profile: Profile, graph: str | None) -> str:
    """Return the IRI of the graph to push to, nothing for the default graph; `graph` is one, `default`, or None.

    Raises BadParameter if the store has no default graph.
    """
    if graph == "default" and profile.default == "none":
        raise BadParameter("graph", f"the IRI of a graph: {profile.title} has no default graph to write to", "default")
    if graph in (None, "", "default"):
        return terms.GRAPH.value if profile.default == "none" else ""
    return graph or ""


def plan(endpoint: Endpoint, graph: str, load: Load) -> Plan:
    """Choose how to push.  Raises BadParameter if the store has no address to write to."""
    profile, addresses = endpoint.profile, endpoint.addresses
    graphs, update = addresses.get("graphs", ""), addresses.get("update", "")
    if not (graphs or update):
        advice = "name its kind with --profile, or its addresses in gbakg.toml"
        raise BadParameter("endpoint", "a store with an address to write to", shown(endpoint.url), advice)
    by = "graphs" if graphs else "update"
    streamed = profile.stream and endpoint.connection.streams
    fits = not profile.most or load.size <= profile.most
    gzip = profile.gzip and by == "graphs" and not loopback(endpoint.url)  # on this machine it only costs time
    if profile.replace == "put" and graphs and fits and (streamed or load.size <= _PIECE):
        return Plan(profile, graph, "put", by, streamed, gzip)
    if profile.replace in ("put", "move") and update:
        return Plan(profile, graph, "move", by, False, gzip)
    return Plan(profile, graph, "fill", by, False, gzip)


def staging(graph: str) -> str:
    """Return the graph that a push to another one is put together in."""
    return f"{terms.GRAPH.value}/staging/{sha256(graph.encode()).hexdigest()[:16]}"


def push(
    endpoint: Endpoint,
    load: Load,
    chosen: Plan,
    progress: Progress,
    *,
    force: bool = False,
    pause: float = 1.0,
) -> Outcome:
    """Send what is not there already, then count and compare.

    `force` sends without looking first.  Raises NetworkError if the store cannot be reached, refuses or fails, and
    PushIncomplete if it does not hold what was sent.
    """
    start = time.monotonic()
    inventory = Inventory(endpoint, chosen.graph)
    journey = _Journey(endpoint, load, chosen, progress, pause)
    if not force:
        progress("looking at what is there")
        if journey.again(inventory.count) == load.count:
            found = compared(inventory, load, progress)
            if found is not None:
                return Outcome(
                    chosen, load.count, found, False, time.monotonic() - start, tuple(inventory.changed.values())
                )
    try:
        journey.go()
    except (Unreachable, Refused) as error:
        if isinstance(error, Unreachable) or error.status >= 500:  # else nothing was begun
            old = "what was there is there until the new is complete" if chosen.atomic else "a part may be there"
            error.args = (f"{error}; {old}: run the same push again",)
        raise
    progress("comparing")
    found = journey.again(lambda: compared(inventory, load, progress))
    if found is None:
        raise PushIncomplete(shown(endpoint.url), _lacks(inventory, load))
    return Outcome(chosen, load.count, found, True, time.monotonic() - start, tuple(inventory.changed.values()))


def compare(endpoint: Endpoint, load: Load, chosen: Plan, progress: Progress) -> Outcome:
    """Count and compare what is there, and send nothing.  Raises PushIncomplete if it is not the load."""
    start = time.monotonic()
    inventory = Inventory(endpoint, chosen.graph)
    found = compared(inventory, load, progress)
    if found is None:
        raise PushIncomplete(shown(endpoint.url), _lacks(inventory, load))
    return Outcome(chosen, load.count, found, False, time.monotonic() - start, tuple(inventory.changed.values()))


def compared(inventory: Inventory, load: Load, progress: Progress) -> str | None:
    """Return the digest of a graph at an endpoint if it is the load's, None if it is another."""
    digest = inventory.digest(lambda count: progress(f"comparing {count:,} of {load.count:,} triples"))
    return load.digest.hex if digest == load.digest else None


def _lacks(inventory: Inventory, load: Load) -> str:
    count = inventory.count()
    words = (
        f"holds {count:,} triples of {load.count:,}" if count != load.count else "holds other triples than were sent"
    )
    if max(count, load.count) <= COMPARED:
        found = differences(load.compared, inventory.lines)
        words += f" ({'; '.join(found)})" if found else ""
    return f"{words}; run the same push again, with --force, and see `gbakg doctor --write` if it stays so"


class _Journey:
    """One push under way."""

    def __init__(self, endpoint: Endpoint, load: Load, plan: Plan, progress: Progress, pause: float) -> None:
        self.endpoint, self.load, self.plan, self.progress, self.pause = endpoint, load, plan, progress, pause
        self.inventory = Inventory(endpoint, plan.graph)

    def again(self, act: Callable[[], _T]) -> _T:
        """Do what may be done twice, and do it again after a while if the store was not there or too busy."""
        for attempt in range(1, TRIES + 1):
            try:
                return act()
            except (Unreachable, Refused) as error:
                if attempt == TRIES or (isinstance(error, Refused) and error.status not in AGAIN):
                    raise
                seconds = self.pause * 2 ** (attempt - 1)
                self.progress(f"{error.message}; trying again in {seconds:g} s")
                time.sleep(seconds)
        raise AssertionError("unreachable")

    def go(self) -> None:
        """Send the load."""
        if not self.load.count and self.endpoint.addresses.get("update"):
            self.again(self._clear)
        elif self.plan.way == "put":
            self.again(self._put)
        elif self.plan.way == "move":
            staged = Inventory(self.endpoint, staging(self.plan.graph))
            self.again(lambda: self._drop(staged))
            self._fill(staged, first="POST")
            self._move(staged)
        else:
            if self.plan.by == "update":
                self.again(self._clear)
            self._fill(self.inventory, first="PUT")

    @property
    def _target(self) -> str:
        """The graph to replace, as an update names it."""
        return f"GRAPH <{self.plan.graph}>" if self.plan.graph else "DEFAULT"

    def _clear(self) -> None:
        self.endpoint.update(f"CLEAR SILENT {self._target}")

    def _put(self) -> None:
        self._send("PUT", self.inventory, self.load.lines, self._sent(0))

    def _fill(self, inventory: Inventory, first: str) -> None:
        """Send piece after piece; a piece that comes twice adds nothing."""
        method, gone = first, 0
        for piece in self.plan.cut(self.load.lines()):
            if self.plan.by == "graphs":
                self.again(
                    lambda method=method, piece=piece, gone=gone: self._send(  # type: ignore[misc]
                        method, inventory, lambda: piece, self._sent(gone)
                    )
                )
            else:
                update = insertion(piece, inventory.graph)
                self.again(lambda update=update: self.endpoint.update(update))  # type: ignore[misc]
            method, gone = "POST", gone + len(piece)
            self._sent(0)(gone)

    def _send(
        self, method: str, to: Inventory, lines: Callable[[], Iterable[str]], progress: Callable[[int], None]
    ) -> None:
        profile = self.plan.profile
        headers = {"Content-Type": profile.media, "Accept": "*/*"}
        if self.plan.gzip:
            headers["Content-Encoding"] = "gzip"
        gzip, turtle = self.plan.gzip, profile.upload == "turtle"

        def body() -> Iterable[bytes]:
            return stream(map(bare, lines()) if turtle else lines(), gzip=gzip, progress=progress)

        streamed = self.plan.streamed and method == "PUT"
        self.endpoint.connection.send(method, to.address, body if streamed else b"".join(body()), headers).read()

    def _sent(self, before: int) -> Callable[[int], None]:
        total = self.load.count
        return lambda count: self.progress(bar(before + count, total))

    def _drop(self, staged: Inventory) -> None:
        """Remove what a push that broke off has left."""
        self.endpoint.update(f"DROP SILENT GRAPH <{staged.graph}>")

    def _move(self, staged: Inventory) -> None:
        """Let the staging graph take the place of the other.

        It is not done twice without looking: where the first MOVE was done and only its answer was lost, some stores
        would move a graph that is no more, and empty the target.
        """

        def move() -> None:
            count = staged.count()
            if count == self.load.count:
                self.endpoint.update(f"MOVE GRAPH <{staged.graph}> TO {self._target}")
            elif count or self.inventory.count() != self.load.count:
                where = shown(self.endpoint.url)
                raise PushIncomplete(
                    where,
                    f"took {count:,} triples of {self.load.count:,}; nothing was replaced: run the same push again",
                )

        self.again(move)


def bar(done: int, total: int, width: int = 24) -> str:
    """Draw how far a push is.

    >>> bar(5_000, 20_000, 8)
    '[##......]  25%  5,000 of 20,000 triples'
    """
    part = done / total if total else 1.0
    full = int(part * width)
    return f"[{'#' * full}{'.' * (width - full)}] {part:4.0%}  {done:,} of {total:,} triples"
