"""The pipeline: what passes, what stops it and with which words, and that the old build stays."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import FIXTURES, ROOT, at, quiet, run
from gbakg import build, query, sources, store
from gbakg.cache import home, locked
from gbakg.digest import Digest
from gbakg.errors import BadParameter, BuildLocked, CheckFailed, GbakgError, InputError
from gbakg.sources import Project
from gbakg.store import Build

GAZETTE = "data/documents/harbour-gazette"
Edit = Callable[[str, str, str], Path]


def make(project: Project, cache: str) -> Build:
    outcome = build.build(project, progress=quiet, cache=cache)
    assert outcome.build is not None, outcome.problems
    return outcome.build


def digest(project: Project, cache: str) -> str:
    found = store.current(project, cache)
    assert found is not None
    with found.open() as engine:
        return Digest.of(engine.triples()).hex


# --- what a build holds ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pattern",
    [
        # stated in the registry, in a table, and plainly because reported
        "region:coral-province gba:within region:coral-coast",
        "observation:harbour-gazette-p2-lantern-patents gba:lower 120 ; gba:bound gba:MoreThan",
        "region:port-amber gba:within region:coral-province",
        "institution:amber-patent-bureau gba:startedOn '1999'^^xsd:gYear",
        "document:harbour-gazette gba:publishedBy institution:harbour-gazette",
        # of the ontology
        "gba:Region rdfs:label 'region'@en ; rdfs:subClassOf gba:Entity",
        # entailed: transitivity, inverse, chain, subclass, subproperty with a literal, alignment
        "region:port-amber gba:within region:coral-coast",
        "region:coral-coast gba:contains region:port-amber",
        "institution:amber-patent-bureau gba:locatedIn region:coral-coast",
        "person:ida-moss gba:affiliatedWith institution:amber-patent-bureau",
        "observation:harbour-gazette-p2-lantern-patents a gba:Claim",
        "institution:amber-patent-bureau gba:hasAttribute '1999'^^xsd:gYear",
        "region:port-amber a schema:Place",
    ],
)
def test_a_build_holds_what_was_stated_and_what_follows(built: Build, pattern: str) -> None:
    """Registry, rows, plain facts, the ontology's terms, and each kind of entailment."""
    assert ask(built, pattern) is True


@pytest.mark.parametrize(
    "pattern",
    [
        "fact:harbour-gazette-p4-second-hall gba:object ?o . institution:amber-patent-bureau gba:opens ?o",
        "?s a sh:NodeShape",
        "?s ?p ?o FILTER(isBlank(?s) || isBlank(?o))",
        "?s a owl:Thing",
        "?s owl:sameAs ?o",
        "?s gba:relatesTo ?s",
    ],
)
def test_a_build_does_not_hold_plans_shapes_or_blank_nodes(built: Build, pattern: str) -> None:
    """What is not so, or is nobody's business, is not in the graph."""
    assert ask(built, pattern) is False


def ask(built: Build, pattern: str) -> object:
    from gbakg.terms import PREFIXES

    prefixes = "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in PREFIXES.items())
    with built.open() as engine:
        return engine.query(f"{prefixes} ASK {{ {pattern} }}")


def test_the_receipt_says_what_a_build_was_made_of(built: Build) -> None:
    """Versions, counts, digest, and the hash of every input under a name that is the same everywhere."""
    receipt = built.receipt
    assert set(receipt["versions"]) == {"gbakg", "pyoxigraph"}
    assert receipt["counts"]["documents"] == 1
    assert receipt["counts"]["warnings"] == 2
    assert receipt["counts"]["triples"] == receipt["counts"]["stated"] + receipt["counts"]["entailed"]
    project = at(FIXTURES / "project")
    assert set(receipt["inputs"]) == {project.name(path) for path in sources.inputs(project)}
    assert str(FIXTURES) not in json.dumps(receipt)


@pytest.mark.parametrize("file", [f"{GAZETTE}/observations.csv", "data/registry/entities.ttl"])
def test_a_file_that_changed_while_it_was_read_and_changed_back_is_read_again(
    project: Project, cache: str, tmp_path: Path, file: str
) -> None:
    """As by a checkout of another branch and back: its hash is that of before, and the graph is not."""
    path = project.data.parent / file
    before, stat = path.read_bytes(), path.stat()

    def step(line: str) -> None:
        if line.startswith("reading"):
            path.write_bytes(before.replace(b"2024-01-01", b"2024-02-01").replace(b'"Port Amber"', b'"Port Umber"'))
        elif line.startswith("storing"):
            path.write_bytes(before)

    assert build.build(project, progress=step, cache=cache, whole=True).build is not None
    assert before == path.read_bytes()
    assert path.stat().st_mtime_ns != stat.st_mtime_ns
    wrong, right = digest(project, cache), make(project, str(tmp_path / "other")).receipt["digest"]
    assert wrong != right
    assert (None, f"{file} changed") == store.fresh(project, cache)
    assert right == build.ensure(project, quiet, cache).receipt["digest"]
    assert store.fresh(project, cache)[0] is not None


def test_saved_queries_are_compiled_into_a_build(built: Build) -> None:
    """A cold start needs no YAML."""
    assert list(query.remembered(built.path)) == ["evidence/which-claims.rq"]


SEED = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from conftest import at, quiet
from gbakg import build
print(build.build(at(Path(sys.argv[2])), progress=quiet, cache=sys.argv[3]).build.receipt["digest"])
"""


def test_the_digest_is_the_same_under_every_hash_seed(built: Build, tmp_path: Path) -> None:
    """The same inputs give the same graph on every machine."""
    children = [
        run(SEED, Path(__file__).parent, FIXTURES / "project", tmp_path / seed, PYTHONHASHSEED=seed)
        for seed in ("0", "1", "4242")
    ]
    found = {child.communicate(timeout=60)[0].strip() for child in children}
    assert found == {built.receipt["digest"]}


# --- what stops a build ------------------------------------------------------------------------------------------------

BROKEN = [
    ("unknown metric", f"{GAZETTE}/observations.csv", "lantern-marks-valid", "lantern-marks-vald", 1, "row 3, column metric"),
    ("unknown entity", f"{GAZETTE}/facts.csv", "post/amber-patent-bureau-director", "post/none", 1, "row 3, column object"),
    ("value outside", f"{GAZETTE}/observations.csv", "4.5,4.5,4.5", "9.5,4.5,4.5", 1, "row 4, column value"),
    ("offset outside", f"{GAZETTE}/mentions.csv", "1,0,10,Port", "1,9000,9010,Port", 1, "row 2, column start"),
    ("unknown predicate", f"{GAZETTE}/facts.csv", ",holds,", ",hold,", 1, "row 3, column predicate"),
    ("shape of a claim", f"{GAZETTE}/observations.csv", ",unit/percent,", ",,", 1, "row 4: observation/harbour-gazette-p3"),
    ("shape by SPARQL", f"{GAZETTE}/observations.csv", "2024-12-31", "2023-12-31", 1, "row 2: observation/harbour-gazette-p2"),
    ("disjoint classes", "data/registry/entities.ttl", "a gba:Person", "a gba:Person, gba:Post", 1, "entities.ttl, line 32: inconsistent"),
    ("misspelt column", f"{GAZETTE}/facts.csv", "predicate,", "predicat,", 3, "row 1: unknown column `predicat`"),
    ("number of cells", f"{GAZETTE}/mentions.csv", "Port Amber,region/port-amber,stated\nport-amber,2", "Port, Amber,region/port-amber,stated\nport-amber,2", 3, "row 2: 8 cells instead of 7"),
    ("bad date", f"{GAZETTE}/observations.csv", "2024-12-31", "2024-12-32", 3, "row 2, column period_end: `2024-12-32` is not a date"),
    ("bad number", f"{GAZETTE}/observations.csv", ",120,", ",120.0,", 3, "row 2, column lower: `120.0` is not written canonically"),
    ("duplicate key", f"{GAZETTE}/facts.csv", "leads,2", "capital,2", 3, "row 3, column key: `capital` is used twice"),
    ("bad Turtle", "data/registry/entities.ttl", "unit:item\n", "unit:item a\n", 3, "entities.ttl, line"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "file", "old", "new", "code", "expected"), BROKEN, ids=[case[0] for case in BROKEN])
def test_bad_input_is_one_clear_line_and_the_old_build_stays(
    project: Project, cache: str, edit: Edit, name: str, file: str, old: str, new: str, code: int, expected: str
) -> None:
    """File, row and what to do; exit code 1 for what is wrong, 3 for what cannot be read."""
    before = make(project, cache)
    whole = (project.data.parent / file).read_bytes()
    edit(file, old, new)
    with pytest.raises(GbakgError) as caught:
        build.ensure(project, quiet, cache)
    assert caught.value.exit_code == code
    assert isinstance(caught.value, CheckFailed | InputError)
    assert len(caught.value.problems) == 1, caught.value.lines
    (problem,) = caught.value.problems
    assert Path(problem.file).name == Path(file).name
    assert expected in str(problem)
    assert digest(project, cache) == before.receipt["digest"]
    (project.data.parent / file).write_bytes(whole)
    assert build.ensure(project, quiet, cache).path == before.path


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda raw: b"\xef\xbb\xbf" + raw, "row 1: begins with a byte order mark (BOM)"),
        (lambda raw: raw.replace(b"Port", b"P\xf6rt", 1), "line 2: byte 0xf6 at position 20 is not UTF-8"),
    ],
    ids=["BOM", "not UTF-8"],
)
def test_bad_encoding_is_one_clear_line(
    project: Project, cache: str, change: Callable[[bytes], bytes], expected: str
) -> None:
    """File and line, and how to save it instead."""
    path = project.data.parent / GAZETTE / "mentions.csv"
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(InputError) as caught:
        build.build(project, progress=quiet, cache=cache)
    assert caught.value.exit_code == 3
    assert len(caught.value.lines) == 1
    assert f"mentions.csv, {expected}" in caught.value.lines[0]


def test_problems_are_returned_and_not_raised(project: Project, cache: str, edit: Edit) -> None:
    """A failed check is a report."""
    edit(f"{GAZETTE}/observations.csv", ",unit/percent,", ",,")
    outcome = build.build(project, progress=quiet, cache=cache)
    assert outcome.build is None
    assert not outcome.conforms
    assert outcome.report is not None
    assert [result.path for result in outcome.report.violations] == ["gba:unit"]
    assert f"<Outcome: problems {len(outcome.problems)}, warnings {len(outcome.warnings)}>" == repr(outcome)
    assert str(outcome.problems[0]).endswith(
        "observations.csv, row 4: observation/harbour-gazette-p3-lantern-marks-growth gba:unit:"
        " a figure has exactly one unit; name one in the column unit"
    )


def test_a_range_axiom_does_not_hide_a_wrong_cell(project: Project, cache: str, edit: Edit) -> None:
    """What is stated is validated before it is closed: a place that is a person does not become a region."""
    edit(f"{GAZETTE}/observations.csv", "region/port-amber,region/port-amber", "region/port-amber,person/ida-moss")
    outcome = build.build(project, progress=quiet, cache=cache)
    assert [(problem.row, "a place is a region" in problem.message) for problem in outcome.problems] == [(2, True)]


def test_a_row_that_is_already_told_is_not_told_again_by_a_shape(project: Project, cache: str, edit: Edit) -> None:
    """An unknown place is one line, though the shape of places does not like it either."""
    edit(f"{GAZETTE}/observations.csv", "region/port-amber,region/port-amber", "region/port-amber,region/none")
    outcome = build.build(project, progress=quiet, cache=cache)
    assert [problem.column for problem in outcome.problems] == ["place"]


def test_warnings_do_not_stop_a_build(project: Project, cache: str) -> None:
    """They are located, and returned beside the build."""
    outcome = build.build(project, progress=quiet, cache=cache)
    assert outcome.build is not None
    assert [(Path(one.file).name, one.row, one.severity) for one in outcome.warnings] == [
        ("entities.ttl", 41, "warning"),
        ("entities.ttl", 45, "warning"),
    ]


def test_a_broken_query_is_told_and_does_not_stop_a_build(project: Project, cache: str) -> None:
    """The graph does not depend on the questions."""
    (project.queries / "evidence" / "broken.rq").write_text("SELECT", encoding="utf-8")
    outcome = build.build(project, progress=quiet, cache=cache)
    assert outcome.build is not None
    assert any("broken.rq" in str(warning) for warning in outcome.warnings)


def test_an_unknown_engine_is_refused(project: Project, cache: str) -> None:
    """The engines are named."""
    with pytest.raises(BadParameter, match="expected fast or reference, found 'steam'"):
        build.build(project, "steam", quiet, cache)


# --- freshness ---------------------------------------------------------------------------------------------------------


def test_a_fresh_build_is_opened_and_a_stale_one_made_anew(project: Project, cache: str, edit: Edit) -> None:
    """One line says why."""
    told: list[str] = []
    first = build.ensure(project, told.append, cache)
    assert told[0] == "first use: building the graph"
    told.clear()
    assert build.ensure(project, told.append, cache).path == first.path
    assert told == []
    edit("data/registry/entities.ttl", '"item"@en', '"thing"@en')
    second = build.ensure(project, told.append, cache)
    assert told[0] == "data/registry/entities.ttl changed: building the graph"
    assert second.receipt["digest"] != first.receipt["digest"]


def test_a_damaged_build_is_made_anew(project: Project, cache: str) -> None:
    """A store that misses a file is not asked, and one line says so."""
    first = make(project, cache)
    (first.path / "store" / "CURRENT").unlink()
    told: list[str] = []
    second = build.ensure(project, told.append, cache)
    assert told[0].startswith(
        "the cached build is damaged (store/CURRENT: No such file or directory): building the graph"
    )
    assert digest(project, cache) == second.receipt["digest"] == first.receipt["digest"]


def test_a_deleted_document_takes_with_it_what_it_said(project: Project, cache: str) -> None:
    """Delete the folder and everything that it said is gone."""
    make(project, cache).close()
    shutil.rmtree(project.data.parent / GAZETTE)
    after = build.ensure(project, quiet, cache)
    assert after.receipt["counts"]["documents"] == 0
    for pattern in ("?claim a gba:Claim", "region:port-amber gba:within ?o", "?s gba:inDocument ?o"):
        assert ask(after, pattern) is False


def test_a_comment_changes_the_inputs_and_not_the_digest(project: Project, cache: str, edit: Edit) -> None:
    """The digest is of the graph, not of its spelling."""
    before = make(project, cache).receipt
    edit("data/registry/entities.ttl", "# Entities that do not exist, for tests.", "# Another comment.")
    after = build.ensure(project, quiet, cache).receipt
    assert after["digest"] == before["digest"]
    assert after["inputs"] != before["inputs"]


# --- two at once, and killed -------------------------------------------------------------------------------------------


def test_of_two_builds_at_once_the_second_says_so(project: Project, cache: str) -> None:
    """`gbakg build` does not wait in silence."""
    with locked(home(project, cache)), pytest.raises(BuildLocked, match="another build of this project is running"):
        build.build(project, progress=quiet, cache=cache)


ENSURE = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from conftest import at
from gbakg import build
print(build.ensure(at(Path(sys.argv[2])), cache=sys.argv[3]).path)
"""


def test_of_several_first_queries_at_once_one_builds_and_the_others_take_it(project: Project, cache: str) -> None:
    """All get the same build, made once; they are held up until each of them waits, however busy the machine is."""
    with locked(home(project, cache)):
        children = [run(ENSURE, Path(__file__).parent, project.data.parent, cache) for _ in range(3)]
        waiting = [child.stderr.readline() if child.stderr else "" for child in children]
    answers = [child.communicate(timeout=120) for child in children]
    assert [child.returncode for child in children] == [0, 0, 0]
    assert all("waiting for another build" in line for line in waiting)
    assert len({out for out, _ in answers}) == 1
    assert sum("first use: building" in err for _, err in answers) == 1


KILL = """
import os, signal, sys
from importlib import import_module
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from conftest import at, quiet
from gbakg import build
module, _, name = sys.argv[4].partition(":")
target = import_module(module)
*path, last = name.split(".")
for part in path:
    target = getattr(target, part)
setattr(target, last, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
build.build(at(Path(sys.argv[2])), progress=quiet, cache=sys.argv[3])
"""


@pytest.mark.parametrize(
    "stage",
    [
        "gbakg.populate:populate",
        "gbakg.shapes:Plan.run",
        "gbakg.closing:Closing.entailed",
        "gbakg.query:compiled",
        "gbakg.draft:publish",
    ],
)
def test_a_build_killed_in_any_step_of_the_pipeline_leaves_the_old_one(
    project: Project, cache: str, edit: Edit, stage: str
) -> None:
    """The stages of the store itself are in test_store.py."""
    before = make(project, cache)
    before.close()
    edit("data/registry/entities.ttl", '"item"@en', '"thing"@en')
    child = run(KILL, Path(__file__).parent, project.data.parent, cache, stage)
    assert child.communicate(timeout=60)[1] == ""
    assert child.returncode == -signal.SIGKILL
    assert digest(project, cache) == before.receipt["digest"]
    assert build.ensure(project, quiet, cache).receipt["digest"] != before.receipt["digest"]


# --- checking without storing ------------------------------------------------------------------------------------------


def test_a_check_stores_nothing(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It does what a build does, up to the store."""
    monkeypatch.setenv("GBAKG_CACHE", str(tmp_path / "cache"))
    outcome = build.check(project, progress=quiet)
    assert outcome.conforms
    assert outcome.build is None
    assert len(outcome.warnings) == 2
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("part", ["", "documents/harbour-gazette", "documents/harbour-gazette/observations.csv"])
def test_a_users_own_data_are_checked_with_the_projects_ontology(project: Project, edit: Edit, part: str) -> None:
    """A folder like data/, a document, or one table, wherever it lies."""
    mine = project.data.rename(project.data.parent / "mine")
    theirs = at(FIXTURES / "project")
    assert build.check(theirs, [mine / part], progress=quiet).conforms
    edit("mine/documents/harbour-gazette/observations.csv", ",unit/percent,", ",unit/parsec,")
    outcome = build.check(theirs, [mine / part], progress=quiet)
    assert [(problem.row, problem.column) for problem in outcome.problems] == [(4, "unit")]


# --- the real data -----------------------------------------------------------------------------------------------------

MEMORY = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from conftest import at, quiet
from gbakg import build
outcome = build.build(at(Path(sys.argv[2])), progress=quiet, cache=sys.argv[3])
print(*map(str, outcome.problems), sep="\\n", end="")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.slow
def test_the_project_builds_in_less_than_400_megabytes(tmp_path: Path) -> None:
    """The real ontology and data hold, and their build is modest."""
    child = run(MEMORY, Path(__file__).parent, ROOT, tmp_path)
    out, err = child.communicate(timeout=600)
    assert (child.returncode, err) == (0, "")
    assert int(out) < 400
