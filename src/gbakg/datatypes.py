"""The datatypes of OWL 2 RL: what value a literal has, and which datatypes it belongs to (table 8, rules dt-*).

https://www.w3.org/TR/owl2-profiles/#Entities_3 lists them; their lexical forms are those of XML Schema 1.1, part 2.
"""

from __future__ import annotations

import base64
import math
import re
import struct
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any, NamedTuple

import pyoxigraph

from gbakg import terms

Value = tuple[str, object]
"""A value: the name of its primitive space, and what it is there.  Values of different spaces differ."""


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


@lru_cache(65536)
def value(term: str) -> Value | None:
    """Return the value of a literal of N-Triples; None for a term that is none, and for one whose text is wrong.

    What has an unknown datatype is its own value.

    >>> value(f'"042"^^<{terms.XSD}byte>') == value(f'"42.0"^^<{terms.XSD}decimal>')
    True
    """
    if not term.startswith('"'):
        return None
    text, name, language = parts(term)
    if language:
        return "string", (text, language.lower())
    if name not in _DATATYPES:
        return name, text
    datatype = _DATATYPES[name]
    if not re.fullmatch(datatype.form, text):
        return None
    try:
        found = datatype.read(text)
    except (ValueError, OverflowError, SyntaxError):
        return None
    return (datatype.space, found) if datatype.holds(found) else None


def known(datatype: str) -> bool:
    """Tell whether a term is a datatype of OWL 2 RL."""
    return datatype in _DATATYPES


def contains(datatype: str, found: Value) -> bool:
    """Tell whether a value belongs to a datatype."""
    space, _, _, holds = _DATATYPES[datatype]
    return space in (found[0], "") and holds(found[1])


def every() -> list[str]:
    """Return all datatypes of OWL 2 RL."""
    return [*_DATATYPES]


class Datatype(NamedTuple):
    """The space of its values, the pattern of their texts, what reads one, and which values of the space it holds."""

    space: str
    form: str = r"(?s:.*)"
    read: Callable[[str], object] = str
    holds: Callable[[Any], bool] = lambda _: True


def _string(form: str) -> Datatype:
    return Datatype(
        "string", form, holds=lambda found: isinstance(found, str) and re.fullmatch(form, found) is not None
    )


def _integer(low: float, high: float) -> Datatype:
    return Datatype("decimal", r"[+-]?\d+", Decimal, lambda found: found % 1 == 0 and low <= found <= high)


def _binary(bits: str, text: str) -> object:
    """Read a number of 32 or 64 bits; one too large or too small for them is refused."""
    found: float = struct.unpack(bits, struct.pack(bits, float(text)))[0]
    if (math.isinf(found) and "INF" not in text) or (found == 0 and re.match(r"[^eE]*[1-9]", text)):
        raise OverflowError(text)
    return "NaN" if math.isnan(found) else found


def _moment(text: str) -> tuple[bool, int, Decimal]:
    """Read a date and time: whether its zone is told, the minutes since a certain day, and the seconds.

    24:00:00 ends a day.  A year may have any number of digits; its days are counted in one of the years 2000 to 2399, to
    which all others are alike.
    """
    year, month, day, *time, zone = re.fullmatch(rf"{_MOMENT}{_ZONE}?", text).groups()  # type: ignore[union-attr]
    hour, minute, second = int(time[0]), int(time[1]), Decimal(time[2])
    if hour > 24 or minute > 59 or second >= 60 or (hour == 24 and (minute or second)):
        raise ValueError(text)
    cycles, place = divmod(int(year), 400)
    days = date(2000 + place, int(month), int(day)).toordinal() + 146_097 * cycles
    away = 0 if zone in (None, "Z") else int(zone[1:3]) * 60 + int(zone[4:])
    if away > 14 * 60 or (zone not in (None, "Z") and int(zone[4:]) > 59):
        raise ValueError(text)
    minutes = (days * 24 + hour) * 60 + minute - (-away if zone and zone[0] == "-" else away)
    return zone is not None, minutes, second


def _xml(text: str) -> object:
    from xml.etree.ElementTree import canonicalize  # ten milliseconds, and rarely needed

    return canonicalize(f"<x>{text}</x>")


def _plain(text: str) -> object:
    text, _, tag = text.rpartition("@")
    return (text, tag.lower()) if tag else text


_MOMENT = r"(-?(?:[1-9]\d{4,}|\d{4}))-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d(?:\.\d+)?)"
_ZONE = r"(Z|[+-]\d\d:\d\d)"
_TAG = r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*"
_BINARY = r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|[+-]?INF|NaN"
_BASE64 = r"([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"
_XSD = {
    "anyURI": Datatype("anyURI", r"([A-Za-z][A-Za-z0-9+.-]*:|(?![^/?#]*:))[^\s<>\"{}|\\^`]*"),
    "base64Binary": Datatype("base64Binary", _BASE64, base64.b64decode),
    "boolean": Datatype("boolean", "true|false|0|1", {"true": True, "1": True, "false": False, "0": False}.get),
    "dateTime": Datatype("dateTime", f"{_MOMENT}{_ZONE}?", _moment),
    "dateTimeStamp": Datatype("dateTime", f"{_MOMENT}{_ZONE}", _moment, lambda found: found[0]),
    "decimal": Datatype("decimal", r"[+-]?(\d+(\.\d*)?|\.\d+)", Decimal),
    "double": Datatype("double", _BINARY, partial(_binary, "d")),
    "float": Datatype("float", _BINARY, partial(_binary, "f")),
    "hexBinary": Datatype("hexBinary", r"([0-9a-fA-F]{2})*", str.lower),
    "integer": _integer(-math.inf, math.inf),
    "negativeInteger": _integer(-math.inf, -1),
    "nonNegativeInteger": _integer(0, math.inf),
    "nonPositiveInteger": _integer(-math.inf, 0),
    "positiveInteger": _integer(1, math.inf),
    **{
        name: one
        for size, bits in {"byte": 8, "short": 16, "int": 32, "long": 64}.items()
        for name, one in {
            size: _integer(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1),
            f"unsigned{size.capitalize()}": _integer(0, 2**bits - 1),
        }.items()
    },
    "language": _string(_TAG),
    "Name": _string(r"([^\W\d]|:)[\w.\-·:]*"),
    "NCName": _string(r"[^\W\d][\w.\-·]*"),
    "NMTOKEN": _string(r"[\w.\-·:]+"),
    "normalizedString": _string(r"[^\t\n\r]*"),
    "string": _string(r"(?s:.*)"),
    "token": _string(r"([^\s]+( [^\s]+)*)?"),
}
_DATATYPES = {
    f"<{terms.RDFS}Literal>": Datatype(""),
    f"<{terms.RDF}PlainLiteral>": Datatype("string", rf"(?s:.*)@({_TAG})?", _plain),
    f"<{terms.RDF}langString>": Datatype("string", holds=lambda found: isinstance(found, tuple)),
    f"<{terms.RDF}XMLLiteral>": Datatype("xml", read=_xml),
    **{f"<{terms.XSD}{name}>": datatype for name, datatype in _XSD.items()},
}
