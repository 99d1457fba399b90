"""Relations over numbers, and joins that run until they find nothing new: what `closing` is made of.

Evaluation is semi-naive: a round joins what the last one found with all there is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from gbakg.clauses import TYPE, Atom, Name, comprehension, function, relation

Facts = defaultdict[int, set[Any]]
"""Relations: by a property's number its pairs, by the complement of a class's number its members."""
Round = Mapping[int, set[Any]]
Step = Callable[[set[Any]], set[Any]]


class Join(NamedTuple):
    """Atoms to match together, the names whose values are wanted, and what takes the rows of these values."""

    body: tuple[Atom, ...]
    result: tuple[Name, ...]
    take: Callable[[set[Any]], None]


class Fixpoint:
    """Relations, and the joins that fill them."""

    def __init__(self) -> None:
        self.facts: Facts = defaultdict(set)
        self.found: Facts = defaultdict(set)
        """What the round under way has found."""
        self.rounds: list[Round] = []
        """What each round found that was new."""
        self.pending: list[Join] = []
        self._steps: dict[int, list[tuple[Step, Join]]] = {}
        self._indexes: dict[tuple[int, int], defaultdict[int, set[int]]] = {}

    def run(self, new: Round) -> None:
        """Run all joins on facts that are new, and the pending ones on all facts, until nothing more is found."""
        while self.pending or new:
            pending, self.pending = self.pending, []
            for key, rows in new.items():
                for step, join in self._steps.get(key, ()):
                    join.take(step(rows))
            self.widen(new)
            for join in pending:
                self._begin(join)
            new = self.commit()

    def widen(self, new: Round) -> None:
        """Find what follows from new facts by rules that are no joins."""

    def open(self, key: int) -> None:
        """Do what has to be done before a relation is first asked about."""
        if key == TYPE:
            self.facts[TYPE].update(_typings(self.facts))

    def commit(self) -> Round:
        """Add what was found; return what of it is new."""
        found, self.found = self.found, defaultdict(set)
        for one, class_ in found.pop(TYPE, ()):
            found[~class_].add(one)
        new = {key: rows for key, all_ in found.items() if (rows := all_ - self.facts[key])}
        if TYPE in self._steps and (typings := set(_typings(new))):
            new[TYPE] = typings
        for key, rows in new.items():
            self.facts[key] |= rows
            for side in (side for side in (0, 1) if (side, key) in self._indexes):
                self._extend(side, key, rows)
        if new:
            self.rounds.append(new)
        return new

    def index(self, side: int, key: int) -> dict[int, set[int]]:
        """Return a property's objects by subject (side 0), or its subjects by object (side 1)."""
        if (side, key) not in self._indexes:
            self._indexes[side, key] = defaultdict(set)
            self._extend(side, key, self.facts[key])
        return self._indexes[side, key]

    def forget(self, rounds: int) -> None:
        """Take the facts of all rounds but the first ones out again."""
        for key, rows in (item for found in self.rounds[rounds:] for item in found.items()):
            self.facts[key] -= rows
            for side, index in ((side, self._indexes[side, key]) for side in (0, 1) if (side, key) in self._indexes):
                for row in rows:
                    index[row[side]].discard(row[1 - side])
                    if not index[row[side]]:
                        del index[row[side]]
        del self.rounds[rounds:]

    def _extend(self, side: int, key: int, rows: set[Any]) -> None:
        index = self._indexes[side, key]
        for row in rows:
            index[row[side]].add(row[1 - side])

    def _begin(self, join: Join) -> None:
        """Run a join over all facts, and from now on over what each round finds."""
        keys = [relation(atom) for atom in join.body]
        for key in keys:
            if key not in self._steps:
                self.open(key)
                self._steps[key] = []
        if not keys:
            join.take({join.result if len(join.result) == 2 else join.result[0]})
            return
        smallest = min(range(len(keys)), key=lambda at: len(self.facts[keys[at]]))
        for at, key in enumerate(keys):
            step = self._step(join, at)
            self._steps[key].append((step, join))
            if at == smallest and self.facts[key]:
                join.take(step(self.facts[key]))

    def match(self, body: Sequence[Atom], result: Sequence[Name]) -> set[Any]:
        """Return the values of names in all matches of atoms."""
        return self._compile(body, None, result)({0})

    def _step(self, join: Join, first: int) -> Step:
        """Return what joins new facts of one atom with those of the others; it is compiled when there are any."""
        made: Step | None = None

        def step(rows: set[Any]) -> set[Any]:
            nonlocal made
            made = made or self._compile(join.body, first, join.result)
            return made(rows)

        return step

    def _compile(self, body: Sequence[Atom], first: int | None, result: Sequence[Name]) -> Step:
        text, slots = comprehension(body, first, result)
        return function(text, len(slots))(*(self._slot(kind, number) for kind, number in slots))

    def _slot(self, kind: str, number: int) -> object:
        """Return what a parameter of a comprehension stands for."""
        if kind == "constant":
            return number
        return self.facts[number] if kind == "facts" else self.index(int(kind == "by object"), number)


def _typings(relations: Round) -> Iterator[tuple[int, int]]:
    return ((one, ~key) for key, rows in relations.items() if key < 0 for one in rows)
