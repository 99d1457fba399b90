"""`python -m tests.stores.reports`: the report of compiled shapes at real servers, held against the one that is made here.

python -m tests.stores.reports                              the shipped graph and 200 damaged ones at Fuseki and Virtuoso
python -m tests.stores.reports oxigraph --graphs 20         other servers, fewer graphs, ten of twenty of them small
python -m tests.stores.reports virtuoso --graphs 1 --seed 37    the damaged graph of one seed again
python -m tests.stores.reports virtuoso --graphs 20 --seed 180 --rounds 5 --clients 3
                                                            the same graphs five times, three of them side by side

A damaged graph is that of bench.equality, without the triples with blank nodes, which no push sends.  What a server
writes otherwise when it loads is told and counted; its report is then held against that of the graph as it holds it.
Exits with 1 if a report differs, or if anything was written otherwise that REWRITTEN has no reason for.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import sys
import tempfile
import time
import warnings
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from bench import equality
from bench.damage import is_whole
from bench.prepare import prepared
from pyoxigraph import BlankNode, Literal, RdfFormat, Store, Triple, parse

from gbakg import datatypes, values
from gbakg.digest import line
from gbakg.engine import Embedded
from gbakg.equality import Line, contents
from gbakg.errors import GbakgError
from gbakg.forms import canonical, whole
from gbakg.inventory import Inventory
from gbakg.parcel import bare, pointed
from gbakg.remote import Endpoint
from gbakg.shapes import Compiled, Plan
from gbakg.survey import survey
from gbakg.terms import XSD

from .server import Missing, Server
from .servers import SERVERS

MANY = 200
"""How many graphs are damaged, unless told otherwise."""

SHOWN = 5
"""How many differences of one graph are printed."""

REWRITTEN = {
    "misspelt": "a literal that its datatype does not know, of which the server stores what it can read",
    "retyped": "the same number with another datatype",
}
"""Why a server may hold other triples than were sent."""

Report = Counter[Line]


class Task(NamedTuple):
    """A graph: the shipped one, or the damaged one of a seed."""

    seed: int | None

    def __str__(self) -> str:
        return "the shipped graph" if self.seed is None else f"seed {self.seed}"

    def graph(self) -> list[Triple]:
        """Make it, without blank nodes."""
        parts = equality.parts()
        made = [*parts.ontology, *parts.data] if self.seed is None else equality.damage().graph(self.seed)
        return [one for one in made if not isinstance(one.subject, BlankNode) and not isinstance(one.object, BlankNode)]


@dataclass(slots=True)
class Tally:
    """What came of a server: graphs, triples, results, queries, what it wrote otherwise, and what differs."""

    graphs: int = 0
    triples: int = 0
    results: int = 0
    asked: int = 0
    seconds: float = 0.0
    rewritten: Counter[str] = field(default_factory=Counter)
    differing: int = 0
    lock: Lock = field(default_factory=Lock)

    def line(self, name: str) -> str:
        """Word it."""
        told = f"{name}: {self.graphs - self.differing} of {self.graphs} graphs: the same report"
        told += f"; {self.differing} DIFFER" if self.differing else ""
        return f"{told}; {self.triples:,} triples, {self.results:,} results, {self.asked:,} queries in {self.seconds:.0f} s"


def main(words: Sequence[str] | None = None) -> int:
    """Start servers, compare, print, and return 1 if something differs."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.stores.reports", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"{', '.join(SERVERS)}; fuseki and virtuoso unless named"
    )
    parser.add_argument("--graphs", type=int, default=MANY, metavar="N", help=f"damaged graphs (default {MANY})")
    parser.add_argument(
        "--seed", type=int, metavar="N", help="of the first of them (default 0, with the shipped graph)"
    )
    parser.add_argument("--processes", type=int, default=2, metavar="N", help="what makes reports here (default 2)")
    parser.add_argument("--rounds", type=int, default=1, metavar="N", help="how often (default 1)")
    parser.add_argument(
        "--clients", type=int, default=1, metavar="N", help="graphs side by side, where each has a name (default 1)"
    )
    given = parser.parse_args(words)
    names = given.names or ["fuseki", "virtuoso"]
    unknown = sorted(set(names) - set(SERVERS))
    if unknown:
        parser.error(f"no server is called {unknown[0]}; there are {', '.join(SERVERS)}")
    tasks = [Task(seed) for seed in range(given.seed or 0, (given.seed or 0) + given.graphs)]
    tasks = (tasks if given.seed is not None else [Task(None), *tasks]) * given.rounds
    tallies = {name: Tally() for name in names}
    try:
        with contextlib.ExitStack() as stack:
            servers = {name: stack.enter_context(started(name)) for name in names}
            for name, server in servers.items() if given.clients > 1 else ():
                with server.engine() as engine:
                    if not engine.graph:
                        raise Missing(f"{name} has one graph for all clients; leave --clients out")
            for told in run(tasks, servers, tallies, given.processes, given.clients):
                print(told, flush=True)
    except Missing as error:
        print(error, file=sys.stderr)
        return 2
    whole = sum(task.seed is not None and is_whole(task.seed) for task in tasks)
    print(f"{len(tasks)} graphs, {whole} of them damaged whole")
    for name, tally in tallies.items():
        print(tally.line(name))
        for kind, count in tally.rewritten.items():
            print(
                f"    {count} triples held otherwise than sent: {kind} ({REWRITTEN.get(kind, 'for no known reason')})"
            )
    return int(any(tally.differing for tally in tallies.values()))


@contextlib.contextmanager
def started(name: str) -> Iterator[Server]:
    """Run a server in a folder that is removed."""
    with tempfile.TemporaryDirectory(prefix=f"{name}-") as folder, SERVERS[name](Path(folder)) as server:
        yield server


def run(
    tasks: Sequence[Task], servers: dict[str, Server], tallies: dict[str, Tally], processes: int, clients: int
) -> Iterator[str]:
    """Compare graph by graph, the servers side by side and so many graphs at each; yield what differs."""
    plan = Plan(equality.parts().shapes)
    start = time.monotonic()
    waiting = deque[tuple[Task, list[Future[list[str]]]]]()
    done = 0

    def told() -> Iterator[str]:
        nonlocal done
        task, answers = waiting.popleft()
        for name, answer in zip(servers, answers, strict=True):
            yield from (f"{name}: {task}: {one}" for one in answer.result())
        done += 1
        print(f"  {done} of {len(tasks)}, {time.monotonic() - start:.0f} s: {task}", file=sys.stderr, flush=True)

    with ProcessPoolExecutor(processes) as pool, ThreadPoolExecutor(len(servers) * clients) as threads:
        made: dict[Task, tuple[list[Triple], Report, bool]] = {}
        making = pool.map(expected, dict.fromkeys(tasks))
        for number, task in enumerate(tasks, 1):
            if task not in made:
                made[task] = next(making)
            graph, wanted, other = made[task] if task in tasks[number:] else made.pop(task)
            if other:
                yield f"{task}: with the literals that the embedded store keeps, because rdflib computes with a misspelt one"
            if len(waiting) == clients:
                yield from told()
            asked = [threads.submit(compare, servers[one], plan, graph, wanted, tallies[one]) for one in servers]
            waiting.append((task, asked))
        while waiting:
            yield from told()


def expected(task: Task) -> tuple[list[Triple], Report, bool]:
    """Return a graph, its report as it is made here, and whether the graph is the one that the embedded store makes of it.

    It is where a number is misspelt in a datatype that the store changes, such as 300 as xsd:byte: rdflib computes with
    it, or breaks off, which a store does not.
    """
    graph = task.graph()
    literals = {one.object for one in graph if isinstance(one.object, Literal)}
    wrong = any(datatypes.value(str(one)) is None for one in literals if not values.canonical(one))
    if wrong:
        graph = [*_embedded(map(line, graph)).triples()]
    return graph, validated(graph), wrong


def validated(graph: Sequence[Triple]) -> Report:
    """Validate a graph here, as `Compiled` does: with pyshacl where the embedded store would change a literal."""
    with prepared(), warnings.catch_warnings(action="ignore"):  # rdflib warns of misspelt literals
        return contents(Compiled(lambda _: None).validate(graph, equality.parts().shapes))


def compare(server: Server, plan: Plan, graph: Sequence[Triple], wanted: Report, tally: Tally) -> list[str]:
    """Put a graph into a server, validate it there, and word what differs."""
    start = time.monotonic()
    lines = set(map(_line, graph))
    with filled(server, graph) as endpoint, server.pusher() as reading:
        held = set(Inventory(reading, endpoint.graph).lines())
        kinds = Counter(kind(one, held - lines) for one in lines - held)
        if held != lines:
            wanted = validated([*map(_triple, held)])
        try:
            found = survey(endpoint, plan)
        except GbakgError as error:
            words, theirs, asked = [f"refused: {error}"], Report(), 0
        else:
            theirs, asked = contents(found.report), found.asked
            words = [f"here alone: {one}" for one in sorted((wanted - theirs).elements())]
            words += [f"there alone: {one}" for one in sorted((theirs - wanted).elements())]
    words += [f"{kinds[one]} triples are held otherwise, for no known reason" for one in kinds if one not in REWRITTEN]
    if len(held) != len(lines):
        words.append(f"holds {len(held):,} triples of {len(lines):,}")
    with tally.lock:
        tally.graphs += 1
        tally.triples += len(lines)
        tally.results += theirs.total()
        tally.asked += asked
        tally.seconds += time.monotonic() - start
        tally.rewritten += kinds
        tally.differing += bool(words)
    return words[:SHOWN] + ([f"and {len(words) - SHOWN} more"] if len(words) > SHOWN else [])


@contextlib.contextmanager
def filled(server: Server, graph: Sequence[Triple]) -> Iterator[Endpoint]:
    """Put a graph into a server at once, and take it away afterwards.

    Where there is no default graph each graph has a name of its own: Virtuoso 7.2 keeps the forms of values that a graph had.
    """
    with server.engine() as engine, server.pusher() as pusher:
        if engine.graph:
            engine.graph = f"{engine.graph}/{time.monotonic_ns()}"
        inventory, turtle = Inventory(pusher, engine.graph), engine.profile.upload == "turtle"
        lines = (bare(line(one)) if turtle else line(one) for one in graph)
        body = "".join(f"{one}\n" for one in lines).encode()
        body = pointed(body) if engine.profile.pointed else body
        pusher.connection.send("PUT", inventory.address, body, {"Content-Type": engine.profile.media}).read()
        try:
            yield engine
        finally:
            pusher.connection.send("DELETE", inventory.address).read()


def kind(text: str, others: Iterable[str]) -> str:
    """Tell what became of a triple, given as its line, that a server has not, though it has `others` that were not sent."""
    sent = _triple(text)
    if not isinstance(sent.object, Literal):
        return "other"
    literal = _moment(sent.object)
    if not datatypes.known(str(literal.datatype)):
        return "other"
    value = datatypes.value(str(literal))
    if value is None:
        return "misspelt"
    instead = [
        one.object for one in map(_triple, others) if (one.subject, one.predicate) == (sent.subject, sent.predicate)
    ]
    return "retyped" if any(datatypes.value(str(one)) == value for one in instead) else "other"


def _moment(literal: Literal) -> Literal:
    """Take a date, which OWL 2 RL does not have, for the moment that it begins at, so that a misspelt one is told."""
    if literal.datatype != XSD.term("date"):
        return literal
    day, zone = re.fullmatch(r"(?s:(.*?)(Z|[+-]\d\d:\d\d)?)", literal.value).groups("")  # type: ignore[union-attr]
    return Literal(f"{day}T00:00:00{zone}", datatype=XSD.term("dateTime"))


def _line(triple: Triple) -> str:
    """Write a triple as it is compared: with a canonical literal, a whole decimal as an integer."""
    return line(Triple(triple.subject, triple.predicate, whole(canonical(triple.object))))


def _triple(text: str) -> Triple:
    (quad,) = parse(text, format=RdfFormat.N_TRIPLES)
    found: Triple = quad.triple
    return found


def _embedded(lines: Iterable[str]) -> Embedded:
    store = Store()
    store.bulk_load("\n".join(lines).encode(), format=RdfFormat.N_TRIPLES)
    return Embedded(store)


if __name__ == "__main__":
    sys.exit(main())
