"""A server in a process of its own: started on a free loopback port, waited for, and stopped by its process id."""

from __future__ import annotations

import contextlib
import secrets
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gbakg import profiles, push
from gbakg.credentials import Credentials
from gbakg.remote import Endpoint

HOST = "127.0.0.1"
PORTS = range(10_000, 32_000)
"""Where a server is to listen: none of the ports that the system gives to whoever asks for any (with Linux from 32768 on,
elsewhere from 49152 on).  A server may take seconds to listen, and tests that run beside it ask for any in the meantime."""

PATIENCE = 120.0
"""Seconds until a server has to answer: a cold Java on a busy machine takes its time."""

SECONDS = 120.0
"""Seconds for a whole answer, for the same reason."""


class Missing(Exception):
    """A program that a server needs is not on this machine."""


@dataclass(frozen=True, slots=True)
class Server:
    """A store that answers at an address: `profile` is what gbakg knows of its kind, `log` what it has said."""

    name: str
    profile: str
    url: str
    process: subprocess.Popen[bytes]
    log: Path
    user: str = ""
    password: str = ""

    def engine(self) -> Endpoint:
        """Return the store as what queries are asked of: of the graph that `gbakg push` fills unless told another."""
        return self._endpoint(push.target(self._profile, None), canonical=True)

    def pusher(self) -> Endpoint:
        """Return the store as `gbakg push` takes it."""
        return self._endpoint("", canonical=False)

    @property
    def _profile(self) -> profiles.Profile:
        return profiles.builtin()[self.profile]

    def _endpoint(self, graph: str, canonical: bool) -> Endpoint:
        store = profiles.Store(self.url, self._profile, graph=graph)
        return Endpoint(store, SECONDS, who=Credentials(self.user, self.password), canonical=canonical)

    def kill(self) -> None:
        """End the process at once, as a power cut would."""
        self.process.kill()
        self.process.wait()


def free() -> int:
    """Return a port of the loopback interface that nobody listens on; raises RuntimeError if none is found."""
    for number in secrets.SystemRandom().sample(PORTS, min(100, len(PORTS))):
        with socket.socket() as one, contextlib.suppress(OSError):
            one.bind((HOST, number))
            return number
    raise RuntimeError(
        f"no port from {PORTS.start} to {PORTS.stop - 1} of {HOST} seems to be free; close what listens there"
    )


@contextlib.contextmanager
def running(command: Sequence[str], folder: Path, url: str) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Run a command in a folder, its output in `server.log` there, until an address answers; stop it in the end.

    Raises RuntimeError with the end of the log if the process ends by itself or keeps silent for too long.
    """
    log = folder / "server.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        _wait(process, url, log)
        yield process, log
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while not _answers(url):
        if process.poll() is not None:
            raise RuntimeError(f"{url}: the server ended with exit code {process.returncode}:\n{_tail(log)}")
        if time.monotonic() > end:
            raise RuntimeError(f"{url} does not answer after {PATIENCE:g} s:\n{_tail(log)}")
        time.sleep(0.1)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - an address of our own
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])
