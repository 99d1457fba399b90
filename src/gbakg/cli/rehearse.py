"""`gbakg query check`."""

from __future__ import annotations

import argparse
import json
from functools import partial

from gbakg.cli import shared, stores

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from gbakg.rehearse import Rehearsal

FORMATS = ("text", "json")


def add_check(parser: argparse.ArgumentParser) -> None:
    """Add the options of `gbakg query check`."""
    parser.epilog = (
        "examples:\n  gbakg query check                                 every saved question\n"
        "  gbakg query check list-funds                      one of them\n"
        "  gbakg query check my-question.rq --format json    a file anywhere, for a program\n\n"
        "A finding is FILE:LINE: error or warning: what to do [rule].  Exit code 1: there is an error."
    )
    parser.add_argument("names", nargs="*", metavar="NAME|FILE", help="as in `gbakg query list`, or a file")
    parser.add_argument(
        "--timeout", type=shared.seconds, default=60.0, metavar="SECONDS", help="for each answer (default 60)"
    )
    parser.add_argument("--format", choices=FORMATS, default="text", metavar="FORMAT", help=", ".join(FORMATS))
    stores.endpoints(parser)
    parser.set_defaults(act=_check)


def _check(arguments: argparse.Namespace) -> int:
    from gbakg import query, rehearse, sparql

    project = shared.project(arguments)
    among = query.files(project.queries)
    paths = [query.path(project.queries, name) for name in arguments.names] or among
    there = stores.endpoint(arguments, arguments.timeout)
    if there is not None:
        with there:
            found = [rehearse.rehearse(path, there, partial(sparql.ask, there), among) for path in paths]
    else:
        build = shared.build(arguments, project)
        with build.open() as engine:
            ask = partial(sparql.run, build, timeout=arguments.timeout)
            found = [rehearse.rehearse(path, engine, ask, among) for path in paths]
    if arguments.format == "json":
        shared.say([json.dumps([one.record() for one in found], ensure_ascii=False, indent=2)])
    else:
        shared.say(_lines(found))
    return 1 if any(one.failed for one in found) else 0


def _lines(found: list[Rehearsal]) -> Iterator[str]:
    """Word the findings; the rows and the time where one question was asked for; and how many there are."""
    for one in found:
        yield from map(str, one.findings)
        if len(found) == 1 and one.rows is not None and one.seconds is not None:
            yield f"{one.file}: {shared.many(one.rows, 'row')}{f' in {one.seconds:.1f} s' if one.seconds >= 0.1 else ''}"
    severities = [finding.severity for one in found for finding in one.findings]
    errors, warnings = (severities.count(severity) for severity in ("error", "warning"))
    yield f"{shared.many(len(found), 'question')}: {shared.many(errors, 'error')}, {shared.many(warnings, 'warning')}"
