"""`python -m tests.stores.federated [NAME...]`: saved queries, as they are, over two stores that FedX joins.

What documents say (documents, passages, claims) goes into an Oxigraph server, what is known of the things that they name
(the registry, the ontology) into Fuseki.  RDF4J Server gets a repository of the type FedX over both, and each saved query is
asked there.  The rows have to be those of the whole graph, here; and neither store may give them alone, or nothing was
joined.  Exits with 1 otherwise.  docs/stores.md has the same as a recipe.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import gbakg
from gbakg import profiles, push
from gbakg.digest import line
from gbakg.errors import GbakgError
from gbakg.graph import OWNED
from gbakg.parcel import Load

from .server import Missing, Server
from .servers import SERVERS, federate
from .table import ROOT, Way, difference, ways

QUERIES = ("facts", "mentions", "observations")
"""The contracts: what other programs read."""


def fill(server: Server, lines: list[str]) -> None:
    """Push lines to a server."""
    load = Load(lambda: lines)
    with server.pusher() as endpoint:
        outcome = push.push(endpoint, load, push.plan(endpoint, "", load), lambda text: None)
    print(f"{server.name}: {outcome.count:,} triples, digest {outcome.digest[:16]}", flush=True)


def judge(way: Way, whole: gbakg.Graph, joined: Server, alone: Sequence[Server]) -> list[str]:
    """Ask a query everywhere, and word what is wrong."""
    expected = way.ask(whole.engine)
    start = time.monotonic()
    wrong = []
    with joined.engine() as engine:
        told = difference(expected, way.ask(engine))
    print(f"{way}: {len(expected[1])} rows, {told or 'the same'}, {time.monotonic() - start:.1f} s", flush=True)
    if told:
        wrong.append(f"{way}: {told}")
    for server in alone:
        with server.engine() as engine:
            if not difference(expected, way.ask(engine)):
                wrong.append(f"{way}: {server.name} gives the same rows alone")
    return wrong


def main(arguments: Sequence[str] | None = None) -> int:
    """Start three servers, share the graph out, ask, and compare."""
    parser = argparse.ArgumentParser(prog="python -m tests.stores.federated", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"saved queries; {', '.join(QUERIES)} unless named")
    names = parser.parse_args(arguments).names or QUERIES
    with contextlib.ExitStack() as stack:
        graph = stack.enter_context(gbakg.open(ROOT))
        asked = {way.query.name: way for way in ways(graph.queries, every=False)}
        unknown = sorted(set(names) - set(asked))
        if unknown:
            parser.error(f"no saved query is called {unknown[0]}; see gbakg query list")

        def start(name: str) -> Server:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix=f"{name}-"))
            return stack.enter_context(SERVERS[name](Path(folder)))

        try:
            alone = [start("oxigraph"), start("fuseki")]
            joined = federate(
                start("rdf4j4"), [profiles.builtin()[one.profile].addresses(one.url)["query"] for one in alone]
            )
            lines = [line(triple) for triple in graph.engine.triples()]
            fill(alone[0], [text for text in lines if text.startswith(OWNED)])
            fill(alone[1], [text for text in lines if not text.startswith(OWNED)])
            wrong = [text for name in names for text in judge(asked[name], graph, joined, alone)]
        except Missing as error:
            print(error, file=sys.stderr)
            return 2
        except GbakgError as error:
            print(error, file=sys.stderr)
            return 1
    for text in wrong:
        print(text, file=sys.stderr)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
