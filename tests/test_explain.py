"""Explanations: proofs down to claims, files and lines."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import gbakg
from conftest import FIXTURES, ROOT, at, quiet
from gbakg import build, explain, terms
from gbakg.cli import main
from gbakg.errors import BadName, BadParameter
from gbakg.explain import Explanation
from gbakg.sources import Project
from gbakg.store import Build

Explain = Callable[[str], Explanation | None]


@pytest.fixture
def why(built: Build) -> Iterator[Explain]:
    """Return what explains a triple of the fixture project."""
    with built.open() as engine:
        yield lambda triple: explain.explain(engine, at(FIXTURES / "project"), triple)


@pytest.fixture
def why_really(real: Build) -> Iterator[Explain]:
    """Return what explains a triple of the shipped graph."""
    with real.open() as engine:
        yield lambda triple: explain.explain(engine, at(ROOT), triple)


def line_of(file: str, text: str) -> int:
    """Find the one line of the fixture project that begins with a text."""
    lines = (FIXTURES / "project" / file).read_text(encoding="utf-8").splitlines()
    (found,) = (number for number, line in enumerate(lines, start=1) if line.startswith(text))
    return found


def test_down_to_a_claim_and_a_file(why: Explain) -> None:
    """The proof names its rules; each premise the claim, or the file and line, that states it."""
    found = why("region/port-amber gba:within region/coral-coast")
    assert found is not None
    assert "prp-trp" == found.rule
    axiom, capital, province = found.premises
    assert ("gba:within", "a", "owl:TransitiveProperty") == axiom.triple
    assert [file.partition("/")[0] for file, _ in axiom.places] == ["ontology"]
    assert ["fact/harbour-gazette-p2-capital"] == [one.claim for one in capital.claims]
    assert () == capital.places
    registry = "data/registry/entities.ttl"
    start = line_of(registry, "region:coral-province")
    assert ((registry, start + 3),) == province.places
    assert all("stated" == premise.rule for premise in found.premises)


def test_reads_as_a_tree(why: Explain) -> None:
    """Below a conclusion its premises, below a stated one who states it: figure, file, paragraph."""
    found = why("region/port-amber gba:within region/coral-coast")
    assert found is not None
    lines = list(found.lines())
    assert "region/port-amber gba:within region/coral-coast   (prp-trp)" == lines[0]
    at_ = lines.index("    region/port-amber gba:within region/coral-province   (stated)")
    assert (
        "        fact/harbour-gazette-p2-capital: “the capital of Coral Province”, harbour-gazette.txt, paragraph 2"
        == lines[at_ + 1]
    )


def test_what_was_stated_says_so(why: Explain) -> None:
    """A stated triple needs no rule, whether a file or a claim states it, and whether or not a rule can use it."""
    label = why('institution/harbour-gazette rdfs:label "Harbour Gazette"@en')
    assert label is not None
    line = line_of("data/registry/entities.ttl", '    rdfs:label "Harbour Gazette"')
    assert ("stated", (("data/registry/entities.ttl", line),)) == (label.rule, label.places)
    fact = why("person/ida-moss gba:holds post/amber-patent-bureau-director")
    assert fact is not None
    assert ("stated", ["fact/harbour-gazette-p2-leads"]) == (fact.rule, [one.claim for one in fact.claims])
    own = why("observation/harbour-gazette-p2-lantern-patents gba:figure 'more than 120'".replace("'", '"'))
    assert own is not None
    assert ["observation/harbour-gazette-p2-lantern-patents"] == [one.claim for one in own.claims]
    assert "stated by Ida Moss" in list(own.lines())[1]
    axiom = why("gba:within a owl:TransitiveProperty")
    assert axiom is not None
    assert "stated" == axiom.rule
    assert axiom.places


def test_lists_and_claims(why: Explain) -> None:
    """An axiom's list shows its members; what a claim entails is proved with the claim."""
    found = why("person/ida-moss gba:affiliatedWith institution/amber-patent-bureau")
    assert found is not None
    assert "prp-spo2" == found.rule
    assert ("gba:affiliatedWith", "owl:propertyChainAxiom", "( gba:holds gba:postIn )") == found.premises[0].triple
    own = why("observation/harbour-gazette-p2-lantern-patents a gba:Claim")
    assert own is not None
    assert "observation/harbour-gazette-p2-lantern-patents" in [
        one.claim for premise in own.premises for one in premise.claims
    ]


def test_what_does_not_hold_has_none(why: Explain) -> None:
    """Neither stated nor entailed: a planned fact, the other way round, an entity that is not there."""
    assert why("region/coral-coast gba:within region/port-amber") is None
    assert why("region/nowhere gba:within region/port-amber") is None


def test_every_entailment_has_an_explanation(why: Explain, built: Build) -> None:
    """All that the fixture's build entails can be explained, and each leaf is stated somewhere."""

    def leaves(one: Explanation) -> Iterator[Explanation]:
        if not one.premises:
            yield one
        for premise in one.premises:
            yield from leaves(premise)

    with built.open() as engine:
        found = list(engine.entailed())
    assert found
    for triple in found[::7]:
        explanation = why(str(triple))
        assert explanation is not None, triple
        assert "stated" != explanation.rule
        assert all(leaf.claims or leaf.places for leaf in leaves(explanation)), triple


def test_all_is_read_where_the_core_is_not_enough(project: Project, cache: str) -> None:
    """What claims alone entail about another thing is found, though the triple does not name the claims."""
    (project.ontology / "terms" / "more.ttl").write_text(
        f"@prefix gba: <{terms.GBA}> .\n@prefix rdfs: <{terms.RDFS}> .\ngba:statedBy rdfs:range gba:Speaker .\n",
        encoding="utf-8",
    )
    made = build.build(project, "fast", quiet, cache).build
    assert made is not None
    with made.open() as engine:
        said: list[str] = []
        found = explain.explain(engine, project, "person/ida-moss a gba:Speaker", said.append)
    made.close()
    assert found is not None
    assert ["reading all claims, since it follows from some that the triple does not name"] == said
    assert "prp-rng" == found.rule
    assert (("ontology/terms/more.ttl", 3),) == found.premises[0].places
    assert ["observation/harbour-gazette-p2-lantern-patents"] == [one.claim for one in found.premises[1].claims]


@pytest.mark.parametrize(
    ("triple", "expected"),
    [
        ("region/a gba:within region/b", ("ID/region/a", "GBA#within", "ID/region/b")),
        ("<https://w3id.org/gbakg/id/region/a> a gba:City .", ("ID/region/a", "TYPE", "GBA#City")),
        ("https://w3id.org/gbakg/id/region/a gba:within region/b", ("ID/region/a", "GBA#within", "ID/region/b")),
        ('region/a rdfs:label "A b"@en', ("ID/region/a", "LABEL", '"A b"@en')),
        ("region/a gba:value 12", ("ID/region/a", "GBA#value", '"12"^^<http://www.w3.org/2001/XMLSchema#integer>')),
        (
            'region/a gba:day "2025-01-01"^^xsd:date',
            ("ID/region/a", "GBA#day", '"2025-01-01"^^<http://www.w3.org/2001/XMLSchema#date>'),
        ),
    ],
)
def test_a_triple_is_read_in_any_spelling(triple: str, expected: tuple[str, str, str]) -> None:
    """Short names, prefixed names, IRIs, literals, `a`, and a dot at the end."""

    def written(word: str) -> str:
        if word.startswith('"'):
            return word
        known = {"TYPE": str(terms.TYPE), "LABEL": str(terms.LABEL)}
        return known.get(word, f"<{word.replace('ID/', terms.ID).replace('GBA#', terms.GBA)}>")

    assert tuple(map(written, expected)) == explain.read(triple)


@pytest.mark.parametrize("triple", ["", "region/a gba:within", '"a" gba:within region/a', 'region/a rdfs:label "A'])
def test_what_is_no_triple_is_refused(triple: str) -> None:
    """The message shows how one is written."""
    with pytest.raises(BadParameter, match="for instance 'region/shenzhen gba:within region/china'"):
        explain.read(triple)


def test_a_name_that_is_none_is_refused() -> None:
    """As everywhere, with the form of a name."""
    with pytest.raises(BadName):
        explain.read("Shenzhen gba:within region/china")


def test_command(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """One text or three words; text or JSON; exit code 1 and a message where it does not hold."""
    shutil.copytree(FIXTURES / "project", tmp_path / "project")
    monkeypatch.setenv("GBAKG_HOME", str(tmp_path / "project"))
    monkeypatch.setenv("GBAKG_CACHE", str(tmp_path / "cache"))
    assert 0 == main(["explain", "region/port-amber", "gba:within", "region/coral-coast"])
    text = capfd.readouterr().out
    assert 0 == main(["explain", "region/port-amber gba:within region/coral-coast"])
    assert text == capfd.readouterr().out
    assert 0 == main(["explain", "region/port-amber gba:within region/coral-coast", "--format", "json"])
    record = json.loads(capfd.readouterr().out)
    assert ["region/port-amber", "gba:within", "region/coral-coast"] == record["triple"]
    assert "harbour-gazette.txt" == record["premises"][1]["claims"][0]["file"]
    assert 1 == main(["explain", "region/coral-coast gba:within region/port-amber"])
    out, err = capfd.readouterr()
    assert ("", "neither stated nor entailed") == (out, err.partition(": ")[2].partition(":")[0])
    with gbakg.open(tmp_path / "project", tmp_path / "cache") as graph:
        found = graph.explain("region/port-amber gba:within region/coral-coast")
    assert found is not None
    assert text.splitlines() == list(found.lines())


def test_on_the_shipped_graph(why_really: Explain) -> None:
    """A containment that nobody states is proved from the registry and the ontology."""
    found = why_really("region/shenzhen gba:within region/china")
    assert found is not None
    assert "prp-trp" == found.rule
    files = {file for premise in found.premises for file, _ in premise.places}
    assert {"ontology/terms/regions.ttl", "data/registry/regions.ttl"} == files


def test_a_misspelt_entity_is_told(built: Build) -> None:
    """A triple that does not hold for want of a letter is told from one that is not so."""
    with built.open() as engine:
        (slip,) = explain.unknown(engine, "region/port-ambr gba:within region/coral-coast")
        assert "nothing in the graph is named 'region/port-ambr'; did you mean region/port-amber" in str(slip)
        assert [] == list(explain.unknown(engine, "region/coral-coast gba:within region/port-amber"))
