"""The fast reasoner: the rules of OWL 2 RL run to their fixpoint as set operations over integers.

Each term is a number, each property a set of pairs, each class a set of members.  The axioms are read first; they turn
the rules into clauses (`rules.specialise`), and the clauses tell which properties and classes matter: nothing else is
loaded.  Evaluation is semi-naive: a round joins what the last one found with all there is.

It ends: no rule makes a term, so with n terms there are at most n³ facts and finitely many clauses, and each round but
the last adds one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from gbakg import datatypes, terms
from gbakg.reason import Closure
from gbakg.rules import (
    SAME,
    TYPE,
    Atom,
    Clause,
    Rule,
    Term,
    arguments,
    comprehension,
    constant,
    facts,
    function,
    member,
    relation,
    rules,
    sparql,
    specialise,
)

Step = Callable[[Any], set[Any]]
Facts = defaultdict[int, set[Any]]
"""Relations: by a property's number its pairs, by the complement of a class's number its members."""


class Fast:
    """The reasoner of every build: finds what the reference keeps, without it."""

    def close(self, stated: Iterable[Triple]) -> Closure:
        """Close a graph; see Reasoner."""
        given = stated if isinstance(stated, Collection) else list(stated)
        closing = Closing(given, given)
        return Closure(tuple(sorted(closing.entailed(), key=str)), closing.inconsistencies())


class Closing:
    """A graph and its closure.

    Of `axioms` only the triples of RDF, RDFS and OWL are read, of `data` only the others, each once, so that both may be
    streams, or both the same collection.  With `whole`, facts that nobody keeps are found as well: the types of literals,
    links to owl:Thing, differences between values.
    """

    def __init__(self, axioms: Iterable[Triple], data: Iterable[Triple] = (), whole: bool = False) -> None:
        self.whole = whole
        self.facts: Facts = defaultdict(set)
        self.rounds: list[dict[int, set[Any]]] = []
        self.clauses: list[Clause] = []
        self.terms: list[Any] = []
        self.numbers = _Made(self._number)
        for word in ("a", "owl:sameAs", "rdf:first", "rdf:rest"):
            self.numbers[constant(word)]
        self._indexes: dict[tuple[int, int], defaultdict[int, list[int]]] = {}
        self._steps: defaultdict[int, list[tuple[Step, Rule | Clause]]] = defaultdict(list)
        self._known: set[object] = set()
        self._conflicts: dict[str, None] = {}
        self._holders: defaultdict[datatypes.Value, set[int]] = defaultdict(set)
        self._schema = {SAME, FIRST, REST}
        self._loaded = False
        schema = list(self._declare())
        self._read(axioms)
        self._run(schema, {})
        self._load(data)
        self._loaded = True
        self._run(
            [clause for clause in self.clauses if not self._is_schema(clause)],
            {SAME: self.facts[SAME]} if self.facts[SAME] else {},
        )
        self._check_literals()

    def entailed(self) -> Iterator[Triple]:
        """Yield what was found and not stated, and is worth keeping (reason.kept), in no order."""
        ours = _Made(
            lambda number: isinstance(self.terms[number], NamedNode) and self.terms[number].value.startswith(_OURS)
        )
        for key, rows in (item for found in self.rounds for item in found.items()):
            about = self.terms[max(key, ~key)]
            if isinstance(about, NamedNode) and not about.value.startswith(_BUILTIN):
                for row in rows:
                    subject, object_ = (row, ~key) if key < 0 else row
                    if ours[subject] and subject != object_ and not isinstance(self.terms[object_], BlankNode):
                        yield self.triple(key, row)

    def triples(self) -> Iterator[Triple]:
        """Yield what is stated and what was found, as far as they are triples of RDF; with eq-ref, if all is wanted."""
        for term in self.terms if self.whole else ():
            if not isinstance(term, Literal):
                yield Triple(term, self.terms[SAME], term)
        for key, rows in self.facts.items():
            if key != TYPE and not isinstance(self.terms[max(key, 0)], BlankNode):
                for row in rows:
                    if not isinstance(self.terms[row if key < 0 else row[0]], Literal):
                        yield self.triple(key, row)

    def triple(self, key: int, row: Any) -> Triple:
        """Write a member of a relation as a triple."""
        subject, object_ = (row, ~key) if key < 0 else row
        return Triple(self.terms[subject], self.terms[max(key, TYPE)], self.terms[object_])

    def inconsistencies(self) -> tuple[str, ...]:
        """Return a sentence for each inconsistency, sorted, with the name of the rule that found it."""
        return tuple(sorted(self._conflicts))

    def queries(self) -> Iterator[tuple[str, str]]:
        """Yield the clauses that data can match as SPARQL, each with its rule's name: for stores that reason by query.

        Run until none constructs anything, they give the closure of whatever data have these axioms.  Raises ValueError
        for a clause about an anonymous class, which no other store can be asked about.
        """
        for clause in self.clauses:
            if clause.axioms and not self._is_schema(clause):
                yield clause.rule, sparql(clause, self.terms.__getitem__)

    # --- reading -----------------------------------------------------------------------------------------------------

    def _declare(self) -> Iterator[Rule | Clause]:
        """Yield the rules that make axioms, or clauses, of axioms; those of data alone become clauses."""
        for _, (subject, _, object_) in facts():
            self.facts[~self.numbers[constant(object_)]].add(self.numbers[constant(subject)])
        for rule in rules():
            made: list[Rule | Clause] = [rule]
            if not rule.axioms or not (rule.data or "has" in {predicate for _, predicate, _ in rule.axioms}):
                clauses = list(self._bind(rule._replace(axioms=(), data=rule.axioms or rule.data), {}))
                self.clauses += clauses
                made = [*clauses]
            if rule.axioms:
                self._schema.update(relation(atom) for task in made for atom in self._body(task))
                yield from made

    def _number(self, term: Term) -> int:
        self.terms.append(term)
        return len(self.terms) - 1

    def _read(self, axioms: Iterable[Triple]) -> None:
        number, axiomatic = self.numbers, _Made(_is_axiomatic)
        for triple in axioms:
            predicate, object_ = triple.predicate, triple.object
            if predicate == terms.TYPE:
                if axiomatic[object_]:
                    self.facts[~number[object_]].add(number[triple.subject])
            elif axiomatic[predicate]:
                if predicate in _MAXIMA:  # 0 and 1, whatever their datatype
                    object_ = next((one for one in _LIMITS if _value(one) == _value(object_)), object_)
                self.facts[number[predicate]].add((number[triple.subject], number[object_]))

    def _load(self, data: Iterable[Triple]) -> None:
        number, wanted = self.numbers, self._wanted()

        def adder(about: object, key: int) -> Callable[[Any], None] | None:
            return None if _is_axiomatic(about) or (wanted is not None and key not in wanted) else self.facts[key].add

        pairs = _Made(lambda predicate: adder(predicate, number[predicate]))
        members = _Made(lambda class_: adder(class_, ~number[class_]))
        for triple in data:
            predicate = triple.predicate
            if (add := pairs[predicate]) is not None:
                add((number[triple.subject], number[triple.object]))
            elif predicate == terms.TYPE and (add := members[triple.object]) is not None:
                add(number[triple.subject])
        for datatype in datatypes.every() if self.whole else ():
            self.facts[~number[constant("rdfs:Datatype")]].add(number[datatype])
            self.facts[~number[datatype]].update(self._literals_of(~number[datatype]))

    def _wanted(self) -> set[int] | None:
        """Return the relations that clauses speak of; None for all, where terms can be equal or axioms be found."""
        bound = [clause for clause in self.clauses if clause.axioms and not self._is_schema(clause)]
        heads = {relation(clause.head) for clause in bound if clause.head}
        wanted = heads | {relation(atom) for clause in bound for atom in clause.body}
        return None if self.whole or self.facts[SAME] or TYPE in wanted or heads & self._schema else wanted

    # --- the fixpoint ------------------------------------------------------------------------------------------------

    def _run(self, pending: Sequence[Rule | Clause], delta: dict[int, set[Any]]) -> None:
        while pending or delta:
            found: Facts = defaultdict(set)
            made: list[Clause] = []
            for key, rows in delta.items():
                for step, task in self._steps[key]:
                    self._take(task, step(rows), found, made)
            self._equate(delta, found)
            for task in pending:
                self._begin(task, found, made)
            delta = self._commit(found)
            pending = [clause for clause in made if self._loaded or self._is_schema(clause)]

    def _begin(self, task: Rule | Clause, found: Facts, made: list[Clause]) -> None:
        """Run a clause, or a rule's axioms, over all facts, and from now on over what each round finds."""
        body, result = self._body(task), self._result(task)
        keys = [relation(atom) for atom in body]
        for key in keys:
            if key == TYPE and not self._steps[TYPE]:
                self.facts[TYPE].update(self._typings(self.facts))
            elif key < 0 and not self._steps[key] and datatypes.known(self.terms[~key]):
                found[key].update(self._literals_of(key))
        if not body:
            self._take(task, {()}, found, made)
            return
        steps = []
        for first in range(len(body)):
            text, slots = comprehension(body, first, result)
            steps.append(function(text, len(slots))(*(self._slot(kind, number) for kind, number in slots)))
        smallest = min(range(len(body)), key=lambda at: len(self.facts[keys[at]]))
        self._take(task, steps[smallest](self.facts[keys[smallest]]), found, made)
        for key, step in zip(keys, steps, strict=True):
            self._steps[key].append((step, task))

    def _take(self, task: Rule | Clause, rows: set[Any], found: Facts, made: list[Clause]) -> None:
        """Take what a step matched: facts of a head, axioms to bind a rule to, or an inconsistency."""
        if isinstance(task, Clause) and task.head:
            found[relation(task.head)] |= rows if task.body else {member(task.head)}
            return
        names = self._result(task)
        for row in rows:
            values = dict(zip(names, row if len(names) != 1 else (row,), strict=True))
            if isinstance(task, Clause):
                self._conflict(task.rule, task.conflict, values)
                continue
            for clause in self._bind(task, {f"?{name}": value for name, value in values.items()}):
                if (clause.body, clause.head, clause.conflict) not in self._known:
                    self._known.add((clause.body, clause.head, clause.conflict))
                    self.clauses.append(clause)
                    made.append(clause)

    def _slot(self, kind: str, number: int) -> object:
        """Return what a parameter of a comprehension stands for."""
        if kind == "constant":
            return number
        return self.facts[number] if kind == "facts" else self.index(int(kind == "by object"), number)

    def index(self, side: int, key: int) -> dict[int, list[int]]:
        """Return a property's objects by subject (side 0), or its subjects by object (side 1)."""
        if (side, key) not in self._indexes:
            self._indexes[side, key] = defaultdict(list)
            self._extend(side, key, self.facts[key])
        return self._indexes[side, key]

    def _extend(self, side: int, key: int, rows: set[Any]) -> None:
        index = self._indexes[side, key]
        for row in rows:
            index[row[side]].append(row[1 - side])

    def _commit(self, found: Facts) -> dict[int, set[Any]]:
        """Add what was found; return what of it is new."""
        for one, class_ in found.pop(TYPE, ()):
            found[~class_].add(one)
        if SAME in found:
            found[SAME] = {pair for pair in found[SAME] if self._equatable(*pair)}
        delta = {key: rows for key, all_ in found.items() if (rows := all_ - self.facts[key])}
        if self._steps[TYPE] and (typings := set(self._typings(delta))):
            delta[TYPE] = typings
        for key, rows in delta.items():
            self.facts[key] |= rows
            for side in (side for side in (0, 1) if (side, key) in self._indexes):
                self._extend(side, key, rows)
        if delta:
            self.rounds.append(delta)
        return delta

    # --- equality (rules eq-rep-*, dt-eq, dt-diff) -------------------------------------------------------------------

    def _equate(self, delta: dict[int, set[Any]], found: Facts) -> None:
        """Say of a term what was said of one that it is equal to: eq-rep-s, eq-rep-p and eq-rep-o."""
        if not self.facts[SAME]:
            return
        equal = self.index(0, SAME)
        lately = {one for one, _ in delta.get(SAME, ())}
        for key in [key for key in self.facts if key not in (SAME, TYPE)]:
            rows = delta.get(key, set())
            if lately & {max(key, TYPE), ~key}:
                rows = self.facts[key]
            elif lately:
                rows = rows | {one for one in self.facts[key] if not lately.isdisjoint((one,) if key < 0 else one)}
            for row in rows:
                subject, object_ = (row, ~key) if key < 0 else row
                for one in equal.get(subject, ()):
                    found[key].add(one if key < 0 else (one, object_))
                for one in equal.get(object_, ()):
                    found[max(key, TYPE)].add((subject, one))
                for one in equal.get(max(key, TYPE), ()):
                    found[one].add((subject, object_))
        for one, other in delta.get(SAME, ()):
            self._equate_values(one, other, found)

    def _equate_values(self, one: int, other: int, found: Facts) -> None:
        """Take two things for equal if they equal literals of one value: dt-eq; and, if all is wanted, dt-diff."""
        value = _value(self.terms[other])
        if value is not None:
            found[SAME] |= {(one, holder) for holder in self._holders[value]}
            self._holders[value].add(one)
            for different, holders in self._holders.items() if self.whole else ():
                if different != value:
                    found[self.numbers[constant("owl:differentFrom")]] |= {
                        pair for holder in holders for pair in ((one, holder), (holder, one))
                    }

    def _equatable(self, one: int, other: int) -> bool:
        """Tell whether a sameAs is worth having: not of a term with itself, and never between literals."""
        literals = sorted((self.terms[one], self.terms[other]), key=str)
        if one == other or not all(isinstance(literal, Literal) for literal in literals):
            return one != other
        if _value(literals[0]) is None or _value(literals[0]) != _value(literals[1]):
            self._conflicts[f"{literals[0]} and {literals[1]} would have to be the same (dt-diff)"] = None
        return False

    # --- datatypes (rules dt-type1, dt-type2, dt-not-type) -----------------------------------------------------------

    def _literals_of(self, key: int) -> Iterator[int]:
        for number, term in enumerate(self.terms):
            if isinstance(term, Literal) and (value := _value(term)) and datatypes.contains(self.terms[~key], value):
                yield number

    def _check_literals(self) -> None:
        for literal in self.terms:
            if isinstance(literal, Literal) and _value(literal) is None:
                self._conflicts[f"{literal} is not written as its datatype demands (dt-not-type)"] = None
        for key in [key for key in self.facts if key < 0 and datatypes.known(self.terms[~key])]:
            for literal in (self.terms[one] for one in self.facts[key]):
                if isinstance(literal, Literal) and datatypes.known(literal.datatype):
                    value = _value(literal)
                    if value is None or not datatypes.contains(self.terms[~key], value):
                        self._conflicts[f"{literal} is no {terms.shorten(self.terms[~key])} (dt-not-type)"] = None

    # --- small things ------------------------------------------------------------------------------------------------

    def _bind(self, rule: Rule, values: Mapping[str, int]) -> Iterator[Clause]:
        return specialise(rule, values, lambda word: self.numbers[constant(word)], self._members)

    def _body(self, task: Rule | Clause) -> tuple[Atom, ...]:
        if isinstance(task, Clause):
            return task.body
        patterns = tuple(pattern for pattern in task.axioms if pattern[1] != "has")
        return next(self._bind(Rule(task.name, (), patterns, (), task.name), {})).body

    def _result(self, task: Rule | Clause) -> tuple[Any, ...]:
        """Return what of a match is used: the arguments of a head, else every variable."""
        if isinstance(task, Clause) and task.head:
            return arguments(task.head)
        return tuple(sorted({name for atom in self._body(task) for name in atom if isinstance(name, str)}))

    def _is_schema(self, clause: Clause) -> bool:
        """Tell whether a clause makes axioms of axioms."""
        return clause.head is not None and all(relation(atom) in self._schema for atom in (*clause.body, clause.head))

    def _members(self, node: int) -> list[int]:
        first, rest = self.index(0, FIRST), self.index(0, REST)
        found: list[int] = []
        seen: set[int] = set()
        while (node in first or node in rest) and node not in seen:  # one that comes back to itself ends there
            seen.add(node)
            found += [min(first[node])] if node in first else []
            node = min(rest[node]) if node in rest else -1
        return found

    def _typings(self, relations: Mapping[int, set[Any]]) -> Iterator[tuple[int, int]]:
        return ((one, ~key) for key, rows in relations.items() if key < 0 for one in rows)

    def _conflict(self, rule: str, sentence: str, values: Mapping[str, int]) -> None:
        def told(match: re.Match[str]) -> str:
            term = self.terms[int(match[1]) if match[1].isdigit() else values[match[1]]]
            if isinstance(term, NamedNode):
                return terms.shorten(term)
            return "[]" if isinstance(term, BlankNode) else str(term)

        self._conflicts[re.sub(r"{(\w+)}", told, sentence) + f" ({rule})"] = None


class _Made(dict[Any, Any]):
    """A dictionary that makes what is missing."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self._make = make

    def __missing__(self, key: object) -> Any:
        found = self[key] = self._make(key)
        return found


FIRST, REST = 2, 3
_BUILTIN = (str(terms.RDF), str(terms.RDFS), str(terms.OWL))
_OURS = (str(terms.ID), str(terms.GBA))
_ANNOTATIONS = {constant(pattern[0]) for name, pattern in facts() if name == "prp-ap"}
_MAXIMA = {constant("owl:maxCardinality"), constant("owl:maxQualifiedCardinality")}
_LIMITS = (constant("0"), constant("1"))


def _is_axiomatic(term: object) -> bool:
    """Tell whether a predicate or class makes a triple an axiom."""
    return isinstance(term, NamedNode) and term.value.startswith(_BUILTIN) and term not in _ANNOTATIONS


def _value(literal: Any) -> datatypes.Value | None:
    """Return a literal's value, None if it is misspelt; one of an unknown datatype is its own value."""
    if not isinstance(literal, Literal):
        return None
    if datatypes.known(literal.datatype):
        return datatypes.value(literal)
    return literal.datatype.value, literal.value
