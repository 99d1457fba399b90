"""One push under way: what is sent in which order, and what is done again when a store does not answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TypeVar

from gbakg.errors import PushIncomplete, Refused, Unreachable
from gbakg.inventory import Inventory
from gbakg.parcel import Load, bare, blocks, insertion, pointed, stream
from gbakg.plan import Plan, staging
from gbakg.profiles import shown
from gbakg.progress import Say
from gbakg.remote import Endpoint

AGAIN = (408, 429, 502, 503, 504)
"""Statuses after which the same request may do."""

TRIES = 4
PATIENCE = 120.0
"""Seconds that a store may ask to be left alone."""

_T = TypeVar("_T")


def passing(error: Exception) -> bool:
    """Tell whether what a store was asked for may yet be done there: it was away, busy or failed, and refused nothing."""
    return isinstance(error, Unreachable) or (
        isinstance(error, Refused) and (error.status in AGAIN or error.status >= 500)
    )


def again(act: Callable[[], _T], progress: Say, pause: float = 1.0, *, busy: bool = False) -> _T:
    """Do what may be done twice, and do it again after a while if the store was not there or too busy.

    Waits as long as the store asks for, unless that is too long; `busy` means that only a store that says so is waited for.
    """
    for attempt in range(1, TRIES + 1):
        try:
            return act()
        except (Unreachable, Refused) as error:
            asked = error.wait if isinstance(error, Refused) else 0
            vain = error.status not in AGAIN if isinstance(error, Refused) else busy
            if vain or attempt == TRIES or asked > PATIENCE:
                raise
            seconds = max(asked, pause * 2 ** (attempt - 1))
            progress(f"{error.message}; trying again in {seconds:g} s")
            time.sleep(seconds)
    raise AssertionError("unreachable")


class Journey:
    """One push under way."""

    def __init__(self, endpoint: Endpoint, load: Load, plan: Plan, progress: Say, pause: float) -> None:
        self.endpoint, self.load, self.plan, self.progress, self.pause = endpoint, load, plan, progress, pause
        self.inventory = Inventory(endpoint, plan.graph)

    def again(self, act: Callable[[], _T]) -> _T:
        """Do what may be done twice; see the function of this name."""
        return again(act, self.progress, self.pause)

    def go(self) -> None:
        """Send the load."""
        if not self.load.count and self.endpoint.addresses.get("update"):
            self.again(self._clear)
        elif self.plan.way == "put":
            self.again(self._put)
        elif self.plan.way == "fill":
            if self.plan.by == "update":
                self.again(self._clear)
            self._fill(self.inventory, first="PUT")
        else:
            staged = Inventory(self.endpoint, staging(self.plan.graph))
            self.again(lambda: self._drop(staged))
            self._fill(staged, first="POST")
            if self.plan.way == "move":
                self.again(lambda: self._move(staged))
            else:
                self.again(lambda: self._change(staged))
                self.again(lambda: self._drop(staged))

    @property
    def _target(self) -> str:
        """The graph to replace, as an update names it."""
        return f"GRAPH <{self.plan.graph}>" if self.plan.graph else "DEFAULT"

    def _clear(self) -> None:
        self.endpoint.update(f"CLEAR SILENT {self._target}")

    def _put(self) -> None:
        address, fresh = self.inventory.address, self.plan.profile.fresh
        lines = self.load.lines if self.plan.profile.upload == "turtle" else None
        self._send("PUT", f"{address}&{fresh}" if self.plan.fresh else address, lines, self._sent(0))

    def _fill(self, inventory: Inventory, first: str) -> None:
        """Send piece after piece; a piece that comes twice adds nothing."""
        method, gone = first, 0
        for piece in self.plan.cut(self.load.lines()):
            if self.plan.by == "graphs":
                self.again(
                    lambda method=method, piece=piece, gone=gone: self._send(  # type: ignore[misc]
                        method, inventory.address, lambda: piece, self._sent(gone)
                    )
                )
            else:
                update = insertion(piece, inventory.graph)
                self.again(lambda update=update: self.endpoint.update(update))  # type: ignore[misc]
            method, gone = "POST", gone + len(piece)
            self._sent(0)(gone)

    def _send(
        self, method: str, address: str, lines: Callable[[], Iterable[str]] | None, progress: Callable[[int], None]
    ) -> None:
        """Send lines, or, without any, the whole load as the bytes that it has."""
        profile = self.plan.profile
        headers = {"Content-Type": profile.media, "Accept": "*/*"}
        if self.plan.gzip:
            headers["Content-Encoding"] = "gzip"
        gzip, turtle = self.plan.gzip, profile.upload == "turtle"

        def body() -> Iterable[bytes]:
            if lines is None:
                sent = self.load.blocks(quick=self.plan.fresh)
            else:
                sent = blocks(map(bare, lines()) if turtle else lines())
            return stream(map(pointed, sent) if profile.pointed else sent, gzip=gzip, progress=progress)

        streamed = self.plan.streamed and method == "PUT"
        try:
            self.endpoint.connection.send(method, address, body if streamed else b"".join(body()), headers).read()
        except Refused as error:
            if gzip and error.status in (400, 415):  # 415: RFC 9110, section 15.5.16; 400: Fuseki 3, measured
                error.args = (f"{error}; if it takes no gzip, put gzip = false for this store into gbakg.toml",)
            raise

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
        count = staged.count()
        if count == self.load.count:
            self.endpoint.update(f"MOVE GRAPH <{staged.graph}> TO {self._target}")
        elif count or self.inventory.count() != self.load.count:
            raise self._short(count)

    def _change(self, staged: Inventory) -> None:
        """Make the target what the staging graph is, in one update that touches nothing that both have.

        After a crash, Virtuoso 7.2 loses triples that one transaction has removed and added again, as its MOVE does.
        """
        count = staged.count()
        if count != self.load.count:
            raise self._short(count)
        old, new = self.plan.graph, staged.graph
        self.endpoint.update(
            f"DELETE {{ GRAPH <{old}> {{ ?s ?p ?o }} }} INSERT {{ GRAPH <{old}> {{ ?a ?b ?c }} }} WHERE {{ "
            f"{{ GRAPH <{old}> {{ ?s ?p ?o }} FILTER NOT EXISTS {{ GRAPH <{new}> {{ ?s ?p ?o }} }} }} UNION "
            f"{{ GRAPH <{new}> {{ ?a ?b ?c }} FILTER NOT EXISTS {{ GRAPH <{old}> {{ ?a ?b ?c }} }} }} }}"
        )

    def _short(self, count: int) -> PushIncomplete:
        words = f"took {count:,} triples of {self.load.count:,}; nothing was replaced: run the same push again"
        return PushIncomplete(shown(self.endpoint.url), words)


def bar(done: int, total: int, width: int = 24) -> str:
    """Draw how far a push is.

    >>> bar(5_000, 20_000, 8)
    '[##......]  25%  5,000 of 20,000 triples'
    """
    part = done / total if total else 1.0
    full = int(part * width)
    return f"[{'#' * full}{'.' * (width - full)}] {part:4.0%}  {done:,} of {total:,} triples"
