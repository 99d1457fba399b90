"""Alignments name terms that exist in the vocabularies of others, and are of the kind that they are taken for.

Two sources say what exists. rdflib carries closed lists of the names of most vocabularies: these are looked up in
every run. The published vocabularies, from the npm packages in `vocabularies/package.json`, also tell a class from a
property and a current term from a retired one: that check fetches them, and is marked network.
"""

import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pyoxigraph import NamedNode, Triple, parse
from rdflib import URIRef, namespace

if TYPE_CHECKING:
    from rdflib.namespace import DefinedNamespace

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = Path(__file__).parent / "vocabularies" / "package.json"

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
XSD = "http://www.w3.org/2001/XMLSchema#"
SHACL = "http://www.w3.org/ns/shacl#"
MATCH = "http://www.w3.org/2004/02/skos/core#"
QUDT = "http://qudt.org/schema/qudt/"
LANGUAGE = (RDF, RDFS, OWL, XSD)
OWN = "https://w3id.org/gbakg/"

TYPE = RDF + "type"
CLASS_AXIOMS = {RDFS + "subClassOf", RDFS + "domain", RDFS + "range", OWL + "equivalentClass", OWL + "disjointWith"}
CLASS_AXIOMS |= {SHACL + "class", SHACL + "targetClass"}
PROPERTY_AXIOMS = {RDFS + "subPropertyOf", OWL + "equivalentProperty", OWL + "inverseOf", OWL + "propertyDisjointWith"}
PATHS = {SHACL + "path", SHACL + "targetSubjectsOf", SHACL + "targetObjectsOf"}
MATCHES = {MATCH + name for name in ("exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch")}
# Terms that schema.org gained after the list in rdflib was made; test_newer_terms_are_published holds them to it.
NEWER = {"https://schema.org/StatisticalVariable", "https://schema.org/observationAbout"}
CLASSES = {RDFS + "Class", RDFS + "Datatype", OWL + "Class"}
PROPERTIES = {RDF + "Property"} | {
    OWL + name
    for name in (
        "ObjectProperty",
        "DatatypeProperty",
        "AnnotationProperty",
        "FunctionalProperty",
        "InverseFunctionalProperty",
        "SymmetricProperty",
        "TransitiveProperty",
    )
}


Published = dict[str, tuple[set[str], bool]]  # each term's types, and whether it is retired


@dataclass(frozen=True)
class Vocabulary:
    """A vocabulary that the ontology may use: where its terms live, and where their list is to be had."""

    namespace: str
    package: str
    closed: "type[DefinedNamespace] | None" = None


VOCABULARIES = (
    Vocabulary("http://www.w3.org/ns/dcat#", "dcat", namespace.DCAT),
    Vocabulary("http://purl.org/dc/terms/", "dcterms", namespace.DCTERMS),
    Vocabulary("http://xmlns.com/foaf/0.1/", "foaf", namespace.FOAF),
    Vocabulary("http://www.opengis.net/ont/geosparql#", "geo", namespace.GEO),
    Vocabulary("http://www.w3.org/ns/oa#", "oa"),
    Vocabulary("http://www.w3.org/ns/org#", "org", namespace.ORG),
    Vocabulary("http://www.w3.org/ns/prov#", "prov", namespace.PROV),
    Vocabulary("http://qudt.org/schema/qudt/", "qudt"),
    Vocabulary("https://schema.org/", "schema", namespace.SDO),
    Vocabulary("http://www.w3.org/ns/shacl#", "sh", namespace.SH),
    Vocabulary("http://www.w3.org/2004/02/skos/core#", "skos", namespace.SKOS),
    Vocabulary("http://qudt.org/vocab/unit/", "unit"),
    Vocabulary("http://purl.org/vocab/vann/", "vann", namespace.VANN),
)
REQUIRED = ("dcat", "geo", "oa", "org", "prov", "schema", "skos", "unit")  # the alignments that the ontology promises


@dataclass(frozen=True)
class Use:
    """One term of another vocabulary, the kind that it is taken for ("term" where any would do), and the file."""

    iri: str
    kind: str
    file: str


def vocabulary_of(iri: str) -> Vocabulary | None:
    """Return the vocabulary whose namespace the IRI is in, or None."""
    return next((one for one in VOCABULARIES if iri.startswith(one.namespace) and iri != one.namespace), None)


def foreign(iri: str) -> bool:
    """Tell whether the IRI is neither gbakg's own nor one of RDF, RDFS, OWL and XSD."""
    return not iri.startswith((OWN, *LANGUAGE))


def kind_of(types: Iterable[str]) -> str:
    """Return "class", "object property", "datatype property", "property", "unit" or "individual" for a term's types."""
    found = set(types)
    if found & CLASSES:
        return "class"
    if OWL + "ObjectProperty" in found:
        return "object property"
    if OWL + "DatatypeProperty" in found:
        return "datatype property"
    if found & PROPERTIES:
        return "property"
    if QUDT + "Unit" in found or any(one.startswith(QUDT) and one.endswith("Unit") for one in found):
        return "unit"
    return "individual" if found else "term"


def fits(expected: str, actual: str) -> bool:
    """Tell whether a term of the actual kind may stand where the expected kind is needed."""
    if "property" in (expected, actual) and expected != "term":
        return expected.endswith("property") and actual.endswith("property")
    return expected in ("term", actual)


def types_in(triples: Iterable[Triple]) -> dict[str, set[str]]:
    """Collect each IRI's rdf:type values."""
    types: dict[str, set[str]] = {}
    for triple in triples:
        if (
            triple.predicate.value == TYPE
            and isinstance(triple.subject, NamedNode)
            and isinstance(triple.object, NamedNode)
        ):
            types.setdefault(triple.subject.value, set()).add(triple.object.value)
    return types


def uses_in(file: Path, kinds: dict[str, str], everything: bool) -> Iterator[Use]:
    """Yield every use of another vocabulary's term in a Turtle file.

    With everything, any IRI that a match links to counts, as in an alignment; without, only one in the namespace of a
    known vocabulary, so that a link to an entity elsewhere is not taken for a term. Classes and predicates always
    count. `kinds` gives the kind of gbakg's own terms, which the two ends of an alignment must share.
    """
    name = file.relative_to(ROOT).as_posix()
    for triple in parse(path=str(file)):
        subject, predicate, value = triple.subject, triple.predicate.value, triple.object
        if foreign(predicate):
            yield Use(predicate, "property", name)
        ends = [one.value for one in (subject, value) if isinstance(one, NamedNode)]
        for end in ends:
            vocabulary = vocabulary_of(end)
            if not foreign(end) or (vocabulary is not None and end == vocabulary.namespace):
                continue
            types = isinstance(value, NamedNode) and end == value.value and predicate == TYPE
            if types or predicate in CLASS_AXIOMS:
                yield Use(end, "class", name)
            elif predicate in PATHS:
                yield Use(end, "property", name)
            elif predicate in PROPERTY_AXIOMS or predicate in MATCHES:
                other = next((kinds[one] for one in ends if one in kinds), "term")
                if predicate in PROPERTY_AXIOMS and other == "term":
                    other = "property"
                if everything or vocabulary is not None:
                    yield Use(end, other, name)
            elif predicate == TYPE and isinstance(value, NamedNode):
                yield Use(end, kind_of([value.value]), name)
            elif predicate not in (RDFS + "isDefinedBy", RDFS + "seeAlso") and (vocabulary is not None):
                yield Use(end, "term", name)


@pytest.fixture(scope="module")
def uses() -> list[Use]:
    """Read every Turtle file of the ontology and the registry."""
    ontology = sorted((ROOT / "ontology").rglob("*.ttl"))
    registry = sorted((ROOT / "data" / "registry").rglob("*.ttl"))
    assert ontology and registry, "expected Turtle files in ontology/ and data/registry/"
    types = types_in(triple for file in ontology + registry for triple in parse(path=str(file)))
    kinds = {iri: kind_of(found) for iri, found in types.items() if iri.startswith(OWN)}
    kinds |= {iri: "unit" for iri in kinds if iri.startswith(OWN + "id/unit/")}
    found = {
        use for file in ontology + registry for use in uses_in(file, kinds, everything=file.parent.name == "alignments")
    }
    return sorted(found, key=lambda use: (use.iri, use.kind, use.file))


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """Install the published vocabularies; return each term's types, and whether it is retired."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm, which brings the published vocabularies, is not installed")
    folder = tmp_path_factory.mktemp("vocabularies")
    shutil.copy(PACKAGES, folder)
    command = [npm, "install", "--silent", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"]
    subprocess.run(command, cwd=folder, check=True, timeout=300)
    terms: Published = {}
    for vocabulary in VOCABULARIES:
        files = sorted((folder / "node_modules" / "@vocabulary" / vocabulary.package).glob("*.nq"))
        assert len(files) == 1, vocabulary.package
        quads = list(parse(path=str(files[0])))
        retired = {
            quad.subject.value
            for quad in quads
            if isinstance(quad.subject, NamedNode)
            and (
                (quad.predicate.value == OWL + "deprecated" and str(quad.object.value) == "true")
                or quad.predicate.value.endswith("://schema.org/supersededBy")
            )
        }
        for iri, types in types_in(quad.triple for quad in quads).items():
            # schema.org publishes one vocabulary under two schemes; gbakg writes https.
            spelt = iri.replace("http://schema.org/", "https://schema.org/")
            if vocabulary_of(spelt) == vocabulary:
                terms[spelt] = (types, iri in retired)
    return terms


def test_every_vocabulary_is_known(uses: list[Use]) -> None:
    """A term of a vocabulary that nothing here can check is an error, not a pass."""
    assert [use for use in uses if vocabulary_of(use.iri) is None] == []


def test_every_promised_vocabulary_is_aligned(uses: list[Use]) -> None:
    """Each alignment that the ontology promises holds at least one term, in an alignment file or the registry."""
    aligned = [use for use in uses if "/alignments/" in use.file or use.file.startswith("data/registry/")]
    counts = Counter(one.package for use in aligned if (one := vocabulary_of(use.iri)))
    assert [package for package in REQUIRED if counts[package] == 0] == [], dict(counts)


def test_every_term_is_in_the_closed_list(uses: list[Use]) -> None:
    """Each term is in rdflib's list of its vocabulary, where rdflib has one."""
    listed = [(use, one.closed) for use in uses if (one := vocabulary_of(use.iri)) and one.closed is not None]
    assert listed, "no term was looked up"
    assert [use for use, closed in listed if use.iri not in NEWER and URIRef(use.iri) not in closed] == []


@pytest.mark.parametrize(
    "vocabulary", [one for one in VOCABULARIES if one.closed is not None], ids=lambda one: one.package
)
def test_closed_list_rejects_a_term_that_does_not_exist(vocabulary: Vocabulary) -> None:
    """The lists are really closed: a name nobody defined is in none of them."""
    assert vocabulary.closed is not None
    assert URIRef(vocabulary.namespace + "NoSuchTermAnywhere") not in vocabulary.closed


def test_packages_are_those_of_the_table() -> None:
    """The packages that are installed and the table of vocabularies name the same ones."""
    dependencies = json.loads(PACKAGES.read_text(encoding="utf-8"))["dependencies"]
    assert sorted("@vocabulary/" + one.package for one in VOCABULARIES) == sorted(dependencies)


@pytest.mark.parametrize(
    ("expected", "actual", "fit"),
    [
        ("class", "class", True),
        ("class", "object property", False),
        ("object property", "property", True),
        ("object property", "datatype property", False),
        ("property", "datatype property", True),
        ("property", "class", False),
        ("unit", "unit", True),
        ("unit", "individual", False),
        ("term", "individual", True),
        ("term", "property", True),
    ],
)
def test_kinds_fit(expected: str, actual: str, fit: bool) -> None:
    """A class stands for a class, a property for a property of the same sort, a unit for a unit."""
    assert fit == fits(expected, actual)


@pytest.mark.network
def test_every_term_is_published_as_what_it_is_used_for(uses: list[Use], published: Published) -> None:
    """Each term is defined by its vocabulary as the kind of thing it is used as, and is not retired."""
    counts: Counter[str] = Counter()
    wrong = []
    for use in uses:
        types, retired = published.get(use.iri, (set(), False))
        actual = kind_of(types) if types else "undefined"
        if retired or actual == "undefined" or not fits(use.kind, actual):
            wrong.append((use, actual, "retired" if retired else "current"))
        vocabulary = vocabulary_of(use.iri)
        counts[vocabulary.package if vocabulary else "unknown"] += 1
    print("terms checked against their published vocabulary:", dict(sorted(counts.items())))
    assert wrong == []
    assert len(uses) == sum(counts.values()) > 0


@pytest.mark.network
def test_newer_terms_are_published(published: Published) -> None:
    """What the closed lists do not know yet is nevertheless published."""
    assert NEWER & published.keys() == NEWER


@pytest.mark.network
@pytest.mark.parametrize(
    ("iri", "kind"),
    [
        ("http://www.w3.org/ns/org#Organization", "class"),
        ("http://www.w3.org/ns/org#unitOf", "object property"),
        ("http://www.w3.org/ns/prov#generatedAtTime", "datatype property"),
        ("https://schema.org/Place", "class"),
        ("http://qudt.org/vocab/unit/PERCENT", "unit"),
        ("http://www.w3.org/ns/oa#TextPositionSelector", "class"),
        ("http://www.opengis.net/ont/geosparql#Feature", "class"),
        ("http://www.w3.org/ns/dcat#Nothing", "undefined"),
    ],
)
def test_published_vocabulary_tells_kinds_apart(published: Published, iri: str, kind: str) -> None:
    """Terms whose kind the vocabularies' own specifications state are read as that kind."""
    types, _ = published.get(iri, (set(), False))
    assert kind == (kind_of(types) if types else "undefined")
