"""End a process in which a query of a shape does not end.

Nothing stops a query from within Python, and a shape may ask for what has no end.  So a thread that does nothing else
looks at what has been asked, and ends the process when something takes too long.  Only the command line has it so: a
program that uses gbakg as a library would not like to be ended.
"""

from __future__ import annotations

import _thread
import atexit
import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator

SECONDS = 600.0
"""How long one query of a shape may take, unless something else is said.

All that the shapes of this project ask takes a fiftieth of it at 20,000 observations, together; larger graphs are
validated in parts.
"""

CODE = 3
"""What the process ends with: an input, which is the shape, cannot be used."""

_STEP = 0.2
_asked: dict[object, tuple[float, Callable[[], str]]] = {}
_limit: float | None = None


def heed(seconds: float = SECONDS) -> None:
    """Have the process end when a query that `watched` is about takes longer than so many seconds."""
    global _limit
    if _limit is None:
        _thread.start_new_thread(_wait, ())  # no Thread: the end of the process does not wait for it
    _limit = seconds


@contextlib.contextmanager
def watched(what: Callable[[], str]) -> Iterator[None]:
    """Watch what is done inside; `what` says whose query it is, should it take too long."""
    key = object()
    _asked[key] = time.monotonic(), what
    try:
        yield
    finally:
        del _asked[key]


def _wait() -> None:
    while True:
        time.sleep(_STEP)
        now, limit = time.monotonic(), _limit or SECONDS
        for begun, what in list(_asked.values()):
            if now - begun > limit:
                _end(
                    f"gbakg: {what()}: its query had not ended after {limit:g} s; narrow it, or allow more with --timeout"
                )


def _end(told: str) -> None:
    try:
        if sys.stderr is not None:
            print(told, file=sys.stderr, flush=True)
        atexit._run_exitfuncs()  # temporary folders go
    finally:
        os._exit(CODE)
