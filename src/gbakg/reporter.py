"""The answers to checks, worded as results; where a shape has no message, with the words of pyshacl."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pyoxigraph import BlankNode, NamedNode, Triple

from gbakg import terms
from gbakg.checks import Check
from gbakg.engine import Term, to_rdflib
from gbakg.index import Index
from gbakg.terms import SH
from gbakg.validate import Report, Result, described, lists, order
from gbakg.values import holds, to_term

if TYPE_CHECKING:
    import rdflib


class Reporter:
    """Words the answers of an engine; shapes and data are read only if a message needs them."""

    def __init__(
        self,
        shapes: Callable[[], Index],
        data: Callable[[], Sequence[Triple]],
        paths: dict[str, tuple[Triple, ...]],
    ) -> None:
        self._shapes, self.data, self.paths = shapes, data, dict(paths)

    def report(self, results: Iterable[Result]) -> Report:
        """Sort the results, and add the paths that they name."""
        found = tuple(sorted(results, key=order))
        return Report(found, {path: self.paths[path] for path in dict.fromkeys(one.path for one in found) if path})

    def results(self, check: Check, rows: Iterable[dict[str, Term]]) -> Iterator[Result]:
        """Yield the results of one check."""
        for row in rows:
            if check.constraint is not None:
                yield self._of_sparql(check, row)
                continue
            focus, value, other = row[check.chain[-1][1:]], row.get(check.value[1:]), row.get(check.other[1:])
            if check.order and value and holds(value, check.order, check.bound or other, check.bound is not None):
                continue
            path = self._path(other) if check.component == "Closed" else check.path
            yield self._result(check, focus, path, value, check.messages or self._said(check, focus, value))

    def _of_sparql(self, check: Check, row: dict[str, Term]) -> Result:
        focus = row["this"]
        value = row.get("value", None if check.path else focus)
        path = self._path(row["path"]) if "path" in row else check.path
        row = row if value is None else {**row, "value": value}
        return self._result(check, focus, path, value, {_fill(one, row) for one in check.messages})

    def _result(self, check: Check, focus: Term, path: str, value: Term | None, texts: Iterable[str]) -> Result:
        component = f"{check.component}ConstraintComponent"
        message = "; ".join(sorted(texts))
        return Result(focus, path, value, check.severity, message, check.shape, component, check.constraint)

    def _path(self, path: Term | None) -> str:
        if not isinstance(path, NamedNode):  # a SELECT may call anything ?path
            return ""
        text = terms.shorten(path)
        self.paths.setdefault(text, described(Index(()), path))
        return text

    def _said(self, check: Check, focus: Term, value: Term | None) -> list[str]:
        """Return what pyshacl itself would say; of what it cannot read, as an expression that only the store knows, less."""
        from pyshacl.constraints import CONSTRAINT_PARAMETERS_MAP
        from pyshacl.errors import ReportableRuntimeError

        name = check.component[0].lower() + check.component[1:]
        parameter = SH + name
        by_name = {str(name): component for name, component in CONSTRAINT_PARAMETERS_MAP.items()}
        blank = isinstance(focus, BlankNode) or isinstance(value, BlankNode)
        graph = self._graph if blank else to_rdflib(())
        try:
            component = by_name[parameter](self._reference.lookup_shape_from_node(to_term(check.shape)))
        except (ReportableRuntimeError, ValueError, re.error):
            return [f"does not conform to sh:{name}"]
        found = component.make_generic_messages(graph, to_term(focus), None if value is None else to_term(value))
        return [str(message) for message in found]

    @cached_property
    def _reference(self) -> Any:
        from pyshacl.shapes_graph import ShapesGraph

        lists()
        graph = ShapesGraph(to_rdflib(self._shapes().triples))
        list(graph.shapes)  # which looks for them
        return graph

    @cached_property
    def _graph(self) -> rdflib.Graph:
        return to_rdflib(self.data())


def _fill(message: str, row: dict[str, Term]) -> str:
    """Put what a SELECT found into a message (section 5.3.2)."""
    for name, value in row.items():
        shown = str(value) if isinstance(value, Triple) else value.value
        message = message.replace(f"{{?{name}}}", shown).replace(f"{{${name}}}", shown)
    return message
