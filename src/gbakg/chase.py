"""What follows from a few facts by the clauses that have one premise: all there is to know where an edit is small.

The clauses of a closure are kept with a build.  Facts are chased through those with one premise; where a fact that came
or went is a premise among several, or could have followed from several, the whole closure has to tell.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from gbakg import datatypes, graph, terms
from gbakg.reason import kept

Fact = tuple[str, str, str]
Written = Sequence[tuple[Sequence[Sequence[str]], Sequence[str] | None]]
"""Clauses, each its premises and its head, None if they are a conflict; variables begin with a question mark."""


class Chase:
    """Clauses, sorted by whether they have one premise."""

    def __init__(self, clauses: Written) -> None:
        self._steps: defaultdict[str, list[tuple[Fact, Fact]]] = defaultdict(list)
        self._joined: set[str] = set()
        """What is a premise among several."""
        self._refused: set[str] = set()
        """What is a premise of a conflict."""
        self._concluded: set[str] = set()
        """What follows from several premises, or from none."""
        for body, head in clauses:
            premises = [_fact(*atom) for atom in body]
            if len(premises) == 1 and head is not None:
                self._steps[_relation(premises[0])].append((premises[0], _fact(*head)))
                continue
            if head is None:
                self._refused.update(map(_relation, premises))
            else:
                self._joined.update(map(_relation, premises))
                self._concluded.add(_relation(_fact(*head)))

    @classmethod
    def loads(cls, text: str) -> Chase | None:
        """Read the clauses that a build kept; None if it kept none, since all terms may have to do with one another."""
        return cls(json.loads(text)) if text else None

    def follow(self, lines: Iterable[str]) -> set[Fact]:
        """Return facts, given as lines of N-Triples, with all that follows from each of them alone."""
        found = {_read(line) for line in lines}
        waiting = list(found)
        while waiting:
            fact = waiting.pop()
            for premise, head in self._steps.get(_relation(fact), ()):
                values = _match(premise, fact)
                made = None if values is None else _fact(*(values.get(word, word) for word in head))
                if made is not None and made not in found:
                    found.add(made)
                    waiting.append(made)
        return found

    def change(
        self,
        removed: Collection[str],
        added: Collection[str],
        after: Collection[str],
        held: Callable[[str], bool],
        stated: Callable[[str], bool],
        about: Callable[[str], Iterable[str]] = lambda node: (),
    ) -> tuple[set[str], set[str]] | None:
        """Return what does not follow any more, and what follows now, of lines that went and came; None if it is unsure.

        `after` is all that is stated from now on of the subjects of these lines, which nothing else may refer to; `held`
        tells what held before, stated or entailed; `stated` what is stated from now on, and `about` lists it for a node.
        Before, nothing may have been inconsistent.
        """
        went, came, left = self.follow(removed), self.follow(added), self.follow(after)
        gone, new = {_read(line) for line in removed}, {_read(line) for line in added}
        subjects = {fact[0] for fact in gone}
        fresh = {fact for fact in came if fact in new or not held(_line(fact))}
        lost = {fact for fact in went - left if fact in gone or not stated(_line(fact))}
        others = {fact[0] for fact in lost if subjects.isdisjoint(fact) and fact[0].startswith("<")}
        lost -= self.follow(line for node in others for line in about(node))
        unsure = (
            *(fact for fact in gone if fact in left),
            *(fact for fact in new if held(_line(fact)) or _misspelt(fact[2])),
            *(fact for fact in fresh if _relation(fact) in self._refused),
            *(fact for fact in fresh | lost if _relation(fact) in self._joined or datatypes.known(fact[2])),
            *(fact for fact in lost if _relation(fact) in self._concluded or subjects.isdisjoint(fact)),
        )
        if unsure:
            return None
        without, entailed = set(_kept(lost - gone)), set(_kept(fresh - new))
        return (without, entailed) if all(map(held, without)) else None


def _misspelt(term: str) -> bool:
    return term[0] == '"' and term[-1] == ">" and datatypes.value(term) is None


def _kept(facts: Iterable[Fact]) -> Iterator[str]:
    lines = [_line(fact) for fact in facts if fact[0].startswith("<")]  # a literal is nobody's subject in a graph
    return (f"{triple} ." for triple in graph.triples(lines) if kept(triple))


def _match(premise: Fact, fact: Fact) -> dict[str, str] | None:
    """Return what the variables of a premise stand for in a fact; None if the fact is no match."""
    values: dict[str, str] = {}
    for word, term in zip(premise, fact, strict=True):
        if (values.setdefault(word, term) if word.startswith("?") else word) != term:
            return None
    return values


def _relation(fact: Fact) -> str:
    """Return what a fact is about: its property, or its class."""
    return f"{_A} {fact[2]}" if fact[1] == _A else fact[1]


def _read(line: str) -> Fact:
    return _fact(*line.removesuffix(" .").split(" ", 2))


def _fact(subject: str, predicate: str, value: str) -> Fact:
    return subject, predicate, value


def _line(fact: Fact) -> str:
    return f"{' '.join(fact)} ."


_A = str(terms.TYPE)
