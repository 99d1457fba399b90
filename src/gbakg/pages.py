"""Answer a saved query a page at a time, so that its first rows do not wait for its last.

A query may begin with a head: a sub-select with an ORDER BY of its own, such as all documents by file name.  SPARQL
gives such an order no meaning, so that any engine may answer the whole text at once.  Here the head is answered first,
and then the rest for some of its rows at a time, in their order, as VALUES in the head's place, until there are rows
enough.  As the answer is ordered by the head's keys before all others, and rows that are alike in them are kept
together, the pages one after another are the answer (`lint` holds the rules).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from gbakg import parameters, terms
from gbakg.engine import Answer, Engine, Solutions, Term, select
from gbakg.parameters import Slot

if TYPE_CHECKING:
    from gbakg.tokens import Token

FIRST = 8
"""Rows of the head in the first page, where it is not known how many rows of the answer each gives."""

GOAL = 2000
"""Rows of the answer that a page is to have where all are asked for."""

_GROWTH = 8


class Head(NamedTuple):
    """Where a query's head stands in its text, and its keys.

    `select` is where the query's own SELECT begins, `start` the head's opening brace, `order` its ORDER BY, and `end`
    what follows its closing brace.  If `complete`, it is ordered by all that the query is ordered by; then it may have no
    keys, which are variables, but expressions.
    """

    select: int
    start: int
    order: int
    end: int
    keys: tuple[str, ...]
    complete: bool


def head(text: str, source: str = "query") -> Head | None:
    """Find the head of a query; None where it has none that can be paged through.

    It may not be cut, and is ordered by variables alone, or by all that the query is ordered by.

    >>> head("SELECT * { { SELECT ?x { ?x ?p ?o } ORDER BY ?x } ?x ?q ?y } ORDER BY ?x ?y").keys
    ('x',)
    """
    from gbakg.tokens import code  # 8 ms of regular expressions; a compiled query brings its head along

    found = code(text, source)
    first = next((at for at, token in enumerate(found) if _is(token, "SELECT")), None)
    brace = next((at for at, token in enumerate(found) if token.kind == "mark" and token.text == "{"), None)
    if (
        first is None
        or brace is None
        or [token.text.upper() for token in found[brace + 1 : brace + 3]] != ["{", "SELECT"]
    ):
        return None
    close = _closing(found, brace + 1)
    order = next((at for at in _level(found, brace + 1, close) if _is(found[at], "ORDER")), None)
    if order is None or any(_is(token, word) for token in found[order:close] for word in ("LIMIT", "OFFSET")):
        return None
    inner, outer = found[order:close], found[_closing(found, brace) + 1 :]
    complete = [(token.kind, token.text) for token in inner] == [(token.kind, token.text) for token in outer]
    plain = all(token.kind == "variable" for token in inner[2:])
    if not plain and not complete:
        return None
    keys = tuple(token.text for token in inner[2:]) if plain else ()
    return Head(found[first].start, found[brace + 1].start, found[order].start, found[close].end, keys, complete)


def _is(token: Token, word: str) -> bool:
    return token.kind == "word" and token.text.upper() == word


def _closing(found: Sequence[Token], brace: int) -> int:
    level = 0
    for at in range(brace, len(found)):
        if found[at].kind == "mark":
            level += {"{": 1, "}": -1}.get(found[at].text, 0)
            if level == 0:
                return at
    return len(found) - 1


def _level(found: Sequence[Token], brace: int, close: int) -> Iterator[int]:
    """Yield the places between two braces that lie inside no further ones."""
    level = 0
    for at in range(brace + 1, close):
        if found[at].kind == "mark":
            level += {"{": 1, "}": -1}.get(found[at].text, 0)
        if level == 0:
            yield at


# --- answering -----------------------------------------------------------------------------------------------------


class Parts(NamedTuple):
    """The bound texts of a query: its prologue, what stands before its head, the head, its order, and what follows."""

    prologue: str
    before: str
    head: str
    order: str
    after: str


def parts(text: str, at: Head, places: Sequence[Slot], values: dict[str, Literal | NamedNode | None]) -> Parts:
    """Bind the parts of a query that a page is made of."""

    def bound(start: int, end: int) -> str:
        inside = [Slot(one.start - start, one.end - start, one.name) for one in places if start <= one.start < end]
        return parameters.bind(text[start:end], inside, values)

    return Parts(
        bound(0, at.select),
        bound(0, at.start),
        bound(at.start + 1, at.order),
        bound(at.order, at.end - 1),
        bound(at.end, len(text)),
    )


def answer(engine: Engine, asked: Parts, at: Head, most: int | None, first: int = FIRST) -> Solutions:
    """Answer a query page by page with at most so many rows, None for all; the first page is asked for at once.

    Raises QuerySyntaxError.
    """
    names, rows = _ordered(engine, asked, at.keys)
    groups = (
        [[row] for row in rows] if at.complete else [[*group] for _, group in groupby(rows, _picker(names, at.keys))]
    )
    size = most if at.complete and most is not None else GOAL if at.complete else first

    def page(begin: int, size: int, left: int | None) -> tuple[Solutions, int]:
        """Ask for a page of at least so many rows of the head, from a group on; return the next group as well."""
        taken: list[Answer] = []
        end = begin
        while end < len(groups) and len(taken) < size:
            taken += groups[end]
            end += 1
        limit = "" if left is None else f"\nLIMIT {left}\n"
        return select(engine, f"{asked.before}{_values(names, taken)}{asked.after.rstrip()}{limit}"), end

    found, following = page(0, size, most)

    def every() -> Iterator[Answer]:
        nonlocal found, following
        given = 0
        asked_for = following
        while True:
            for row in found:
                given += 1
                yield row
            if following >= len(groups) or (most is not None and given >= most):
                return
            left = None if most is None else most - given
            wanted = GOAL if left is None else left
            # As many as gave so many rows until now, and a tenth more.
            more = int(wanted * following / given * 1.1) + 1 if given else asked_for * _GROWTH
            asked_for = min(more, asked_for * _GROWTH)
            found, following = page(following, asked_for, left)

    return Solutions(found.variables, every())


def _ordered(engine: Engine, asked: Parts, keys: tuple[str, ...]) -> tuple[tuple[str, ...], list[Answer]]:
    """Answer the head, its rows ordered by its keys as SPARQL orders them.

    pyoxigraph looks both terms up for each comparison; where a key's values are all of one simple kind, they are
    compared here instead.
    """
    found = select(engine, f"{asked.prologue}{asked.head}{'' if keys else asked.order}")
    rows = list(found)
    plain = [_plain([row[found.variables.index(key)] for row in rows]) for key in keys]
    if None in plain:
        return found.variables, list(select(engine, f"{asked.prologue}{asked.head}{asked.order}"))
    if not keys:
        return found.variables, rows
    ordered = sorted(zip(*plain, range(len(rows)), strict=True))  # type: ignore[arg-type]
    return found.variables, [rows[place[-1]] for place in ordered]


def _plain(column: Sequence[Term | None]) -> list[str] | list[int] | None:
    """Return what IRIs, simple strings or integers are ordered by; None where a column mixes them or has others."""
    if all(isinstance(term, NamedNode) for term in column):
        return [term.value for term in column]  # type: ignore[union-attr]
    kinds = {term.datatype if isinstance(term, Literal) else None for term in column}
    if kinds == {terms.XSD.term("string")}:
        return [term.value for term in column]  # type: ignore[union-attr]
    if kinds == {terms.XSD.term("integer")}:
        return [int(term.value) for term in column]  # type: ignore[union-attr]
    return None


def _picker(names: Sequence[str], keys: Sequence[str]) -> Callable[[Answer], Answer]:
    columns = [names.index(key) for key in keys]
    return lambda row: tuple(row[column] for column in columns)


def _values(names: Sequence[str], rows: Sequence[Answer]) -> str:
    written = "\n".join(f"({' '.join(map(_written, row))})" for row in rows)
    return f"VALUES ({' '.join(f'?{name}' for name in names)}) {{\n{written}\n}}"


def _written(term: Term | None) -> str:
    if isinstance(term, (BlankNode, Triple)):  # the data hold none
        raise TypeError(f"a head cannot answer with {term}")
    return "UNDEF" if term is None else parameters.write(term)
