"""`gbakg query` and `gbakg sparql`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from gbakg.cli import actions, columns, shared, stores
from gbakg.cli.rehearse import add_check
from gbakg.errors import BadParameter, GbakgError, MissingFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO

    from pyoxigraph import Triple

    from gbakg.engine import Engine
    from gbakg.query import Catalog, Query
    from gbakg.result import Result
    from gbakg.store import Build

ROWS = ("table", "csv", "tsv", "json", "jsonl", "xml", "md")
TRIPLES = ("ttl", "nt", "rdf", "jsonld")
ENGINES = ("oxigraph", "rdflib")


def query(parser: argparse.ArgumentParser, given: Sequence[str]) -> None:
    """Add the actions of `gbakg query`."""
    parser.epilog = (
        "examples:\n  gbakg query list\n  gbakg query show observations\n"
        "  gbakg query run observations --limit 5 --cite\n"
        "  gbakg query run facts --format csv > facts.csv"
    )
    actions(
        parser,
        given,
        list=("list the questions by topic", _add_list),
        show=("show one question: its parameters and its SPARQL", _add_show),
        run=("answer one question", _add_run),
        check=("check questions that you wrote: rules, terms, examples, time", add_check),
    )


def _add_list(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "examples:\n  gbakg query list\n  gbakg query list claims\n  gbakg query list --format csv"
    parser.add_argument("topic", nargs="?", help="only this topic (a folder of queries/) or tag")
    parser.add_argument("--format", choices=ROWS, default="table", metavar="FORMAT", help=", ".join(ROWS))
    parser.set_defaults(act=_list)


def _add_show(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "examples:\n  gbakg query show observations"
    parser.add_argument("name", metavar="NAME", help="as in `gbakg query list`")
    parser.set_defaults(act=_show)


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "examples:\n  gbakg query run mentions --limit 10\n  gbakg query run observations --format csv\n"
        "  gbakg query run facts --cite --limit 3\n\n"
        "A parameter that is an entity takes class/slug, an IRI, or a label in any language."
    )
    parser.add_argument("name", metavar="NAME", help="as in `gbakg query list`")
    parser.add_argument(
        "-p", "--param", action="append", default=[], metavar="KEY=VALUE", help="a parameter; repeatable"
    )
    parser.add_argument(
        "--limit", type=shared.count, metavar="N", help="rows at most; 0 for as many as the query may give"
    )
    parser.add_argument("--engine", choices=ENGINES, default="oxigraph", metavar="NAME", help=" or ".join(ENGINES))
    stores.endpoints(parser)
    _output(parser)
    parser.set_defaults(act=_run)


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
    _output(parser)
    parser.set_defaults(act=_sparql)


def _output(parser: argparse.ArgumentParser) -> None:
    choices = (*ROWS, *TRIPLES)
    parser.add_argument(
        "--format", metavar="FORMAT", choices=choices, help=f"{', '.join(ROWS)}; for triples {', '.join(TRIPLES)}"
    )
    parser.add_argument("--cite", action="store_true", help="add a note for each claim: figure, document, paragraph")
    parser.add_argument("--ids", action="store_true", help="in a table or md, show entities beside their labels, too")


# --- actions -------------------------------------------------------------------------------------------------------


def _catalog(arguments: argparse.Namespace) -> Catalog:
    """Load the saved queries, with what a build knows about them, fresh or not."""
    from gbakg import store
    from gbakg.query import catalog, remembered

    project = shared.project(arguments)
    ready = store.current(project, shared.cache(arguments))
    return catalog(project.queries, remembered(ready.path) if ready is not None else None)


def _list(arguments: argparse.Namespace) -> int:
    from gbakg import tabulate
    from gbakg.errors import UnknownQuery

    chosen = [
        query
        for query in _catalog(arguments)
        if arguments.topic in (None, query.topic) or arguments.topic in query.header.tags
    ]
    if not chosen:
        raise UnknownQuery(arguments.topic or "anything")
    if arguments.format == "table":
        shared.say(_contents(chosen))
        return 0
    from pyoxigraph import Literal

    from gbakg.result import Result

    rows = [
        tuple(
            Literal(text)
            for text in (query.topic, query.name, query.header.summary, _takes(query), " ".join(query.header.tags))
        )
        for query in chosen
    ]
    tabulate.write(Result(("topic", "name", "question", "parameters", "tags"), rows), arguments.format, shared.out())
    return 0


def _contents(chosen: list[Query]) -> Iterator[str]:
    """Word the list as a table of contents."""
    import textwrap

    width = columns() or 120
    indent = min(max(len(query.name) for query in chosen) + 4, 40)
    topic = ""
    for query in chosen:
        if query.topic != topic:
            yield f"{'' if not topic else chr(10)}{query.topic}"
            topic = query.topic
        takes = f" [{_takes(query)}]" if query.header.parameters else ""
        lines = textwrap.wrap(f"{query.header.summary}{takes}", max(width - indent, 30)) or [""]
        name = f"  {query.name}"
        yield f"{name:<{indent}}{lines[0]}" if len(name) < indent else f"{name}\n{' ' * indent}{lines[0]}"
        yield from (f"{' ' * indent}{line}" for line in lines[1:])
    yield f"\n{len(chosen)} question{'' if len(chosen) == 1 else 's'}; `gbakg query show NAME` shows one, `gbakg query run NAME` answers it"


def _takes(query: Query) -> str:
    return " ".join(one.name if one.required else f"{one.name}?" for one in query.header.parameters)


def _show(arguments: argparse.Namespace) -> int:
    query = _catalog(arguments).get(arguments.name)
    header = query.header
    lines = [header.summary, "", f"topic   {query.topic}", f"tags    {', '.join(header.tags)}", f"file    {query.file}"]
    if header.limit.default or header.limit.max:
        parts = [
            f"{number} {what}"
            for what, number in (("by default", header.limit.default), ("at most", header.limit.max))
            if number
        ]
        lines.append(f"rows    {', '.join(parts)}")
    for parameter in header.parameters:
        kind = f"{parameter.type} {parameter.of}".strip()
        more = "required" if parameter.required else "optional"
        if parameter.default is not None:
            default = parameter.default or '""'
            more = f"default {default}"
        example = f", such as {parameter.example}" if parameter.example is not None else ""
        about = f": {parameter.summary}" if parameter.summary else ""
        lines.append(f"-p      {parameter.name} ({kind}, {more}{example}){about}")
    import shlex

    given = "".join(
        f" -p {parameter.name}={shlex.quote(parameter.example)}"
        for parameter in header.parameters
        if parameter.example is not None and parameter.default is None
    )
    body = [line for line in query.text.rstrip().split("\n") if not line.lstrip().startswith("#+")]
    shared.say([*lines, "", f"gbakg query run {query.name}{given}", "", *body])
    return 0


def _run(arguments: argparse.Namespace) -> int:
    values = _values(arguments.param)
    project = shared.project(arguments)
    there = stores.endpoint(arguments)
    build = None if there is not None else shared.build(arguments, project)
    # Imported only now, while the store is being opened.
    from gbakg import result, tabulate  # noqa: F401
    from gbakg.query import get, remembered
    from gbakg.settings import setting

    saved = get(project.queries, arguments.name, None if build is None else remembered(build.path, arguments.name))
    language = setting("lang")
    for parameter in saved.header.parameters:
        if language and parameter.type == "lang" and parameter.name not in values:
            values[parameter.name] = language
    if there is not None:
        with there:
            _print(saved.run(there, values, arguments.limit), arguments, there, partial(_absent, there, saved.text))
        return 0
    if build is None:
        raise TypeError("neither a store nor a build")
    with build.open() as embedded:
        engine: Engine = embedded
        if arguments.engine == "rdflib":
            from gbakg.engine import Rdflib

            engine = Rdflib.of(embedded.triples())
        found = saved.run(engine, values, arguments.limit)
        _print(found, arguments, engine, partial(_absent, engine, saved.text))
    return 0


def _absent(engine: Engine | Build, text: str) -> list[str]:
    """Say what a query without an answer names that is not in the graph; a store that fails meanwhile has answered."""
    from gbakg import absent
    from gbakg.store import Build

    with suppress(GbakgError):
        if isinstance(engine, Build):
            with engine.open() as opened:
                return absent.absent(opened, text)
        return absent.absent(engine, text)
    return []


def _values(given: Sequence[str]) -> dict[str, str]:
    if not given:
        return {}
    from gbakg.query import pairs

    return pairs(given)


def _sparql(arguments: argparse.Namespace) -> int:
    from gbakg import sparql
    from gbakg.settings import setting

    text = _text(arguments.query)
    sparql.check(text)  # before a build is made for nothing
    seconds = arguments.timeout or _setting_seconds(setting("timeout")) or sparql.TIMEOUT
    there = stores.endpoint(arguments, seconds)
    if there is not None:
        with there:
            _print(sparql.ask(there, text), arguments, there, partial(_absent, there, text))
        return 0
    build = shared.build(arguments, opened=arguments.cite)
    found = sparql.run(build, text, seconds)
    if arguments.cite:
        with build.open() as engine:
            _print(found, arguments, engine, partial(_absent, engine, text))
    else:
        _print(found, arguments, None, partial(_absent, build, text))
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


# --- output --------------------------------------------------------------------------------------------------------


def _print(
    found: Result | bool | Iterator[Triple],
    arguments: argparse.Namespace,
    engine: Engine | None,
    absent: Callable[[], list[str]],
) -> None:
    """Write an answer; `absent` says why there may be none."""
    from gbakg.result import Result
    from gbakg.settings import setting

    form = arguments.format or setting("format")
    if isinstance(found, bool):
        from gbakg import tabulate

        shared.say([tabulate.boolean(found, form or "table")])
        for line in [] if found else absent():
            shared.tell(f"false: {line}")
    elif isinstance(found, Result):
        if not _rows(found, form or "table", arguments.cite, arguments.ids, engine):
            silent = ["the documents do not say"] if form in (None, "table", "md") else []
            for line in absent() or silent:
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
