"""A server in a process of its own: started on a free loopback port, waited for, and stopped by its process id."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
PATIENCE = 120.0
"""Seconds until a server has to answer: a cold Java on a busy machine takes its time."""


class Missing(Exception):  # noqa: N818 - as in gbakg.errors, a name for what is wrong
    """A program that a server needs is not on this machine."""


@dataclass(frozen=True, slots=True)
class Server:
    """A store that answers: where its services are, and who may write.

    `graphs` is its graph store (SPARQL 1.1 Graph Store HTTP Protocol) with the query that names the graph `graph`, which
    is empty for the default graph; `base` is the address that a profile of gbakg starts from.
    """

    name: str
    base: str
    query: str
    update: str
    graphs: str
    process: subprocess.Popen[bytes]
    log: Path
    graph: str = ""
    user: str = ""
    password: str = ""

    def kill(self) -> None:
        """End the process at once, as a power cut would."""
        self.process.kill()
        self.process.wait()


def free() -> int:
    """Return a port of the loopback interface that nobody listens on."""
    with socket.socket() as one:
        one.bind((HOST, 0))
        number: int = one.getsockname()[1]
        return number


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
