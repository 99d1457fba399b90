"""The fast reasoner: the rules of OWL 2 RL run to their fixpoint as set operations over integers.

Terms are strings, spelt as in N-Triples, each with a number.  The axioms are read first; they turn the rules into
clauses, and the clauses tell which properties and classes matter: nothing else is loaded.

It ends: no rule makes a term, so with n terms there are at most n³ facts and finitely many clauses, and each round but
the last adds one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from pyoxigraph import RdfFormat, Triple, parse

from gbakg import chunks, datatypes, terms
from gbakg.clauses import FIRST, REST, SAME, TYPE, Atom, Clause, arguments, relation, specialise, variables
from gbakg.fixpoint import Facts, Join
from gbakg.identity import Identity, Made, short
from gbakg.reason import Closure
from gbakg.rules import Rule, constant, facts, rules


class Fast:
    """The reasoner of every build: finds what the reference keeps, without it."""

    def close(self, stated: Iterable[Triple]) -> Closure:
        """Close a graph; see Reasoner."""
        lines = [f"{triple} ." for triple in stated]
        closing = Closing(lines, lines)
        found = "\n".join(sorted(closing.entailed()))
        return Closure(tuple(quad.triple for quad in parse(found, RdfFormat.N_TRIPLES)), closing.inconsistencies())


class Closing(Identity):
    """A graph and its closure.

    A triple is a line of N-Triples, spelt as pyoxigraph spells it.  Of `axioms` only the triples of RDF, RDFS and OWL are
    read, of `data` only the others, each once, so that both may be streams, or both the same collection.  With `whole`,
    facts that nobody keeps are found as well: types of literals, links to owl:Thing, differences between values.
    """

    def __init__(self, axioms: Iterable[str], data: Iterable[str] = (), whole: bool = False) -> None:
        super().__init__(whole)
        self.clauses: list[Clause] = []
        self._known: set[object] = set()
        self._schema = {SAME, FIRST, REST}
        self._loaded = False
        self._declare()
        self._read(axioms)
        self.run({})
        self.wanted = self._used()
        """The relations that are loaded; None for all."""
        self._load(data, self.facts)
        self._loaded = True
        self._add_datatypes()
        self.pending = [self._join(clause) for clause in self.clauses if not self._is_schema(clause)]
        self.run({SAME: self.facts[SAME]} if self.facts[SAME] else {})
        self.check_literals(0)
        self._filled: set[int] = set()
        self._sides: chunks.Sides | None = {}

    def entailed(self) -> Iterator[str]:
        """Yield what was found and not stated, and is worth keeping (reason.kept), in no order."""
        return self._kept(self.rounds)

    def chunk(self, lines: Iterable[str]) -> list[str] | None:
        """Close triples on top of what is closed, and forget them again.

        Returns what they entail, is worth keeping, and is neither among them nor in the closure; None if this is not
        surely what closing everything in one piece would find, as `chunks` tells.  Inconsistencies are remembered.
        """
        if self.wanted is None or any(key < 0 and datatypes.known(self.terms[~key]) for key in self._steps):
            return None  # all terms, or all literals, may have to do with one another
        mark, start, stated = len(self.terms), len(self.rounds), Facts(set)
        try:
            if not self._load(lines, stated):
                return None
            if not stated.keys() <= self._filled and self._sides is not None:
                self._filled |= stated.keys()
                self._sides = chunks.sides(list(self._bound()), self._filled)
            own = chunks.own(stated)
            others = (self.terms[one] for one in range(mark, len(self.terms)) if one not in own)
            if self._sides is None or min(own, default=mark) < mark or any(one[0] != '"' for one in others):
                return None
            self.found = stated
            self.run(self.commit())
            if not chunks.hold(self.rounds[start + 1 :], own, self._sides):
                return None
            self.check_literals(mark)
            return list(self._kept(self.rounds[start + 1 :]))
        finally:
            self.forget(start)
            for term in self.terms[mark:]:
                del self.numbers[term]
            del self.terms[mark:]

    def joined(self) -> set[str]:
        """Return the properties and classes whose facts in the closure are joined with facts of the chunks so far.

        What a chunk entails does not change unless facts of these change.
        """
        found = chunks.joined(self._bound(), self._sides or {})
        return {self.terms[max(key, ~key)] for key in found}

    def inconsistencies(self) -> tuple[str, ...]:
        """Return a sentence for each inconsistency, sorted, with the name of the rule that found it."""
        return tuple(sorted(self.conflicts))

    def asked(self) -> list[Clause]:
        """Return the clauses that match data, for a store that reasons by query, but for those that nobody keeps.

        Run until they find no more, they give the closure of whatever data have these axioms, if no two terms are equal
        and no rule says anything of a literal.  Raises ValueError for a clause that would find, or match, axioms.
        """
        found = [clause for clause in self.clauses if not self._is_schema(clause)]
        matched = {relation(atom) for clause in found for atom in clause.body}
        for clause in found:
            about = {relation(atom) for atom in clause.body if not clause.rule.startswith("eq-")}
            about |= {relation(clause.head)} & (self._schema | matched | {TYPE}) if clause.head else set()
            for key in about - {SAME, *(~self.numbers[constant(word)] for word in ("owl:Thing", "owl:Nothing"))}:
                word = self.terms[max(key, ~key)]
                if key == TYPE or is_axiomatic(word) or (key < 0 and datatypes.known(word)):
                    raise ValueError(f"{clause.rule} takes {short(word)} for data")
        return [clause for clause in found if not clause.head or self._matters(relation(clause.head), matched)]

    def _matters(self, key: int, matched: set[int]) -> bool:
        """Tell whether facts of a relation are kept, or lead to others."""
        return key in matched or key == SAME or not self.terms[max(key, ~key)].startswith(_BUILTIN)

    def written(self) -> str:
        """Write the clauses that data can match as `chase` reads them; nothing if any fact may touch any other."""
        if self.wanted is None:
            return ""

        def words(atom: Atom) -> list[str]:
            return [f"?{name}" if isinstance(name, str) else self.terms[name] for name in atom]

        found = [([*map(words, one.body)], one.head and words(one.head)) for one in self._bound()]
        return json.dumps(found, ensure_ascii=False)

    def _kept(self, rounds: Iterable[Mapping[int, set[Any]]]) -> Iterator[str]:
        words = self.terms
        ours = Made(lambda number: words[number].startswith(_OURS))
        for key, rows in (item for found in rounds for item in found.items()):
            about = words[max(key, ~key)]
            if not about.startswith("<") or about.startswith(_BUILTIN):
                continue
            if key < 0:
                yield from (f"{words[one]} {_A} {about} ." for one in rows if ours[one] and one != ~key)
                continue
            for subject, object_ in rows:
                if ours[subject] and subject != object_ and not words[object_].startswith("_:"):
                    yield f"{words[subject]} {about} {words[object_]} ."

    # --- reading -----------------------------------------------------------------------------------------------------

    def _declare(self) -> None:
        """Take up the rules that make axioms, or clauses, of axioms; those of data alone become clauses."""
        for _, (subject, _, object_) in facts():
            self.facts[~self.numbers[constant(object_)]].add(self.numbers[constant(subject)])
        for rule in rules():
            if not rule.axioms or not (rule.data or any(predicate == "has" for _, predicate, _ in rule.axioms)):
                made = list(self._bind(rule._replace(axioms=(), data=rule.axioms or rule.data), {}))
                self.clauses += made
                joins = [self._join(clause) for clause in made]
            else:
                patterns = tuple(pattern for pattern in rule.axioms if pattern[1] != "has")
                (clause,) = self._bind(Rule(rule.name, (), patterns, (), rule.name), {})
                names = variables(clause.body)
                joins = [Join(clause.body, names, partial(self._specialise, rule, names))]
            if rule.axioms:
                self._schema.update(relation(atom) for join in joins for atom in join.body)
                self.pending += joins

    def _read(self, axioms: Iterable[str]) -> None:
        number, axiomatic = self.numbers, Made(is_axiomatic)
        for line in axioms:
            if _W3C not in line:  # as of most lines, which need not be taken apart for that
                continue
            subject, predicate, object_ = line[:-2].split(" ", 2)
            if predicate == _A:
                if axiomatic[object_]:
                    self.facts[~number[object_]].add(number[subject])
            elif axiomatic[predicate]:
                if predicate in _MAXIMA:  # 0 and 1, whatever their datatype
                    object_ = _LIMITS.get(datatypes.value(object_), object_)
                self.facts[number[predicate]].add((number[subject], number[object_]))

    def _load(self, lines: Iterable[str], into: Facts) -> bool:
        """Take data into relations, as far as clauses speak of them; tell whether they held no axiom."""
        number, wanted, axioms = self.numbers, self.wanted, []

        def adder(about: str, is_class: bool) -> Callable[[Any], None] | None:
            if is_axiomatic(about):
                axioms.append(about)
                return None
            if wanted is not None and about not in number:
                return None  # and stays without a number
            key = ~number[about] if is_class else number[about]
            return into[key].add if wanted is None or key in wanted else None

        pairs = Made(lambda predicate: adder(predicate, is_class=False))
        members = Made(lambda class_: adder(class_, is_class=True))
        pairs[_A] = None
        for line in lines:
            subject, predicate, object_ = line[:-2].split(" ", 2)
            if (add := pairs[predicate]) is not None:
                add((number[subject], number[object_]))
            elif predicate == _A and (add := members[object_]) is not None:
                add(number[subject])
        return not axioms

    def _add_datatypes(self) -> None:
        for datatype in datatypes.every() if self.whole else ():
            self.facts[~self.numbers[constant("rdfs:Datatype")]].add(self.numbers[datatype])
            self.facts[~self.numbers[datatype]].update(self.literals_of(~self.numbers[datatype]))

    def _used(self) -> set[int] | None:
        """Return the relations that clauses speak of; None for all, where terms can be equal or axioms be found."""
        bound = list(self._bound())
        heads = {relation(clause.head) for clause in bound if clause.head}
        used = heads | {relation(atom) for clause in bound for atom in clause.body}
        return None if self.whole or self.facts[SAME] or TYPE in used or heads & self._schema else used

    # --- clauses -----------------------------------------------------------------------------------------------------

    def _specialise(self, rule: Rule, names: tuple[str, ...], rows: set[Any]) -> None:
        """Bind a rule to the axioms that were found."""
        for values in _named(names, rows):
            for clause in self._bind(rule, {f"?{name}": value for name, value in values.items()}):
                if (clause.body, clause.head, clause.conflict) not in self._known:
                    self._known.add((clause.body, clause.head, clause.conflict))
                    self.clauses.append(clause)
                    if self._loaded or self._is_schema(clause):
                        self.pending.append(self._join(clause))

    def _join(self, clause: Clause) -> Join:
        if clause.head is None:
            return Join(clause.body, variables(clause.body), partial(self._find_conflict, clause))
        return Join(clause.body, arguments(clause.head), partial(self._add, relation(clause.head)))

    def _add(self, key: int, rows: set[Any]) -> None:
        self.found[key] |= rows

    def _find_conflict(self, clause: Clause, rows: set[Any]) -> None:
        for values in _named(variables(clause.body), rows):
            self.conflicts[self.sentence(clause, {name: self.terms[value] for name, value in values.items()})] = None

    def sentence(self, clause: Clause, values: Mapping[str, str]) -> str:
        """Say what a clause finds inconsistent, given the terms that its variables stand for."""

        def word(match: re.Match[str]) -> str:
            return short(self.terms[int(match[1])] if match[1].isdigit() else values[match[1]])

        told = re.sub(r"{(\w+)}", word, clause.conflict)
        return f"{told} ({clause.rule})"

    def _bound(self) -> Iterator[Clause]:
        """Yield the clauses that data can match."""
        return (clause for clause in self.clauses if clause.axioms and not self._is_schema(clause))

    def _bind(self, rule: Rule, values: Mapping[str, int]) -> Iterator[Clause]:
        return specialise(rule, values, lambda word: self.numbers[constant(word)], self.members)

    def _is_schema(self, clause: Clause) -> bool:
        """Tell whether a clause makes axioms of axioms."""
        return clause.head is not None and all(relation(atom) in self._schema for atom in (*clause.body, clause.head))

    def members(self, node: int) -> list[int]:
        """Return the members of a list, in order."""
        first, rest = self.index(0, FIRST), self.index(0, REST)
        found: list[int] = []
        seen: set[int] = set()
        while (node in first or node in rest) and node not in seen:  # one that comes back to itself ends there
            seen.add(node)
            found += [min(first[node])] if node in first else []
            node = min(rest[node]) if node in rest else -1
        return found


_A = constant("a")
_BUILTIN = (f"<{terms.RDF}", f"<{terms.RDFS}", f"<{terms.OWL}")
_W3C = " <http://www.w3.org/"
_OURS = (f"<{terms.ID}", f"<{terms.GBA}")
_ANNOTATIONS = {constant(pattern[0]) for name, pattern in facts() if name == "prp-ap"}
_MAXIMA = {constant("owl:maxCardinality"), constant("owl:maxQualifiedCardinality")}
_LIMITS = {datatypes.value(limit): limit for limit in (constant("0"), constant("1"))}


def is_axiomatic(term: str) -> bool:
    """Tell whether a predicate or class makes a triple an axiom."""
    return term.startswith(_BUILTIN) and term not in _ANNOTATIONS


def _named(names: tuple[str, ...], rows: set[Any]) -> Iterator[dict[str, int]]:
    """Yield rows as dictionaries; a row of one value is that value."""
    return (dict(zip(names, row if len(names) != 1 else (row,), strict=True)) for row in rows)
