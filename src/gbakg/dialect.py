"""What a query may not use if every engine is to answer it, and alike: extensions, SPARQL 1.2, chance, blank nodes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from gbakg import terms
from gbakg.tokens import Token


def beyond(found: list[Token]) -> Iterator[tuple[str, int]]:
    """Yield what not every engine answers, or not alike, with its place: what it is, and what to write instead.

    >>> from gbakg.tokens import code
    >>> list(beyond(code("SELECT ?x { ?x ?p ?o FILTER(?o < NOW()) }")))
    [('NOW gives another answer each time; make it a parameter', 33)]
    """
    for before, token in pairwise([_START, *found]):
        word = token.text.upper() if token.kind == "word" else ""
        if word in _LATER:
            yield f"{token.text} is not in SPARQL 1.1, which stores speak; write it another way", token.start
        elif word in _CHANCE:
            yield f"{token.text} gives another answer each time; make it a parameter", token.start
        elif word in _ENGINE:
            yield f"{token.text} depends on the engine; {_ENGINE[word]}", token.start
        elif token.kind == "blank" or (token.kind == "mark" and token.text == "["):
            yield "is a blank node, which stores rename or refuse; write a variable", token.start
        elif token.text == "*" and before.text.upper() in ("SELECT", "DISTINCT", "REDUCED"):
            yield "SELECT * leaves the columns' order to the engine; name the columns", token.start
        elif before.text == token.text == "<" and before.end == token.start:
            yield "<< is not in SPARQL 1.1, which stores speak; ask for a claim instead", before.start
        elif token.text == "(" and before.kind in ("iri", "name") and _function(before.text):
            yield f"{before.text} is a function that only some engines have; use those of SPARQL 1.1", before.start
    for pattern in _patterns(found):
        if not _SEEN.isdisjoint(pattern.text) and _KNOWN.isdisjoint(pattern.text):
            yield (
                f"{pattern.text} is looked for as it stands by Virtuoso; write the pattern in parentheses",
                pattern.start,
            )


def _patterns(found: list[Token]) -> Iterator[Token]:
    """Yield the pattern of each REGEX, the second argument, that is a text."""
    for at, word in enumerate(found):
        if word.kind == "word" and word.text.upper() == "REGEX":
            level, arguments = 0, 0
            for token in found[at + 1 :]:
                level += (token.text == "(") - (token.text == ")")
                arguments += level == 1 and token.text == ","
                if token.kind == "string" and (level, arguments) == (1, 1):
                    yield token
                if not level:
                    break


def _function(name: str) -> bool:
    """Tell whether a name that an argument list follows is not one of the casts of SPARQL 1.1, section 17.1."""
    casts = ("boolean", "double", "float", "decimal", "integer", "dateTime", "string")
    return name not in {written for cast in casts for written in (f"xsd:{cast}", f"<{terms.XSD}{cast}>")}


_SEEN, _KNOWN = frozenset("|{"), frozenset("([.*+?\\")
"""What makes a pattern of a text, and what Virtuoso 7.2 knows a pattern by (measured)."""

_START = Token("start", "", -1, -1)
_LATER = (
    *("LATERAL", "ADJUST", "TRIPLE", "SUBJECT", "PREDICATE", "OBJECT", "ISTRIPLE"),
    *("LANGDIR", "HASLANG", "HASLANGDIR", "STRLANGDIR", "VERSION"),
)
_CHANCE = ("RAND", "UUID", "STRUUID", "NOW", "BNODE")
_ENGINE = {
    "GROUP_CONCAT": "it joins in any order: give a row to each value",
    "SAMPLE": "it takes any value: use MIN",
    "DESCRIBE": "it may give any triples: write a CONSTRUCT",
    "REDUCED": "it may leave out rows or not: write DISTINCT",
}
