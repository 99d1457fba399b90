"""Damages such as a slip in a table makes them: cells left out, changed, doubled, of another kind, in another row."""

from __future__ import annotations

from collections.abc import Callable

from pyoxigraph import Literal, Triple

from bench.wreck import Wreck
from gbakg import terms
from gbakg.engine import Term

DATATYPES = ("string", "integer", "decimal", "date", "gYear", "dateTime", "double", "anyURI")
MISSPELT = (("12.5", "integer"), ("300", "byte"), ("7", "byte"), ("abc", "integer"), ("yes", "boolean"))


def drop(wreck: Wreck) -> None:
    """Leave something out."""
    wreck.triples.pop(wreck.place())


def change(wreck: Wreck) -> None:
    """Say what is said of something else by the same property."""
    at = wreck.place()
    wreck.triples[at] = _another(wreck, wreck.triples[at])


def double(wreck: Wreck) -> None:
    """Say that too."""
    wreck.triples.append(_another(wreck, wreck.triples[wreck.place()]))


def retype(wreck: Wreck) -> None:
    """Make a literal one of another datatype, an IRI a literal or the thing itself; or of anything a class."""
    at = wreck.place()
    triple = wreck.triples[at]
    value = triple.object
    if triple.predicate == terms.TYPE or wreck.chance.random() < 1 / 8:
        another: Term = wreck.chance.choice(wreck.values[terms.TYPE])
    elif isinstance(value, Literal):
        another = terms.literal(value.value, wreck.chance.choice(DATATYPES))
    else:
        another = wreck.chance.choice((Literal(str(value)), Literal(str(value), language="en"), triple.subject))
    wreck.triples[at] = Triple(triple.subject, triple.predicate, another)


def swap(wreck: Wreck) -> None:
    """Exchange the objects of two triples, up to six times."""
    for _ in range(wreck.chance.randint(1, 6)):
        at, other = wreck.place(), wreck.place()
        one, two = wreck.triples[at], wreck.triples[other]
        wreck.triples[at] = Triple(one.subject, one.predicate, two.object)
        wreck.triples[other] = Triple(two.subject, two.predicate, one.object)


def mix(wreck: Wreck) -> None:
    """Add triples whose subject, predicate and object come from three others."""
    for _ in range(wreck.chance.randint(1, 8)):
        one, two, three = (wreck.triples[wreck.place()] for _ in range(3))
        wreck.triples.append(Triple(one.subject, two.predicate, three.object))


def misspell(wreck: Wreck) -> None:
    """Write a literal that is not what its datatype demands, or one of a datatype that the ontology does not use."""
    at = wreck.place()
    triple = wreck.triples[at]
    lexical, datatype = wreck.chance.choice(MISSPELT)
    wreck.triples[at] = Triple(triple.subject, triple.predicate, terms.literal(lexical, datatype))


def _another(wreck: Wreck, triple: Triple) -> Triple:
    values = wreck.values.get(triple.predicate, [triple.object])
    return Triple(triple.subject, triple.predicate, wreck.chance.choice(values))


CELLS: tuple[Callable[[Wreck], None], ...] = (drop, change, double, retype, swap, mix, misspell)
