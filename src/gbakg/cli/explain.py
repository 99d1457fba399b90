"""`gbakg explain`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from gbakg.cli import shared

FORMATS = ("text", "json")


def explain(parser: argparse.ArgumentParser, given: Sequence[str]) -> None:
    """Add the options of `gbakg explain`."""
    parser.epilog = (
        "examples:\n  gbakg explain region/shenzhen gba:within region/china\n"
        "  gbakg explain 'region/shenzhen a schema:Place'\n"
        "  gbakg explain 'region/shenzhen gba:gbt2260 \"440300\"' --format json\n\n"
        "A rule has its name in the specification of OWL 2 RL, tables 4 to 9:\n"
        "https://www.w3.org/TR/owl2-profiles/#Reasoning_in_OWL_2_RL_and_RDF_Graphs_using_Rules\n"
        "Exit code 1: the triple was neither stated nor does it follow."
    )
    parser.add_argument("triple", nargs="+", metavar="TRIPLE", help="subject, property and object; a for rdf:type")
    parser.add_argument("--format", choices=FORMATS, default="text", metavar="FORMAT", help=", ".join(FORMATS))
    parser.set_defaults(act=_explain)


def _explain(arguments: argparse.Namespace) -> int:
    from gbakg import explain

    text = " ".join(arguments.triple)
    explain.read(text)  # before a build is made for nothing
    project = shared.project(arguments)
    build = shared.build(arguments, project)
    with build.open() as engine, shared.Progress() as progress:
        found = explain.explain(engine, project, text, progress)
        slips = [] if found is not None else list(explain.unknown(engine, text))
    if found is None:
        shared.tell(f"{text}: neither stated nor entailed: the documents do not say so, and no rule concludes it")
        for slip in slips:
            shared.tell(f"gbakg: {slip}")
        return 1
    if arguments.format == "json":
        import json

        shared.say([json.dumps(found.record(), ensure_ascii=False, indent=2)])
    else:
        shared.say(found.lines())
    return 0
