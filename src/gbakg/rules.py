"""The rules of OWL 2 RL/RDF as the specification tables them, and the two texts that each compiles to.

OWL 2 Web Ontology Language Profiles (second edition), section 4.3, tables 4 to 7 and 9; table 8 is `datatypes`:
https://www.w3.org/TR/owl2-profiles/#Reasoning_in_OWL_2_RL_and_RDF_Graphs_using_Rules

A row is a rule: its name, the premises that are axioms, the premises that are data, the conclusion.  Binding the first
to a graph's own axioms leaves a clause, in which every predicate and class is a constant.  A clause compiles to a set
comprehension over integers, which is what `closing` runs, or to SPARQL, which any store runs.  Lists are unrolled when
the axioms are bound: `?l has ?c` takes each member, twice `has` each pair, and `all`, `chain` and `key` every member.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache
from itertools import combinations
from typing import Any, NamedTuple

from gbakg import terms

Name = str | int
"""What stands in a pattern: a variable, by its name, or a constant, by its number."""
Atom = tuple[Name, Name, Name]
Pattern = tuple[str, str, str]

TYPE, SAME = 0, 1
"""The numbers of rdf:type and owl:sameAs."""

TABLE_4 = """
eq-sym   | ?x owl:sameAs ?y | | ?y owl:sameAs ?x
eq-trans | ?x owl:sameAs ?y . ?y owl:sameAs ?z | | ?x owl:sameAs ?z
eq-diff1 | | ?x owl:sameAs ?y . ?x owl:differentFrom ?y | false: {x} and {y} are both the same and different
eq-diff1 | | ?x owl:differentFrom ?x | false: {x} is different from itself
eq-diff2 | ?x a owl:AllDifferent . ?x owl:members ?l . ?l has ?y . ?l has ?z | ?y owl:sameAs ?z | \
           false: {y} and {z} are the same, and all different
eq-diff3 | ?x a owl:AllDifferent . ?x owl:distinctMembers ?l . ?l has ?y . ?l has ?z | ?y owl:sameAs ?z | \
           false: {y} and {z} are the same, and all different
"""
"""The semantics of equality, all but eq-ref, eq-rep-s, eq-rep-p and eq-rep-o, which hold of any predicate."""

TABLE_5 = """
prp-dom  | ?p rdfs:domain ?c | ?x ?p ?y | ?x a ?c
prp-rng  | ?p rdfs:range ?c | ?x ?p ?y | ?y a ?c
prp-fp   | ?p a owl:FunctionalProperty | ?x ?p ?y1 . ?x ?p ?y2 | ?y1 owl:sameAs ?y2
prp-ifp  | ?p a owl:InverseFunctionalProperty | ?x1 ?p ?y . ?x2 ?p ?y | ?x1 owl:sameAs ?x2
prp-irp  | ?p a owl:IrreflexiveProperty | ?x ?p ?x | false: irreflexive {p} holds from {x} to itself
prp-symp | ?p a owl:SymmetricProperty | ?x ?p ?y | ?y ?p ?x
prp-asyp | ?p a owl:AsymmetricProperty | ?x ?p ?y . ?y ?p ?x | false: asymmetric {p} holds both ways of {y} and {x}
prp-trp  | ?p a owl:TransitiveProperty | ?x ?p ?y . ?y ?p ?z | ?x ?p ?z
prp-spo1 | ?p rdfs:subPropertyOf ?q | ?x ?p ?y | ?x ?q ?y
prp-spo2 | ?p owl:propertyChainAxiom ?l | ?x chain(?l) ?y | ?x ?p ?y
prp-eqp1 | ?p owl:equivalentProperty ?q | ?x ?p ?y | ?x ?q ?y
prp-eqp2 | ?p owl:equivalentProperty ?q | ?x ?q ?y | ?x ?p ?y
prp-pdw  | ?p owl:propertyDisjointWith ?q | ?x ?p ?y . ?x ?q ?y | \
           false: disjoint {p} and {q} both hold from {x} to {y}
prp-adp  | ?d a owl:AllDisjointProperties . ?d owl:members ?l . ?l has ?p . ?l has ?q | ?x ?p ?y . ?x ?q ?y | \
           false: disjoint {p} and {q} both hold from {x} to {y}
prp-inv1 | ?p owl:inverseOf ?q | ?x ?p ?y | ?y ?q ?x
prp-inv2 | ?p owl:inverseOf ?q | ?x ?q ?y | ?y ?p ?x
prp-key  | ?c owl:hasKey ?l | ?x a ?c . ?x key(?l) ?y . ?y a ?c | ?x owl:sameAs ?y
prp-npa1 | ?n owl:sourceIndividual ?x . ?n owl:assertionProperty ?p . ?n owl:targetIndividual ?y | ?x ?p ?y | \
           false: {p} holds from {x} to {y}, which is denied
prp-npa2 | ?n owl:sourceIndividual ?x . ?n owl:assertionProperty ?p . ?n owl:targetValue ?y | ?x ?p ?y | \
           false: {p} holds from {x} to {y}, which is denied
"""
"""The semantics of axioms about properties; prp-ap is in FACTS."""

TABLE_6 = """
cls-nothing2 | | ?x a owl:Nothing | false: owl:Nothing has the member {x}
cls-int1   | ?c owl:intersectionOf ?l | ?y a all(?l) | ?y a ?c
cls-int2   | ?c owl:intersectionOf ?l . ?l has ?d | ?y a ?c | ?y a ?d
cls-uni    | ?c owl:unionOf ?l . ?l has ?d | ?y a ?d | ?y a ?c
cls-com    | ?c owl:complementOf ?d | ?x a ?c . ?x a ?d | false: {c} and its complement {d} share the member {x}
cls-svf1   | ?c owl:someValuesFrom ?d . ?c owl:onProperty ?p | ?u ?p ?v . ?v a ?d | ?u a ?c
cls-svf2   | ?c owl:someValuesFrom owl:Thing . ?c owl:onProperty ?p | ?u ?p ?v | ?u a ?c
cls-avf    | ?c owl:allValuesFrom ?d . ?c owl:onProperty ?p | ?u a ?c . ?u ?p ?v | ?v a ?d
cls-hv1    | ?c owl:hasValue ?y . ?c owl:onProperty ?p | ?u a ?c | ?u ?p ?y
cls-hv2    | ?c owl:hasValue ?y . ?c owl:onProperty ?p | ?u ?p ?y | ?u a ?c
cls-maxc1  | ?c owl:maxCardinality 0 . ?c owl:onProperty ?p | ?u a ?c . ?u ?p ?y | \
             false: {c} allows no {p}, and there is one from its member {u}
cls-maxc2  | ?c owl:maxCardinality 1 . ?c owl:onProperty ?p | ?u a ?c . ?u ?p ?y . ?u ?p ?z | ?y owl:sameAs ?z
cls-maxqc1 | ?c owl:maxQualifiedCardinality 0 . ?c owl:onProperty ?p . ?c owl:onClass ?d | \
             ?u a ?c . ?u ?p ?y . ?y a ?d | false: {c} allows no {p} to a {d}, and there is one from its member {u}
cls-maxqc2 | ?c owl:maxQualifiedCardinality 0 . ?c owl:onProperty ?p . ?c owl:onClass owl:Thing | \
             ?u a ?c . ?u ?p ?y | false: {c} allows no {p}, and there is one from its member {u}
cls-maxqc3 | ?c owl:maxQualifiedCardinality 1 . ?c owl:onProperty ?p . ?c owl:onClass ?d | \
             ?u a ?c . ?u ?p ?y . ?y a ?d . ?u ?p ?z . ?z a ?d | ?y owl:sameAs ?z
cls-maxqc4 | ?c owl:maxQualifiedCardinality 1 . ?c owl:onProperty ?p . ?c owl:onClass owl:Thing | \
             ?u a ?c . ?u ?p ?y . ?u ?p ?z | ?y owl:sameAs ?z
cls-oo     | ?c owl:oneOf ?l . ?l has ?y | | ?y a ?c
"""
"""The semantics of classes; cls-thing and cls-nothing1 are in FACTS."""

TABLE_7 = """
cax-sco  | ?c rdfs:subClassOf ?d | ?x a ?c | ?x a ?d
cax-eqc1 | ?c owl:equivalentClass ?d | ?x a ?c | ?x a ?d
cax-eqc2 | ?c owl:equivalentClass ?d | ?x a ?d | ?x a ?c
cax-dw   | ?c owl:disjointWith ?d | ?x a ?c . ?x a ?d | false: disjoint {c} and {d} share the member {x}
cax-adc  | ?a a owl:AllDisjointClasses . ?a owl:members ?l . ?l has ?c . ?l has ?d | ?x a ?c . ?x a ?d | \
           false: disjoint {c} and {d} share the member {x}
"""
"""The semantics of class axioms."""

TABLE_9 = """
scm-cls  | ?c a owl:Class | | ?c rdfs:subClassOf ?c . ?c owl:equivalentClass ?c . ?c rdfs:subClassOf owl:Thing . \
                              owl:Nothing rdfs:subClassOf ?c
scm-sco  | ?c rdfs:subClassOf ?d . ?d rdfs:subClassOf ?e | | ?c rdfs:subClassOf ?e
scm-eqc1 | ?c owl:equivalentClass ?d | | ?c rdfs:subClassOf ?d . ?d rdfs:subClassOf ?c
scm-eqc2 | ?c rdfs:subClassOf ?d . ?d rdfs:subClassOf ?c | | ?c owl:equivalentClass ?d
scm-op   | ?p a owl:ObjectProperty | | ?p rdfs:subPropertyOf ?p . ?p owl:equivalentProperty ?p
scm-dp   | ?p a owl:DatatypeProperty | | ?p rdfs:subPropertyOf ?p . ?p owl:equivalentProperty ?p
scm-spo  | ?p rdfs:subPropertyOf ?q . ?q rdfs:subPropertyOf ?r | | ?p rdfs:subPropertyOf ?r
scm-eqp1 | ?p owl:equivalentProperty ?q | | ?p rdfs:subPropertyOf ?q . ?q rdfs:subPropertyOf ?p
scm-eqp2 | ?p rdfs:subPropertyOf ?q . ?q rdfs:subPropertyOf ?p | | ?p owl:equivalentProperty ?q
scm-dom1 | ?p rdfs:domain ?c . ?c rdfs:subClassOf ?d | | ?p rdfs:domain ?d
scm-dom2 | ?q rdfs:domain ?c . ?p rdfs:subPropertyOf ?q | | ?p rdfs:domain ?c
scm-rng1 | ?p rdfs:range ?c . ?c rdfs:subClassOf ?d | | ?p rdfs:range ?d
scm-rng2 | ?q rdfs:range ?c . ?p rdfs:subPropertyOf ?q | | ?p rdfs:range ?c
scm-hv   | ?c owl:hasValue ?i . ?c owl:onProperty ?p . ?d owl:hasValue ?i . ?d owl:onProperty ?q . \
           ?p rdfs:subPropertyOf ?q | | ?c rdfs:subClassOf ?d
scm-svf1 | ?c owl:someValuesFrom ?y . ?c owl:onProperty ?p . ?d owl:someValuesFrom ?z . ?d owl:onProperty ?p . \
           ?y rdfs:subClassOf ?z | | ?c rdfs:subClassOf ?d
scm-svf2 | ?c owl:someValuesFrom ?y . ?c owl:onProperty ?p . ?d owl:someValuesFrom ?y . ?d owl:onProperty ?q . \
           ?p rdfs:subPropertyOf ?q | | ?c rdfs:subClassOf ?d
scm-avf1 | ?c owl:allValuesFrom ?y . ?c owl:onProperty ?p . ?d owl:allValuesFrom ?z . ?d owl:onProperty ?p . \
           ?y rdfs:subClassOf ?z | | ?c rdfs:subClassOf ?d
scm-avf2 | ?c owl:allValuesFrom ?y . ?c owl:onProperty ?p . ?d owl:allValuesFrom ?y . ?d owl:onProperty ?q . \
           ?p rdfs:subPropertyOf ?q | | ?d rdfs:subClassOf ?c
scm-int  | ?c owl:intersectionOf ?l . ?l has ?d | | ?c rdfs:subClassOf ?d
scm-uni  | ?c owl:unionOf ?l . ?l has ?d | | ?d rdfs:subClassOf ?c
"""
"""The semantics of schema vocabulary."""

FACTS = """
cls-thing    | owl:Thing a owl:Class
cls-nothing1 | owl:Nothing a owl:Class
prp-ap       | rdfs:label a owl:AnnotationProperty
prp-ap       | rdfs:comment a owl:AnnotationProperty
prp-ap       | rdfs:seeAlso a owl:AnnotationProperty
prp-ap       | rdfs:isDefinedBy a owl:AnnotationProperty
prp-ap       | owl:deprecated a owl:AnnotationProperty
prp-ap       | owl:versionInfo a owl:AnnotationProperty
prp-ap       | owl:priorVersion a owl:AnnotationProperty
prp-ap       | owl:backwardCompatibleWith a owl:AnnotationProperty
prp-ap       | owl:incompatibleWith a owl:AnnotationProperty
"""
"""The rules without premises of tables 5 and 6."""


class Rule(NamedTuple):
    """A row of a table: patterns of three words, and conclusions or a sentence that says what is inconsistent."""

    name: str
    axioms: tuple[Pattern, ...]
    data: tuple[Pattern, ...]
    heads: tuple[Pattern, ...]
    conflict: str


class Clause(NamedTuple):
    """A rule bound to axioms: every predicate is a constant.  It has no head if it finds an inconsistency."""

    rule: str
    axioms: tuple[tuple[int, int, int], ...]
    body: tuple[Atom, ...]
    head: Atom | None
    conflict: str = ""


def rules() -> Iterator[Rule]:
    """Yield the rules of tables 4, 5, 6, 7 and 9."""
    for name, axioms, data, conclusion in _rows(TABLE_4, TABLE_5, TABLE_6, TABLE_7, TABLE_9):
        heads, _, conflict = conclusion.partition("false: ")
        yield Rule(name, _patterns(axioms), _patterns(data), _patterns(heads), conflict)


def facts() -> Iterator[tuple[str, Pattern]]:
    """Yield the rules that have no premise, as name and conclusion."""
    for name, conclusion in _rows(FACTS):
        yield name, _patterns(conclusion)[0]


def constant(word: str) -> str:
    """Return the term that a word of a pattern stands for, unless it is a variable, as N-Triples spell it."""
    if word.isdigit():
        return f'"{word}"^^<{terms.XSD}nonNegativeInteger>'
    prefix, _, local = ("rdf:type" if word == "a" else word).partition(":")
    return f"<{terms.PREFIXES[prefix]}{local}>"


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


# --- a clause as a set comprehension ---------------------------------------------------------------------------------


def comprehension(body: Sequence[Atom], first: int, result: Sequence[Name]) -> tuple[str, list[tuple[str, int]]]:
    """Write the text of a function that joins a set `D`, for the first atom, with the relations of the others.

    Returns the text, and what its parameters k0, k1, ... stand for: `constant` and a number, or the `facts` of a
    relation, or these `by subject` or `by object`.  The same text serves all clauses of one form.
    """
    slots: list[tuple[str, int]] = []
    bound: set[str] = set()
    rest = [atom for at, atom in enumerate(body) if at != first]

    def slot(kind: str, number: int) -> str:
        slots.append((kind, number))
        return f"k{len(slots) - 1}"

    def word(name: Name) -> str:
        return slot("constant", name) if isinstance(name, int) else name

    def known(name: Name) -> bool:
        return isinstance(name, int) or name in bound

    def scan(atom: Atom, source: str) -> str:
        names: list[str] = []
        tests: list[str] = []
        for name in arguments(atom):
            fresh = known(name) or name in names
            names.append(f"_{len(slots)}_{len(names)}" if fresh else str(name))
            tests += [f" if {names[-1]} == {word(name)}"] if fresh else []
        return f" for {', '.join(names)} in {source}{''.join(tests)}"

    def look(atom: Atom) -> str:
        number, names = relation(atom), arguments(atom)
        if all(known(name) for name in names):
            told = ", ".join(word(name) for name in names)
            return f" if {f'({told})' if len(names) == 2 else told} in {slot('facts', number)}"
        if known(names[0]):
            return f" for {names[1]} in {slot('by subject', number)}.get({word(names[0])}, ())"
        if len(names) == 2 and known(names[1]):
            return f" for {names[0]} in {slot('by object', number)}.get({word(names[1])}, ())"
        return scan(atom, slot("facts", number))

    same = all(arguments(atom) == tuple(result) for atom in body) and len(set(result)) == len(result)
    if same and all(isinstance(name, str) for name in result):
        return " & ".join(["D", *(slot("facts", relation(atom)) for atom in rest)]), slots
    text = scan(body[first], "D")
    bound.update(name for name in arguments(body[first]) if isinstance(name, str))
    while rest:
        best = max(rest, key=lambda atom: sum(known(name) for name in arguments(atom)) / len(arguments(atom)))
        rest.remove(best)
        text += look(best)
        bound.update(name for name in arguments(best) if isinstance(name, str))
    told = ", ".join(word(name) for name in result)
    return f"{{{told if len(result) == 1 else f'({told})'}{text}}}", slots


@cache
def function(text: str, slots: int) -> Callable[..., Callable[[Collection[Any]], set[Any]]]:
    """Compile what `comprehension` wrote; its text holds nothing but names and numbers made there."""
    made: Callable[..., Callable[[Collection[Any]], set[Any]]]
    made = eval(f"lambda {', '.join(f'k{at}' for at in range(slots))}: lambda D: {text}")  # noqa: S307
    return made


# --- a clause as SPARQL ----------------------------------------------------------------------------------------------


def sparql(clause: Clause, term: Callable[[int], str]) -> str:
    """Write a clause as a CONSTRUCT of what it adds, or as a SELECT of what it finds inconsistent.

    Raises ValueError for a clause about a blank node, which in a query would be a variable.
    """
    if any(
        isinstance(name, int) and term(name).startswith("_:")
        for atom in (*clause.body, clause.head or ())
        for name in atom
    ):
        raise ValueError(f"a clause of {clause.rule} is about a blank node: give the class an IRI")
    body = " . ".join(_written(atom, term) for atom in clause.body)
    if clause.head is None:
        return f"SELECT * WHERE {{ {body} }}"
    head = _written(clause.head, term)
    return f"CONSTRUCT {{ {head} }} WHERE {{ {body} FILTER NOT EXISTS {{ {head} }} }}"


def _written(atom: Atom, term: Callable[[int], str]) -> str:
    return " ".join(f"?{name}" if isinstance(name, str) else term(name) for name in atom)


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


def _rows(*tables: str) -> Iterator[list[str]]:
    for table in tables:
        for line in table.strip().splitlines():
            yield [cell.strip() for cell in line.split("|")]


def _patterns(cell: str) -> tuple[Pattern, ...]:
    found = []
    for part in filter(None, cell.split(" . ")):
        subject, predicate, object_ = part.split()
        found.append((subject, predicate, object_))
    return tuple(found)
