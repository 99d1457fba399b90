"""Cells: what is accepted as it is, and what is refused with what to write instead."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gbakg import cells


@pytest.mark.parametrize(
    ("cell", "advice"),
    [
        ("120.0", "write 120"),
        ("1e3", "write 1000"),
        ("+5", "write 5"),
        ("1,000", "write 1000"),
        ("1,234,567.50", "write 1234567.5"),
        ("007", "write 7"),
        (".5", "write 0.5"),
        ("5.", "write 5"),
        ("1.50", "write 1.5"),
        ("-0", "write 0"),
        ("-0.0", "write 0"),
        ("1_000", "write 1000"),
        ("１２", "not a number"),
        ("NaN", "not a number"),
        ("INF", "not a number"),
        ("12 %", "not a number"),
        ("0x10", "not a number"),
        ("1,00", "not a number"),
        ("9" * 19, "more than 18 digits"),
        ("", "not a number"),
    ],
)
def test_a_number_in_another_spelling_is_refused_with_the_right_one(cell: str, advice: str) -> None:
    """One spelling for each number, since engines and hashes see spellings."""
    with pytest.raises(ValueError, match=advice.replace(".", r"\.")):
        cells.number(cell)


@given(st.one_of(st.integers(-(10**17), 10**17), st.decimals(-(10**9), 10**9, places=4, allow_nan=False)))
def test_a_canonical_number_is_read_as_itself(value: int | Decimal) -> None:
    """Writing and reading are each other's inverse, and whole numbers are integers."""
    read = cells.number(cells.canonical(value))
    assert read == value
    assert isinstance(read, int) == (value == int(value))


@given(st.text(alphabet="0123456789.,+-eE_ %", max_size=12))
def test_whatever_is_accepted_is_canonical(cell: str) -> None:
    """No spelling slips through that would be written differently."""
    try:
        value = cells.number(cell)
    except ValueError as error:
        assert "\n" not in str(error)
        return
    assert cells.canonical(value) == cell


@pytest.mark.parametrize("cell", ["2025-13-01", "2025-02-29", "2025-2-1", "20250201", "2025-02-01T00:00", "11 05,2025"])
def test_a_bad_date_is_refused(cell: str) -> None:
    """A date is one of the calendar, in full."""
    with pytest.raises(ValueError, match="date"):
        cells.day(cell)


@pytest.mark.parametrize(
    ("literal", "datatype", "column"),
    [
        ("1999", "gYear", None),
        ("2025-06", "gYearMonth", None),
        ("true", "boolean", None),
        ("12", "integer", None),
        ("1.5", "decimal", None),
        ("2025-06-30", "date", None),
        ("words", "string", None),
        ("words", "@zh-hant", None),
        (None, None, None),
        ("99", "gYear", "literal"),
        ("2025-13", "gYearMonth", "literal"),
        ("yes", "boolean", "literal"),
        ("1.5", "integer", "literal"),
        ("12", "decimal", "literal"),
        ("soon", "date", "literal"),
        ("words", "@zh-Hant", "datatype"),
        ("words", "xsd:string", "datatype"),
        ("words", None, "datatype"),
        (None, "string", "datatype"),
    ],
)
def test_a_literal_fits_its_datatype(literal: str | None, datatype: str | None, column: str | None) -> None:
    """The column to blame is named."""
    wrong = cells.literal({"literal": literal, "datatype": datatype})
    assert (wrong[0] if wrong else None) == column


@pytest.mark.parametrize("cell", ["Caps", "a_b", "-a", "a--b", "p7", "a-p7", "p7-a", "a b", "a/b"])
def test_a_key_that_would_blur_a_claims_name_is_refused(cell: str) -> None:
    """Document, paragraph and key can be told apart in every claim's IRI."""
    with pytest.raises(ValueError, match=r"write|leave"):
        cells.key(cell)


@pytest.mark.parametrize("cell", ["region/a||region/b", "region/a|", "shenzhen", "document/a#p1"])
def test_what_is_no_entity_is_refused(cell: str) -> None:
    """Each of several values is an entity."""
    with pytest.raises(ValueError, match="is not an entity"):
        cells.entities(cell)


@pytest.mark.parametrize(
    ("read", "cell", "meant"),
    [
        (cells.entity, "region/shenzhen ", "region/shenzhen"),
        (cells.entity, "region/shenzhen\u00a0", "region/shenzhen"),
        (cells.entities, "region/zhuhai| region/shenzhen", "region/shenzhen"),
        (cells.code, " Exact", "Exact"),
    ],
)
def test_white_space_around_a_name_is_told_as_such(read: Callable[[str], object], cell: str, meant: str) -> None:
    """What nobody sees in a message is named: a cell that looks right is refused for its white space."""
    with pytest.raises(ValueError, match=f"has white space at its start or end; write `{meant}`"):
        read(cell)
