"""What a query names and the graph does not have: such a query has no answer, and that says nothing of the documents."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from itertools import islice

from pyoxigraph import NamedNode

from gbakg import terms
from gbakg.engine import Engine, select
from gbakg.find import names, nearest
from gbakg.tokens import Token, code

_MOST = 50
"""Terms of one query that are looked for."""

_TERMS = f"""SELECT ?term WHERE {{
    {{ ?term {terms.RDFS.term("isDefinedBy")} ?ontology }}
    UNION {{ ?term a {terms.OWL.term("Class")} }}
    UNION {{ ?term a {terms.OWL.term("ObjectProperty")} }}
    UNION {{ ?term a {terms.OWL.term("DatatypeProperty")} }}
}}"""


def absent(engine: Engine, sparql: str) -> list[str]:
    """Say of each term and entity of this project in a query that no triple has it, and which one may be meant.

    >>> from pyoxigraph import Store
    >>> from gbakg.engine import Embedded
    >>> absent(Embedded(Store()), "SELECT ?x { ?x gba:metric metric:patents }")
    ['gba:metric is not in the graph', 'metric/patents is not in the graph']
    """
    return [message for _, message in missing(engine, sparql)]


def missing(engine: Engine, sparql: str) -> Iterator[tuple[Token, str]]:
    """Yield the first token of each such term, and what `absent` says of it."""
    known: list[str] = []
    for term, token in _ours(sparql).items():
        if engine.query(f"ASK {{ {{ {term} ?a ?b }} UNION {{ ?a {term} ?b }} UNION {{ ?a ?b {term} }} }}") is not False:
            continue
        if term.value.startswith(terms.ID):
            near = nearest(terms.shorten(term), names(engine), 1)
        else:
            known = known or _known(engine)
            near = [f"gba:{one}" for one in get_close_matches(term.value.removeprefix(terms.GBA), known, 1, 0.7)]
        hint = f"; did you mean {near[0]}?" if near else ""
        yield token, f"{terms.shorten(term)} is not in the graph{hint}"


def _known(engine: Engine) -> list[str]:
    """List the local names of the ontology's terms."""
    found = {one.value for (one,) in select(engine, _TERMS) if isinstance(one, NamedNode)}
    return sorted(one.removeprefix(terms.GBA) for one in found if one.startswith(terms.GBA))


def _ours(sparql: str) -> dict[NamedNode, Token]:
    """Find the terms and entities of this project that a query names, in their order, with their first tokens."""
    tokens = code(sparql)
    declared = [at for at, token in enumerate(tokens[:-2]) if token.kind == "word" and token.text.upper() == "PREFIX"]
    prefixes = {**terms.PREFIXES, **{tokens[at + 1].text[:-1]: tokens[at + 2].text[1:-1] for at in declared}}
    inside = {at + offset for at in declared for offset in (1, 2)}
    found: dict[NamedNode, Token] = {}
    for at, token in enumerate(tokens):
        if at in inside or token.kind not in ("iri", "name") or "\\" in token.text:
            continue
        prefix, _, local = token.text.partition(":")
        value = token.text[1:-1] if token.kind == "iri" else prefixes.get(prefix, "") + local
        if value.startswith((terms.GBA, terms.ID)):
            found.setdefault(NamedNode(value), token)
    return dict(islice(found.items(), _MOST))
