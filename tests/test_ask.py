"""Checks are asked in as few queries as may be: guards first, and lists in place of paths as long as they are short."""

from __future__ import annotations

import pytest
from pyoxigraph import RdfFormat, Store, parse

from gbakg.engine import Embedded, Solutions
from gbakg.shapes import Plan

PREFIXES = (
    "@prefix ex: <urn:ex:> . @prefix sh: <http://www.w3.org/ns/shacl#> . "
    "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> . "
)
COUNTS = """ex:S a sh:NodeShape ; sh:targetClass ex:C ; sh:property ex:P , ex:Q .
ex:P sh:path ex:p ; sh:maxCount 1 ; sh:message "two" . ex:Q sh:path ex:q ; sh:datatype xsd:integer ; sh:message "text" ."""
WITHIN = """ex:S a sh:NodeShape ; sh:targetClass ex:C ; sh:property ex:P .
ex:P sh:path [ sh:zeroOrMorePath ex:in ] ; sh:hasValue ex:top ; sh:message "outside" ."""


class Noting(Embedded):
    """An engine that notes what it is asked."""

    def __init__(self, turtle: str) -> None:
        store = Store()
        store.load((PREFIXES + turtle).encode(), RdfFormat.TURTLE)
        super().__init__(store)
        self.asked: list[str] = []

    def query(self, sparql: str) -> Solutions:
        """Answer a SELECT, and note it."""
        self.asked.append(sparql)
        found = super().query(sparql)
        assert isinstance(found, Solutions)
        return found


def plan(shapes: str) -> Plan:
    found = Plan([quad.triple for quad in parse((PREFIXES + shapes).encode(), RdfFormat.TURTLE)])
    assert {} == found.left
    return found


def told(shapes: str, engine: Noting) -> list[tuple[str, str]]:
    """Validate; return the focus nodes and messages, in order."""
    return [(str(one.focus), one.message) for one in plan(shapes).run(engine).results]


def test_what_a_guard_finds_nothing_for_is_not_asked() -> None:
    """The exact query is asked of the one check whose guard has an answer."""
    good = Noting("ex:a a ex:C ; ex:p 1 ; ex:q 1 . ex:b a ex:C ; ex:p 1 .")
    assert [] == told(COUNTS, good)
    bad = Noting("ex:a a ex:C ; ex:p 1 , 2 ; ex:q 1 . ex:b a ex:C ; ex:p 1 .")
    assert [("<urn:ex:a>", "two")] == told(COUNTS, bad)
    assert len(good.asked) + 1 == len(bad.asked)
    assert set(good.asked) < set(bad.asked)


@pytest.mark.parametrize(("others", "listed"), [(10, True), (1500, False)])
def test_what_leads_to_a_node_is_listed_while_it_is_short(others: int, listed: bool) -> None:
    """With more of it the path is asked for; the answers are the same."""
    steps = " ".join(f"ex:n{at} ex:in ex:top ." for at in range(others))
    engine = Noting(f"{steps} ex:a a ex:C ; ex:in ex:n1 . ex:b a ex:C ; ex:in ex:other . ex:top a ex:C .")
    assert [("<urn:ex:b>", "outside")] == told(WITHIN, engine)
    assert listed is any("ex:n7>" in one for one in engine.asked)
    assert listed is not any("EXISTS" in one and "<urn:ex:in>+" in one for one in engine.asked)


def test_what_several_targets_lead_to_is_told_once_and_asked_of_each_alone() -> None:
    """Virtuoso loses rows beside a UNION of targets, so that there is none."""
    shapes = """ex:S a sh:NodeShape ; sh:targetNode ex:a ; sh:targetObjectsOf ex:p ; sh:targetSubjectsOf ex:p , ex:q ;
    sh:property [ sh:path ex:q ; sh:maxCount 1 ; sh:message "two" ] ."""
    engine = Noting("ex:a ex:p ex:a , ex:b ; ex:q 1 , 2 . ex:b ex:q 1 , 2 . ex:c ex:q 1 . ex:d ex:q 1 , 2 .")
    assert [("<urn:ex:a>", "two"), ("<urn:ex:b>", "two"), ("<urn:ex:d>", "two")] == told(shapes, engine)
    assert 4 == sum("sameTerm" in one for one in engine.asked)
    assert not any("UNION" in one for one in engine.asked)
