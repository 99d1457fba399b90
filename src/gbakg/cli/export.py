"""`gbakg export`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from gbakg.cli import shared
from gbakg.errors import BadParameter


def export(parser: argparse.ArgumentParser, given: Sequence[str]) -> None:
    """Add the options of `gbakg export`."""
    from gbakg.export import FORMATS

    parser.epilog = (
        "examples:\n  gbakg export graph.ttl\n  gbakg export - --format nt | wc -l\n"
        "  gbakg export said.trig --document china-tops-clusters --stated-only\n"
        "  gbakg export figures.csv\n  gbakg export facts.csv --query facts\n\n"
        "csv has the rows of the saved query `observations` unless --query names another.  trig and nq have a graph for\n"
        "each document.  The same graph gives the same bytes."
    )
    parser.add_argument("target", metavar="FILE|-", help="the file to write, - for stdout")
    parser.add_argument(
        "--format", choices=FORMATS, metavar="FORMAT", help=f"{', '.join(FORMATS)} (default: the ending)"
    )
    parser.add_argument("--stated-only", action="store_true", help="leave out what was entailed")
    parser.add_argument("--document", metavar="SLUG", help="only what one document says")
    parser.add_argument("--query", metavar="NAME", help="the answer of a saved query")
    parser.add_argument("-p", "--param", action="append", default=[], metavar="KEY=VALUE", help="a parameter of it")
    parser.set_defaults(act=_export)


def _export(arguments: argparse.Namespace) -> int:
    from gbakg import export
    from gbakg.api import Graph
    from gbakg.query import pairs

    form = export.format_of(arguments.target, arguments.format)
    export.check(form, document=arguments.document, stated_only=arguments.stated_only, query=arguments.query)
    values = pairs(arguments.param)
    if values and arguments.query is None:
        raise BadParameter("param", "a --query that takes it", arguments.param[0])
    project = shared.project(arguments)
    with Graph(project, shared.build(arguments, project)) as graph:
        graph.export(
            arguments.target,
            form,
            document=arguments.document,
            stated_only=arguments.stated_only,
            query=arguments.query,
            parameters=values,
        )
    return 0
