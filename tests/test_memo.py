"""Memos: what was computed is kept, but not without bound."""

from __future__ import annotations

import pytest

from gbakg.memo import Anew, Memo


def test_a_key_is_computed_once_until_the_memo_is_full() -> None:
    """A full memo starts again, and keeps what it was given."""
    asked: list[int] = []

    def double(number: int) -> int:
        asked.append(number)
        return 2 * number

    memo = Memo(double, {0: -1}, most=3)
    assert [-1, 2, 2, 4, 6, -1, 2] == [memo[number] for number in (0, 1, 1, 2, 3, 0, 1)]
    assert [1, 2, 3, 1] == asked
    assert 3 == len(memo)


def test_a_memo_of_any_number_of_keys_is_bounded() -> None:
    """However many are asked for, no more are held."""
    memo = Memo(str, most=10)
    assert [str(number) for number in range(1000)] == [memo[number] for number in range(1000)]
    assert len(memo) <= 10


def test_an_error_is_not_kept() -> None:
    """What cannot be computed is asked anew, and fails anew."""
    memo = Memo(int)
    for _ in range(2):
        with pytest.raises(ValueError, match="invalid literal"):
            memo["x"]
    assert {} == memo


def test_anew_keeps_only_what_it_was_given() -> None:
    """Free texts would fill a memo, and hardly come twice."""
    memo = Anew(str.upper, {"": "none"})
    assert ["A", "A", "none"] == [memo["a"], memo["a"], memo[""]]
    assert {"": "none"} == memo
