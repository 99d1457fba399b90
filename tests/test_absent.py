"""A query that names what the graph does not have is told from one that the documents do not answer."""

from __future__ import annotations

import pytest

from gbakg.absent import absent
from gbakg.store import Build


@pytest.mark.parametrize(
    ("sparql", "said"),
    [
        ("SELECT * { ?x gba:metric ?y ; a gba:Observation }", []),
        ("SELECT * { ?x rdfs:labl ?y . ?x <urn:other> gba:Observation }", []),  # not of this project
        ("SELECT * { ?x gba:Metric ?y }", []),  # a class is in the graph, be it no predicate
        ("SELECT * { ?x gba:metrc ?y }", ["gba:metrc is not in the graph; did you mean gba:metric?"]),
        (
            "PREFIX g: <https://w3id.org/gbakg/ontology#> SELECT * { ?x g:metrc 'gba:nothing' } # gba:nowhere",
            ["gba:metrc is not in the graph; did you mean gba:metric?"],
        ),
        ("SELECT * { ?x <https://w3id.org/gbakg/ontology#qqqqqqqq> ?y }", ["gba:qqqqqqqq is not in the graph"]),
        ("SELECT * { region:qqqqqqqq gba:within ?y }", ["region/qqqqqqqq is not in the graph"]),
        (
            "SELECT * { region:coral-coats gba:within ?y }",
            ["region/coral-coats is not in the graph; did you mean region/coral-coast?"],
        ),
        ("PREFIX gba: <urn:x:> SELECT * { ?x gba:metrc ?y }", []),
    ],
)
def test_what_is_absent(built: Build, sparql: str, said: list[str]) -> None:
    """Terms and entities of this project that no triple has are named, with those that are spelt much like them."""
    with built.open() as engine:
        assert said == absent(engine, sparql)
