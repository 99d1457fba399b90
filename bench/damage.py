"""Graphs damaged at random, by seed: what two engines must agree on though no curator would write it."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence

from pyoxigraph import Literal, NamedNode, Triple

from gbakg import terms
from gbakg.engine import Term

SMALL = 200  # triples of a graph cut to one document's worth
MOST = 8  # damages done to one graph
DATATYPES = ("string", "integer", "decimal", "date", "gYear", "dateTime", "double", "anyURI")


class Damage:
    """Makes damaged graphs of the ontology's triples, which stay as they are, and the data's."""

    def __init__(self, ontology: Sequence[Triple], data: Sequence[Triple]) -> None:
        self.ontology, self.data = list(ontology), list(data)
        self._about: dict[Term, list[Triple]] = defaultdict(list)
        self._with: dict[Term, list[Triple]] = defaultdict(list)
        for triple in self.data:
            self._about[triple.subject].append(triple)
            self._with[triple.predicate].append(triple)

    def graph(self, seed: int, whole: bool = False) -> list[Triple]:
        """Make the damaged graph of a seed: ontology and data, cut to SMALL triples of data unless whole."""
        chance = random.Random(seed)  # noqa: S311 - the same graphs each time, not secrets
        data = list(self.data) if whole else self._cut(chance)
        for _ in range(chance.randint(1, MOST)):
            at = chance.randrange(len(data))
            data[at : at + 1] = chance.choice((self._drop, self._change, self._double, self._retype))(data[at], chance)
        return list(dict.fromkeys((*self.ontology, *data)))

    def _cut(self, chance: random.Random) -> list[Triple]:
        """Take a document, and of its claims (and what they refer to) as many as there is room for."""
        document = chance.choice([triple.object for triple in self._with[terms.GBA.term("inDocument")]])
        passages = [one.subject for one in self._with[terms.GBA.term("inDocument")] if one.object == document]
        claims = [one.subject for one in self._with[terms.GBA.term("statedIn")] if one.object in passages]
        chance.shuffle(claims)
        found = dict.fromkeys(self._about[document])
        for claim in claims:
            named = dict.fromkeys([claim, *(one.object for one in self._about[claim])])  # its passage and entities too
            more = dict.fromkeys(one for node in named if _is_entity(node) for one in self._about[node])
            if len(found | more) <= SMALL:
                found |= more
        return list(found)

    def _drop(self, _: Triple, __: random.Random) -> list[Triple]:
        return []

    def _change(self, triple: Triple, chance: random.Random) -> list[Triple]:
        return [Triple(triple.subject, triple.predicate, chance.choice(self._with[triple.predicate]).object)]

    def _double(self, triple: Triple, chance: random.Random) -> list[Triple]:
        return [triple, *self._change(triple, chance)]

    def _retype(self, triple: Triple, chance: random.Random) -> list[Triple]:
        value = triple.object
        if triple.predicate == terms.TYPE or chance.random() < 1 / 8:
            another: Term = chance.choice(self._with[terms.TYPE]).object
        elif isinstance(value, Literal):
            another = terms.literal(value.value, chance.choice(DATATYPES))
        else:
            another = chance.choice((Literal(str(value)), Literal(str(value), language="en"), triple.subject))
        return [Triple(triple.subject, triple.predicate, another)]


def _is_entity(node: Term) -> bool:
    return isinstance(node, NamedNode) and node.value.startswith(terms.ID)
