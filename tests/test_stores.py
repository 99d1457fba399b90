"""Real servers: a graph that is pushed to one arrives whole, and saved queries answer there as they do here.

The Oxigraph server is started by every run; Fuseki, RDF4J and Virtuoso by `-m servers`.  `python -m tests.stores.table`
asks every query of every one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad, Store, Triple

from conftest import FIXTURES, ROOT
from gbakg import push, query, terms
from gbakg.digest import line
from gbakg.engine import Embedded, Solutions
from gbakg.errors import NetworkError
from gbakg.parcel import Load
from gbakg.query import Query
from gbakg.store import Build
from stores import __main__ as starting
from stores import table
from stores.server import Missing, Server
from stores.servers import SERVERS
from stores.table import Cell, Limit, Way

OTHERS = sorted(set(SERVERS) - {"oxigraph"})


@pytest.fixture(
    scope="module", params=["oxigraph", *(pytest.param(name, marks=pytest.mark.servers) for name in OTHERS)]
)
def name(request: pytest.FixtureRequest) -> str:
    """Name each server."""
    found: str = request.param
    return found


@pytest.fixture(scope="module")
def server(name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server for the tests of this file."""
    with ExitStack() as stack:
        yield _start(stack, name, tmp_path_factory.mktemp(name))


def _start(stack: ExitStack, name: str, folder: Path) -> Server:
    try:
        return stack.enter_context(SERVERS[name](folder))
    except Missing as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def triples(built: Build) -> list[Triple]:
    """Return the fixture graph."""
    with built.open() as engine:
        return list(engine.triples())


def pushed(server: Server, graph: Iterable[Triple]) -> push.Outcome:
    """Push a graph, as `gbakg push` does."""
    lines = sorted(map(line, graph))
    load = Load(lambda: lines)
    with server.pusher() as endpoint:
        plan = push.plan(endpoint, push.target(endpoint.profile, None), load)
        return push.push(endpoint, load, plan, lambda text: None, pause=0.01)


def test_a_push_arrives_and_a_second_changes_nothing(server: Server, triples: list[Triple]) -> None:
    """Count and digest are those of the build; what is there already is not sent again."""
    first, second = pushed(server, triples), pushed(server, triples)
    assert (True, False) == (first.sent, second.sent)
    assert len(triples) == first.count == second.count
    assert first.digest == second.digest


def test_a_newer_graph_leaves_no_old_triple(server: Server, triples: list[Triple]) -> None:
    """What a graph does not have any more is gone, and what is new is there."""
    old, new = (Triple(NamedNode("urn:a"), NamedNode("urn:b"), Literal(text)) for text in ("old", "new"))
    pushed(server, [*triples, old])
    outcome = pushed(server, [*triples, new])
    assert len(triples) + 1 == outcome.count
    with server.engine() as engine:
        found = engine.query("SELECT ?o WHERE { <urn:a> <urn:b> ?o }")
        assert isinstance(found, Solutions)
        assert [(Literal("new"),)] == list(found)


def test_saved_queries_answer_alike(server: Server, triples: list[Triple], built: Build) -> None:
    """The fixture's saved queries, with whatever values they can have, give the rows of the embedded engine."""
    pushed(server, triples)
    found = [query.load(path) for path in query.files(FIXTURES / "project" / "queries")]
    with built.open() as here, server.engine() as there:
        asked = [(way, way.ask(here)) for way in table.ways(found, every=False)]
        cells = table.compare(asked, there)
    assert {one.name for one in found} == set(cells)
    assert not [text for cell in cells.values() for text in cell.differences]
    assert sum(cell.rows for cell in cells.values()) > len(found)


def test_a_killed_server_comes_back_with_its_graph(name: str, triples: list[Triple], tmp_path: Path) -> None:
    """A folder that a killed server left behind is taken up again, and holds what was pushed."""
    with ExitStack() as stack:
        first = _start(stack, name, tmp_path)
        pushed(first, triples)
        first.kill()
        with pytest.raises(NetworkError):
            pushed(first, triples)
    with ExitStack() as stack:
        again = pushed(_start(stack, name, tmp_path), triples)
    assert len(triples) == again.count


# --- the table -----------------------------------------------------------------------------------------------------


@pytest.fixture
def one(tmp_path: Path) -> Query:
    """Save a query that lists what there is, in order."""
    path = tmp_path / "topic" / "list-all.rq"
    path.parent.mkdir()
    path.write_text(
        "#+ summary: What is there?\n#+ tags: [all]\n#+ limit: {default: 10, max: 100}\n#+ view: table\n"
        "SELECT ?s ?o WHERE { ?s <urn:p> ?o } ORDER BY ?s ?o\n",
        encoding="utf-8",
    )
    return query.load(path)


def _engine(*values: object) -> Embedded:
    store = Store()
    for value in values:
        literal = value if isinstance(value, Literal) else Literal(value)  # type: ignore[arg-type]
        store.add(Quad(NamedNode("urn:s"), NamedNode("urn:p"), literal))
    return Embedded(store)


@pytest.mark.parametrize(
    ("there", "told"),
    [
        ((1, 2), ""),
        ((1,), "1 rows instead of 2"),
        ((1, 2, 3), "3 rows instead of 2"),
        ((1, 3), 'row 2, o: "3"^^<http://www.w3.org/2001/XMLSchema#integer> instead of "2"'),
        ((1, Literal("2", datatype=terms.XSD.term("decimal"))), "XMLSchema#decimal> instead of"),
    ],
)
def test_a_cell_tells_the_first_difference(one: Query, there: tuple[object, ...], told: str) -> None:
    """Rows that lack, are too many, have another value or another datatype are told; the same rows are not."""
    way = Way(one, {})
    cell = table.compare([(way, way.ask(_engine(1, 2)))], _engine(*there))["list-all"]
    assert bool(told) == bool(cell.differences)
    assert told in "".join(cell.differences)
    assert ("1 of 1 differ" if told else "same") == str(cell)


def test_an_engine_that_refuses_is_told(one: Query, tmp_path: Path) -> None:
    """What an engine says is in the cell, and the other queries are asked all the same."""

    class Sulky(Embedded):
        def query(self, sparql: str) -> Solutions:
            raise NetworkError("http://localhost/", "has no mind to")

    way = Way(one, {})
    cells = table.compare([(way, way.ask(_engine(1)))], Sulky())
    assert ["list-all: refused: http://localhost/: has no mind to"] == cells["list-all"].differences


def test_a_limit_explains_a_difference_and_has_to_be_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A known difference is named with its reason; an unknown one is a fault, and so is one that is no more."""
    same, other = Cell(1, 1), Cell(1, 1, ["list-all: 1 rows instead of 2"])
    monkeypatch.setattr(
        table,
        "LIMITS",
        {("list-all", "odd"): Limit("it cannot count"), ("list-all", "fickle"): Limit("at times", always=False)},
    )
    assert (["odd: list-all: it cannot count"], True) == table.verdict({"odd": {"list-all": other}})
    assert (["even: list-all: 1 rows instead of 2"], False) == table.verdict({"even": {"list-all": other}})
    assert ([], True) == table.verdict({"even": {"list-all": same}})
    assert (["fickle: list-all: at times"], True) == table.verdict({"fickle": {"list-all": other}})
    assert ([], True) == table.verdict({"fickle": {"list-all": same}})
    lines, good = table.verdict({"odd": {"list-all": same}})
    assert not good
    assert "take it out of LIMITS" in lines[0]


def test_limits_name_queries_and_servers() -> None:
    """Nothing is excused that is not there."""
    names = {path.stem for path in query.files(ROOT / "queries")}
    assert {one for one, _ in table.LIMITS} <= names
    assert {engine for _, engine in table.LIMITS} <= set(SERVERS)


def test_the_table_names_every_query() -> None:
    """A row for each query, a column for each engine."""
    lines = list(table.table({"even": {"list-all": Cell(2, 7)}, "odd": {"list-all": Cell(2, 7, ["list-all: no"])}}))
    assert 3 == len(lines)
    assert "not asked" in list(table.table({"even": {"list-all": Cell(1, 1)}, "odd": {}}))[2]
    assert ["query", "rows", "even", "odd"] == [cell.strip() for cell in lines[0].strip("| ").split("|")]
    assert ["list-all", "7", "same", "1 of 2 differ"] == [cell.strip() for cell in lines[2].strip("| ").split("|")]


@pytest.mark.parametrize("main", [starting.main, table.main])
def test_an_unknown_name_is_refused(main: Callable[[list[str]], int], capsys: pytest.CaptureFixture[str]) -> None:
    """Both commands tell which names there are."""
    with pytest.raises(SystemExit) as caught:
        main(["fuseky"])
    assert 2 == caught.value.code
    assert "fuseki" in capsys.readouterr().err
