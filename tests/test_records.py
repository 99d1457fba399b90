"""Records: what a file of comma-separated values holds under its header, and what its cells are."""

from __future__ import annotations

from pathlib import Path

import pytest

from gbakg import cells, records
from gbakg.errors import Problem, TableError

COLUMNS = {"key": cells.key, "about": cells.entities, "count": cells.natural}


def read(path: Path, text: str) -> tuple[list[tuple[int, list[str]]], list[Problem]]:
    path.write_text(text, encoding="utf-8", newline="")
    problems: list[Problem] = []
    return list(records.read(path, tuple(COLUMNS), problems)), problems


def test_a_record_keeps_its_number(tmp_path: Path) -> None:
    """A line feed inside quotes and a blank line count as a spreadsheet counts them."""
    found, problems = read(tmp_path / "a.csv", 'key,about,count\n"a\nb",,1\n\nc,,2\n')
    assert [(2, ["a\nb", "", "1"]), (4, ["c", "", "2"])] == found
    assert [] == problems


def test_another_header_is_refused_before_any_record(tmp_path: Path) -> None:
    """Cells under names that are not known mean nothing."""
    with pytest.raises(TableError, match="row 1: unknown column `abuot`; did you mean `about`"):
        read(tmp_path / "a.csv", "key,abuot,count\na,,1\n")


def test_every_cell_that_is_wrong_is_told() -> None:
    """Where one is, there are no values; an empty one is an unknown, unless it is required."""
    problems: list[Problem] = []
    assert {"key": "a", "about": (), "count": None} == records.parse(
        ["a", "", ""], COLUMNS, {"key"}, "a.csv", 2, problems
    )
    assert records.parse(["", "amber", "-1"], COLUMNS, {"key"}, "a.csv", 3, problems) is None
    assert [(3, "key"), (3, "about"), (3, "count")] == [(problem.row, problem.column) for problem in problems]
