"""The two engines: the fast one builds the same graph as the reference, says the same, and refuses what it must."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import FIXTURES, ROOT, at, quiet
from gbakg import build, engines, populate
from gbakg.cli import main
from gbakg.errors import ShapeError
from gbakg.shapes import Plan
from gbakg.sources import Project

Edit = Callable[[str, str, str], Path]
GAZETTE = "data/documents/harbour-gazette"


def same(project: Project) -> build.Outcome:
    """Check a project with both engines, which have to say the same; return what they say."""
    fast, reference = (build.check(project, engine=engine, progress=quiet) for engine in ("fast", "reference"))
    assert reference.problems == fast.problems
    assert reference.warnings == fast.warnings
    assert reference.report == fast.report
    return fast


def built_alike(project: Project, folder: Path) -> None:
    """Build a project with both engines, which have to make and to say the same; the receipts name the engine."""
    fast, reference = (build.build(project, name, quiet, str(folder / name)) for name in ("fast", "reference"))
    assert fast.build is not None
    assert reference.build is not None
    assert ["fast", "reference"] == [one.receipt["engine"] for one in (fast.build, reference.build)]
    for field in ("digest", "counts"):
        assert reference.build.receipt[field] == fast.build.receipt[field]
    assert reference.problems == fast.problems == ()
    assert reference.warnings == fast.warnings
    assert reference.report == fast.report
    fast.build.close()
    reference.build.close()


def test_the_fixture_is_built_alike(tmp_path: Path) -> None:
    """The same digest, counts, warnings and report."""
    built_alike(at(FIXTURES / "project"), tmp_path)


def test_the_fixture_is_checked_alike() -> None:
    """No problem, and the same two warnings."""
    assert (0, 2) == tuple(map(len, same(at(FIXTURES / "project"))[1:3]))


def test_a_violation_is_told_alike(project: Project, edit: Edit) -> None:
    """A cell that the shapes refuse is the same problem in the same row."""
    edit(f"{GAZETTE}/observations.csv", "region/port-amber,region/port-amber", "region/port-amber,person/ida-moss")
    assert same(project).problems


def test_an_inconsistency_is_told_at_the_same_place(project: Project) -> None:
    """Each engine words it its own way, and both name the individual, its file and its line."""
    (project.ontology / "odd.ttl").write_text(
        "@prefix gba: <https://w3id.org/gbakg/ontology#> .\n@prefix owl: <http://www.w3.org/2002/07/owl#> .\n"
        "gba:Region owl:disjointWith gba:Entity .\n",
        encoding="utf-8",
    )
    fast, reference = (build.check(project, engine=engine, progress=quiet).problems for engine in ("fast", "reference"))
    assert fast
    assert {(one.file, one.row) for one in reference} == {(one.file, one.row) for one in fast}
    assert all("(cax-dw)" in one.message for one in fast)


@pytest.mark.slow  # the reference takes a minute
def test_the_shipped_graph_is_built_alike(tmp_path: Path) -> None:
    """The same digest, counts, warnings and report."""
    built_alike(at(ROOT), tmp_path)


UNKNOWN = (
    "shape:odd a sh:NodeShape ; sh:targetClass gba:Region ; sh:minCuont 1 .",
    "shape#odd has sh:minCuont, which is no constraint of SHACL known here",
)
RECURSIVE = (
    "shape:odd a sh:NodeShape ; sh:targetClass gba:Region ; sh:property [ sh:path gba:within ; sh:node shape:odd ] .",
    "a shape refers to itself",
)


@pytest.mark.parametrize("command", ["build", "check"])
@pytest.mark.parametrize(("shape", "message"), [UNKNOWN, RECURSIVE], ids=["unknown", "recursive"])
def test_shapes_that_are_refused_exit_with_3(
    project: Project, cache: str, capsys: pytest.CaptureFixture[str], command: str, shape: str, message: str
) -> None:
    """A constraint that nobody knows and a shape that refers to itself are named, and nothing is stored."""
    (project.ontology / "shapes" / "odd.ttl").write_text(
        "@prefix gba: <https://w3id.org/gbakg/ontology#> .\n@prefix sh: <http://www.w3.org/ns/shacl#> .\n"
        f"@prefix shape: <https://w3id.org/gbakg/shape#> .\n{shape}\n",
        encoding="utf-8",
    )
    home = str(project.ontology.parent)
    options = ["--cache", cache] if command == "build" else []
    assert 3 == main([command, "--engine", "fast", "--home", home, *options])
    assert message in capsys.readouterr().err
    assert not list(Path(cache).glob("**/receipt.json"))


def test_refused_shapes_have_a_class_of_their_own(project: Project) -> None:
    """Whoever calls build.check can tell them from files that cannot be read."""
    (project.ontology / "shapes" / "odd.ttl").write_text(
        "@prefix sh: <http://www.w3.org/ns/shacl#> .\n<https://e.org/s> a sh:NodeShape ; sh:expression 1 .\n",
        encoding="utf-8",
    )
    with pytest.raises(ShapeError, match="sh:expression"):
        build.check(project, engine="fast", progress=quiet)


def test_a_plan_is_compiled_anew_when_the_code_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout that was edited does not take up what it compiled before; one that was not does."""
    selection = populate.everything(at(FIXTURES / "project"))
    plan, head = engines.planned(selection)
    monkeypatch.setattr(Plan, "loads", lambda *_: pytest.fail("taken up"))
    with pytest.raises(pytest.fail.Exception, match="taken up"):
        engines.planned(selection, head + plan.dumps())
    monkeypatch.setattr(engines, "code", lambda: "other")
    assert head != engines.planned(selection, head + plan.dumps())[1]
