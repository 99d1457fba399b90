"""Names: the namespaces, the one prefix table, and the way from a short name to an IRI and back."""

from __future__ import annotations

import re

from pyoxigraph import Literal, NamedNode

from gbakg.errors import BadName


class Namespace(str):
    """The common beginning of some IRIs.

    >>> str(GBA.term("metric"))
    '<https://w3id.org/gbakg/ontology#metric>'
    """

    __slots__ = ()

    def term(self, name: str) -> NamedNode:
        """Append a local name."""
        return NamedNode(self + name)


GBA = Namespace("https://w3id.org/gbakg/ontology#")
ID = Namespace("https://w3id.org/gbakg/id/")
RDF = Namespace("http://www.w3.org/1999/02/22-rdf-syntax-ns#")
RDFS = Namespace("http://www.w3.org/2000/01/rdf-schema#")
OWL = Namespace("http://www.w3.org/2002/07/owl#")
XSD = Namespace("http://www.w3.org/2001/XMLSchema#")
SKOS = Namespace("http://www.w3.org/2004/02/skos/core#")
SH = Namespace("http://www.w3.org/ns/shacl#")

GRAPH = NamedNode("https://w3id.org/gbakg/graph")
"""The graph that the data go into at a store that has no default graph to write to."""
REPEATED = ID.term("graph/repeated")
"""Holds, in the store of what was stated, once more what the registry or a document.ttl and a reported fact state."""

CLAIMS = ("observation", "fact", "mention")
CLASSES = (
    "region",
    "institution",
    "person",
    "post",
    "programme",
    "metric",
    "topic",
    "unit",
    "document",
    *CLAIMS,
)
"""The classes that have entities, as they stand in IRIs, short names and prefixes."""

PREFIXES: dict[str, str] = dict(
    sorted(
        {
            **{name: f"{ID}{name}/" for name in CLASSES},
            "dcat": "http://www.w3.org/ns/dcat#",
            "dcterms": "http://purl.org/dc/terms/",
            "foaf": "http://xmlns.com/foaf/0.1/",
            "gba": str(GBA),
            "geo": "http://www.opengis.net/ont/geosparql#",
            "oa": "http://www.w3.org/ns/oa#",
            "org": "http://www.w3.org/ns/org#",
            "owl": str(OWL),
            "prov": "http://www.w3.org/ns/prov#",
            "qudt": "http://qudt.org/schema/qudt/",
            "qunit": "http://qudt.org/vocab/unit/",
            "rdf": str(RDF),
            "rdfs": str(RDFS),
            "schema": "https://schema.org/",
            "sh": str(SH),
            "skos": str(SKOS),
            "xsd": str(XSD),
        }.items()
    )
)
"""The prefixes of every file and every output, sorted.  QUDT's units are `qunit:`, since `unit:` is the graph's own."""

TYPE = RDF.term("type")
LABEL = RDFS.term("label")

_SLUG = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_SHORT = re.compile(rf"({'|'.join(CLASSES)})/({_SLUG})(#p[1-9][0-9]*)?")
_LOCAL = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def is_slug(text: str) -> bool:
    """Tell whether a text can end an IRI: lower-case ASCII letters and digits in groups joined by hyphens."""
    return re.fullmatch(_SLUG, text) is not None


def is_short(text: str) -> bool:
    """Tell whether a text is a short name, class/slug."""
    match = _SHORT.fullmatch(text)
    return match is not None and (match[3] is None or match[1] == "document")


def is_local(text: str) -> bool:
    """Tell whether a text can be the local name of a term of the ontology."""
    return _LOCAL.fullmatch(text) is not None


def expand(name: str) -> NamedNode:
    """Turn a short name, a prefixed name or a full IRI of the graph into its IRI.

    Raises BadName for anything else; that the entity exists is not checked.

    >>> str(expand("region/shenzhen"))
    '<https://w3id.org/gbakg/id/region/shenzhen>'
    >>> str(expand("gba:Metric"))
    '<https://w3id.org/gbakg/ontology#Metric>'
    """
    if is_short(name):
        return ID.term(name)
    if name.startswith(ID) and is_short(name[len(ID) :]):
        return NamedNode(name)
    if name.startswith(GBA) and is_local(name[len(GBA) :]):
        return NamedNode(name)
    prefix, colon, local = name.partition(":")
    if colon and prefix in PREFIXES and re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", local):
        return NamedNode(PREFIXES[prefix] + local)
    raise BadName(name)


def shorten(node: NamedNode) -> str:
    """Turn an IRI into its short name, its prefixed name, or, where it has neither, itself.

    >>> shorten(NamedNode("https://w3id.org/gbakg/id/document/d#p7"))
    'document/d#p7'
    >>> shorten(GBA.term("Exact"))
    'gba:Exact'
    """
    value = node.value
    if value.startswith(ID):
        return value[len(ID) :]
    for prefix, namespace in PREFIXES.items():
        if value.startswith(namespace) and re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", value[len(namespace) :]):
            return f"{prefix}:{value[len(namespace) :]}"
    return value


def local(node: NamedNode) -> str:
    """Return what follows the last `#` or `/`: the code of a code, the slug of an entity."""
    return re.split(r"[#/]", node.value)[-1]


def code(name: str) -> NamedNode:
    """Mint the IRI of a term of the ontology from its local name.

    >>> str(code("Exact"))
    '<https://w3id.org/gbakg/ontology#Exact>'
    """
    if not is_local(name):
        raise BadName(name)
    return GBA.term(name)


def document(slug: str) -> NamedNode:
    """Mint the IRI of a document from its folder's name."""
    return ID.term(f"document/{slug}")


def passage(slug: str, number: int) -> NamedNode:
    """Mint the IRI of a paragraph of a document, numbered from 1."""
    return ID.term(f"document/{slug}#p{number}")


def claim(kind: str, slug: str, paragraph: int, key: str) -> NamedNode:
    """Mint the IRI of a claim after its document, paragraph and key, never after its row.

    >>> shorten(claim("fact", "gazette", 7, "founded"))
    'fact/gazette-p7-founded'
    """
    return ID.term(f"{kind}/{slug}-p{paragraph}-{key}")


def claimed(node: NamedNode) -> tuple[str, str, int, str] | None:
    """Take the IRI of a claim apart into class, document, paragraph and key; None if it is none.

    >>> claimed(expand("fact/gazette-p7-founded"))
    ('fact', 'gazette', 7, 'founded')
    """
    found = _CLAIM.fullmatch(node.value)
    return None if found is None else (found[1], found[2], int(found[3]), found[4])


def owner(node: object) -> str | None:
    """Return the slug of the document that a node is, or is a passage or a claim of; None for anything else.

    >>> owner(passage("gazette", 7)), owner(expand("fact/gazette-p7-founded")), owner(expand("region/shenzhen"))
    ('gazette', 'gazette', None)
    """
    if not isinstance(node, NamedNode):
        return None
    claim = claimed(node)
    if claim is not None:
        return claim[1]
    whole = document("").value
    return node.value[len(whole) :].partition("#")[0] if node.value.startswith(whole) else None


_CLAIM = re.compile(rf"{re.escape(ID)}({'|'.join(CLAIMS)})/({_SLUG})-p([0-9]+)-({_SLUG})")  # no key has such a -p7-


def literal(text: str, datatype: str = "string") -> Literal:
    """Make a literal with a datatype of XML Schema, given by its local name."""
    return Literal(text) if datatype == "string" else Literal(text, datatype=XSD.term(datatype))


NOT_XML = "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"
"""Characters that XML 1.0 cannot have, not even as a reference (section 2.2)."""
