"""A graph looked up by subject and predicate, and the paths that SHACL writes into graphs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from pyoxigraph import BlankNode, NamedNode, Triple

from gbakg import terms
from gbakg.engine import Term
from gbakg.terms import RDF, RDFS, SH


class Index:
    """A graph, looked up by subject and predicate."""

    def __init__(self, triples: Iterable[Triple]) -> None:
        self.triples = list(dict.fromkeys(triples))
        self._found: dict[Term, dict[NamedNode, list[Term]]] = {}
        self._with: dict[NamedNode, dict[Term, None]] = {}
        for triple in self.triples:
            self._found.setdefault(triple.subject, {}).setdefault(triple.predicate, []).append(triple.object)
            self._with.setdefault(triple.predicate, {})[triple.subject] = None

    def values(self, node: Term, predicate: NamedNode) -> list[Term]:
        """Return the objects of a node's triples with a predicate."""
        return self._found.get(node, {}).get(predicate, [])

    def value(self, node: Term, predicate: NamedNode) -> Term | None:
        """Return the first of them, None if there is none."""
        return next(iter(self.values(node, predicate)), None)

    def predicates(self, node: Term) -> list[NamedNode]:
        """Return the predicates of a node's triples."""
        return list(self._found.get(node, {}))

    def subjects(self, predicate: NamedNode) -> list[Term]:
        """Return the nodes that have a predicate."""
        return list(self._with.get(predicate, ()))

    def instances(self, classes: set[Term]) -> list[Term]:
        """Return the nodes with one of these types."""
        return [node for node in self.subjects(terms.TYPE) if classes.intersection(self.values(node, terms.TYPE))]

    def subclasses(self, of: Term) -> list[Term]:
        """Return the direct subclasses of a class."""
        predicate = RDFS.term("subClassOf")
        return [node for node in self.subjects(predicate) if of in self.values(node, predicate)]

    def members(self, head: Term) -> list[Term]:
        """Return the members of a list."""
        found: list[Term] = []
        seen: set[Term] = set()
        while head != RDF.term("nil") and head not in seen:
            seen.add(head)
            found.extend(self.values(head, RDF.term("first")))
            head = self.value(head, RDF.term("rest")) or RDF.term("nil")
        return found

    def path(self, node: Term, name: Callable[[NamedNode], str] = str) -> str:
        """Write a path (SHACL, section 2.3.1) as a SPARQL property path.  Raises ValueError if it is none."""
        if isinstance(node, NamedNode):
            return name(node)
        if self.values(node, RDF.term("first")):
            return "/".join(self.steps(node, name))
        for operator, (before, after) in OPERATORS.items():
            inner = self.value(node, SH.term(operator))
            if inner is not None and operator == "alternativePath":
                return f"({'|'.join(self.path(step, name) for step in self.members(inner))})"
            if inner is not None:
                text = self.path(inner, name)
                return f"{before}{text if _SIMPLE.fullmatch(text) else f'({text})'}{after}"
        raise ValueError(f"{node} is not a path")

    def steps(self, node: Term, name: Callable[[NamedNode], str] = str) -> list[str]:
        """Write a path as its steps: those of a sequence, or the whole."""
        return [self.path(step, name) for step in self.members(node)] or [self.path(node, name)]

    def below(self, node: Term) -> Iterator[Triple]:
        """Yield what hangs on a blank node, such as a path."""
        waiting = [node]
        while waiting:
            node = waiting.pop()
            if isinstance(node, BlankNode):
                for predicate in self.predicates(node):
                    for value in self.values(node, predicate):
                        yield Triple(node, predicate, value)
                        waiting.append(value)


OPERATORS = {
    "inversePath": ("^", ""),
    "alternativePath": ("", ""),
    "zeroOrMorePath": ("", "*"),
    "oneOrMorePath": ("", "+"),
    "zeroOrOnePath": ("", "?"),
}
_SIMPLE = re.compile(r"<[^<>]*>|[\w:.-]+|\([^()]*\)")
