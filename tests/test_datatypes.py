"""Literals have the values that XML Schema 1.1 gives them."""

from __future__ import annotations

import pytest

from gbakg import terms
from gbakg.datatypes import value


def _read(text: str, datatype: str = "dateTime") -> object:
    return value(f'"{text}"^^<{terms.XSD}{datatype}>')


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2025-01-31T24:00:00", "2025-02-01T00:00:00"),
        ("2025-12-31T24:00:00.0Z", "2026-01-01T00:00:00Z"),
        ("2025-01-31T08:00:00+08:00", "2025-01-31T00:00:00Z"),
        ("2025-01-30T19:00:00-05:00", "2025-01-31T00:00:00.000+00:00"),
        ("-0001-12-31T24:00:00", "0000-01-01T00:00:00"),
        ("12025-02-28T24:00:00", "12025-03-01T00:00:00"),
    ],
)
def test_one_moment_has_many_spellings(one: str, other: str) -> None:
    """The end of a day is the start of the next, whatever the year and the zone."""
    assert _read(one) is not None
    assert _read(one) == _read(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2025-01-31T00:00:00", "2025-01-31T00:00:00Z"),
        ("2025-01-31T00:00:00.1", "2025-01-31T00:00:00." + "0" * 40 + "1"),
        ("0044-03-15T00:00:00", "-0044-03-15T00:00:00"),
    ],
)
def test_what_is_no_more_than_alike_differs(one: str, other: str) -> None:
    """With and without a zone, by the least part of a second, before and after the year 0."""
    assert None not in (_read(one), _read(other))
    assert _read(one) != _read(other)


@pytest.mark.parametrize(
    "text",
    [
        "2025-01-31T24:00:01", "2025-01-31T24:01:00", "2025-01-31T25:00:00", "2025-01-31T23:60:00", "2025-01-31T23:59:60",
        "2025-02-29T00:00:00", "2025-13-01T00:00:00", "02025-01-01T00:00:00", "2025-01-31T00:00:00+14:01",
        "2025-01-31T00:00:00+08:60", "2025-01-31 00:00:00", "2025-01-31T00:00", "2025-01-31",
    ],
)  # fmt: skip
def test_what_is_no_moment_is_misspelt(text: str) -> None:
    """Hours, days, zones and years have their limits."""
    assert _read(text) is None


def test_a_stamp_has_a_zone() -> None:
    """It is a dateTime that has one."""
    assert _read("2025-01-31T24:00:00", "dateTimeStamp") is None
    assert _read("2025-01-31T24:00:00Z", "dateTimeStamp") == _read("2025-02-01T00:00:00Z")
