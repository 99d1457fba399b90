"""`gbakg document verify` and `gbakg document coverage`."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from gbakg.cli import actions, shared
from gbakg.errors import InputError, MissingFile

if TYPE_CHECKING:
    from gbakg.sources import Project
    from gbakg.texts import Described


def document(parser: argparse.ArgumentParser, given: Sequence[str]) -> None:
    """Add the actions of `gbakg document`."""
    parser.epilog = "examples:\n  gbakg document verify texts/*.txt\n  gbakg document coverage texts/*.txt"
    actions(
        parser,
        given,
        verify=("hold every claim against the text, to the character", _add_verify),
        coverage=("find the numbers that no claim covers", _add_coverage),
    )


def _add_verify(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "examples:\n  gbakg document verify texts/*.txt\n  gbakg document verify texts/\n\n"
        "A text is recognised by its SHA-256, or else by its file name and then reported as damaged.\n"
        "Exit code 1: a mismatch, or a file that is no document's text.  3: a file that cannot be read."
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="texts of documents; a folder means its files")
    parser.set_defaults(act=_verify)


def _add_coverage(parser: argparse.ArgumentParser) -> None:
    from gbakg.coverage import REASONS

    reasons = "\n".join(f"  {name:<20} {meaning}" for name, meaning in REASONS.items())
    parser.epilog = (
        "examples:\n  gbakg document coverage texts/*.txt\n  gbakg document coverage texts/\n\n"
        "Numbers are runs of digits and number words.  A number without a claim needs a row in the document's\n"
        f"exempt.csv (paragraph,start,end,figure,reason), its reason one of:\n{reasons}\n"
        "Exit code 1: an uncovered number, or an exemption that does not fit.  3: a file that cannot be read."
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="texts of documents; a folder means its files")
    parser.set_defaults(act=_coverage)


class _Checked(Protocol):
    """What came of one file."""

    @property
    def lines(self) -> Iterator[str]: ...

    @property
    def document(self) -> str: ...


_Found = TypeVar("_Found", bound=_Checked)


def _verify(arguments: argparse.Namespace) -> int:
    from gbakg.verify import verify

    return _each(arguments, verify, lambda one: one.holds)


def _coverage(arguments: argparse.Namespace) -> int:
    from gbakg.coverage import cover

    return _each(arguments, cover, lambda one: one.complete)


def _each(
    arguments: argparse.Namespace,
    act: Callable[[Path, list[Described], Project], _Found],
    good: Callable[[_Found], bool],
) -> int:
    """Check file after file, print what came of each, and return the worst exit code."""
    from gbakg.texts import described

    project = shared.project(arguments)
    known = described(project)
    code = 0
    seen: set[str] = set()
    for path in _files(arguments.files):
        try:
            found = act(path, known, project)
        except InputError as error:
            for line in error.lines:
                shared.tell(f"gbakg: {line}")
            code = 3
            continue
        shared.say(found.lines)
        seen.add(found.document)
        if not good(found):
            code = max(code, 1)
    left = [one.slug for one in known if one.slug not in seen]
    if left:
        shared.tell(f"no text was given for {', '.join(left)}")
    return code


def _files(given: Sequence[str]) -> Iterator[Path]:
    for name in given:
        path = Path(name)
        if not name:
            raise MissingFile("''", "names no file; give the texts of documents")
        if path.is_dir():
            files = sorted(one for one in path.iterdir() if one.is_file() and not one.name.startswith("."))
            if not files:
                raise MissingFile(name, "is a folder without files; give the texts of documents")
            yield from files
        else:
            yield path
