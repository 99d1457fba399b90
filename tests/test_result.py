"""Answers as rows and as data frames."""

from __future__ import annotations

from decimal import Decimal

from pyoxigraph import Literal

from gbakg import terms
from gbakg.result import Result


def test_frames_of_mixed_columns() -> None:
    """A column with whole and other numbers, or with dates and texts, makes a data frame too."""
    rows = [
        (terms.literal("7", "integer"), terms.literal("2025-06-30", "date")),
        (terms.literal("4.5", "decimal"), Literal("a text")),
        (None, None),
    ]
    result = Result(("number", "any"), rows)
    frame = result.to_polars()
    assert [Decimal(7), Decimal("4.5"), None] == frame["number"].to_list()
    assert ["2025-06-30", "a text", None] == frame["any"].to_list()
    assert (3, 2) == result.to_pandas().shape
