"""The doctor: what a store is, what it may do, what would go wrong; and that a trial leaves nothing behind."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlencode

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from gbakg import cli, doctor, trial
from gbakg.credentials import Credentials
from gbakg.doctor import Report
from gbakg.errors import NetworkError, Refused, Unreachable
from gbakg.identify import identify, met, settled
from gbakg.profiles import Profile, Store, profile
from serving import JSON, PASSWORD, USER, Handler, Server, serving

LIKE = replace(profile("oxigraph"), name="test", query="{base}/sparql", graphs="{base}/store", update="{base}/update")
NODE = NamedNode("urn:n")


@pytest.fixture
def server() -> Iterator[Server]:
    """Serve a store with one triple."""
    with serving() as running:
        running.store.add(Quad(NODE, NODE, NODE))
        yield running


def examine(server: Server, how: Profile = LIKE, *, write: bool = False) -> Report:
    """Examine the server."""
    return doctor.examine(Store(server.url, how), Credentials(), write=write, seconds=5)


def words(report: Report, aspect: str) -> str:
    """Return what was found about one thing."""
    (found,) = [one.words for one in report.findings if one.aspect == aspect]
    return found


def advice(report: Report, aspect: str) -> str:
    """Return what would go wrong with one thing."""
    (found,) = [one.advice for one in report.findings if one.aspect == aspect]
    return found


def test_a_store_that_is_well(server: Server) -> None:
    """Nothing would go wrong, and nothing was written."""
    before = set(server.store)
    report = examine(server)
    assert report.well
    assert "nothing would go wrong" == list(report.lines)[-1]
    assert before == set(server.store)
    assert {"GET", "POST"} == {method for method, _, _ in server.asked}
    assert not [path for method, path, _ in server.asked if method == "POST" and path != "/sparql"]


def test_a_trial_tries_and_removes(server: Server) -> None:
    """Everything is tried, and nothing is left."""
    before = set(server.store)
    report = examine(server, write=True)
    assert report.well, list(report.lines)
    assert "9 triples by INSERT DATA" == words(report, "insert")
    assert "as they were written" == words(report, "insert keeps") == words(report, "put keeps")
    assert "taken" == words(report, "blank nodes")
    assert "PUT replaces a graph, also with gzip" == words(report, "put")
    assert "everything that was tried" == words(report, "removed")
    assert before == set(server.store)


@pytest.mark.parametrize("index", range(8))
def test_a_trial_that_fails_is_told_and_removed(server: Server, index: int) -> None:
    """Whatever step is refused, the report says so, and nothing is left."""
    server.faults = [*([""] * index), 500]
    before = set(server.store)
    report = examine(server, write=True)
    refused = [one.aspect for one in report.findings if one.trouble]
    assert refused != [] or index in (1, 5, 6, 7), list(
        report.lines
    )  # blank nodes and gzip may be refused; DELETE is DROP
    assert before == set(server.store) or "removed" in refused


def test_a_trial_without_updates_leaves_nothing(server: Server) -> None:
    """Where the address for updates is wrong, the graph store removes what it took; what did not arrive is not judged."""
    before = set(server.store)
    report = examine(server, replace(LIKE, update="{base}/nowhere"), write=True)
    assert before == set(server.store)
    assert words(report, "insert").startswith("failed: ")
    assert "PUT replaces a graph, also with gzip" == words(report, "put")
    assert not {"insert keeps", "move", "blank nodes"} & {one.aspect for one in report.findings}
    assert "everything that was tried" == words(report, "removed")


def test_a_put_that_adds(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that keeps the old triples after a PUT would leave them after a push."""
    kept = Handler.graph

    def graph(self: Handler, body: bytes, fault: str) -> bool:
        self.command = "POST" if self.command == "PUT" else self.command
        return kept(self, body, fault)

    monkeypatch.setattr(Handler, "graph", graph)
    report = examine(server, write=True)
    assert not report.well
    assert "a push would leave old triples" == advice(report, "put")


def test_a_profile_that_is_wrong_about_the_default_graph(server: Server) -> None:
    """The trial tells what queries see, whatever the profile says."""
    report = examine(server, replace(LIKE, default="union"), write=True)
    assert 'put default = "alone" into gbakg.toml' in advice(report, "unnamed graph")


def test_a_default_graph_that_is_hidden(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that shows queries its named graphs, and whose profile says that it does not, is found out by reading."""
    kept, how = Handler.on_sparql, replace(LIKE, unnamed="urn:unnamed")
    server.store.add(Quad(NODE, NODE, NODE, NamedNode("urn:g")))
    assert "alone (as its profile says)" in words(examine(server), "default graph")

    def union(self: Handler, form: dict[str, list[str]], rest: str = "") -> None:
        seen = {} if "FROM <urn:unnamed>" in form.get("query", [""])[0] else {"default-graph-uri": ["urn:g"]}
        kept(self, {**seen, **form}, rest)

    monkeypatch.setattr(Handler, "on_sparql", union)
    report = examine(server, how)
    assert "a query without FROM sees all graphs (seen)" == words(report, "default graph")
    assert "by --graph" in advice(report, "default graph")


def test_rows_that_are_cut(server: Server) -> None:
    """A cap is found by asking for more rows than usual ones allow."""
    assert "14,641 came in one answer" == words(examine(server), "rows")
    with pytest.MonkeyPatch.context() as patch:
        row = '{"a": {"type": "literal", "value": "1"}}'
        body = f'{{"head": {{"vars": ["a"]}}, "results": {{"bindings": [{", ".join([row] * 100)}]}}}}'.encode()

        def cut(self: Handler, form: dict[str, list[str]], rest: str = "") -> None:
            if "VALUES ?d" in form["query"][0]:
                self.send(200, JSON, body)
            else:
                kept(self, form, rest)

        kept = Handler.on_sparql
        patch.setattr(Handler, "on_sparql", cut)
        report = examine(server)
        known = examine(server, replace(LIKE, rows=100))
        wrong = examine(server, replace(LIKE, rows=101))
    assert "no more than 100 in one answer" == words(report, "rows")
    assert report.well
    assert "reads back in pages" in advice(known, "rows")
    assert "put rows = 100 for this store into gbakg.toml" in advice(report, "rows")
    assert advice(report, "rows") == advice(wrong, "rows")


def test_named_graphs_that_a_query_does_not_see(server: Server) -> None:
    """A triple of a named graph that the default has not tells that the default is alone."""
    server.store.add(Quad(NODE, NODE, NamedNode("urn:other"), NamedNode("urn:g")))
    report = examine(server, replace(LIKE, default="union"))
    assert "a query without FROM sees the unnamed graph alone (seen)" == words(report, "default graph")


def test_a_store_that_has_our_graph(server: Server) -> None:
    """What gbakg has pushed is found."""
    assert "not there yet" in words(examine(server), "gbakg's graph")
    kind = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    server.store.add(Quad(NODE, kind, NamedNode("https://w3id.org/gbakg/ontology#Observation")))
    assert "in what a query without FROM sees" == words(examine(server), "gbakg's graph")


def test_addresses_that_are_not_there(server: Server) -> None:
    """An update address with nothing there is told; one that wants a user, too."""
    report = examine(server, replace(LIKE, update="{base}/nowhere", graphs="{base}/basic"))
    assert not report.well
    assert "nothing at" in words(report, "update")
    assert "you may not write; give a user who may" == advice(report, "graph store")
    report = examine(server, replace(LIKE, update=""))
    assert "no address is known" == words(report, "update")
    assert advice(report, "update").startswith("`gbakg build --on` cannot work; ")
    assert advice(examine(server, replace(LIKE, update="", graphs="")), "update").startswith("nothing can be pushed; ")


def test_a_graph_store_that_is_not_there(server: Server) -> None:
    """A graph that is not there is no graph store that is not there; a default graph that is not there is."""
    assert "--write tries it" in words(examine(server), "graph store")
    report = examine(server, replace(LIKE, graphs="{base}/nowhere"))
    assert "nothing at" in words(report, "graph store")
    assert 'graphs = "", and a push goes by updates' in advice(report, "graph store")
    assert not report.well


@pytest.mark.parametrize("place", ["{base}/sparql", "{base}"])
def test_queries_that_are_answered_elsewhere(server: Server, place: str) -> None:
    """Where the profile's address is none, the one that answers is named, as `gbakg.toml` wants it."""
    base = server.url if place != "{base}" else f"{server.url}/sparql"
    with pytest.raises(NetworkError, match=re.escape(f'put query = "{place}" for this store into gbakg.toml')):
        doctor.examine(
            Store(base, replace(LIKE, query="{root}/nowhere", graphs="", update="")), Credentials(), seconds=5
        )


def test_who_asks(server: Server) -> None:
    """The user is named, the password is not."""
    store = Store(server.url, replace(LIKE, query="{base}/basic", authentication=("basic", "digest")))
    report = doctor.examine(store, Credentials(USER, PASSWORD), seconds=5)
    assert f"{USER}, by basic" == words(report, "who asks")
    assert PASSWORD not in " ".join(report.lines)


@pytest.mark.parametrize(("path", "kind"), [("html", NetworkError), ("status/403", Refused), ("moved/away", Refused)])
def test_a_store_that_does_not_answer(server: Server, path: str, kind: type[NetworkError]) -> None:
    """Without an answer to the first query there is nothing to examine."""
    with pytest.raises(kind):
        examine(server, replace(LIKE, query=f"{{base}}/{path}"))


# --- what it is ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ({"server": "Oxigraph/0.5.13"}, "oxigraph"),
        ({"Server": "Virtuoso/07.20"}, "virtuoso"),
        ({"Fuseki-Request-Id": "7"}, "fuseki"),
        ({}, "sparql11"),
    ],
)
def test_what_answers_is_found_out(server: Server, headers: dict[str, str], name: str) -> None:
    """Headers tell, even those of an answer that says no; nothing but GET is sent."""
    server.headers = headers
    found = settled(Store(server.url), Credentials())
    assert found.profile is not None
    assert name == found.profile.name
    assert {"GET"} == {method for method, _, _ in server.asked}
    assert found is settled(found, Credentials())


@pytest.mark.parametrize(
    ("path", "body", "name"),
    [
        ("/rdf4j-server/protocol", b"12", "rdf4j"),
        ("/rdf4j-server/repositories/gba/", b"<html><title>Oxigraph server</title></html>", "oxigraph"),
        ("/rdf4j-server/repositories/gba/sparql", b"<title>Virtuoso SPARQL Query Editor</title>", "virtuoso"),
        ("/status", b'{"status": "healthy", "dbEngineVersion": "1.4"}', "neptune"),
    ],
)
def test_an_address_that_only_it_has(
    server: Server, monkeypatch: pytest.MonkeyPatch, path: str, body: bytes, name: str
) -> None:
    """Where headers do not tell, as behind a proxy that sends its own, an address of its own does."""

    def nothing(self: Handler, form: dict[str, list[str]], rest: str) -> None:
        self.send(200 if self.path == path else 404, "text/plain", body)

    monkeypatch.setattr(Handler, "on_status", nothing)
    monkeypatch.setattr(Handler, "on_nothing", nothing)
    found, told = identify(Store(f"{server.url}/rdf4j-server/repositories/gba"), Credentials())
    assert found is not None
    assert (name, f"{server.url}{path}") == (found.name, told)


@pytest.mark.parametrize(
    ("status", "who", "told"),
    [
        (401, Credentials(), "give a user who may"),
        (401, Credentials(USER, "wrong"), "it refused the user or the password: you may not write"),
        (403, Credentials(USER, PASSWORD), "give a user who may, or ask whoever runs it for the right"),
    ],
)
def test_a_store_that_only_some_may_write_to(server: Server, status: int, who: Credentials, told: str) -> None:
    """Why one may not write is told, and what to do; a store that can be asked is well."""
    how = replace(LIKE, update=f"{{base}}/status/{status}", graphs="", authentication=("basic",))
    report = doctor.examine(Store(server.url, how), who, seconds=5)
    assert report.well
    assert told in advice(report, "update")
    assert ("so it is" in words(report, "update")) == (status == 403)


@pytest.mark.parametrize(
    ("who", "told"), [(Credentials(), "wants to know who asks"), (Credentials(USER, "wrong"), "refused the user")]
)
def test_a_store_that_tells_nothing_to_who_asks(server: Server, who: Credentials, told: str) -> None:
    """What it is cannot be found out: that is told, and not that it has no address for updates."""
    with pytest.raises(Refused, match=told):
        settled(Store(f"{server.url}/basic"), who)


@pytest.mark.parametrize("path", ["nothing", "moved/away", "status/403", "status/503"])
def test_an_address_to_write_to_that_refuses(server: Server, path: str) -> None:
    """What is pushed to a wrong address is told what it says, not that its profile is not known."""
    with pytest.raises(Refused, match=r"has nothing|sends you on|does not allow|is not ready"):
        met(Store(f"{server.url}/{path}"))
    assert "sparql11" == getattr(settled(Store(f"{server.url}/{path}"), Credentials()).profile, "name", "")


@pytest.mark.parametrize("path", ["status/400", "slash", "html"])
def test_an_address_that_may_be_written_to(server: Server, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    """A query service refuses what is no query, and a proxy adds a slash: then the profile is what is missing."""

    def slash(self: Handler, form: dict[str, list[str]], rest: str) -> None:
        self.send(301, "text/plain", b"", Location=f"{server.url}/slash/")

    monkeypatch.setattr(Handler, "on_slash", slash, raising=False)
    found, _ = met(Store(f"{server.url}/{path}"))
    assert "sparql11" == getattr(found.profile, "name", "")


def test_nobody_answers() -> None:
    """An address where nobody listens is not examined."""
    with pytest.raises(Unreachable):
        identify(Store("http://127.0.0.1:9/"), Credentials())


def test_the_command(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    """`gbakg doctor` prints what was found; 0 if gbakg can work there, 1 if not, 4 without an answer."""
    server.headers = {"Server": "Oxigraph/0.5.13"}
    assert 4 == cli.main(["doctor", f"{server.url}/nowhere"])
    assert "has nothing under this address" in capsys.readouterr().err
    assert 4 == cli.main(["doctor", "http://127.0.0.1:9/"])
    capsys.readouterr()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Handler, "on_query", Handler.on_sparql, raising=False)
        assert 0 == cli.main(["doctor", server.url, "--write"])
        lines = capsys.readouterr().out.splitlines()
        assert [server.url, "store          Oxigraph (its Server header)"] == lines[:2]
        server.faults = [500]
        assert 1 == cli.main(["doctor", server.url, "--write"])


def test_literals_of_a_trial() -> None:
    """The literals are read as they are written."""
    assert Literal("深圳", language="zh-hans") == trial.term('"深圳"@zh-hans')
    assert 'a\\u0041 "b"\n\tc' == trial.term(trial.LITERALS[-1]).value


def test_a_store_that_expands_escapes_before_it_parses(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """What rdflib makes of an escape behind an escaped backslash (SPARQL 1.1 Query, section 19.2) is no trouble."""

    def early(text: str) -> str:
        return re.sub(
            r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})", lambda found: chr(int(found[1] or found[2], 16)), text
        )

    def on_early(self: Handler, form: dict[str, list[str]], rest: str) -> None:
        self.on_sparql({**form, "query": [early(text) for text in form["query"]]}, rest)

    def write(
        self: Handler, name: str, body: bytes, plain: Callable[[Handler, str, bytes], None] = Handler.write
    ) -> None:
        texts = parse_qs(body.decode()).get("update") if name == "update" else None
        plain(self, name, urlencode({"update": early(texts[0])}).encode() if texts else body)

    monkeypatch.setattr(Handler, "on_early", on_early, raising=False)
    monkeypatch.setattr(Handler, "write", write)
    report = examine(server, replace(LIKE, query="{base}/early", graphs=""), write=True)
    assert "come back as they were asked for" == words(report, "literals")
    assert "as they were written" == words(report, "insert keeps")
    assert report.well
