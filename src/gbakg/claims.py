"""Find the claims that a name means, and the order in which they stand in the documents."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import chain

from pyoxigraph import Literal, NamedNode

from gbakg import find, terms
from gbakg.engine import Answer, Engine, select
from gbakg.errors import UnknownName

_AT_ONCE = 500

_FEW = 20_000
"""Of so many claims each is asked where it stands.  Of more, each document what it states, until there are enough."""

_PREFIXES = tuple(f"{terms.ID}{kind}/" for kind in terms.CLAIMS)

_ABOUT = """
PREFIX gba: <https://w3id.org/gbakg/ontology#>
SELECT ?claim WHERE {
    { ?claim ?property %(entity)s }
    UNION
    { ?within gba:inDocument %(entity)s . ?claim gba:statedIn ?within }
}"""

_PLACES = """
PREFIX gba: <https://w3id.org/gbakg/ontology#>
SELECT ?claim ?number ?document WHERE {
    %s
    ?claim gba:statedIn ?passage .
    ?passage gba:inDocument ?document ;
        gba:number ?number .
}"""

_SPELT = """
PREFIX gba: <https://w3id.org/gbakg/ontology#>
SELECT ?claim WHERE { ?passage gba:inDocument %(document)s . ?claim gba:statedIn ?passage ; a %(kind)s }"""


def named(engine: Engine, name: str) -> set[NamedNode]:
    """Return the claim that has a name, or every claim about the entity that has it.

    A name is an IRI, a short name, or a label for entities.  Raises UnknownName, AmbiguousName, WrongClass.
    """
    node = _claim(engine, name)
    return about(engine, find.resolve(engine, name)) if node is None else {node}


def about(engine: Engine, entity: NamedNode) -> set[NamedNode]:
    """Return the claims that name an entity in any way, or that a document states."""
    found = select(engine, _ABOUT % {"entity": entity})
    return {claim for (claim,) in found if isinstance(claim, NamedNode) and is_claim(claim)}


def is_claim(term: NamedNode) -> bool:
    """Tell whether an IRI is a claim's."""
    return term.value.startswith(_PREFIXES)


def ordered(engine: Engine, claims: Collection[NamedNode]) -> Iterator[list[NamedNode]]:
    """Yield claims by document, paragraph and name, in pieces; what stands in no passage is left out."""
    if len(claims) > _FEW:
        for document in _documents(engine):
            rows = select(engine, _PLACES % f"VALUES ?document {{ {document} }}")
            yield _sorted(row for row in rows if row[0] in claims)
        return
    every = [*map(str, claims)]
    parts = (" ".join(every[begin : begin + _AT_ONCE]) for begin in range(0, len(every), _AT_ONCE))
    yield _sorted(chain.from_iterable(select(engine, _PLACES % f"VALUES ?claim {{ {part} }}") for part in parts))


def _claim(engine: Engine, name: str) -> NamedNode | None:
    """Return the IRI of a claim if a name is one's, None if it is something else's.

    Raises UnknownName, with the nearest names, for what is spelt like a claim and is none.
    """
    node = find.as_iri(name)
    if node is None:
        return None
    if engine.query(f"ASK {{ {node} <{terms.GBA}statedIn> ?passage }}"):
        return node
    short = terms.shorten(node)
    if short.partition("/")[0] in terms.CLAIMS:
        raise UnknownName(name, _nearest(engine, short))
    return None


def _sorted(rows: Iterable[Answer]) -> list[NamedNode]:
    """Sort claims, each once: rows of a claim, the number of its paragraph, and its document."""
    places = {
        claim: (document.value, int(number.value), claim.value)
        for claim, number, document in rows
        if isinstance(claim, NamedNode) and isinstance(document, NamedNode) and isinstance(number, Literal)
    }
    return sorted(places, key=places.__getitem__)


def _documents(engine: Engine) -> list[NamedNode]:
    found = select(engine, f"SELECT ?document WHERE {{ ?document a <{terms.GBA}Document> }} ORDER BY ?document")
    return [document for (document,) in found if isinstance(document, NamedNode)]


def _nearest(engine: Engine, short: str) -> list[str]:
    """List the claims that are spelt most like one, of the document whose name is most like the beginning of its own."""
    from difflib import get_close_matches

    kind, _, name = short.partition("/")
    documents = _documents(engine)
    if not documents:
        return []

    def alike(document: NamedNode) -> int:
        slug = terms.shorten(document).partition("/")[2]
        pairs = enumerate(zip(slug, name, strict=False))
        return next((at for at, (one, other) in pairs if one != other), min(len(slug), len(name)))

    document = max(documents, key=alike)
    said = select(engine, _SPELT % {"document": document, "kind": f"<{terms.GBA}{kind.capitalize()}>"})
    known = [terms.shorten(claim) for (claim,) in said if isinstance(claim, NamedNode)]
    return get_close_matches(short, known, n=3, cutoff=0.6)
