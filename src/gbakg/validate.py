"""Validation with SHACL: the report, the protocol of a validator, and the reference one, which is pyshacl."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from gbakg import terms
from gbakg.engine import Term, term_from_rdflib, to_rdflib

if TYPE_CHECKING:
    import rdflib

SEVERITIES = ("Violation", "Warning", "Info")


@dataclass(frozen=True, slots=True)
class Result:
    """One result of a validation, its fields those of sh:ValidationResult.

    `path` is the text of a SPARQL property path in short names; `severity` one of SEVERITIES or another local name.
    """

    focus: Term
    path: str
    value: Term | None
    severity: str
    message: str
    shape: Term
    component: str

    def __str__(self) -> str:
        at = f" {self.path}" if self.path else ""
        found = f", found {readable(self.value)}" if self.value is not None and self.value != self.focus else ""
        return f"{readable(self.focus)}{at}: {self.message}{found}"


@dataclass(frozen=True, slots=True)
class Report:
    """What a validator found, sorted: violations first, then by focus node, path and value."""

    results: tuple[Result, ...] = ()
    paths: dict[str, tuple[Triple, ...]] = field(default_factory=dict)

    @property
    def conforms(self) -> bool:
        """Tell whether there is no violation; warnings and informations leave a graph conforming."""
        return not self.violations

    @property
    def violations(self) -> tuple[Result, ...]:
        """Return the results that make a build fail."""
        return tuple(result for result in self.results if result.severity not in ("Warning", "Info"))

    @property
    def warnings(self) -> tuple[Result, ...]:
        """Return the results that do not."""
        return tuple(result for result in self.results if result.severity in ("Warning", "Info"))

    def to_graph(self) -> Iterator[Triple]:
        """Yield the report as SHACL, section 3.6, has it; conforming means there that there is no result at all."""
        report = BlankNode("report")
        yield Triple(report, terms.TYPE, terms.SH.term("ValidationReport"))
        yield Triple(report, terms.SH.term("conforms"), terms.literal(str(not self.results).lower(), "boolean"))
        for number, result in enumerate(self.results, start=1):
            node = BlankNode(f"result{number}")
            yield Triple(report, terms.SH.term("result"), node)
            yield Triple(node, terms.TYPE, terms.SH.term("ValidationResult"))
            yield Triple(node, terms.SH.term("focusNode"), result.focus)
            yield Triple(node, terms.SH.term("resultSeverity"), terms.SH.term(result.severity))
            yield Triple(node, terms.SH.term("sourceShape"), result.shape)
            yield Triple(node, terms.SH.term("sourceConstraintComponent"), terms.SH.term(result.component))
            if result.message:
                yield Triple(node, terms.SH.term("resultMessage"), Literal(result.message))
            if result.value is not None:
                yield Triple(node, terms.SH.term("value"), result.value)
            for triple in self.paths.get(result.path, ()):
                root = triple.subject == PATH
                yield Triple(node, terms.SH.term("resultPath"), triple.object) if root else triple


class Validator(Protocol):
    """What validates a graph with shapes."""

    def validate(self, data: Iterable[Triple], shapes: Iterable[Triple]) -> Report:
        """Validate a graph, which includes the ontology, with the shapes."""
        ...


class Pyshacl:
    """The reference validator: SHACL Core and SHACL-SPARQL, without rules, functions, inference or imports."""

    def validate(self, data: Iterable[Triple], shapes: Iterable[Triple]) -> Report:
        """Validate; see Validator."""
        import pyshacl

        _, graph, _ = pyshacl.validate(
            to_rdflib(data),
            shacl_graph=to_rdflib(shapes),
            advanced=False,
            inference="none",
            do_owl_imports=False,
            meta_shacl=False,
            allow_infos=True,
            allow_warnings=True,
            inplace=True,
        )
        return read(graph)


def read(graph: rdflib.Graph) -> Report:
    """Read a validation report out of an rdflib graph."""
    import rdflib

    paths: dict[str, tuple[Triple, ...]] = {}
    results = []
    for node in set(graph.objects(None, rdflib.SH.result)):  # and not what sh:detail adds to them
        path = graph.value(node, rdflib.SH.resultPath)
        text = "" if path is None else _path(graph, path)
        if path is not None and text not in paths:
            paths[text] = tuple(_describe(graph, path))
        found = {name: graph.value(node, rdflib.SH[name]) for name in _FIELDS}
        messages = sorted(str(message) for message in graph.objects(node, rdflib.SH.resultMessage))
        focus, value, severity, shape, component = (
            None if one is None else term_from_rdflib(one) for one in found.values()
        )
        if focus is None or shape is None or not isinstance(severity, NamedNode):
            raise ValueError("a validation result without focus node, shape or severity")
        name = terms.local(component) if isinstance(component, NamedNode) else ""
        results.append(Result(focus, text, value, terms.local(severity), "; ".join(messages), shape, name))
    return Report(tuple(sorted(results, key=order)), paths)


_FIELDS = ("focusNode", "value", "resultSeverity", "sourceShape", "sourceConstraintComponent")
PATH = BlankNode("path")
"""What stands for the result in the triples of `Report.paths`."""


def readable(term: Term) -> str:
    """Write a term as a person would: short names for IRIs, the bare text of literals."""
    if isinstance(term, NamedNode):
        return terms.shorten(term)
    return f"`{term.value}`" if isinstance(term, Literal) else str(term)


def order(result: Result) -> tuple[int, str, str, str, str, str]:
    """Return what reports are sorted by."""
    rank = SEVERITIES.index(result.severity) if result.severity in SEVERITIES else 0
    blank = isinstance(result.shape, BlankNode)  # its label differs from run to run
    return rank, str(result.focus), result.path, str(result.value), result.message, "" if blank else str(result.shape)


def _describe(graph: rdflib.Graph, path: rdflib.term.Node) -> Iterator[Triple]:
    """Yield the path's triples: first a marker with its root, then what hangs on the root if it is a blank node."""
    import rdflib

    yield Triple(PATH, terms.SH.term("resultPath"), term_from_rdflib(path))
    waiting = [path]
    while waiting:
        node = waiting.pop()
        if isinstance(node, rdflib.BNode):
            for predicate, value in graph.predicate_objects(node):
                yield Triple(term_from_rdflib(node), term_from_rdflib(predicate), term_from_rdflib(value))  # type: ignore[arg-type]
                waiting.append(value)


def _path(graph: rdflib.Graph, path: rdflib.term.Node) -> str:
    """Write a SHACL path (section 2.3.1) as a SPARQL property path in short names."""
    import rdflib

    if isinstance(path, rdflib.URIRef):
        return terms.shorten(NamedNode(str(path)))
    if (path, rdflib.RDF.first, None) in graph:
        return "/".join(_path(graph, step) for step in graph.items(path))
    for predicate, before, after in _OPERATORS:
        inner = graph.value(path, rdflib.SH[predicate])
        if inner is not None:
            if predicate == "alternativePath":
                return f"({'|'.join(_path(graph, step) for step in graph.items(inner))})"
            return f"{before}{_group(_path(graph, inner))}{after}"
    return ""


def _group(text: str) -> str:
    return text if re.fullmatch(r"[\w:.-]+|\([^()]*\)", text) else f"({text})"


_OPERATORS = (
    ("inversePath", "^", ""),
    ("alternativePath", "", ""),
    ("zeroOrMorePath", "", "*"),
    ("oneOrMorePath", "", "+"),
    ("zeroOrOnePath", "", "?"),
)
