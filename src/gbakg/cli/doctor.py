"""`gbakg doctor`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from gbakg.cli import shared, stores


def doctor(parser: argparse.ArgumentParser, given: Sequence[str]) -> None:
    """Add the options of `gbakg doctor`."""
    parser.epilog = (
        "examples:\n  gbakg doctor http://localhost:3030/gba\n  gbakg doctor http://localhost:8890 --user dba --write\n"
        "  gbakg doctor office\n\n"
        f"{stores.EPILOG}\n\n"
        "Only reads, unless --write is given.  Exit code 1: gbakg cannot work with the store as it is.  4: it cannot be\n"
        "reached, or refuses a query."
    )
    parser.add_argument("store", nargs="?", metavar="STORE", help="the store to examine")
    stores.options(parser)
    parser.add_argument("--write", action="store_true", help="try writing too, in a graph of its own that is removed")
    parser.set_defaults(act=_doctor)


def _doctor(arguments: argparse.Namespace) -> int:
    from gbakg.doctor import examine

    store, who = stores.there(arguments, arguments.store)
    report = examine(store, who, write=arguments.write)
    shared.say([store.url, *report.lines])
    return 0 if report.well else 1
