"""Complete a graph where it lives: close it there, validate there what it states, and add what follows.

The store does the work: what is sent are queries and updates, what comes back are answers, counts and a report.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pyoxigraph import Triple

from gbakg import audit, build, populate, survey
from gbakg.closing import Closing
from gbakg.engine import Solutions
from gbakg.engines import Examination
from gbakg.errors import (
    BadParameter,
    GbakgError,
    InputError,
    NetworkError,
    Problem,
    PushIncomplete,
    Refused,
    Unreachable,
)
from gbakg.inventory import Inventory
from gbakg.journey import again, passing
from gbakg.places import Places
from gbakg.plan import staging
from gbakg.populate import Selection
from gbakg.profiles import shown
from gbakg.progress import Say, quiet
from gbakg.remote import Endpoint
from gbakg.saturation import Saturation
from gbakg.sources import Project
from gbakg.updates import most, tabled

if TYPE_CHECKING:
    from gbakg.credentials import Credentials
    from gbakg.profiles import Store
    from gbakg.shapes import Plan
    from gbakg.validate import Report

SILENCE = 3600.0
"""Seconds that a store may take for one update, during which it says nothing."""


@dataclass(frozen=True, slots=True)
class Completion:
    """What came of it: how many triples the graph has, how many of them were added, by how many rounds and updates.

    Nothing was added if there are problems.
    """

    graph: str
    count: int
    added: int = 0
    rounds: int = 0
    updates: int = 0
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()

    @property
    def conforms(self) -> bool:
        """Tell whether nothing is wrong; warnings do not count."""
        return not self.problems


def endpoint(store: Store, who: Credentials) -> Endpoint:
    """Return a store, its profile known, as what a graph is completed in."""
    return Endpoint(store, None, graph="", who=who, silence=SILENCE, canonical=False)


def complete(endpoint: Endpoint, graph: str, project: Project, say: Say, *, pause: float = 1.0) -> Completion:
    """Close a graph, the default graph if it has no name, validate what it states, and add what follows from that.

    A graph from which nothing follows that it does not hold is taken for closed, and not validated.  The axioms are
    those of the project's ontology, and those that the graph states.  Problems are returned and leave the graph as it
    is.  Raises InputError if the project cannot be read, or if no store can close this graph,
    BadParameter if the graph has no triples, NetworkError, and PushIncomplete if the store has not added what it found.
    """
    _writable(endpoint)
    inventory = Inventory(endpoint, graph)
    before = again(inventory.count, say, pause)
    if not before:
        advice = "send it first, with `gbakg push --stated-only`"
        raise BadParameter("graph", "a graph that holds something", graph or "default", advice)
    selection = populate.everything(project)
    axioms = _axioms(selection)
    say(f"closing {before:,} triples")
    with _closed(endpoint, graph, axioms, say, pause) as closed:
        inconsistencies: tuple[str, ...] = ()
        refusal: InputError | None = None
        try:
            closed.run()
            inconsistencies = audit.inconsistencies(closed)
        except InputError as error:  # which a wrong cell may be the reason of: the shapes find it
            refusal = error
        outcome = Completion(graph, before, 0, len(closed.graphs) - 1, closed.updates)
        added = closed.kept()
        if not (added or inconsistencies or refusal):  # what is closed already is not what the shapes are about
            return outcome
        say(f"validating {before:,} triples")
        found = Examination(_validated(endpoint, graph, survey.plan(selection.shapes), say, pause), inconsistencies)
        problems, warnings = build.judge(Places(selection), found, ())
        if problems:
            return replace(outcome, problems=problems, warnings=warnings)
        if refusal is not None:
            raise refusal
        say(f"adding {added:,} triples")
        closed.keep(graph)
    count = again(inventory.count, say, pause)
    if count != before + added:
        words = f"holds {count:,} triples instead of {before + added:,}; run the same build again"
        raise PushIncomplete(shown(endpoint.url), words)
    return replace(outcome, count=count, added=added, warnings=warnings)


def steps(endpoint: Endpoint, graph: str, project: Project) -> list[str]:
    """Word what would be done, and do nothing.  Raises InputError, BadParameter if the store takes no updates."""
    address, target = _writable(endpoint), f"graph <{graph}>" if graph else "the default graph"
    clauses = Closing(_axioms(populate.everything(project))).asked()
    source, copied = _source(endpoint, graph)
    copy = [f"copy the default graph to <{source}>: {endpoint.profile.title} has no name for it"] if copied else []
    seen = ", of which readers may see a part" if endpoint.profile.replace == "none" else ""
    return [
        *copy,
        f"close {target} at {address}: {len(clauses):,} clauses, as at most {most(tabled(clauses)):,} updates a round",
        f"each round writes a graph below <{staging(graph)}/>, until one finds nothing",
        f"validate {target}, without these, at {shown(endpoint.url)}",
        f"unless there is a problem, add what is worth keeping to {target} in one update{seen}",
        "remove the other graphs, and count",
    ]


def _axioms(selection: Selection) -> list[str]:
    """Read the ontology, as lines.  Raises InputError."""
    return populate.populate(Selection(selection.ontology, (), ()), quiet).ontology


def _validated(endpoint: Endpoint, graph: str, plan: Plan, say: Say, pause: float) -> Report:
    """Validate a graph where it is, and none beside it."""
    asked = graph or (endpoint.profile.unnamed if endpoint.profile.default == "union" else "")
    with Endpoint(endpoint.store, survey.SECONDS, graph=asked, who=endpoint.connection.credentials) as engine:
        return survey.survey(engine, plan, say, pause=pause).report


@contextlib.contextmanager
def _closed(endpoint: Endpoint, graph: str, axioms: list[str], say: Say, pause: float) -> Iterator[Saturation]:
    """Give what closes a graph; remove the graphs beside it in the end, unless the store does not answer any more.

    What is raised says what became of the graph, and to run the build again only where that may help.
    """
    engine = _Patient(endpoint, say, pause)
    source, copied = _source(endpoint, graph)
    made: list[Saturation] = []

    def clean() -> None:
        for one in made:
            one.drop()
        if copied:
            engine.update(f"DROP SILENT GRAPH <{source}>")

    try:
        try:
            if copied:
                engine.update(f"COPY DEFAULT TO GRAPH <{source}>")
            made.append(Saturation(engine, source, staging(graph), axioms, say))
            made[0].drop()
            yield made[0]
        except Refused as error:
            if not passing(error):
                with contextlib.suppress(NetworkError):  # who may not write may not remove either
                    clean()
                error.args = (f"{error}; nothing was added to the graph",)
            raise
        except GbakgError as error:
            if not isinstance(error, Unreachable):
                clean()
            raise
        clean()
    except (Unreachable, Refused) as error:
        if passing(error):
            whole = endpoint.profile.replace != "none"
            left = "has all of what follows, or nothing" if whole else "may have a part of what follows"
            error.args = (f"{error}; the graph {left}: run the same build again",)
        raise


class _Patient:
    """An endpoint that is asked again, where it may be, when it was not there or too busy."""

    def __init__(self, endpoint: Endpoint, say: Say, pause: float) -> None:
        self._endpoint, self._say, self._pause = endpoint, say, pause

    def query(self, sparql: str) -> Solutions | bool | Iterator[Triple]:
        """Answer a query; see Engine."""
        return again(lambda: self._endpoint.query(sparql), self._say, self._pause)

    def update(self, sparql: str) -> None:
        """Run an update; those of a saturation may be run twice."""
        again(lambda: self._endpoint.update(sparql), self._say, self._pause)


def _source(endpoint: Endpoint, graph: str) -> tuple[str, bool]:
    """Return the name by which updates read a graph, and whether it is that of a copy, which has to be made."""
    named = graph or endpoint.profile.unnamed
    return (named, False) if named else (f"{staging(graph)}/0", True)


def _writable(endpoint: Endpoint) -> str:
    """Return the address for updates.  Raises BadParameter if the store has none."""
    address = endpoint.addresses.get("update", "")
    if not address:
        advice = "name its kind with --profile, or its addresses in gbakg.toml"
        raise BadParameter("endpoint", "a store with an address for updates", shown(endpoint.url), advice)
    return shown(address)
