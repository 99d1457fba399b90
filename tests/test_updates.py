"""Clauses as requests: those of one form in one, each found once, new or in all there is."""

from __future__ import annotations

from pyoxigraph import NamedNode, Quad, QuerySolutions, Store

from gbakg.clauses import Clause, relation
from gbakg.closing import Closing
from gbakg.updates import MOST, Form, Table, Writer, batches, due, grouped, most, rule, tabled
from test_rules import lines

ONTOLOGY = """ex:p rdfs:domain ex:C . ex:q rdfs:domain ex:D . ex:r a owl:TransitiveProperty . ex:s a owl:TransitiveProperty .
ex:q rdfs:range ex:C . ex:C owl:disjointWith ex:D . ex:f a owl:FunctionalProperty"""


def made() -> tuple[Closing, Table]:
    closing = Closing(lines(ONTOLOGY))
    return closing, tabled(closing.asked())


def of(table: Table, name: str) -> tuple[Form, dict[tuple[int, ...], Clause]]:
    return next((form, rows) for form, rows in table.items() if any(one.rule == name for one in rows.values()))


def test_clauses_of_one_form_share_a_request() -> None:
    """Two domains are two rows; every clause has its row, and gives it back."""
    closing, table = made()
    form, rows = of(table, "prp-dom")
    assert (["k0", "k1"], ["x", "y"], "") == (form.constants, form.free, form.open)
    words = {tuple(closing.terms[one].rpartition("#")[2][:-1] for one in row) for row in rows}
    assert {("p", "C"), ("q", "D")} == words
    assert len(closing.asked()) == sum(map(len, table.values()))
    assert "y" == of(table, "prp-rng")[0].open


def test_a_constant_that_stands_twice_is_one() -> None:
    """A transitive property is the same in both atoms and in the conclusion."""
    form, rows = of(made()[1], "prp-trp")
    assert (["k0"], 2) == (form.constants, len(rows))


def test_what_is_no_rule_for_a_store() -> None:
    """Equality and inconsistencies add nothing there."""
    table = made()[1]
    assert [True, True, False, False] == [
        rule(of(table, name)[0]) for name in ("prp-dom", "prp-trp", "prp-fp", "cax-dw")
    ]
    assert 4 == most(table)  # domains, ranges, and the two atoms of transitivity


def test_only_what_can_match_is_due() -> None:
    """All atoms need facts, and one of them new ones."""
    _, table = made()
    _, rows = of(table, "prp-trp")
    first, second = (relation(clause.body[0]) for clause in rows.values())
    assert 2 == len(due(rows, None, (), {first, second}))
    assert 1 == len(due(rows, 0, {first}, {first, second}))
    assert [] == due(rows, 0, {first}, {second})
    assert [] == due(rows, 1, set(), {first, second})


def test_clauses_of_one_body_are_one_update() -> None:
    """What else they say is a table; no row is lost."""
    closing = Closing(lines("ex:p rdfs:domain ex:C , ex:D . ex:q rdfs:domain ex:C"))
    form, rows = of(tabled(closing.asked()), "prp-dom")
    groups = grouped(form, rows)
    assert [1, 2] == sorted(map(len, groups))
    assert sorted(rows) == sorted(row for group in groups for row in group)
    text = Writer(closing.terms.__getitem__, ["urn:g"]).insertions(form, groups, None, "urn:n")
    assert (2, 1) == (text.count("INSERT"), text.count("VALUES"))


def test_long_tables_are_cut() -> None:
    """No row is lost."""
    rows = [(number,) for number in range(2 * MOST + 1)]
    found = list(batches(rows))
    assert [MOST, MOST, 1] == [len(one) for one in found]
    assert rows == [row for batch in found for row in batch]
    assert [] == list(batches([]))


def test_an_update_joins_what_is_new_with_all_there_is() -> None:
    """Each step from the newest graph is joined with every graph, and what any of them holds is not found again."""
    closing, table = made()
    form, rows = of(table, "prp-trp")
    store = Store()
    for graph, pairs in {"urn:old": ["ab", "bc", "ac"], "urn:new": ["cd"]}.items():
        for pair in pairs:
            subject, predicate, object_ = (
                NamedNode(f"https://w3id.org/gbakg/ontology#{name}") for name in (pair[0], "r", pair[1])
            )
            store.add(Quad(subject, predicate, object_, NamedNode(graph)))
    writer = Writer(closing.terms.__getitem__, ["urn:old", "urn:new"])
    for at, wanted in ((0, set[str]()), (1, {"ad", "bd"})):
        store.update(writer.insertions(form, grouped(form, rows), at, f"urn:found{at}"))
        found = store.quads_for_pattern(None, None, None, NamedNode(f"urn:found{at}"))
        assert wanted == {f"{str(one.subject)[-2]}{str(one.object)[-2]}" for one in found}


def test_a_selection_tells_the_row() -> None:
    """An answer says by its number which clause it is of."""
    closing, table = made()
    form, rows = of(table, "prp-dom")
    store = Store()
    store.update(
        "INSERT DATA { GRAPH <urn:g> { <urn:a> <https://w3id.org/gbakg/ontology#q> <urn:b> . "
        "<urn:c> <https://w3id.org/gbakg/ontology#other> <urn:d> } }"
    )
    writer = Writer(closing.terms.__getitem__, ["urn:g"])
    chosen = list(rows)
    answer = store.query(writer.selection(form, chosen, form.free, "FILTER(isIRI(?x))"))
    assert isinstance(answer, QuerySolutions)
    ((row, x, y),) = answer
    assert closing.terms[chosen[int(row.value)][0]].endswith("#q>")
    assert ("<urn:a>", "<urn:b>") == (str(x), str(y))
