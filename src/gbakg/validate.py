"""Validation with SHACL: the report, the protocol of a validator, and the reference one, which is pyshacl."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

import pyoxigraph
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from gbakg import terms
from gbakg.engine import Term, from_rdflib, to_rdflib
from gbakg.errors import Problem, ShapeError
from gbakg.index import Index
from gbakg.terms import SH

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
    constraint: Term | None = field(default=None, compare=False)
    """The sh:sparql constraint that found it."""

    def __str__(self) -> str:
        at = f" {self.path}" if self.path else ""
        message = _ABSOLUTE.sub(lambda found: _short(found[0]), self.message)
        value = "" if self.value is None or self.value == self.focus else readable(self.value)
        if not value or (isinstance(self.value, NamedNode) and value in message):  # the message has named it
            return f"{readable(self.focus)}{at}: {message}"
        return f"{readable(self.focus)}{at}: {message.removesuffix('.')}, found {value}"


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
        yield Triple(report, terms.TYPE, SH.term("ValidationReport"))
        yield Triple(report, SH.term("conforms"), terms.literal(str(not self.results).lower(), "boolean"))
        for number, result in enumerate(self.results, start=1):
            node = BlankNode(f"result{number}")
            yield Triple(report, SH.term("result"), node)
            yield Triple(node, terms.TYPE, SH.term("ValidationResult"))
            yield Triple(node, SH.term("focusNode"), result.focus)
            yield Triple(node, SH.term("resultSeverity"), SH.term(result.severity))
            yield Triple(node, SH.term("sourceShape"), result.shape)
            yield Triple(node, SH.term("sourceConstraintComponent"), SH.term(result.component))
            if result.constraint is not None:
                yield Triple(node, SH.term("sourceConstraint"), result.constraint)
            if result.message:
                yield Triple(node, SH.term("resultMessage"), Literal(result.message))
            if result.value is not None:
                yield Triple(node, SH.term("value"), result.value)
            for triple in self.paths.get(result.path, ()):
                root = triple.subject == PATH
                yield Triple(node, SH.term("resultPath"), triple.object) if root else triple

    def dumps(self) -> str:
        """Write the report as JSON lines: the paths, then one line for each result."""
        rows = (
            [
                str(one) if isinstance(one, Term) else one
                for one in (each.focus, each.path, each.value, each.severity, each.message, each.shape, each.component, each.constraint)
            ]
            for each in self.results
        )  # fmt: skip
        return "".join(f"{json.dumps(one, ensure_ascii=False)}\n" for one in (written(self.paths), *rows))

    @classmethod
    def loads(cls, text: str) -> Report:
        """Read what `dumps` has written.  Raises ValueError if it is something else."""
        paths, *rows = (json.loads(line) for line in text.rstrip("\n").split("\n"))
        results = (
            Result(term(focus), path, value and term(value), severity, message, term(shape), component, constraint and term(constraint))
            for focus, path, value, severity, message, shape, component, constraint in rows
        )  # fmt: skip
        return cls(tuple(results), paths_of(paths))


def written(paths: Mapping[str, Sequence[Triple]]) -> dict[str, list[list[str]]]:
    """Write the paths of a report as JSON can have them."""
    return {text: [[str(one) for one in triple] for triple in found] for text, found in paths.items()}


def paths_of(found: Mapping[str, Sequence[Sequence[str]]]) -> dict[str, tuple[Triple, ...]]:
    """Read what `written` has written."""
    return {text: tuple(Triple(*map(term, one)) for one in each) for text, each in found.items()}  # type: ignore[arg-type]


@lru_cache(maxsize=4096)
def term(text: str) -> Term:
    """Read a term as N-Triples has it.

    >>> str(term("<https://example.org/>"))
    '<https://example.org/>'
    """
    if text.startswith("_:"):
        return BlankNode(text[2:])
    if text.startswith("<") and not text.startswith("<<"):
        return NamedNode(text[1:-1])
    (quad,) = pyoxigraph.parse(f"<x:> <x:> {text} .", format=pyoxigraph.RdfFormat.N_TRIPLES)
    found: Term = quad.object
    return found


class Validator(Protocol):
    """What validates a graph with shapes."""

    def validate(self, data: Iterable[Triple], shapes: Iterable[Triple]) -> Report:
        """Validate a graph, which includes the ontology, with the shapes."""
        ...


CANNOT = "pyshacl cannot validate with these shapes: "
DATA_ERRORS = (ArithmeticError, AttributeError, RecursionError, TypeError, ValueError)
"""With these pyshacl breaks off where a query computes with a misspelt number."""


def lists() -> None:
    """Let pyshacl keep the values of sh:in as they are listed.

    Its messages name them, in the order of a set, which is another one in each process.
    """
    from pyshacl.constraints.core.other_constraints import InConstraintComponent

    def begin(component: Any, shape: Any) -> None:
        _begin(component, shape)
        component.in_vals = dict.fromkeys(shape.sg.graph.items(component.in_list))

    _begin = InConstraintComponent.__init__
    if _begin.__module__ != __name__:
        InConstraintComponent.__init__ = begin  # type: ignore[method-assign, assignment]


class Pyshacl:
    """The reference validator: SHACL Core and SHACL-SPARQL, without rules, functions, inference or imports."""

    def validate(self, data: Iterable[Triple], shapes: Iterable[Triple]) -> Report:
        """Validate; see Validator.  Raises ShapeError if pyshacl gives a failure in place of a report."""
        import pyshacl

        lists()
        try:
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
        except DATA_ERRORS:
            raise
        except Exception as error:  # noqa: BLE001 - of shapes: pyshacl's own, re.error, pyparsing's, rdflib's Exception
            graph = error
        if isinstance(graph, Exception):
            reason = " ".join(str(graph).split())
            raise ShapeError([Problem("", f"{CANNOT}{reason}")])
        return read(graph)


def read(graph: rdflib.Graph) -> Report:
    """Read a validation report out of an rdflib graph."""
    found = Index(from_rdflib(graph))
    paths: dict[str, tuple[Triple, ...]] = {}
    results = []
    for node in {one for report in found.subjects(_RESULT) for one in found.values(report, _RESULT)}:  # no sh:detail
        path = found.value(node, SH.term("resultPath"))
        try:
            text = "" if path is None else found.path(path, terms.shorten)
        except ValueError:  # a SELECT may call anything ?path
            path, text = None, ""
        if path is not None and text not in paths:
            paths[text] = described(found, path)
        messages = sorted(one.value for one in found.values(node, _MESSAGE) if isinstance(one, Literal))
        focus, value, severity, shape, component, constraint = (found.value(node, SH.term(name)) for name in _FIELDS)
        if focus is None or shape is None or not isinstance(severity, NamedNode):
            raise ValueError("a validation result without focus node, shape or severity")
        name = terms.local(component) if isinstance(component, NamedNode) else ""
        results.append(Result(focus, text, value, terms.local(severity), "; ".join(messages), shape, name, constraint))
    return Report(tuple(sorted(results, key=order)), paths)


_RESULT, _MESSAGE = SH.term("result"), SH.term("resultMessage")
_FIELDS = ("focusNode", "value", "resultSeverity", "sourceShape", "sourceConstraintComponent", "sourceConstraint")
PATH = BlankNode("path")
"""What stands for the result in the triples of `Report.paths`."""


_ABSOLUTE = re.compile(r"https://w3id\.org/gbakg/[\w/#.-]*\w(?![\w/#<])")
"""The IRIs that a message of a shape has from its query."""


def _short(iri: str) -> str:
    return terms.shorten(NamedNode(iri))


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


def described(graph: Index, path: Term) -> tuple[Triple, ...]:
    """Return a path's triples: first a marker with its root, then what hangs on the root if it is a blank node."""
    return (Triple(PATH, SH.term("resultPath"), path), *graph.below(path))
