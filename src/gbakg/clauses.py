"""Clauses: rules bound to a graph's own axioms, and the text that each compiles to.

In a clause every predicate and class is a constant.  It compiles to a set comprehension over integers, which is what
`fixpoint` runs; `updates` writes clauses as SPARQL, which any store runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache
from itertools import combinations
from typing import Any, NamedTuple

from gbakg.rules import Pattern, Rule

Name = str | int
"""What stands in an atom: a variable, by its name, or a constant, by its number."""
Atom = tuple[Name, Name, Name]

TYPE, SAME, FIRST, REST = range(4)
"""The numbers of rdf:type, owl:sameAs, rdf:first and rdf:rest."""


class Clause(NamedTuple):
    """A rule bound to axioms: every predicate is a constant.  It has no head if it finds an inconsistency."""

    rule: str
    axioms: tuple[tuple[int, int, int], ...]
    body: tuple[Atom, ...]
    head: Atom | None
    conflict: str = ""


def specialise(
    rule: Rule, found: Mapping[str, int], number: Callable[[str], int], members: Callable[[int], Sequence[int]]
) -> Iterator[Clause]:
    """Bind a rule to axioms that were found: what each variable stands for.

    `number` gives the number of a constant, `members` those of a list.  A clause without a body states a fact.
    """
    has = [(subject, object_) for subject, predicate, object_ in rule.axioms if predicate == "has"]
    for chosen in combinations(members(found[has[0][0]]), len(has)) if has else [()]:
        bound: dict[str, Name] = {**found, **{name: one for (_, name), one in zip(has, chosen, strict=True)}}

        def atom(pattern: Pattern, bound: Mapping[str, Name] = bound) -> Atom:
            subject, predicate, object_ = (
                bound.get(word, word[1:]) if word.startswith("?") else number(word) for word in pattern
            )
            return subject, predicate, object_

        body: list[Atom] = []
        for pattern in rule.data:
            form = re.search(r"(all|chain|key)\((.+)\)", " ".join(pattern))
            unrolled = [*_unroll(form[1], pattern, members(found[form[2]]), atom)] if form else [atom(pattern)]
            if not unrolled:
                return  # an empty list says nothing
            body += unrolled
        axioms = tuple(atom(pattern) for pattern in rule.axioms if pattern[1] != "has")
        if rule.conflict:
            told = rule.conflict
            for name, value in bound.items():
                told = told.replace(f"{{{name[1:]}}}", f"{{{value}}}")
            yield Clause(rule.name, axioms, tuple(body), None, told)  # type: ignore[arg-type]
        for head in map(atom, rule.heads):
            if head not in body:
                yield Clause(rule.name, axioms, tuple(body), head)  # type: ignore[arg-type]


def relation(atom: Atom) -> int:
    """Return the relation that an atom is about: a property by its number, a class by its number's complement."""
    predicate, object_ = atom[1], atom[2]
    return ~object_ if predicate == TYPE and isinstance(object_, int) else int(predicate)


def arguments(atom: Atom) -> tuple[Name, ...]:
    """Return what an atom says of its relation: the member of a class, subject and object of a property."""
    return (atom[0],) if relation(atom) < 0 else (atom[0], atom[2])


def member(atom: Atom) -> Any:
    """Return what a fact adds to its relation: a member, or a pair."""
    told = arguments(atom)
    return told if len(told) == 2 else told[0]


def variables(body: Sequence[Atom]) -> tuple[str, ...]:
    """Return the variables of atoms, sorted."""
    return tuple(sorted({name for atom in body for name in atom if isinstance(name, str)}))


# --- a clause as a set comprehension ---------------------------------------------------------------------------------


def comprehension(body: Sequence[Atom], first: int | None, result: Sequence[Name]) -> tuple[str, list[tuple[str, int]]]:
    """Write the text of a function that joins a set `D`, for the first atom, with the relations of the others.

    `first` is that atom's place in the body; if it is None, all are joined, and `D` is any set of one element.  Returns
    the text, and what its parameters k0, k1, ... stand for: `constant` and a number, or the `facts` of a relation, or
    these `by subject` or `by object`.  The same text serves all clauses of one form.
    """
    slots: list[tuple[str, int]] = []
    bound: set[Name] = set()

    def slot(kind: str, number: int) -> str:
        slots.append((kind, number))
        return f"k{len(slots) - 1}"

    def word(name: Name) -> str:
        return slot("constant", name) if isinstance(name, int) else name

    def known(atom: Atom) -> list[bool]:
        return [isinstance(name, int) or name in bound for name in arguments(atom)]

    def scan(atom: Atom, source: str) -> str:
        """Take every fact; a name that is known, or stands twice, has to be what it was."""
        fresh: list[Name] = []
        text = ""
        for name in arguments(atom):
            other = isinstance(name, int) or name in bound or name in fresh
            fresh.append(f"_{len(slots)}_{len(fresh)}" if other else name)
            text += f" if {fresh[-1]} == {word(name)}" if other else ""
        return f" for {', '.join(map(str, fresh))} in {source}{text}"

    def look(atom: Atom) -> str:
        """Take the facts that agree with what is known."""
        number, names = relation(atom), arguments(atom)
        if all(known(atom)):
            told = ", ".join(map(word, names))
            return f" if {f'({told})' if len(names) == 2 else told} in {slot('facts', number)}"
        if not any(known(atom)):
            return scan(atom, slot("facts", number))
        side = known(atom).index(True)
        index = slot("by object" if side else "by subject", number)
        return f" for {names[1 - side]} in {index}.get({word(names[side])}, ())"

    rest = [atom for at, atom in enumerate(body) if at != first]
    text = " for _ in D"
    if first is not None:
        distinct = len({name for name in result if isinstance(name, str)}) == len(result)
        if distinct and all(arguments(atom) == tuple(result) for atom in body):
            return " & ".join(["D", *(slot("facts", relation(atom)) for atom in rest)]), slots
        text = scan(body[first], "D")
        bound.update(arguments(body[first]))
    while rest:
        best = max(rest, key=lambda atom: sum(known(atom)) / len(known(atom)))
        rest.remove(best)
        text += look(best)
        bound.update(arguments(best))
    told = ", ".join(map(word, result))
    return f"{{{told if len(result) == 1 else f'({told})'}{text}}}", slots


@cache
def function(text: str, slots: int) -> Callable[..., Callable[[Collection[Any]], set[Any]]]:
    """Compile what `comprehension` wrote; its text holds nothing but names and numbers made there."""
    made: Callable[..., Callable[[Collection[Any]], set[Any]]]
    made = eval(f"lambda {', '.join(f'k{at}' for at in range(slots))}: lambda D: {text}")  # noqa: S307
    return made


# --- lists -----------------------------------------------------------------------------------------------------------


def _unroll(form: str, pattern: Pattern, found: Sequence[int], atom: Callable[[Pattern], Atom]) -> Iterator[Atom]:
    subject, _, object_ = atom((pattern[0], "a", pattern[2] if form != "all" else "a"))
    for at, member in enumerate(found):
        if form == "all":
            yield subject, TYPE, member
        elif form == "chain":
            yield f"u{at}" if at else subject, member, f"u{at + 1}" if at + 1 < len(found) else object_
        else:
            yield subject, member, f"z{at}"
            yield object_, member, f"z{at}"
