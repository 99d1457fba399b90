"""What reads one cell of a table: each function takes a cell that is not empty, and raises ValueError with advice."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from gbakg import terms

Number = int | Decimal

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]")


def clean(cell: str) -> str:
    r"""Return a cell as it is.  Raises ValueError if a control character stands in it, such as NUL, which no text prints.

    Nor may U+FFFE or U+FFFF, which XML cannot write (XML 1.0, section 2.2).

    >>> clean("two\nlines")
    'two\nlines'
    """
    # The first test costs a tenth of the second, and nearly every cell passes it.
    if not cell.isprintable() and (found := _CONTROL.search(cell)):
        raise ValueError(f"has the control character U+{ord(found[0]):04X} at {found.start()}; remove it")
    return cell


def text(cell: str) -> str:
    """Take a text as it is."""
    return cell


def _plain(cell: str) -> bool:
    """Tell whether a cell is a whole number from 0, of at most 18 digits; a quarter of what the pattern costs."""
    return cell.isascii() and cell.isdigit() and len(cell) <= 18 and (cell[0] != "0" or cell == "0")


def natural(cell: str) -> int:
    """Read a whole number from 0, such as an offset."""
    if not _plain(cell):
        raise ValueError(f"`{cell}` is not a whole number from 0; write digits only, such as 120")
    return int(cell)


def ordinal(cell: str) -> int:
    """Read the number of a paragraph, from 1."""
    place = natural(cell)
    if place == 0:
        raise ValueError("`0` is not a paragraph; the first non-empty line is paragraph 1")
    return place


def key(cell: str) -> str:
    """Read the key of a claim, which ends its IRI."""
    if not terms.is_slug(cell):
        raise ValueError(f"`{cell}` cannot end an IRI; write lower-case letters, digits and single hyphens")
    if re.search(r"(?:^|-)p[0-9]+(?:-|$)", cell):
        raise ValueError(f"`{cell}` holds a part that reads as a paragraph; leave p and a number out of keys")
    return cell


def _tight(cell: str) -> None:
    """Raise ValueError if white space surrounds a name: spreadsheets leave it, and nobody sees it in a message."""
    if cell.strip() not in {"", cell}:
        raise ValueError(f"`{cell}` has white space at its start or end; write `{cell.strip()}`")


def entity(cell: str) -> str:
    """Read the short name of an entity."""
    if not terms.is_short(cell) or "#" in cell:
        _tight(cell)
        raise ValueError(f"`{cell}` is not an entity; write class/slug in lower case, such as region/shenzhen")
    return cell


def entities(cell: str) -> tuple[str, ...]:
    """Read one or several short names, separated by `|`."""
    return tuple(entity(part) for part in cell.split("|"))


def code(cell: str) -> str:
    """Read the local name of a term of the ontology."""
    if not terms.is_local(cell):
        _tight(cell)
        raise ValueError(f"`{cell}` is not the local name of a term of the ontology; write it without prefix, as Exact")
    return cell


def day(cell: str) -> str:
    """Read a date of the calendar, YYYY-MM-DD."""
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", cell, re.ASCII):
        try:
            date.fromisoformat(cell)
        except ValueError as error:
            raise ValueError(f"`{cell}` is not a date of the calendar: {error}") from None
        return cell
    raise ValueError(f"`{cell}` is not a date; write YYYY-MM-DD, such as 2025-06-30")


def number(cell: str) -> Number:
    """Read a number in its canonical form: 120 is an integer, 116.9 a decimal, and every other spelling is refused.

    Raises ValueError, which says what to write instead.

    >>> number("120"), number("116.9")
    (120, Decimal('116.9'))
    """
    if _plain(cell):
        return int(cell)
    if re.fullmatch(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]*[1-9])?", cell, re.ASCII) and cell != "-0":
        if len(re.sub(r"[^0-9]", "", cell)) > 18:
            raise ValueError(f"`{cell}` has more than 18 digits, more than query engines compute with; round it")
        return Decimal(cell) if "." in cell else int(cell)
    plain = (
        re.sub(r"[,_\s]", "", cell) if re.fullmatch(r"[+-]?[0-9]{1,3}(?:[,_ ][0-9]{3})+(?:\.[0-9]+)?", cell) else cell
    )
    if re.fullmatch(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?", plain, re.ASCII):
        raise ValueError(f"`{cell}` is not written canonically; write {canonical(Decimal(plain))}")
    raise ValueError(f"`{cell}` is not a number; write digits with a point for decimals, such as 120 or 116.9")


def whole(cell: str) -> int:
    """Read a whole number."""
    value = number(cell)
    if not isinstance(value, int):
        raise ValueError(f"`{cell}` is not whole; give it the datatype decimal")
    return value


def fraction(cell: str) -> Decimal:
    """Read a number that is not whole."""
    value = number(cell)
    if isinstance(value, int):
        raise ValueError(f"`{cell}` is whole; give it the datatype integer")
    return value


def year(cell: str) -> str:
    """Read a year."""
    if not re.fullmatch(r"[0-9]{4}", cell, re.ASCII):
        raise ValueError(f"`{cell}` is not a year; write four digits, such as 2025")
    return cell


def month(cell: str) -> str:
    """Read a month, YYYY-MM."""
    if not re.fullmatch(r"[0-9]{4}-(?:0[1-9]|1[0-2])", cell, re.ASCII):
        raise ValueError(f"`{cell}` is not a month; write YYYY-MM, such as 2025-06")
    return cell


def boolean(cell: str) -> bool:
    """Read true or false."""
    if cell not in {"true", "false"}:
        raise ValueError(f"`{cell}` is neither true nor false")
    return cell == "true"


def literal(values: dict[str, Any]) -> tuple[str, str] | None:
    """Judge the literal of a fact by its datatype: the column that is wrong and why, or None."""
    literal, datatype = values["literal"], values["datatype"]
    if literal is None or datatype is None:
        if literal is None and datatype is None:
            return None
        if literal is None:
            return "datatype", f"`{datatype}` has no literal beside it; give one, or empty this cell"
        return "datatype", f"is empty beside a literal; write {', '.join(LITERALS)} or a language as @en"
    if datatype.startswith("@"):
        if re.fullmatch(r"@[a-z]{2,3}(?:-[a-z0-9]{1,8})*", datatype):
            return None
        return "datatype", f"`{datatype}` is not a language in lower case, such as @en or @zh-hant"
    if datatype not in LITERALS:
        return "datatype", f"`{datatype}` is not known; write {', '.join(LITERALS)} or a language as @en"
    try:
        LITERALS[datatype](literal)
    except ValueError as error:
        return "literal", str(error)
    return None


def canonical(value: Number) -> str:
    """Write a number without exponent, plus sign, grouping or trailing zeros.

    >>> canonical(Decimal("1e3")), canonical(Decimal("120.50"))
    ('1000', '120.5')
    """
    if isinstance(value, int):  # format would go through a float
        return str(value)
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


LITERALS: dict[str, Callable[[str], Any]] = {
    "string": text,
    "integer": whole,
    "decimal": fraction,
    "date": day,
    "gYear": year,
    "gYearMonth": month,
    "boolean": boolean,
}
"""What reads the literal of a fact, by its datatype."""
