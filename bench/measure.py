"""Whole processes: how long one takes, and how much memory."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Run:
    """One finished process: seconds from start to end, the peak of its resident memory in MB, and what it printed."""

    seconds: float
    peak: float
    output: str = ""


class TooLong(Exception):
    """A process was stopped because it took longer than it may."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"stopped after {seconds:,.0f} s")


def run(command: Sequence[str], patience: float | None = None, memory: int | None = None, keep: bool = False) -> Run:
    """Run a command to its end, its output thrown away unless `keep`.

    `patience` is how many seconds it may take, `memory` how many MB of address space.  Raises CalledProcessError with
    stderr if it fails, TooLong.
    """
    start = time.perf_counter()
    with (
        tempfile.TemporaryFile() as output,
        tempfile.TemporaryFile() as messages,
        subprocess.Popen(  # noqa: S603 - the commands are our own
            command,
            stdout=output if keep else subprocess.DEVNULL,
            stderr=messages,
            start_new_session=True,
            preexec_fn=None if memory is None else _limit(memory),
        ) as process,
    ):
        late = threading.Event()
        clock = threading.Timer(patience or 0.0, _stop, (process.pid, late))
        if patience is not None:
            clock.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            _stop(process.pid, late)
            raise
        finally:
            clock.cancel()
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        messages.seek(0)
        printed, said = output.read().decode(), messages.read().decode(errors="replace")
    if late.is_set() and patience is not None:
        raise TooLong(patience)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, stderr=said)
    kilobytes = usage.ru_maxrss / 1024 if sys.platform == "darwin" else usage.ru_maxrss
    return Run(seconds, kilobytes / 1024, printed)


def _stop(process: int, late: threading.Event) -> None:
    late.set()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)


def _limit(memory: int) -> Callable[[], None]:
    def limit() -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory * 2**20, memory * 2**20))

    return limit
