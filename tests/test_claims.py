"""The claims that a name means, and their order."""

from __future__ import annotations

from itertools import chain

import pytest
from pyoxigraph import Literal, NamedNode

from gbakg import claims, terms
from gbakg.engine import select
from gbakg.errors import UnknownName
from gbakg.store import Build


def test_a_claim_means_itself(real: Build) -> None:
    """The name of a claim is that of one claim."""
    name = "observation/xinhua-cluster-tops-ranking-p7-siat-produced"
    with real.open() as engine:
        assert {terms.expand(name)} == claims.named(engine, name)


def test_an_entity_means_what_is_said_of_it(real: Build) -> None:
    """The claims about an entity are those with it as a value, whatever the property, and each is stated somewhere."""
    with real.open() as engine:
        found = claims.named(engine, "Shenzhen")
        asked = f"""SELECT DISTINCT ?claim WHERE {{ ?claim ?property {terms.expand("region/shenzhen")} ;
            <{terms.GBA}statedIn> ?passage }}"""
        assert {claim for (claim,) in select(engine, asked)} == found
    assert len(found) > 20


@pytest.mark.parametrize("few", [0, 20_000])
@pytest.mark.parametrize("name", ["region/shenzhen", "institution/wipo", "document/xinhua-cluster-tops-ranking"])
def test_the_order_is_that_of_the_texts(real: Build, monkeypatch: pytest.MonkeyPatch, name: str, few: int) -> None:
    """Many claims are ordered document by document, few at once, and both by document, paragraph and name."""
    monkeypatch.setattr(claims, "_FEW", few)
    with real.open() as engine:
        found = claims.named(engine, name)
        ordered = list(chain.from_iterable(claims.ordered(engine, found)))
        asked = f"""SELECT ?claim ?document ?number WHERE {{ ?claim <{terms.GBA}statedIn> ?passage .
            ?passage <{terms.GBA}inDocument> ?document ; <{terms.GBA}number> ?number }}"""
        places = {
            claim: (document.value, int(number.value), claim.value)
            for claim, document, number in select(engine, asked)
            if isinstance(claim, NamedNode) and isinstance(document, NamedNode) and isinstance(number, Literal)
        }
    assert sorted(found, key=places.__getitem__) == ordered


@pytest.mark.parametrize("name", ["observation/nothing", "no such place"])
def test_nothing_has_the_name(real: Build, name: str) -> None:
    """What is spelt like a claim and is none is refused, as is what no entity is called."""
    with real.open() as engine, pytest.raises(UnknownName):
        claims.named(engine, name)
