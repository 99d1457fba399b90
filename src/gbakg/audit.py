"""What is inconsistent in a graph that was closed at a store, and what the rules could not see there.

A store takes no literal for a subject, and no term for another, as `identity` does.  Where that would lead to something,
it is refused by the name of the rule; where it only contradicts something, it is told as `identity` tells it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gbakg import datatypes, terms
from gbakg.clauses import SAME, TYPE, Clause, relation
from gbakg.engine import Term, select
from gbakg.identity import short
from gbakg.saturation import Saturation, refused
from gbakg.updates import Form, batches, due


def inconsistencies(closed: Saturation) -> tuple[str, ...]:
    """Return a sentence for each inconsistency, sorted, as Closing.inconsistencies does.

    Raises InputError where two terms are equal, or where a rule would find something of a literal.
    """
    audit = _Audit(closed)
    audit.equality()
    audit.literals()
    audit.contradictions()
    audit.spelling()
    return closed.closing.inconsistencies()


class _Audit:
    """Asks a closed graph, and lets the `closing` that the rules came from word what it says."""

    def __init__(self, closed: Saturation) -> None:
        self.closed, self.closing = closed, closed.closing
        self.writer = closed.writer()
        asked = f"SELECT DISTINCT ?p {self.writer.sources} WHERE {{ ?s ?p ?o FILTER(isLiteral(?o)) }}"
        self.texts = {self.closing.numbers.get(str(one)) for (one,) in select(closed.engine, asked)}
        """The properties that have literals."""

    def asked(
        self, form: Form, names: Sequence[str], condition: str = "", literal: str = ""
    ) -> Iterator[tuple[Clause, list[str]]]:
        """Yield the clauses of a form that match under a condition, with the values of variables; one is to be a `literal`.

        Clauses about properties are asked one by one, for the reason that updates are written as they are.
        """
        rows = self.closed.table[form]
        matching = due(rows, None, (), self.closed.known)
        if literal:
            matching = [row for row in matching if self._may_hold_literals(rows[row], literal)]
            condition += f" FILTER(isLiteral(?{literal}))"
        alone = any(atom[1] != TYPE for atom in form.body)
        for batch in [[row] for row in matching] if alone else batches(matching):
            for at, *values in select(self.closed.engine, self.writer.selection(form, batch, names, condition)):
                yield rows[batch[_number(at)]], [self.closed.word(one) for one in values if one is not None]

    def _may_hold_literals(self, clause: Clause, name: str) -> bool:
        """Tell whether a variable of a clause is the object of a property that has literals."""
        found = [relation(atom) for atom in clause.body if atom[2] == name]
        return all(key in self.texts for key in found)

    def contradictions(self) -> None:
        """Find what the rules find that conclude `false`."""
        for form in (form for form in self.closed.table if form.head is None):
            for clause, values in self.asked(form, form.free):
                told = self.closing.sentence(clause, dict(zip(form.free, values, strict=True)))
                self.closing.conflicts[told] = None

    def equality(self) -> None:
        """Refuse two things that are equal; find literals that would have to be."""
        for pair in self.closing.facts[SAME]:
            raise refused(f"{self._both(*(self.closing.terms[one] for one in pair))} (eq-rep)")
        for form in self.closed.table:
            if form.head is None or form.head[1] != SAME:
                continue
            pair = [str(form.head[0]), str(form.head[2])]
            other = f"FILTER(!sameTerm(?{pair[0]}, ?{pair[1]}))"
            literal = f"isLiteral(?{pair[0]}) && isLiteral(?{pair[1]})"
            for clause, values in self.asked(form, pair, f"{other} FILTER(!({literal})) "):
                raise refused(f"{self._both(*values)} ({clause.rule})")
            for _, values in self.asked(form, pair, f"{other} FILTER({literal})"):
                self.closing.equatable(*(self.closing.numbers[value] for value in values))

    def _both(self, one: str, other: str) -> str:
        return f"{short(one)} and {short(other)} are the same"

    def literals(self) -> None:
        """Find what is inconsistent of a literal that is said to be of a class; refuse what else would follow from it."""
        for form in self.closed.table:
            if not form.open or form.head is None or form.head[1] == SAME:
                continue
            for clause, _ in list(self.asked(form, [], literal=form.open)):
                key = relation(clause.head) if clause.head is not None else 0
                name = self.closing.terms[max(key, ~key)]
                rule, asked = self._following(key)
                if rule:
                    raise refused(f"{clause.rule} says {short(name)} of a literal, and {rule} asks for that")
                if asked or (datatypes.known(name) and name != str(terms.RDFS.term("Literal"))):
                    self._members(form, key, name)
        self.closing.run(self.closing.commit())

    def _following(self, key: int) -> tuple[str, bool]:
        """Tell what follows from facts of a relation about literals.

        Returns a rule that joins them with others, which is not done here, and whether there is one at all.
        """
        clauses = [clause for rows in self.closed.table.values() for clause in rows.values()]
        keys, asked = {key}, False
        while True:
            more: set[int] = set()
            for clause in (one for one in clauses if any(relation(atom) in keys for atom in one.body)):
                asked = True
                head = relation(clause.head) if clause.head is not None else -1
                if head >= 0 or any(relation(atom) >= 0 or atom[0] != clause.body[0][0] for atom in clause.body):
                    return clause.rule, asked
                more |= {head} if clause.head is not None else set()
            if more <= keys:
                return "", asked
            keys |= more

    def _members(self, form: Form, key: int, class_: str) -> None:
        """Take up the literals that are said to be of a class, but for those whose datatype it is."""
        condition = f"FILTER(DATATYPE(?{form.open}) != {class_})"
        for clause, (value,) in self.asked(form, [form.open], condition, form.open):
            if clause.head is not None and relation(clause.head) == key:
                self.closing.found[key].add(self.closing.numbers[value])

    def spelling(self) -> None:
        """Find the literals, of properties that clauses speak of, that are not written as their datatype demands."""
        wanted = self.closing.wanted
        found = {key for key in self.closed.known & self.texts if wanted is None or key in wanted}
        known = " || ".join(f"DATATYPE(?o) = {one}" for one in datatypes.every() if one not in _ANY)
        plain = " || ".join(f'(DATATYPE(?o) = {one} && REGEX(STR(?o), "{form}"))' for one, form in _PLAIN.items())
        for key in sorted(found):
            pattern = f"?s {self.closed.term(key)} ?o FILTER(isLiteral(?o) && ({known}) && !({plain}))"
            asked = f"SELECT DISTINCT ?o {self.writer.sources} WHERE {{ {pattern} }}"
            for (literal,) in select(self.closed.engine, asked):
                _ = self.closing.numbers[str(literal)]  # which takes it up
        self.closing.check_literals(0)


def _number(term: Term | None) -> int:
    return int(str(getattr(term, "value", "")))


_ANY = {str(one) for one in (terms.XSD.term("string"), terms.RDF.term("langString"))}
"""What is written as one pleases."""
_PLAIN = {
    str(terms.XSD.term("anyURI")): "^https?://[A-Za-z0-9._~/?&=#%+,;:@!()-]*$",
    str(terms.XSD.term("boolean")): "^(true|false)$",
    str(terms.XSD.term("decimal")): "^-?[0-9]+([.][0-9]+)?$",
    str(terms.XSD.term("integer")): "^-?[0-9]+$",
}
"""Forms that are right at a glance; what is written otherwise is looked at here."""
