"""Plain `gbakg`: what is in the graph, and what to type next."""

from __future__ import annotations

import argparse

from gbakg.cli import shared
from gbakg.engine import select

_CLASSES = (
    "Document",
    "Observation",
    "Fact",
    "Mention",
    "Region",
    "InnovationCluster",
    "Institution",
    "Person",
    "Programme",
    "Metric",
    "Topic",
)

_COUNT = "{ SELECT (COUNT(*) AS ?%(name)s) WHERE { ?one a <%(iri)s> } }"
"""How many a class has: half as long as a GROUP BY, which looks at each with its class."""


def greet(arguments: argparse.Namespace) -> int:
    """Count what is in the graph, and name three commands to try."""
    from gbakg import terms

    build = shared.build(arguments)
    with build.open() as engine:
        texts = (_COUNT % {"name": name, "iri": terms.GBA.term(name).value} for name in _CLASSES)
        found = select(engine, f"SELECT * WHERE {{ {' '.join(texts)} }}")
        (row,) = found
        counts = {name: int(term.value) for name, term in zip(found.variables, row, strict=True)}  # type: ignore[union-attr]

    def number(name: str, one: str, many: str) -> str:
        count = counts[name]
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
