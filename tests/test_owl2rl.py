"""The OWL 2 RL suite: 273 cases of the RDF-based semantics that the rules decide, one test each.

The cases are Michael Schneider's and Kai Mainzer's, in a folder beside the repository; GBAKG_SUITES names another.
Exceptions are named, each with its reason, in owl2rl-exceptions.txt; a case that passes in spite of it fails here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, parse

from gbakg.clauses import SAME, TYPE
from gbakg.closing import Closing

SUITE = Path(os.environ.get("GBAKG_SUITES", Path(__file__).parents[2] / "shared" / "suites")) / "owl2rl"
EXCEPTIONS = {
    name: reason
    for name, _, reason in (
        line.partition(": ")
        for line in (Path(__file__).parent / "owl2rl-exceptions.txt").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    )
}
REFERENCE = 232
"""How many cases owlrl passes."""

CASES = sorted(folder.name for folder in SUITE.iterdir()) if SUITE.is_dir() else []
needs_suite = pytest.mark.skipif(
    not CASES, reason="the OWL 2 RL suite is not in ../shared/suites/owl2rl; set GBAKG_SUITES"
)


def kind(case: str) -> str:
    text = (SUITE / case / f"{case}.metadata.properties").read_text(encoding="utf-8")
    found = re.search(r'"testcase\.type">(\w+)<', text)
    assert found is not None, case
    return found[1]


def graph(case: str, part: str) -> list[str]:
    path = SUITE / case / f"{case}.{part}.ttl"
    quads = parse(path=str(path), format=RdfFormat.TURTLE, rename_blank_nodes=True)
    return [f"{quad.triple} ." for quad in quads]


def terms(line: str) -> list[str]:
    return line[:-2].split(" ", 2)


def entails(closed: set[str], wanted: Sequence[str], found: dict[str, str] | None = None) -> bool:
    """Tell whether a graph simply entails another: its blank nodes stand for anything."""
    found = {} if found is None else found
    if not wanted:
        return True
    first, *others = wanted

    def ways() -> Iterator[dict[str, str]]:
        for triple in closed:
            bound = dict(found)
            for want, term in zip(terms(first), terms(triple), strict=True):
                value = bound.setdefault(want, term) if want.startswith("_:") else want
                if value != term:
                    break
            else:
                yield bound

    return any(entails(closed, others, way) for way in ways())


def everything(closing: Closing) -> set[str]:
    """Return a graph with its whole closure, as far as it is triples of RDF; eq-ref included."""
    words = closing.terms
    found = {f"{term} {words[SAME]} {term} ." for term in words if not term.startswith('"')}
    for key, rows in closing.facts.items():
        for subject, object_ in ((row, ~key) if key < 0 else row for row in rows if key != TYPE):
            if not words[subject].startswith('"') and words[max(key, TYPE)].startswith("<"):
                found.add(f"{words[subject]} {words[max(key, TYPE)]} {words[object_]} .")
    return found


def holds(case: str) -> bool:
    """Run a case: whether the premises entail the conclusions, or are found inconsistent."""
    if kind(case) == "INCONSISTENCY":
        given = graph(case, "graph")
        return bool(Closing(given, given, whole=True).inconsistencies())
    given = graph(case, "premisegraph")
    closed = everything(Closing(given, given, whole=True))
    return entails(closed, graph(case, "conclusiongraph"))


@needs_suite
def test_the_suite_is_whole() -> None:
    """All 273 cases are there: 209 positive entailments and 64 inconsistencies."""
    kinds = [kind(case) for case in CASES]
    assert 209 == kinds.count("POSITIVE_ENTAILMENT")
    assert 64 == kinds.count("INCONSISTENCY")
    assert 273 == len(kinds)
    assert set(EXCEPTIONS) <= set(CASES)
    assert REFERENCE <= len(CASES) - len(EXCEPTIONS)


@needs_suite
@pytest.mark.parametrize("case", CASES)
def test_case(case: str) -> None:
    """A case comes out as its authors say, or is a named exception."""
    assert (case not in EXCEPTIONS) is holds(case), EXCEPTIONS.get(case, "should hold")


@needs_suite
@pytest.mark.parametrize("case", [case for case in CASES if kind(case) == "POSITIVE_ENTAILMENT"] if CASES else [])
def test_consistent(case: str) -> None:
    """The premises of an entailment are consistent: no inconsistency is made up."""
    given = graph(case, "premisegraph")
    assert () == Closing(given, given, whole=True).inconsistencies()
