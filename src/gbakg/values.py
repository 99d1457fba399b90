"""Values where libraries differ: which literals a store keeps as they are, and how unlike terms compare.

A pyoxigraph store writes values, not lexical forms: `1.50` becomes `1.5`.  And where SPARQL does not order two terms,
rdflib may.  Both matter only for data that are wrong already, but a report has to say what was there.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from operator import ge, gt, le, lt
from typing import TYPE_CHECKING, Any

from pyoxigraph import Literal, Quad, Store, Triple

from gbakg import terms
from gbakg.engine import Term, to_rdflib
from gbakg.terms import RDF, XSD

if TYPE_CHECKING:
    import rdflib

CHECKED = frozenset(
    XSD.term(name) for name in ["boolean", "date", "dateTime", "decimal", "double", "float", "integer", "time"]
)
"""The datatypes whose lexical forms SPARQL engines check by a cast."""

_DATE = r"(?!0000)[0-9]{4}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
_CANONICAL = {
    XSD.term(name): re.compile(pattern).fullmatch
    for name, pattern in {
        "integer": "0|-?[1-9][0-9]{0,17}",
        "decimal": r"0|-?[1-9][0-9]{0,14}|-?(?:0|[1-9][0-9]{0,11})\.[0-9]{0,5}[1-9]",
        "boolean": "true|false",
        "date": _DATE,
        "string": "(?s:.*)",
        "gYear": "[1-9][0-9]{3}",
        "gYearMonth": "[1-9][0-9]{3}-(?:0[1-9]|1[0-2])",
    }.items()
}
_READ = frozenset(map(XSD.term, ["base64Binary", "dayTimeDuration", "duration", "hexBinary", "yearMonthDuration"]))
"""The datatypes whose lexical forms rdflib checks, and SPARQL engines do not."""
_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {"<": lt, "<=": le, ">": gt, ">=": ge}
NUMERIC = {XSD.term(name) for name in ("integer", "decimal", "double", "float")}
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?").fullmatch


def quads(data: Iterable[Triple], odd: list[Literal]) -> Iterator[Quad]:
    """Yield the triples for a store, and put the first value aside that a store would rewrite."""
    for triple in data:
        value = triple.object
        if isinstance(value, Literal) and not odd and not canonical(value):
            odd.append(value)
        yield Quad(triple.subject, triple.predicate, value)


def canonical(literal: Literal) -> bool:
    """Tell whether a store keeps a literal as it is, and takes it for well-formed where rdflib does.

    >>> canonical(terms.literal("1.5", "decimal")), canonical(terms.literal("1.50", "decimal"))
    (True, False)
    """
    known = _CANONICAL.get(literal.datatype)
    return (known is not None and known(literal.value) is not None) or _kept(literal)


@lru_cache(maxsize=4096)
def _kept(literal: Literal) -> bool:
    if literal.datatype == RDF.term("langString"):
        return literal.language == (literal.language or "").lower()
    store = Store()
    store.add(Quad(terms.TYPE, terms.TYPE, literal))
    if next(iter(store)).object != literal:
        return False
    if literal.datatype not in CHECKED | _READ:
        return True
    logging.getLogger("rdflib.term").setLevel(logging.ERROR)  # which else prints a traceback for an ill-formed value
    cast = f"BIND ({literal.datatype}({Literal(literal.value)}) AS ?valid) FILTER (BOUND(?valid))"
    formed = literal.datatype in _READ or bool(store.query(f"ASK {{ {cast} }}"))
    return formed is not getattr(to_term(literal), "ill_typed", None)


def is_strange(pattern: str) -> bool:
    """Tell whether a regular expression has words that Python and the store both read, each in its own way.

    >>> is_strange("[a-z&&[aeiou]]"), is_strange("[a-z]&&")
    (True, False)
    """
    return any(one in (r"\<", r"\>") or (one[0] == "[" and _WITHIN.search(one, 1)) for one in _WORDS.findall(pattern))


def expression(pattern: str) -> str:
    r"""Write a regular expression for a store: to Python, `$` is also before a line feed that ends the text.

    Virtuoso 7.2 looks for `a|b` as it stands, and reads an expression where there is a parenthesis.

    >>> print(expression(r"^[$]\$$"), expression("a|b"))
    ^[$]\$(?:\n?$) (?:a|b)
    """
    found = _WORDS.sub(lambda found: r"(?:\n?$)" if found[0] == "$" else found[0], pattern)
    return f"(?:{found})" if set(pattern) & set("|{") and not set(pattern) & set("([.*+?\\") else found


_WORDS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\$", re.DOTALL)
_WITHIN = re.compile(r"(?<!\\)\[|&&|--|~~")


def holds(value: Term, order: str, bound: Term | None, fixed: bool) -> bool:
    """Tell whether two terms that SPARQL found not in order are so for pyshacl: unlike literals, or IRIs as texts.

    `fixed` tells a bound that the shape gives (sh:minInclusive ...) from a value of the graph (sh:lessThan ...).
    """
    if bound is None or (is_number(value) and is_number(bound)) or (fixed and not isinstance(value, Literal)):
        return False
    from pyshacl.rdfutil import compare

    compare_literal: Callable[[Any, Any], int] = compare.compare_literal
    pair = to_term(value), to_term(bound)
    texts = [str(one) for one in pair if isinstance(getattr(one, "value", str(one)), str)]
    try:
        ordered = (compare_literal(*pair), 0) if fixed and len(texts) != 1 else texts or pair
        return len(ordered) > 1 and bool(_OPERATORS[order](*ordered))
    except (TypeError, NotImplementedError):
        return False


def is_number(term: Term) -> bool:
    """Tell whether a term is a number that is spelt with digits, canonical or not.

    >>> is_number(terms.literal("0.0", "decimal")), is_number(terms.literal("x", "integer"))
    (True, False)
    """
    return isinstance(term, Literal) and term.datatype in NUMERIC and _NUMBER(term.value) is not None


def to_term(term: Term) -> rdflib.term.Node:
    """Turn a term into rdflib's."""
    return next(to_rdflib([Triple(terms.TYPE, terms.TYPE, term)]).objects())
