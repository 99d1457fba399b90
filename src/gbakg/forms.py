"""Lexical forms: of the several ways to write one value, the canonical one."""

from __future__ import annotations

import re
from typing import TypeVar

from pyoxigraph import Literal, NamedNode

_XSD = "http://www.w3.org/2001/XMLSchema#"
_STRING, _BOOLEAN, _DECIMAL, _MOMENT = (_XSD + name for name in ("string", "boolean", "decimal", "dateTime"))
_INTEGER = _XSD + "integer"
_NUMBER = re.compile(r"([+-]?)0*([0-9]*?)(?:\.([0-9]*?)0*)?").fullmatch
_TRUTHS = {"1": "true", "0": "false"}

_Term = TypeVar("_Term")


def canonical(term: _Term) -> _Term:
    """Return a term with its canonical lexical form (XML Schema 1.1 part 2) and its language tag in lower case.

    These are the forms that the embedded store keeps.  A form that its datatype does not know stays as it is, and so
    do the other datatypes.

    >>> canonical(Literal("1.50", datatype=NamedNode(_DECIMAL)))
    <Literal value=1.5 datatype=<NamedNode value=http://www.w3.org/2001/XMLSchema#decimal>>
    """
    if not isinstance(term, Literal):
        return term
    language = term.language
    if language is not None:
        return term if language.islower() else Literal(term.value, language=language.lower())  # type: ignore[return-value]
    kind, text = term.datatype.value, term.value
    if kind == _STRING:
        return term
    form = text
    if kind == _BOOLEAN:
        form = _TRUTHS.get(text, text)
    elif kind == _DECIMAL or (kind == _INTEGER and "." not in text):
        form = _number(text)
    elif kind == _MOMENT and text.endswith(("+00:00", "-00:00")):
        form = f"{text[:-6]}Z"
    return term if form == text else Literal(form, datatype=term.datatype)  # type: ignore[return-value]


def whole(term: _Term) -> _Term:
    """Return a decimal without a fraction as the integer that it is, any other term as it is.

    Virtuoso 7.2 keeps an integer above 2,147,483,647 as a decimal.

    >>> whole(Literal("8000000000", datatype=NamedNode(_DECIMAL)))
    <Literal value=8000000000 datatype=<NamedNode value=http://www.w3.org/2001/XMLSchema#integer>>
    """
    if isinstance(term, Literal) and term.datatype.value == _DECIMAL and "." not in term.value:
        return Literal(term.value, datatype=NamedNode(_INTEGER))  # type: ignore[return-value]
    return term


def _number(text: str) -> str:
    """Take the plus and the zeros that count nothing off a number."""
    found = _NUMBER(text)
    if found is None or text.strip("+-.") == "":
        return text
    sign, whole, part = found.groups()
    size = f"{whole or 0}.{part}" if part else whole or "0"
    return f"-{size}" if sign == "-" and size != "0" else size
