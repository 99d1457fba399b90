"""Sealed texts: what was written comes back, and anything else is refused."""

from __future__ import annotations

import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as some

from gbakg.seal import seal, unseal

OBJECTS = some.dictionaries(some.text(), some.text(), max_size=4)


@given(OBJECTS, some.sampled_from([None, 1]))
def test_what_is_sealed_comes_back(value: dict[str, str], indent: int | None) -> None:
    """Byte for byte, and the sealed text is JSON with one member more."""
    text = json.dumps(value, indent=indent).encode()
    assert text == unseal(seal(text))
    assert {"crc32", *value} == set(json.loads(seal(text)))


def test_the_sum_is_the_crc32_of_what_follows() -> None:
    """Anybody can check it."""
    raw = seal(b'{\n "a": 1\n}')
    head, _, rest = raw.partition(b'"crc32": "')
    assert b"{" == head
    assert zlib.crc32(rest[9:]) == int(rest[:8], 16)


@given(OBJECTS, some.data())
def test_any_damage_is_noticed(value: dict[str, str], data: some.DataObject) -> None:
    """A bit that flips, bytes that are lost at the end, the seal itself included."""
    raw = bytearray(seal(json.dumps(value).encode()))
    at = data.draw(some.integers(0, len(raw) - 1))
    flipped = bytearray(raw)
    flipped[at] ^= 1 << data.draw(some.integers(0, 7))
    for damaged in (flipped, raw[:at], bytearray(len(raw)), raw + b" "):
        with pytest.raises(ValueError, match="sealed"):
            unseal(bytes(damaged))


def test_what_was_never_sealed_is_refused() -> None:
    """Such as a file from an older version."""
    with pytest.raises(ValueError, match="sealed"):
        unseal(b'{"format": 4}')
