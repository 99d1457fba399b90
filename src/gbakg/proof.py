"""Proofs: by which rules, and from what, a triple of a closure follows, down to what was stated.

A closing records no reasons, only the round in which it found each fact.  A proof is found backwards from there: some
rule made the fact, from facts of earlier rounds; so the search ends, and a proof is never a circle.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gbakg.closing import Closing
from gbakg.rules import SAME, TYPE, Atom, Name, arguments, constant, facts, member, relation

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
        for clause in self.closing.clauses:
            if clause.head is not None and relation(clause.head) == relation(fact):
                bound = _matched(clause.head, fact, {})
                for found in self._solve(clause.body, bound) if bound is not None else ():
                    yield clause.rule, [*clause.axioms, *(_filled(atom, found) for atom in clause.body)]
        equal: Any = self.closing.index(0, SAME)
        for at, rule in enumerate(("eq-rep-s", "eq-rep-p", "eq-rep-o")):
            for other in equal.get(fact[at], ()):
                told: Any = (*fact[:at], other, *fact[at + 1 :])
                if member(told) in self.closing.facts[relation(told)]:
                    yield rule, [told, (other, SAME, fact[at])]

    def _solve(self, body: Sequence[Atom], bound: Mapping[str, Name]) -> Iterator[Mapping[str, Name]]:
        if not body:
            yield bound
            return
        atoms = [_filled(atom, bound) for atom in body]
        at = min(range(len(atoms)), key=lambda one: sum(isinstance(name, str) for name in arguments(atoms[one])))
        for fact in self._facts(atoms[at]):
            found = _matched(atoms[at], fact, bound)
            if found is not None:
                yield from self._solve([*atoms[:at], *atoms[at + 1 :]], found)

    def _facts(self, atom: Atom) -> Iterator[Atom]:
        key, (subject, predicate, object_) = relation(atom), atom
        if key < 0:
            members = self.closing.facts[key]
            yield from ((one, TYPE, object_) for one in ({subject} & members if isinstance(subject, int) else members))
        elif isinstance(subject, int):
            yield from ((subject, predicate, other) for other in self.closing.index(0, key).get(subject, ()))
        elif isinstance(object_, int):
            yield from ((other, predicate, object_) for other in self.closing.index(1, key).get(object_, ()))
        else:
            yield from ((one, predicate, other) for one, other in self.closing.facts[key])


def _filled(atom: Atom, bound: Mapping[str, Name]) -> Atom:
    subject, predicate, object_ = (bound.get(name, name) if isinstance(name, str) else name for name in atom)
    return subject, predicate, object_


def _matched(atom: Atom, fact: Atom, bound: Mapping[str, Name]) -> dict[str, Name] | None:
    found = dict(bound)
    for name, value in zip(atom, fact, strict=True):
        if (found.setdefault(name, value) if isinstance(name, str) else name) != value:
            return None
    return found


def _given(fact: tuple[str, str, str]) -> str:
    """Return the rule without premises that states a fact, or that it was stated."""
    if fact[0].startswith('"'):
        return "dt-type2"
    return next((name for name, pattern in facts() if fact == tuple(map(constant, pattern))), STATED)
