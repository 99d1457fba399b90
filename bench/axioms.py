"""Damages such as a mistaken ontology makes them: axioms between what the data use, of every kind that OWL 2 RL knows."""

from __future__ import annotations

from collections.abc import Callable

from pyoxigraph import Literal

from bench.wreck import Wreck
from gbakg import terms

LINKS = {
    "class": ("rdfs:subClassOf", "owl:equivalentClass", "owl:disjointWith", "owl:complementOf", "owl:sameAs"),
    "property": (
        "rdfs:subPropertyOf",
        "owl:equivalentProperty",
        "owl:inverseOf",
        "owl:propertyDisjointWith",
        "owl:sameAs",
    ),
    "entity": ("owl:sameAs", "owl:sameAs", "owl:differentFrom"),
}


def forget(wreck: Wreck) -> None:
    """Leave out up to a dozen triples, most of them of the ontology where the graph is small."""
    for _ in range(wreck.chance.randint(1, 12)):
        wreck.triples.pop(wreck.chance.randrange(len(wreck.triples)))


def link(wreck: Wreck) -> None:
    """Relate two classes, two properties, or two entities."""
    kind = wreck.chance.choice(("class", "class", "property", "property", "entity"))
    one, two = wreck.pick(kind), wreck.pick(kind)
    wreck.add(one, wreck.chance.choice(LINKS[kind]), two)


def bound(wreck: Wreck) -> None:
    """Give a property a domain or a range: a class, or a datatype."""
    datatype = wreck.chance.choice(("integer", "string", "date", "boolean", "decimal", "byte"))
    range_ = wreck.pick("class") if wreck.chance.random() < 0.7 else terms.XSD.term(datatype)
    wreck.add(wreck.pick("property"), wreck.chance.choice(("rdfs:domain", "rdfs:range")), range_)


def characterise(wreck: Wreck) -> None:
    """Call a property functional, transitive, and so on."""
    kinds = ("Functional", "InverseFunctional", "Irreflexive", "Symmetric", "Asymmetric", "Transitive")
    kind = wreck.chance.choice(kinds)
    property_ = wreck.pick("rare property" if "Functional" in kind else "property")
    wreck.add(property_, "a", terms.OWL.term(f"{kind}Property"))


def restrict(wreck: Wreck) -> None:
    """Make a class a restriction: on some values, all values, one value, or their number."""
    kinds = ("owl:someValuesFrom", "owl:allValuesFrom", "owl:hasValue", "max", "max")
    node, kind = wreck.blank(), wreck.chance.choice(kinds)
    wreck.add(node, "owl:onProperty", wreck.pick("rare property" if kind == "max" else "property"))
    wreck.add(wreck.pick("class"), wreck.chance.choice(("rdfs:subClassOf", "owl:equivalentClass")), node)
    class_ = terms.OWL.term("Thing") if wreck.chance.random() < 0.2 else wreck.pick("class")
    if kind == "owl:hasValue":
        wreck.add(node, kind, wreck.triples[wreck.place()].object)
    elif kind == "max":
        qualified = wreck.chance.random() < 0.5
        limit = terms.literal(str(wreck.chance.choice((0, 1, 1, 2))), "nonNegativeInteger")
        wreck.add(node, f"owl:max{'Qualified' if qualified else ''}Cardinality", limit)
        if qualified:
            wreck.add(node, "owl:onClass", class_)
    else:
        wreck.add(node, kind, class_)


FORMS = {
    "unionOf": "class",
    "intersectionOf": "class",
    "oneOf": "entity",
    "propertyChainAxiom": "property",
    "hasKey": "rare property",
    "AllDisjointClasses": "class",
    "AllDisjointProperties": "property",
    "AllDifferent": "entity",
}
"""What takes a list, and what the list is of."""


def combine(wreck: Wreck) -> None:
    """Say something of a list of up to three classes, properties or entities."""
    form = wreck.chance.choice(list(FORMS))
    least = 2 if form == "hasKey" else 1  # owlrl skips the last: of one it would make all members the same, for hours
    members = list(dict.fromkeys(wreck.pick(FORMS[form]) for _ in range(wreck.chance.randint(least, 3))))
    if form.startswith("All"):
        subject, word = wreck.blank(), "members"
        wreck.add(subject, "a", terms.OWL.term(form))
    else:
        subject, word = wreck.pick("property" if form == "propertyChainAxiom" else "class"), form
    if len(members) >= least:
        wreck.add(subject, f"owl:{word}", wreck.listed(members))


def deny(wreck: Wreck) -> None:
    """Deny something that is stated."""
    node, triple = wreck.blank(), wreck.triples[wreck.place()]
    wreck.add(node, "owl:sourceIndividual", triple.subject)
    wreck.add(node, "owl:assertionProperty", triple.predicate)
    target = "owl:targetValue" if isinstance(triple.object, Literal) else "owl:targetIndividual"
    wreck.add(node, target, triple.object)


AXIOMS: tuple[Callable[[Wreck], None], ...] = (forget, link, bound, characterise, restrict, combine, deny)
