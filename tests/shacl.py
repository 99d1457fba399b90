"""Validate many small graphs with the project's shapes: ontology and shapes are loaded once, each query is parsed once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import rdflib
from pyshacl.graph_abstraction import DataGraph
from pyshacl.shapes_graph import ShapesGraph
from pyshacl.validator import Validator
from rdflib.namespace import RDF, SH
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.processor import SPARQLProcessor
from rdflib.plugins.sparql.sparql import Query
from rdflib.term import Node, URIRef

ROOT = Path(__file__).parent.parent
SHAPE = rdflib.Namespace("https://w3id.org/gbakg/shape#")
GBA = rdflib.Namespace("https://w3id.org/gbakg/ontology#")
Triple = tuple[Node, Node, Node]

COMPONENTS = {
    SH[parameter]: SH[component + "ConstraintComponent"]
    for parameter, component in {
        "class": "Class",
        "datatype": "Datatype",
        "nodeKind": "NodeKind",
        "minCount": "MinCount",
        "maxCount": "MaxCount",
        "minExclusive": "MinExclusive",
        "minInclusive": "MinInclusive",
        "maxExclusive": "MaxExclusive",
        "maxInclusive": "MaxInclusive",
        "minLength": "MinLength",
        "maxLength": "MaxLength",
        "pattern": "Pattern",
        "languageIn": "LanguageIn",
        "uniqueLang": "UniqueLang",
        "equals": "Equals",
        "disjoint": "Disjoint",
        "lessThan": "LessThan",
        "lessThanOrEquals": "LessThanOrEquals",
        "not": "Not",
        "and": "And",
        "or": "Or",
        "xone": "Xone",
        "node": "Node",
        "qualifiedMinCount": "QualifiedMinCount",
        "qualifiedMaxCount": "QualifiedMaxCount",
        "hasValue": "HasValue",
        "in": "In",
        "sparql": "SPARQL",
    }.items()
}
"""The parameter that brings each constraint component into a shape; SHACL, section 4."""

TARGETS = (SH.targetClass, SH.targetNode, SH.targetObjectsOf, SH.targetSubjectsOf)
OTHERS = {*TARGETS, SH.property, SH.path, SH.message, SH.severity, SH.qualifiedValueShape, RDF.type}


@dataclass(frozen=True, order=True, slots=True)
class Constraint:
    """One thing that a shape demands; `query` tells the SPARQL constraints of one shape apart."""

    shape: str
    component: str
    query: str = ""


@dataclass(frozen=True, order=True, slots=True)
class Found:
    """One result of a validation."""

    constraint: Constraint
    focus: str
    path: str
    value: str
    severity: str


def constraints(shapes: rdflib.Graph) -> set[Constraint]:
    """Collect every constraint that a target leads to, of the shapes inside a logical constraint only the outer one.

    Raises ValueError for a parameter that is not in COMPONENTS, so that none is passed over.
    """
    waiting = {shape for target in TARGETS for shape in shapes.subjects(target)}
    seen: set[Node] = set()
    found = set()
    while waiting:
        shape = waiting.pop()
        seen.add(shape)
        waiting |= set(shapes.objects(shape, SH.property)) - seen
        for parameter, value in shapes.predicate_objects(shape):
            if isinstance(parameter, URIRef) and parameter in COMPONENTS:
                query = str(value) if parameter == SH.sparql else ""
                found.add(Constraint(str(shape), str(COMPONENTS[parameter]), query))
            elif parameter not in OTHERS:
                raise ValueError(f"{shape} has {parameter}, which is neither a known constraint nor known to be none")
    return found


def read(report: rdflib.Graph) -> set[Found]:
    """Read the results out of a validation report."""
    return {
        Found(
            Constraint(
                str(report.value(node, SH.sourceShape)),
                str(report.value(node, SH.sourceConstraintComponent)),
                str(report.value(node, SH.sourceConstraint) or ""),
            ),
            str(report.value(node, SH.focusNode)),
            path(report, report.value(node, SH.resultPath)),
            str(report.value(node, SH.value) or ""),
            str(report.value(node, SH.resultSeverity)),
        )
        for node in report.subjects(RDF.type, SH.ValidationResult)
    }


def path(graph: rdflib.Graph, node: Node | None) -> str:
    """Write a SHACL path as text that is equal for equal paths."""
    if node is None or isinstance(node, URIRef):
        return str(node or "")
    if (node, RDF.first, None) in graph:
        return " / ".join(path(graph, step) for step in graph.items(node))
    (operator, inner) = next(iter(graph.predicate_objects(node)))
    if operator == SH.alternativePath:
        return f"({' | '.join(path(graph, step) for step in graph.items(inner))})"
    return f"{str(operator).rpartition('#')[2]}({path(graph, inner)})"


class Checker:
    """The shapes, ready, and a graph that they are applied to; triples come and go between validations."""

    def __init__(self, data: Iterable[Triple], shapes: rdflib.Graph) -> None:
        self.graph = rdflib.Graph()
        for triple in data:
            self.graph.add(triple)
        self._shapes = ShapesGraph(shapes)
        self._source = shapes

    @contextmanager
    def changed(self, added: Iterable[Triple] = (), removed: Iterable[Triple] = ()) -> Iterator[None]:
        """Add and remove triples, and undo that afterwards."""
        gone = [triple for triple in removed if triple in self.graph]
        come = [triple for triple in added if triple not in self.graph]
        for triple in gone:
            self.graph.remove(triple)
        for triple in come:
            self.graph.add(triple)
        try:
            yield
        finally:
            for triple in come:
                self.graph.remove(triple)
            for triple in gone:
                self.graph.add(triple)

    def report(self, focus: Iterable[str] = ()) -> set[Found]:
        """Validate as it stands; of the targets only these nodes, if there are any.

        The option of pyshacl for that passes inside shapes over too, so that sh:or and the like find nothing.
        """
        wanted = {URIRef(name) for name in focus}
        data = DataGraph.from_rdflib_graph(self.graph)
        validator = Validator(data, shacl_graph=self._source, options={"inplace": True})
        executor = validator.make_executor()
        reports = []
        with mock.patch.object(SPARQLProcessor, "query", _query):
            for shape in self._shapes.shapes:
                nodes = set(shape.focus_nodes(data))
                nodes &= wanted or nodes
                if nodes:
                    reports.extend(shape.validate(executor, data, focus=nodes)[1])
        report, _ = Validator.create_validation_report(self._shapes, not reports, reports)
        return read(report)


_answer = SPARQLProcessor.query


@cache
def _parsed(text: str) -> Query:
    return prepareQuery(text)


def _query(processor: SPARQLProcessor, text: str | Query, *arguments: Any, **named: Any) -> Mapping[str, Any]:
    """Answer a query as rdflib does, without parsing a text that was parsed before."""
    return _answer(processor, _parsed(text) if isinstance(text, str) else text, *arguments, **named)
