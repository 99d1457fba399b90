"""The compiler: it walks through the shapes, and asks the table of constraints for the checks of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

from pyoxigraph import Literal, NamedNode, Triple

from gbakg import terms
from gbakg.checks import TARGET, Check, Context, Uncovered, either, worded
from gbakg.constraints import COMPONENTS
from gbakg.engine import Embedded, Solutions, Term
from gbakg.errors import QuerySyntaxError
from gbakg.index import Index
from gbakg.terms import SH
from gbakg.validate import described

MILD = ("Warning", "Info")
"""The severities that leave a node conforming."""


class Compiler:
    """Turns the shapes of a graph into checks."""

    def __init__(self, source: Index) -> None:
        self.source = source
        self.paths: dict[str, tuple[Triple, ...]] = {}
        """The paths of the checks, as the report has them."""
        self._numbers = count(1)
        self._scratch = Embedded()
        kind = SH.term("ConstraintComponent")
        self._custom = [
            {path for one in source.values(node, SH.term("parameter")) if not self._is(one, "optional")
             for path in source.values(one, SH.term("path"))}
            for node in source.instances({kind, *source.subclasses(kind)})
            if not (isinstance(node, NamedNode) and node.value.startswith(SH))
        ]  # fmt: skip

    def valid(self, query: str, some: bool = False) -> bool:
        """Tell whether a query can be asked, and (on an empty graph) has some answer."""
        try:
            found = self._scratch.query(query)
        except QuerySyntaxError:
            return False
        return isinstance(found, Solutions) and (not some or any(True for _ in found))

    def fresh(self) -> str:
        """Name a variable that nothing else has."""
        return f"?_{next(self._numbers)}"

    def checks(self, shape: Term, focus: str) -> Iterator[Check]:
        """Yield what a shape, and the property shapes that it has, demand of a focus node."""
        if self._is(shape, "deactivated"):
            return
        for parameters in self._custom:
            if parameters.issubset(self.source.predicates(shape)):
                raise Uncovered(shape, " ".join(sorted(map(worded, parameters))), "a custom component")
        path = self.source.value(shape, SH.term("path"))
        context = Context(self, shape, focus, focus)
        about: dict[str, Any] = {"severity": self.severity(shape)}
        if path is not None:
            about["path"] = self._path(shape, path)
            context = Context(self, shape, focus, self.fresh(), tuple(self.source.steps(path)))
        for name, compile_component in COMPONENTS.items():
            if self._of(shape, name):
                for check in compile_component(context):
                    told = [one for node in (check.constraint, shape) if node for one in self._of(node, "message")]
                    messages = [one.value for one in dict.fromkeys(told) if isinstance(one, Literal)]
                    yield replace(check, messages=tuple(messages), **about)
        for inner in self._of(shape, "property"):
            if not self._of(inner, "path"):
                raise Uncovered(inner, "sh:property", "not a property shape")
            for check in self.checks(inner, context.value):
                if path is not None:
                    guard = ("", "") if TARGET in check.guard[0] else check.guard
                    check = replace(check, chain=(focus, *check.chain), guard=guard)
                yield replace(check, pattern=(*context.pattern, *check.pattern))

    def _path(self, shape: Term, path: Term) -> str:
        try:
            text = self.source.path(path, terms.shorten)
        except ValueError as error:
            raise Uncovered(shape, "sh:path", str(error)) from None
        self.paths.setdefault(text, described(self.source, path))
        return text

    def _is(self, node: Term, name: str) -> bool:
        return any(isinstance(one, Literal) and one.value in ("true", "1") for one in self._of(node, name))

    def fails(self, shape: Term, focus: str, strict: bool = False) -> str:
        """Say that a node does not conform to a shape: there is a result.

        Warnings and informations are no reason, as pyshacl has it where they are allowed; in sh:node they are.
        """
        mild = self.severity(shape) in MILD and not strict
        found = [] if mild else list(self.checks(shape, focus))
        reasons = [check.expression for check in found if strict or check.severity not in MILD]
        return f"({either(reasons) or 'false'})"

    def severity(self, shape: Term) -> str:
        """Return the local name of a shape's severity."""
        return next(
            (terms.local(one) for one in self._of(shape, "severity") if isinstance(one, NamedNode)), "Violation"
        )

    def _of(self, shape: Term, name: str) -> list[Term]:
        return self.source.values(shape, SH.term(name))
