"""Put values in place of a saved query's `$name` tokens: each is checked by its type, and written by its RDF term.

No value is ever pasted into a query as text.  An IRI is accepted if the library that parses queries accepts it; a
literal is written by the library; the bound query is parsed again before it runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from pyoxigraph import Literal, NamedNode

from gbakg import terms
from gbakg.errors import BadParameter, UnknownName, WrongClass
from gbakg.header import Parameter
from gbakg.tuples import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gbakg.tokens import Token  # 8 ms of regular expressions, and a compiled query brings its slots along

Resolve = Callable[[str, NamedNode], NamedNode]
"""Returns the entity of a class that a text means; raises UnknownName, AmbiguousName or WrongClass."""

_EXPECTED = {
    "string": "a text",
    "integer": "a whole number such as 120",
    "decimal": "a number such as 41.4",
    "date": "a date YYYY-MM-DD",
    "boolean": "true or false",
    "lang": "a language tag such as en or zh-hans",
}


class Slot(NamedTuple):
    """Where a parameter's token stands in the query's text, its `$` included."""

    start: int
    end: int
    name: str


def slots(found: Iterable[Token]) -> tuple[Slot, ...]:
    """Find the `$name` tokens of a query among all of its tokens.

    >>> from gbakg.tokens import code
    >>> slots(code("SELECT ?x { ?x ?p $o } # $c"))
    (Slot(start=18, end=20, name='o'),)
    """
    return tuple(Slot(one.start, one.end, one.text) for one in found if one.kind == "parameter")


def bind(text: str, places: Sequence[Slot], values: Mapping[str, Literal | NamedNode | None]) -> str:
    r"""Write terms in place of their tokens; None becomes UNDEF, a token without an entry stays a variable.

    >>> bind("{ ?x ?p $o }", [Slot(8, 10, "o")], {"o": Literal('"')})
    '{ ?x ?p  "\\""  }'
    """
    parts: list[str] = []
    position = 0
    for slot in places:
        if slot.name in values:
            value = values[slot.name]
            # Blanks on both sides keep the term apart from what touched the token.
            parts += [text[position : slot.start], " ", "UNDEF" if value is None else write(value), " "]
            position = slot.end
    return "".join([*parts, text[position:]])


def write(term: Literal | NamedNode) -> str:
    r"""Write a term as SPARQL.

    Some engines expand `\uXXXX` before they look at backslashes (SPARQL 1.1, section 19.2), so that the two characters
    of an escaped backslash followed by `u` would be misread: there the `u` is written as an escape itself.
    """
    written = str(term)
    if isinstance(term, NamedNode) or "\\\\" not in written:
        return written
    return re.sub(
        r"(\\.)([uU])?",
        lambda pair: pair[1] + (f"\\U{ord(pair[2]):08X}" if pair[2] and pair[1] == "\\\\" else pair[2] or ""),
        written,
        flags=re.DOTALL,
    )


def convert(parameter: Parameter, value: object, resolve: Resolve) -> Literal | NamedNode:
    """Turn a value, typed by a user or given by a program, into the term that stands for it.

    Raises BadParameter, or AmbiguousName and UnknownName for an entity.
    """
    text = _text(value)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadParameter(parameter.name, "text", text, "it holds half of a surrogate pair") from None
    if "\0" in text:
        raise BadParameter(parameter.name, "text", text, "it holds a NUL character")
    if parameter.type in ("iri", "code"):
        return _node(parameter, text, resolve)
    try:
        return _LITERALS[parameter.type](text)
    except ValueError:
        raise BadParameter(parameter.name, _EXPECTED[parameter.type], text) from None


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, NamedNode):
        return value.value
    if isinstance(value, (str, int)):
        return str(value)
    from datetime import date
    from decimal import Decimal

    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, date) else str(value)


def _node(parameter: Parameter, text: str, resolve: Resolve) -> NamedNode:
    of = terms.expand(parameter.of)
    expected = f"a {parameter.of}, as {'its local name' if parameter.type == 'code' else 'class/slug, IRI or label'}"
    wanted = f"gba:{text}" if parameter.type == "code" and terms.is_local(text) else text
    try:
        return resolve(wanted, of)
    except WrongClass as error:
        raise BadParameter(parameter.name, expected, text, f"that is a {error.found}") from None
    except UnknownName:
        if re.search(r"[<>\"{}|\\^`\x00-\x1f\x7f]", text):
            raise BadParameter(parameter.name, expected, text) from None
        raise


def _integer(text: str) -> Literal:
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", text.strip(), re.ASCII):
        raise ValueError(text)
    return terms.literal(str(int(text)), "integer")


def _decimal(text: str) -> Literal:
    if not re.fullmatch(r"[+-]?(?:[0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})", text.strip(), re.ASCII):
        raise ValueError(text)
    from decimal import Decimal

    from gbakg.cells import canonical

    return terms.literal(canonical(Decimal(text.strip())), "decimal")


def _date(text: str) -> Literal:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text.strip(), re.ASCII):
        raise ValueError(text)
    from datetime import date

    return terms.literal(date.fromisoformat(text.strip()).isoformat(), "date")


def _boolean(text: str) -> Literal:
    if text.strip().lower() not in ("true", "false"):
        raise ValueError(text)
    return terms.literal(text.strip().lower(), "boolean")


def _lang(text: str) -> Literal:
    if not re.fullmatch(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*", text.strip(), re.ASCII):
        raise ValueError(text)
    return Literal(text.strip().lower())


_LITERALS: dict[str, Callable[[str], Literal]] = {
    "string": Literal,
    "integer": _integer,
    "decimal": _decimal,
    "date": _date,
    "boolean": _boolean,
    "lang": _lang,
}
