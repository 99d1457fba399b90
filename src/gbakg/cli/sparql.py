"""`gbakg sparql`: a question of one's own."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from gbakg.cli import answers, shared, stores
from gbakg.errors import BadParameter, MissingFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO


def sparql(parser: argparse.ArgumentParser, given: Sequence[str]) -> None:
    """Add the options of `gbakg sparql`."""
    parser.epilog = (
        "examples:\n  gbakg sparql 'SELECT ?city WHERE { ?city a gba:City } ORDER BY ?city'\n"
        "  gbakg sparql my-question.rq --format csv\n  echo 'ASK { ?x a gba:Expo }' | gbakg sparql -\n\n"
        "The project's prefixes need no declaration.  Updates, SERVICE and FROM are refused."
    )
    parser.add_argument("query", metavar="FILE|-|QUERY", help="a file, - for stdin, or the query itself")
    parser.add_argument("--timeout", type=shared.seconds, metavar="SECONDS", help="stop after this time (default 60)")
    stores.endpoints(parser)
    answers.add_options(parser)
    parser.set_defaults(act=_sparql)


def _sparql(arguments: argparse.Namespace) -> int:
    from gbakg import sparql
    from gbakg.settings import setting

    text = _text(arguments.query)
    sparql.check(text)  # before a build is made for nothing
    seconds = arguments.timeout or _setting_seconds(setting("timeout")) or sparql.TIMEOUT
    there = stores.endpoint(arguments, seconds)
    if there is not None:
        with there:
            answers.write(sparql.ask(there, text), arguments, there, partial(answers.absent, there, text))
        return 0
    build = shared.build(arguments, opened=arguments.cite)
    found = sparql.run(build, text, seconds)
    if arguments.cite:
        with build.open() as engine:
            answers.write(found, arguments, engine, partial(answers.absent, engine, text))
    else:
        answers.write(found, arguments, None, partial(answers.absent, build, text))
    return 0


def _setting_seconds(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return shared.seconds(text)
    except argparse.ArgumentTypeError as error:
        raise BadParameter("timeout", "seconds above 0", text) from error


def _text(given: str) -> str:
    """Return the query that an argument names or is."""
    if not given.strip():
        raise BadParameter("query", "a file, - or a query in quotes", given)
    try:
        if given == "-":
            if sys.stdin is None:
                raise MissingFile("stdin", "is closed; write a file, or a query in quotes")
            return _decoded(given, sys.stdin.buffer)
        if any(mark in given for mark in "{\n"):
            return given
        with Path(given).open("rb") as file:
            return _decoded(given, file)
    except UnicodeDecodeError as error:
        raise MissingFile(given, "is not UTF-8; save the query as UTF-8") from error
    except OSError as error:
        if " " in given.strip():
            return given
        raise MissingFile(given, f"cannot be read: {error.strerror}; write a file, - or a query in quotes") from error


def _decoded(name: str, file: IO[bytes]) -> str:
    """Read a query, and no more than a query can be: what never ends, such as /dev/zero, is none."""
    raw = file.read(_LONGEST + 1)
    if len(raw) > _LONGEST:
        raise MissingFile(name, f"is longer than {_LONGEST:,} bytes; give a query, not data")
    return raw.decode("utf-8")


_LONGEST = 10_000_000
