"""`gbakg find` and `gbakg cite`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from gbakg.cli import columns, shared

_CITED = 100
"""Claims that are cited as text unless more are asked for."""


def find(parser: argparse.ArgumentParser, given: Sequence[str]) -> None:
    """Add the options of `gbakg find`."""
    from gbakg.tabulate import FORMATS

    parser.epilog = (
        "examples:\n  gbakg find Shenzhen\n  gbakg find 广东\n  gbakg find 'patent examination' --limit 5\n\n"
        "Case, accents and punctuation do not count; a name is found by any part of it."
    )
    parser.add_argument("text", nargs="+", metavar="TEXT", help="a name, or part of one")
    parser.add_argument(
        "--limit", type=shared.count, default=20, metavar="N", help="entities at most; 0 for all (default 20)"
    )
    parser.add_argument("--format", choices=FORMATS, default="table", metavar="FORMAT", help=", ".join(FORMATS))
    parser.set_defaults(act=_find)


def cite(parser: argparse.ArgumentParser, given: Sequence[str]) -> None:
    """Add the options of `gbakg cite`."""
    from gbakg.bibliography import FORMATS

    parser.epilog = (
        "examples:\n  gbakg cite region/shenzhen\n  gbakg cite 'World Intellectual Property Organization'\n"
        "  gbakg cite institution/wipo --format bibtex\n\n"
        "A claim is cited by its name (observation/..., fact/..., mention/...), an entity by every claim about it."
    )
    parser.add_argument("name", metavar="CLAIM|ENTITY", help="class/slug, an IRI, or an entity's label")
    parser.add_argument(
        "--limit",
        type=shared.count,
        metavar="N",
        help=f"claims at most; 0 for all (default {_CITED} as text, all where there is an entry for a document)",
    )
    parser.add_argument("--format", choices=FORMATS, default="text", metavar="FORMAT", help=", ".join(FORMATS))
    parser.set_defaults(act=_cite)


def _find(arguments: argparse.Namespace) -> int:
    from pyoxigraph import Literal, NamedNode

    from gbakg import find, tabulate, terms
    from gbakg.result import Result

    text = " ".join(arguments.text)
    build = shared.build(arguments)  # as long as it is held, no other process removes it
    with build.open() as engine:
        found = find.find(engine, text, arguments.limit or sys.maxsize)
    if not found:
        shared.tell(f"nothing in the graph is named {text!r}")
    elif found[0].how == "near":
        shared.tell(f"nothing in the graph is named {text!r}; these are spelt alike")
    rows = [
        (
            NamedNode(terms.ID + one.entity) if terms.is_short(one.entity) else Literal(one.entity),
            Literal(one.kind),
            Literal(one.label),
            Literal(
                "; ".join(
                    f"{text} ({language})"
                    for language, texts in one.labels.items()
                    for text in texts
                    if text != one.label
                )
            ),
        )
        for one in found
    ]
    if rows or arguments.format != "table":
        names = ("entity", "class", "label", "other_labels")
        tabulate.write(Result(names, rows), arguments.format, shared.out(), columns())
    return 0


def _cite(arguments: argparse.Namespace) -> int:
    from itertools import islice

    from gbakg import bibliography, cite, claims

    usual = _CITED if arguments.format == "text" else 0
    limit = (usual if arguments.limit is None else arguments.limit) or None
    build = shared.build(arguments)
    with build.open() as engine:
        wanted = claims.named(engine, arguments.name)
        found = islice(cite.in_order(engine, wanted), limit)
        if arguments.format == "text":
            for one in found:  # each when it is there: a place may be named in a hundred thousand claims
                shared.out().write(bibliography.write([one], "text").encode())
        else:
            shared.out().write(bibliography.write([*found], arguments.format).encode())
    if not wanted:
        shared.tell(f"no document states anything about {arguments.name}")
    elif limit is not None and len(wanted) > limit:
        shared.tell(f"only the first {limit:,} of {len(wanted):,} claims; --limit N gives more, --limit 0 all")
    return 0
