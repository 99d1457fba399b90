"""Messages that nobody can read: the work is done, and the exit code is that of the work."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gbakg.sources import Project


def _gone() -> int:
    """Open a pipe that nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing


def _full() -> int:
    """Open a disk that is full."""
    if not Path("/dev/full").exists():
        pytest.skip("there is no device that is full")
    return os.open("/dev/full", os.O_WRONLY)


@pytest.mark.parametrize("sink", [_gone, _full])
def test_messages_that_cannot_be_written_are_lost(project: Project, cache: str, sink: Callable[[], int]) -> None:
    """A query builds first, which it says, and answers."""
    stderr = sink()
    answered = _command(project, cache, stderr)
    os.close(stderr)
    assert 0 == answered.returncode
    assert answered.stdout.startswith("claim")
    assert answered.stdout == _command(project, cache, subprocess.DEVNULL).stdout


@pytest.mark.skipif(os.name != "posix", reason="there is no shell that closes a stream")
def test_a_closed_stream_is_nothing_else(project: Project, cache: str) -> None:
    """Messages do not come among the rows, nor into a file that was opened in the place of stderr."""
    expected = _command(project, cache, subprocess.DEVNULL)
    found = _command(project, f"{cache}-other", None, before=lambda: os.closerange(2, 3))
    assert (0, expected.stdout) == (found.returncode, found.stdout)


def test_messages_that_can_be_written_are(project: Project, cache: str) -> None:
    """Each on a line of its own, at once."""
    answered = _command(project, cache, subprocess.PIPE)
    assert answered.stderr.startswith("first use: building the graph\n")


def _command(
    project: Project, cache: str, stderr: int | None, before: Callable[[], None] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gbakg", "query", "run", "which-claims"],
        env={**os.environ, "GBAKG_HOME": str(project.data.parent), "GBAKG_CACHE": cache},
        stdout=subprocess.PIPE,
        stderr=stderr,
        preexec_fn=before,
        text=True,
        check=False,
        timeout=60,
    )
