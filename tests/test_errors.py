"""Errors: the tree, its exit codes, and messages of one line each."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gbakg import errors
from gbakg.errors import CheckFailed, EncodingError, GbakgError, InputError, Problem, TableError, TurtleError


def tree() -> dict[str, type[GbakgError]]:
    found: dict[str, type[GbakgError]] = {}
    waiting: list[type[GbakgError]] = [GbakgError]
    while waiting:
        kind = waiting.pop()
        found[kind.__name__] = kind
        waiting.extend(kind.__subclasses__())
    return {name: kind for name, kind in found.items() if kind.__module__ == "gbakg.errors"}


def test_the_drawing_shows_every_class_below_its_parent() -> None:
    """The tree at the top of the file is the tree of the classes."""
    drawn = {}
    parents: dict[int, str] = {}
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"    ((?:│   |    )*(?:[├└]── )?)([A-Z]\w+)", line)
        if match:
            depth = len(match[1]) // 4
            parents[depth] = match[2]
            drawn[match[2]] = parents[depth - 1] if depth else "Exception"
    assert {name: kind.__bases__[0].__name__ for name, kind in tree().items()} == drawn


@pytest.mark.parametrize(
    ("family", "code"),
    [("CheckFailed", 1), ("UsageError", 2), ("InputError", 3), ("CacheError", 3), ("NetworkError", 4)],
)
def test_a_family_shares_its_exit_code(family: str, code: int) -> None:
    """The exit code follows from the branch of the tree."""
    kinds = [kind for kind in tree().values() if issubclass(kind, tree()[family])]
    assert kinds
    assert {kind.exit_code for kind in kinds} == {code}


def test_a_problem_is_one_line_with_file_row_and_column() -> None:
    """Line breaks inside a message do not break the line."""
    problem = Problem("facts.csv", "found\nthis", row=4, column="object")
    assert str(problem) == "facts.csv, row 4, column object: found this"
    assert str(Problem("a.ttl", "wrong", row=7, place="line")) == "a.ttl, line 7: wrong"
    assert str(Problem("", "wrong")) == "wrong"


def test_what_a_problem_quotes_does_not_reach_the_terminal() -> None:
    """Neither its commands nor the marks that turn the writing round; letters of any script do."""
    problem = Problem("a.csv", "`\x1b[31m\u202e知識\0` is not a number")
    assert "a.csv: `\\u001B[31m\\u202E知識\\u0000` is not a number" == str(problem)
    assert ("nothing is named \\u009B",) == GbakgError("nothing is named \x9b").lines


def test_what_a_problem_quotes_may_be_long() -> None:
    """The place and what to do are seen all the same."""
    problem = Problem("a.csv", f"`{'9' * 100_000}` has more than 18 digits; round it")
    assert f"a.csv: `{'9' * 100}...` has more than 18 digits; round it" == str(problem)
    assert 2010 > len(str(Problem("a.csv", "x" * 100_000)))


def test_several_problems_are_as_many_lines() -> None:
    """An error that carries problems prints each on its own line."""
    problems = [Problem("a.csv", "one", 2), Problem("a.csv", "two", 3)]
    assert TableError(problems).lines == ("a.csv, row 2: one", "a.csv, row 3: two")
    assert CheckFailed(problems, "do something").lines[-1] == "do something"
    assert isinstance(EncodingError(problems), InputError)


def test_a_path_inside_the_working_folder_is_shown_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message names a file as a person would type it."""
    monkeypatch.chdir(tmp_path)
    assert errors.shown(tmp_path / "data" / "a.ttl") == str(Path("data") / "a.ttl")
    assert errors.shown(tmp_path.parent / "a.ttl") == str(tmp_path.parent / "a.ttl")
    assert TurtleError(tmp_path / "a.ttl", "no dot", 3).lines == ("a.ttl, line 3: not valid Turtle: no dot",)
