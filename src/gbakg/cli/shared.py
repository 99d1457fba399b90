"""What the commands have in common: finding the graph, progress, and writing."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable

from gbakg import sources, store
from gbakg.cli import columns
from gbakg.errors import BadParameter, Unwritable
from gbakg.sources import Project
from gbakg.store import Build

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Self


def project(arguments: argparse.Namespace) -> Project:
    """Find the project that the options name."""
    return sources.project(getattr(arguments, "home", None))


def cache(arguments: argparse.Namespace) -> str | None:
    """Return the folder for builds, if the options name one."""
    found: str | None = getattr(arguments, "cache", None)
    return found


def build(arguments: argparse.Namespace, of: Project | None = None, *, opened: bool = True) -> Build:
    """Return a fresh build, made now if there is none; `opened` tells whether it will be opened in this process."""
    found = of or project(arguments)
    ready, _ = store.fresh(found, cache(arguments), prepared=opened)
    if ready is not None:
        return ready  # without importing the pipeline
    from gbakg import overdue
    from gbakg.build import ensure

    overdue.heed()
    with Progress() as progress:
        return ensure(found, progress, cache(arguments))


def count(text: str) -> int:
    """Read the value of an option that counts.  Raises ArgumentTypeError, which the parser words as its own."""
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise argparse.ArgumentTypeError(f"expected a whole number from 0 to 999999999, found {text!r}")
    return int(text)


def seconds(text: str) -> float:
    """Read the value of an option that is a time.  Raises ArgumentTypeError."""
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0 < found <= 86_400:
        raise argparse.ArgumentTypeError(f"expected seconds above 0, found {text!r}")
    return found


def many(count: int, what: str) -> str:
    """Write a number of things, one or more."""
    return f"{count} {what}{'' if count == 1 else 's'}"


def patience(parser: argparse.ArgumentParser) -> None:
    """Add the option that says how long one query of a shape may take."""
    parser.add_argument(
        "--timeout", type=seconds, metavar="SECONDS", help="for each query of a shape; then all ends (default 600)"
    )


class Progress:
    """Progress on stderr: the first line at once, then at most one a second; on a terminal each in place of the last."""

    def __init__(self) -> None:
        self._last = 0.0
        self._shown = False
        self._terminal = sys.stderr.isatty()

    def __call__(self, line: str) -> None:
        """Show a line, or leave it out if it comes too soon after another."""
        now = time.monotonic()
        if now - self._last < 1 and self._shown and not self._terminal:
            return
        self._last = now
        if self._terminal:
            width = columns(sys.stderr) or 80
            print(f"\r\x1b[K{line[: width - 1]}", end="", file=sys.stderr, flush=True)
        else:
            print(line, file=sys.stderr, flush=True)
        self._shown = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown and self._terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def refuse(arguments: argparse.Namespace, names: Iterable[str], expected: str, usual: str = "") -> None:
    """Raise BadParameter for the first option that was given, with another value than the usual one, and means nothing."""
    for name in names:
        found = getattr(arguments, name)
        if found and found != usual:
            option = name.replace("_", "-")
            raise BadParameter(option, expected, f"--{option}" if found is True else str(found))


def out() -> IO[bytes]:
    """Return stdout as bytes: results are UTF-8 whatever the terminal is set to.  Raises Unwritable if it is closed."""
    if sys.stdout is None:
        raise Unwritable("stdout", "it is closed")
    return sys.stdout.buffer


def say(lines: Iterable[str]) -> None:
    """Write lines of a result to stdout."""
    sink = out()
    for line in lines:
        sink.write(line.encode("utf-8", "replace") + b"\n")
    sink.flush()


def tell(line: str) -> None:
    """Write one message to stderr."""
    print(line, file=sys.stderr)
