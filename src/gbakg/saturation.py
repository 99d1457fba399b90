"""A graph that is closed where it lives: the rules run as updates of its store, and nothing is downloaded.

Evaluation is semi-naive, as in `fixpoint`: each round writes a graph of its own, and joins what the last one found with
all there is.  These graphs are in no reader's way; what is kept of them joins the others in one update at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pyoxigraph import BlankNode, Literal

from gbakg import terms
from gbakg.closing import Closing, is_axiomatic
from gbakg.engine import Engine, Term, select
from gbakg.errors import InputError, Problem
from gbakg.progress import Say
from gbakg.updates import Table, Writer, batches, due, grouped, rule, tabled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol
else:
    Protocol = object  # as that of Engine


class Updatable(Engine, Protocol):
    """An engine that takes updates."""

    def update(self, sparql: str) -> None:
        """Run an update."""


class Saturation:
    """The closure of a graph in graphs beside it, whose IRIs begin with `staging`.

    `axioms` are lines of N-Triples; the axioms that the graph itself states are read too.  Raises InputError if one of
    these has a blank node, or if a rule takes axioms, or literals by their datatype, for data.
    """

    def __init__(self, engine: Updatable, graph: str, staging: str, axioms: Iterable[str], say: Say) -> None:
        self.engine = engine
        self.graphs = [graph]
        self.updates = 0
        """How many requests the rules have taken."""
        self._staging, self._say = staging, say
        self._skolem = f"<{staging}#"
        self.closing = Closing([*axioms, *self._stated()])
        try:
            self.table: Table = tabled(self.closing.asked())
        except ValueError as error:
            raise refused(str(error)) from error
        self._numbers = {self.term(number): number for number in range(len(self.closing.terms))}
        self.known: set[int] = set()
        """The relations that have facts, as clauses number them."""

    def run(self) -> int:
        """Run the rules until they find no more; return how many triples they found."""
        rules = {form: rows for form, rows in self.table.items() if rule(form)}
        new = self.known = self._relations(self.graphs[0])
        total = 0
        while True:
            writer, into = self.writer(), self._round(len(self.graphs))
            self.engine.update(f"DROP SILENT GRAPH <{into}>")
            for form, rows in rules.items():
                for at in [None] if len(self.graphs) == 1 else range(len(form.body)):
                    for batch in batches(grouped(form, due(rows, at, new, self.known))):
                        self.engine.update(writer.insertions(form, batch, at, into))
                        self.updates += 1
            count = self._count(f"GRAPH <{into}> {{ ?s ?p ?o }}")
            if not count:
                return total
            self._say(f"round {len(self.graphs)}: {count:,} triples found")
            total += count
            self.graphs.append(into)
            new = self._relations(into)
            self.known |= new

    def kept(self) -> int:
        """Count what was found and is worth keeping (reason.kept)."""
        return self._count(self._keeping(), f"{self._found('FROM')} ") if len(self.graphs) > 1 else 0

    def keep(self, into: str) -> None:
        """Add what is worth keeping to a graph, the default graph if it has no name, in one update."""
        target = f"GRAPH <{into}> {{ ?s ?p ?o }}" if into else "?s ?p ?o"
        if len(self.graphs) > 1:
            self.engine.update(f"INSERT {{ {target} }} {self._found('USING')} WHERE {{ {self._keeping()} }}")

    def drop(self) -> None:
        """Remove the graphs of the rounds, also those that one that broke off has left."""
        count = len(self.graphs)
        while self._count(f"GRAPH <{self._round(count)}> {{ ?s ?p ?o }}"):
            count += 1
        for number in range(count, 0, -1):  # the last first, so that what is left will be found again
            self.engine.update(f"DROP SILENT GRAPH <{self._round(number)}>")

    # --- terms -------------------------------------------------------------------------------------------------------

    def writer(self) -> Writer:
        """Return what writes requests to all graphs."""
        return Writer(self.term, self.graphs)

    def term(self, number: int) -> str:
        """Return how requests spell a term; a blank node of the ontology, which none can name, gets an IRI."""
        word = self.closing.terms[number]
        return f"{self._skolem}{word[2:]}>" if word.startswith("_:") else word

    def word(self, term: Term) -> str:
        """Return how the ontology spells a term of an answer."""
        word = str(term)
        return f"_:{word[len(self._skolem) : -1]}" if word.startswith(self._skolem) else word

    # --- asking ------------------------------------------------------------------------------------------------------

    def _stated(self) -> Iterator[str]:
        """Yield the axioms that the graph states."""
        source = f"FROM <{self.graphs[0]}>"
        for name, pattern in (("p", "?s ?p ?o"), ("o", f"?s {terms.TYPE} ?o")):
            every = self._column(f"SELECT DISTINCT ?{name} {source} WHERE {{ {pattern} }}")
            found = [str(one) for one in every if is_axiomatic(str(one)) and (name == "o" or one != terms.TYPE)]
            if not found:
                continue
            values = f"VALUES ?{name} {{ {' '.join(found)} }}"
            asked = f"SELECT ?s (?{name} AS ?about) ?o {source} WHERE {{ {values} {pattern} }}"
            for subject, about, object_ in select(self.engine, asked):
                if isinstance(subject, BlankNode) or isinstance(object_, BlankNode):
                    raise refused(f"the graph has an axiom with a blank node, {subject} {about} {object_}")
                yield f"{subject} {about if name == 'p' else terms.TYPE} {object_} ."

    def _relations(self, graph: str) -> set[int]:
        """Return the relations that have facts in a graph, of those that clauses speak of."""
        source = f"FROM <{graph}>"
        predicates = self._column(f"SELECT DISTINCT ?p {source} WHERE {{ ?s ?p ?o }}")
        classes = self._column(f"SELECT DISTINCT ?c {source} WHERE {{ ?s {terms.TYPE} ?c }}")
        found = {self._numbers[str(one)] for one in predicates if str(one) in self._numbers}
        return found | {~self._numbers[str(one)] for one in classes if str(one) in self._numbers}

    def _column(self, sparql: str) -> list[Term]:
        return [row[0] for row in select(self.engine, sparql) if row[0] is not None]

    def _count(self, pattern: str, source: str = "") -> int:
        (found,) = self._column(f"SELECT (COUNT(*) AS ?count) {source}WHERE {{ {pattern} }}")
        return int(found.value) if isinstance(found, Literal) else 0

    def _round(self, number: int) -> str:
        return f"{self._staging}/{number}"

    def _found(self, verb: str) -> str:
        return " ".join(f"{verb} <{graph}>" for graph in self.graphs[1:])

    def _keeping(self) -> str:
        ours = _starts("s", (terms.ID, terms.GBA))
        builtin = (terms.RDF, terms.RDFS, terms.OWL)
        class_ = f"?p = {terms.TYPE} && isIRI(?o) && !({_starts('o', builtin)})"
        return (
            f"?s ?p ?o FILTER({ours}) FILTER(!sameTerm(?s, ?o) && !isBlank(?o)) "
            f"FILTER(!({_starts('o', [self._skolem[1:]])}) && (!({_starts('p', builtin)}) || ({class_})))"
        )


def refused(why: str) -> InputError:
    """Return what to raise where a store cannot be left to reason by itself."""
    return InputError([Problem("", f"{why}: no store can be left to close such a graph; build it here, and push it")])


def _starts(name: str, beginnings: Sequence[str]) -> str:
    return " || ".join(f'STRSTARTS(STR(?{name}), "{one}")' for one in beginnings)
