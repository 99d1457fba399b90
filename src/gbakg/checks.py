"""What a constraint is made of: a check, which is one question about focus nodes, and what it is compiled from."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyoxigraph import BlankNode, Literal, NamedNode

from gbakg import selects, terms
from gbakg.engine import Term
from gbakg.groups import Reach, reach
from gbakg.terms import SH, XSD
from gbakg.values import NUMERIC, canonical

if TYPE_CHECKING:
    from gbakg.compiler import Compiler


Key = tuple[Term, str, Term | None]
"""A shape, a component and a constraint, by which a result is known to come from a check, or from its like."""


class Uncovered(Exception):
    """A constraint that is not compiled; the reference validates its shape."""

    def __init__(self, shape: Term, component: str, reason: str = "") -> None:
        self.shape, self.component = shape, component
        super().__init__(f"{component} of {worded(shape)} is not compiled{f' ({reason})' if reason else ''}")


@dataclass(frozen=True, slots=True)
class Check:
    """One constraint as a question: from a focus node, which rows of `pattern` fulfil `condition`.

    `chain` holds the variables of the focus nodes on the way from the target, the constraint's own last.  `value` is the
    variable of sh:value, `other` that of the second term of a pair or of a closed shape's predicate.  `order` is a
    comparison that must hold between the value and `bound` (or `other`), and that engines know for like terms only.
    `guard` is a SELECT over the whole graph, with TARGET for what binds the focus nodes, and a condition of its own, for
    which it has CONDITION: without an answer to it there is none to the question, and it is sooner asked, once for all
    checks that differ in the condition only.
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
    messages: tuple[str, ...] = ()
    path: str = ""
    guard: tuple[str, str] = ("", "")

    @property
    def expression(self) -> str:
        """The same as an expression over the first focus node."""
        if self.constraint is not None:
            raise Uncovered(self.shape, "sh:sparql", "inside another constraint")
        if (
            isinstance(self.bound, Literal) and self.bound.datatype not in NUMERIC
        ):  # `values.holds` has to see each answer
            raise Uncovered(self.shape, "a bound that is no number", "inside another constraint")
        return exists(self.pattern, self.condition)

    @property
    def may_stay(self) -> bool:
        """Tell whether a path may have no step at all; engines follow such a path from what is in the graph only."""
        return _STAYS.search(_QUOTED.sub("", " ".join((*self.pattern, self.condition)))) is not None

    @property
    def key(self) -> Key:
        """What a result tells of the check that found it."""
        return self.shape, self.component, self.constraint

    @property
    def reach(self) -> Reach:
        """What its answers depend on, its target left out."""
        query = self.query("")
        found = reach(query, "this" if self.constraint and len(self.chain) == 1 else self.chain[0][1:])
        listed = (one[3] for one in LISTED.finditer(self.condition))
        return found._replace(predicates=found.predicates and found.predicates.union(listed))

    def query(self, target: str) -> str:
        """Write the SELECT that finds every row, its focus nodes bound by `target`."""
        names = " ".join(dict.fromkeys(name for name in (*self.chain, self.value, self.other) if name))
        if self.constraint is not None:
            return selects.fill(self.condition, self.chain, " ".join((target, *self.pattern)))
        return f"SELECT {names} WHERE {{ {target} {' '.join(self.pattern)} FILTER ({self.condition}) }}"


def guarded(text: str, condition: str = "") -> tuple[str, str]:
    """Make a guard, its variables named by their order, so that those which ask the same are the same text."""
    if not text or TARGET in text:
        return text, condition
    names = {name: f"?{number}" for number, name in enumerate(dict.fromkeys(_FRESH.findall(text)))}
    named = (_FRESH.sub(lambda found: names.setdefault(found[0], f"?{len(names)}"), one) for one in (text, condition))
    return next(named), next(named)


def exists(pattern: Sequence[str], condition: str) -> str:
    """Say that a pattern has a solution with a condition.

    Each triple has an EXISTS of its own: what is bound outside then leads, whichever order an engine would have chosen.
    """
    for part in reversed(pattern):
        led = _LED.fullmatch(part)
        here = f"{below(led[1], led[3], led[2])} && ({condition})" if led else ""
        condition = here or f"EXISTS {{ {part} FILTER ({condition}) }}"
    return f"({condition})"


def either(conditions: Sequence[str]) -> str:
    """Say that one of several conditions holds.

    Many are halved and halved again: an engine goes one level deeper for each that is joined to those before it, and
    ends its process without a word at some thousands.
    """
    if len(conditions) <= _TOGETHER:
        return " || ".join(conditions)
    middle = len(conditions) // 2
    return f"({either(conditions[:middle])}) || ({either(conditions[middle:])})"


_TOGETHER = 100


def below(node: str, wanted: str, predicate: str) -> str:
    """Say that a node is a wanted one, or that a predicate leads to it from there, by whatever number of steps."""
    return f"{node} IN ({wanted}, <below:{predicate}>)"


def ordered(one: str, operator: str, other: str) -> str:
    """Say that two values are in order, and literals that have one: some stores order whatever they are given."""
    numbers = " && ".join(f"isNumeric({value}) && DATATYPE({value}) != {_BOOLEAN}" for value in (one, other))
    in_order = f"(DATATYPE({one}) = DATATYPE({other}) || {numbers}) && {one} {operator} {other}"
    return f"(isLiteral({one}) && COALESCE({in_order}, false))"


@dataclass(frozen=True, slots=True)
class Context:
    """A shape at work: its focus node and value node as variables, and what binds the one to the other."""

    compiler: Compiler
    shape: Term
    focus: str
    value: str
    steps: tuple[str, ...] = ()

    @property
    def pattern(self) -> tuple[str, ...]:
        """What leads from the focus node to the value node; nothing in a node shape, where they are one."""
        return self.walk(self.value) if self.steps else ()

    def walk(self, end: str) -> tuple[str, ...]:
        """Write the path as triple patterns that end in a variable or a term."""
        nodes = [self.focus, *(self.compiler.fresh() for _ in self.steps[1:]), end]
        return tuple(f"{one} {step} {next_} ." for one, step, next_ in zip(nodes, self.steps, nodes[1:], strict=False))

    def every(self, component: str, condition: str, **more: str | Term) -> Check:
        """Check each value node; if only that counts, whoever's value it is, the guard asks for each value once."""
        own = re.search(rf"{re.escape(self.focus)}\b", condition) is not None
        distinct = f"SELECT {self.value} (COUNT(*) AS ?n) WHERE {{ {self._plain} }} GROUP BY {self.value}"
        text = "" if own or not self._plain else f"SELECT * WHERE {{ {{ {distinct} }} FILTER ({CONDITION}) }} LIMIT 1"
        guard = guarded(text, condition)
        return Check(self.shape, component, (self.focus,), self.pattern, condition, self.value, guard=guard, **more)  # type: ignore[arg-type]

    def pairs(self, component: str, condition: str, predicate: str, other: str, order: str) -> Check:
        """Check each value node with each value of another predicate; the guard asks for all pairs that there are."""
        pattern = (*self.pattern, f"{self.focus} {predicate} {other} .")
        guard = f"SELECT * WHERE {{ {' '.join(pattern)} FILTER ({condition}) }} LIMIT 1"
        asked = guarded(guard if all(map(_STEP.fullmatch, self.steps)) else "")
        return Check(self.shape, component, (self.focus,), pattern, condition, self.value, other, order, guard=asked)

    def once(self, component: str, condition: str, guard: str = "") -> Check:
        """Check the focus node, once; a guard finds what may fail, with VALUE for what binds a value node."""
        asked = guarded(guard.replace(VALUE, self._plain) if self._plain else "")
        return Check(self.shape, component, (self.focus,), (), condition, guard=asked)

    @property
    def _plain(self) -> str:
        """The pattern, if it is a single triple with a predicate that few nodes have."""
        common = len(self.steps) != 1 or self.steps[0] == str(terms.TYPE) or not _PREDICATE.fullmatch(self.steps[0])
        return "" if common else self.pattern[0]

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

    def values(self, name: str) -> list[Term]:
        """Return the values of a parameter."""
        return self.compiler.source.values(self.shape, SH.term(name))

    def only(self, name: str) -> Term:
        """Return the value of a parameter that may have one only."""
        found = self.values(name)
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
        return bool(self.values(name)) and self.only(name) in TRUE

    def same(self, value: Term) -> str:
        """Say that the value node is a parameter; of texts, now and then of integers, Virtuoso knows no same terms."""
        text = sparql(self.shape, value)
        if isinstance(value, Literal) and value.datatype in (XSD.term("string"), XSD.term("integer")):
            spelt = f"DATATYPE({self.value}) = {value.datatype} && STR({self.value}) = {Literal(value.value)}"
            return f"(isLiteral({self.value}) && {spelt})"
        return f"{self.value} IN ({text})" if isinstance(value, NamedNode) else f"sameTerm({self.value}, {text})"

    def terms(self, name: str) -> list[str]:
        """Return the values of a parameter as SPARQL."""
        return [sparql(self.shape, value) for value in self.values(name)]

    def members(self, name: str) -> list[Term]:
        """Return the members of the list that a parameter gives."""
        return self.compiler.source.members(self.only(name))


TRUE = {terms.literal("true", "boolean"), terms.literal("1", "boolean")}
TARGET, VALUE, CONDITION = "\0target\0", "\0value\0", "\0condition\0"
LISTED = re.compile(r"(\?\w+) IN \((\S+), <below:([^<>]*)>\)")
"""A node, one that it has to be or to lead to, and the predicate, the only one on the way: when a plan runs, all such nodes
are listed.  A path that begins and ends with what is known already loses its way in some stores."""

_STAYS = re.compile(r"\*|\?(?!\w)")
_QUOTED = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|<[^<>\s]*>")
_FRESH = re.compile(r"\?_[0-9]+")
_PREDICATE = re.compile("<[^<>]*>")
_BOOLEAN = XSD.term("boolean")
_LED = re.compile(r"(\?\w+) <([^<>]*)>\* (<[^<>]*>) \.")
_STEP = re.compile(r"\^?<[^<>]*>")
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
