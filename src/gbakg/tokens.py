"""Cut a SPARQL text into tokens, so that nothing inside a comment, an IRI or a string is ever taken for code.

The terminals are those of SPARQL 1.1 Query, section 19.8; a character that begins none of them is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from gbakg.errors import QuerySyntaxError

# Names may hold any character beyond ASCII: the grammar's exact ranges cost 25 ms to compile, and whatever they would
# refuse is refused by the parser, which judges every text after this.  So the classes say which ASCII is not meant.
_LETTER = r"[^\x00-@\[-`{-\x7f]"
_WORD = r"[^\x00-/:-@\[-^`{-\x7f]"  # and digits, _
_CHAR = r"[^\x00-,./:-@\[-^`{-\x7f]"  # and -
_DOTTED = r"[^\x00-,/:-@\[-^`{-\x7f]"  # and .
_PLX = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]"
_PREFIX = f"{_LETTER}(?:{_DOTTED}*{_CHAR})?"
_LOCAL = f"(?:{_WORD}|:|{_PLX})(?:(?:{_DOTTED}|:|{_PLX})*(?:{_CHAR}|:|{_PLX}))?"
_ESCAPE = r"\\[tbnrf\\\"']|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}"
_PATTERN = re.compile(
    rf"""
      (?P<space>[ \t\r\n]+)
    | (?P<comment>\#[^\r\n]*)
    | (?P<iri><(?:[^\x00-\x20<>"{{}}|^`\\]|\\u[0-9A-Fa-f]{{4}}|\\U[0-9A-Fa-f]{{8}})*>)
    | (?P<string>
          \"\"\"(?:\"{{0,2}}(?:[^"\\]|{_ESCAPE}))*\"\"\"
        | '''(?:'{{0,2}}(?:[^'\\]|{_ESCAPE}))*'''
        | "(?:[^"\\\r\n]|{_ESCAPE})*"
        | '(?:[^'\\\r\n]|{_ESCAPE})*')
    | \$(?P<parameter>{_WORD}+)
    | \?(?P<variable>{_WORD}+)
    | (?P<blank>_:{_WORD}(?:{_DOTTED}*{_CHAR})?)
    | (?P<name>(?:{_PREFIX})?:(?:{_LOCAL})?)
    | (?P<lang>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
    | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<word>[A-Za-z][A-Za-z0-9_]*)
    | (?P<mark>\^\^|&&|\|\||!=|<=|>=|[{{}}()\[\].,;|^/*+?!=<>-])
    """,
    re.VERBOSE,
)


class Token(NamedTuple):
    """One token: its kind, its text, and where it stands.

    Kinds: space, comment, iri, string, parameter (`$x`), variable (`?x`), blank, name, lang, number, word, mark.
    For parameters and variables `text` is the bare name; `start` and `end` take in the `$` or `?`.
    """

    kind: str
    text: str
    start: int
    end: int


def tokens(text: str, source: str = "query") -> Iterator[Token]:
    """Yield every token of a SPARQL text, spaces and comments included; together they cover the text.

    Raises QuerySyntaxError at the first character that begins no token (such as an unclosed quote).

    >>> [token.text for token in tokens("?a < $b # $c") if token.kind not in ("space", "comment")]
    ['a', '<', 'b']
    """
    return map(_token, matches(text, source))


def _token(match: re.Match[str]) -> Token:
    kind = match.lastgroup or "mark"
    return Token(kind, match[kind], *match.span())


def matches(text: str, source: str = "query") -> Iterator[re.Match[str]]:
    """Yield the match of every token, its kind the last group; half the cost for who needs only some.  Raises alike."""
    position = 0
    for match in _PATTERN.finditer(text):
        if match.start() != position:
            break
        yield match
        position = match.end()
    if position != len(text):
        line = text.count("\n", 0, position) + 1
        raise QuerySyntaxError(f"line {line}: cannot read {text[position : position + 12]!r}", source)


def code(text: str, source: str = "query") -> list[Token]:
    """Return the tokens without spaces and comments."""
    return [_token(match) for match in matches(text, source) if match.lastgroup not in ("space", "comment")]


def depth(found: list[Token]) -> int:
    """Return how deeply brackets of any kind are nested.

    >>> depth(code("SELECT * { { ?s ?p (1) } }"))
    3
    """
    deepest = level = 0
    for token in found:
        if token.kind == "mark":
            if token.text in "{([":
                level += 1
                deepest = max(deepest, level)
            elif token.text in "})]":
                level -= 1
    return deepest
