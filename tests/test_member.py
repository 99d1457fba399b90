"""Members of a gzip file: each can be read alone, and all in a row."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gbakg.member import Member

LINES = st.lists(st.binary(max_size=40).map(lambda one: one.replace(b"\n", b" ") + b"\n"), max_size=20)


@given(st.lists(LINES, min_size=1, max_size=5))
def test_members_in_a_row_are_a_file(parts: list[list[bytes]]) -> None:
    """Whatever they hold, an empty one too; each knows how many lines it has."""
    members = [Member.of(b"".join(lines)) for lines in parts]
    assert [len(lines) for lines in parts] == [one.count for one in members]
    assert [b"".join(lines) for lines in parts] == [one.lines() for one in members]
    assert b"".join(map(b"".join, parts)) == gzip.decompress(b"".join(one.body for one in members))


def test_the_same_lines_give_the_same_bytes() -> None:
    """The header of gzip has room for a time, which is left empty (RFC 1952, section 2.3: MTIME)."""
    body = Member.of(b"<urn:s> <urn:p> <urn:o> .\n").body
    assert b"\x1f\x8b\x08\x00\x00\x00\x00\x00" == body[:8]


def test_what_is_damaged_is_an_error() -> None:
    """A bit turned, or the end cut off."""
    member = Member.of(b"<urn:s> <urn:p> <urn:o> .\n" * 100)
    turned = bytearray(member.body)
    turned[-6] ^= 1  # of the checksum
    for body in (bytes(turned), member.body[:-1]):
        with pytest.raises(zlib.error):
            Member(member.count, body).lines()
