"""Proofs: by which rules, and from what, a triple of a closure follows, down to what was stated.

A closing records no reasons, only the round in which it found each fact.  A proof is found backwards from there: some
rule made the fact, from facts of earlier rounds; so the search ends, and a proof is never a circle.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gbakg.clauses import SAME, Atom, Name, member, relation, variables
from gbakg.closing import Closing
from gbakg.rules import constant, facts

STATED = "stated"


@dataclass(frozen=True, slots=True)
class Proof:
    """What holds, the rule that concludes it, and the proofs of the rule's premises; or what was stated.

    It is three terms as N-Triples spell them; a premise may be about a literal.
    """

    fact: tuple[str, str, str]
    rule: str
    premises: tuple[Proof, ...] = ()

    def stated(self) -> Iterator[str]:
        """Yield the stated triples that it all rests on, as lines of N-Triples, in the order of the tree."""
        if self.rule == STATED:
            yield f"{' '.join(self.fact)} ."
        for premise in self.premises:
            yield from premise.stated()


def prove(closing: Closing, fact: tuple[str, str, str]) -> Proof | None:
    """Prove a triple; None if it is not in the closure, or was not loaded because no rule can use it."""
    numbers = closing.numbers
    if not set(fact) <= numbers.keys():
        return None
    atom = (numbers[fact[0]], numbers[fact[1]], numbers[fact[2]])
    return _Search(closing).prove(atom) if member(atom) in closing.facts[relation(atom)] else None


class _Search:
    def __init__(self, closing: Closing) -> None:
        self.closing = closing
        self.proved: dict[Atom, Proof] = {}

    def prove(self, fact: Atom) -> Proof:
        if fact not in self.proved:
            rule, premises = self._reason(fact)
            self.proved[fact] = Proof(self._terms(fact), rule, tuple(self.prove(premise) for premise in premises))
        return self.proved[fact]

    def _terms(self, fact: Atom) -> tuple[str, str, str]:
        subject, predicate, object_ = (self.closing.terms[int(number)] for number in fact)
        return subject, predicate, object_

    def _round(self, fact: Atom) -> int:
        key, row = relation(fact), member(fact)
        return next((at for at, found in enumerate(self.closing.rounds, 1) if row in found.get(key, ())), 0)

    def _reason(self, fact: Atom) -> tuple[str, Sequence[Atom]]:
        when = self._round(fact)
        if not when:
            return _given(self._terms(fact)), ()
        for rule, premises in self._ways(fact):
            if all(self._round(premise) < when for premise in premises):
                return rule, premises
        return "dt-type2", ()  # what has no premises but is found late are the types of literals

    def _ways(self, fact: Atom) -> Iterator[tuple[str, Sequence[Atom]]]:
        """Yield each rule that concludes a fact, with its premises."""
        for clause in self.closing.clauses:
            if clause.head is not None and relation(clause.head) == relation(fact):
                bound = {name: value for name, value in zip(clause.head, fact, strict=True) if isinstance(name, str)}
                if _filled(clause.head, bound) == fact:
                    body = [_filled(atom, bound) for atom in clause.body]
                    names = variables(body)
                    for row in sorted(self.closing.match(body, names)):
                        found = dict(zip(names, row if len(names) != 1 else (row,), strict=True))
                        yield clause.rule, [*clause.axioms, *(_filled(atom, found) for atom in body)]
        equal: Any = self.closing.index(0, SAME)
        for at, rule in enumerate(("eq-rep-s", "eq-rep-p", "eq-rep-o")):
            for other in equal.get(fact[at], ()):
                told: Any = (*fact[:at], other, *fact[at + 1 :])
                if member(told) in self.closing.facts[relation(told)]:
                    yield rule, [told, (other, SAME, fact[at])]


def _filled(atom: Atom, bound: Mapping[str, Name]) -> Atom:
    subject, predicate, object_ = (bound.get(name, name) if isinstance(name, str) else name for name in atom)
    return subject, predicate, object_


def _given(fact: tuple[str, str, str]) -> str:
    """Return the rule without premises that states a fact, or that it was stated."""
    if fact[0].startswith('"'):
        return "dt-type2"
    return next((name for name, pattern in facts() if fact == tuple(map(constant, pattern))), STATED)
