"""Numbers of a text."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gbakg import numbers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,413 of 8.524 million", ["1,413", "8.524 million"]),
        ("approximately 1/6 of it", ["1/6"]),
        ("12 05,2024", ["12", "05", "2024"]),
        ("the 15th Five-Year Plan", ["15th", "Five"]),
        ("a 41.4% share, 6.46 percent", ["41.4%", "6.46"]),
        ("at the 100-billion-yuan level", ["100-billion"]),
        ("hundreds of thousands", ["hundreds", "thousands"]),
        ("two hundred and five thousand", ["two hundred and five thousand"]),
        ("twenty-first, ninety nine", ["twenty-first", "ninety nine"]),
        ("two-thirds or three quarters", ["two-thirds", "three", "quarters"]),
        ("tenfold, two-fold, doubled, twice", ["tenfold", "two-fold", "doubled", "twice"]),
        ("dual engines over a decade", ["dual", "decade"]),
        ("No. 1 in H1", ["1", "1"]),
        ("2025-09-02", ["2025", "09", "02"]),
        ("1.234.567 and 1,2345", ["1.234.567", "1", "2345"]),
        ("７個 ½", ["７", "½"]),
        ("第十五个，三百", ["第十五", "三百"]),
        ("one of the best", ["one"]),
        ("FIRST and Second", ["FIRST", "Second"]),
    ],
)
def test_finds(text: str, expected: list[str]) -> None:
    """Every form of number is found whole."""
    assert expected == [number.text for number in numbers.find(text)]


@pytest.mark.parametrize(
    "text", ["someone often weighed a tonne", "both of them, once", "several, many, single", "headquarters", "attend"]
)
def test_leaves(text: str) -> None:
    """What is no number, or is left out on purpose, is not found."""
    assert [] == list(numbers.find(text))


def test_every_listed_word_is_found() -> None:
    """The closed list is what is looked for, whatever stands around a word."""
    for word in sorted(numbers.WORDS):
        for text in (word, word.upper(), f"a ({word})."):
            assert [word] == [number.text.lower() for number in numbers.find(text)], text


@given(st.text())
def test_every_digit_lies_in_a_number(text: str) -> None:
    """No digit of any script is missed, offsets are exact, and numbers do not overlap."""
    found = list(numbers.find(text))
    covered = {place for number in found for place in range(number.start, number.end)}
    assert [] == [place for place, char in enumerate(text) if char.isdecimal() and place not in covered]
    assert all(text[number.start : number.end] == number.text for number in found)
    assert all(before.end <= after.start for before, after in pairwise(found))
