"""Break the real data in one place at a time, and see whether the shapes notice.

Run it with `python -m tests.mutation`; it prints a table of kinds, a kind being a property and what was done to one of
its values: dropped, changed, or joined by a second one.  It fails when a kind goes unnoticed that mutation-survivors.csv
does not explain, and when one that is listed there is noticed after all.

Validating the whole graph once for each of a thousand mutations would take hours.  So each is validated in a cut: ontology,
registry, documents, and the claims that share the mutated thing's paragraph or name it, for the nodes that these are.
`agrees` shows that the cut and the whole graph find the same.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from rdflib.namespace import OWL, RDF, RDFS, XSD
from rdflib.term import Literal, Node, URIRef

from gbakg import populate
from gbakg.engine import to_rdflib
from gbakg.sources import Project

sys.path.insert(0, str(Path(__file__).parent))

from shacl import GBA, ROOT, Checker, Found, Triple

SURVIVORS = Path(__file__).with_name("mutation-survivors.csv")
MUTATIONS = ("drop", "change", "duplicate")
REACHES = ("shape", "text", "open")
"""shape: a shape is meant to notice, and cannot; text: only who reads the source can; open: any number of values is right."""
MOST_SURVIVORS = 10
DATA = "https://w3id.org/gbakg/id/"
EVIDENCE = (GBA.inDocument, GBA.number, GBA.sha256)


class Kind(NamedTuple):
    """A property and a mutation of its values."""

    property: str
    mutation: str


class Survivor(NamedTuple):
    """A kind that is known to go unnoticed: always (survives) or for some values (partly)."""

    kind: Kind
    outcome: str
    reach: str
    reason: str


class Mutant(NamedTuple):
    """One mutation: the triple that is mutated, and what comes in its place or beside it."""

    kind: Kind
    old: Triple
    new: Triple | None

    @property
    def added(self) -> list[Triple]:
        """The triples that come."""
        return [] if self.new is None else [self.new]

    @property
    def removed(self) -> list[Triple]:
        """The triples that go."""
        return [] if self.kind.mutation == "duplicate" else [self.old]


class World:
    """The stated graph and its parts."""

    def __init__(self) -> None:
        project = Project(ROOT / "ontology", ROOT / "data", ROOT / "queries")
        population = populate.populate(populate.everything(project), lambda line: None)
        self.whole = to_rdflib(population.stated)
        self.shapes = to_rdflib(population.shapes)
        self.claims = set(self.whole.subjects(GBA.statedIn))
        self.data = sorted(
            triple for triple in self.whole if isinstance(triple[0], URIRef) and str(triple[0]).startswith(DATA)
        )
        self.plain = {(s, p, o) for claim in self.claims for s, p, o in self.stated(claim)}
        self.registry = [triple for triple in self.whole if triple[0] not in self.claims and triple not in self.plain]
        self.of_class: dict[Node, list[Node]] = defaultdict(list)
        for node, kind in self.whole.subject_objects(RDF.type):
            if isinstance(node, URIRef):
                self.of_class[kind].append(node)
        for nodes in self.of_class.values():
            nodes.sort(key=str)

    def stated(self, claim: Node) -> Iterator[Triple]:
        """Yield the triple that a fact states."""
        subject, predicate = self.whole.value(claim, GBA.subject), self.whole.value(claim, GBA.predicate)
        for stated in (GBA.object, GBA.literal):
            for value in self.whole.objects(claim, stated):
                if subject is not None and predicate is not None and (subject, predicate, value) in self.whole:
                    yield subject, predicate, value

    def ancestors(self, kind: Node) -> list[Node]:
        """Return a class of the ontology and those it is under, from narrow to wide."""
        own = [kind] if str(kind).startswith(str(GBA)) else []
        parents = sorted(self.whole.objects(kind, RDFS.subClassOf), key=str)
        return own + [wider for parent in parents for wider in self.ancestors(parent)]

    def under(self, relation: URIRef, top: Node) -> list[Node]:
        """Return a term and what a relation leads to it from, over any number of steps."""
        return [term for term in self.whole.transitive_subjects(relation, top) if term is not None]


# --- mutants -------------------------------------------------------------------------------------------------------


def mutants(world: World, seed: int, samples: int) -> list[Mutant]:
    """Draw mutants: of each property, and each class of subject, some values; each dropped, changed and doubled."""
    chance = random.Random(seed)  # noqa: S311  (a draw, not a secret)
    strata: dict[tuple[Node, str], list[Triple]] = defaultdict(list)
    for triple in world.data:
        kind = world.whole.value(triple[0], RDF.type)
        strata[triple[1], str(kind and sort(world, kind))].append(triple)
    drawn = []
    for (predicate, _), triples in sorted(strata.items(), key=lambda item: (str(item[0][0]), item[0][1])):
        for old in chance.sample(triples, min(samples, len(triples))):
            new = old
            for _ in range(50):
                if new in world.whole:
                    new = (old[0], old[1], other(world, old, chance))
            if new in world.whole and isinstance(old[2], URIRef):  # of so narrow a class there is no other
                folder = str(old[2]).rpartition("/")[0]
                alike = [node for node in world.whole.subjects() if str(node).rpartition("/")[0] == folder]
                new = (old[0], old[1], pick(alike, old[2], chance))
            drawn += [Mutant(Kind(short(predicate), how), old, None if how == "drop" else new) for how in MUTATIONS]
    return drawn


def sort(world: World, kind: Node) -> Node:
    """Return the class directly under Claim or Entity that a class belongs to, or the class itself."""
    return ([kind, *world.ancestors(kind)][-2:] if len(world.ancestors(kind)) > 1 else [kind])[0]


def other(world: World, triple: Triple, chance: random.Random) -> Node:
    """Choose another value of the same sort as a triple's: the slip that a careful curator could make."""
    _, predicate, value = triple
    if isinstance(value, Literal):
        return near(value, chance)
    if predicate == RDF.type:
        parents = world.ancestors(value)[1:2]
        return pick(world.whole.subjects(RDFS.subClassOf, parents[0]) if parents else [GBA.Document], value, chance)
    if str(value).startswith(DATA) and "#p" in str(value):
        document = world.whole.value(value, GBA.inDocument)
        return pick(world.whole.subjects(GBA.inDocument, document), value, chance)
    if predicate == GBA.predicate:
        relation = (value, RDF.type, OWL.ObjectProperty) in world.whole
        top = GBA.relatesTo if relation else GBA.hasAttribute
        return pick(world.under(RDFS.subPropertyOf, top), value, chance)
    kinds = [kind for kind in world.whole.objects(value, RDF.type) if str(kind).startswith(str(GBA))]
    for kind in sorted(kinds, key=str):
        for wider in world.ancestors(kind):
            alike = [node for narrow in world.under(RDFS.subClassOf, wider) for node in world.of_class[narrow]]
            if set(alike) - {value}:
                return pick(alike, value, chance)
    return URIRef(slip(str(value), chance))


def pick(nodes: Iterable[Node], but: Node, chance: random.Random) -> Node:
    """Choose one of some nodes, but not that one."""
    return chance.choice(sorted(set(nodes) - {but}, key=str))


def near(value: Literal, chance: random.Random) -> Literal:
    """Make a literal that differs in its last place, or in one letter, and is as well-formed."""
    text = str(value)
    if value.datatype == XSD.integer:
        return Literal(str(int(text) + 1), datatype=value.datatype)
    if value.datatype == XSD.decimal:
        last = Decimal(1).scaleb(int(Decimal(text).as_tuple().exponent))
        return Literal(str(Decimal(text) + (last if not text.endswith("9") else -last)), datatype=value.datatype)
    if value.datatype == XSD.date:
        return Literal(str(date.fromisoformat(text) + timedelta(days=1)), datatype=value.datatype)
    if value.datatype in (XSD.gYear, XSD.gYearMonth):
        return Literal(f"{int(text[:4]) + 1}{text[4:]}", datatype=value.datatype)
    if value.datatype == XSD.boolean:
        return Literal("false" if text == "true" else "true", datatype=value.datatype)
    return Literal(slip(text, chance), lang=value.language, datatype=None if value.language else value.datatype)


def slip(text: str, chance: random.Random) -> str:
    """Change one letter or digit of a text; one sign where it has neither."""
    places = [place for place, letter in enumerate(text) if letter.isalnum()] or list(range(len(text)))
    place = chance.choice(places[len(places) // 2 :])
    letter = text[place]
    pool = "0123456789" if letter.isdigit() else "abcdef" if letter in "abcdef" else "ghijklmnopqrstuvwxyz"
    return text[:place] + chance.choice([one for one in pool if one != letter.lower()]) + text[place + 1 :]


def short(iri: Node) -> str:
    """Write an IRI with a prefix."""
    for prefix, start in (
        ("gba", str(GBA)),
        ("rdf", str(RDF)),
        ("rdfs", str(RDFS)),
        ("skos", SKOS),
        ("schema", SCHEMA),
    ):
        if str(iri).startswith(start):
            return f"{prefix}:{str(iri)[len(start) :]}"
    return str(iri)


SKOS = "http://www.w3.org/2004/02/skos/core#"
SCHEMA = "https://schema.org/"


# --- cuts ----------------------------------------------------------------------------------------------------------


def related(world: World, mutant: Mutant, ends: set[Node]) -> set[Node]:
    """Find the claims that a mutation can make right or wrong; `ends` are the subject and the values, old and new."""
    ends = {end for end in ends if isinstance(end, URIRef) and str(end).startswith(DATA)}
    subject = mutant.old[0]
    places = {
        place for end in ends for place in ([end] if "#p" in str(end) else world.whole.objects(end, GBA.statedIn))
    }
    claims = {claim for place in places for claim in world.whole.subjects(GBA.statedIn, place)}
    claims |= ends & world.claims
    if mutant.old in world.plain:
        claims |= {
            fact
            for fact in world.whole.subjects(GBA.subject, subject)
            if (fact, GBA.predicate, mutant.old[1]) in world.whole
        }
    elif subject not in world.claims and "#p" not in str(subject):
        claims |= {claim for claim in world.whole.subjects(None, subject) if claim in world.claims}
    return claims


def surroundings(world: World, claims: set[Node]) -> list[Triple]:
    """Gather the triples of claims, what they state, and what else a rule about them looks at in their documents."""
    gathered = [triple for claim in claims for triple in world.whole.triples((claim, None, None))]
    gathered += [triple for claim in claims for triple in world.stated(claim)]
    speakers = {person for claim in claims for person in world.whole.objects(claim, GBA.statedBy)}
    for mention in {one for person in speakers for one in world.whole.subjects(GBA.refersTo, person)} - claims:
        gathered += [
            (mention, p, o) for p in (RDF.type, GBA.refersTo, GBA.statedIn) for o in world.whole.objects(mention, p)
        ]
    for fact in set(world.whole.subjects(GBA.predicate, GBA.issuedOn)) - claims:
        gathered += [*world.whole.triples((fact, None, None)), *world.stated(fact)]
    return gathered


def nodes(world: World, mutant: Mutant, named: set[Node], claims: set[Node]) -> set[str]:
    """Name the nodes that a mutation can make right or wrong."""
    subject = mutant.old[0]
    around = (
        set()
        if subject in world.claims or mutant.old in world.plain
        else {node for end in named if isinstance(end, URIRef) for node in world.whole.subjects(None, end)}
    )
    passages = {place for claim in claims | {subject} for place in world.whole.objects(claim, GBA.statedIn)}
    passages |= {end for end in named if "#p" in str(end)}
    documents = {document for place in passages for document in world.whole.objects(place, GBA.inDocument)}
    if isinstance(subject, URIRef) and subject.startswith(DATA + "document/") and "#p" not in subject:
        documents |= set(world.of_class[GBA.Document])
    if mutant.old[1] in EVIDENCE:
        documents |= set(world.of_class[GBA.Document])
    tops: set[Node] = {GBA.relatesTo, GBA.hasAttribute}
    return {str(node) for node in named | around | passages | documents | tops if isinstance(node, URIRef)}


# --- the run -------------------------------------------------------------------------------------------------------


@cache
def world() -> World:
    """Load the data once in each process."""
    return World()


@cache
def cut() -> Checker:
    """Make the graph that claims are added to: ontology, registry, documents."""
    return Checker(world().registry, world().shapes)


@cache
def whole() -> Checker:
    """Make the checker of the whole graph."""
    return Checker(world().whole, world().shapes)


def notice(group: list[Mutant]) -> list[set[Found]]:
    """Return, for each mutant of one triple, what the shapes find in its cut that they do not find there without it."""
    first = group[0]
    ends = {first.old[0], first.old[2], *(triple[2] for mutant in group for triple in mutant.added)}
    claims = related(world(), first, ends)
    focus = nodes(world(), first, ends, claims)
    found = []
    with cut().changed([*surroundings(world(), claims), first.old]):
        before = cut().report(focus)
        for mutant in group:
            with cut().changed(mutant.added, mutant.removed):
                found.append(cut().report(focus) - before)
    return found


def notice_whole(mutant: Mutant, before: set[Found]) -> set[Found]:
    """Return what the shapes find in the whole graph after a mutation, and before it did not."""
    with whole().changed(mutant.added, mutant.removed):
        return whole().report() - before


def agrees(seed: int, sample: int) -> list[Mutant]:
    """Return those of some mutants about which the cut and the whole graph say something else."""
    drawn = random.Random(seed).sample(mutants(world(), seed, 1), sample)  # noqa: S311  (a draw, not a secret)
    before = whole().report()
    return [mutant for mutant in drawn if [notice_whole(mutant, before)] != notice([mutant])]


def survivors() -> list[Survivor]:
    """Read the list of kinds that are known to go unnoticed."""
    with SURVIVORS.open(encoding="utf-8", newline="") as file:
        return [Survivor(Kind(row.pop("property"), row.pop("mutation")), **row) for row in csv.DictReader(file)]


def judge(drawn: list[Mutant], workers: int) -> dict[Kind, Counter[str]]:
    """Count, for each kind, the mutants that were noticed as a violation, as a warning, or missed."""
    groups: dict[Triple, list[Mutant]] = defaultdict(list)
    for mutant in drawn:
        groups[mutant.old].append(mutant)
    counts: dict[Kind, Counter[str]] = defaultdict(Counter)
    with ProcessPoolExecutor(workers, mp_context=get_context("fork")) as pool:
        for group, results in zip(groups.values(), pool.map(outcomes, groups.values(), chunksize=2), strict=True):
            for mutant, outcome in zip(group, results, strict=True):
                counts[mutant.kind][outcome] += 1
    return counts


def outcomes(group: list[Mutant]) -> list[str]:
    """Say how each mutant of one triple was noticed."""
    severities = [{one.severity.rpartition("#")[2] for one in found} for found in notice(group)]
    return ["violation" if "Violation" in found else "warning" if found else "missed" for found in severities]


def surprises(counts: dict[Kind, Counter[str]], listed: list[Survivor]) -> list[str]:
    """Compare what went unnoticed with the list; return a line for each difference."""
    known = {one.kind: one for one in listed}
    missed = {kind for kind, count in counts.items() if count["missed"]}
    lines = [f"{' '.join(kind)} goes unnoticed and is not listed" for kind in sorted(missed - known.keys())]
    for kind, one in sorted(known.items()):
        if kind not in counts:
            lines.append(f"{' '.join(kind)} is listed, but the data have no such property")
        elif kind not in missed and one.outcome == "survives":
            lines.append(f"{' '.join(kind)} is listed, but was noticed")
        if one.reach not in REACHES or not one.reason:
            lines.append(f"{' '.join(kind)} needs a reason, and a reach: {', '.join(REACHES)}")
    many = [one for one in listed if one.reach == "shape"]
    if len(many) > MOST_SURVIVORS:
        lines.append(f"{len(many)} kinds survive that a shape is meant to notice; at most {MOST_SURVIVORS} may")
    return lines


def table(counts: dict[Kind, Counter[str]]) -> Iterator[str]:
    """Write a line for each kind: how many mutants, and how many of them were noticed."""
    for kind, count in sorted(counts.items()):
        total = sum(count.values())
        state = "caught" if not count["missed"] else "survives" if count["missed"] == total else "partly"
        yield f"{kind.property:32} {kind.mutation:10} {state:9} {total - count['missed']:3} of {total:3}, {count['warning']} by a warning"


def main() -> int:
    """Run, print the table and what is amiss; 1 if anything is."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutation", description=__doc__.splitlines()[0] if __doc__ else ""
    )
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--samples", type=int, default=1, help="values of each property and class of subject")
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument(
        "--compare", type=int, default=0, metavar="N", help="first compare cut and whole graph on N mutants"
    )
    options = parser.parse_args()
    world(), cut()
    amiss = (
        [f"cut and whole graph differ on {mutant}" for mutant in agrees(options.seed, options.compare)]
        if options.compare
        else []
    )
    drawn = mutants(world(), options.seed, options.samples)
    counts = judge(drawn, options.workers)
    print(*table(counts), sep="\n")
    amiss += surprises(counts, survivors())
    missed = sum(1 for count in counts.values() if count["missed"])
    print(
        f"{len(drawn)} mutants of {len(counts)} kinds; {len(counts) - missed} kinds caught, {missed} survive in whole or in part"
    )
    print(*amiss, sep="\n")
    return 1 if amiss else 0


if __name__ == "__main__":
    sys.exit(main())
