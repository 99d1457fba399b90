"""Say where claims are stated: figure, document, publisher, date, paragraph, speaker."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from pyoxigraph import Literal, NamedNode

from gbakg import claims, terms
from gbakg.engine import Engine, Term, select
from gbakg.tuples import NamedTuple

_AT_ONCE = 500

_PAGE = 100
"""Citations that are made before the first is given."""

_CITATIONS = """
PREFIX gba: <https://w3id.org/gbakg/ontology#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT DISTINCT ?claim ?kind ?figure ?number ?document ?title ?publisher ?from ?to ?file ?speaker ?post ?source WHERE {
    VALUES ?claim { %s }
    ?claim gba:statedIn ?passage .
    ?passage gba:inDocument ?document ;
        gba:number ?number .
    OPTIONAL { VALUES ?kind { gba:Observation gba:Fact gba:Mention } ?claim a ?kind }
    OPTIONAL { ?claim gba:figure|gba:surface ?figure }
    OPTIONAL { ?document rdfs:label ?title }
    OPTIONAL {
        ?document gba:publishedBy ?by .
        ?by rdfs:label ?publisher .
        FILTER(LANG(?publisher) = "en")
    }
    OPTIONAL { ?document gba:issuedStart ?from }
    OPTIONAL { ?document gba:issuedEnd ?to }
    OPTIONAL { ?document gba:fileName ?file }
    OPTIONAL {
        ?claim gba:statedBy ?person .
        ?person rdfs:label ?speaker .
        FILTER(LANG(?speaker) = "en")
        OPTIONAL {
            ?person gba:holds ?position .
            ?position rdfs:label ?post .
            FILTER(LANG(?post) = "en")
        }
    }
    OPTIONAL {
        ?claim gba:accordingTo ?origin .
        ?origin rdfs:label ?source .
        FILTER(LANG(?source) = "en")
    }
}"""


class Citation(NamedTuple):
    """Where one claim is stated; speakers are (name, post) pairs, post empty where unknown."""

    claim: str
    kind: str
    figure: str
    document: str
    title: str
    publisher: str
    issued: tuple[str, str]
    """First and last day on which the document may have been issued, as YYYY-MM-DD; empty where unknown."""
    paragraph: int
    file: str
    speakers: tuple[tuple[str, str], ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def date(self) -> str:
        """The date of issue as exactly as it is known: a day, a month, a year, a span, or "undated"."""
        return span(*self.issued)

    def __str__(self) -> str:
        """Word the citation in one line."""
        who = "; ".join(f"{name} ({post})" if post else name for name, post in self.speakers)
        parts = [
            f"“{self.figure}”: " if self.figure else "",
            f"{self.title or self.document}. ",
            f"{self.publisher}, " if self.publisher else "",
            f"{self.date}, paragraph {self.paragraph}",
            f"; stated by {who}" if who else "",
            f"; according to {', '.join(self.sources)}" if self.sources else "",
        ]
        return " ".join("".join(parts).split())


def span(start: str, end: str) -> str:
    """Word the days between which something was issued.

    >>> span("2025-02-01", "2025-02-28"), span("2025-10-31", "2025-10-31"), span("", "")
    ('2025-02', '2025-10-31', 'undated')
    """
    if not start or not end:
        return start or end or "undated"
    if start == end:
        return start
    year, month = start[:4], start[:7]
    if start == f"{year}-01-01" and end == f"{year}-12-31":
        return year
    if start == f"{month}-01" and end[:7] == month and _last(end):
        return month
    return f"{start} to {end}"


def cite(engine: Engine, name: str, limit: int | None = None) -> list[Citation]:
    """Cite a claim, or the first claims about an entity, all unless limited.

    A name is an IRI, a short name, or a label for entities.  Raises UnknownName, AmbiguousName.
    """
    return list(islice(in_order(engine, claims.named(engine, name)), limit))


def in_order(engine: Engine, wanted: Collection[NamedNode]) -> Iterator[Citation]:
    """Cite claims by document, paragraph and name, each when it is asked for; what is no claim is left out."""
    for ordered in claims.ordered(engine, wanted):
        for begin in range(0, len(ordered), _PAGE):
            yield from citations(engine, ordered[begin : begin + _PAGE])


def citations(engine: Engine, wanted: Sequence[NamedNode]) -> list[Citation]:
    """Cite claims, ordered by document, paragraph and name; what is no claim is left out."""
    made: list[Citation] = []
    for begin in range(0, len(wanted), _AT_ONCE):
        found = select(engine, _CITATIONS % " ".join(map(str, wanted[begin : begin + _AT_ONCE])))
        grouped: dict[str, list[dict[str, str]]] = {}
        for row in found:
            cells = {name: _cell(term) for name, term in zip(found.variables, row, strict=True)}
            grouped.setdefault(cells["claim"], []).append(cells)
        made.extend(_citation(rows) for rows in grouped.values())
    return sorted(made, key=lambda one: (one.document, one.paragraph, one.claim))


def noted(engine: Engine, columns: Sequence[str], rows: Iterable[Sequence[Term | None]]) -> Iterator[Citation]:
    """Yield a citation for each claim that the rows of an answer hold, once, in their order.

    A claim is any IRI of a claim in any column.  Rows without one are cited by their columns document and paragraph.
    """
    wanted: dict[NamedNode, None] = {}
    places: dict[tuple[str, str], None] = {}
    for row in rows:
        here = [term for term in row if isinstance(term, NamedNode) and claims.is_claim(term)]
        wanted.update(dict.fromkeys(here))
        cells = {name: _cell(term) for name, term in zip(columns, row, strict=True)}
        if not here and cells.get("document") and cells.get("paragraph"):
            places[cells["document"], cells["paragraph"]] = None
    by_claim = {one.claim: one for one in citations(engine, list(wanted))}
    for node in wanted:
        if terms.shorten(node) in by_claim:
            yield by_claim[terms.shorten(node)]
    yield from _passages(engine, places)


# --- reading -------------------------------------------------------------------------------------------------------


def _cell(term: Term | None) -> str:
    return term.value if isinstance(term, (NamedNode, Literal)) else ""


def _citation(rows: list[dict[str, str]]) -> Citation:
    first = rows[0]
    posts: dict[str, set[str]] = {}
    for row in rows:
        if row["speaker"]:
            posts.setdefault(row["speaker"], set()).add(row["post"])
    return Citation(
        claim=_short(first["claim"]),
        kind=terms.local(NamedNode(first["kind"])).lower() if first["kind"] else "claim",
        figure=first["figure"],
        document=_short(first["document"]),
        title=min(row["title"] for row in rows),
        publisher=min(row["publisher"] for row in rows),
        issued=(first["from"], first["to"]),
        paragraph=int(first["number"]),
        file=first["file"],
        speakers=tuple((name, ", ".join(sorted(filter(None, of)))) for name, of in sorted(posts.items())),
        sources=tuple(sorted({row["source"] for row in rows if row["source"]})),
    )


def _short(iri: str) -> str:
    return terms.shorten(NamedNode(iri))


def _passages(engine: Engine, places: Mapping[tuple[str, str], None]) -> Iterator[Citation]:
    """Cite paragraphs of documents, each document given by its IRI, short name or file name."""
    if not places:
        return
    found = select(engine, _DOCUMENTS)
    known: dict[str, dict[str, str]] = {}
    for row in found:
        cells = {name: _cell(term) for name, term in zip(found.variables, row, strict=True)}
        for key in (cells["document"], _short(cells["document"]), cells["file"], cells["title"]):
            known.setdefault(key, cells)
    for document, paragraph in places:
        if document in known and paragraph.isdecimal():
            cells = known[document]
            yield Citation(
                claim=f"{_short(cells['document'])}#p{paragraph}",
                kind="passage",
                figure="",
                document=_short(cells["document"]),
                title=cells["title"],
                publisher=cells["publisher"],
                issued=(cells["from"], cells["to"]),
                paragraph=int(paragraph),
                file=cells["file"],
            )


_DOCUMENTS = """
PREFIX gba: <https://w3id.org/gbakg/ontology#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?document ?title ?publisher ?from ?to ?file WHERE {
    ?document a gba:Document .
    OPTIONAL { ?document rdfs:label ?title }
    OPTIONAL { ?document gba:publishedBy/rdfs:label ?publisher FILTER(LANG(?publisher) = "en") }
    OPTIONAL { ?document gba:issuedStart ?from }
    OPTIONAL { ?document gba:issuedEnd ?to }
    OPTIONAL { ?document gba:fileName ?file }
} ORDER BY ?document"""


def _last(day: str) -> bool:
    from calendar import monthrange

    return int(day[8:]) == monthrange(int(day[:4]), int(day[5:7]))[1]
