"""Closing a graph in chunks finds what closing it in one piece finds, or refuses to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import pytest
from bench.damage import Damage, Parts, read
from pyoxigraph import RdfFormat, Triple, parse

from conftest import ROOT, at
from gbakg import terms
from gbakg.closing import Closing

CLAIM = re.compile(rf"<{terms.ID}(?:observation|fact|mention)/(.+?)-p[0-9]+-")
PREFIXES = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in {**terms.PREFIXES, "ex": str(terms.GBA)}.items())


@pytest.fixture(scope="module")
def parts() -> Parts:
    """Read the real project."""
    return read(at(ROOT))


def lines(text: str) -> list[str]:
    return [f"{quad.triple} ." for quad in parse(f"{PREFIXES}{text} .", format=RdfFormat.TURTLE)]


def split(graph: Iterable[Triple]) -> tuple[list[str], list[list[str]]]:
    """Take a graph apart: what is no claim, and the claims of each document."""
    core: list[str] = []
    chunks: dict[str, list[str]] = {}
    for triple in graph:
        line = f"{triple} ."
        match = CLAIM.match(line)
        (core if match is None else chunks.setdefault(match[1], [])).append(line)
    return core, list(chunks.values())


def apart(core: Sequence[str], chunks: Iterable[Sequence[str]]) -> tuple[set[str], tuple[str, ...]] | None:
    """Close a core, then each chunk; None if one is refused."""
    closing = Closing(core, core)
    found = set(closing.entailed())
    for chunk in chunks:
        more = closing.chunk(chunk)
        if more is None:
            return None
        assert not found & set(more), "a chunk tells what the core has told"
        found.update(more)
    return found, closing.inconsistencies()


def whole(core: Sequence[str], chunks: Iterable[Sequence[str]]) -> tuple[set[str], tuple[str, ...]]:
    every = [*core, *(line for chunk in chunks for line in chunk)]
    closing = Closing(every, every)
    return set(closing.entailed()), closing.inconsistencies()


def test_the_shipped_graph_in_chunks(parts: Parts) -> None:
    """Document by document, the closure is the same."""
    core, chunks = split([*parts.ontology, *parts.data])
    assert 5 == len(chunks)
    assert whole(core, chunks) == apart(core, chunks)


def test_damaged_graphs_in_chunks(parts: Parts) -> None:
    """Of a damaged graph, too, where the chunks are not refused; and they are not always."""
    done, damage = 0, Damage(parts.ontology, parts.data)
    for seed in range(60):
        core, chunks = split(damage.graph(seed, documents=3))
        found = apart(core, chunks)
        if found is not None:
            done += len(chunks) > 1
            assert whole(core, chunks) == found, seed
    assert 8 < done < 60


def test_a_chunk_is_forgotten(parts: Parts) -> None:
    """After a chunk a closing is what it was, so that the next chunk finds what it would have found as the first."""
    core, chunks = split([*parts.ontology, *parts.data])
    first, second = Closing(core, core), Closing(core, core)
    alone = [set(first.chunk(chunk) or ()) for chunk in chunks]
    before = [
        dict(second.numbers),
        set(second.entailed()),
        {key: set(rows) for key, rows in second.facts.items() if rows},
    ]
    assert alone[::-1] == [set(second.chunk(chunk) or ()) for chunk in chunks[::-1]]
    after = [
        dict(second.numbers),
        set(second.entailed()),
        {key: set(rows) for key, rows in second.facts.items() if rows},
    ]
    assert before == after


CORE = """ex:Claim a owl:Class . ex:statedIn a owl:ObjectProperty ; rdfs:domain ex:Claim .
ex:appearsIn owl:propertyChainAxiom ( ex:statedIn ex:inDocument ) . ex:p1 ex:inDocument ex:d . ex:p2 ex:inDocument ex:e"""


@pytest.mark.parametrize(
    ("axioms", "one", "two"),
    [
        ("", "ex:a ex:statedIn ex:p1", "ex:b ex:statedIn ex:p2"),
        (
            "ex:statedIn rdfs:range ex:P . ex:p1 a ex:P . ex:p2 a ex:P",
            "ex:a ex:statedIn ex:p1",
            "ex:b ex:statedIn ex:p2",
        ),
        ("ex:statedIn owl:inverseOf ex:states", "ex:a ex:statedIn ex:p1", "ex:b ex:statedIn ex:p1"),
        ("ex:next a owl:TransitiveProperty . ex:p1 ex:next ex:p2", "ex:a ex:statedIn ex:p1", "ex:b ex:statedIn ex:p1"),
        ("ex:Claim owl:disjointWith ex:Other", "ex:a ex:statedIn ex:p1 ; a ex:Other", "ex:b ex:statedIn ex:p1"),
        ("ex:near a owl:IrreflexiveProperty . ex:x ex:near ex:y", "ex:a ex:near ex:a", "ex:b ex:near ex:b"),
        ("ex:v rdfs:domain ex:C", "ex:a ex:v 1 ; ex:unheard 'x'", "ex:b ex:unheard 'x' , ex:nobody ; a ex:Unheard"),
        ("ex:v rdfs:domain ex:C", 'ex:a ex:v "x"^^xsd:integer', 'ex:b ex:v "1"^^xsd:integer'),
    ],
)
def test_chunks_that_are_apart(axioms: str, one: str, two: str) -> None:
    """What follows within a chunk and the core is found; so is what is inconsistent there."""
    core, chunks = lines(f"{CORE} . {axioms or 'ex:x a ex:X'}"), [lines(one), lines(two)]
    assert whole(core, chunks) == apart(core, chunks)


@pytest.mark.parametrize(
    ("axioms", "one", "two"),
    [
        ("ex:statedIn rdfs:range ex:P", "ex:a ex:statedIn ex:p1", "ex:b ex:statedIn ex:p1"),  # p1 becomes a P
        ("ex:statedIn a owl:InverseFunctionalProperty", "ex:a ex:statedIn ex:p1", "ex:b ex:statedIn ex:p1"),
        ("ex:statedIn a owl:FunctionalProperty", "ex:a ex:statedIn ex:p1", "ex:b ex:statedIn ex:p1"),
        ("ex:with owl:propertyChainAxiom ( ex:statedIn ex:holds ) . ex:holds owl:inverseOf ex:statedIn",
         "ex:a ex:statedIn ex:p1", "ex:b ex:statedIn ex:p1"),
        ("ex:statedIn a owl:TransitiveProperty", "ex:a ex:statedIn ex:p1", "ex:b ex:statedIn ex:a"),
        ("ex:next a owl:TransitiveProperty", "ex:a ex:next ex:b", "ex:b ex:next ex:c"),
        ("ex:near a owl:SymmetricProperty , owl:TransitiveProperty", "ex:a ex:near ex:p1", "ex:b ex:near ex:p1"),
        ("ex:C owl:hasKey ( ex:v )", "ex:a a ex:C ; ex:v 1", "ex:b a ex:C ; ex:v 1"),
        ("ex:v rdfs:range xsd:integer", "ex:a ex:v 1", "ex:b ex:v 'x'"),
        ("ex:C rdfs:subClassOf [ owl:onProperty ex:v ; owl:someValuesFrom xsd:integer ]", "ex:a ex:v 1", "ex:b ex:v 2"),
        ("ex:near rdfs:domain ex:C", "ex:a ex:near ex:p1 . ex:p1 ex:near ex:a", "ex:b ex:near ex:p1"),  # describes p1
        ("ex:a owl:sameAs ex:p1", "ex:a ex:statedIn ex:p1", "ex:b ex:statedIn ex:p1"),
        ("ex:near rdfs:domain ex:C", "ex:a ex:near ex:p1 ; owl:sameAs ex:p1", "ex:b ex:near ex:p1"),
        ("ex:near rdfs:domain ex:C", "ex:a ex:near ex:p1 . ex:C rdfs:subClassOf ex:D", "ex:b ex:near ex:p1"),
        ("ex:near rdfs:domain ex:C . ex:C rdfs:subClassOf owl:Nothing . ex:x ex:near ex:y", "ex:a a owl:Thing", ""),
    ],
)  # fmt: skip
def test_chunks_that_are_not(axioms: str, one: str, two: str) -> None:
    """Where two chunks could have something to do with each other, one of them is refused."""
    core = lines(f"{CORE} . {axioms}")
    assert apart(core, [lines(one), lines(two) if two else []]) is None


def test_a_closing_of_everything_takes_no_chunk() -> None:
    """With `whole`, literals and owl:Thing are shared by all chunks."""
    core = lines(CORE)
    assert Closing(core, core, whole=True).chunk(lines("ex:a ex:statedIn ex:p1")) is None
