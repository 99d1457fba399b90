"""The table of constraint components: it is complete, and what it compiles is standard SPARQL."""

from __future__ import annotations

import re
from pathlib import Path

import pyoxigraph
import pytest
import rdflib
from pyoxigraph import Triple
from pyshacl.constraints import ALL_CONSTRAINT_PARAMETERS

from gbakg import terms
from gbakg.ask import Root
from gbakg.checks import CONDITION, TARGET, exists
from gbakg.compiler import Compiler
from gbakg.constraints import COMPONENTS, OTHERS
from gbakg.index import Index
from gbakg.shapes import Plan

ROOT = Path(__file__).resolve().parents[1]
PREFIXES = "".join(f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in terms.PREFIXES.items())
SHAPES = sorted((ROOT / "ontology" / "shapes").glob("*.ttl"))


def parse(turtle: str) -> list[Triple]:
    return [quad.triple for quad in pyoxigraph.parse(PREFIXES + turtle, format=pyoxigraph.RdfFormat.TURTLE)]


def test_every_parameter_of_shacl_is_in_a_table() -> None:
    """Those of pyshacl are those of the specification."""
    names = {str(name).rpartition("#")[2] for name in ALL_CONSTRAINT_PARAMETERS}
    assert names <= {*COMPONENTS, *OTHERS}
    assert set(COMPONENTS) <= names


def test_patterns_nest() -> None:
    """One EXISTS for each triple pattern, the condition in the innermost."""
    assert "(EXISTS { a FILTER (EXISTS { b FILTER (c) }) })" == exists(("a", "b"), "c")
    assert "(c)" == exists((), "c")


def test_a_warning_does_not_count_against_conformance_but_in_a_node_constraint() -> None:
    """As pyshacl has it where warnings are allowed."""
    compiler = Compiler(
        Index(parse("gba:S sh:property gba:P . gba:P sh:path gba:p ; sh:minCount 1 ; sh:severity sh:Warning ."))
    )
    assert "(false)" == compiler.fails(terms.code("S"), "?x")
    assert "EXISTS" in compiler.fails(terms.code("S"), "?x", strict=True)


def targets(root: Root) -> list[str]:
    """Bind the focus nodes, each class having instances."""
    return root.targets({kind: [kind] for kind in root.classes})


@pytest.mark.slow  # rdflib takes its time to parse a hundred queries
def test_the_projects_shapes_compile_to_standard_sparql() -> None:
    """Nothing is left to pyshacl, and another library parses every query."""
    shapes = [quad.triple for path in SHAPES for quad in pyoxigraph.parse(path=path)]
    assert len(SHAPES) > 5
    plan = Plan(shapes)
    assert {} == plan.left
    queries = [check.query(target) for root in plan.roots for target in targets(root) for check in root.checks]
    for root in plan.roots:
        for text, condition in (check.guard for check in root.checks if check.guard[0]):
            queries += [text.replace(TARGET, target).replace(CONDITION, condition) for target in targets(root)]
    assert len(queries) > 400
    for query in queries:
        # rdflib's parser takes a cast to a datatype that SPARQL does not list for a function of somebody's: it parses
        rdflib.plugins.sparql.prepareQuery(query)
        assert not re.search(r"oxigraph|jena|virtuoso", query)
