"""Triples on their way: what is measured, and that every body holds them whole."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, RdfFormat, Store, Triple, parse

from gbakg.digest import Digest, line
from gbakg.errors import InputError
from gbakg.parcel import Load, bare, blocks, insertion, pieces, stream
from gbakg.weigh import Weight

XSD = "http://www.w3.org/2001/XMLSchema#"


def triple(value: str) -> Triple:
    return Triple(NamedNode("urn:s"), NamedNode("urn:p"), Literal(value))


def silent(count: int) -> None:
    """Take a number, and do nothing."""


def test_a_load_knows_its_count_its_size_and_its_digest() -> None:
    """One pass measures what is to be sent."""
    triples = [triple(text) for text in ("a", "é", "𝄞")]
    load = Load(lambda: map(line, triples))
    assert 3 == load.count
    assert sum(len(f"{line(one)}\n".encode()) for one in triples) == load.size
    assert Digest.of(triples) == load.digest


def test_a_load_whose_digest_is_known_reads_nothing_before_it_is_sent() -> None:
    """It is told from what comes back; only where a store has changed a form are its own lines weighed."""
    texts = [line(triple(text)) for text in ("a", "é")] + [f'<urn:s> <urn:p> "7"^^<{XSD}decimal> .']
    known, passes, weight, other, wrong = Digest(), [], Weight(), Weight(), Weight()
    known.extend(texts)

    def lines() -> list[str]:
        passes.append(1)
        return texts

    load = Load(lines, known)
    for one, decimal in ((weight, "decimal"), (other, "integer"), (wrong, "string")):
        one.lines("\n".join(texts).replace("decimal", decimal).encode())
    assert (3, known.hex, True) == (load.count, load.name, load.holds(weight))
    assert [] == passes
    assert load.holds(other)
    assert not load.holds(wrong)
    assert 1 == len(passes)
    assert Load(lines).digest == load.digest


def test_a_load_that_is_not_what_is_known_of_it_is_told() -> None:
    """Lines with another digest than the receipt's come from a damaged build."""
    load = Load(lambda: ["<urn:s> <urn:p> <urn:o> ."], Digest(count=1))
    with pytest.raises(InputError, match="gbakg build --force"):
        load.digest  # noqa: B018 - it is read for what it does


@pytest.mark.parametrize("text", ["_:b <urn:p> <urn:o> .", "<urn:s> <urn:p> _:b ."])
def test_a_blank_node_on_the_way_breaks_the_stream_off(text: str) -> None:
    """It never comes to an end that a store would take for that of the graph, as lines or as bytes."""
    lines = ["<urn:s> <urn:p> <urn:o> .", text]
    block = "\n".join([*lines, ""]).encode()
    for how in (None, lambda quick: [block]):
        load = Load(lambda: lines, Digest(count=2), how)
        with pytest.raises(InputError, match="_:b is a blank node"):
            list(stream(load.blocks(), gzip=False, progress=silent))
        for one in (load, Load(lambda: lines, Digest(count=2), how, lambda: [block])):
            with pytest.raises(InputError, match="_:b is a blank node"):
                list(one.packed())


def test_a_whole_decimal_counts_as_an_integer() -> None:
    """What some store makes of a value does not count as a difference."""
    one, other = (f'<urn:s> <urn:p> "8000000000"^^<{XSD}{kind}> .' for kind in ("decimal", "integer"))
    assert Load(lambda: [one]).digest == Load(lambda: [other]).digest
    assert Load(lambda: [one]).digest != Load(lambda: [one.replace("8000000000", "0.5")]).digest


@pytest.mark.parametrize("text", ["_:b <urn:p> <urn:o> .", "<urn:s> <urn:p> _:b ."])
def test_a_blank_node_is_refused(text: str) -> None:
    """Nothing could be compared with a node that is named anew."""
    with pytest.raises(InputError, match=r"_:b is a blank node.*an IRI"):
        Load(lambda: [text])


def test_a_text_that_looks_like_a_blank_node_is_none() -> None:
    """What stands in quotes is a text."""
    assert 1 == Load(lambda: ['<urn:s> <urn:p> "see _:b .\\" _:b ." .']).count


@given(st.lists(st.text(), max_size=30), st.booleans())
def test_a_stream_holds_every_line(texts: list[str], packed: bool) -> None:
    """The blocks together are the lines, each with its line feed; no block is empty."""
    lines = [line(triple(text)) for text in texts]
    sent = list(stream(blocks(lines), gzip=packed, progress=silent))
    assert all(sent)
    body = b"".join(sent)
    assert "".join(f"{one}\n" for one in lines) == (gzip.decompress(body) if packed else body).decode()


@given(st.lists(st.text(), max_size=30), st.integers(1, 7), st.integers(0, 200))
def test_pieces_hold_every_line_in_order(texts: list[str], count: int, size: int) -> None:
    """No piece is empty, none has too many lines, none is too large but of one line that is."""
    found = list(pieces(texts, count, size))
    assert texts == [text for piece in found for text in piece]
    assert all(0 < len(piece) <= count for piece in found)
    assert not size or all(len(p) == 1 or sum(len(one.encode()) + 1 for one in p) <= size for p in found)


@given(st.text())
def test_an_insertion_adds_what_it_says(text: str) -> None:
    """Whatever a literal holds, the update puts it into the graph."""
    store = Store()
    store.update(insertion([line(triple(text))], "urn:g"))
    (quad,) = store
    assert (triple(text), NamedNode("urn:g")) == (quad.triple, quad.graph_name)


@pytest.mark.parametrize("text", [r"\u0041", r"\\u0041", r"\U00000041 \n", "\\", 'a\\"b\n\\u'])
def test_an_engine_that_expands_escapes_too_early_reads_the_same(text: str) -> None:
    """No backslash pair stands before a u, so that nothing is left to be expanded by mistake."""
    update = insertion([line(triple(text))], "")
    assert r"\\u" not in update
    assert r"\\U0000004" not in update.replace(r"\\\U", "")
    store = Store()
    store.update(update)
    assert [triple(text)] == [quad.triple for quad in store]


@pytest.mark.parametrize("value", ["0", "-7", "8000000000"])
def test_a_bare_integer_is_the_same_triple(value: str) -> None:
    """Turtle reads a bare number as the integer that it was."""
    text = f'<urn:s> <urn:p> "{value}"^^<{XSD}integer> .'
    assert f"<urn:s> <urn:p> {value} ." == bare(text)
    assert list(parse(text, RdfFormat.N_TRIPLES)) == list(parse(bare(text), RdfFormat.TURTLE))


def test_other_lines_stay_as_they_are() -> None:
    """A decimal, a text and a node are written as in N-Triples."""
    for value in (f'"1.5"^^<{XSD}decimal>', f'"\\"1\\"^^<{XSD}integer> ."', "<urn:o>", f'"x"^^<{XSD}integer>'):
        assert f"<urn:s> <urn:p> {value} ." == bare(f"<urn:s> <urn:p> {value} .")
