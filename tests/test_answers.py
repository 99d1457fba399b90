"""Saved queries against their expected answers, which stand in tests/answers and were found by reading the documents.

`answers/<query>/<case>.csv` has those columns of the answer that a reader can know, one row for each row of the answer,
in any order; an empty cell is an unbound one. `<case>.some.csv` has rows that have to be among the answers, where the
whole list is long. `<case>.params` has the parameters, as `name=value` lines. `answers/nothing.csv` asks what the
documents do not say.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph
import pytest
from pyoxigraph import Literal, NamedNode, Triple

import gbakg
from gbakg import query, terms
from gbakg.engine import Embedded, Engine, Term
from gbakg.result import Result

ROOT = Path(__file__).parent.parent
ANSWERS = Path(__file__).parent / "answers"
SOME = ".some.csv"

Row = tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """One expected answer: all of it, or some of its rows."""

    query: str
    name: str
    columns: Row
    rows: tuple[Row, ...]
    some: bool
    parameters: tuple[tuple[str, str], ...]

    @property
    def id(self) -> str:
        """Name the case in a report."""
        return f"{self.query}-{self.name}"


def cases() -> list[Case]:
    """Read every case below tests/answers."""
    return [_case(path) for path in sorted(ANSWERS.glob("*/*.csv"))]


def _case(path: Path) -> Case:
    some = path.name.endswith(SOME)
    name = path.name.removesuffix(SOME if some else ".csv")
    header, *rows = _table(path)
    return Case(path.parent.name, name, header, tuple(rows), some, _parameters(path.with_name(f"{name}.params")))


def _table(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = [tuple(row) for row in csv.reader(file)]
    uneven = [row for row in rows if len(row) != len(rows[0])]
    assert not uneven, f"{path}: rows of another length than the header: {uneven}"
    return rows


def _parameters(path: Path) -> tuple[tuple[str, str], ...]:
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return tuple(query.pairs(line for line in lines if line.strip()).items())


def _nothing() -> list[Row]:
    header, *rows = _table(ANSWERS / "nothing.csv")
    assert header == ("query", "parameters")
    return rows


CASES = cases()
NOTHING = _nothing()


@pytest.fixture(scope="session")
def graph(real_cache: str) -> Iterator[gbakg.Graph]:
    """Open the graph of the repository."""
    with gbakg.open(ROOT, cache=real_cache) as found:
        yield found


def _run(graph: gbakg.Graph, name: str, parameters: dict[str, str], engine: Engine | None = None) -> Result:
    found = graph.queries.get(name).run(graph.engine if engine is None else engine, parameters, 0)
    assert isinstance(found, Result)
    return found


def _written(term: Term | None) -> str:
    """Write a term as the tables of answers do: an entity as class/slug, a literal as its text."""
    if isinstance(term, NamedNode):
        return terms.shorten(term)
    return term.value if isinstance(term, Literal) else ""


def _answer(case: Case, found: Result) -> Counter[Row]:
    missing = sorted(set(case.columns) - set(found.columns))
    assert not missing, f"{case.query} has no column {', '.join(missing)}; it has {', '.join(found.columns)}"
    places = [found.columns.index(column) for column in case.columns]
    return Counter(tuple(_written(row[place]) for place in places) for row in found.rows)


def _difference(case: Case, expected: Counter[Row], actual: Counter[Row]) -> list[str]:
    """List the rows that are missing and, unless only some are expected, those that are too many."""
    gone, extra = expected - actual, Counter[Row]() if case.some else actual - expected
    lines = [f"missing    {' | '.join(row)}" for row in sorted(gone.elements())]
    lines += [f"unexpected {' | '.join(row)}" for row in sorted(extra.elements())]
    return [f"columns    {' | '.join(case.columns)}", *lines] if lines else []


def test_every_saved_query_has_an_answer() -> None:
    """Each query has a folder of cases, each folder a query, and no parameters stand without their answer."""
    names = {path.stem for path in query.files(ROOT / "queries")}
    assert names == {case.query for case in CASES}
    assert {path.name for path in ANSWERS.iterdir()} == names | {"nothing.csv"}
    assert {(path.parent.name, path.stem) for path in ANSWERS.glob("*/*.params")} <= {
        (case.query, case.name) for case in CASES
    }


def test_a_query_with_parameters_has_further_cases() -> None:
    """A query is asked with its defaults or its example, and at least once with other values."""
    ways: dict[str, set[tuple[tuple[str, str], ...]]] = {}
    for case in CASES:
        ways.setdefault(case.query, set()).add(case.parameters)
    found = {path.stem: query.load(path) for path in query.files(ROOT / "queries")}
    assert {name for name, one in found.items() if "default" not in {c.name for c in CASES if c.query == name}} == set()
    asked = {name for name, one in found.items() if {p.name for p in one.header.parameters} - {"lang"}}
    assert {name for name in asked if len(ways.get(name, ())) < 2} == set()


def test_as_many_cases_as_there_are_files() -> None:
    """Every table below tests/answers is read: none is left out because it moved or is named otherwise."""
    assert len(list(ANSWERS.rglob("*.csv"))) == len(CASES) + 1
    assert len(CASES) == 319
    assert len(NOTHING) == 25


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_answer(graph: gbakg.Graph, case: Case) -> None:
    """A saved query gives what a reader finds in the documents."""
    found = _run(graph, case.query, dict(case.parameters))
    lines = _difference(case, Counter(case.rows), _answer(case, found))
    assert not lines, f"{case.query} {dict(case.parameters)}\n" + "\n".join(lines)


@pytest.mark.parametrize("row", NOTHING, ids=" ".join)
def test_what_no_document_says(graph: gbakg.Graph, row: Row) -> None:
    """A question that the documents do not answer gets no row; what it is about is in the graph."""
    name, given = row
    found = _run(graph, name, query.pairs(given.split(";")))
    assert [dict(one) for one in found] == []


def test_needs_are_named() -> None:
    """Some queries are there to show what an axiom entails."""
    found = {path.stem for path in query.files(ROOT / "queries") if query.load(path).header.needs}
    assert len(found) == 37


@pytest.mark.parametrize(
    ("name", "need"),
    [(path.stem, need) for path in query.files(ROOT / "queries") for need in query.load(path).header.needs],
)
def test_a_query_needs_its_entailments(graph: gbakg.Graph, name: str, need: str) -> None:
    """A query loses rows, or what it counts, in some case without what was entailed of a term that it needs."""
    term = terms.expand(need)
    entailed = {
        triple
        for triple in graph.engine.entailed()
        if term in (triple.predicate, triple.object if triple.predicate == terms.TYPE else None)
    }
    without = _store(one for one in graph.engine.triples() if one not in entailed)
    ways = [dict(case.parameters) for case in CASES if case.query == name]
    answers = [(_rows(_run(graph, name, way)), _rows(_run(graph, name, way, without))) for way in ways]
    counts = [(full.total(), bare.total()) for full, bare in answers]
    assert all(bare <= full for full, bare in counts), counts
    assert any(full - bare for full, bare in answers), counts


def _rows(found: Result) -> Counter[Row]:
    return Counter(tuple(_written(cell) for cell in row) for row in found.rows)


HEADS = {
    terms.RDFS.term("subClassOf"): "object",
    terms.RDFS.term("subPropertyOf"): "object",
    terms.OWL.term("propertyChainAxiom"): "subject",
    terms.OWL.term("inverseOf"): "subject object",
}
REFLEXIVE = {terms.OWL.term("TransitiveProperty"), terms.OWL.term("SymmetricProperty")}
WITHOUT_A_QUERY = {
    "gba:Computed": "nothing computed is stored yet, so that the class has no members",
}


def test_each_axiom_is_needed() -> None:
    """What each axiom of the ontology concludes is needed by a query; of two inverses, at least one is."""
    needed, axioms = _needed(), 0
    idle = set()
    for file in sorted((ROOT / "ontology" / "terms").glob("*.ttl")):
        for quad in pyoxigraph.parse(path=file):
            ends = "subject" if quad.object in REFLEXIVE else HEADS.get(quad.predicate, "")
            concluded = {terms.shorten(getattr(quad, end)) for end in ends.split()}
            axioms += bool(concluded)
            idle |= set() if concluded & needed else concluded
    assert axioms > 100
    assert idle == set(WITHOUT_A_QUERY)


def test_each_entailed_term_is_needed(graph: gbakg.Graph) -> None:
    """Every term of the ontology of which anything is entailed on the real data is needed by a query."""
    found = graph.engine.entailed()
    entailed = {triple.object if triple.predicate == terms.TYPE else triple.predicate for triple in found}
    own = {terms.shorten(term) for term in entailed if isinstance(term, NamedNode) and term.value.startswith(terms.GBA)}
    assert len(own) > 30
    assert own - _needed() == set()


def _needed() -> set[str]:
    return {need for path in query.files(ROOT / "queries") for need in query.load(path).header.needs}


def test_paragraphs_add_up(graph: gbakg.Graph) -> None:
    """The claims of a document's paragraphs are together those of the document."""
    documents = _run(graph, "list-documents", {})
    for row in documents:
        counted = _run(graph, "list-paragraphs", {"source": str(row["source"])})
        assert sum(int(str(one["claims"])) for one in counted) == int(str(row["claims"])) > 0
    assert len(documents) == 5


def test_claims_without_passage_are_found(graph: gbakg.Graph) -> None:
    """The query whose answer is empty finds every claim once the passages are taken from their documents."""
    lost = terms.GBA.term("inDocument")
    broken = _store(one for one in graph.engine.triples() if one.predicate != lost)
    claims = len(_run(graph, "observations", {})) + len(_run(graph, "facts", {})) + len(_run(graph, "mentions", {}))
    assert len(_run(graph, "list-claims-without-passage", {}, broken)) == claims > 0


def test_equal_numbers_are_those_of_two_metrics(graph: gbakg.Graph) -> None:
    """The claims listed are those whose printed number and unit stand under another metric, too; a range has two."""
    metrics: dict[tuple[str, str], set[str]] = {}
    claims: dict[tuple[str, str], set[str]] = {}
    for row in _run(graph, "observations", {}):
        number = row["value"] or row["lower"] or row["upper"]
        if str(row["bound"]) == "Range" or not any("0" <= sign <= "9" for sign in str(row["figure"])):
            continue
        key = str(number), str(row["unit"])
        metrics.setdefault(key, set()).add(str(row["metric"]))
        claims.setdefault(key, set()).add(str(row["observation"]))
    expected = {claim for key, found in metrics.items() if len(found) > 1 for claim in claims[key]}
    found = [str(row["observation"]) for row in _run(graph, "list-equal-numbers", {})]
    assert sorted(expected) == sorted(found)
    assert found


def test_dated_events_have_their_date_as_period(graph: gbakg.Graph) -> None:
    """A fact that says when something was held, launched, started or released speaks of that day, month or year."""
    dates = ("heldOn", "launchedOn", "releasedOn", "startedOn")
    dated = [row for row in _run(graph, "facts", {}) if str(row["predicate"]).partition("#")[2] in dates]
    outside = [
        str(row["fact"])
        for row in dated
        for day in ("period_start", "period_end")
        if not str(row[day] or "").startswith(str(row["object_label"]))
    ]
    assert [] == outside
    assert dated


def test_moved_offsets_are_found(graph: gbakg.Graph) -> None:
    """The query whose answer is empty names the one claim whose span was made longer."""
    end = terms.GBA.term("end")
    claim = min(str(row["observation"]) for row in _run(graph, "observations", {}))
    broken = _store(
        Triple(one.subject, end, Literal(int(one.object.value) + 1))
        if one.predicate == end and isinstance(one.object, Literal) and one.subject == NamedNode(claim)
        else one
        for one in graph.engine.triples()
    )
    found = list(_run(graph, "check-offsets", {}, broken))
    assert [row["claim"] for row in found] == [claim]
    named = str(found[0]["document"])
    assert list(_run(graph, "check-offsets", {"file": named}, broken)) == found
    others = [str(row["document"]) for row in _run(graph, "list-documents", {}) if row["document"] != named]
    assert len(others) == 4
    assert [list(_run(graph, "check-offsets", {"file": other}, broken)) for other in others] == [[]] * 4


def _store(triples: Iterable[Triple]) -> Embedded:
    store = pyoxigraph.Store()
    store.bulk_extend(pyoxigraph.Quad(one.subject, one.predicate, one.object) for one in triples)
    return Embedded(store)
