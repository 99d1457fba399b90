"""A SPARQL endpoint over HTTP: a small server on loopback that answers with the fixture graph, or badly."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pyoxigraph
import pytest
from pyoxigraph import Literal, QueryResultsFormat, RdfFormat

from conftest import FIXTURES
from gbakg import cli
from gbakg.engine import Embedded, select
from gbakg.errors import BadParameter, NetworkError, QuerySyntaxError
from gbakg.remote import Endpoint
from gbakg.store import Build


class Server(ThreadingHTTPServer):
    """A SPARQL endpoint over one graph; `/html`, `/moved`, `/broken` and `/slow` behave as their names say."""

    engine: Embedded


class Handler(BaseHTTPRequestHandler):
    """What answers one request."""

    server: Server

    def do_POST(self) -> None:
        """Answer a query that came as a form."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path == "/moved":
            self.send(302, "text/plain", b"elsewhere", Location="http://127.0.0.2/")
        elif self.path == "/html":
            self.send(200, "text/html", b"<html></html>")
        elif self.path == "/broken":
            self.send(200, "application/sparql-results+json", b'{"head": {"vars": ["x"]}, "results"')
        elif self.path == "/slow":
            threading.Event().wait(1.0)
        else:
            self.answer(parse_qs(body)["query"][0])

    def answer(self, sparql: str) -> None:
        """Let pyoxigraph answer."""
        try:
            found = self.server.engine.store.query(sparql)
        except SyntaxError as error:
            self.send(400, "text/plain", str(error).encode())
            return
        if isinstance(found, pyoxigraph.QueryTriples):
            self.send(200, "application/n-triples", found.serialize(format=RdfFormat.N_TRIPLES))
        else:
            self.send(200, "application/sparql-results+json", found.serialize(format=QueryResultsFormat.JSON))

    def send(self, code: int, kind: str, body: bytes | None, **headers: str) -> None:
        """Send an answer."""
        self.send_response(code)
        for name, value in {"Content-Type": kind, **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that http.server gives
        """Keep quiet."""


@pytest.fixture
def url(built: Build) -> Iterator[str]:
    """Serve the fixture graph on loopback."""
    with built.open() as engine, Server(("127.0.0.1", 0), Handler) as server:
        server.engine = engine
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_rows_truths_and_triples(url: str, built: Build) -> None:
    """An endpoint gives what the embedded engine gives."""
    remote = Endpoint(url)
    asked = "SELECT ?s ?o WHERE { ?s <http://www.w3.org/2000/01/rdf-schema#label> ?o } ORDER BY ?s ?o"
    with built.open() as engine:
        assert list(select(engine, asked)) == list(select(remote, asked))
    assert remote.query("ASK { ?s ?p ?o }") is True
    triples = remote.query('CONSTRUCT { <urn:a> <urn:b> "é" } WHERE { }')
    assert not isinstance(triples, bool)
    assert [Literal("é")] == [triple.object for triple in triples]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("path", "said"),
    [("/html", "text/html"), ("/moved", "HTTP 302"), ("/broken", "no SPARQL result"), ("/slow", "silent")],
)
def test_a_bad_answer_is_told(url: str, path: str, said: str) -> None:
    """Whatever is not a result is an error of the network, in one line."""
    with pytest.raises(NetworkError, match=said) as caught:
        Endpoint(url + path, 0.3).query("ASK { }")
    assert 4 == caught.value.exit_code


def test_a_syntax_error_there_is_one_here(url: str) -> None:
    """What the endpoint calls a bad query is a bad query."""
    with pytest.raises(QuerySyntaxError):
        Endpoint(url).query("SELECT WHERE")


def test_nobody_there() -> None:
    """An address where nobody listens is told."""
    with pytest.raises(NetworkError, match="cannot be reached"):
        Endpoint("http://127.0.0.1:9/sparql").query("ASK { }")


@pytest.mark.parametrize("address", ["ftp://localhost/", "localhost:3030", "http://user:secret@localhost/"])
def test_an_address_that_is_none(address: str) -> None:
    """A secret in an address is refused, and not repeated."""
    with pytest.raises(BadParameter) as caught:
        Endpoint(address)
    assert "secret" not in str(caught.value)


def test_a_saved_query_asks_an_endpoint(url: str, capsysbinary: pytest.CaptureFixture[bytes], cache: str) -> None:
    """`query run --endpoint` gives the rows that the embedded engine gives."""
    home = str(FIXTURES / "project")
    options = ["--home", home, "--cache", cache, "query", "run", "which-claims", "--format", "csv"]
    assert 0 == cli.main([*options, "--endpoint", url])
    there = capsysbinary.readouterr().out
    assert 0 == cli.main(options)
    assert there == capsysbinary.readouterr().out
