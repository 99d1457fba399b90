"""Validating a change: the report is that of the whole graph, whatever was changed."""

from __future__ import annotations

import random
import re
from functools import cache

import pytest
from bench.damage import Parts, read
from pyoxigraph import Literal, NamedNode, Quad, Store, Triple

from conftest import ROOT, at
from gbakg import affected, terms
from gbakg.engine import Embedded
from gbakg.shapes import Plan
from gbakg.validate import Report

FEW, MORE = 12, 60
MOST = 5  # edits at once
OWN = re.compile(r"document/([a-z0-9-]+)|(?:observation|fact|mention)/([a-z0-9-]+?)-p[0-9]+-.*")


def document(node: object) -> NamedNode | None:
    """Return the document that a node is of by its IRI, None for anything else."""
    found = OWN.fullmatch(str(node)[len(terms.ID) + 1 : -1].partition("#")[0])
    return terms.document(found[1] or found[2]) if found and str(node).startswith(f"<{terms.ID}") else None


@cache
def shipped() -> tuple[Plan, Parts, list[Triple], Report]:
    """Compile the project's shapes, read its graph, validate it."""
    parts = read(at(ROOT))
    plan, graph = Plan(parts.shapes), [*parts.ontology, *parts.data]
    return plan, parts, graph, plan.run(Embedded(filled(graph)))


def altered(triple: Triple, graph: list[Triple], chance: random.Random) -> list[Triple]:
    """Lose a triple, give it another's value or class, or have both."""
    other = chance.choice([one for one in chance.sample(graph, 200) if one.predicate == triple.predicate] or [triple])
    changed = Triple(triple.subject, triple.predicate, other.object)
    kind = chance.choice([one.object for one in graph if one.predicate == terms.TYPE])
    retyped = Triple(triple.subject, terms.TYPE, kind)
    return chance.choice(
        [[], [changed], [triple, changed], [retyped], [Triple(triple.subject, triple.predicate, Literal("x"))]]
    )


def filled(triples: list[Triple]) -> Store:
    store = Store()
    store.bulk_extend(Quad(one.subject, one.predicate, one.object) for one in triples)
    return store


def edited(seed: int) -> list[Triple]:
    """Edit a document, and sometimes what stands elsewhere: lose, change and double triples, remove and copy nodes."""
    _, parts, graph, _ = shipped()
    chance = random.Random(seed)  # noqa: S311 - the same edits each time, not secrets
    slugs = sorted({str(one) for one in map(document, {triple.subject for triple in graph}) if one is not None})
    slug = chance.choice(slugs)
    found = list(graph)
    if chance.random() < 1 / 8:
        return [one for one in found if str(document(one.subject)) != slug]
    for _ in range(chance.randint(1, MOST)):
        elsewhere = chance.random() < 1 / 6
        places = [at for at, one in enumerate(found) if (str(document(one.subject)) == slug) is not elsewhere]
        at = chance.choice(places)
        node = found[at].subject
        if elsewhere and found[at] in parts.ontology:
            continue
        act = chance.random()
        if act < 1 / 8:
            found = [one for one in found if one.subject != node]
        elif act < 1 / 4 and isinstance(node, NamedNode):
            copy = NamedNode(f"{node.value}-copy")
            found += [Triple(copy, one.predicate, one.object) for one in found if one.subject == node]
        else:
            found[at : at + 1] = altered(found[at], graph, chance)
    return list(dict.fromkeys(found))


def same(seed: int, known: bool) -> int:
    """Validate an edited graph in both ways, which have to say the same; return how many results are new or gone."""
    plan, _, graph, before = shipped()
    after = edited(seed)
    engine = Embedded(filled(after))
    differing = set(graph) ^ set(after)
    documents = {one for one in (document(triple.subject) for triple in differing) if one is not None}
    predicates = {triple.predicate for triple in differing if document(triple.subject) is None}
    nodes = {one.subject for one in (*graph, *after) if document(one.subject) in documents}
    whole = plan.run(engine)
    touched = {triple.predicate for triple in differing} if known else None
    subjects = {triple.subject for triple in differing} if known else None
    given = (lambda: nodes) if known else None
    change = affected.Change(documents, predicates, given, touched, subjects)
    found = plan.update(engine, before, change)
    assert whole == found
    assert [one.constraint for one in whole.results] == [one.constraint for one in found.results]
    return len(set(before.results) ^ set(whole.results))


@pytest.mark.parametrize(
    "seed", [*range(FEW), *(pytest.param(one, marks=pytest.mark.slow) for one in range(FEW, MORE))]
)
def test_the_report_after_an_edit_is_that_of_the_whole_graph(seed: int) -> None:
    """Edits of one document and of what stands elsewhere; every fourth time the nodes have to be found."""
    same(seed, known=bool(seed % 4))


CELLS = 8


@pytest.mark.parametrize(
    "seed", [*range(CELLS), *(pytest.param(one, marks=pytest.mark.slow) for one in range(CELLS, 100))]
)
def test_the_report_after_a_change_of_cells_is_that_of_the_whole_graph(seed: int) -> None:
    """So few checks are asked again that no part of the graph is copied."""
    plan, _, graph, before = shipped()
    chance = random.Random(seed)  # noqa: S311 - the same edits each time, not secrets
    after = list(graph)
    own = [at for at, one in enumerate(after) if document(one.subject) is not None and one.predicate != terms.TYPE]
    first = chance.choice(own)
    slug = document(after[first].subject)
    near = [at for at in own if document(after[at].subject) == slug]
    for place in sorted({first, *(chance.choice(near) for _ in range(chance.randint(0, 2)))}, reverse=True):
        triple = after[place]
        other = chance.choice([one.object for one in graph if one.predicate == triple.predicate])
        value = chance.choice([other, other, Literal("x"), NamedNode(f"{terms.ID}region/none")])
        after[place : place + 1] = chance.choice([[], [triple, Triple(triple.subject, triple.predicate, value)]]) or (
            [Triple(triple.subject, triple.predicate, value)] if chance.random() < 3 / 4 else []
        )
    after = list(dict.fromkeys(after))
    differing = set(graph) ^ set(after)
    nodes = {one.subject for one in (*graph, *after) if document(one.subject) == slug}
    subjects = {one.subject for one in differing if isinstance(one.subject, NamedNode)}
    engine = Embedded(filled(after))
    documents, touched = [slug] if slug is not None else [], {one.predicate for one in differing}
    found = plan.update(engine, before, affected.Change(documents, (), lambda: nodes, touched, subjects))
    assert plan.run(engine) == found


def test_the_edits_matter() -> None:
    """Most of them change the report, so that equality says something."""
    plan, _, _, before = shipped()
    changed = [set(plan.run(Embedded(filled(edited(seed)))).results) != set(before.results) for seed in range(6)]
    assert sum(changed) >= 3


def test_most_checks_are_asked_of_what_is_concerned_alone() -> None:
    """What has to be asked of the whole graph again is known by name."""
    plan, *_ = shipped()
    far = {str(constraint or shape) for (shape, _, constraint), reach in plan.reaches.items() if not reach.local}
    names = "attribute-of-fact code-unique document-unique issued-as-printed linked-once passage-text relation-of-fact"
    assert {f"<https://w3id.org/gbakg/shape#{name}>" for name in names.split()} == far


def test_nodes_of_documents_are_found_by_their_iris() -> None:
    """Claims and passages, also those that are only referred to; not those of a document with a longer name."""
    names = ["document/a", "document/a#p1", "fact/a-p1-x", "mention/a-p2-y"]
    others = ["document/a-b", "fact/a-b-p1-x", "region/a", "observation/b-p1-a-p1-x"]
    triples = [Triple(terms.expand("region/a"), terms.LABEL, Literal("a"))]
    triples += [Triple(terms.ID.term(name), terms.LABEL, Literal("a")) for name in (*names[:3], *others)]
    triples += [Triple(terms.ID.term("fact/c-p1-x"), terms.LABEL, terms.ID.term(names[3]))]
    found = affected.own(Embedded(filled(triples)), [terms.document("a")])
    assert {terms.ID.term(name) for name in names} == found


def test_what_leads_to_a_changed_node_is_concerned_up_to_a_limit() -> None:
    """Subjects, their subjects, and the passage and document of a claim."""
    a, b, c, d = (NamedNode(f"https://example.org/{name}") for name in "abcd")
    store = filled([Triple(b, terms.LABEL, a), Triple(c, terms.LABEL, b), Triple(c, terms.GBA.term("statedIn"), d)])
    assert {a, b, c, d} == affected.affected(store, [a], 4)
    assert affected.affected(store, [a], 3) is None
    assert 2 == len(affected.seen(store, [c])) - 1
