"""What `gbakg query run` and `gbakg sparql` have in common: how an answer is written, and what is said where there is none."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import suppress

from gbakg.cli import columns, shared
from gbakg.errors import BadParameter, GbakgError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyoxigraph import Triple

    from gbakg.engine import Engine
    from gbakg.result import Result
    from gbakg.store import Build

ROWS = ("table", "csv", "tsv", "json", "jsonl", "xml", "md")
"""As in `tabulate`, which is imported only when there is an answer."""
TRIPLES = ("ttl", "nt", "rdf", "jsonld")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how an answer is written."""
    choices = (*ROWS, *TRIPLES)
    parser.add_argument(
        "--format", metavar="FORMAT", choices=choices, help=f"{', '.join(ROWS)}; for triples {', '.join(TRIPLES)}"
    )
    parser.add_argument("--cite", action="store_true", help="add a note for each claim: figure, document, paragraph")
    parser.add_argument("--ids", action="store_true", help="in a table or md, show entities beside their labels, too")


def absent(engine: Engine | Build, text: str) -> list[str]:
    """Say what a query without an answer names that is not in the graph; a store that fails meanwhile has answered."""
    from gbakg import absent as names
    from gbakg.store import Build

    with suppress(GbakgError):
        if isinstance(engine, Build):
            with engine.open() as opened:
                return names.absent(opened, text)
        return names.absent(engine, text)
    return []


def write(
    found: Result | bool | Iterator[Triple],
    arguments: argparse.Namespace,
    engine: Engine | None,
    reasons: Callable[[], list[str]],
) -> None:
    """Write an answer; `reasons` says why there may be none."""
    from gbakg.result import Result
    from gbakg.settings import setting

    form = arguments.format or setting("format")
    if isinstance(found, bool):
        from gbakg import tabulate

        shared.say([tabulate.boolean(found, form or "table")])
        for line in [] if found else reasons():
            shared.tell(f"false: {line}")
    elif isinstance(found, Result):
        if not _rows(found, form or "table", arguments.cite, arguments.ids, engine):
            silent = ["the documents do not say"] if form in (None, "table", "md") else []
            for line in reasons() or silent:
                shared.tell(f"no rows: {line}")
    else:
        _triples(found, form or "ttl")


def _rows(found: Result, form: str, cited: bool, ids: bool, engine: Engine | None) -> int:
    """Write rows, and return how many there are."""
    from gbakg import tabulate

    if form not in ROWS:
        raise BadParameter("format", f"one of {', '.join(ROWS)} for rows", form)
    notes: list[str] = []
    if cited:
        if form not in ("table", "md"):
            raise BadParameter("cite", "format table or md", form, "`gbakg cite` gives citations as BibTeX and CSL")
        if engine is None:
            raise TypeError("citing needs an engine")
        found, notes = _noted(found, engine)
    if form in ("table", "md") and not ids:
        found = tabulate.readable(found)
    tabulate.write(found, form, shared.out(), columns())
    if notes:
        shared.say(["", *notes])
    if found.cut:
        rows = "row" if found.limit == 1 else f"{found.limit} rows"
        shared.tell(f"only the first {rows}; --limit N gives more, --limit 0 as many as there may be")
    return found.counted or 0


def _noted(found: Result, engine: Engine) -> tuple[Result, list[str]]:
    """Add a column of note numbers to rows, and return the notes with it."""
    from pyoxigraph import Literal

    from gbakg import cite
    from gbakg.result import Result

    rows = found.rows
    numbers: dict[cite.Citation, int] = {}
    numbered = []
    for row in rows:
        marks = ""
        for one in cite.noted(engine, found.columns, [row]):
            marks += f"[{numbers.setdefault(one, len(numbers) + 1)}]"
        numbered.append((*row, Literal(marks)))
    result = Result((*found.columns, "cite"), numbered)
    result.limit, result.cut = found.limit, found.cut
    return result, [f"[{number}] {one}" for one, number in numbers.items()]


def _triples(found: Iterator[Triple], form: str) -> None:
    from gbakg import export, selection

    if form not in TRIPLES:
        raise BadParameter("format", f"one of {', '.join(TRIPLES)} for triples", form)
    export.triples(list(selection.grouped(found)), shared.out(), form)
