"""What holds of terms whatever is said of them: which are equal, and what values literals have.

These rules stand here and not in a table, since they hold of any predicate: eq-ref, eq-rep-s, eq-rep-p and eq-rep-o of
table 4, and those of table 8, dt-*.  A literal is never taken for another, and nothing is said to be itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from pyoxigraph import NamedNode

from gbakg import datatypes, terms
from gbakg.clauses import SAME, TYPE
from gbakg.fixpoint import Fixpoint, Round
from gbakg.rules import constant


class Identity(Fixpoint):
    """Relations between terms; with `whole`, also what only follows from the values of literals."""

    def __init__(self, whole: bool) -> None:
        super().__init__()
        self.whole = whole
        self.terms: list[str] = []
        self.numbers = Made(self._number)
        self.conflicts: dict[str, None] = {}
        """A sentence for each inconsistency, in the order in which they were found."""
        self._holders: defaultdict[datatypes.Value, set[int]] = defaultdict(set)
        for word in ("a", "owl:sameAs", "rdf:first", "rdf:rest"):  # TYPE, SAME, FIRST, REST
            self.numbers[constant(word)]

    def _number(self, term: str) -> int:
        self.terms.append(term)
        return len(self.terms) - 1

    # --- equality (rules eq-rep-*, dt-eq, dt-diff) -------------------------------------------------------------------

    def commit(self) -> Round:
        """Add what was found, but for equalities that say nothing."""
        if SAME in self.found:
            self.found[SAME] = {pair for pair in self.found[SAME] if self.equatable(*pair)}
        return super().commit()

    def widen(self, new: Round) -> None:
        """Say of a term what was said of one that it is equal to: eq-rep-s, eq-rep-p and eq-rep-o."""
        if not self.facts[SAME]:
            return
        equal = self.index(0, SAME)
        lately = {one for one, _ in new.get(SAME, ())}
        for key in [key for key in self.facts if key not in (SAME, TYPE)]:
            rows = new.get(key, set())
            if lately & {max(key, TYPE), ~key}:
                rows = self.facts[key]
            elif lately:
                rows = rows | {one for one in self.facts[key] if not lately.isdisjoint((one,) if key < 0 else one)}
            for row in rows:
                subject, object_ = (row, ~key) if key < 0 else row
                for one in equal.get(subject, ()):
                    self.found[key].add(one if key < 0 else (one, object_))
                for one in equal.get(object_, ()):
                    self.found[max(key, TYPE)].add((subject, one))
                for one in equal.get(max(key, TYPE), ()):
                    self.found[one].add((subject, object_))
        for one, other in new.get(SAME, ()):
            self._equate_values(one, other)

    def _equate_values(self, one: int, other: int) -> None:
        """Take two things for equal if they equal literals of one value: dt-eq; and, if all is wanted, dt-diff."""
        value = datatypes.value(self.terms[other])
        if value is not None:
            self.found[SAME] |= {(one, holder) for holder in self._holders[value]}
            self._holders[value].add(one)
            for different, holders in self._holders.items() if self.whole else ():
                if different != value:
                    self.found[self.numbers[constant("owl:differentFrom")]] |= {
                        pair for holder in holders for pair in ((one, holder), (holder, one))
                    }

    def equatable(self, one: int, other: int) -> bool:
        """Tell whether a sameAs is worth having: not of a term with itself, and never between literals."""
        literals = sorted((self.terms[one], self.terms[other]))
        if one == other or not all(literal.startswith('"') for literal in literals):
            return one != other
        if datatypes.value(literals[0]) is None or datatypes.value(literals[0]) != datatypes.value(literals[1]):
            self.conflicts[f"{literals[0]} and {literals[1]} would have to be the same (dt-diff)"] = None
        return False

    # --- datatypes (rules dt-type1, dt-type2, dt-not-type) -----------------------------------------------------------

    def open(self, key: int) -> None:
        """Find the members of a datatype before a clause asks for them."""
        super().open(key)
        if key < 0 and datatypes.known(self.terms[~key]):
            self.found[key].update(self.literals_of(key))

    def literals_of(self, key: int) -> Iterator[int]:
        """Yield the literals that belong to a datatype."""
        for number, term in enumerate(self.terms):
            if (value := datatypes.value(term)) and datatypes.contains(self.terms[~key], value):
                yield number

    def check_literals(self, first: int) -> None:
        """Find the literals, from a number on, that are misspelt, or not of the datatypes that they are said to be."""
        for term in islice(self.terms, first, None):
            if term[0] == '"' and term[-1] == ">" and datatypes.value(term) is None:
                self.conflicts[f"{term} is not written as its datatype demands (dt-not-type)"] = None
        for key in [key for key in self.facts if key < 0 and datatypes.known(self.terms[~key])]:
            for literal in (self.terms[one] for one in self.facts[key]):
                value = datatypes.value(literal)
                if value and not value[0].startswith("<") and not datatypes.contains(self.terms[~key], value):
                    self.conflicts[f"{literal} is no {short(self.terms[~key])} (dt-not-type)"] = None


class Made(dict[Any, Any]):
    """A dictionary that makes what is missing."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self._make = make

    def __missing__(self, key: object) -> Any:
        found = self[key] = self._make(key)
        return found


def short(term: str) -> str:
    """Return how a sentence names a term."""
    return terms.shorten(NamedNode(term[1:-1])) if term.startswith("<") else "[]" if term.startswith("_:") else term
