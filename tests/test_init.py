"""The public surface of the package, and the graph as an object."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import gbakg
from gbakg import profiles, terms
from gbakg.errors import BadParameter, Refused, UnknownQuery
from gbakg.profiles import Store
from gbakg.result import Result
from serving import Server, serving

ROOT = Path(__file__).parent.parent
FIXTURES = Path(__file__).parent / "fixtures"
TEXT = FIXTURES / "harbour-gazette.txt"


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[gbakg.Graph]:
    folder = tmp_path_factory.mktemp("api")
    shutil.copytree(FIXTURES / "project", folder / "project")
    shutil.copytree(ROOT / "queries" / "claims", folder / "project" / "queries" / "claims")
    with gbakg.open(folder / "project", folder / "cache") as opened:
        yield opened


def test_surface() -> None:
    """What is public is named, sorted, and there."""
    expected = ["Citation", "Completion", "Coverage", "GbakgError", "Graph", "Match", "Outcome", "Result", "Verdict"]
    expected += ["__version__", "build_on", "check", "check_endpoint", "open", "rebuild"]
    assert expected == gbakg.__all__ == dir(gbakg)
    assert all(getattr(gbakg, name) for name in gbakg.__all__)
    with pytest.raises(AttributeError, match="no attribute 'utils'"):
        gbakg.utils  # noqa: B018


def test_query(graph: gbakg.Graph) -> None:
    """A saved query gives dicts, columns and data frames."""
    found = graph.rows("mentions", 3)
    assert ["Port Amber", "Port Amber", "Ida Moss"] == [row["surface"] for row in found]
    assert "mention" == found.columns[0]
    assert found.cut
    frame = graph.rows("mentions").to_pandas()
    assert (4, 9) == frame.shape
    assert [0, 47, 146, 298] == list(frame["start"])
    assert (4, 9) == graph.rows("mentions").to_polars().shape
    with pytest.raises(UnknownQuery):
        graph.query("mention-s")


def test_sparql(graph: gbakg.Graph) -> None:
    """SPARQL of one's own."""
    found = graph.sparql("SELECT ?x { ?x a gba:Person }")
    assert isinstance(found, Result)
    assert [{"x": "https://w3id.org/gbakg/id/person/ida-moss"}] == list(found)


def test_find_and_cite(graph: gbakg.Graph) -> None:
    """Names and citations."""
    assert "person/ida-moss" == graph.find("ida")[0].entity
    assert 3 == len(graph.cite("person/ida-moss"))


@pytest.mark.parametrize("limit", [-1, 1.5])
def test_a_limit_that_counts_nothing_is_refused(graph: gbakg.Graph, limit: int) -> None:
    """A negative one would leave out the last, and the libraries' own words for it name no parameter."""
    with pytest.raises(BadParameter, match="parameter limit: expected a whole number from 0"):
        graph.find("Port Amber", limit)
    with pytest.raises(BadParameter, match="parameter limit: expected a whole number from 0"):
        graph.cite("region/port-amber", limit)


def test_export(graph: gbakg.Graph, tmp_path: Path) -> None:
    """A file in the format of its ending."""
    graph.export(tmp_path / "a.nt")
    graph.export(tmp_path / "a.csv", query="mentions")
    assert graph.build.receipt["counts"]["triples"] == len((tmp_path / "a.nt").read_bytes().splitlines())
    assert 5 == len((tmp_path / "a.csv").read_bytes().splitlines())


LIKE = replace(profiles.profile("oxigraph"), name="test", query="{base}/sparql", update="{base}/update")
HELD = "urn:held"


@pytest.fixture
def server() -> Iterator[Server]:
    """Run an endpoint over an empty store."""
    with serving() as running:
        yield running


def test_a_store_elsewhere(graph: gbakg.Graph, server: Server) -> None:
    """What is stated is sent, validated and completed there, and is then what a push would bring."""
    there, home, counts = Store(server.url, LIKE), graph.project.data.parent, graph.build.receipt["counts"]
    told: list[str] = []
    assert graph.push(there, HELD, stated_only=True, progress=told.append).sent
    outcome = gbakg.check_endpoint(there, HELD, home=home, progress=told.append)
    assert outcome.conforms
    assert gbakg.check(home=home).report == outcome.report
    done = gbakg.build_on(there, HELD, home=home, progress=told.append)
    assert (True, counts["triples"], counts["entailed"]) == (done.conforms, done.count, done.added)
    assert not graph.push(there, HELD).sent
    assert graph.push(there, HELD, force=True).sent
    assert {"comparing", f"adding {counts['entailed']:,} triples"} <= set(told)
    with pytest.raises(BadParameter, match="with what follows from it"):
        gbakg.check_endpoint(there, HELD, home=home)
    assert gbakg.check_endpoint(there, HELD, home=home, closed=True).report is not None


def test_a_store_elsewhere_that_is_wrong(graph: gbakg.Graph, server: Server) -> None:
    """Problems come back with files and rows, nothing is added; a store that refuses is an exception."""
    there, home = Store(server.url, LIKE), graph.project.data.parent
    graph.push(there, HELD, stated_only=True)
    server.store.update(f"DELETE WHERE {{ GRAPH <{HELD}> {{ ?s {terms.GBA.term('statedIn')} ?o }} }}")
    before = len(server.store)
    for outcome in (gbakg.check_endpoint(there, HELD, home=home), gbakg.build_on(there, HELD, home=home)):
        assert not outcome.conforms
        assert any(one.file.endswith("observations.csv") and one.row for one in outcome.problems)
    assert before == len(server.store)
    server.faults = [403]
    with pytest.raises(Refused, match="does not allow this"):
        gbakg.build_on(there, HELD, home=home)


def test_a_store_by_its_name(
    graph: gbakg.Graph, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name in gbakg.toml brings its graph, and the settings bring who asks."""
    text = f'[stores.here]\nurl = "{server.url}"\nlike = "oxigraph"\nquery = "{{base}}/sparql"\ngraph = "{HELD}"\n'
    (tmp_path / "gbakg.toml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    home = graph.project.data.parent
    assert HELD == graph.push("here", stated_only=True).plan.graph
    assert gbakg.check_endpoint("here", home=home).conforms
    assert HELD == gbakg.build_on("here", home=home).graph
    with pytest.raises(BadParameter, match="GBAKG_PASSWORD"):
        gbakg.build_on("here", home=home, user="ada")


def test_verify_and_coverage(graph: gbakg.Graph) -> None:
    """Texts are checked as they are asked for."""
    assert [True] == [one.holds for one in graph.verify(TEXT)]
    assert [4] == [len(one.uncovered) for one in graph.coverage(str(TEXT))]


def test_closed(graph: gbakg.Graph) -> None:
    """A closed graph says so."""
    with gbakg.open(graph.project.data.parent, graph.build.path.parents[3]) as other:
        assert other.digest == graph.digest
    with pytest.raises(ValueError, match="open it again"):
        other.find("x")


def test_check_and_rebuild(tmp_path: Path) -> None:
    """Data can be checked without storing them, and built anew."""
    home = shutil.copytree(FIXTURES / "project", tmp_path / "project")
    assert gbakg.check(home=home).conforms
    table = home / "data" / "documents" / "harbour-gazette" / "observations.csv"
    outcome = gbakg.check(table, home=home)
    assert outcome.conforms
    assert {"observations.csv"} >= {Path(warning.file).name for warning in outcome.warnings}
    built = gbakg.rebuild(home, tmp_path / "cache").build
    assert built is not None
    table.write_text(table.read_text(encoding="utf-8").replace("metric/", "metric/un"), encoding="utf-8")
    broken = gbakg.rebuild(home, tmp_path / "cache")
    assert broken.build is None
    assert all(problem.row for problem in broken.problems)
