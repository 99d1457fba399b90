"""Plain `gbakg`: what is in the graph, and what to type next."""

from __future__ import annotations

import argparse

from gbakg.cli import shared
from gbakg.engine import select

_COUNTS = """
PREFIX gba: <https://w3id.org/gbakg/ontology#>
SELECT ?class (COUNT(?one) AS ?count) WHERE {
    VALUES ?class {
        gba:Document gba:Observation gba:Fact gba:Mention gba:Region gba:InnovationCluster gba:Institution gba:Person
        gba:Programme gba:Metric gba:Topic
    }
    ?one a ?class .
} GROUP BY ?class"""


def greet(arguments: argparse.Namespace) -> int:
    """Count what is in the graph, and name three commands to try."""
    from gbakg import terms

    build = shared.build(arguments)
    with build.open() as engine:
        found = select(engine, _COUNTS)
        counts = {terms.local(row[0]): int(row[1].value) for row in found}  # type: ignore[arg-type, union-attr]

    def number(name: str, one: str, many: str) -> str:
        count = counts.get(name, 0)
        return f"{count:,} {one if count == 1 else many}"

    claims = ", ".join(
        [
            number("Observation", "figure", "figures"),
            number("Fact", "statement", "statements"),
            number("Mention", "name", "names"),
        ]
    )
    entities = ", ".join(
        [
            number("Region", "region", "regions"),
            number("InnovationCluster", "cluster", "clusters"),
            number("Institution", "institution", "institutions"),
            number("Person", "person", "people"),
            number("Programme", "programme", "programmes"),
            number("Metric", "metric", "metrics"),
            number("Topic", "topic", "topics"),
        ]
    )
    shared.say(
        [
            f"gbakg: {number('Document', 'document', 'documents')} in a graph of {build.receipt['counts']['triples']:,} triples",
            "",
            f"  {claims}, each with its paragraph",
            f"  {entities}",
            "",
            "try  gbakg query list              the questions that it answers",
            "     gbakg find Shenzhen           entities by name, in any language",
            "     gbakg cite region/shenzhen    where something is stated",
        ]
    )
    return 0
