"""`gbakg build --on`: a graph is closed and validated where it lives, or stays as it is; what goes wrong is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Store, Triple

from conftest import FIXTURES, at, quiet
from gbakg import cli, complete, profiles, terms
from gbakg.credentials import Credentials
from gbakg.digest import line
from gbakg.errors import BadParameter, InputError, NetworkError, PushIncomplete, Refused
from gbakg.profiles import Profile
from gbakg.remote import Endpoint
from gbakg.saturation import Saturation
from gbakg.sources import Project
from gbakg.store import Build
from serving import Server, serving

LIKE = replace(profiles.profile("oxigraph"), name="test", query="{base}/sparql", update="{base}/update")
GRAPHS = ["", "urn:graph"]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def server() -> Iterator[Server]:
    """Run an endpoint over an empty store."""
    with serving() as found:
        yield found


@pytest.fixture
def stated(built: Build) -> list[Triple]:
    """Return what the fixture project states, but for blank nodes."""
    with built.open() as engine:
        found = list(engine.stated.triples())
    return [one for one in found if BlankNode not in (type(one.subject), type(one.object))]


def fill(server: Server, triples: list[Triple], graph: str = "") -> None:
    name = NamedNode(graph) if graph else DefaultGraph()
    server.store.extend(Quad(one.subject, one.predicate, one.object, name) for one in triples)


def go(server: Server, graph: str = "", profile: Profile = LIKE, project: Project | None = None) -> complete.Completion:
    store = profiles.Store(server.url, profile)
    with Endpoint(store, None, graph="", who=Credentials(), canonical=False) as endpoint:
        return complete.complete(endpoint, graph, project or at(FIXTURES / "project"), quiet, pause=0.01)


def held(store: Store, graph: str = "") -> set[str]:
    name = NamedNode(graph) if graph else DefaultGraph()
    return {line(quad.triple) for quad in store.quads_for_pattern(None, None, None, name)}


def graphs(server: Server) -> set[str]:
    return {str(quad.graph_name) for quad in server.store}


@pytest.mark.parametrize("graph", GRAPHS)
def test_a_graph_is_completed_there(server: Server, stated: list[Triple], built: Build, graph: str) -> None:
    """What a build here stores is there, and nothing else; a second time nothing is added."""
    fill(server, stated, graph)
    first, second = go(server, graph), go(server, graph)
    with built.open() as engine:
        assert {line(one) for one in engine.triples()} == held(server.store, graph)
    counts = built.receipt["counts"]
    assert (counts["triples"], counts["entailed"]) == (first.count, first.added)
    assert (counts["triples"], 0, 0) == (second.count, second.added, second.rounds)
    assert () == first.problems
    assert 1 == len(graphs(server))
    assert 0 < first.rounds < 10
    assert first.updates < 100


def test_other_graphs_are_left_alone(server: Server, stated: list[Triple]) -> None:
    """Another graph of the same store neither counts nor changes."""
    other = [Triple(NamedNode(terms.ID + "region/x"), terms.GBA.term("within"), NamedNode(terms.ID + "region/y"))]
    fill(server, other, "urn:other")
    fill(server, stated, "urn:graph")
    count = go(server, "urn:graph").count
    assert {line(other[0])} == held(server.store, "urn:other")
    assert count == len(held(server.store, "urn:graph"))
    assert not any("region/y" in one for one in held(server.store, "urn:graph"))


@pytest.mark.parametrize("graph", GRAPHS)
def test_a_violation_adds_nothing(server: Server, stated: list[Triple], graph: str) -> None:
    """The shapes are asked there, the problems name files and rows here, and the graph stays as it is."""
    lacking = [one for one in stated if one.predicate != terms.GBA.term("statedIn")]
    fill(server, lacking, graph)
    outcome = go(server, graph)
    assert any(one.file.endswith("observations.csv") and one.row for one in outcome.problems)
    assert 0 == outcome.added
    assert {line(one) for one in lacking} == held(server.store, graph)
    assert 1 == len(graphs(server))


DISJOINT = Triple(terms.GBA.term("City"), terms.OWL.term("disjointWith"), terms.GBA.term("Region"))
FUNCTIONAL = Triple(terms.GBA.term("locatedIn"), terms.TYPE, terms.OWL.term("FunctionalProperty"))
ELSEWHERE = Triple(
    terms.expand("institution/amber-patent-bureau"), terms.GBA.term("locatedIn"), terms.expand("region/coral-coast")
)
TEXT = Triple(terms.expand("person/ida-moss"), terms.GBA.term("holds"), Literal("the post of director"))


def test_an_inconsistency_adds_nothing(server: Server, stated: list[Triple]) -> None:
    """The sentence is the one of a build here, with the rule's name."""
    fill(server, [*stated, DISJOINT], "urn:graph")
    outcome = go(server, "urn:graph")
    assert [
        "inconsistent: disjoint gba:City and gba:Region share the member region/port-amber (cax-dw)",
    ] == [one.message for one in outcome.problems]
    assert {line(one) for one in [*stated, DISJOINT]} == held(server.store, "urn:graph")


@pytest.mark.parametrize(
    ("more", "told"), [([FUNCTIONAL, ELSEWHERE], "prp-fp"), ([TEXT], "prp-inv1 says gba:heldBy of a literal")]
)
def test_what_no_store_can_close(server: Server, stated: list[Triple], more: list[Triple], told: str) -> None:
    """It is refused, and nothing is left behind; where the shapes find what is wrong, they tell it first."""
    fill(server, [*stated, *more], "urn:graph")
    with pytest.raises(InputError, match=told):
        go(server, "urn:graph")
    assert {line(one) for one in [*stated, *more]} == held(server.store, "urn:graph")
    assert {"<urn:graph>"} == graphs(server)
    server.store.update(f"DELETE WHERE {{ GRAPH <urn:graph> {{ ?s {terms.GBA.term('statedIn')} ?o }} }}")
    assert go(server, "urn:graph").problems


def test_an_empty_graph_is_told(server: Server) -> None:
    """There has to be something to close."""
    with pytest.raises(BadParameter, match="gbakg push --stated-only"):
        go(server, "urn:graph")


def test_a_store_without_updates_is_refused(server: Server) -> None:
    """Before anything is asked."""
    with pytest.raises(BadParameter, match="a store with an address for updates"):
        go(server, "urn:graph", replace(LIKE, update=""))
    assert [] == server.asked


def test_a_store_that_breaks_off(server: Server, stated: list[Triple], built: Build) -> None:
    """Wherever an update fails, the graph is the old or the new one, and the next run ends complete."""
    with built.open() as engine:
        old, new = {line(one) for one in stated}, {line(one) for one in engine.triples()}
    for step in range(0, 100, 3):
        server.store.clear()
        fill(server, stated, "urn:graph")
        server.faults = [*[""] * step, 500]
        try:
            go(server, "urn:graph")
        except NetworkError as error:
            assert "the graph has all of what follows, or nothing: run the same build again" in str(error)
            assert held(server.store, "urn:graph") in (old, new)
            go(server, "urn:graph")
            assert new == held(server.store, "urn:graph")
            assert {"<urn:graph>"} == graphs(server)
        else:
            break
    assert 20 < step < 99


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "wants to know who asks"),
        (403, "ask whoever runs it for the right"),
        (404, "nothing under"),
        (405, "read-only"),
    ],
)
@pytest.mark.parametrize("step", [0, 9])
def test_a_store_that_may_not_be_written_to(
    server: Server, stated: list[Triple], status: int, said: str, step: int
) -> None:
    """What was refused and what to do is told, not to run the same again; nothing was added, and what can be is removed."""
    fill(server, stated)
    server.faults = [*[""] * step, status]
    with pytest.raises(Refused, match=said) as caught:
        go(server)
    assert str(caught.value).endswith("nothing was added to the graph")
    assert "again" not in str(caught.value)
    assert {line(one) for one in stated} == held(server.store)
    assert {"DEFAULT"} == graphs(server)


def test_where_readers_may_see_a_part(server: Server, stated: list[Triple]) -> None:
    """A store whose updates are no transactions is not said to be whole."""
    fill(server, stated, "urn:graph")
    server.faults = [""] * 9 + [500]
    with pytest.raises(NetworkError, match="may have a part of what follows: run the same build again"):
        go(server, "urn:graph", replace(LIKE, replace="none"))


def test_an_answer_that_is_lost(server: Server, stated: list[Triple], built: Build) -> None:
    """An update that was done, and whose answer broke off, is run again, and adds nothing twice."""
    fill(server, stated, "urn:graph")
    server.faults = ["unheard", "", "unheard", 503, "", "unheard"]
    outcome = go(server, "urn:graph")
    assert built.receipt["counts"]["triples"] == outcome.count == len(held(server.store, "urn:graph"))


def test_a_store_that_does_not_add(server: Server, stated: list[Triple], monkeypatch: pytest.MonkeyPatch) -> None:
    """A graph that has not what was found when all is done is told, with what to do."""
    fill(server, stated, "urn:graph")
    monkeypatch.setattr(Saturation, "keep", lambda self, graph: None)
    with pytest.raises(PushIncomplete, match=r"holds [\d,]+ triples instead of [\d,]+; run the same build again"):
        go(server, "urn:graph")


@pytest.mark.parametrize("name", ["oxigraph", "fuseki", "virtuoso", "blazegraph"])
def test_steps_say_what_would_be_done(name: str) -> None:
    """Which graph is closed, how, where, and what readers see."""
    store = profiles.Store("http://example.org/x", profiles.profile(name))
    with Endpoint(store, graph="", who=Credentials()) as endpoint:
        steps = complete.steps(endpoint, "" if name == "oxigraph" else "urn:g", at(FIXTURES / "project"))
    assert (name == "oxigraph") == steps[0].startswith(
        "copy the default graph to <https://w3id.org/gbakg/graph/staging/"
    )
    assert any("updates a round" in step for step in steps)
    assert (name == "blazegraph") == any("readers may see a part" in step for step in steps)


# --- the command ---------------------------------------------------------------------------------------------------


@pytest.fixture
def command(server: Server, cache: str, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return what runs gbakg on the fixture project and gives exit code, stdout and stderr."""

    def run(*given: str, home: str = str(FIXTURES / "project")) -> tuple[int, str, str]:
        code = cli.main(["--home", home, "--cache", cache, *given])
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def named(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Give the server a name in gbakg.toml."""
    text = f'[stores.here]\nurl = "{server.url}"\nlike = "oxigraph"\nquery = "{{base}}/sparql"\ngraph = "urn:named"\n'
    (tmp_path / "gbakg.toml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return "here"


def test_the_command(server: Server, command: Run, named: str, built: Build) -> None:
    """What is stated is sent, closed there, and is what a push of the build would have put there."""
    counts = built.receipt["counts"]
    code, out, _ = command("push", named, "--stated-only")
    assert (0, True) == (code, out.startswith("pushed: "))
    assert 5 == command("push", named, "--compare")[0]
    code, out, _ = command("build", "--on", named, "--dry-run")
    assert (0, True) == (code, "at most" in out)
    code, out, err = command("build", "--on", named)
    wanted = f"built: {counts['triples']} triples in <urn:named>, {counts['entailed']} of them added in "
    assert (0, True) == (code, out.startswith(wanted))
    assert "Oxigraph at" in err
    assert 0 == command("push", named, "--compare")[0]
    code, out, _ = command("build", "--on", named)
    assert (0, True) == (code, out.startswith(f"up to date: {counts['triples']} triples in <urn:named>"))


def test_the_command_with_a_violation(server: Server, command: Run, named: str) -> None:
    """Exit code 1, the problem on stderr, nothing on stdout, nothing added."""
    assert 0 == command("push", named, "--stated-only")[0]
    server.store.update(f"DELETE WHERE {{ GRAPH <urn:named> {{ ?s {terms.GBA.term('statedIn')} ?o }} }}")
    before = held(server.store, "urn:named")
    code, out, err = command("build", "--on", named)
    assert (1, "") == (code, out)
    assert "observations.csv, row " in err
    assert "nothing was added, the graph is as it was" in err
    assert before == held(server.store, "urn:named")


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        (("--on", "http://127.0.0.1:9/"), 4, "cannot be reached"),
        (("--on", "http://ada:hidden@127.0.0.1:9/"), 2, "GBAKG_PASSWORD"),
        (("--on", "nowhere"), 2, "[stores.NAME]"),
        (("--on", "http://127.0.0.1:9/", "--force"), 2, "a build here, without --on"),
        (("--on", "http://127.0.0.1:9/", "--engine", "reference"), 2, "a build here, without --on"),
        (("--on", "http://127.0.0.1:9/", "--profile", "sparql11"), 2, "a store with an address for updates"),
        (("--on", ""), 2, "the name of a store in gbakg.toml"),
        (("--on", "http://127.0.0.1:9/", "--profile", "oxigraph", "--graph", "urn:a>b"), 2, "an IRI such as"),
        (("--graph", "urn:g"), 2, "--on STORE with it"),
        (("--dry-run",), 2, "--on STORE with it"),
    ],
)
def test_a_build_that_cannot_begin(command: Run, given: tuple[str, ...], code: int, said: str) -> None:
    """The exit code and one line say why, and no secret."""
    found, out, err = command("build", *given)
    assert (code, "") == (found, out)
    assert said in err
    assert "hidden" not in err
