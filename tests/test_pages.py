"""Saved queries answered page by page."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad, Store

from gbakg import pages, query
from gbakg.engine import Embedded, Engine, Solutions, select
from gbakg.result import Result
from gbakg.store import Build

ROOT = Path(__file__).parent.parent
SAVED = [one for one in query.catalog(ROOT / "queries") if one.head is not None]
THING, SIZE, NAME = (NamedNode(f"urn:example:{name}") for name in ("thing", "size", "name"))
TEXT = """PREFIX e: <urn:example:>
SELECT ?key ?name WHERE { { SELECT ?one ?key WHERE { ?one e:size ?key } ORDER BY ?key } ?one e:name ?name } ORDER BY ?key ?name
"""


class Counting:
    """An engine that keeps the texts that it was asked."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.asked: list[str] = []

    def query(self, sparql: str) -> object:
        """Keep the text, and answer it."""
        self.asked.append(sparql)
        return self.engine.query(sparql)


def things(*keys: object) -> Embedded:
    """Make a store of things, each with a key and two names that stand in no order."""
    store = Store()
    for number, key in enumerate(keys):
        thing = NamedNode(f"{THING.value}{number}")
        term = key if isinstance(key, NamedNode) else Literal(key)  # type: ignore[arg-type]
        store.add(Quad(thing, SIZE, term))
        for name in (f"b{-number}", f"a{number % 3}{number}"):
            store.add(Quad(thing, NAME, Literal(name)))
    return Embedded(store)


def paged(engine: Engine, text: str, most: int | None = None) -> list[object]:
    at = pages.head(text)
    assert at is not None
    return list(pages.answer(engine, pages.parts(text, at, (), {}), at, most))


def test_many_saved_queries_have_a_head() -> None:
    """What is held of saved queries below is held of many."""
    assert len(SAVED) > 30


@pytest.mark.parametrize("saved", SAVED, ids=lambda saved: saved.name)
@pytest.mark.parametrize("limit", [3, None])
def test_the_pages_are_the_answer(real: Build, saved: query.Query, limit: int | None) -> None:
    """On the real graph a saved query's pages have the rows of the whole query, in its order."""
    values = {one.name: one.example for one in saved.header.parameters if one.required}
    with real.open() as engine:
        engine.size = None  # else it would be asked at once
        cut = limit if saved.limited else None
        expected = list(select(engine, saved.bind(values, engine, cut)))
        found = saved.run(engine, values, limit if saved.limited else 0)
        assert not isinstance(found, bool) and hasattr(found, "rows")
        assert expected[: saved.rows(limit if saved.limited else 0)] == found.rows


@pytest.mark.parametrize(
    "keys",
    [
        range(40),
        [number % 7 for number in range(40)],
        [Decimal(number * 7 % 40) / 4 if number % 3 else number for number in range(40)],
        [f"k{number % 5}" for number in range(40)],
        ["ä", "z", "Z", "", "😀", "\uffff", "a b"],
        [NamedNode(f"urn:example:k{number % 9}") for number in range(40)],
        [2, "two", 1.5, NamedNode("urn:example:k"), True, "2"],
        [],
    ],
)
@pytest.mark.parametrize("most", [None, 1, 7, 1000])
def test_order(keys: list[object], most: int | None) -> None:
    """Whatever the keys are, alike or of several kinds, the order and the cut are those of the engine."""
    engine = things(*keys)
    assert list(select(engine, TEXT))[:most] == paged(engine, TEXT, most)[:most]


def test_order_by_expressions() -> None:
    """A head that is ordered by all that the query is ordered by may be ordered by expressions."""
    text = TEXT.replace("ORDER BY ?key ?name", "ORDER BY DESC(?key)").replace("ORDER BY ?key", "ORDER BY DESC(?key)")
    engine = things(*range(40))
    expected = [row[0] for row in select(engine, text)]
    assert expected == [row[0] for row in paged(engine, text)]  # type: ignore[index]


def test_a_few_rows_take_a_few_pages() -> None:
    """The rest of a query is asked for some rows of the head only."""
    engine = Counting(things(*range(1000)))
    assert 5 == len(paged(engine, TEXT, 5))  # type: ignore[arg-type]
    assert sum(text.count("urn:example:thing") for text in engine.asked) < 20


def test_rows_come_before_all_are_asked_for() -> None:
    """The first rows of a long answer are there before its last page is asked for."""
    engine = Counting(things(*range(3000)))
    at = pages.head(TEXT)
    assert at is not None
    found = pages.answer(engine, pages.parts(TEXT, at, (), {}), at, None)  # type: ignore[arg-type]
    assert isinstance(found, Solutions)
    rows = iter(found)
    next(rows)
    before = len(engine.asked)
    assert 5999 == len(list(rows))
    assert before < len(engine.asked)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { ?s ?p ?o } ORDER BY ?s",
        "SELECT * { { SELECT ?s { ?s ?p ?o } } ?s ?q ?r } ORDER BY ?s",
        "SELECT * { { SELECT ?s { ?s ?p ?o } ORDER BY ?s LIMIT 3 } ?s ?q ?r } ORDER BY ?s",
        "SELECT * { { SELECT ?s { ?s ?p ?o } ORDER BY DESC(?s) } ?s ?q ?r } ORDER BY DESC(?s) ?r",
        "SELECT * { ?s ?q ?r { SELECT ?s { ?s ?p ?o } ORDER BY ?s } } ORDER BY ?s",
        "ASK { { ?s ?p ?o } }",
    ],
)
def test_no_head(text: str) -> None:
    """A sub-select that is cut, not ordered, ordered otherwise or elsewhere is no head."""
    assert pages.head(text) is None


def test_a_head_is_remembered(tmp_path: Path) -> None:
    """What a build compiled gives the same head as the file."""
    folder = ROOT / "queries"
    known = query.catalog(folder, query.compiled(folder))
    assert {one.name: one.head for one in SAVED} == {one.name: one.head for one in known if one.head is not None}


def test_a_small_graph_is_asked_at_once(real: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are for what is large; a graph whose size is not known is taken for large."""
    asked = query.catalog(ROOT / "queries").get("observations")
    paged: list[int] = []

    def counted(engine: Engine, parts: pages.Parts, head: pages.Head, most: int | None) -> Solutions:
        paged.append(1)
        return answer(engine, parts, head, most)

    answer = pages.answer
    monkeypatch.setattr(pages, "answer", counted)
    with real.open() as engine:
        first = asked.run(engine)
        assert isinstance(first, Result)
        at_once = list(first)
        assert len(at_once) > 50
        assert not paged
        engine.size = None
        again = asked.run(engine)
        assert isinstance(again, Result)
        assert at_once == list(again)
        assert paged
