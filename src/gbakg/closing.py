"""The fast reasoner: the rules of OWL 2 RL run to their fixpoint as set operations over integers.

Terms are strings, spelt as in N-Triples, each with a number.  A property is a set of pairs of numbers, a class a set of
members.  The axioms are read first; they turn the rules into clauses (`rules.specialise`), and the clauses tell which
properties and classes matter: nothing else is loaded.  Evaluation is semi-naive: a round joins what the last one found
with all there is.

It ends: no rule makes a term, so with n terms there are at most n³ facts and finitely many clauses, and each round but
the last adds one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from pyoxigraph import NamedNode, RdfFormat, Triple, parse

from gbakg import datatypes, terms
from gbakg.reason import Closure
from gbakg.rules import (
    SAME,
    TYPE,
    Atom,
    Clause,
    Rule,
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

Facts = defaultdict[int, set[Any]]
"""Relations: by a property's number its pairs, by the complement of a class's number its members."""
Step = Callable[[set[Any]], set[Any]]
"""What a round's new facts of one relation entail, together with all others."""


class Fast:
    """The reasoner of every build: finds what the reference keeps, without it."""

    def close(self, stated: Iterable[Triple]) -> Closure:
        """Close a graph; see Reasoner."""
        lines = [f"{triple} ." for triple in stated]
        closing = Closing(lines, lines)
        found = "\n".join(sorted(closing.entailed()))
        return Closure(tuple(quad.triple for quad in parse(found, RdfFormat.N_TRIPLES)), closing.inconsistencies())


class Closing:
    """A graph and its closure.

    A triple is a line of N-Triples, spelt as pyoxigraph spells it.  Of `axioms` only the triples of RDF, RDFS and OWL are
    read, of `data` only the others, each once, so that both may be streams, or both the same collection.  With `whole`,
    facts that nobody keeps are found as well: types of literals, links to owl:Thing, differences between values.
    """

    def __init__(self, axioms: Iterable[str], data: Iterable[str] = (), whole: bool = False) -> None:
        self.whole = whole
        self.facts: Facts = defaultdict(set)
        self.rounds: list[dict[int, set[Any]]] = []
        self.clauses: list[Clause] = []
        self.terms: list[str] = []
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
        self._wanted = self._used()
        self._load(data, self.facts)
        self._loaded = True
        self._add_datatypes()
        self._run(
            [clause for clause in self.clauses if not self._is_schema(clause)],
            {SAME: self.facts[SAME]} if self.facts[SAME] else {},
        )
        self._check_literals(0)
        self._chunks = _Chunks(self)

    def entailed(self) -> Iterator[str]:
        """Yield what was found and not stated, and is worth keeping (reason.kept), in no order."""
        return self._kept(self.rounds)

    def chunk(self, lines: Iterable[str]) -> list[str] | None:
        """Close triples on top of what is closed, and forget them again; see `_Chunks`.

        Returns what they entail, is worth keeping, and is neither among them nor in the closure; None if this is not
        surely what closing everything in one piece would find.  Inconsistencies are remembered.
        """
        return self._chunks.close(lines)

    @property
    def independent(self) -> bool:
        """Tell whether what the chunks so far entail follows from each and the axioms alone, whatever else is closed."""
        return self._chunks.independent()

    def all(self) -> Iterator[str]:
        """Yield what is stated and what was found, as far as they are triples of RDF; with eq-ref, if all is wanted."""
        for term in self.terms if self.whole else ():
            if not term.startswith('"'):
                yield f"{term} {self.terms[SAME]} {term} ."
        for key, rows in self.facts.items():
            predicate = self.terms[max(key, TYPE)]
            for row in rows if key != TYPE and predicate.startswith("<") else ():
                subject, object_ = (row, ~key) if key < 0 else row
                if not self.terms[subject].startswith('"'):
                    yield f"{self.terms[subject]} {predicate} {self.terms[object_]} ."

    def inconsistencies(self) -> tuple[str, ...]:
        """Return a sentence for each inconsistency, sorted, with the name of the rule that found it."""
        return tuple(sorted(self._conflicts))

    def queries(self) -> Iterator[tuple[str, str]]:
        """Yield the clauses that data can match as SPARQL, each with its rule's name: for stores that reason by query.

        Run until none constructs anything, they give the closure of whatever data have these axioms.  Raises ValueError
        for a clause about an anonymous class, which no other store can be asked about.
        """
        for clause in self._bound():
            yield clause.rule, sparql(clause, self.terms.__getitem__)

    def _kept(self, rounds: Iterable[Mapping[int, set[Any]]]) -> Iterator[str]:
        words = self.terms
        ours = _Made(lambda number: words[number].startswith(_OURS))
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

    def _number(self, term: str) -> int:
        self.terms.append(term)
        return len(self.terms) - 1

    def _read(self, axioms: Iterable[str]) -> None:
        number, axiomatic = self.numbers, _Made(_is_axiomatic)
        for line in axioms:
            subject, predicate, object_ = line[:-2].split(" ", 2)
            if predicate == _A:
                if axiomatic[object_]:
                    self.facts[~number[object_]].add(number[subject])
            elif axiomatic[predicate]:
                if predicate in _MAXIMA:  # 0 and 1, whatever their datatype
                    object_ = next((one for one in _LIMITS if _value(one) == _value(object_)), object_)
                self.facts[number[predicate]].add((number[subject], number[object_]))

    def _load(self, lines: Iterable[str], into: Facts) -> bool:
        """Take data into relations, as far as clauses speak of them; tell whether they held no axiom."""
        number, wanted, axioms = self.numbers, self._wanted, []

        def adder(about: str, key: int) -> Callable[[Any], None] | None:
            if _is_axiomatic(about):
                axioms.append(about)
                return None
            return into[key].add if wanted is None or key in wanted else None

        pairs = _Made(lambda predicate: adder(predicate, number[predicate]))
        members = _Made(lambda class_: adder(class_, ~number[class_]))
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
            self.facts[~self.numbers[datatype]].update(self._literals_of(~self.numbers[datatype]))

    def _used(self) -> set[int] | None:
        """Return the relations that clauses speak of; None for all, where terms can be equal or axioms be found."""
        bound = list(self._bound())
        heads = {relation(clause.head) for clause in bound if clause.head}
        used = heads | {relation(atom) for clause in bound for atom in clause.body}
        return None if self.whole or self.facts[SAME] or TYPE in used or heads & self._schema else used

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
        body = self._body(task)
        keys = [relation(atom) for atom in body]
        for key in keys:
            if key == TYPE and not self._steps[TYPE]:
                self.facts[TYPE].update(self._typings(self.facts))
            elif key < 0 and not self._steps[key] and datatypes.known(self.terms[~key]):
                found[key].update(self._literals_of(key))
        if not body:
            self._take(task, {()}, found, made)
            return
        smallest = min(range(len(body)), key=lambda at: len(self.facts[keys[at]]))
        for at, key in enumerate(keys):
            step = self._step(body, at, self._result(task))
            self._steps[key].append((step, task))
            if at == smallest and self.facts[key]:
                self._take(task, step(self.facts[key]), found, made)

    def _step(self, body: Sequence[Atom], first: int, result: Sequence[Any]) -> Step:
        """Return what joins new facts of one atom with those of the others; it is compiled when there are any."""
        made: Step | None = None

        def step(rows: set[Any]) -> set[Any]:
            nonlocal made
            if made is None:
                text, slots = comprehension(body, first, result)
                made = function(text, len(slots))(*(self._slot(kind, number) for kind, number in slots))
            return made(rows)

        return step

    def _slot(self, kind: str, number: int) -> object:
        """Return what a parameter of a comprehension stands for."""
        if kind == "constant":
            return number
        return self.facts[number] if kind == "facts" else self.index(int(kind == "by object"), number)

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
        literals = sorted((self.terms[one], self.terms[other]))
        if one == other or not all(literal.startswith('"') for literal in literals):
            return one != other
        if _value(literals[0]) is None or _value(literals[0]) != _value(literals[1]):
            self._conflicts[f"{literals[0]} and {literals[1]} would have to be the same (dt-diff)"] = None
        return False

    # --- datatypes (rules dt-type1, dt-type2, dt-not-type) -----------------------------------------------------------

    def _literals_of(self, key: int) -> Iterator[int]:
        for number, term in enumerate(self.terms):
            if (value := _value(term)) and datatypes.contains(self.terms[~key], value):
                yield number

    def _check_literals(self, first: int) -> None:
        """Find the literals, from a number on, that are misspelt, or not of the datatypes that they are said to be."""
        for term in islice(self.terms, first, None):
            if term.startswith('"') and _value(term) is None:
                self._conflicts[f"{term} is not written as its datatype demands (dt-not-type)"] = None
        for key in [key for key in self.facts if key < 0 and datatypes.known(self.terms[~key])]:
            for literal in (self.terms[one] for one in self.facts[key]):
                if datatypes.known(datatypes.datatype(literal)):
                    value = _value(literal)
                    if value is None or not datatypes.contains(self.terms[~key], value):
                        self._conflicts[f"{literal} is no {_short(self.terms[~key])} (dt-not-type)"] = None

    # --- small things ------------------------------------------------------------------------------------------------

    def _bound(self) -> Iterator[Clause]:
        """Yield the clauses that data can match."""
        return (clause for clause in self.clauses if clause.axioms and not self._is_schema(clause))

    def _bind(self, rule: Rule, values: Mapping[str, int]) -> Iterator[Clause]:
        return specialise(rule, values, lambda word: self.numbers[constant(word)], self.members)

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

    def _typings(self, relations: Mapping[int, set[Any]]) -> Iterator[tuple[int, int]]:
        return ((one, ~key) for key, rows in relations.items() if key < 0 for one in rows)

    def _conflict(self, rule: str, sentence: str, values: Mapping[str, int]) -> None:
        def told(match: re.Match[str]) -> str:
            return _short(self.terms[int(match[1]) if match[1].isdigit() else values[match[1]]])

        self._conflicts[re.sub(r"{(\w+)}", told, sentence) + f" ({rule})"] = None


class _Chunks:
    """Closes parts of a graph one after another, each on top of one core, and forgets each before the next.

    Let a chunk's *own* nodes be the subjects of its triples.  The caller has to see to it that no two chunks have one in
    common.  A chunk is refused unless its own nodes are unknown to the core, and all its other nodes known to it; so
    no own node of another chunk occurs in it.

    For each relation, `sides` are the places in which a fact of a chunk has an own node: the subject, for those that it
    states; from there they follow the variables of the clauses into heads.  That is a guess, and each fact that a chunk
    entails is held against it: there must be an own node in one of these places.  A fact of a relation that has no such
    place refuses the chunk, as does an axiom, or an equality.

    Then closing the core with each chunk finds the same as closing all together.  Else there would be a first match of
    a clause with facts of two chunks.  `_apart` has seen that in each clause all atoms that chunks can fill have their
    one place taken by one variable.  It would stand for own nodes of two chunks, which have none in common.
    """

    def __init__(self, closing: Closing) -> None:
        self.closing = closing
        self.sides: dict[int, set[int]] | None = {}
        self.filled: set[int] = set()
        asked = {relation(atom) for clause in closing.clauses for atom in clause.body}
        if closing._wanted is None or any(datatypes.known(closing.terms[~key]) for key in asked if key < 0):
            self.sides = None

    def close(self, lines: Iterable[str]) -> list[str] | None:
        """Close a chunk; see Closing.chunk."""
        closing, stated = self.closing, Facts(set)
        if self.sides is None:
            return None
        mark, start, indexes = len(closing.terms), len(closing.rounds), set(closing._indexes)
        plain = closing._load(lines, stated)
        if stated.keys() - self.filled:
            self.filled |= stated.keys()
            self.sides = self._apart()
        try:
            if not plain or self.sides is None or not self._is_new(stated, mark):
                return None
            own = {row if key < 0 else row[0] for key, rows in stated.items() for row in rows}
            closing._run((), closing._commit(stated))
            found = closing.rounds[start + 1 :]
            if not all(self._is_own(key, rows, own) for facts in found for key, rows in facts.items()):
                return None
            closing._check_literals(mark)
            return list(closing._kept(found))
        finally:
            self._forget(mark, start, indexes)

    def independent(self) -> bool:
        """Tell whether no clause joins a fact of a chunk with one of the core; see Closing.independent.

        One that asks for a fact about an own node that no chunk can state never matches: the core does not know it.
        """
        sides = self.sides
        if sides is None:
            return False
        for clause in self.closing._bound():
            owners = self._owners(clause, sides)
            others = [arguments(atom) for atom in clause.body if not sides.get(relation(atom))]
            if owners and others and not any(owners.intersection(told) for told in others):
                return False
        return True

    def _is_new(self, stated: Facts, mark: int) -> bool:
        """Tell whether the subjects are unknown to the core, and everything else but literals known to it."""
        words = self.closing.terms
        own = {row if key < 0 else row[0] for key, rows in stated.items() for row in rows}
        others = range(mark, len(words))
        return all(one >= mark for one in own) and all(one in own or words[one].startswith('"') for one in others)

    def _is_own(self, key: int, rows: set[Any], own: set[int]) -> bool:
        """Tell whether each of these facts has an own node where its relation should have one."""
        sides = (self.sides or {}).get(key, set())
        if key < 0:
            return bool(sides) and rows <= own
        return all(any(row[side] in own for side in sides) for row in rows)

    def _apart(self) -> dict[int, set[int]] | None:
        """Return the sides of relations; None if facts of two chunks may match one clause."""
        sides: defaultdict[int, set[int]] = defaultdict(set, {key: {0} for key in self.filled})
        clauses = list(self.closing._bound())
        size = -1
        while size != (size := sum(map(len, sides.values()))):
            for clause in clauses:
                if clause.head is not None:
                    told = arguments(clause.head)
                    for name in self._owners(clause, sides):
                        sides[relation(clause.head)].update(at for at, one in enumerate(told) if one == name)
        for clause in clauses:
            filled = [atom for atom in clause.body if sides.get(relation(atom))]
            owners = self._owners(clause, sides)
            if len(filled) > 1 and (len(owners) > 1 or any(len(sides[relation(atom)]) > 1 for atom in filled)):
                return None
        return sides

    def _owners(self, clause: Clause, sides: Mapping[int, set[int]]) -> set[Any]:
        """Return what stands, in a clause's body, where own nodes can."""
        return {arguments(atom)[side] for atom in clause.body for side in sides.get(relation(atom), ())}

    def _forget(self, mark: int, start: int, indexes: set[tuple[int, int]]) -> None:
        closing = self.closing
        for found in closing.rounds[start:]:
            for key, rows in found.items():
                closing.facts[key] -= rows
                for side in (side for side in (0, 1) if (side, key) in indexes):
                    index = closing._indexes[side, key]
                    for row in rows:  # what a chunk added stands last
                        index[row[side]].pop()
        for side, key in closing._indexes.keys() - indexes:
            closing._indexes[side, key].clear()
            closing._extend(side, key, closing.facts[key])
        del closing.rounds[start:]
        for term in closing.terms[mark:]:
            del closing.numbers[term]
        del closing.terms[mark:]


class _Made(dict[Any, Any]):
    """A dictionary that makes what is missing."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self._make = make

    def __missing__(self, key: object) -> Any:
        found = self[key] = self._make(key)
        return found


FIRST, REST = 2, 3
_A = constant("a")
_BUILTIN = (f"<{terms.RDF}", f"<{terms.RDFS}", f"<{terms.OWL}")
_OURS = (f"<{terms.ID}", f"<{terms.GBA}")
_ANNOTATIONS = {constant(pattern[0]) for name, pattern in facts() if name == "prp-ap"}
_MAXIMA = {constant("owl:maxCardinality"), constant("owl:maxQualifiedCardinality")}
_LIMITS = (constant("0"), constant("1"))


def _is_axiomatic(term: str) -> bool:
    """Tell whether a predicate or class makes a triple an axiom."""
    return term.startswith(_BUILTIN) and term not in _ANNOTATIONS


def _value(term: str) -> datatypes.Value | None:
    """Return a literal's value, None if it is misspelt; one of an unknown datatype is its own value."""
    if not term.startswith('"'):
        return None
    kind = datatypes.datatype(term)
    return datatypes.value(term) if datatypes.known(kind) else (kind, term)


def _short(term: str) -> str:
    """Return how a sentence names a term."""
    return terms.shorten(NamedNode(term[1:-1])) if term.startswith("<") else "[]" if term.startswith("_:") else term
