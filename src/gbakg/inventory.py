"""What a graph at an endpoint holds: how many triples, their digest, and where they differ from those here."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from itertools import islice
from typing import IO, cast
from urllib.parse import quote

import pyoxigraph
from pyoxigraph import Literal, RdfFormat, Triple

from gbakg.connection import Answer
from gbakg.digest import Digest
from gbakg.engine import select
from gbakg.errors import NetworkError, Refused
from gbakg.profiles import shown
from gbakg.remote import Endpoint, number
from gbakg.weigh import BLOCK, Scales, Weight, compared, cut

_NT = RdfFormat.N_TRIPLES.media_type
MISSING = "is missing"
"""How words on what is here and not there begin."""

COMPARED = 2_000_000
"""Triples up to which those that differ are looked for one by one, in memory."""


class Inventory:
    """The triples of one graph at an endpoint; `graph` is its IRI, nothing for the default graph.

    Stores write some values in another form.  `changed` has a term for each kind of change, as it came and as it is
    compared: with its canonical form, a whole number as an integer.
    """

    def __init__(self, endpoint: Endpoint, graph: str) -> None:
        self._endpoint = endpoint
        self._profile = endpoint.profile
        self.graph = graph
        self.changed: dict[str, tuple[str, str]] = {}

    @property
    def address(self) -> str:
        """The graph's address in the graph store (SPARQL 1.1 Graph Store Protocol, section 4.2)."""
        store = self._endpoint.addresses["graphs"]
        name = f"graph={quote(self.graph, safe='')}" if self.graph else "default"
        return f"{store}{'&' if '?' in store else '?'}{name}"

    def count(self) -> int:
        """Ask how many triples there are."""
        asked = f"SELECT (COUNT(*) AS ?count) {self._from()}WHERE {{ {self._pattern('?s ?p ?o')} }}"
        return number(self._endpoint.url, select(self._endpoint, asked))

    def lines(self) -> Iterator[str]:
        """Yield every triple as the line that is compared, in any order; notes what was `changed`."""
        return (compared(triple, self.changed) for triple in self._triples())

    def digest(self, progress: Callable[[int], None] | None = None) -> Digest:
        """Hash every triple, as it is compared, as it comes; `progress` is told how many."""
        return self.weigh(progress).compared

    def weigh(self, progress: Callable[[int], None] | None = None, *, large: bool = False) -> Weight:
        """Weigh every triple as it comes; `progress` is told how many, `large` is what several processes shall hash."""
        tell = progress or (lambda count: None)
        if self._profile.rows or not self._endpoint.addresses.get("graphs"):
            weight = Weight()
            triples = iter(self._triples())
            while some := list(islice(triples, 10_000)):
                weight.triples(some)
                tell(weight.compared.count)
        else:
            weight = self._weighed(tell, large=large)
        self.changed = {**weight.changed, **self.changed}
        return weight

    def _weighed(self, tell: Callable[[int], None], *, large: bool) -> Weight:
        with self._got() as found, Scales(large=large) as scales:
            try:
                for block in cut(iter(lambda: found.read(BLOCK), b"") if found else ()):
                    scales.put(block)
                    tell(scales.count)
                return scales.weight()
            except (SyntaxError, ValueError) as error:
                raise self._none(error) from error

    def _triples(self) -> Iterator[Triple]:
        if self._profile.rows:
            yield from self._pages()
        elif self._endpoint.addresses.get("graphs"):
            yield from self._whole()
        else:
            body = self._pattern("?s ?p ?o")
            found = self._endpoint.query(f"CONSTRUCT {{ ?s ?p ?o }} {self._from()}WHERE {{ {body} }}")
            yield from cast("Iterator[Triple]", found)

    @contextlib.contextmanager
    def _got(self) -> Iterator[Answer | None]:
        """Get the graph in one answer; None if there is no such graph, as there may be where it has no triples."""
        try:
            found = self._endpoint.connection.send("GET", self.address, None, {"Accept": _NT})
        except Refused as error:
            if error.status != 404:
                raise
            yield None
            return
        with found:
            if found.kind not in (_NT, "text/plain"):
                raise NetworkError(self.address, f"answered with {found.kind or 'no media type'} instead of N-Triples")
            yield found

    def _whole(self) -> Iterator[Triple]:
        with self._got() as found:
            if found is None:
                return
            try:
                for quad in pyoxigraph.parse(cast("IO[bytes]", found), format=RdfFormat.N_TRIPLES):
                    yield quad.triple
            except (SyntaxError, ValueError) as error:
                raise self._none(error) from error

    def _none(self, error: Exception) -> NetworkError:
        return NetworkError(self.address, f"answered with something that is no N-Triples: {error}")

    def _pages(self) -> Iterator[Triple]:
        """Get the graph in answers that are no longer than the store cuts them: predicates together, or one in pages.

        Predicates that fit into one answer need no order.  One that does not is sorted, each page beginning after the
        last: with OFFSET and no order, Virtuoso 7.2 gives some rows twice and others never.
        """
        size = self._profile.rows // 2
        pattern, source = self._pattern("?s ?p ?o"), self._from()
        counted = f"SELECT ?p (COUNT(*) AS ?count) {source}WHERE {{ {pattern} }} GROUP BY ?p"
        together: list[str] = []
        room = size
        for predicate, count in list(select(self._endpoint, counted)):
            amount = number(self._endpoint.url, [(count,)])
            if amount > size:
                yield from self._sorted("?s", str(predicate))
                continue
            if amount > room:
                yield from self._rows(f"SELECT ?s ?p ?o {source}WHERE {{ {_among(together)} {pattern} }}")
                together, room = [], size
            together.append(str(predicate))
            room -= amount
        if together:
            yield from self._rows(f"SELECT ?s ?p ?o {source}WHERE {{ {_among(together)} {pattern} }}")

    def _sorted(self, subject: str, predicate: str) -> Iterator[Triple]:
        """Get the triples of a predicate in pages, sorted by subject, or those of one subject, sorted by object.

        A page is cut before its last key, whose triples may go on in the next.  Virtuoso sorts as many rows as an answer
        may have, and no more with an OFFSET (SR353): hence a filter.
        """
        size, key = self._profile.rows, "?s" if subject == "?s" else "?o"
        head = "?s" if subject == "?s" else f"({subject} AS ?s)"
        after = ""
        while True:
            body = self._pattern(f"{subject} {predicate} ?o")
            body = f"SELECT {head} ({predicate} AS ?p) ?o {self._from()}WHERE {{ {body}{after} }}"
            page = list(self._rows(f"{body} ORDER BY STR({key}) LIMIT {size}"))
            if len(page) < size:
                yield from page
                return
            keys = [_text(one.subject if key == "?s" else one.object) for one in page]
            end = keys[-1]
            kept = [one for one, text in zip(page, keys, strict=True) if text != end]
            if kept:
                yield from kept
                end = _text(kept[-1].subject if key == "?s" else kept[-1].object)
            elif key == "?s":
                yield from self._sorted(str(page[-1].subject), predicate)
            else:
                words = (
                    f"has {size:,} literals of {subject} {predicate} that differ in nothing but datatype or language"
                )
                raise NetworkError(shown(self._endpoint.url), f"{words}, more than an answer may have")
            after = f" FILTER (STR({key}) > {Literal(end)})"

    def _rows(self, sparql: str) -> Iterator[Triple]:
        for row in select(self._endpoint, sparql):
            yield Triple(*row)  # type: ignore[arg-type] # what a store calls a triple

    def _from(self) -> str:
        """Name the default graph where a query without FROM sees others too, and it has a name."""
        return f"FROM <{self._profile.unnamed}> " if self._mixed and self._profile.unnamed else ""

    @property
    def _mixed(self) -> bool:
        return not self.graph and self._profile.default == "union"

    @property
    def alone(self) -> bool:
        """Whether what is counted is this graph and no other with it."""
        return not self._mixed or bool(self._profile.unnamed)

    def _pattern(self, triple: str) -> str:
        return f"GRAPH <{self.graph}> {{ {triple} }}" if self.graph else triple


def differences(here: Callable[[], Iterable[str]], there: Callable[[], Iterable[str]], most: int = 3) -> list[str]:
    """Word what is here and not there, and the other way round, a few lines of each."""
    found = {_short(text) for text in there()}
    missing = [text for text in here() if _short(text) not in found]
    for text in here():
        found.discard(_short(text))
    more = list(islice((text for text in there() if _short(text) in found), most)) if found else []
    words = [f"{MISSING}: {text}" for text in missing[:most]] + [f"is there besides: {text}" for text in more]
    rest = len(missing) + len(found) - len(words)
    return words + ([f"and {rest:,} more"] if rest > 0 else [])


def _among(predicates: list[str]) -> str:
    return f"VALUES ?p {{ {' '.join(predicates)} }}"


def _text(term: object) -> str:
    return str(getattr(term, "value", term))


def _short(text: str) -> bytes:
    return sha256(text.encode()).digest()[:12]
