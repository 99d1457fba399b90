"""Tables: typed rows, and for every way to break a table one clear line with file and row."""

from __future__ import annotations

import csv
import tracemalloc
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gbakg import records, tables
from gbakg.errors import EncodingError, InputError, MissingFile, TableError
from gbakg.tables import Fact, Mention, Observation

FOLDER = Path(__file__).parent / "fixtures" / "project" / "data" / "documents" / "harbour-gazette"
HEADER = ",".join(tables.COLUMNS["mentions"])
ROW = "amber,1,0,10,Port Amber,region/port-amber,stated"


def write(folder: Path, text: str | bytes, name: str = "mentions.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def lines(path: Path) -> tuple[str, ...]:
    with pytest.raises(InputError) as caught:
        list(tables.read(path, Mention))
    assert caught.value.exit_code == 3
    return tuple(line.removeprefix(str(path)) for line in caught.value.lines)


def test_a_row_is_typed_and_knows_its_place() -> None:
    """Numbers, several values and unknowns arrive as what they are."""
    rows = list(tables.observations(FOLDER))
    assert [row.row for row in rows] == [2, 3, 4]
    assert {row.document for row in rows} == {"harbour-gazette"}
    assert (rows[0].lower, rows[0].upper, rows[0].stated_by) == (120, None, ("person/ida-moss",))
    assert rows[1].about == ("region/port-amber", "region/coral-province")
    assert rows[2].value == Decimal("4.5")
    assert rows[2].place == ()


def test_each_table_of_the_fixture_is_read_whole() -> None:
    """As many rows come out as the file has records."""
    for name, kind in (("observations", Observation), ("facts", Fact), ("mentions", Mention)):
        with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            expected = sum(1 for _ in csv.reader(file)) - 1
        assert expected >= 3
        assert len(list(tables.read(FOLDER / f"{name}.csv", kind))) == expected


def test_the_columns_are_those_of_the_design() -> None:
    """The header is a contract with whoever edits tables."""
    assert {name: list(columns) for name, columns in tables.COLUMNS.items()} == {
        "observations": [
            "key",
            "paragraph",
            "figure",
            "start",
            "end",
            "metric",
            "about",
            "place",
            "period_start",
            "period_end",
            "period_basis",
            "temporality",
            "unit",
            "bound",
            "value",
            "lower",
            "upper",
            "resolution",
            "denominator",
            "stated_by",
            "according_to",
            "status",
            "note",
        ],
        "facts": [
            "key",
            "paragraph",
            "figure",
            "start",
            "end",
            "subject",
            "predicate",
            "object",
            "literal",
            "datatype",
            "period_start",
            "period_end",
            "period_basis",
            "stated_by",
            "according_to",
            "status",
            "note",
        ],
        "mentions": ["key", "paragraph", "start", "end", "surface", "entity", "basis"],
    }


def test_a_document_without_a_table_has_no_rows(tmp_path: Path) -> None:
    """A missing table says nothing."""
    assert list(tables.facts(tmp_path)) == []


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (f"\ufeff{HEADER}\n{ROW}\n", (", row 1: begins with a byte order mark (BOM); save it as UTF-8 without one",)),
        (
            f"{HEADER}\n{ROW}\n".encode("utf-16"),
            (", row 1: is UTF-16; save it as UTF-8 without a byte order mark",),
        ),
        (
            f"{HEADER}\n{ROW}\nb,1,0,1,caf\xe9,region/a,stated\n".encode("latin-1"),
            (", line 3: byte 0xe9 at position 12 is not UTF-8; save the file as UTF-8",),
        ),
        (
            HEADER.replace("surface", "surfcae") + f"\n{ROW}\n",
            (", row 1: unknown column `surfcae`; did you mean `surface`?",),
        ),
        (
            HEADER.replace(",basis", "") + f"\n{ROW}\n",
            (f", row 1: column basis is missing; write {HEADER}",),
        ),
        (
            HEADER.replace("start,end", "end,start") + f"\n{ROW}\n",
            (f", row 1: the columns are not in order, or one stands twice; write {HEADER}",),
        ),
        (
            HEADER.replace(",", ";") + "\n",
            (", row 1: the cells are not separated by commas; export the table with commas",),
        ),
        (f"{HEADER}\n{ROW},more\n", (", row 2: 8 cells instead of 7; a cell with a comma in it needs quotes",)),
        (f"{HEADER}\n{ROW}\nb,1,0\n", (", row 3: 3 cells instead of 7; commas keep empty cells",)),
        (
            f"{HEADER}\n{ROW}\n{ROW}\n",
            (", row 3, column key: `amber` is used twice in paragraph 1; choose another key",),
        ),
        (
            f"{HEADER}\n,1,0,1,x,region/a,stated\n",
            (", row 2, column key: is empty; every row needs it",),
        ),
        (
            f"{HEADER}\na,zero,0,1,x,region/a,stated\nb,1,-1,1,x,region/a,stated\n",
            (
                ", row 2, column paragraph: `zero` is not a whole number from 0; write digits only, such as 120",
                ", row 3, column start: `-1` is not a whole number from 0; write digits only, such as 120",
            ),
        ),
        (
            f'{HEADER}\n{ROW}\nb,1,0,1,"x,region/a,stated\n',
            (", row 3: not a table as RFC 4180 has it (unexpected end of data); look for a quote that is not closed",),
        ),
        ("", (f", row 1: is empty; its first row has to be {HEADER}",)),
    ],
)
def test_a_broken_table_gets_one_line_for_each_problem(
    tmp_path: Path, content: str | bytes, expected: tuple[str, ...]
) -> None:
    """File, row or line, column, what was found, and what to do."""
    assert lines(write(tmp_path, content)) == expected


def test_each_kind_of_error_has_its_class(tmp_path: Path) -> None:
    """Encoding, structure and absence can be told apart."""
    with pytest.raises(EncodingError):
        list(tables.read(write(tmp_path, f"\ufeff{HEADER}\n"), Mention))
    with pytest.raises(TableError):
        list(tables.read(write(tmp_path, "a,b\n"), Mention))
    with pytest.raises(MissingFile, match="No such file"):
        list(tables.read(tmp_path / "none.csv", Mention))
    (tmp_path / "facts.csv").mkdir()
    with pytest.raises(MissingFile, match="Is a directory"):
        list(tables.facts(tmp_path))


def test_good_rows_are_given_before_the_problems_of_bad_ones(tmp_path: Path) -> None:
    """A table is read as a stream to its end, so that all its problems are told at once."""
    path = write(tmp_path, f"{HEADER}\na,0,0,1,x,region/a,stated\n{ROW}\nb,0,0,1,x,region/a,stated\n")
    rows = tables.read(path, Mention)
    assert next(rows).key == "amber"
    with pytest.raises(TableError) as caught:
        next(rows)
    assert [problem.row for problem in caught.value.problems] == [2, 4]


def test_a_thousand_problems_are_cut_short(tmp_path: Path) -> None:
    """The screen stays readable; the number of the others is told."""
    path = write(tmp_path, f"{HEADER}\n" + "a,0,0,1,x,region/a,stated\n" * 1000)
    found = lines(path)
    assert len(found) == tables.MOST_PROBLEMS + 1
    assert found[-1] == ": 900 more problems of this kind are not shown"


def test_carriage_returns_and_blank_lines_do_no_harm(tmp_path: Path) -> None:
    """Spreadsheets write both; the row number stays that of the spreadsheet."""
    path = write(tmp_path, f"{HEADER}\r\n\r\n{ROW}\r\n")
    assert [row.row for row in tables.read(path, Mention)] == [3]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("2024-01-01", "2024-02-30", "row 2, column period_start: `2024-02-30` is not a date of the calendar"),
        (",120,", ',"1,000",', "row 2, column lower: `1,000` is not written canonically; write 1000"),
        (",120,", ",120.0,", "row 2, column lower: `120.0` is not written canonically; write 120"),
        (",MoreThan,", ",gba:MoreThan,", "row 2, column bound: `gba:MoreThan` is not the local name"),
        (",unit/percent,", ",percent,", "row 4, column unit: `percent` is not an entity; write class/slug"),
    ],
)
def test_a_cell_that_does_not_parse_names_its_column(
    edit: Callable[[str, str, str], Path], old: str, new: str, expected: str
) -> None:
    """The column is in the line, and so is what to write instead."""
    path = edit("data/documents/harbour-gazette/observations.csv", old, new)
    with pytest.raises(TableError) as caught:
        list(tables.observations(path.parent))
    assert len(caught.value.lines) == 1
    assert expected in caught.value.lines[0]


# --- streams ---------------------------------------------------------------------------------------------------------


def test_a_row_in_the_middle_of_a_long_table_is_reported(tmp_path: Path) -> None:
    """All other rows are given, as they are, and empty cells are empty however many others came before."""
    count, broken = 30_000, 12_345
    text = "".join(
        f"k{number},{1 + number % 7},{number},{number + 1},word {number},{'region/port-amber|' * (number % 2)}region/a,\n"
        for number in range(count)
    )
    text = text.replace(f"\nk{broken},{1 + broken % 7},{broken},", f"\nk{broken},{1 + broken % 7},x{broken},")
    rows: list[Mention] = []
    with pytest.raises(TableError) as caught:
        rows += tables.read(write(tmp_path, f"{HEADER}\n{text}"), Mention)
    assert [(broken + 2, "start")] == [(problem.row, problem.column) for problem in caught.value.problems]
    assert [
        (f"k{n}", n, f"word {n}", ("region/port-amber", "region/a") if n % 2 else ("region/a",), None)
        for n in range(count)
        if n != broken
    ] == [(row.key, row.start, row.surface, row.entity, row.basis) for row in rows]


def test_problems_of_every_row_take_no_memory_beyond_those_shown(tmp_path: Path) -> None:
    """A table in which nothing is right is as cheap as one in which everything is."""
    path = write(tmp_path, f"{HEADER}\n" + "a,0,0,1,x,region/a,stated\n" * 20_000)
    tracemalloc.start()
    try:
        found = lines(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert ": 19900 more problems of this kind are not shown" == found[-1]
    assert peak < 1_000_000


def test_a_table_is_read_in_bounded_memory(tmp_path: Path) -> None:
    """What grows with a table are the keys that were seen: 200 bytes a row are not reached."""
    path = tmp_path / "mentions.csv"
    sizes = {}
    for count in (10_000, 40_000):
        with path.open("w", encoding="utf-8") as file:
            file.write(f"{HEADER}\n")
            file.writelines(f"k{n},{1 + n // 20},{n},{n + 1},word {n},region/r{n},stated\n" for n in range(count))
        tracemalloc.start()
        try:
            assert count == sum(1 for _ in tables.read(path, Mention))
            sizes[count] = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert sizes[40_000] - sizes[10_000] < 200 * 30_000


CELLS = st.one_of(
    st.sampled_from(["", "a", "a-1", "p7", "1", "0", "007", "region/a", "region/a|region/b", "x y", "\x00", "a\tb"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=4),
)


@given(st.lists(st.lists(CELLS, min_size=6, max_size=8), max_size=6))
def test_rows_read_quickly_are_those_read_cell_by_cell(rows: list[list[str]]) -> None:
    """The reader that remembers cells, and the one that words every problem, agree on what is right and what it is."""
    columns = tables.COLUMNS["mentions"]
    convert = tables._converter(columns)
    for record in rows:
        slowly = records.parse(record, columns, {"key", "paragraph"}, "a.csv", 2, [])
        try:
            quickly = convert(record)
        except ValueError:
            assert slowly is None
        else:
            assert slowly is not None
            assert list(slowly.values()) == quickly
