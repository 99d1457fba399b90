"""Lines weighed: whatever way a store writes a triple, it has the weight of its canonical line."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from gbakg.digest import Digest, line
from gbakg.forms import canonical, whole
from gbakg.weigh import _PLAIN, Scales, Weight, cut

XSD = "http://www.w3.org/2001/XMLSchema#"
FORMS = {
    "integer": ["0", "-0", "+7", "007", "-7", "8000000000", "x"],
    "decimal": ["0", "1.5", "1.50", "120.0", "120", "-0.0", ".5", "5.", "-0.5"],
    "boolean": ["true", "1", "0", "yes"],
    "dateTime": ["2024-01-01T00:00:00Z", "2024-01-01T00:00:00+00:00", "2024-01-01T00:00:00-00:00", "noon"],
    "string": ["x", ""],
    "date": ["2024-01-01", "2024-01-01+00:00"],
    "double": ["1.0E0", "1"],
}


def weighed(text: str) -> Weight:
    weight = Weight()
    weight.lines(text.encode())
    return weight


def expected(text: str) -> tuple[Digest, Digest]:
    """Weigh with the parser and the forms alone."""
    triples = [quad.triple for quad in parse(text, RdfFormat.N_TRIPLES)]
    forms = [[canonical(one.object) for one in triples], [whole(canonical(one.object)) for one in triples]]
    exact, compared = (
        Digest.of(Triple(one.subject, one.predicate, value) for one, value in zip(triples, values, strict=True))
        for values in forms
    )
    return exact, compared


@pytest.mark.parametrize("kind", FORMS)
def test_each_form_of_a_value_weighs_as_its_canonical_one(kind: str) -> None:
    """What needs no parser is told from what does, for each datatype that has forms."""
    for form in FORMS[kind]:
        text = f'<urn:s> <urn:p> "{form}"^^<{XSD}{kind}> .\n'
        found = weighed(text)
        assert expected(text) == (found.exact, found.compared), form


@pytest.mark.parametrize(
    "text",
    [
        '<urn:s> <urn:p> "x"@EN .',
        '<urn:s> <urn:p> "x"@zh-Hant .',
        '<urn:s>  <urn:p>\t"x" .',
        '<urn:s> <urn:p> "x".',
        '<urn:s> <urn:p> "a\tb\\u00e9\\f\\b\x08" . # and more',
        '<urn:s> <urn:p> "\\\\u0041" .',
        "<urn:s> <http://example.org/\\u00e9> <urn:o> .\r",
        '<urn:s> <urn:p> "\ufffe\uffff" .',
        "_:b <urn:p> _:c .",
        "# nothing\n\n",
        f'<urn:s> <urn:p> "1"^^<{XSD}int\\u0065ger> .',
    ],
)
def test_other_ways_to_write_a_line_weigh_the_same(text: str) -> None:
    """Spaces, escapes, comments, letters that stand as they are: all that N-Triples allows beside its canonical form."""
    found = weighed(text)
    assert expected(text) == (found.exact, found.compared)


@given(st.lists(st.text(), unique=True))
def test_any_text_weighs_as_its_sha256(texts: list[str]) -> None:
    """The lines of the engine weigh what the definition of the digest says, with a parser or without."""
    lines = [line(Triple(NamedNode("urn:s"), NamedNode("urn:p"), Literal(text))) for text in texts]
    total = sum(int.from_bytes(sha256(one.encode()).digest(), "big") for one in lines) % 2**256
    found = weighed("".join(f"{one}\n" for one in lines))
    assert (f"{total:064x}", len(lines)) == (found.exact.hex, found.exact.count)


def test_most_lines_need_no_parser() -> None:
    """Canonical lines of every kind are taken as they are."""
    values = ['"é\\n"', '"x"@zh-hant', f'"-7"^^<{XSD}integer>', f'"1.5"^^<{XSD}decimal>', "<urn:o>"]
    values += [f'"true"^^<{XSD}boolean>', f'"2024-01-01T00:00:00Z"^^<{XSD}dateTime>', f'"2024"^^<{XSD}gYear>']
    assert [value for value in values if _PLAIN(f"<urn:s> <urn:p> {value} .".encode())] == values


def test_a_change_of_form_is_noted_once_for_each_kind() -> None:
    """The first term of a kind is told, as it came and as it is compared."""
    found = weighed("".join(f'<urn:s> <urn:p> "{text}"^^<{XSD}decimal> .\n' for text in ("1.50", "2.50", "3.5")))
    decimal = NamedNode(XSD + "decimal")
    pair = tuple(str(Literal(text, datatype=decimal)) for text in ("1.50", "1.5"))
    assert {decimal.value: pair} == found.changed


@given(st.lists(st.binary(min_size=1, max_size=9)), st.integers(1, 7))
def test_blocks_are_cut_where_lines_end(parts: list[bytes], size: int) -> None:
    """Nothing is lost, and only the last block may end without a line feed."""
    found = list(cut(parts))
    assert b"".join(parts) == b"".join(found)
    assert all(one.endswith(b"\n") for one in found[:-1])
    assert all(found)


@pytest.mark.parametrize("large", [False, True])
def test_several_processes_weigh_what_one_does(large: bool) -> None:
    """Blocks are shared out, and their weights put together."""
    lines = [f'<urn:s> <urn:p> "{number}.0"^^<{XSD}decimal> .\n' for number in range(100)]
    blocks = ["".join(lines[at : at + 10]).encode() for at in range(0, 100, 10)]
    with Scales(large=large) as scales:
        for block in blocks:
            scales.put(block)
        found = scales.weight()
    everything = weighed("".join(lines))
    assert (100, everything.exact, everything.compared) == (scales.count, found.exact, found.compared)
    assert [XSD + "decimal"] == list(found.changed)


@pytest.mark.parametrize("large", [False, True])
def test_what_is_no_n_triples_is_refused(large: bool) -> None:
    """The parser's message comes through, from another process too, and none is left behind."""
    with Scales(large=large) as scales, pytest.raises((SyntaxError, ValueError), match=r"(?i)error|expected"):
        scales.put(b"<urn:s> <urn:p> nothing .\n")
        scales.weight()
