"""The datatypes of OWL 2 RL: what value a literal has, and which datatypes it belongs to (table 8, rules dt-*).

https://www.w3.org/TR/owl2-profiles/#Entities_3 lists them; their lexical forms are those of XML Schema 1.1, part 2.
"""

from __future__ import annotations

import base64
import math
import re
import struct
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from xml.etree import ElementTree

import pyoxigraph

from gbakg import terms

Value = tuple[str, object]
"""A value: the name of its primitive space, and what it is there.  Values of different spaces differ."""

Datatype = tuple[str, Callable[[str], object], Callable[[Any], bool]]
"""A datatype: the space of its values, what reads a lexical form (or raises ValueError), and which values it holds."""


def parts(literal: str) -> tuple[str, str, str]:
    """Split a literal of N-Triples into its text, its datatype, in angle brackets, and its language.

    >>> parts('"Shenzhen"@en')
    ('Shenzhen', '<http://www.w3.org/1999/02/22-rdf-syntax-ns#langString>', 'en')
    """
    quoted, _, rest = literal.rpartition('"')
    text = quoted[1:]
    if "\\" in text:  # rarely: the parser of the store knows what stands for what
        (quad,) = pyoxigraph.parse(f"<x:> <x:> {literal} .", pyoxigraph.RdfFormat.N_TRIPLES)
        text = quad.object.value
    if rest.startswith("@"):
        return text, f"<{terms.RDF}langString>", rest[1:]
    return text, rest[2:] or f"<{terms.XSD}string>", ""


def datatype(term: str) -> str:
    """Return the datatype of a literal of N-Triples, in angle brackets; an empty text for another term."""
    return parts(term)[1] if term.startswith('"') else ""


@lru_cache(65536)
def value(literal: str) -> Value | None:
    """Return the value of a literal of N-Triples; None if its text is wrong.  Raises KeyError for an unknown datatype.

    >>> value(f'"042"^^<{terms.XSD}byte>') == value(f'"42.0"^^<{terms.XSD}decimal>')
    True
    """
    text, kind, language = parts(literal)
    if language:
        return "string", (text, language.lower())
    space, read, test = _DATATYPES[kind]
    try:
        found = read(text)
    except (ValueError, ElementTree.ParseError):
        return None
    return (space, found) if test(found) else None


def known(datatype: str) -> bool:
    """Tell whether a term is a datatype of OWL 2 RL."""
    return datatype in _DATATYPES


def contains(datatype: str, found: Value) -> bool:
    """Tell whether a value belongs to a datatype."""
    space, _, test = _DATATYPES[datatype]
    return space in (found[0], "") and test(found[1])


def every() -> list[str]:
    """Return all datatypes of OWL 2 RL."""
    return [*_DATATYPES]


def _matching(pattern: str, read: Callable[[str], object] = str) -> Callable[[str], object]:
    compiled = re.compile(pattern)

    def reading(lexical: str) -> object:
        if not compiled.fullmatch(lexical):
            raise ValueError(lexical)
        return read(lexical)

    return reading


def _moment(lexical: str) -> tuple[bool, datetime, Decimal]:
    whole, _, rest = lexical.partition(".")
    digits = re.match(r"\d*", rest)[0]  # type: ignore[index]
    zone = re.search(r"Z|[+-]\d\d:\d\d$", lexical[10:])
    moment = datetime.fromisoformat(whole[:19] + (zone[0] if zone else ""))
    fraction = Decimal(f"0.{digits or 0}")
    return (True, moment.astimezone(UTC), fraction) if zone else (False, moment, fraction)


def _plain(lexical: str) -> tuple[str, str] | str:
    text, at, tag = lexical.rpartition("@")
    if not at or not re.fullmatch(r"([a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*)?", tag):
        raise ValueError(lexical)
    return (text, tag.lower()) if tag else text


def _floating(name: str) -> Datatype:
    form = {"float": "f", "double": "d"}[name]
    number = r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|[+-]?INF|NaN"

    def read(lexical: str) -> object:
        try:
            found: float = struct.unpack(form, struct.pack(form, float(lexical)))[0]
        except OverflowError:
            raise ValueError(lexical) from None
        if (math.isinf(found) and "INF" not in lexical) or (found == 0 and re.match(r"[^eE]*[1-9]", lexical)):
            raise ValueError(lexical)  # too large or too small for its bits
        return "NaN" if math.isnan(found) else found

    return name, _matching(number, read), _anything


def _anything(_: object) -> bool:
    return True


def _integer(low: int | None, high: int | None) -> Datatype:
    def test(found: Any) -> bool:
        return found % 1 == 0 and (low is None or low <= found) and (high is None or found <= high)

    return "decimal", _matching(r"[+-]?\d+", Decimal), test


def _string(pattern: str) -> Datatype:
    compiled = re.compile(pattern)
    return "string", str, lambda found: isinstance(found, str) and compiled.fullmatch(found) is not None


def _form(space: str, pattern: str, read: Callable[[str], object] = str) -> Datatype:
    return space, _matching(pattern, read), _anything


_BITS = {"byte": 8, "short": 16, "int": 32, "long": 64}
_SIGNS = {"nonNegative": (0, None), "nonPositive": (None, 0), "positive": (1, None), "negative": (None, -1)}
_MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?"
_XSD: dict[str, Datatype] = {
    "anyURI": _form("anyURI", r"([A-Za-z][A-Za-z0-9+.-]*:|(?![^/?#]*:))[^\s<>\"{}|\\^`]*"),
    "base64Binary": _form(
        "base64Binary", r"([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?", base64.b64decode
    ),
    "boolean": _form("boolean", r"true|false|0|1", lambda text: text in ("true", "1")),
    "dateTime": _form("dateTime", rf"{_MOMENT}(Z|[+-]\d\d:\d\d)?", _moment),
    "dateTimeStamp": ("dateTime", _matching(rf"{_MOMENT}(Z|[+-]\d\d:\d\d)", _moment), lambda found: found[0]),
    "decimal": _form("decimal", r"[+-]?(\d+(\.\d*)?|\.\d+)", Decimal),
    "double": _floating("double"),
    "float": _floating("float"),
    "hexBinary": _form("hexBinary", r"([0-9a-fA-F]{2})*", str.lower),
    "integer": _integer(None, None),
    "language": _string(r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*"),
    "Name": _string(r"([^\W\d]|:)[\w.\-·:]*"),
    "NCName": _string(r"[^\W\d][\w.\-·]*"),
    "NMTOKEN": _string(r"[\w.\-·:]+"),
    "normalizedString": _string(r"[^\t\n\r]*"),
    "string": _string(r"(?s:.*)"),
    "token": _string(r"([^\s]+( [^\s]+)*)?"),
    **{name: _integer(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for name, bits in _BITS.items()},
    **{f"unsigned{name.capitalize()}": _integer(0, 2**bits - 1) for name, bits in _BITS.items()},
    **{f"{sign}Integer": _integer(*bounds) for sign, bounds in _SIGNS.items()},
}
_DATATYPES: dict[str, Datatype] = {
    f"<{terms.RDFS}Literal>": ("", str, _anything),
    f"<{terms.RDF}PlainLiteral>": ("string", _plain, _anything),
    f"<{terms.RDF}langString>": ("string", str, lambda found: isinstance(found, tuple)),
    f"<{terms.RDF}XMLLiteral>": ("xml", lambda text: ElementTree.canonicalize(f"<x>{text}</x>"), _anything),
    **{f"<{terms.XSD}{name}>": datatype for name, datatype in _XSD.items()},
}
