"""How far a long piece of work is: it says so line by line, to whatever its caller gives it for that."""

from __future__ import annotations

import sys
from collections.abc import Callable

Say = Callable[[str], None]
"""What takes one line at a time."""


def quiet(line: str) -> None:
    """Take one line, and say nothing."""


def announce(line: str) -> None:
    """Write one line to stderr: what takes the lines of a caller who said nothing else."""
    print(line, file=sys.stderr, flush=True)
