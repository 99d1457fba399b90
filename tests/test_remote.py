"""A store over HTTP as an engine: what the embedded engine answers, and no answer that is cut or is none."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from pyoxigraph import Literal, NamedNode, Triple

from conftest import FIXTURES
from gbakg import cli
from gbakg.engine import Solutions, select
from gbakg.errors import AnswerCut, BadParameter, NetworkError, QuerySyntaxError, Unreachable
from gbakg.profiles import Store, profile
from gbakg.remote import Endpoint
from gbakg.store import Build
from serving import JSON, Handler, Server, serving

LABELS = "SELECT ?s ?o WHERE { ?s <http://www.w3.org/2000/01/rdf-schema#label> ?o } ORDER BY ?s ?o"


@pytest.fixture(scope="module")
def server(built: Build) -> Iterator[Server]:
    """Serve the fixture graph on loopback."""
    with built.open() as engine, serving(engine.store) as running:
        yield running


def test_rows_truths_and_triples(server: Server, built: Build) -> None:
    """An endpoint gives what the embedded engine gives."""
    remote = Endpoint(f"{server.url}/sparql")
    with built.open() as engine:
        assert list(select(engine, LABELS)) == list(select(remote, LABELS))
    assert remote.query("ASK { ?s ?p ?o }") is True
    triples = remote.query('CONSTRUCT { <urn:a> <urn:b> "é" } WHERE { }')
    assert not isinstance(triples, (bool, Solutions))
    assert [Literal("é")] == [triple.object for triple in triples]


def test_a_graph_is_asked_by_its_name(server: Server) -> None:
    """The protocol's default-graph-uri says which graph a query is about."""
    asked = "SELECT ?s WHERE { ?s ?p ?o } LIMIT 1"
    assert [] == list(select(Endpoint(f"{server.url}/sparql", graph="urn:nothing"), asked))
    assert 1 == len(list(select(Endpoint(f"{server.url}/sparql"), asked)))


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/html", "a web page; is it the address of the query service"),
        ("/moved/away", "HTTP 307"),
        ("/broken", "no SPARQL result"),
        ("/short", "broke off"),
        ("/drip", "not answered in full after 0.3 s"),
        ("/status/503", "not ready"),
    ],
)
def test_a_bad_answer_is_told(server: Server, path: str, said: str) -> None:
    """Whatever is not a result is an error of the network, in one line, at the latest when the rows are read."""
    with pytest.raises(NetworkError, match=said) as caught:
        list(select(Endpoint(server.url + path, 0.3), "SELECT * WHERE { }"))
    assert 4 == caught.value.exit_code


@pytest.mark.parametrize("path", ["/broken", "/short", "/torn"])
def test_an_answer_that_breaks_off_in_another_thread(
    server: Server, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """What is left of it stays in the thread that read it: else pyoxigraph complains on stderr, with a traceback."""
    told: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    with Endpoint(f"{server.url}{path}") as endpoint, ThreadPoolExecutor(1) as pool:
        error = pool.submit(lambda: list(select(endpoint, "SELECT ?x { ?x ?y ?z }"))).exception()
    assert isinstance(error, NetworkError)
    del error
    gc.collect()
    assert [] == told


def test_a_truth_is_no_answer_to_a_select(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody takes `true` for rows."""
    monkeypatch.setattr(
        Handler, "on_status", lambda self, form, rest: self.send(200, JSON, b'{"head": {}, "boolean": true}')
    )
    with pytest.raises(NetworkError, match="answered a SELECT with a truth"):
        select(Endpoint(f"{server.url}/status/200"), "SELECT * WHERE { }")


def test_a_syntax_error_there_is_one_here(server: Server) -> None:
    """What the endpoint calls a bad query is a bad query, in its words."""
    with pytest.raises(QuerySyntaxError, match="the endpoint refused the query: error at 1:13"):
        Endpoint(f"{server.url}/sparql").query("SELECT WHERE")


def test_an_answer_that_the_store_has_cut(server: Server) -> None:
    """Rows come as they are; at their end it is said that some may be missing."""
    rows = iter(select(Endpoint(f"{server.url}/capped"), "SELECT ?x WHERE { ?x ?y ?z }"))
    assert [1, 1, 1] == [len(next(rows)) for _ in range(3)]
    with pytest.raises(AnswerCut, match="no more than 3 rows"):
        next(rows)


@pytest.mark.parametrize(("limit", "cut"), [(2, False), (3, False), (4, True)])
def test_a_limit_that_the_store_allows_cuts_nothing(server: Server, limit: int, cut: bool) -> None:
    """As many rows as were asked for are the whole answer."""
    found = select(Endpoint(f"{server.url}/capped"), f"SELECT ?x WHERE {{ ?x ?y ?z }}\nLIMIT {limit}\n")
    if cut:
        with pytest.raises(AnswerCut):
            list(found)
    else:
        list(found)


def test_a_limit_of_the_profile_is_known(server: Server) -> None:
    """What a profile says of its rows holds without a header, and a Server header tells the profile."""
    asked = "SELECT * WHERE { { SELECT ?s { ?s ?p ?o } LIMIT 100 } { SELECT ?o { ?a ?b ?o } LIMIT 100 } }"
    known = Store(f"{server.url}/sparql", profile("virtuoso"))
    with pytest.raises(AnswerCut, match="10,000 rows"):
        list(select(Endpoint(known), asked))
    server.headers["Server"] = "Virtuoso/07.20 (Linux)"
    try:
        with pytest.raises(AnswerCut, match="10,000 rows"):
            list(select(Endpoint(f"{server.url}/sparql"), asked))
    finally:
        server.headers.clear()


def test_a_limit_above_what_the_store_gives_is_lowered(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Virtuoso refuses to sort for a LIMIT above its own; a query that has one is asked with the store's."""
    asked: list[str] = []
    kept = Handler.on_sparql

    def note(self: Handler, form: dict[str, list[str]], rest: str = "") -> None:
        asked.append(form["query"][0])
        kept(self, form, rest)

    monkeypatch.setattr(Handler, "on_sparql", note)
    remote = Endpoint(Store(server.url, profile("virtuoso")))
    for limit in ("LIMIT 10001", "LIMIT 10000", "LIMIT 7 OFFSET 3", "LIMIT 20000 OFFSET 3\n"):
        list(select(remote, f"SELECT ?s WHERE {{ ?s <urn:none> ?o }} {limit}"))
    wanted = ["LIMIT 10000", "LIMIT 10000", "LIMIT 7 OFFSET 3", "LIMIT 10000 OFFSET 3\n"]
    assert wanted == [one.partition("} ")[2] for one in asked]


def test_what_virtuoso_says(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """An ASK that is answered with a row, and a truth that is a number, are what they mean."""
    typed = '"type": "typed-literal", "datatype": "http://www.w3.org/2001/XMLSchema#'
    body = f'{{"head": {{"vars": ["x"]}}, "results": {{"bindings": [{{"x": {{{typed}boolean", "value": "1"}}}}]}}}}'
    monkeypatch.setattr(Handler, "on_odd", lambda self, *_: self.send(200, JSON, body.encode()), raising=False)
    remote = Endpoint(f"{server.url}/odd")
    assert remote.query("ASK { ?s ?p ?o }") is True
    ((truth,),) = select(remote, "SELECT * WHERE { ?s ?p ?o }")
    assert isinstance(truth, Literal)
    assert "true" == truth.value


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/n-triples", '<urn:a> <urn:b> "\\u00E9"@pt .'),
        ("text/plain;charset=utf-8", '<urn:a> <urn:b> "\\u00E9"@pt .'),
        ("text/turtle", '@prefix u: <urn:> . u:a u:b "é"@pt .'),
        (
            "application/rdf+xml",
            '<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:u="urn:">'
            '<r:Description r:about="urn:a"><u:b xml:lang="pt">é</u:b></r:Description></r:RDF>',
        ),
    ],
)
def test_triples_are_read_however_they_are_written(
    server: Server, monkeypatch: pytest.MonkeyPatch, kind: str, body: str
) -> None:
    """A store that does not know the media type which it is asked for answers with another; what is none is refused."""
    monkeypatch.setattr(Handler, "on_odd", lambda self, *_: self.send(200, kind, body.encode()), raising=False)
    found = Endpoint(f"{server.url}/odd").query("CONSTRUCT WHERE { ?s ?p ?o }")
    assert not isinstance(found, (bool, Solutions))
    assert [Triple(NamedNode("urn:a"), NamedNode("urn:b"), Literal("é", language="pt"))] == list(found)


def test_triples_are_asked_for_by_the_name_that_the_store_knows(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blazegraph knows N-Triples as text/plain, all others as application/n-triples."""
    asked: list[str] = []

    def note(self: Handler, form: dict[str, list[str]], rest: str = "") -> None:
        asked.append(self.headers["Accept"])
        self.send(200, "text/plain", b"")

    monkeypatch.setattr(Handler, "on_odd", note, raising=False)
    for name in ("blazegraph", "sparql11"):
        found = Endpoint(Store(f"{server.url}/odd", profile(name))).query("CONSTRUCT WHERE { ?s ?p ?o }")
        assert not isinstance(found, (bool, Solutions))
        assert [] == list(found)
    assert ["text/plain", "application/n-triples"] == asked


def test_an_update_needs_an_address(server: Server) -> None:
    """A plain endpoint has no address for updates."""
    with pytest.raises(BadParameter, match="an address for updates"):
        Endpoint(f"{server.url}/sparql").update("CLEAR ALL")


@pytest.mark.parametrize("address", ["ftp://localhost/", "localhost:3030", "http://user:hidden@localhost/"])
def test_an_address_that_is_none(address: str) -> None:
    """A secret in an address is refused, and not repeated."""
    with pytest.raises(BadParameter) as caught:
        Endpoint(address)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("graph", ["not an IRI", "urn:a> . <urn:b"])
def test_a_graph_that_is_none(graph: str) -> None:
    """A graph has to be an IRI."""
    with pytest.raises(BadParameter, match="an IRI"):
        Endpoint("http://localhost/sparql", graph=graph)


def test_nobody_there() -> None:
    """An address where nobody listens is told."""
    with pytest.raises(Unreachable, match="cannot be reached"):
        Endpoint("http://127.0.0.1:9/sparql").query("ASK { }")


def test_a_saved_query_asks_an_endpoint(server: Server, capsysbinary: pytest.CaptureFixture[bytes], cache: str) -> None:
    """`query run --endpoint` gives the rows that the embedded engine gives."""
    home = str(FIXTURES / "project")
    options = ["--home", home, "--cache", cache, "query", "run", "which-claims", "--format", "csv"]
    assert 0 == cli.main([*options, "--endpoint", f"{server.url}/sparql"])
    there = capsysbinary.readouterr().out
    assert 0 == cli.main(options)
    assert there == capsysbinary.readouterr().out


@pytest.mark.parametrize("query", ["SELECT ?c WHERE { ?c a gba:City } ORDER BY ?c", "ASK { ?c a gba:City }"])
def test_a_query_of_ones_own_asks_an_endpoint(
    server: Server, capsysbinary: pytest.CaptureFixture[bytes], cache: str, query: str
) -> None:
    """`sparql --endpoint` gives the rows that the embedded engine gives, prefixes and all."""
    options = ["--home", str(FIXTURES / "project"), "--cache", cache, "sparql", query, "--format", "json"]
    assert 0 == cli.main([*options, "--endpoint", f"{server.url}/sparql"])
    there = capsysbinary.readouterr().out
    assert 0 == cli.main(options)
    assert there == capsysbinary.readouterr().out


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        (("SELECT * WHERE { ?s ?p ?o }", "--endpoint", "{url}/capped"), 4, "no more than 3 rows in one answer"),
        (("SELECT * WHERE { ?s ?p ?o }", "--endpoint", "{url}/silent", "--timeout", "0.3"), 4, "after 0.3 s"),
        (("DROP ALL", "--endpoint", "{url}/sparql"), 2, "only reads"),
        (("ASK { }", "--endpoint", "{url}/sparql", "--graph", "not an IRI"), 2, "an IRI"),
        (("ASK { }", "--endpoint", "{url}/sparql", "--user", "ada"), 2, "GBAKG_PASSWORD"),
    ],
)
def test_a_query_that_an_endpoint_does_not_answer(
    server: Server, capsys: pytest.CaptureFixture[str], given: tuple[str, ...], code: int, said: str
) -> None:
    """The exit code tells, and one line says why."""
    assert code == cli.main(["sparql", *(one.replace("{url}", server.url) for one in given)])
    assert said in capsys.readouterr().err


def test_no_address_is_not_the_build_at_hand(capsys: pytest.CaptureFixture[str]) -> None:
    """A variable of a script that is empty must not answer from another graph."""
    assert cli.main(["query", "run", "observations", "--endpoint", ""]) == 2
    assert "endpoint: expected an address" in capsys.readouterr().err
