"""A server killed in the middle of a push: the old graph or the new one, never a mixture, and the next push ends complete."""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path

import pytest

from conftest import quiet
from gbakg import push
from gbakg.errors import GbakgError
from gbakg.inventory import Inventory
from gbakg.parcel import Load
from gbakg.profiles import profile
from stores.server import Missing, Server
from stores.servers import SERVERS

KILLS = 20
MARKS = [pytest.mark.slow, pytest.mark.servers]


def version(salt: str) -> Load:
    """Make a graph: half of it in every version, half in this one alone."""
    lines = [
        f'<urn:{salt if number % 2 else "both"}{number}> <urn:p{number % 40}> "{number}" .' for number in range(20_000)
    ]
    return Load(lambda: lines)


def send(server: Server, load: Load, *, force: bool = True) -> None:
    """Push, without looking first unless `force` is False."""
    with server.pusher() as endpoint:
        chosen = push.plan(endpoint, push.target(endpoint.profile, None), load)
        push.push(endpoint, load, chosen, quiet, force=force, pause=0.02)


def holds(server: Server, load: Load) -> bool:
    """Tell whether the server has a graph, and nothing else."""
    with server.pusher() as endpoint:
        return Inventory(endpoint, push.target(endpoint.profile, None)).digest() == load.digest


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("oxigraph", marks=MARKS[:1]),
        *(pytest.param(one, marks=MARKS) for one in ("fuseki", "rdf4j", "virtuoso")),
    ],
)
def test_a_server_that_is_killed(name: str, tmp_path: Path) -> None:
    """At each of twenty moments: exit code 4 or 5 with what to do, old or new after the restart, and a rerun completes.

    RDF4J's native store may hold a part, which its profile says.
    """
    here, start = SERVERS[name], time.monotonic()
    old, new = version("a"), version("b")
    try:
        with here(tmp_path) as server:
            send(server, new)
            start = time.monotonic()
            send(server, old)
            seconds = time.monotonic() - start
    except Missing as error:
        pytest.skip(str(error))
    moments = random.Random(name)  # noqa: S311 - moments, not secrets
    for _ in range(KILLS):
        with here(tmp_path) as server:
            killer = threading.Timer(moments.uniform(0, seconds), server.kill)
            killer.start()
            try:
                send(server, new)
            except GbakgError as error:
                assert error.exit_code in (4, 5)
                assert "run the same push again" in str(error)
            killer.join()
        with here(tmp_path) as server:
            assert holds(server, old) or holds(server, new) or not profile(server.profile).recovers
            send(server, new)
            assert holds(server, new)
        old, new = new, old


@pytest.mark.slow
def test_a_first_push_that_is_killed(tmp_path: Path) -> None:
    """Into an empty Oxigraph it is no transaction: what is left may be a part, and a rerun completes."""
    here, new = SERVERS["oxigraph"], version("a")
    moments = random.Random(0)  # noqa: S311 - moments, not secrets
    for number in range(KILLS // 2):
        folder = tmp_path / str(number)
        folder.mkdir()
        with here(folder) as server:
            killer = threading.Timer(moments.uniform(0, 0.3), server.kill)
            killer.start()
            try:
                send(server, new, force=False)
            except GbakgError as error:
                assert error.exit_code in (4, 5)
            killer.join()
        with here(folder) as server:
            send(server, new, force=False)
            assert holds(server, new)
