"""Sources: finding the project, reading Turtle, and telling what changed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import FIXTURES
from gbakg import sources
from gbakg.errors import EncodingError, MissingFile, ProjectNotFound, TurtleError
from gbakg.sources import Project


def test_a_project_is_found_from_a_folder_below_it(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout is used from anywhere inside."""
    monkeypatch.chdir(project.data / "documents")
    assert sources.project() == project


def test_a_named_folder_wins_and_has_to_be_a_project(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flag or GBAKG_HOME that points elsewhere is an error, not a hint."""
    monkeypatch.setenv("GBAKG_HOME", str(project.data.parent))
    assert sources.project() == project
    with pytest.raises(ProjectNotFound, match=r"no folder ontology/ here; point --home"):
        sources.project(str(tmp_path))


def test_outside_of_a_checkout_there_is_the_packages_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Elsewhere, the project is the one that the package came with."""
    monkeypatch.chdir(tmp_path)
    found = sources.project()
    package = Path(sources.__file__).parent
    assert found.ontology in (package.parents[1] / "ontology", package / "_ontology")


def test_two_projects_do_not_share_a_folder_of_the_cache(project: Project) -> None:
    """The key depends on where the project lies."""
    other = Project(FIXTURES / "project" / "ontology", FIXTURES / "project" / "data", FIXTURES / "project" / "queries")
    assert project.key != other.key
    assert project.key.startswith("project-")


def test_the_ontology_is_listed_without_its_shapes(project: Project) -> None:
    """Shapes are no part of the graph."""
    assert [project.name(path) for path in sources.ontology_files(project)] == [
        "ontology/alignments/schema.ttl",
        "ontology/gbakg.ttl",
        "ontology/terms/terms.ttl",
    ]
    assert [project.name(path) for path in sources.shape_files(project)] == ["ontology/shapes/claims.ttl"]
    assert [project.name(path) for path in sources.registry_files(project)] == ["data/registry/entities.ttl"]
    assert [path.name for path in sources.documents(project)] == ["harbour-gazette"]


@pytest.mark.parametrize(
    ("content", "kind", "expected"),
    [
        (b"@prefix a: <http://a/> .\na:b a:c .\n", TurtleError, "line 2: not valid Turtle: "),
        (b"\xef\xbb\xbf", EncodingError, "line 1: begins with a byte order mark"),
        (b'<http://a/b> <http://a/c> "\xe9" .\n', EncodingError, "line 1: byte 0xe9 at position 28 is not UTF-8"),
        (b"<http://a/b> <http://a/c> <d> .\n", TurtleError, "line 1: not valid Turtle: No scheme found"),
    ],
)
def test_broken_turtle_is_told_with_its_line(
    tmp_path: Path, content: bytes, kind: type[Exception], expected: str
) -> None:
    """One line, with the line of the file."""
    path = tmp_path / "a.ttl"
    path.write_bytes(content)
    with pytest.raises(kind) as caught:
        list(sources.triples(path))
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_blank_nodes_of_two_files_stay_apart(tmp_path: Path) -> None:
    """Equal labels in two files are two nodes."""
    for name in ("a.ttl", "b.ttl"):
        (tmp_path / name).write_text("_:x <http://a/p> 1 .", encoding="utf-8")
    found = {next(iter(sources.triples(tmp_path / name))).subject for name in ("a.ttl", "b.ttl")}
    assert len(found) == 2


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """Absence is an error of its own."""
    with pytest.raises(MissingFile, match="No such file"):
        list(sources.triples(tmp_path / "a.ttl"))


def test_a_misnamed_table_is_noticed(project: Project) -> None:
    """A table under another name would be passed over in silence."""
    folder = project.data / "documents" / "harbour-gazette"
    (folder / "fact.csv").write_text("", encoding="utf-8")
    (folder / "README.md").write_text("", encoding="utf-8")
    assert [problem.file.rsplit("/", 1)[-1] for problem in sources.stray(folder)] == ["fact.csv"]


def known(project: Project) -> dict[str, Any]:
    taken = sources.fingerprint(project, sources.inputs(project))
    return {one.name: [one.size, one.changed_ns, one.sha256] for one in taken}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in its file system")
def test_a_pipe_among_the_files_is_told(project: Project) -> None:
    """To take its fingerprint would wait for ever."""
    path = project.data / "registry" / "pipe.ttl"
    os.mkfifo(path)
    with pytest.raises(MissingFile, match=r"pipe\.ttl: is no regular file"):
        sources.fingerprint(project, sources.inputs(project))


def test_a_project_may_lie_in_a_folder_that_is_no_text(project: Project) -> None:
    """A name on the disk is bytes, which Python keeps as lone surrogates."""
    odd = Path(os.fsdecode(b"/caf\xe9"))
    assert project._replace(data=odd / "data").key.startswith("caf-")


def test_nothing_changed_is_seen_without_hashing(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where size and time agree and are not young, no file is read."""
    before = known(project)
    monkeypatch.setattr(sources, "_fingerprint", lambda *_: pytest.fail("a file was hashed"))
    assert sources.changed(project, before, time.time_ns() + 10**10) == ([], None)


def test_what_came_went_and_changed_is_named(project: Project, edit: Callable[[str, str, str], Path]) -> None:
    """Each file by its name, on every machine the same."""
    before = known(project)
    edit("data/registry/entities.ttl", '"item"@en', '"items"@en')
    (project.data / "registry" / "more.ttl").write_text("", encoding="utf-8")
    (project.data / "documents" / "harbour-gazette" / "facts.csv").unlink()
    differing, _ = sources.changed(project, before, time.time_ns())
    assert sorted(differing) == [
        "data/documents/harbour-gazette/facts.csv",
        "data/registry/entities.ttl",
        "data/registry/more.ttl",
    ]


def test_a_touched_file_is_hashed_and_found_the_same(project: Project) -> None:
    """A new time alone is no change, and the new time is given back to be remembered."""
    before = known(project)
    path = project.data / "registry" / "entities.ttl"
    os.utime(path, ns=(1, 1 << 62))
    differing, fresh = sources.changed(project, before, 0)
    assert differing == []
    assert fresh is not None
    assert [one.changed_ns for one in fresh if one.name == "data/registry/entities.ttl"] == [1 << 62]


def test_a_change_within_the_clocks_grain_is_seen(project: Project) -> None:
    """Same size, same time, other content: a young file is hashed again."""
    before = known(project)
    path = project.data / "registry" / "entities.ttl"
    stat = path.stat()
    path.write_text(path.read_text(encoding="utf-8").replace('"item"', '"pear"'), encoding="utf-8")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert sources.changed(project, before, stat.st_mtime_ns)[0] == ["data/registry/entities.ttl"]


@pytest.mark.skipif(os.name != "posix", reason="no other system tells when a file was put in its place")
def test_another_file_of_the_same_size_and_time_is_seen(project: Project) -> None:
    """Put in its place long after the build, with the time of the former: as a copy that keeps times does."""
    before = known(project)
    path = project.data / "registry" / "entities.ttl"
    stat, later = path.stat(), time.time_ns() + 3_600_000_000_000
    other = path.with_suffix(".new")
    time.sleep(0.02)  # the kernel's clock has a grain too
    other.write_bytes(path.read_bytes().replace(b'"item"', b'"pear"'))
    os.utime(other, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    other.replace(path)
    assert (stat.st_size, stat.st_mtime_ns) == (path.stat().st_size, path.stat().st_mtime_ns)
    assert sources.changed(project, before, later)[0] == ["data/registry/entities.ttl"]
