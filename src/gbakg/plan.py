"""How a graph gets into a store: chosen by its profile, by who asks, and by how much there is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import sha256

from gbakg import terms
from gbakg.connection import loopback
from gbakg.errors import BadParameter
from gbakg.inventory import Inventory
from gbakg.parcel import Load, pieces
from gbakg.profiles import Profile, shown
from gbakg.remote import Endpoint, iri

_PIECE = 16_000_000
"""Bytes of one piece for a graph store that has no limit of its own."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a graph gets into a store.

    `way` is `put` (one request replaces it), `move` (a staging graph takes its place), `change` (one update makes it
    what a staging graph is), or `fill` (emptied, then filled: a reader may see a part).  `by` is where the triples go: `graphs` or `update`.
    `fresh` means that nothing is replaced.
    """

    profile: Profile
    graph: str
    way: str
    by: str
    streamed: bool
    gzip: bool
    fresh: bool = False

    @property
    def atomic(self) -> bool:
        """Whether readers see the old graph or the new one, never a part."""
        return self.way != "fill" and not self.fresh

    @property
    def recovers(self) -> bool:
        """Whether the old graph or the new one is there, never a part, even after the store itself broke down."""
        return self.atomic and self.profile.recovers

    def for_nothing(self) -> Plan:
        """Return the plan for a graph without triples: there a store may have a quicker way that is no transaction."""
        return replace(self, fresh=self.way == "put" and bool(self.profile.fresh))

    def steps(self, endpoint: Endpoint, load: Load, *, count_only: bool = False) -> list[str]:
        """Word what would be done."""
        filled = staging(self.graph) if self.way in ("move", "change") else self.graph
        target = f"graph <{self.graph}>" if self.graph else "the default graph"
        amount = f"{load.count:,} triples, {load.size:,} bytes as N-Triples{' before gzip' if self.gzip else ''}"
        place = Inventory(endpoint, filled).address if self.by == "graphs" else endpoint.addresses["update"]
        cut = (
            f"pieces of at most {self._count():,} triples"
            if self.by == "update"
            else f"pieces of {self._size():,} bytes"
        )
        words = {
            "put": [f"PUT {place}: {amount}, {'as one stream' if self.streamed else 'at once'}"],
            "move": [
                f"fill <{filled}> through {place}: {amount}, in {cut}",
                f"count it, then MOVE it to {target} at {endpoint.addresses['update']}",
            ],
            "change": [
                f"fill <{filled}> through {place}: {amount}, in {cut}",
                f"count it, then remove from {target} and add to it what differs, at {endpoint.addresses['update']}",
            ],
            "fill": [f"empty {target}", f"fill it through {place}: {amount}, in {cut}"],
        }
        compared = "" if count_only else f", and compare its digest with {load.name[:16]}"
        return [*words[self.way], f"count {target}{compared}"]

    def _count(self) -> int:
        return self.profile.piece if self.by == "update" else 1_000_000_000

    def _size(self) -> int:
        return self.profile.most or _PIECE

    def cut(self, lines: Iterable[str]) -> Iterable[list[str]]:
        """Cut lines into the pieces of requests; form encoding can make an update three times as large."""
        return pieces(lines, self._count(), self._size() // (3 if self.by == "update" else 1))


def target(profile: Profile, graph: str | None) -> str:
    """Return the IRI of the graph to push to, nothing for the default graph; `graph` is one, `default`, or None.

    Raises BadParameter if the store has no default graph, or if it is no IRI.
    """
    if graph == "default" and profile.default == "none":
        raise BadParameter("graph", f"the IRI of a graph: {profile.title} has no default graph to write to", "default")
    if graph in (None, "", "default"):
        return terms.GRAPH.value if profile.default == "none" else ""
    return iri(graph or "")


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
    if profile.replace != "none" and update:
        return Plan(profile, graph, "change" if profile.replace == "change" and graph else "move", by, False, gzip)
    return Plan(profile, graph, "fill", by, False, gzip)


def staging(graph: str) -> str:
    """Return the graph that a push to another one is put together in."""
    return f"{terms.GRAPH.value}/staging/{sha256(graph.encode()).hexdigest()[:16]}"
