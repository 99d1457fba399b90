"""Find entities by name, in any language, and tell which single one a name means."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from pyoxigraph import Literal, NamedNode

from gbakg import terms
from gbakg.engine import Engine, select
from gbakg.errors import AmbiguousName, BadName, UnknownName, WrongClass
from gbakg.tuples import NamedTuple

_NAMES = """
PREFIX gba: <https://w3id.org/gbakg/ontology#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT DISTINCT ?entity ?name ?main WHERE {
    {
        SELECT DISTINCT ?entity WHERE {
            { ?entity a %(of)s } UNION { ?class rdfs:subClassOf+ %(of)s . ?entity a ?class }
        }
    }
    { ?entity rdfs:label ?name . BIND(true AS ?main) } UNION { ?entity skos:altLabel ?name . BIND(false AS ?main) }
}"""
"""From the classes: what has a type, in whatever order an engine likes, is every claim of the graph."""

_KINDS = """
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT DISTINCT ?entity ?kind WHERE {
    VALUES ?entity { %s }
    ?entity a ?kind .
    FILTER(STRSTARTS(STR(?kind), "https://w3id.org/gbakg/ontology#"))
    FILTER NOT EXISTS {
        ?entity a ?other .
        ?other rdfs:subClassOf+ ?kind .
        FILTER(?other != ?kind && STRSTARTS(STR(?other), "https://w3id.org/gbakg/ontology#"))
    }
}"""

ENTITY = terms.GBA.term("Entity")
_RANKS = ("exact", "prefix", "word", "part", "near")


class Name(NamedTuple):
    """One name of an entity; main tells a label from an alias."""

    entity: NamedNode
    text: str
    language: str
    main: bool


class Match(NamedTuple):
    """One entity that was found: its short name, its most specific class, its labels by language, and how it matched."""

    entity: str
    kind: str
    label: str
    labels: dict[str, tuple[str, ...]]
    matched: str
    how: str


def names(engine: Engine, of: NamedNode = ENTITY) -> list[Name]:
    """List the labels and aliases of the entities of a class and its subclasses, in order."""
    found = select(engine, _NAMES % {"of": of})
    return sorted(
        (
            Name(entity, name.value, name.language or "", isinstance(main, Literal) and main.value == "true")
            for entity, name, main in found
            if isinstance(entity, NamedNode) and isinstance(name, Literal)
        ),
        key=lambda name: (name.entity.value, not name.main, name.language, name.text),
    )


def kinds(engine: Engine, entities: Iterable[NamedNode]) -> dict[str, str]:
    """Map IRIs to the local names of their most specific classes, joined by a comma where there are several."""
    found = select(engine, _KINDS % " ".join(sorted({str(entity) for entity in entities})))
    collected: dict[str, list[str]] = {}
    for entity, kind in found:
        if isinstance(entity, NamedNode) and isinstance(kind, NamedNode):
            collected.setdefault(entity.value, []).append(terms.local(kind))
    return {entity: ", ".join(sorted(found)) for entity, found in collected.items()}


def same(text: str) -> str:
    r"""Fold what two spellings of one name may differ in: case, width and composition of characters, white space.

    >>> same("  Hong\nKong ")
    'hong kong'
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def fold(text: str) -> str:
    """Fold more, for searching: also accents, hyphens, dashes, quotes and other marks.

    >>> fold("Região Administrativa – Macau")
    'regiao administrativa macau'
    """
    plain = (c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return " ".join("".join(c if c.isalnum() else "" if c in "'’" else " " for c in plain).split())


def find(engine: Engine, text: str, limit: int = 20) -> list[Match]:
    """Find entities whose name equals, begins with or contains a text, the best first.

    Case, accents and punctuation do not count; a Chinese name is found in either script as far as the graph's own
    labels show how the scripts correspond.  Only if nothing matches are near spellings given (`how` is "near").
    """
    everything = names(engine)
    scripts = _scripts(everything)
    wanted = fold(text).translate(scripts)
    if not wanted:
        return []
    best: dict[str, tuple[int, bool, int, Name]] = {}
    for name in everything:
        rank = _rank(wanted, fold(name.text).translate(scripts))
        _keep(best, name, rank)
    for entity in {name.entity for name in everything}:
        short = terms.shorten(entity)
        slug = fold(short.partition("/")[2])
        if fold(short) == wanted or slug == wanted:
            _keep(best, Name(entity, short, "", False), 0)
        elif entity.value not in best and wanted in slug:
            _keep(best, Name(entity, short, "", False), 3)
    if not best:
        close = _near(wanted, {fold(name.text).translate(scripts): None for name in everything}, limit)
        for name in everything:
            if fold(name.text).translate(scripts) in close:
                _keep(best, name, 4)
    ranked = sorted(best.values(), key=lambda found: (*found[:3], found[3].entity.value))[:limit]
    return _matches(engine, ranked, everything)


def resolve(engine: Engine, text: str, of: NamedNode = ENTITY) -> NamedNode:
    """Return the one entity of a class that a text means: an IRI, a short name, a label or an alias in any language.

    Labels are compared whole, without regard to case and white space.  Raises UnknownName with the nearest names, and
    AmbiguousName with the candidates, and WrongClass.
    """
    node = as_iri(text)
    if node is not None:
        # Not subClassOf*: Virtuoso may lose its step of no length.
        ways = f"{{ {node} a {of} }} UNION {{ {node} a/rdfs:subClassOf+ {of} }}"
        if engine.query(f"PREFIX rdfs: <{terms.RDFS}> ASK {{ {ways} }}"):
            return node
        if engine.query(f"ASK {{ {node} ?p ?o }}"):
            kind = kinds(engine, [node]).get(node.value)
            raise WrongClass(terms.shorten(node), terms.shorten(of), kind or "term that is no entity")
    everything = names(engine, of)
    wanted = same(text)
    found = {name.entity for name in everything if same(name.text) == wanted}
    if len(found) == 1:
        return found.pop()
    if found:
        raise AmbiguousName(text, sorted(terms.shorten(entity) for entity in found))
    others = (
        [] if of == ENTITY else sorted({name.entity for name in names(engine) if same(name.text) == wanted}, key=str)
    )
    if others:
        raise WrongClass(terms.shorten(others[0]), terms.shorten(of), kinds(engine, others[:1])[others[0].value])
    raise UnknownName(text, nearest(text, everything))


def as_iri(text: str) -> NamedNode | None:
    """Return the IRI that a text is or abbreviates, None where it is neither; it need not exist.

    >>> as_iri("region/shenzhen") == as_iri("https://w3id.org/gbakg/id/region/shenzhen")
    True
    >>> as_iri("Shenzhen")
    """
    text = text.strip()
    try:
        return terms.expand(text)
    except BadName:
        pass
    if "://" not in text:
        return None
    try:
        return NamedNode(text)
    except ValueError:
        return None


def nearest(text: str, among: Iterable[Name], most: int = 3) -> list[str]:
    """List the short names of the entities whose names or slugs are spelt most like a text."""
    spelt: dict[str, str] = {}
    for name in among:
        short = terms.shorten(name.entity)
        for form in (fold(name.text), fold(short), fold(short.rpartition("/")[2])):
            spelt.setdefault(form, short)
    return list(dict.fromkeys(spelt[form] for form in _near(fold(text), spelt, most * 3)))[:most]


def _near(wanted: str, forms: Iterable[str], most: int) -> list[str]:
    from difflib import get_close_matches

    return get_close_matches(wanted, list(forms), n=most, cutoff=0.7)


def _rank(wanted: str, name: str) -> int | None:
    if name == wanted:
        return 0
    if name.startswith(wanted):
        return 1
    if f" {wanted}" in f" {name}":
        return 2
    return 3 if wanted in name else None


def _keep(best: dict[str, tuple[int, bool, int, Name]], name: Name, rank: int | None) -> None:
    if rank is None:
        return
    candidate = (rank, not name.main, len(name.text), name)
    if name.entity.value not in best or candidate[:3] < best[name.entity.value][:3]:
        best[name.entity.value] = candidate


def _matches(engine: Engine, ranked: list[tuple[int, bool, int, Name]], everything: list[Name]) -> list[Match]:
    labels: dict[str, dict[str, tuple[str, ...]]] = {}
    for name in everything:
        if name.main:
            of = labels.setdefault(name.entity.value, {})
            of[name.language] = (*of.get(name.language, ()), name.text)
    classes = kinds(engine, [name.entity for *_, name in ranked]) if ranked else {}
    return [
        Match(
            terms.shorten(name.entity),
            classes.get(name.entity.value, ""),
            _first(labels.get(name.entity.value, {})) or name.text,
            labels.get(name.entity.value, {}),
            name.text,
            _RANKS[rank],
        )
        for rank, _, _, name in ranked
    ]


def _first(labels: dict[str, tuple[str, ...]]) -> str:
    return next((labels[language][0] for language in ("en", *sorted(labels)) if language in labels), "")


def _scripts(everything: list[Name]) -> dict[int, str]:
    """Learn from labels of equal length which traditional character stands for which simplified one."""
    simplified = {name.entity.value: name.text for name in everything if name.main and name.language == "zh-hans"}
    table: dict[int, str] = {}
    for name in everything:
        other = simplified.get(name.entity.value, "")
        if name.language == "zh-hant" and name.main and len(other) == len(name.text):
            for traditional, simple in zip(name.text, other, strict=True):
                if traditional != simple:
                    table.setdefault(ord(traditional), simple)
    return table
