"""A push: the graph arrives whole, replaces what was there, and whatever goes wrong is told; nothing is half true."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Triple

from conftest import FIXTURES, quiet
from gbakg import cli, push, terms
from gbakg.credentials import Credentials
from gbakg.digest import line
from gbakg.errors import AnswerCut, BadParameter, InputError, NetworkError, PushIncomplete, Refused, Unreachable
from gbakg.inventory import Inventory
from gbakg.parcel import Load
from gbakg.profiles import Profile, Store, profile
from gbakg.push import Outcome, Plan
from gbakg.remote import Endpoint
from gbakg.store import Build
from serving import JSON, Handler, Server, serving
from stores.server import free

LIKE = replace(
    profile("oxigraph"), name="test", query="{base}/sparql", update="{base}/update", graphs="{base}/store", gzip=True
)
WAYS: dict[str, Profile] = {
    "put": LIKE,
    "put, not streamed": replace(LIKE, stream=False),
    "move": replace(LIKE, replace="move", most=600),
    "move, in turtle": replace(LIKE, replace="move", most=600, upload="turtle"),
    "move, by updates": replace(LIKE, replace="move", graphs="", piece=3),
    "change": replace(LIKE, replace="change", most=600),
    "fill": replace(LIKE, replace="none", most=600),
    "fill, by updates": replace(LIKE, replace="none", graphs="", piece=3),
    "read in pages": replace(LIKE, rows=4),
}


def triples(count: int, salt: str = "") -> list[Triple]:
    """Make some triples with what is hard to write."""
    node, kind = NamedNode("urn:s"), NamedNode(terms.XSD + "integer")
    values = [
        Literal(f"{number}{salt} é\n\"\\u0041'") if number % 2 else Literal(str(number), datatype=kind)
        for number in range(count)
    ]
    return [Triple(node, NamedNode(f"urn:p{number % 3}"), value) for number, value in enumerate(values)]


def load(some: list[Triple]) -> Load:
    return Load(lambda: map(line, some))


@pytest.fixture
def server() -> Iterator[Server]:
    """Serve an empty store."""
    with serving() as running:
        yield running


def go(
    server: Server,
    some: list[Triple],
    how: Profile = LIKE,
    graph: str = "",
    *,
    force: bool = False,
    count_only: bool = False,
) -> Outcome:
    """Push triples without waiting between tries."""
    with Endpoint(Store(server.url, how), canonical=False, who=Credentials(), silence=5) as endpoint:
        what = load(some)
        chosen = push.plan(endpoint, push.target(how, graph or None), what)
        return push.push(endpoint, what, chosen, quiet, force=force, count_only=count_only, pause=0.01)


def there(server: Server, graph: str = "") -> set[Triple]:
    """Return what the store has."""
    name = NamedNode(graph) if graph else DefaultGraph()
    return {quad.triple for quad in server.store.quads_for_pattern(None, None, None, name)}


def writes(server: Server) -> list[str]:
    """Return what was asked to write."""
    return [method for method, path, _ in server.asked if path.startswith(("/store", "/update")) and method != "GET"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("graph", ["", "urn:g"])
def test_a_push_replaces_and_a_second_one_changes_nothing(server: Server, way: str, graph: str) -> None:
    """Old triples go, other graphs stay, what is there is not sent again, and no staging graph is left."""
    name = NamedNode(graph) if graph else DefaultGraph()
    other = Quad(NamedNode("urn:s"), NamedNode("urn:p"), Literal("other"), NamedNode("urn:other"))
    server.store.extend([other, Quad(NamedNode("urn:s"), NamedNode("urn:p"), Literal("old"), name)])
    first, newer = triples(20), triples(12, "b")
    assert go(server, first, WAYS[way], graph).sent
    assert set(first) == there(server, graph)
    before = len(writes(server))
    assert not go(server, first, WAYS[way], graph).sent
    assert before == len(writes(server))
    found = go(server, newer, WAYS[way], graph)
    assert (12, load(newer).digest.hex) == (found.count, found.digest)
    assert set(newer) == there(server, graph)
    graphs = {quad.graph_name for quad in server.store}
    assert {name, NamedNode("urn:other")} == graphs


@pytest.mark.parametrize("way", WAYS)
def test_an_empty_graph_empties(server: Server, way: str) -> None:
    """Nothing is a graph, too."""
    go(server, triples(5), WAYS[way])
    assert go(server, [], WAYS[way]).sent
    assert set() == there(server)


def test_force_sends_again(server: Server) -> None:
    """With --force nothing is looked at first."""
    go(server, triples(5))
    assert go(server, triples(5), force=True).sent


@pytest.mark.parametrize("way", WAYS)
def test_what_arrived_may_only_be_counted(server: Server, way: str) -> None:
    """It is sent whatever is there, and not read back; a number that is not right is found."""
    some = triples(5)
    for graph in [some, triples(5, "b")] * 2:
        server.asked.clear()
        found = go(server, graph, WAYS[way], count_only=True)
        assert (True, 5, "") == (found.sent, found.count, found.digest)
        assert set(graph) == there(server)
        assert not [path for method, path, _ in server.asked if method == "GET" and path.startswith("/store")]


def test_what_was_lost_is_found_by_counting(server: Server) -> None:
    """As when it is compared."""
    server.faults = ["lossy"] * 9
    with pytest.raises(PushIncomplete, match=r"triples of 8 \(is missing: ") as caught:
        go(server, triples(8), count_only=True)
    assert 5 == caught.value.exit_code


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("status", [503, 429, 502])
def test_a_store_that_is_busy_is_asked_again(server: Server, way: str, status: int) -> None:
    """What is safe to repeat is repeated, in every step."""
    for index in range(5):
        server.faults = [*([""] * index), status, status]
        some = triples(9, str(index))
        assert go(server, some, WAYS[way]).sent
        assert set(some) == there(server)


@pytest.mark.parametrize("status", [429, 503])
def test_a_store_that_is_busy_while_it_is_compared(
    server: Server, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """What is there is read again, before a push, after it and without one; a store that stays busy is an error."""
    some, kept = triples(5), Handler.graph
    busy: list[int] = []

    def graph(self: Handler, body: bytes, fault: str) -> bool:
        if self.command == "GET" and busy:
            self.send(busy.pop(), "text/plain", b"so it is")
            return False
        return kept(self, body, fault)

    monkeypatch.setattr(Handler, "graph", graph)
    busy[:] = [status, status]
    assert go(server, some).sent
    busy[:] = [status, status]
    assert not go(server, some).sent
    assert not busy
    with Endpoint(Store(server.url, LIKE), canonical=False, who=Credentials()) as endpoint:
        chosen = push.plan(endpoint, "", load(some))
        busy[:] = [status, status]
        assert 5 == push.compare(endpoint, load(some), chosen, quiet, pause=0.01).count
        busy[:] = [status] * 9
        with pytest.raises(Refused):
            push.compare(endpoint, load(some), chosen, quiet, pause=0.01)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("step", range(6))
def test_an_answer_that_is_lost(server: Server, way: str, step: int) -> None:
    """What was done and not heard of, the MOVE too, is not undone by the second try."""
    server.faults = [*([""] * step), "unheard"]
    some = triples(9)
    assert go(server, some, WAYS[way]).sent
    assert set(some) == there(server)


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        (401, "who asks", Refused),
        (403, r"right[^:]*\(HTTP 403: as it was told\)$", Refused),
        (507, "no room left on its disk.*run the same push again", Refused),
        (500, "run the same push again", Refused),
        (503, "not ready.*run the same push again", Refused),
    ],
)
@pytest.mark.parametrize("way", ["put", "move", "move, by updates", "change"])
def test_a_store_that_refuses(server: Server, way: str, status: int, said: str, kind: type[NetworkError]) -> None:
    """It is told, and what was there is still there."""
    old = triples(5)
    go(server, old, WAYS[way])
    server.faults = [status] * 10
    with pytest.raises(kind, match=said) as caught:
        go(server, triples(9), WAYS[way])
    assert 4 == caught.value.exit_code
    assert set(old) == there(server)


def test_a_store_that_says_how_long_to_wait(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is left alone for that long; one that asks for too long is not waited for."""
    slept: list[float] = []
    monkeypatch.setattr("gbakg.journey.time.sleep", slept.append)
    server.headers, server.faults = {"Retry-After": "7"}, [503, 429]
    assert go(server, triples(3)).sent
    assert [7, 7] == slept
    server.headers, server.faults = {"Retry-After": "600"}, [503]
    with pytest.raises(Refused, match="it asks for 600 s"):
        go(server, triples(4))
    assert [7, 7] == slept


@pytest.mark.parametrize("status", [400, 415, 403])
def test_a_store_that_takes_no_gzip(server: Server, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    """As Fuseki 3, which reads the compressed bytes as text; what else it refuses has nothing to do with that."""
    monkeypatch.setattr("gbakg.plan.loopback", lambda url: False)
    server.faults = [status]
    with pytest.raises(Refused) as caught:
        go(server, triples(2))
    assert (status != 403) == ("put gzip = false for this store into gbakg.toml" in str(caught.value))
    assert 1 == len(writes(server))


@pytest.mark.parametrize("graph", ["", "urn:g"])
def test_a_store_that_takes_nothing_into_a_default_graph(server: Server, graph: str) -> None:
    """As a dataset of rdflib, which takes INSERT DATA with GRAPH alone: where to push to is told."""
    server.faults = ["", 400]
    with pytest.raises(Refused) as caught:
        go(server, triples(2), WAYS["fill, by updates"], graph, force=True)
    assert (not graph) == ("push to one with a name, by --graph" in str(caught.value))


def test_a_store_that_gives_fewer_rows_than_its_profile_says(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Virtuoso with ResultSetMaxRows below 10,000: it is told what to put into gbakg.toml, which then does."""

    def capped(self: Handler, status: int, kind: str, body: bytes, **headers: str) -> None:
        if b'"bindings"' in body:
            found = json.loads(body)
            found["results"]["bindings"] = found["results"]["bindings"][:4]
            body, headers = json.dumps(found).encode(), {**headers, "X-SPARQL-MaxRows": "4"}
        plain(self, status, kind, body, **headers)

    plain = Handler.send
    monkeypatch.setattr(Handler, "send", capped)
    with pytest.raises(AnswerCut, match="put rows = 4 for this store"):
        go(server, triples(20), replace(LIKE, rows=40))
    assert 20 == go(server, triples(20), replace(LIKE, rows=4)).count


def test_only_what_may_help_is_repeated(server: Server) -> None:
    """A right that is missing is not asked for four times, a busy store is."""
    server.faults = [403]
    with pytest.raises(Refused):
        go(server, triples(2))
    assert 1 == len(writes(server))
    server.faults = [503] * 10
    with pytest.raises(Refused):
        go(server, triples(2))
    assert 1 + push.TRIES == len(writes(server))


@pytest.mark.parametrize(
    ("how", "held"),
    [
        (LIKE, "what was there is there until the new is complete: run"),
        (replace(LIKE, recovers=False), "complete, or a part if the store itself broke down: run"),
        (replace(WAYS["fill"], recovers=False), "; a part may be there: run"),
    ],
)
def test_a_store_that_dies(how: Profile, held: str) -> None:
    """Nobody there is told, with what may be there, and what to do."""
    with Endpoint(Store("http://127.0.0.1:9", how), canonical=False) as endpoint:
        what = load(triples(2))
        chosen = push.plan(endpoint, "", what)
        with pytest.raises(Unreachable, match=rf"cannot be reached.*{held} the same push again"):
            push.push(endpoint, what, chosen, quiet, force=True, pause=0.01)


def test_a_store_that_dies_while_it_is_compared(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was sent is there; that nobody has looked is told."""

    def gone(*_: object, **__: object) -> None:
        raise Unreachable(server.url, "cannot be reached")

    monkeypatch.setattr("gbakg.inventory.Inventory.weigh", gone)
    with pytest.raises(Unreachable, match="all was sent, but could not be compared: run the same push again"):
        go(server, triples(4))
    assert set(triples(4)) == there(server)


@pytest.mark.parametrize("way", ["put", "fill"])
def test_a_store_that_loses_triples(server: Server, way: str) -> None:
    """The count and the lines that are missing are told; the exit code says incomplete."""
    server.faults = ["lossy"] * 9
    some = triples(8)
    with pytest.raises(
        PushIncomplete, match=r"triples of 8 \(is missing: <urn:s>.* and [0-9]+ more\); run the same push"
    ) as caught:
        go(server, some, WAYS[way])
    assert 5 == caught.value.exit_code
    server.faults = []
    assert go(server, some, WAYS[way]).sent
    assert set(some) == there(server)


@pytest.mark.parametrize("own", [True, False])
def test_a_store_that_infers_by_itself(server: Server, monkeypatch: pytest.MonkeyPatch, own: bool) -> None:
    """Where all that was sent is there, and more, a store may have inferred it: that is told, and not where some is missing."""
    kept, node = Handler.graph, NamedNode("urn:inferred")

    def graph(self: Handler, body: bytes, fault: str) -> bool:
        done = kept(self, body, "" if own else "lossy")
        if self.command == "PUT":
            self.server.store.add(Quad(node, node, node))
        return done

    monkeypatch.setattr(Handler, "graph", graph)
    with pytest.raises(PushIncomplete, match=r"is there besides: <urn:inferred>|is missing: ") as caught:
        go(server, triples(9))
    assert own == ("does the store infer by itself?" in str(caught.value))


def test_a_staging_graph_that_lacks_triples_replaces_nothing(server: Server) -> None:
    """A graph that did not arrive whole does not take the place of another."""
    old = triples(5)
    go(server, old, WAYS["move"])
    server.faults = ["", "lossy"]
    with pytest.raises(PushIncomplete, match="nothing was replaced"):
        go(server, triples(9), WAYS["move"])
    assert set(old) == there(server)


def test_other_triples_of_the_same_number_are_found(server: Server) -> None:
    """The digest tells what a count does not."""
    some = triples(6)
    server.store.extend([Quad(one.subject, one.predicate, one.object) for one in [*some[1:], triples(1, "x")[0]]])
    with Endpoint(Store(server.url, LIKE), canonical=False) as endpoint:
        what = load([*some[:5], Triple(NamedNode("urn:s"), NamedNode("urn:p9"), Literal("mine"))])
        chosen = push.plan(endpoint, "", what)
        with pytest.raises(
            PushIncomplete,
            match=r"other triples than were sent \(is missing: .*mine.*is there besides: .* without --compare replaces it",
        ):
            push.compare(endpoint, what, chosen, quiet)
    assert go(server, some[:5]).sent


def test_what_queries_do_not_see_is_told(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fuseki's unionDefaultGraph shows queries the named graphs, and the graph store the unnamed one."""
    node = NamedNode("urn:s")
    some = [*triples(3), Triple(node, node, node)]
    go(server, some)
    kept = Handler.on_sparql

    def named(self: Handler, form: dict[str, list[str]], rest: str = "") -> None:
        kept(self, {"default-graph-uri": ["urn:other"], **form}, rest)

    monkeypatch.setattr(Handler, "on_sparql", named)
    with pytest.raises(PushIncomplete, match=r"queries do not see it.*--graph"):
        go(server, some)
    assert set(some) == there(server)
    go(server, some, graph="urn:g")
    assert set(some) == there(server, "urn:g")


def test_a_default_graph_that_is_seen_with_others(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the unnamed graph has no IRI, as with Oxigraph's --union-default-graph, a count is of all graphs."""
    node, some = NamedNode("urn:s"), triples(5)
    how = replace(LIKE, default="union", unnamed="", fresh="no_transaction")
    server.store.add(Quad(node, node, node, NamedNode("urn:other")))
    kept = server.store.query

    class Union:
        def __getattr__(self, name: str) -> object:
            return getattr(server_store, name)

        def query(self, text: str, **options: object) -> object:
            return kept(text, use_default_graph_as_union=True)

    server_store = server.store
    monkeypatch.setattr(server, "store", Union())
    assert go(server, some, how).sent
    assert not go(server, some, how).sent
    assert ["PUT"] == writes(server)
    assert not [path for _, path, _ in server.asked if "no_transaction" in path]
    assert go(server, some[1:], how).sent
    assert set(some[1:]) == there(server)


@pytest.mark.parametrize("count", ["9" * 5000, "-5", "٣", "3.0", ""])
def test_a_count_that_is_none(server: Server, monkeypatch: pytest.MonkeyPatch, count: str) -> None:
    """What is no number of triples is told, however long it is."""
    row = f'{{"count": {{"type": "literal", "value": "{count}"}}}}'
    body = f'{{"head": {{"vars": ["count"]}}, "results": {{"bindings": [{row}]}}}}'.encode()
    monkeypatch.setattr(Handler, "on_sparql", lambda self, form, rest="": self.send(200, JSON, body))
    with pytest.raises(NetworkError, match="answered a COUNT"):
        go(server, triples(3))


def test_another_form_of_a_value_is_told_and_is_no_difference(server: Server) -> None:
    """A store that writes a truth as a number has the same graph."""
    truth = NamedNode(terms.XSD + "boolean")
    node = NamedNode("urn:s")
    some = [Triple(node, node, Literal("true", datatype=truth))]

    @contextlib.contextmanager
    def odd(self: object) -> Iterator[io.BytesIO]:
        yield io.BytesIO(f"{Triple(node, node, Literal('1', datatype=truth))} .".encode())

    go(server, some)
    with Endpoint(Store(server.url, LIKE), canonical=False) as endpoint, pytest.MonkeyPatch.context() as patch:
        patch.setattr("gbakg.inventory.Inventory._got", odd)
        found = push.compare(endpoint, load(some), push.plan(endpoint, "", load(some)), quiet)
    assert ((f'"1"^^{truth}', f'"true"^^{truth}'),) == found.changed


def test_a_blank_node_is_refused_before_anything_is_sent() -> None:
    """A graph with a blank node does not go out."""
    with pytest.raises(InputError, match="blank node"):
        load([Triple(BlankNode("b"), NamedNode("urn:p"), Literal("x"))])


@pytest.mark.parametrize(
    ("name", "kind", "size", "way"),
    [
        ("oxigraph", "none", 10, "put, by graphs, streamed"),
        ("fuseki", "digest", 10, "put, by graphs, whole"),
        ("fuseki", "digest", 10**9, "move, by graphs, whole"),
        ("fuseki", "basic", 10**9, "put, by graphs, streamed"),
        ("virtuoso", "digest", 10, "change, by graphs, whole"),
        ("neptune", "sigv4", 10**9, "move, by graphs, whole"),
        ("qlever", "bearer", 10, "fill, by graphs, whole"),
        ("blazegraph", "none", 10, "fill, by update, whole"),
    ],
)
def test_how_a_store_is_filled(name: str, kind: str, size: int, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The profile, the way to prove who asks, and the size decide."""
    with Endpoint(Store("http://example.org/x", profile(name)), who=Credentials()) as endpoint:
        endpoint.connection.kind = kind
        what = load(triples(1))
        monkeypatch.setattr(Load, "size", size)
        chosen = push.plan(endpoint, push.target(endpoint.profile, None), what)
    assert way == f"{chosen.way}, by {chosen.by}, {'streamed' if chosen.streamed else 'whole'}"


def test_a_plain_endpoint_cannot_be_pushed_to() -> None:
    """Without an address to write to, it is said how to give one."""
    with (
        Endpoint(Store("http://example.org/sparql", profile("sparql11"))) as endpoint,
        pytest.raises(BadParameter, match="--profile"),
    ):
        push.plan(endpoint, "", load([]))


@pytest.mark.parametrize(
    ("name", "graph", "found"),
    [
        ("fuseki", None, ""),
        ("fuseki", "default", ""),
        ("fuseki", "urn:g", "urn:g"),
        ("virtuoso", None, terms.GRAPH.value),
        ("virtuoso", "urn:g", "urn:g"),
    ],
)
def test_which_graph(name: str, graph: str | None, found: str) -> None:
    """The default graph, unless another is named or the store has none."""
    assert found == push.target(profile(name), graph)


def test_a_default_graph_that_there_is_not() -> None:
    """A store without a default graph cannot be asked to fill it."""
    with pytest.raises(BadParameter, match="has no default graph"):
        push.target(profile("virtuoso"), "default")


def test_steps_say_what_would_be_done() -> None:
    """The plan is told in lines: where, how much, and what is compared."""
    for name in ("oxigraph", "virtuoso", "blazegraph"):
        with Endpoint(Store("http://example.org/x", profile(name)), who=Credentials()) as endpoint:
            chosen: Plan = push.plan(endpoint, "urn:g", load(triples(3)))
            steps = chosen.steps(endpoint, load(triples(3)))
        assert "3 triples" in " ".join(steps)
        assert steps[-1].startswith("count graph <urn:g>, and compare its digest with ")
        named = "staging" if chosen.way in ("move", "change") else "urn%3Ag"
        assert chosen.by == "update" or named in steps[0].partition("?graph=")[2].partition(":")[0]


# --- the Oxigraph server -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def oxigraph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the Oxigraph server of the wheel `oxigraph` on loopback."""
    program = Path(sys.executable).with_name("oxigraph")
    if not program.exists():
        pytest.skip("the Oxigraph server is not installed: pip install oxigraph")
    port = free()
    command = [str(program), "serve", "--location", str(tmp_path_factory.mktemp("data")), "--bind", f"127.0.0.1:{port}"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        url = f"http://127.0.0.1:{port}"
        for _ in range(100):
            try:
                urllib.request.urlopen(f"{url}/query").close()  # noqa: S310 - our own server
                break
            except OSError:
                time.sleep(0.1)
        yield url
        process.terminate()


@pytest.fixture
def command(built: Build, cache: str, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Return what runs gbakg on the fixture project and gives exit code, stdout and stderr."""

    def run(*given: str) -> tuple[int, str, str]:
        code = cli.main(["--home", str(FIXTURES / "project"), "--cache", cache, *given])
        return code, *capsys.readouterr()

    return run


@pytest.mark.parametrize("words", [["--dry-run"], ["--compare"], ["--count-only"], ["--force"], ["--user", "ada"]])
def test_shards_go_to_no_store(command: Callable[..., tuple[int, str, str]], tmp_path: Path, words: list[str]) -> None:
    """What is about a store is refused, and nothing is written, least of all in a dry run."""
    code, _, err = command("push", "--shards", "2", str(tmp_path / "shards"), *words)
    assert (2, True) == (code, "without --shards" in err)
    assert [] == [*tmp_path.iterdir()]


@pytest.mark.parametrize("graph", ["nowhere", "urn:a>b"])
def test_the_name_of_a_graph_is_an_iri(oxigraph: str, command: Callable[..., tuple[int, str, str]], graph: str) -> None:
    """It stands in queries, and nothing else may stand there."""
    code, _, err = command("push", oxigraph, "--graph", graph, "--dry-run")
    assert (2, True) == (code, "an IRI such as" in err)


def test_a_real_server(oxigraph: str, command: Callable[..., tuple[int, str, str]], built: Build) -> None:
    """A push to Oxigraph arrives, is found again, and its queries give the same answers."""
    code, out, _ = command("push", oxigraph, "--dry-run")
    assert (0, True) == (code, out.startswith(f"PUT {oxigraph}/store?default: "))
    code, _, err = command("push", oxigraph, "--compare")
    assert (5, True) == (code, "holds 0 triples of " in err)
    code, out, _ = command("push", oxigraph)
    assert (0, True) == (code, out.startswith("pushed: "))
    code, out, _ = command("push", oxigraph, "--count-only")
    assert (0, True) == (code, out.endswith(" triples in the default graph; counted, not compared\n"))
    code, out, _ = command("push", oxigraph, "--count-only", "--dry-run")
    assert (0, "count the default graph") == (code, out.splitlines()[-1])
    code, out, err = command("push", oxigraph)
    assert (0, True, "Oxigraph at") == (code, out.startswith("up to date: "), err[:11])
    assert 0 == command("push", oxigraph, "--compare")[0]
    query = ("query", "run", "which-claims", "--format", "csv")
    assert command(*query)[1] == command(*query, "--endpoint", f"{oxigraph}/query")[1]
    code, out, err = command("push", oxigraph, "--graph", "urn:g")
    assert (0, True) == (code, 'graph = "urn:g"' in err)
    answer = urllib.request.urlopen(f"{oxigraph}/store?graph=urn%3Ag")  # noqa: S310 - our own server
    with answer, built.open() as engine:
        import pyoxigraph

        found = {quad.triple for quad in pyoxigraph.parse(answer.read(), format=RdfFormat.N_QUADS)}
        assert set(engine.triples()) == found


def test_a_store_with_a_name_and_a_graph(
    oxigraph: str, command: Callable[..., tuple[int, str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store in gbakg.toml has its graph replaced, and asked."""
    text = f'[stores.here]\nurl = "{oxigraph}"\nlike = "oxigraph"\ngraph = "urn:named"\n'
    (tmp_path / "gbakg.toml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for done in ("pushed: ", "up to date: "):
        code, out, err = command("push", "here")
        assert (0, True, False) == (code, out.startswith(done), "gbakg.toml" in err)
        assert "in <urn:named>" in out
    query = ("query", "run", "which-claims", "--format", "csv")
    assert command(*query)[1] == command(*query, "--endpoint", "here")[1]


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        (("http://127.0.0.1:9/",), 4, "cannot be reached"),
        (("http://ada:hidden@127.0.0.1:9/",), 2, "GBAKG_PASSWORD"),
        (("nowhere",), 2, "[stores.NAME]"),
        ((), 2, "an address"),
        (("http://127.0.0.1:9/", "--profile", "fuseky"), 2, "did you mean fuseki?"),
        (("http://127.0.0.1:9/", "--user", "ada"), 2, "GBAKG_PASSWORD"),
    ],
)
def test_a_push_that_cannot_begin(
    command: Callable[..., tuple[int, str, str]], given: tuple[str, ...], code: int, said: str
) -> None:
    """The exit code and one line say why, and no secret."""
    found, out, err = command("push", *given)
    assert (code, "") == (found, out)
    assert said in err
    assert "hidden" not in err


@pytest.mark.parametrize("rows", [4, 5, 10])
def test_pages_hold_every_triple_once(server: Server, rows: int) -> None:
    """Whether a predicate has many subjects or a subject many objects, no page gives a triple twice or leaves one out."""
    nodes = [NamedNode(f"urn:s{number}") for number in range(13)]
    some = [Triple(one, NamedNode("urn:many"), Literal(str(number))) for number, one in enumerate(nodes)]
    some += [Triple(nodes[5], NamedNode("urn:many"), Literal(f'{number} é"\\\n')) for number in range(21)]
    some += [Triple(one, NamedNode("urn:two"), other) for one in nodes for other in nodes[:2]]
    server.store.extend(Quad(*one) for one in some)
    with Endpoint(Store(server.url, replace(LIKE, rows=rows)), canonical=False) as endpoint:
        assert sorted(map(line, some)) == sorted(Inventory(endpoint, "").lines())


def test_literals_that_no_page_can_tell_apart_are_told(server: Server) -> None:
    """More of them than an answer may have cannot be read, and are not left out."""
    node = NamedNode("urn:s")
    server.store.extend(Quad(node, node, Literal("same", language=f"x-a{number}")) for number in range(9))
    with (
        Endpoint(Store(server.url, replace(LIKE, rows=4)), canonical=False) as endpoint,
        pytest.raises(
            NetworkError, match="4 literals of <urn:s> <urn:s> that differ in nothing but datatype or language"
        ),
    ):
        list(Inventory(endpoint, "").lines())


def test_an_empty_graph_is_filled_in_the_quickest_way(server: Server) -> None:
    """Where nothing is replaced no transaction is needed; what is there is replaced in one."""
    quick = replace(LIKE, fresh="no_transaction")
    first, second = go(server, triples(5), quick), go(server, triples(6), quick)
    assert (False, True) == (first.plan.atomic, second.plan.atomic)
    assert ["/store?default&no_transaction", "/store?default"] == [
        path for method, path, _ in server.asked if method == "PUT"
    ]
    assert set(triples(6)) == there(server)


def test_a_large_graph_gives_the_store_more_time(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """To commit or count what is large a store may keep silent for longer than for a query."""
    with Endpoint(Store(server.url, LIKE), canonical=False, who=Credentials(), silence=5) as endpoint:
        monkeypatch.setattr(push, "_PACE", 0.05)
        what = load(triples(5))
        push.push(endpoint, what, push.plan(endpoint, "", what), quiet)
        assert 100 == endpoint.connection.silence
