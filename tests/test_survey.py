"""A graph validated at an endpoint: the report that is made here, or an error that says why there is none."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from pyoxigraph import (
    BlankNode,
    Literal,
    NamedNode,
    Quad,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Store,
    Triple,
    parse,
)

from conftest import FIXTURES, ROOT
from gbakg import cli, survey, terms
from gbakg.credentials import Credentials
from gbakg.engine import Embedded
from gbakg.errors import BadParameter, NetworkError, QuerySyntaxError, Refused, ShapeError
from gbakg.profiles import Store as Place
from gbakg.profiles import profile
from gbakg.remote import Endpoint
from gbakg.shapes import Plan
from gbakg.store import Build
from serving import JSON, Handler, Server, serving

GBA, ID = terms.GBA, terms.ID


@pytest.fixture(scope="module")
def stated(built: Build) -> list[Triple]:
    """Return the fixture graph as a push of what was stated sends it."""
    with built.open() as engine:
        return [one for one in engine.stated.triples() if BlankNode not in (type(one.subject), type(one.object))]


@pytest.fixture
def store(stated: list[Triple]) -> Store:
    """Store the graph with things that are wrong: a class too many for each passage, and a name that is a number."""
    found = Store()
    found.bulk_extend(Quad(*one) for one in stated)
    for one in stated:
        if one.predicate == GBA.term("inDocument"):
            found.add(Quad(one.subject, terms.TYPE, GBA.term("Region")))
    found.add(Quad(NamedNode(f"{ID}region/port-amber"), terms.RDFS.term("label"), Literal(7)))
    return found


@pytest.fixture
def server(store: Store) -> Iterator[Server]:
    """Serve the damaged graph."""
    with serving(store) as running:
        yield running


@pytest.fixture(scope="module")
def plan() -> Plan:
    """Compile the project's shapes, which the fixture's are."""
    return survey.plan(sorted((ROOT / "ontology" / "shapes").glob("*.ttl")))


def at(server: Server, path: str = "/sparql", graph: str = "") -> Endpoint:
    return Endpoint(Place(f"{server.url}{path}", graph=graph), 20, who=Credentials())


def test_the_report_is_that_of_the_plan_here(server: Server, store: Store, plan: Plan) -> None:
    """Results, their order and paths are equal, and it is told what was validated."""
    here, lines = plan.run(Embedded(store)), list[str]()
    with at(server) as endpoint:
        found = survey.survey(endpoint, plan, lines.append)
    assert here == found.report
    assert here.paths == found.report.paths
    assert len(here.violations) > 5
    assert f"validated {len(store):,} triples in the store's default graph with {found.asked} queries" == str(found)
    assert found.asked == len(lines)
    assert {"POST"} == {method for method, _, _ in server.asked}


def test_a_graph_is_validated_by_its_name(server: Server, store: Store, plan: Plan) -> None:
    """And nothing beside it."""
    graph = NamedNode("urn:one")
    before = [quad for quad in store if quad.subject.value != f"{ID}region/port-amber"]
    store.extend(Quad(one.subject, one.predicate, one.object, graph) for one in before)
    alone = Store()
    alone.bulk_extend(before)
    with at(server, graph="urn:one") as endpoint:
        found = survey.survey(endpoint, plan)
    assert plan.run(Embedded(alone)) == found.report
    assert "in <urn:one> with" in str(found)


# --- stores with ways of their own ---------------------------------------------------------------------------------


def _cut(most: int, ignored: str = r"\Z x") -> object:
    """Answer with so many rows, as Virtuoso does; what matches is taken out of the query before."""

    def answer(self: Handler, form: dict[str, list[str]], rest: str = "") -> None:
        found = self.server.store.query(re.sub(ignored, "", form["query"][0]))
        assert isinstance(found, QuerySolutions)
        answer = json.loads(found.serialize(format=QueryResultsFormat.JSON) or b"")
        del answer["results"]["bindings"][most:]
        text = json.dumps(answer)
        self.send(200, JSON, text.encode(), **{"X-SPARQL-MaxRows": str(most)})

    return answer


def test_long_answers_come_in_pages(server: Server, store: Store, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that gives four rows at once gives the same report."""
    monkeypatch.setattr(Handler, "on_cut", _cut(4), raising=False)
    with at(server, "/cut") as endpoint:
        assert plan.run(Embedded(store)) == survey.survey(endpoint, plan).report


def test_pages_that_are_not_the_whole_are_an_error(server: Server, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that gives the same page again does not make a shorter report."""
    monkeypatch.setattr(Handler, "on_cut", _cut(4, r"\bOFFSET \d+$"), raising=False)
    with at(server, "/cut") as endpoint, pytest.raises(NetworkError, match=r"gives 4 rows of .* in pages"):
        survey.survey(endpoint, plan)


def test_what_a_planner_gives_up_on_is_asked_in_other_words(
    server: Server, store: Store, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that refuses two EXISTS in one FILTER gives the same report."""
    refused = []

    def answer(self: Handler, form: dict[str, list[str]], rest: str = "") -> None:
        text = form["query"][0]
        if re.search(r"FILTER \([^{]*EXISTS \{.*\} *\)* *(&&|\|\|).*EXISTS", text):
            refused.append(text)
            self.send(500, "text/plain", b"SQ200: Stack Overflow in cost model")
        else:
            self.on_sparql(form)

    monkeypatch.setattr(Handler, "on_weak", answer, raising=False)
    with at(server, "/weak") as endpoint:
        assert plan.run(Embedded(store)) == survey.survey(endpoint, plan).report
    assert refused


@pytest.mark.parametrize(("pairs", "same"), [(survey.PAIRS, True), (0, False)])
def test_a_store_whose_paths_lose_their_way(
    server: Server, store: Store, plan: Plan, monkeypatch: pytest.MonkeyPatch, pairs: int, same: bool
) -> None:
    """Pairs that were asked for stand in place of paths; where they are too many, the path is asked for."""

    def answer(self: Handler, form: dict[str, list[str]], rest: str = "") -> None:
        text = form["query"][0]
        self.on_sparql({**form, "query": [re.sub(r"rdfs:sub(Class|Property)Of\+", "<urn:lost>", text)]})

    monkeypatch.setattr(Handler, "on_lost", answer, raising=False)
    monkeypatch.setattr(survey, "PAIRS", pairs)
    with at(server, "/lost") as endpoint:
        assert same is (plan.run(Embedded(store)) == survey.survey(endpoint, plan).report)


def test_a_store_that_is_busy_now_and_then(
    server: Server, store: Store, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked again, and gives the same report."""
    answered: set[str] = set()

    def answer(self: Handler, form: dict[str, list[str]], rest: str = "") -> None:
        if form["query"][0] in answered:
            self.on_sparql(form)
        else:
            answered.add(form["query"][0])
            self.send(429 if len(answered) % 2 else 503, "text/plain", b"not now")

    monkeypatch.setattr(Handler, "on_busy", answer, raising=False)
    with at(server, "/busy") as endpoint:
        assert plan.run(Embedded(store)) == survey.survey(endpoint, plan, pause=0.01).report
    assert len(answered) > 50


@pytest.mark.parametrize(("status", "kind"), [(500, Refused), (400, QuerySyntaxError), (503, Refused)])
def test_what_a_store_refuses_is_told_by_its_shape(
    server: Server, plan: Plan, monkeypatch: pytest.MonkeyPatch, status: int, kind: type[Exception]
) -> None:
    """In no case is there a report without it."""

    def answer(self: Handler, form: dict[str, list[str]], rest: str = "") -> None:
        if "STRLEN(STR(" in form["query"][0]:
            self.send(status, "text/plain", b"has no idea")
        else:
            self.on_sparql(form)

    monkeypatch.setattr(Handler, "on_odd", answer, raising=False)
    with (
        at(server, "/odd") as endpoint,
        pytest.raises(kind, match=r"has no idea.*; asked because of .*#claims-of-document") as caught,
    ):
        survey.survey(endpoint, plan, pause=0.01)
    assert "#claims-of-document" in caught.value.lines[0]  # type: ignore[attr-defined]


# --- what is not validated -----------------------------------------------------------------------------------------


def test_an_empty_graph_is_no_good_graph(server: Server, plan: Plan) -> None:
    """Else a wrong name would conform."""
    with at(server, graph="urn:none") as endpoint, pytest.raises(BadParameter, match=r"<urn:none>.*names another one"):
        survey.survey(endpoint, plan)


@pytest.mark.parametrize("rows", ["", '{"n": {"type": "literal", "value": "many"}}'])
def test_a_count_without_a_number_is_an_error(
    server: Server, plan: Plan, monkeypatch: pytest.MonkeyPatch, rows: str
) -> None:
    """From what looks like a query service and does not count."""

    def on_odd(handler: Handler, form: dict[str, list[str]], rest: str) -> None:
        body = f'{{"head": {{"vars": ["n"]}}, "results": {{"bindings": [{rows}]}}}}'
        handler.send(200, JSON, body.encode())

    monkeypatch.setattr(Handler, "on_odd", on_odd, raising=False)
    with (
        at(server, "/odd") as endpoint,
        pytest.raises(NetworkError, match=r"answered a COUNT with . rows and no number"),
    ):
        survey.survey(endpoint, plan)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"EXISTS \{ \?s a \?x FILTER \(EXISTS", "an EXISTS inside another"),
        (r"EXISTS \{ \?s a \?x FILTER \(\?x = \?c", "with what stands outside"),
    ],
)
def test_a_store_that_takes_exists_otherwise_is_refused(
    server: Server, plan: Plan, monkeypatch: pytest.MonkeyPatch, pattern: str, words: str
) -> None:
    """Blazegraph and Fuseki 3 find that what has a class has none; their report would be wrong."""
    asked: list[str] = []

    def on_odd(handler: Handler, form: dict[str, list[str]], rest: str) -> None:
        asked.append(form["query"][0])
        if re.search(pattern, asked[-1]):
            body = '{"head": {"vars": ["n"]}, "results": {"bindings": [{"n": {"type": "literal", "value": "1"}}]}}'
            handler.send(200, JSON, body.encode())
        else:
            handler.on_sparql(form, rest)

    monkeypatch.setattr(Handler, "on_odd", on_odd, raising=False)
    with at(server, "/odd") as endpoint, pytest.raises(NetworkError, match=words):
        survey.survey(endpoint, plan)
    assert 5 > len(asked)


def test_a_closed_graph_is_told(built: Build, plan: Plan) -> None:
    """As a push sends it; unless that is wanted: then it is validated as it is."""
    with built.open() as engine, serving(engine.store) as running, at(running) as endpoint:
        with pytest.raises(BadParameter, match=r"with what follows from it.*--stated-only"):
            survey.survey(endpoint, plan)
        assert plan.run(engine) == survey.survey(endpoint, plan, closed=True).report


def _shapes(turtle: str) -> Plan:
    prefixes = "".join(f"@prefix {name}: <{terms.PREFIXES[name]}> .\n" for name in ("sh", "xsd", "rdfs", "gba"))
    return Plan([quad.triple for quad in parse(f"{prefixes}{turtle}", RdfFormat.TURTLE)])


def test_a_way_to_a_literal_is_listed_too(server: Server, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A literal at the end of a path is no reason to ask for the path."""

    def answer(self: Handler, form: dict[str, list[str]], rest: str = "") -> None:
        self.on_sparql({**form, "query": [form["query"][0].replace("<urn:leads>+", "<urn:lost>")]})

    monkeypatch.setattr(Handler, "on_lost", answer, raising=False)
    a, b, leads = (NamedNode(f"urn:{name}") for name in ("a", "b", "leads"))
    store.extend([Quad(a, leads, b), Quad(b, leads, a), Quad(b, leads, Literal("end"))])
    plan = _shapes(
        "gba:S sh:targetSubjectsOf <urn:leads> ; sh:property [ sh:path [ sh:oneOrMorePath <urn:leads> ] ; sh:nodeKind sh:Literal ] ."
    )
    with at(server, "/lost") as endpoint:
        report = survey.survey(endpoint, plan).report
    assert {(a, a), (a, b), (b, a), (b, b)} == {(one.focus, one.value) for one in report.results}


@pytest.mark.parametrize(("spelt", "refused"), [("x", True), ("12", False)])
def test_a_misspelt_value_that_no_store_looks_at_is_an_error(spelt: str, refused: bool) -> None:
    """A store need not know that x is no hexadecimal number, which the shape asks for."""
    plan = _shapes("gba:S sh:targetSubjectsOf <urn:p> ; sh:property [ sh:path <urn:p> ; sh:datatype xsd:hexBinary ] .")
    held = Store()
    held.add(Quad(NamedNode("urn:a"), NamedNode("urn:p"), Literal(spelt, datatype=terms.XSD.term("hexBinary"))))
    with serving(held) as running, at(running) as endpoint:
        if refused:
            with pytest.raises(NetworkError, match=r'holds "x".*hexBinary.*validate a copy'):
                survey.survey(endpoint, plan)
        else:
            assert survey.survey(endpoint, plan).report.conforms


def test_a_store_that_forgets_a_language_is_refused(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a text with a language is a target, by the shape's name."""

    def answer(self: Handler, form: dict[str, list[str]], rest: str = "") -> None:
        self.on_sparql({**form, "query": [form["query"][0].replace('"@en', '"')]})

    monkeypatch.setattr(Handler, "on_plain", answer, raising=False)
    plan = _shapes("gba:S sh:targetNode 'word'@en, 7 ; sh:languageIn ( 'en' ) .")
    with at(server) as endpoint:
        assert [Literal(7)] == [one.focus for one in survey.survey(endpoint, plan).report.results]
    with at(server, "/plain") as endpoint, pytest.raises(NetworkError, match=r'language of "word"@en.*gba:S'):
        survey.survey(endpoint, plan)


def test_what_goes_to_pyshacl_is_refused_by_name(server: Server) -> None:
    """With its reason, and what to do."""
    text = (
        "@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix gba: <https://w3id.org/gbakg/ontology#> .\n"
        "gba:S a sh:NodeShape ; sh:targetClass gba:Region ; sh:property [ sh:path gba:x ; sh:maxCount 7 ] ."
    )
    plan = Plan([quad.triple for quad in parse(text, RdfFormat.TURTLE)])
    with at(server) as endpoint, pytest.raises(ShapeError, match=r"over 4.*no store can ask pyshacl"):
        survey.survey(endpoint, plan)


# --- which store ---------------------------------------------------------------------------------------------------


def test_a_store_is_found_out_and_asked_at_its_address(server: Server) -> None:
    """Virtuoso is known by its headers: how many rows it gives, and that it has no default graph."""
    server.headers["Server"] = "Virtuoso/07.20.3229"
    address = f"{server.url}/sparql"
    with survey.endpoint(Place(address), Credentials()) as endpoint:
        assert (address, terms.GRAPH.value, 10_000) == (endpoint.url, endpoint.graph, endpoint.profile.rows)
    with survey.endpoint(Place(address), Credentials(), "urn:g") as endpoint:
        assert "urn:g" == endpoint.graph
    known = Place("http://localhost:1/gba", profile("fuseki"), graph="urn:mine")
    with survey.endpoint(known, Credentials()) as endpoint:
        assert ("http://localhost:1/gba/sparql", "urn:mine") == (endpoint.url, endpoint.graph)


# --- the command ---------------------------------------------------------------------------------------------------


def test_the_command_says_what_a_local_check_says(
    built: Build, stated: list[Triple], capsys: pytest.CaptureFixture[str], cache: str
) -> None:
    """Problems with file and line, warnings, counts and the exit code; nothing is written."""
    options = ["--home", str(FIXTURES / "project"), "--cache", cache, "check", "--warnings"]
    found = Store()
    found.bulk_extend(Quad(*one) for one in stated)
    with serving(found) as running:
        there = ["--endpoint", f"{running.url}/sparql"]
        assert 0 == cli.main(options)
        here, said = capsys.readouterr()
        assert 0 == cli.main([*options, *there])
        out, err = capsys.readouterr()
        assert here == out
        warnings = [line for line in said.splitlines() if line.startswith("warning: ")]
        assert warnings == [line for line in err.splitlines() if line.startswith("warning: ")]
        assert f"validated {len(stated):,} triples in the store's default graph" in err
        places = [
            one for one in stated if one.predicate == GBA.term("statedIn") and "/observation/" in str(one.subject)
        ]
        found.remove(Quad(*places[0]))
        assert 1 == cli.main([*options, *there])
        first = capsys.readouterr().out.splitlines()[0]
        assert re.match(
            r"\S*observations.csv, row \d+: .* a claim stands in a passage of a document; found none", first
        )
        assert {"GET", "POST"} >= {method for method, _, _ in running.asked}
        assert not [path for _, path, _ in running.asked if path.startswith(("/update", "/store?"))]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["data"], 2, "none with --endpoint"),
        (["--engine", "both"], 2, "fast with --endpoint"),
        ([], 4, "cannot be reached"),
    ],
)
def test_what_the_command_refuses(words: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """By its own exit code."""
    options = ["--home", str(FIXTURES / "project"), "check", "--endpoint", "http://127.0.0.1:9/sparql"]
    assert code == cli.main([*options, *words])
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--closed"], ["--graph", "urn:g"], ["--user", "ada"]])
def test_what_means_nothing_here_is_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever left out --endpoint would take a check of the files for one of the store."""
    assert 2 == cli.main(["--home", str(FIXTURES / "project"), "check", *words])
    assert "--endpoint STORE with it" in capsys.readouterr().err


def test_a_setting_does_not_send_a_check_away(
    built: Build, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """GBAKG_ENDPOINT is for queries: a check of the files at hand stays one."""
    monkeypatch.setenv("GBAKG_ENDPOINT", "http://127.0.0.1:9/sparql")
    assert 0 == cli.main(["--home", str(FIXTURES / "project"), "check"])
