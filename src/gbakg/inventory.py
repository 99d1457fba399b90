"""What a graph at an endpoint holds: how many triples, their digest, and where they differ from those here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from itertools import islice
from typing import IO, cast
from urllib.parse import quote

import pyoxigraph
from pyoxigraph import Literal, RdfFormat, Triple

from gbakg.digest import Digest, line
from gbakg.engine import Term, select
from gbakg.errors import NetworkError, Refused
from gbakg.forms import canonical, whole
from gbakg.remote import Endpoint, number

_NT = RdfFormat.N_TRIPLES.media_type
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
        for triple in self._triples():
            value = triple.object
            compared = whole(canonical(value))
            if compared != value:
                self._note(value, compared)
            yield line(Triple(triple.subject, triple.predicate, compared))

    def digest(self, progress: Callable[[int], None] | None = None) -> Digest:
        """Hash every triple as it comes; `progress` is told how many."""
        found = Digest()
        for text in self.lines():
            found.add(text)
            if progress is not None and found.count % 10_000 == 0:
                progress(found.count)
        return found

    def _note(self, value: Term, compared: Term) -> None:
        kind = f"@{value.language}" if isinstance(value, Literal) and value.language else ""
        if isinstance(value, Literal) and not kind:
            kind = value.datatype.value
        self.changed.setdefault(kind, (str(value), str(compared)))

    def _triples(self) -> Iterator[Triple]:
        if self._profile.rows:
            yield from self._pages()
        elif self._endpoint.addresses.get("graphs"):
            yield from self._whole()
        else:
            body = self._pattern("?s ?p ?o")
            found = self._endpoint.query(f"CONSTRUCT {{ ?s ?p ?o }} {self._from()}WHERE {{ {body} }}")
            yield from cast("Iterator[Triple]", found)

    def _whole(self) -> Iterator[Triple]:
        """Get the graph in one answer."""
        try:
            found = self._endpoint.connection.send("GET", self.address, None, {"Accept": _NT})
        except Refused as error:
            if error.status == 404:  # a graph without triples may be none
                return
            raise
        with found:
            if found.kind not in (_NT, "text/plain"):
                raise NetworkError(self.address, f"answered with {found.kind or 'no media type'} instead of N-Triples")
            try:
                for quad in pyoxigraph.parse(cast("IO[bytes]", found), format=RdfFormat.N_TRIPLES):
                    yield quad.triple
            except (SyntaxError, ValueError) as error:
                raise NetworkError(self.address, f"answered with something that is no N-Triples: {error}") from error

    def _pages(self) -> Iterator[Triple]:
        """Get the graph in answers that are each shorter than the store cuts them: predicates together, or one in pages.

        Nothing is sorted: a store that sorts all for each page would never end.  Should its order change between two
        pages, the digest differs.
        """
        size = self._profile.rows // 2
        pattern, source = self._pattern("?s ?p ?o"), self._from()
        counted = f"SELECT ?p (COUNT(*) AS ?count) {source}WHERE {{ {pattern} }} GROUP BY ?p"
        together: list[str] = []
        room = size
        for predicate, count in list(select(self._endpoint, counted)):
            number = int(count.value) if isinstance(count, Literal) else 0
            if number > size:
                for start in range(0, number, size):
                    page = f"{self._pattern(f'?s {predicate} ?o')} }} OFFSET {start} LIMIT {size}"
                    yield from self._rows(f"SELECT ?s ({predicate} AS ?p) ?o {source}WHERE {{ {page}")
                continue
            if number > room:
                yield from self._rows(f"SELECT ?s ?p ?o {source}WHERE {{ {_among(together)} {pattern} }}")
                together, room = [], size
            together.append(str(predicate))
            room -= number
        if together:
            yield from self._rows(f"SELECT ?s ?p ?o {source}WHERE {{ {_among(together)} {pattern} }}")

    def _rows(self, sparql: str) -> Iterator[Triple]:
        for row in select(self._endpoint, sparql):
            yield Triple(*row)  # type: ignore[arg-type] # what a store calls a triple

    def _from(self) -> str:
        """Name the default graph where a query without FROM sees others too."""
        return f"FROM <{self._profile.unnamed}> " if not self.graph and self._profile.default == "union" else ""

    def _pattern(self, triple: str) -> str:
        return f"GRAPH <{self.graph}> {{ {triple} }}" if self.graph else triple


def differences(here: Callable[[], Iterable[str]], there: Callable[[], Iterable[str]], most: int = 3) -> list[str]:
    """Word what is here and not there, and the other way round, a few lines of each."""
    found = {_short(text) for text in there()}
    missing = [text for text in here() if _short(text) not in found]
    for text in here():
        found.discard(_short(text))
    more = list(islice((text for text in there() if _short(text) in found), most)) if found else []
    words = [f"is missing: {text}" for text in missing[:most]] + [f"is there besides: {text}" for text in more]
    rest = len(missing) + len(found) - len(words)
    return words + ([f"and {rest:,} more"] if rest > 0 else [])


def _among(predicates: list[str]) -> str:
    return f"VALUES ?p {{ {' '.join(predicates)} }}"


def _short(text: str) -> bytes:
    return sha256(text.encode()).digest()[:12]
