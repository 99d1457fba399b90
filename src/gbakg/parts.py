"""A large graph in parts, each with what all share and the claims of some documents, so that memory stays bounded.

A part is enough to validate its documents by the shapes that look no further than a claim's document and what it
names.  That is so as long as nothing but a document speaks of a document, and nothing else of claims: `parts` declines
otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pyoxigraph import RdfFormat, Store

from gbakg import graph, terms
from gbakg.engine import Embedded
from gbakg.populate import Population

SIZE = 100_000_000
"""How many bytes of claims a part has at most, unless one document alone has more: some 650,000 triples."""

_DOCUMENT = f"<{terms.ID}document/"


class Part(NamedTuple):
    """Some documents, by their slugs, and a store with all that their claims can see."""

    slugs: frozenset[str]
    engine: Embedded


class Parts:
    """The parts of a population, made one at a time."""

    def __init__(self, population: Population, size: int = SIZE) -> None:
        self._population = population
        self._size = size
        self.apart = True
        """Whether documents are apart from one another, so that the parts say as much as the whole."""
        shared = []
        for line in population.core():
            subject, _, value = line.split(" ", 2)
            if not subject.startswith(graph.OWNED):
                self.apart = self.apart and not value.startswith(graph.OWNED)
            elif not subject.startswith(_DOCUMENT):
                self.apart = False
            elif "#" in subject:
                continue  # a passage comes with its document
            shared.append(line)
        self._shared = "\n".join(shared).encode()
        self.largest = max((end - begin for begin, end in population.spans.values()), default=0)
        """How many bytes of claims the largest document has."""

    def core(self) -> Embedded:
        """Return a store of what all documents share, with their own descriptions, but without passages and claims."""
        return Embedded(_store(self._shared))

    def __iter__(self) -> Iterator[Part]:
        chosen: list[str] = []
        filled = 0
        for slug, (begin, end) in self._population.spans.items():
            if chosen and filled + end - begin > self._size:
                yield self._part(chosen)
                chosen, filled = [], 0
            chosen.append(slug)
            filled += end - begin
        if chosen:
            yield self._part(chosen)

    def _part(self, slugs: list[str]) -> Part:
        core, claims, _ = self._population.files
        texts = [self._shared]
        for path, spans in ((core, self._population.described), (claims, self._population.spans)):
            with path.open("rb") as file:
                for begin, end in (spans[slug] for slug in slugs):
                    file.seek(begin)
                    texts.append(file.read(end - begin))
        return Part(frozenset(slugs), Embedded(_store(b"\n".join(texts))))


def _store(text: bytes) -> Store:
    store = Store()
    store.bulk_load(text, format=RdfFormat.N_TRIPLES)
    return store
