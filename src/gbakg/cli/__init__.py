"""The command line: one file for each group of commands, each imported only when it is called."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module

from gbakg.errors import BadCommand, GbakgError
from gbakg.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn, TextIO

COMMANDS = {
    "build": ("build", "populate, validate, reason and store the graph"),
    "check": ("build", "validate the project's or your own data, storing nothing"),
    "query": ("query", "list, show and run the saved questions"),
    "sparql": ("sparql", "answer SPARQL of your own, read-only"),
    "find": ("names", "find entities by name, in any language"),
    "cite": ("names", "say where a claim or an entity is stated"),
    "explain": ("explain", "prove a triple: by which rules it follows, and who states what it rests on"),
    "export": ("export", "write the graph, a document or an answer to a file"),
    "push": ("push", "put the graph into a triple store, and compare what arrived"),
    "doctor": ("doctor", "find out what a triple store is, may do, and would do wrong"),
    "document": ("document", "hold claims against the texts, find figures without a claim"),
}
"""Command: the module below `gbakg.cli` that has `<command>(parser)` and what it does, in the order of the help."""


class Parser(argparse.ArgumentParser):
    """A parser whose errors look like all the others, and that knows what was meant."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one line, and how to see what is right."""
        raise BadCommand(f"{message}; see `{self.prog} --help`")


class Formatter(argparse.RawDescriptionHelpFormatter):
    """Asks the terminal itself how wide it is: argparse, which asks at every option, would import shutil for that."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=(columns() or 80) - 2)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    given = list(sys.argv[1:] if argv is None else argv)
    debug = "--debug" in given
    try:
        code = _run(given)
        if sys.stdout is not None:
            sys.stdout.flush()
        return code
    except SystemExit as exit_:  # argparse, after --help and --version
        return exit_.code if isinstance(exit_.code, int) else 0
    except BrokenPipeError:
        # Nobody reads on.  What is still buffered must not fail at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("gbakg: interrupted", file=sys.stderr)
        return 130
    except GbakgError as error:
        if debug:
            raise
        for line in error.lines:
            print(f"gbakg: {line}", file=sys.stderr)
        return error.exit_code
    except OSError as error:
        if debug:
            raise
        print(f"gbakg: {error.filename or 'output'}: {error.strerror or error}", file=sys.stderr)
        return 3
    except Exception as error:  # the last resort: no traceback without --debug
        if debug:
            raise
        line = " ".join(str(error).split())
        print(f"gbakg: internal error: {type(error).__name__}: {line}; --debug shows where", file=sys.stderr)
        return 1


def _run(given: list[str]) -> int:
    name = _command(given)
    if name is None:
        arguments = _root().parse_args(given)
        from gbakg.cli import greet

        return greet.greet(arguments)
    if name not in COMMANDS:
        raise BadCommand(f"gbakg has no command {name!r}; {_meant('gbakg', name, COMMANDS)}")
    # Only the parser of the command that was called is made: each costs a millisecond or two.
    given.remove(name)
    module, help_ = COMMANDS[name]
    parser = Parser(prog=f"gbakg {name}", description=f"{help_[0].upper()}{help_[1:]}.", **STYLE)
    getattr(import_module(f"gbakg.cli.{module}"), name)(parser, given)
    arguments = parser.parse_args(given)
    return int(arguments.act(arguments))


def actions(
    parser: argparse.ArgumentParser, given: Sequence[str], **made: tuple[str, Callable[[argparse.ArgumentParser], None]]
) -> None:
    """Add the actions of a command: for each its help, and what adds its options, called for the one that is given."""
    subparsers = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    chosen = _command(given)
    if chosen is not None and chosen not in made:
        raise BadCommand(f"{parser.prog} has no action {chosen!r}; {_meant(parser.prog, chosen, made)}")
    for name, (help_, add) in made.items():
        if name == chosen:
            add(subparsers.add_parser(name, help=help_, description=f"{help_[0].upper()}{help_[1:]}.", **STYLE))
        else:
            subparsers.add_parser(name, help=help_, add_help=False)


def columns(stream: TextIO | None = None) -> int | None:
    """Return the width to fit tables to: COLUMNS, or that of the terminal that a stream (stdout) goes to, else None."""
    wanted = os.environ.get("COLUMNS", "")
    if wanted.isascii() and wanted.isdecimal() and int(wanted):
        return int(wanted)
    asked = sys.stdout if stream is None else stream
    if asked is None:  # it is closed
        return None
    try:
        return os.get_terminal_size(asked.fileno()).columns
    except (OSError, ValueError):
        return None


def _meant(before: str, word: str, among: Iterable[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word, list(among), n=1, cutoff=0.5)
    return f"did you mean `{before} {near[0]}`?" if near else f"`{before} --help` lists them"


def _common() -> Parser:
    """Return the options that every command takes, before or after its name."""
    parser = Parser(add_help=False)
    group = parser.add_argument_group("options for every command")
    hide = argparse.SUPPRESS
    group.add_argument("--home", metavar="DIR", default=hide, help="the folder of ontology/, data/ and queries/")
    group.add_argument(
        "--cache", metavar="DIR", default=hide, help="the folder for builds (default: your cache folder)"
    )
    group.add_argument("--debug", action="store_true", default=hide, help="show tracebacks")
    return parser


def _root() -> Parser:
    listed = "\n".join(f"  {name:<10} {help_}" for name, (_, help_) in COMMANDS.items())
    parser = Parser(
        prog="gbakg",
        usage="gbakg [COMMAND] [options]",
        description=f"{ABOUT}\n\ncommands:\n{listed}\n\n`gbakg COMMAND --help` says more about one.",
        epilog=EPILOG,
        **STYLE,
    )
    parser.add_argument("--version", action="version", version=f"gbakg {__version__}")
    return parser


def _command(given: Sequence[str]) -> str | None:
    """Return the first word that is neither an option nor an option's value."""
    words = iter(given)
    for word in words:
        if word in ("--home", "--cache"):
            next(words, None)
        elif not word.startswith("-"):
            return word
    return None


ABOUT = "A knowledge graph of the Greater Bay Area in which every figure is a claim, cited and checked."

EPILOG = """examples:
  gbakg                              what is in the graph, and what to type next
  gbakg query list                   the questions that it answers
  gbakg find Shenzhen                entities by name
  gbakg cite region/shenzhen         everything that is stated about one
  gbakg export graph.ttl             the whole graph as Turtle

exit codes: 0 done; 1 a check failed; 2 usage or a bad parameter; 3 unreadable input; 4 network or timeout;
5 a push arrived incomplete; 130 interrupted.  Settings: a flag, then GBAKG_HOME, GBAKG_CACHE, ..., then gbakg.toml."""

STYLE: dict[str, Any] = {"formatter_class": Formatter, "parents": [_common()]}
