"""What came compressed: all of it, however it is read, or an error."""

from __future__ import annotations

import gzip
import io

import pytest
from hypothesis import given
from hypothesis import strategies as some

from gbakg.unpacked import Unpacked


def read(packed: bytes, pieces: int, size: int) -> bytes:
    """Read all, from a source that gives few bytes at a time."""
    source = io.BytesIO(packed)
    unpacked = Unpacked(lambda most: source.read(min(most, pieces)))
    return unpacked.read() if size < 0 else b"".join(iter(lambda: unpacked.read(size), b""))


@given(some.lists(some.binary(max_size=300), max_size=4), some.integers(1, 50), some.sampled_from([-1, 1, 7, 10_000]))
def test_all_comes_back(texts: list[bytes], pieces: int, size: int) -> None:
    """Members, one after the other, are one answer."""
    assert b"".join(texts) == read(b"".join(map(gzip.compress, texts)), pieces, size)


@given(some.binary(max_size=300), some.integers(1, 50), some.sampled_from([-1, 7, 10_000]), some.data())
def test_what_is_cut_is_an_error(text: bytes, pieces: int, size: int, data: some.DataObject) -> None:
    """Wherever the end is missing, if anything came at all."""
    packed = gzip.compress(text)
    with pytest.raises(EOFError):
        read(packed[: data.draw(some.integers(1, len(packed) - 1))], pieces, size)
