"""Tokens of SPARQL."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gbakg import tokens
from gbakg.errors import QuerySyntaxError


def kinds(text: str) -> list[tuple[str, str]]:
    return [(token.kind, token.text) for token in tokens.code(text)]


@pytest.mark.parametrize(
    "text",
    [
        '"$x"',
        "'$x'",
        '"""a " $x "" \n"""',
        "'''a ' $x '' '''",
        r'"\"$x"',
        "<http://e/$x>",
        "# $x",
        "<http://e/#$x>",
        r"ex:a\$x",
    ],
)
def test_no_parameter_inside(text: str) -> None:
    """A `$x` inside a string, an IRI, a comment or a name is no parameter."""
    assert "parameter" not in [kind for kind, _ in kinds(f"{text} ")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("?a<$b", [("variable", "a"), ("mark", "<"), ("parameter", "b")]),
        ("ex:$x", [("name", "ex:"), ("parameter", "x")]),
        ('"a"$x', [("string", '"a"'), ("parameter", "x")]),
        ("$x.", [("parameter", "x"), ("mark", ".")]),
        ("^$x/ex:p?", [("mark", "^"), ("parameter", "x"), ("mark", "/"), ("name", "ex:p"), ("mark", "?")]),
        ('"a"@en-gb', [("string", '"a"'), ("lang", "@en-gb")]),
        ('"1"^^xsd:date', [("string", '"1"'), ("mark", "^^"), ("name", "xsd:date")]),
        ("'' $x", [("string", "''"), ("parameter", "x")]),
        ("# no\n$x", [("parameter", "x")]),
        ("_:b1 -1.5e3", [("blank", "_:b1"), ("mark", "-"), ("number", "1.5e3")]),
    ],
)
def test_reads(text: str, expected: list[tuple[str, str]]) -> None:
    """Tokens touch each other without changing each other."""
    assert expected == kinds(text)


@pytest.mark.parametrize("text", ['"open', "'a\nb'", '"""open""', "SELECT \\u0041", "a ~ b", '"\\q"'])
def test_refuses(text: str) -> None:
    """What begins no token is refused, with its line."""
    with pytest.raises(QuerySyntaxError, match="line"):
        kinds(text)


@given(st.text(alphabet="$?x<>\"'\\#{}() \nab:.@^_1é-") | st.text())
def test_tokens_cover_the_text(text: str) -> None:
    """Whatever is read is read whole: the tokens' places join up from the first character to the last."""
    try:
        found = list(tokens.tokens(text))
    except QuerySyntaxError:
        return
    assert text == "".join(text[token.start : token.end] for token in found)
    assert all(before.end == after.start for before, after in pairwise(found))


def test_depth() -> None:
    """Brackets of all kinds count, those in strings do not."""
    assert 4 == tokens.depth(tokens.code('{ ( [ { "{{{{{{" } ] ) }'))
