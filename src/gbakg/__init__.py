"""gbakg: a knowledge graph of the Greater Bay Area in which every figure is a claim, cited and checked.

>>> import gbakg
>>> with gbakg.open() as graph:  # doctest: +SKIP
...     for row in graph.rows("observations"):
...         print(row["figure"], row["document"], row["paragraph"])

The verbs are those of the command line; see `gbakg.Graph`.
"""

from __future__ import annotations

from gbakg.version import __version__

TYPE_CHECKING = False  # as typing has it, whose import takes longer than all else before __main__ catches a Ctrl-C
if TYPE_CHECKING:
    from gbakg.api import (
        Graph,
        build_on,
        check,
        check_endpoint,
        open,  # noqa: A004 - gbakg.open() reads as what it does
        rebuild,
    )
    from gbakg.build import Outcome
    from gbakg.cite import Citation
    from gbakg.complete import Completion
    from gbakg.coverage import Coverage
    from gbakg.errors import GbakgError
    from gbakg.find import Match
    from gbakg.result import Result
    from gbakg.verify import Verdict

__all__ = [
    "Citation",
    "Completion",
    "Coverage",
    "GbakgError",
    "Graph",
    "Match",
    "Outcome",
    "Result",
    "Verdict",
    "__version__",
    "build_on",
    "check",
    "check_endpoint",
    "open",
    "rebuild",
]

_HOMES = {
    "Citation": "cite",
    "Completion": "complete",
    "Coverage": "coverage",
    "GbakgError": "errors",
    "Graph": "api",
    "Match": "find",
    "Outcome": "build",
    "Result": "result",
    "Verdict": "verify",
    "build_on": "api",
    "check": "api",
    "check_endpoint": "api",
    "open": "api",
    "rebuild": "api",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used: the command line starts without any of them."""
    if name not in _HOMES:
        raise AttributeError(f"module 'gbakg' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"gbakg.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
