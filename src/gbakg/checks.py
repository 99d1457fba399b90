"""What a constraint is made of: the shapes graph, looked up, and a check, which is one question about focus nodes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from gbakg import selects, terms
from gbakg.engine import Term
from gbakg.terms import RDF, RDFS, SH, XSD
from gbakg.values import canonical

if TYPE_CHECKING:
    from gbakg.constraints import Compiler


class Uncovered(Exception):
    """A constraint that is not compiled; the reference validates its shape."""

    def __init__(self, shape: Term, component: str, reason: str = "") -> None:
        self.shape, self.component = shape, component
        super().__init__(f"{component} of {worded(shape)} is not compiled{f' ({reason})' if reason else ''}")


class Source:
    """A shapes graph, looked up by subject and predicate."""

    def __init__(self, triples: Iterable[Triple]) -> None:
        self.triples = list(dict.fromkeys(triples))
        self._found: dict[Term, dict[NamedNode, list[Term]]] = {}
        for triple in self.triples:
            self._found.setdefault(triple.subject, {}).setdefault(triple.predicate, []).append(triple.object)
        self.custom = [
            {value for parameter in self.values(node, SH.term("parameter")) if not self._optional(parameter)
             for value in self.values(parameter, SH.term("path"))}
            for node in self.instances({SH.term("ConstraintComponent"), *self.subclasses(SH.term("ConstraintComponent"))})
            if not (isinstance(node, NamedNode) and node.value.startswith(SH))
        ]  # fmt: skip

    def values(self, node: Term, predicate: NamedNode) -> list[Term]:
        """Return the objects of a node's triples with a predicate."""
        return self._found.get(node, {}).get(predicate, [])

    def predicates(self, node: Term) -> list[NamedNode]:
        """Return the predicates of a node's triples."""
        return list(self._found.get(node, {}))

    def subjects(self, predicate: NamedNode) -> list[Term]:
        """Return the nodes that have a predicate."""
        return [node for node, found in self._found.items() if predicate in found]

    def instances(self, classes: set[Term]) -> list[Term]:
        """Return the nodes with one of these types."""
        return [node for node in self._found if classes.intersection(self.values(node, terms.TYPE))]

    def subclasses(self, of: Term) -> list[Term]:
        """Return the direct subclasses of a class."""
        predicate = RDFS.term("subClassOf")
        return [node for node in self.subjects(predicate) if of in self.values(node, predicate)]

    def members(self, head: Term) -> list[Term]:
        """Return the members of a list."""
        found: list[Term] = []
        seen: set[Term] = set()
        while head != RDF.term("nil") and head not in seen:
            seen.add(head)
            found.extend(self.values(head, RDF.term("first")))
            head = next(iter(self.values(head, RDF.term("rest"))), RDF.term("nil"))
        return found

    def path(self, node: Term, name: Callable[[NamedNode], str] = str) -> str:
        """Write a path (section 2.3.1) as a SPARQL property path."""
        if isinstance(node, NamedNode):
            return name(node)
        if self.values(node, RDF.term("first")):
            return "/".join(self.steps(node, name))
        for operator, (before, after) in _OPERATORS.items():
            for inner in self.values(node, SH.term(operator)):
                if operator == "alternativePath":
                    return f"({'|'.join(self.path(step, name) for step in self.members(inner))})"
                text = self.path(inner, name)
                return f"{before}{text if _SIMPLE.fullmatch(text) else f'({text})'}{after}"
        raise Uncovered(node, "sh:path", "not a path")

    def steps(self, node: Term, name: Callable[[NamedNode], str] = str) -> list[str]:
        """Write a path as its steps: those of a sequence, or the whole."""
        return [self.path(step, name) for step in self.members(node)] or [self.path(node, name)]

    def _optional(self, parameter: Term) -> bool:
        return any(
            isinstance(one, Literal) and one.value in ("true", "1")
            for one in self.values(parameter, SH.term("optional"))
        )


_OPERATORS = {
    "inversePath": ("^", ""),
    "alternativePath": ("", ""),
    "zeroOrMorePath": ("", "*"),
    "oneOrMorePath": ("", "+"),
    "zeroOrOnePath": ("", "?"),
}
_SIMPLE = re.compile(r"[\w:.-]+|\([^()]*\)")


@dataclass(frozen=True, slots=True)
class Check:
    """One constraint as a question: from a focus node, which rows of `pattern` fulfil `condition`.

    `chain` holds the variables of the focus nodes on the way from the target, the constraint's own last.  `value` is the
    variable of sh:value, `other` that of the second term of a pair or of a closed shape's predicate.  `order` is a
    comparison that must hold between the value and `bound` (or `other`), and that engines know for like terms only.
    """

    shape: Term
    component: str
    chain: tuple[str, ...]
    pattern: tuple[str, ...] = ()
    condition: str = ""
    value: str = ""
    other: str = ""
    order: str = ""
    bound: Term | None = None
    constraint: Term | None = None
    severity: str = "Violation"

    @property
    def expression(self) -> str:
        """The same as an expression over the first focus node."""
        if self.constraint is not None:
            raise Uncovered(self.shape, "sh:sparql", "inside another constraint")
        return exists(self.pattern, self.condition)

    def query(self, target: str) -> str:
        """Write the SELECT that finds every row, its focus nodes bound by `target`."""
        names = " ".join(dict.fromkeys(name for name in (*self.chain, self.value, self.other) if name))
        if self.constraint is not None:
            return selects.fill(self.condition, self.chain, " ".join((target, *self.pattern)))
        return f"SELECT {names} WHERE {{ {target} {' '.join(self.pattern)} FILTER ({self.condition}) }}"


def exists(pattern: Sequence[str], condition: str) -> str:
    """Say that a pattern has a solution with a condition.

    Each triple has an EXISTS of its own: what is bound outside then leads, whichever order an engine would have chosen.
    """
    for part in reversed(pattern):
        condition = f"EXISTS {{ {part} FILTER ({condition}) }}"
    return f"({condition})"


@dataclass(frozen=True, slots=True)
class Context:
    """A shape at work: its focus node and value node as variables, and what binds the one to the other."""

    compiler: Compiler
    shape: Term
    focus: str
    value: str
    steps: tuple[str, ...]

    @property
    def pattern(self) -> tuple[str, ...]:
        """What leads from the focus node to the value node; nothing in a node shape, where they are one."""
        return self.walk(self.value) if self.steps else ()

    def walk(self, end: str) -> tuple[str, ...]:
        """Write the path as triple patterns that end in a variable or a term."""
        nodes = [self.focus, *(self.compiler.fresh() for _ in self.steps[1:]), end]
        return tuple(f"{one} {step} {next_} ." for one, step, next_ in zip(nodes, self.steps, nodes[1:], strict=False))

    def every(self, component: str, condition: str, **more: str | Term) -> Check:
        """Check each value node."""
        return Check(self.shape, component, (self.focus,), self.pattern, condition, self.value, **more)  # type: ignore[arg-type]

    def once(self, component: str, condition: str) -> Check:
        """Check the focus node, once."""
        return Check(self.shape, component, (self.focus,), (), condition)

    def several(self, number: int, condition: Callable[[str], str] | None = None) -> str:
        """Say that the focus node has at least so many value nodes (on which a condition holds)."""
        if not self.steps or number > _MANY:
            raise Uncovered(self.shape, "a count", f"over {_MANY}" if self.steps else "in a node shape")
        names = [self.compiler.fresh() for _ in range(number)]
        text = ""
        while names:
            name = names.pop()
            wanted = [f"!sameTerm({name}, {other})" for other in names]
            text = exists(
                self.walk(name),
                " && ".join((*wanted, *([condition(name)] if condition else ()), *([text] if text else ()))) or "true",
            )
        return text or "true"

    def only(self, name: str) -> Term:
        """Return the value of a parameter that may have one only."""
        found = self.compiler.source.values(self.shape, SH.term(name))
        if len(found) != 1:
            raise Uncovered(self.shape, f"sh:{name}", "not given once")
        return found[0]

    def number(self, name: str) -> int:
        """Return the value of a parameter that is a whole number."""
        value = self.only(name)
        if not isinstance(value, Literal) or value.datatype != XSD.term("integer") or not value.value.isdecimal():
            raise Uncovered(self.shape, f"sh:{name}", "not a whole number")
        return int(value.value)

    def true(self, name: str) -> bool:
        """Tell whether a parameter is given and true."""
        found = self.compiler.source.values(self.shape, SH.term(name))
        return bool(found) and self.only(name) == terms.literal("true", "boolean")

    def terms(self, name: str) -> list[str]:
        """Return the values of a parameter as SPARQL."""
        return [sparql(self.shape, value) for value in self.compiler.source.values(self.shape, SH.term(name))]

    def members(self, name: str) -> list[Term]:
        """Return the members of the list that a parameter gives."""
        return self.compiler.source.members(self.only(name))


_MANY = 4  # a count becomes this many value nodes side by side, each different from the others


def sparql(shape: Term, value: Term) -> str:
    """Write a parameter in SPARQL; raises Uncovered where an engine would take it for something else."""
    if isinstance(value, BlankNode) or (isinstance(value, Literal) and not canonical(value)):
        raise Uncovered(shape, "a parameter", f"{value} is a blank node, or not in canonical form")
    return str(value)


def as_text(value: Term) -> Literal:
    """Take a term for a literal.  Raises ValueError if it is none."""
    if not isinstance(value, Literal):
        raise ValueError(f"{value} is not a text")
    return value


def worded(node: Term) -> str:
    """Write a node as a person would."""
    return terms.shorten(node) if isinstance(node, NamedNode) else str(node)
