"""Clauses as the updates and queries of a store: those of one form in one request.

An ontology makes a thousand clauses of a dozen forms: for all domains, say, `?x ?k0 ?y` gives `?x a ?k1`.  What a query
asks has a table of the constants; what an update matches has them in its text, because a large store that does not begin
with the table goes through all its triples for each row.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple, TypeVar

from gbakg import terms
from gbakg.clauses import SAME, TYPE, Atom, Clause, Name, relation, variables

MOST = 100
"""Rows of constants, or updates, in one request: more make a text that some stores refuse."""

_Item = TypeVar("_Item")
Row = tuple[int, ...]
"""The constants of one clause."""


class Form(NamedTuple):
    """What clauses have in common that differ in their constants; these are the variables k0, k1, ... here."""

    body: tuple[Atom, ...]
    head: Atom | None

    @property
    def constants(self) -> list[str]:
        """The variables that stand for constants, in order."""
        return [f"k{at}" for at in range(len({name for atom in self._atoms() for name in atom if _is_constant(name)}))]

    @property
    def free(self) -> list[str]:
        """The other variables."""
        return [name for name in variables(self._atoms()) if not _is_constant(name)]

    @property
    def open(self) -> str:
        """The subject of the head, if the body knows it as an object only: it may be a literal."""
        subject = self.head[0] if self.head is not None else ""
        known = isinstance(subject, int) or any(atom[0] == subject for atom in self.body)
        return "" if isinstance(subject, int) or known else subject

    def _atoms(self) -> tuple[Atom, ...]:
        return self.body if self.head is None else (*self.body, self.head)


Table = dict[Form, dict[Row, Clause]]


def tabled(clauses: Iterable[Clause]) -> Table:
    """Sort clauses by their form."""
    found: Table = {}
    for clause in clauses:
        names: dict[int, str] = {}

        def name(one: Name, names: dict[int, str] = names) -> Name:
            return one if isinstance(one, str) or one in _SPELT else names.setdefault(one, f"k{len(names)}")

        def atom(one: Atom, name: Callable[[Name], Name] = name) -> Atom:
            return name(one[0]), name(one[1]), name(one[2])

        form = Form(tuple(map(atom, clause.body)), None if clause.head is None else atom(clause.head))
        found.setdefault(form, {})[tuple(names)] = clause
    return found


def due(rows: Mapping[Row, Clause], at: int | None, new: Collection[int], known: Collection[int]) -> list[Row]:
    """Return the rows whose clauses can match: all their atoms are about relations that have facts.

    The atom at a place of the body, unless `at` is None, is about one that has new facts.
    """
    return [
        row
        for row, clause in rows.items()
        if all(relation(atom) in (new if place == at else known) for place, atom in enumerate(clause.body))
    ]


def rule(form: Form) -> bool:
    """Tell whether a store can be left to add what a form finds: all but that two terms are equal."""
    return form.head is not None and form.head[1] != SAME


def most(table: Table) -> int:
    """Return how many requests a round may take."""
    return sum(
        max(1, len(form.body)) * len(list(batches(grouped(form, rows)))) for form, rows in table.items() if rule(form)
    )


def grouped(form: Form, rows: Iterable[Row]) -> list[list[Row]]:
    """Put rows together whose clauses have the same body."""
    found: dict[Row, list[Row]] = {}
    own = [int(name[1:]) for name in Form(form.body, None).constants]  # the first ones
    for row in rows:
        found.setdefault(tuple(row[at] for at in own), []).append(row)
    return list(found.values())


def batches(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    """Cut what is to be asked into requests."""
    rest = iter(items)
    while batch := list(islice(rest, MOST)):
        yield batch


class Writer:
    """Writes requests: `term` spells a constant, `graphs` are all that hold facts, the newest last."""

    def __init__(self, term: Callable[[int], str], graphs: Sequence[str]) -> None:
        self._term = term
        self._graphs = graphs

    def insertions(self, form: Form, groups: Iterable[Sequence[Row]], at: int | None, into: str) -> str:
        """Write the updates that add to a graph what clauses find and no graph has, but for what is said of literals.

        The atom at a place of the body, unless `at` is None, is matched in the newest graph only.
        """
        return " ;\n".join(self._insertion(form, rows, at, into) for rows in groups)

    def _insertion(self, form: Form, rows: Sequence[Row], at: int | None, into: str) -> str:
        """Write one update, for rows that have the same body."""
        own = form.constants if self._alone(form, rows) else Form(form.body, None).constants
        known = dict(zip(own, map(self._term, rows[0]), strict=False))
        rest = form.constants[len(own) :]
        head = _written(form.head, known) if form.head is not None else ""
        source = " ".join(f"USING <{graph}>" for graph in self._graphs)
        body = [_written(atom, known) for atom in form.body]
        if at is not None:
            source += f" USING NAMED <{self._graphs[-1]}>"
            body.insert(0, f"GRAPH <{self._graphs[-1]}> {{ {body.pop(at)} }}")
        values = (
            f"VALUES ({_names(rest)}) {{ {' '.join(self._row(row[len(own) :]) for row in rows)} }} " if rest else ""
        )
        no = f" FILTER(!isLiteral(?{form.open}))" if form.open else ""
        return (
            f"INSERT {{ GRAPH <{into}> {{ {head} }} }} {source} "
            f"WHERE {{ {' . '.join(body)} {values}{no} FILTER NOT EXISTS {{ {head} }} }}"
        )

    def selection(self, form: Form, rows: Sequence[Row], names: Sequence[str], condition: str = "") -> str:
        """Write the query for variables where clauses match under a condition; ?row counts the rows, from 0.

        A single row needs no table.
        """
        known = dict(zip(form.constants, map(self._term, rows[0]), strict=True)) if self._alone(form, rows) else {}
        table = [] if known else form.constants
        values = " ".join(
            f"({' '.join([str(at), *(map(self._term, row) if table else [])])})" for at, row in enumerate(rows)
        )
        body = " . ".join(_written(atom, known) for atom in form.body)
        return (
            f"SELECT DISTINCT {_names(['row', *names])} {self.sources} "
            f"WHERE {{ VALUES ({_names(['row', *table])}) {{ {values} }} {body} {condition} }}"
        )

    @property
    def sources(self) -> str:
        """The graphs as a query names them."""
        return " ".join(f"FROM <{graph}>" for graph in self._graphs)

    def _alone(self, form: Form, rows: Sequence[Row]) -> bool:
        """Tell whether constants need no table; what has to be no literal stands in one."""
        return len(rows) == 1 and form.open not in form.constants

    def _row(self, row: Row) -> str:
        return f"({' '.join(map(self._term, row))})"


_SPELT = {TYPE: str(terms.TYPE), SAME: str(terms.OWL.term("sameAs"))}


def _written(atom: Atom, known: Mapping[str, str]) -> str:
    return " ".join(known.get(name, f"?{name}") if isinstance(name, str) else _SPELT[name] for name in atom)


def _names(names: Iterable[str]) -> str:
    return " ".join(f"?{name}" for name in names)


def _is_constant(name: Name) -> bool:
    return isinstance(name, str) and name[0] == "k" and name[1:].isdigit()
