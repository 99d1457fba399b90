"""`gbakg query`: the saved questions."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from functools import partial

from gbakg.cli import actions, answers, columns, shared, stores
from gbakg.cli.rehearse import add_check

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gbakg.engine import Engine
    from gbakg.query import Catalog, Query

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
    parser.add_argument(
        "--format", choices=answers.ROWS, default="table", metavar="FORMAT", help=", ".join(answers.ROWS)
    )
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
    answers.add_options(parser)
    parser.set_defaults(act=_run)


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
            answers.write(
                saved.run(there, values, arguments.limit), arguments, there, partial(answers.absent, there, saved.text)
            )
        return 0
    if build is None:
        raise TypeError("neither a store nor a build")
    with build.open() as embedded:
        engine: Engine = embedded
        if arguments.engine == "rdflib":
            from gbakg.engine import Rdflib

            engine = Rdflib.of(embedded.triples())
        found = saved.run(engine, values, arguments.limit)
        answers.write(found, arguments, engine, partial(answers.absent, engine, saved.text))
    return 0


def _values(given: Sequence[str]) -> dict[str, str]:
    if not given:
        return {}
    from gbakg.query import pairs

    return pairs(given)
