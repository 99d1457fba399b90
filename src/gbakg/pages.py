"""Answer a saved query a page at a time, so that its first rows do not wait for its last.

A query may begin with a head: a sub-select with an ORDER BY of its own, such as all documents by file name.  SPARQL
gives such an order no meaning, so that any engine may answer the whole text at once.  Here the head is answered first,
and then the rest for some of its rows at a time, in their order, as VALUES in the head's place, until there are rows
enough.  As the answer is ordered by the head's keys before all others, and rows that are alike in them are kept
together, the pages one after another are the answer (`lint` holds the rules).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, groupby

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from gbakg import parameters, terms
from gbakg.engine import Answer, Engine, Solutions, Term, select
from gbakg.parameters import Slot
from gbakg.tuples import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from decimal import Decimal
    from typing import Any

    from gbakg.tokens import Token

SMALL = 500_000
"""A graph of so few triples is asked at once: each page has to be planned anew, which would take longer than it saves."""

GOAL = 2000
"""Rows that a page is to have where all are asked for."""

GROWTH = 3
"""How many times as long as all before it a page may be, since the things in a head are not alike."""


class Head(NamedTuple):
    """Where a query's head stands in its text, and its keys.

    `select` is where the SELECT of the query begins, `start` the head's opening brace, `order` its ORDER BY, `end` what
    follows its closing brace, and `last` the query's own end.  If `complete`, the head is ordered by all that the query
    is ordered by; then it may have no keys, which are variables, but expressions.  A head may have a head itself.
    """

    select: int
    start: int
    order: int
    end: int
    last: int
    keys: tuple[str, ...]
    complete: bool
    head: Head | None = None

    @classmethod
    def of(cls, values: Sequence[Any]) -> Head:
        """Make a head of its values, as JSON keeps them."""
        *places, keys, complete, inner = values
        return cls._make((*places, tuple(keys), complete, None if inner is None else cls.of(inner)))


def head(text: str, source: str = "query") -> Head | None:
    """Find the head of a query; None where it has none that can be paged through.

    It may not be cut, and is ordered by variables alone, or by all that the query is ordered by.

    >>> head("SELECT * { { SELECT ?x { ?x ?p ?o } ORDER BY ?x } ?x ?q ?y } ORDER BY ?x ?y").keys
    ('x',)
    """
    from gbakg.tokens import code  # 8 ms of regular expressions; a compiled query brings its head along

    return within(code(text, source))


def within(found: Sequence[Token]) -> Head | None:
    """Find the head of a query that was cut into tokens, without spaces and comments."""
    first = next((at for at, token in enumerate(found) if _is(token, "SELECT")), None)
    return None if first is None else _head(found, first, len(found))


def _head(found: Sequence[Token], first: int, last: int) -> Head | None:
    """Find the head of the query whose SELECT and end are given."""
    brace = next((at for at in range(first, last) if found[at].kind == "mark" and found[at].text == "{"), last)
    if [token.text.upper() for token in found[brace + 1 : brace + 3]] != ["{", "SELECT"]:
        return None
    close = _closing(found, brace + 1)
    order = next((at for at in _level(found, brace + 1, close) if _is(found[at], "ORDER")), None)
    if order is None or any(_is(token, word) for token in found[order:close] for word in ("LIMIT", "OFFSET")):
        return None
    inner, outer = found[order:close], found[_closing(found, brace) + 1 : last]
    complete = [(token.kind, token.text) for token in inner] == [(token.kind, token.text) for token in outer]
    plain = all(token.kind == "variable" for token in inner[2:])
    if not plain and not complete:
        return None
    return Head(
        found[first].start,
        found[brace + 1].start,
        found[order].start,
        found[close].end,
        found[last - 1].end,
        tuple(token.text for token in inner[2:]) if plain else (),
        complete,
        _head(found, brace + 2, close),
    )


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
    """The bound texts of a query: what stands before its head, the head as a query, its order, and what follows it.

    `inner` are the parts of the head, if it has a head itself.
    """

    before: str
    head: str
    order: str
    after: str
    inner: Parts | None


def parts(text: str, at: Head, places: Sequence[Slot], values: dict[str, Literal | NamedNode | None]) -> Parts:
    """Bind the parts of a query that a page is made of."""

    def bound(start: int, end: int) -> str:
        inside = [Slot(one.start - start, one.end - start, one.name) for one in places if start <= one.start < end]
        return parameters.bind(text[start:end], inside, values)

    def made(at: Head) -> Parts:
        return Parts(
            prologue + bound(at.select, at.start),
            prologue + bound(at.start + 1, at.order),
            bound(at.order, at.end - 1),
            bound(at.end, at.last),
            None if at.head is None else made(at.head),
        )

    prologue = bound(0, at.select)
    return made(at)


def answer(engine: Engine, asked: Parts, at: Head, most: int | None) -> Solutions:
    """Answer a query page by page with at most so many rows, None for all; the first page is asked for at once.

    Raises QuerySyntaxError.
    """
    names, found = _pages(engine, asked, at, most)
    return Solutions(names, chain.from_iterable(found))


def _pages(
    engine: Engine, asked: Parts, at: Head, most: int | None, order: Order | None = None
) -> tuple[tuple[str, ...], Iterator[Iterable[Answer]]]:
    """Return the variables of a query and its pages, each of which is to be read before the next is asked for.

    A page ends where a row of the head does.  `order` is what a query that is itself a head is ordered by.
    """
    names, batches = _rows(engine, asked, at)
    groups: Iterator[list[Answer]] = iter(())
    goal = GOAL if most is None else most

    def take(size: int) -> list[Answer]:
        """Take so many rows of the head or a few more; fewer where the next would have to be asked for."""
        nonlocal groups
        taken: list[Answer] = []
        while not taken:
            for group in groups:
                taken += group
                if len(taken) >= size:
                    break
            else:
                batch = None if taken else next(batches, None)
                if batch is None:
                    break
                groups = _groups(batch, names, at)
        return taken

    def page(taken: list[Answer], left: int | None) -> Solutions:
        limit = "" if left is None else f"\nLIMIT {left}\n"
        return _sorted(engine, f"{asked.before}{_values(names, taken)}{asked.after}{limit}", order)

    # One row of a complete head gives one of the answer, or none.
    first = goal if at.complete else 1
    taken = take(first)
    found = page(taken, most)

    def every(found: Solutions, taken: list[Answer]) -> Iterator[Iterable[Answer]]:
        given, used = 0, 0

        def counted(rows: Iterable[Answer]) -> Iterator[Answer]:
            nonlocal given
            for row in rows:
                given += 1
                yield row

        while taken:
            yield counted(found)
            used += len(taken)
            if most is not None and given >= most:
                return
            wanted = GOAL if most is None else most - given
            # As many as gave so many rows until now, and a tenth more.
            size = min(used * GROWTH, int(wanted * used / given * 1.1) + 1 if given else used * GROWTH)
            taken = take(size)
            found = page(taken, None if most is None else most - given)

    return found.variables, every(found, taken)


class Order(NamedTuple):
    """What a query that is a head is ordered by: the variables, if it is by those alone, and the text."""

    keys: tuple[str, ...]
    text: str


def _rows(engine: Engine, asked: Parts, at: Head) -> tuple[tuple[str, ...], Iterator[Iterable[Answer]]]:
    """Answer the head, ordered by its keys as SPARQL orders them: in one piece, or the pages that it has itself.

    What is alike in the keys stands in one piece, unless each row stands for itself.
    """
    order = Order(at.keys, asked.order)
    if at.head is None or asked.inner is None:
        found = _sorted(engine, f"{asked.head}{asked.order}", order)
        return found.variables, iter([found])
    names, found_pages = _pages(engine, asked.inner, at.head, None, order)
    # A page of a complete head may end between two rows that are alike.
    return names, iter([chain.from_iterable(found_pages)]) if at.head.complete else found_pages


def _groups(rows: Iterable[Answer], names: Sequence[str], at: Head) -> Iterator[list[Answer]]:
    """Yield the rows of a head that have to stay together: those that are alike in its keys."""
    if at.complete:
        return ([row] for row in rows)
    return ([*group] for _, group in groupby(rows, _picker(names, at.keys)))


def _sorted(engine: Engine, text: str, order: Order | None) -> Solutions:
    """Answer a query; if it is a head, without its order, and put its rows in order here where that is the same.

    pyoxigraph looks both terms up for each comparison, which takes a hundred times as long.
    """
    if order is None or not order.keys:
        return select(engine, text)
    found = select(engine, text.rstrip().removesuffix(order.text.rstrip()))
    rows = list(found)
    plain = [_plain([row[found.variables.index(key)] for row in rows]) for key in order.keys]
    if None in plain:
        return select(engine, text)
    ordered = sorted(zip(*plain, range(len(rows)), strict=True))  # type: ignore[arg-type]
    return Solutions(found.variables, (rows[place[-1]] for place in ordered))


def _plain(column: Sequence[Term | None]) -> list[str] | list[Decimal] | None:
    """Return what IRIs, simple strings or numbers are ordered by; None where a column mixes them or has others."""
    if all(isinstance(term, NamedNode) for term in column):
        return [term.value for term in column]  # type: ignore[union-attr]
    kinds = {term.datatype if isinstance(term, Literal) else None for term in column}
    if kinds == {terms.XSD.term("string")}:
        return [term.value for term in column]  # type: ignore[union-attr]
    if kinds <= {terms.XSD.term("integer"), terms.XSD.term("decimal")}:
        from decimal import Decimal  # 1 ms

        return [Decimal(term.value) for term in column]  # type: ignore[union-attr]
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
