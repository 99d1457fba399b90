"""Entities by name."""

from __future__ import annotations

import pyoxigraph
import pytest
from pyoxigraph import Literal

from gbakg import find, terms
from gbakg.engine import Embedded
from gbakg.errors import UnknownName, WrongClass
from gbakg.store import Build


@pytest.mark.parametrize(
    ("text", "first", "how"),
    [
        ("Port Amber", "region/port-amber", "exact"),
        ("PORT", "region/port-amber", "prefix"),
        ("patent bureau", "institution/amber-patent-bureau", "word"),
        ("oss", "person/ida-moss", "part"),
        ("琥珀专利局", "institution/amber-patent-bureau", "exact"),
        ("琥珀专", "institution/amber-patent-bureau", "prefix"),
        ("Idá Möss", "person/ida-moss", "exact"),
        ("lantern-patents granted", "metric/lantern-patents-granted", "exact"),
        ("person/ida-moss", "person/ida-moss", "exact"),
        ("Ida Mos", "person/ida-moss", "prefix"),
        ("Ida Moos", "person/ida-moss", "near"),
    ],
)
def test_finds(built: Build, text: str, first: str, how: str) -> None:
    """The best match comes first, and says how it matched."""
    with built.open() as engine:
        found = find.find(engine, text)
    assert (first, how) == (found[0].entity, found[0].how)


@pytest.mark.parametrize("text", ["zzz", "", "...", "%"])
def test_finds_nothing(built: Build, text: str) -> None:
    """What nothing is named like is not found."""
    with built.open() as engine:
        assert [] == find.find(engine, text)


def test_a_match_says_what_it_is(built: Build) -> None:
    """A match has the most specific class, and the labels of every language."""
    with built.open() as engine:
        found = find.find(engine, "琥珀专利局")[0]
    assert "GovernmentAgency" == found.kind
    assert {"en": ("Amber Patent Bureau",), "zh-hans": ("琥珀专利局",)} == found.labels
    assert "Amber Patent Bureau" == found.label


def test_the_limit(built: Build) -> None:
    """No more than asked for."""
    with built.open() as engine:
        assert 2 == len(find.find(engine, "a", 2))


def test_either_script_of_chinese() -> None:
    """What the labels of some entities show about the scripts serves to find others, and aliases are names."""
    triples = [
        ("region/a", "label", Literal("广州", language="zh-hans")),
        ("region/a", "label", Literal("廣州", language="zh-hant")),
        ("region/b", "label", Literal("广安", language="zh-hans")),
    ]
    with Embedded() as engine:
        for short, _, value in triples:
            node = terms.expand(short)
            engine.store.add(pyoxigraph.Quad(node, terms.TYPE, find.ENTITY))
            engine.store.add(pyoxigraph.Quad(node, terms.LABEL, value))
        engine.store.add(pyoxigraph.Quad(terms.expand("region/a"), terms.SKOS.term("altLabel"), Literal("Canton")))
        assert ["region/b"] == [match.entity for match in find.find(engine, "廣安")]
        assert ["region/a", "region/b"] == [match.entity for match in find.find(engine, "廣")]
        assert ["region/a"] == [match.entity for match in find.find(engine, "canton")]
        assert terms.expand("region/a") == find.resolve(engine, "CANTON")


def test_resolve(built: Build) -> None:
    """A name that is nobody's has near ones; one of another class says so."""
    with built.open() as engine:
        with pytest.raises(UnknownName, match="did you mean person/ida-moss"):
            find.resolve(engine, "Ida Mosss")
        with pytest.raises(UnknownName, match="gbakg find"):
            find.resolve(engine, "https://w3id.org/gbakg/id/region/qqqqqq")
        with pytest.raises(WrongClass, match="person/ida-moss is not a gba:Region"):
            find.resolve(engine, "person/ida-moss", terms.GBA.term("Region"))
