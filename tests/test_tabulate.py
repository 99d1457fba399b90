"""Answers in every format."""

from __future__ import annotations

import csv
import io
import json
from xml.etree import ElementTree

import pyoxigraph
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, QueryResultsFormat

from gbakg import tabulate, terms
from gbakg.engine import Term
from gbakg.errors import BadParameter
from gbakg.result import Result

ROWS: list[tuple[Term | None, ...]] = [
    (terms.expand("region/port-amber"), Literal("=1+1"), terms.literal("41.4", "decimal")),
    (None, Literal('深圳, "a"\n|b', language="zh-hans"), terms.literal("7", "integer")),
    (NamedNode("http://e/x"), Literal("-5%"), terms.literal("2024-01-01", "date")),
]


def written(form: str, rows: list[tuple[Term | None, ...]] = ROWS, width: int | None = None) -> str:
    sink = io.BytesIO()
    tabulate.write(Result(("a", "b", "c"), rows), form, sink, width)
    return sink.getvalue().decode()


def test_table_is_aligned() -> None:
    """Columns begin at the same place on every line, wide characters counted as two."""
    lines = written("table").splitlines()
    assert "a".ljust(19) + "b".ljust(14) + "c" == lines[0]
    assert "region/port-amber".ljust(19) + "=1+1".ljust(14) + "41.4" == lines[2]
    assert " " * 19 + '深圳, "a" |b' + "  7" == lines[3]


def test_numbers_are_aligned_right() -> None:
    """A column of nothing but numbers has its digits below each other."""
    rows = [(terms.literal(text, "integer"),) for text in ("7", "1400")]
    sink = io.BytesIO()
    tabulate.write(Result(("n",), rows), "table", sink)
    assert ["   n", "----", "   7", "1400"] == sink.getvalue().decode().splitlines()


def test_table_fits_the_terminal() -> None:
    """No line is wider than the terminal, and what is cut says so."""
    lines = written("table", width=42).splitlines()
    assert max(map(tabulate.cells, lines)) <= 42
    assert any("…" in line for line in lines)


def test_a_table_that_does_not_fit_is_written_row_by_row() -> None:
    """Where cutting would leave nothing to read, a row is a paragraph of its cells, without the empty ones."""
    paragraphs = written("table", width=30).split("\n\n")
    assert ["a  region/port-amber", "b  =1+1", "c  41.4"] == paragraphs[0].splitlines()
    assert ['b  深圳, "a" |b', "c  7"] == paragraphs[1].splitlines()
    assert len(paragraphs) == 3


def test_csv_is_harmless_in_spreadsheets() -> None:
    """Texts that a spreadsheet would run get an apostrophe; numbers and percentages do not."""
    rows = list(csv.reader(io.StringIO(written("csv"), newline="")))
    assert ["a", "b", "c"] == rows[0]
    assert ["https://w3id.org/gbakg/id/region/port-amber", "'=1+1", "41.4"] == rows[1]
    assert ["", '深圳, "a"\n|b', "7"] == rows[2]
    assert ["http://e/x", "-5%", "2024-01-01"] == rows[3]
    assert "\r" not in written("csv")


def test_jsonl_has_plain_values() -> None:
    """One object for each row: numbers as numbers, unknown as null."""
    objects = [json.loads(line) for line in written("jsonl").splitlines()]
    assert {"a": None, "b": '深圳, "a"\n|b', "c": 7} == objects[1]
    assert 41.4 == objects[0]["c"]


def test_long_decimals_stay_exact_in_jsonl() -> None:
    """A decimal that no JSON reader keeps is a text."""
    row = (None, None, terms.literal("0.1234567890123456789", "decimal"))
    assert "0.1234567890123456789" == json.loads(written("jsonl", [row]))["c"]


def test_md_escapes_its_marks() -> None:
    """A bar inside a cell does not end it."""
    assert '|  | 深圳, "a" \\|b | 7 |' == written("md").splitlines()[3]


@pytest.mark.parametrize(
    ("form", "kind"),
    [("json", QueryResultsFormat.JSON), ("xml", QueryResultsFormat.XML), ("tsv", QueryResultsFormat.TSV)],
)
def test_standard_formats_read_back(form: str, kind: QueryResultsFormat) -> None:
    """The SPARQL 1.1 formats give back the same terms (TSV with its apostrophe)."""
    rows: list[tuple[Term | None, ...]] = [*ROWS[1:], (BlankNode("x"), None, None)]
    found = pyoxigraph.parse_query_results(written(form, rows).encode(), format=kind)
    assert isinstance(found, pyoxigraph.QuerySolutions)
    assert ["a", "b", "c"] == [variable.value for variable in found.variables]
    assert rows == [tuple(row) for row in found]


@pytest.mark.parametrize("form", tabulate.FORMATS)
def test_no_rows(form: str) -> None:
    """An empty answer is an answer in every format."""
    found = written(form, [])
    assert form == "jsonl" or ("a" in found and found.endswith("\n"))


@given(st.lists(st.tuples(st.text(), st.text()), max_size=4))
def test_csv_gives_back_every_text(rows: list[tuple[str, str]]) -> None:
    """Whatever is in a cell, the table has as many rows and columns as the answer."""
    lines = "".join(tabulate.table(("x", "y"), rows))
    assert [["x", "y"], *map(list, rows)] == list(csv.reader(io.StringIO(lines, newline="")))


@given(st.text())
def test_nothing_commands_the_terminal(text: str) -> None:
    """No control character gets through to a table."""
    shown = tabulate.visible(text)
    assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in shown)


def test_a_result_is_read_twice() -> None:
    """Rows are kept, and the limit is told once they are all read."""
    result = Result(("n",), iter([(terms.literal(str(n), "integer"),) for n in range(5)]), limit=3)
    assert [{"n": 0}, {"n": 1}, {"n": 2}] == list(result)
    assert 3 == len(result) == len(list(result))
    assert result.cut


def test_a_row_without_a_cell_is_a_row() -> None:
    """Leaving out empty columns leaves out no rows: the answer has one, and is not called empty."""
    assert [()] == tabulate.readable(Result((), [()])).rows
    assert [(), ()] == tabulate.readable(Result(("x",), [(None,), (None,)])).rows


@pytest.mark.parametrize("found", [True, False])
def test_the_answer_to_an_ask(found: bool) -> None:
    """XML and JSON are those of the standard, which another parser reads."""
    for form, kind in (("xml", QueryResultsFormat.XML), ("json", QueryResultsFormat.JSON)):
        read = pyoxigraph.parse_query_results(tabulate.boolean(found, form), format=kind)
        assert isinstance(read, pyoxigraph.QueryBoolean)
        assert found == bool(read)
    assert str(found).lower() == tabulate.boolean(found, "csv")


@pytest.mark.parametrize("character", ["\x01", "\x1b", "\ufffe"])
def test_xml_is_well_formed_or_refused(character: str) -> None:
    """What XML 1.0 cannot hold is no part of an answer that no parser reads."""
    with pytest.raises(BadParameter, match=f"U\\+{ord(character):04X}"):
        tabulate.write(Result(("x",), [(Literal(f"a{character}b"),)]), "xml", io.BytesIO())
    sink = io.BytesIO()
    tabulate.write(Result(("x",), [(Literal("a\t\r\nb\U0001f600"),)]), "xml", sink)
    assert ElementTree.fromstring(sink.getvalue()) is not None  # noqa: S314 - what was just written
