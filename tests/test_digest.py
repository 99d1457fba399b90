"""The digest of a graph: against the definition, and against every order."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Triple

from gbakg.digest import Digest, _total, line


def triple(text: str) -> Triple:
    return Triple(NamedNode("urn:s"), NamedNode("urn:p"), Literal(text))


def test_the_digest_of_one_triple_is_its_sha256() -> None:
    """With one triple there is nothing to sum."""
    assert hashlib.sha256('<urn:s> <urn:p> "é" .'.encode()).hexdigest() == Digest.of([triple("é")]).hex


def test_the_digest_of_nothing_is_zero() -> None:
    """An empty graph has 64 zeros."""
    assert "0" * 64 == Digest().hex


@given(st.sets(st.text()), st.randoms(use_true_random=False), st.text())
def test_order_does_not_matter(texts: set[str], random: object, more: str) -> None:
    """Any order gives the sum; what was added and removed leaves no trace; what is missing does."""
    shuffled = sorted(texts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    numbers = [int(hashlib.sha256(line(triple(text)).encode()).hexdigest(), 16) for text in texts]
    digest = Digest.of(triple(text) for text in shuffled)
    assert f"{sum(numbers) % 2**256:064x}" == digest.hex
    assert len(texts) == digest.count
    other = Digest.of(triple(text) for text in sorted(texts))
    other.remove(line(triple(more)))
    assert digest != other
    other.add(line(triple(more)))
    assert digest == other
    assert digest.hex == other.hex


@given(st.lists(st.text()), st.lists(st.text()))
def test_lines_poured_in_together_are_the_sum_of_their_hashes(former: list[str], latter: list[str]) -> None:
    """However many come at once, as texts or as bytes, and whatever was there before."""
    numbers = [int(hashlib.sha256(text.encode()).hexdigest(), 16) for text in [*former, *latter]]
    digest = Digest()
    digest.extend(former)
    digest.pour(text.encode() for text in latter)
    assert f"{sum(numbers) % 2**256:064x}" == digest.hex
    assert len(numbers) == digest.count


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 1_000])
def test_the_largest_hashes_carry_over_into_no_other(count: int) -> None:
    """With nothing but ones, every sum is as large as it can be."""
    largest = bytes([255] * 32)
    assert count * (2**256 - 1) == _total([largest] * count)


def test_a_line_feed_stays_in_its_line() -> None:
    """A literal with line feeds is one line, escaped as canonical N-Triples escapes it."""
    assert '<urn:s> <urn:p> "a\\nb\\tc\\"\\\\" .' == line(triple('a\nb\tc"\\'))
