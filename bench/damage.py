"""Graphs damaged at random, by seed: what two engines must agree on though no curator would write it.

One generator for closures and reports, tests and commands.  Axioms are what a closure stumbles over, cells what a report
does; every graph has some of both.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from pyoxigraph import NamedNode, Triple

from bench.axioms import AXIOMS
from bench.cells import CELLS
from bench.wreck import Wreck
from gbakg import populate, terms
from gbakg.engine import Term
from gbakg.sources import Project

SMALL = 200
"""The most triples that a graph cut to one document's worth has beside the ontology, before it is damaged."""

MOST = 8
"""The most damages that are done to one graph."""

EVERY = 20
"""Of so many graphs one is damaged whole."""


class Parts(NamedTuple):
    """What a project states, apart: its ontology, whole; its data; and its shapes."""

    ontology: list[Triple]
    data: list[Triple]
    shapes: list[Triple]


def read(project: Project) -> Parts:
    """Read a project: data are what is said of entities, documents and claims, the ontology is all the rest."""
    found = populate.populate(populate.everything(project), lambda _: None)
    ontology = [one for one in found.stated if not _is_entity(one.subject)]
    return Parts(ontology, [one for one in found.stated if _is_entity(one.subject)], found.shapes)


def is_whole(seed: int) -> bool:
    """Tell whether the graph of a seed is damaged whole."""
    return seed % EVERY == EVERY - 1


class Damage:
    """Makes damaged graphs of an ontology and data; `values` are the objects of each predicate."""

    def __init__(self, ontology: Sequence[Triple], data: Sequence[Triple]) -> None:
        self.ontology, self.data = list(ontology), list(data)
        self._about: dict[Term, list[Triple]] = defaultdict(list)
        self._with: dict[Term, list[Triple]] = defaultdict(list)
        for triple in self.data:
            self._about[triple.subject].append(triple)
            self._with[triple.predicate].append(triple)
        self.values = {predicate: [one.object for one in triples] for predicate, triples in self._with.items()}

    def graph(self, seed: int, documents: int = 1) -> list[Triple]:
        """Make the damaged graph of a seed: the ontology, and all data or those of some documents, damaged up to MOST times."""
        chance = random.Random(seed)  # noqa: S311 - the same graphs each time, not secrets
        data = self.data if is_whole(seed) else self.cut(chance, documents)
        wreck = Wreck([*self.ontology, *data], chance, self.values)
        for _ in range(chance.randint(1, MOST)):
            chance.choice(chance.choice((CELLS, AXIOMS)))(wreck)
        return list(dict.fromkeys(wreck.triples))

    def cut(self, chance: random.Random, documents: int = 1) -> list[Triple]:
        """Take documents, and of the claims of each (and what they refer to) as many as SMALL has room for."""
        every = list(dict.fromkeys(self.values[terms.GBA.term("inDocument")]))
        return list(
            dict.fromkeys(one for document in chance.sample(every, documents) for one in self._of(document, chance))
        )

    def _of(self, document: Term, chance: random.Random) -> list[Triple]:
        passages = {one.subject for one in self._with[terms.GBA.term("inDocument")] if one.object == document}
        claims = [one.subject for one in self._with[terms.GBA.term("statedIn")] if one.object in passages]
        chance.shuffle(claims)
        found = dict.fromkeys(self._about[document])
        for claim in claims:
            named = dict.fromkeys([claim, *(one.object for one in self._about[claim])])  # its passage and entities too
            more = dict.fromkeys(one for node in named if _is_entity(node) for one in self._about[node])
            if len(found | more) <= SMALL:
                found |= more
        return list(found)


def _is_entity(node: Term) -> bool:
    return isinstance(node, NamedNode) and node.value.startswith(terms.ID)
