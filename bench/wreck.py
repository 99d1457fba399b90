"""A graph that is being damaged: its triples, what chance picks of them, and what it can be made to say instead."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyoxigraph import BlankNode, NamedNode, Triple

from gbakg import terms
from gbakg.engine import Term
from gbakg.ignored import is_axiom

RARE = 6
"""How often a property may be used that is to make terms equal: owlrl takes hours where hundreds of them are."""


@dataclass(slots=True)
class Wreck:
    """A graph that is being damaged, data among it; `values` are each predicate's objects in the graph it was cut from."""

    triples: list[Triple]
    chance: random.Random
    values: Mapping[Term, Sequence[Term]]

    def place(self) -> int:
        """Pick a triple of the data: where it stands."""
        at = self.chance.randrange(len(self.triples))
        while not is_datum(self.triples[at]):
            at = self.chance.randrange(len(self.triples))
        return at

    def pick(self, kind: str) -> Any:
        """Pick a term of the data: a `class`, an `entity`, a `property`, or a `rare property`."""
        if kind == "class":
            typings = [one.object for one in self.triples if one.predicate == terms.TYPE and is_datum(one)]
            return self.chance.choice([class_ for class_ in typings if isinstance(class_, NamedNode)])
        if kind == "entity":
            return self.triples[self.place()].subject
        uses = Counter(one.predicate for one in self.triples if one.predicate != terms.TYPE and is_datum(one))
        most = RARE if kind == "rare property" else len(self.triples)
        return self.chance.choice([property_ for property_, times in uses.items() if times <= most])

    def add(self, subject: Any, predicate: str, object_: Any) -> None:
        """Add a triple whose predicate is given as a short name, `a` included."""
        named = terms.TYPE if predicate == "a" else terms.expand(predicate)
        self.triples.append(Triple(subject, named, object_))

    def listed(self, members: Iterable[Any]) -> Any:
        """Add a list; return its node."""
        node: Any = terms.RDF.term("nil")
        for member in reversed(list(members)):
            rest, node = node, self.blank()
            self.add(node, "rdf:first", member)
            self.add(node, "rdf:rest", rest)
        return node

    def blank(self) -> BlankNode:
        """Make a blank node, the same from run to run."""
        return BlankNode(f"wreck{self.chance.getrandbits(64):x}")


def is_datum(triple: Triple) -> bool:
    """Tell whether a triple says something of an entity, a document or a claim, and is no axiom."""
    about = triple.subject
    return isinstance(about, NamedNode) and about.value.startswith(terms.ID) and not is_axiom(triple)
