"""Write triples as JSON-LD 1.1 with the project's context inline: one object for each node, short names for ids.

Entities are relative to the base, so that their ids are the short names of the tables (`observation/...`): a prefix
`metric:` could not stand beside the key `metric`.  What the context cannot say exactly is written as a value object;
numbers always are, since a bare decimal would come back as a double.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import IO, Any

from pyoxigraph import Literal, NamedNode, Triple

from gbakg import terms
from gbakg.engine import Engine, select
from gbakg.selection import Block

_KINDS = """
PREFIX gba: <https://w3id.org/gbakg/ontology#>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT DISTINCT ?property ?codes WHERE {
    ?property a owl:ObjectProperty .
    BIND(EXISTS { ?property rdfs:range/rdfs:subClassOf* gba:Code } AS ?codes)
}"""

_STRING = terms.XSD + "string"
_DATE = terms.XSD + "date"
_LANGUAGE = terms.RDF + "langString"


def write(blocks: Callable[[], Iterable[Block]], sink: IO[bytes], engine: Engine | None = None) -> None:
    """Write blocks of triples; `blocks` is called twice, once for the context.

    `engine` holds the ontology, which says what the values of a property are; without it the triples say so.
    """
    keys = _keys(blocks(), engine)
    context = _context(keys)
    foreign = frozenset(
        name for name in context if name not in {key.name for key in keys.values() if key.iri.startswith("gba:")}
    )
    sink.write(b'{\n  "@context": {')
    for i, (name, value) in enumerate(context.items()):
        sink.write(f"{',' if i else ''}\n    {_dump(name)}: {_dump(value)}".encode())
    sink.write(b'\n  },\n  "@graph": [')
    for i, block in enumerate(blocks()):
        node = _node(block.triples, keys, foreign)
        fields = ",\n".join(f"      {_dump(name)}: {_dump(value)}" for name, value in node.items())
        sink.write(f"{',' if i else ''}\n    {{\n{fields}\n    }}".encode())
    sink.write(b"\n  ]\n}\n")


class _Key:
    """How one property is written: its key, the IRI in the context, and what the context says about its values."""

    def __init__(self, name: str, iri: str, coercion: str) -> None:
        self.name = name
        self.iri = iri
        self.coercion = coercion

    def fits(self, term: object) -> bool:
        """Tell whether the context says all there is to say about a value."""
        if isinstance(term, NamedNode):
            return self.coercion in ("@id", "@vocab")
        if not isinstance(term, Literal):
            return False
        if self.coercion == "@language":
            return term.language is not None
        return term.language is None and term.datatype.value == {"": _STRING, "xsd:date": _DATE}.get(self.coercion)


def _keys(blocks: Iterable[Block], engine: Engine | None) -> dict[str, _Key]:
    """Give every property that occurs a key; gba's own are their local names, others too where that is unambiguous."""
    datatypes: dict[str, set[str]] = {}
    for block in blocks:
        for triple in block.triples:
            found = datatypes.setdefault(triple.predicate.value, set())
            if isinstance(triple.object, Literal):
                found.add(_LANGUAGE if triple.object.language else triple.object.datatype.value)
            elif isinstance(triple.object, NamedNode):
                found.add("@id")
    datatypes.pop(terms.TYPE.value, None)
    objects = {} if engine is None else _objects(engine)
    own = {terms.local(terms.GBA.term(iri[len(terms.GBA) :])) for iri in datatypes if iri.startswith(terms.GBA)}
    taken = {"id", "type", *own, *terms.PREFIXES}
    locals_ = [terms.local(NamedNode(iri)) for iri in datatypes if not iri.startswith(terms.GBA)]
    keys: dict[str, _Key] = {}
    for iri in sorted(datatypes):
        node = NamedNode(iri)
        local = terms.local(node)
        compact = _compact(node)
        mine = iri.startswith(terms.GBA)
        name = local if mine or (local not in taken and locals_.count(local) == 1) else compact
        keys[iri] = _Key(name, compact, objects.get(iri) or _coercion(datatypes[iri]))
    return keys


def _objects(engine: Engine) -> dict[str, str]:
    """Map the properties whose values are nodes to how these are written: codes as local names, others as ids."""
    kinds = select(engine, _KINDS)
    return {
        node.value: "@vocab" if isinstance(codes, Literal) and codes.value == "true" else "@id"
        for node, codes in kinds
        if isinstance(node, NamedNode)
    }


def _coercion(datatypes: set[str]) -> str:
    if datatypes == {"@id"}:
        return "@id"
    return {_DATE: "xsd:date", _LANGUAGE: "@language"}.get(next(iter(datatypes)), "") if len(datatypes) == 1 else ""


def _context(keys: dict[str, _Key]) -> dict[str, Any]:
    context: dict[str, Any] = {
        "@version": 1.1,
        "@base": str(terms.ID),
        "@vocab": str(terms.GBA),
        **{prefix: iri for prefix, iri in terms.PREFIXES.items() if prefix not in terms.CLASSES},
        "id": "@id",
        "type": "@type",
    }
    for key in sorted(keys.values(), key=lambda key: key.name):
        definition: dict[str, str] = {"@id": key.iri}
        if key.coercion == "@language":
            definition["@container"] = "@language"
        elif key.coercion:
            definition["@type"] = key.coercion
        if len(definition) > 1:
            context[key.name] = definition
        elif key.name != key.iri and not key.iri.startswith("gba:"):
            context[key.name] = key.iri
    return context


def _node(triples: list[Triple], keys: dict[str, _Key], foreign: frozenset[str]) -> dict[str, Any]:
    subject = triples[0].subject
    node: dict[str, Any] = {"id": _id(subject)}
    grouped: dict[str, list[object]] = {}
    for triple in triples:
        grouped.setdefault(triple.predicate.value, []).append(triple.object)
    for iri, values in grouped.items():
        if iri == terms.TYPE.value:
            node["type"] = _one([_vocab(value, foreign) for value in values])
            continue
        key = keys[iri]
        fitting = [value for value in values if key.fits(value)]
        others = [value for value in values if not key.fits(value)]
        if fitting and key.coercion == "@language":
            by_language: dict[str, list[Any]] = {}
            for value in fitting:
                if isinstance(value, Literal):
                    by_language.setdefault(value.language or "", []).append(value.value)
            node[key.name] = {language: _one(texts) for language, texts in by_language.items()}
        elif fitting:
            node[key.name] = _one([_short(value, key, foreign) for value in fitting])
        if others:
            made = [_object(value) for value in others]
            if fitting and key.coercion == "@language":
                node[iri] = _one(made)  # the full IRI is a key that no definition applies to
            elif fitting:
                node[key.name] = [*(_short(value, key, foreign) for value in fitting), *made]
            else:
                node[key.name if key.coercion != "@language" else iri] = _one(made)
    return node


def _short(value: object, key: _Key, foreign: frozenset[str]) -> str:
    if isinstance(value, NamedNode):
        return _vocab(value, foreign) if key.coercion == "@vocab" else _id(value)
    return value.value if isinstance(value, Literal) else str(value)


def _object(value: object) -> dict[str, str]:
    """Write a value object or a node object, which says everything itself."""
    if not isinstance(value, Literal):
        return {"@id": _id(value)}
    if value.language is not None:
        return {"@language": value.language, "@value": value.value}
    if value.datatype.value == _STRING:
        return {"@value": value.value}
    return {"@type": _compact(value.datatype), "@value": value.value}


def _id(term: object) -> str:
    if not isinstance(term, NamedNode):
        return str(term)  # a blank node
    return term.value[len(terms.ID) :] if _relative(term) else _compact(term)


def _relative(term: NamedNode) -> bool:
    return terms.is_short(term.value.removeprefix(terms.ID)) and term.value.startswith(terms.ID)


def _compact(term: NamedNode) -> str:
    if term.value.startswith(terms.ID):
        return term.value
    return terms.shorten(term)


def _vocab(term: object, foreign: frozenset[str]) -> str:
    """Write a term of the ontology by its local name, unless the context has that name for something else."""
    if not isinstance(term, NamedNode):
        return str(term)  # a blank node
    local = term.value.removeprefix(terms.GBA)
    if term.value.startswith(terms.GBA) and terms.is_local(local) and local not in foreign:
        return local
    return _compact(term)


def _one(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
