"""The command line."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import gbakg
from conftest import FIXTURES, ROOT, at, quiet
from gbakg import build, store, tabulate
from gbakg.cli import COMMANDS, answers, main
from gbakg.version import __version__

TEXT = FIXTURES / "harbour-gazette.txt"

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a project with the contract queries, built once."""
    folder = tmp_path_factory.mktemp("cli")
    shutil.copytree(FIXTURES / "project", folder / "project")
    shutil.copytree(ROOT / "queries" / "claims", folder / "project" / "queries" / "claims")
    (folder / "project" / "queries" / "test").mkdir()
    (folder / "project" / "queries" / "test" / "which-figures.rq").write_text(
        "#+ summary: Which figures are about a region?\n#+ tags: [test]\n#+ params:\n"
        "#+   region: {type: iri, class: gba:Region, required: true, example: region/port-amber}\n"
        "#+   lang: {type: lang, default: en}\n#+ limit: {default: 2, max: 10}\n"
        "PREFIX gba: <https://w3id.org/gbakg/ontology#>\nPREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>\n"
        "SELECT ?figure ?label ?observation WHERE {\n    ?observation gba:about $region ; gba:figure ?figure .\n"
        "    OPTIONAL { $region rdfs:label ?label FILTER(LANG(?label) = $lang) }\n} ORDER BY ?observation\n",
        encoding="utf-8",
    )
    build.ensure(at(folder / "project"), quiet, str(folder / "cache")).close()
    return folder


@pytest.fixture
def run(home: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return what runs a command and gives its exit code, stdout and stderr."""
    monkeypatch.setenv("GBAKG_HOME", str(home / "project"))
    monkeypatch.setenv("GBAKG_CACHE", str(home / "cache"))

    def act(*words: str) -> tuple[int, str, str]:
        capfdbinary.readouterr()
        code = main(words)
        out, err = capfdbinary.readouterr()
        return code, out.decode(), err.decode()

    return act


def test_greets(run: Run) -> None:
    """Plain gbakg says in about ten lines what there is, and three commands that work."""
    code, out, _ = run()
    assert 0 == code
    assert len(out.splitlines()) <= 10
    assert "1 document in" in out
    assert "3 figures, 5 statements, 4 names" in out
    assert 3 == sum(line.removeprefix("try").lstrip().startswith("gbakg ") for line in out.splitlines())


def test_version(run: Run) -> None:
    """The version is printed and nothing else."""
    assert (0, f"gbakg {__version__}\n", "") == run("--version")


@pytest.mark.parametrize(
    "words",
    [
        [],
        *[[name] for name in COMMANDS],
        ["query", "list"],
        ["query", "show"],
        ["query", "run"],
        ["document", "verify"],
        ["document", "coverage"],
    ],
)
def test_help(run: Run, words: list[str]) -> None:
    """Every command has a help with examples."""
    code, out, err = run(*words, "--help")
    assert (0, "") == (code, err)
    assert "examples:\n  gbakg" in out


def test_the_formats_of_rows_are_those_that_can_be_written() -> None:
    """The command line lists them without importing what writes them."""
    assert tabulate.FORMATS == answers.ROWS


def test_query_list(run: Run) -> None:
    """The list reads like a table of contents, whole or by topic."""
    code, out, _ = run("query", "list")
    assert 0 == code
    assert ["claims", "evidence", "test"] == [line for line in out.splitlines() if line and " " not in line]
    assert "which-figures " in out
    assert "Which figures are about a region? [region lang?]" in out
    code, out, _ = run("query", "list", "test", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert ["which-figures"] == [row["name"] for row in rows]


def test_query_show(run: Run) -> None:
    """One question is shown with its parameters, a command that answers it, and its SPARQL."""
    code, out, _ = run("query", "show", "which-figures")
    assert 0 == code
    assert "-p      region (iri gba:Region, required, such as region/port-amber)" in out
    assert "\ngbakg query run which-figures -p region=region/port-amber\n" in out
    assert "SELECT ?figure" in out
    assert "#+" not in out


def test_query_run(run: Run) -> None:
    """An answer is a table, cut at the default limit, which stderr says."""
    code, out, err = run("query", "run", "which-figures", "-p", "region=Port Amber")
    assert 0 == code
    assert ["figure", "label", "observation"] == out.splitlines()[0].split()
    assert ["more than 120", "nearly 7,000"] == [line[:13].strip() for line in out.splitlines()[2:]]
    assert "only the first 2 rows" in err
    code, out, err = run("query", "run", "which-figures", "-p", "region=region/port-amber", "--limit", "0")
    assert (0, 5, "") == (code, len(out.splitlines()), err)


def test_query_run_with_citations(run: Run) -> None:
    """Each row has the numbers of its notes, which stand below."""
    code, out, _ = run("query", "run", "which-figures", "-p", "region=region/port-amber", "--limit", "1", "--cite")
    assert 0 == code
    lines = out.splitlines()
    assert lines[2].endswith("[1]")
    assert lines[4].startswith("[1] “more than 120”: Port Amber leads the Coral Coast, bureau says. Harbour Gazette,")


def test_query_run_on_rdflib(run: Run) -> None:
    """The reference engine gives the same answer."""
    words = ("query", "run", "observations", "--format", "csv")
    assert run(*words)[1] == run(*words, "--engine", "rdflib")[1]


def test_no_rows(run: Run) -> None:
    """An unknown is an empty answer, and no error."""
    code, out, err = run("sparql", "SELECT ?x { ?x a gba:About }")
    assert (0, ["x", "-"]) == (code, out.split())
    assert "no rows: the documents do not say" in err
    code, out, err = run("sparql", "SELECT ?x { ?x a gba:About }", "--format", "json")
    assert (0, [], "") == (code, json.loads(out)["results"]["bindings"], err)


@pytest.mark.parametrize("options", [(), ("--format", "csv"), ("--cite",)])
def test_no_rows_because_of_a_misspelt_term(run: Run, options: tuple[str, ...]) -> None:
    """What the graph does not have is named: the documents are not said to be silent."""
    code, out, err = run("sparql", "SELECT ?x { ?x gba:metrc ?y }", *options)
    assert (0, "x") == (code, out.split()[0])
    assert "no rows: gba:metrc is not in the graph; did you mean gba:metric?" in err
    assert "the documents do not say" not in err
    code, out, err = run("sparql", "ASK { ?x gba:metrc ?y }")
    assert (0, "false\n") == (code, out)
    assert "false: gba:metrc is not in the graph; did you mean gba:metric?" in err


def test_the_language_setting(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """GBAKG_LANG stands in for a language that is not given."""
    monkeypatch.setenv("GBAKG_LANG", "pt")
    code, out, _ = run("query", "run", "which-figures", "-p", "region=region/port-amber", "--format", "jsonl")
    assert 0 == code
    assert {None} == {json.loads(line)["label"] for line in out.splitlines()}


def test_sparql(run: Run, tmp_path: Path) -> None:
    """A query may be given itself, or as a file; triples are Turtle."""
    code, out, _ = run("sparql", "ASK { person:ida-moss a gba:Person }")
    assert (0, "true\n") == (code, out)
    path = tmp_path / "q.rq"
    path.write_text("CONSTRUCT WHERE { person:ida-moss a gba:Person }", encoding="utf-8")
    code, out, _ = run("sparql", str(path))
    assert (0, True) == (code, out.endswith("person:ida-moss a gba:Person .\n"))


def test_find_and_cite(run: Run) -> None:
    """Names are found, claims cited, and what is not there is said on stderr."""
    code, out, _ = run("find", "patent", "bureau", "--limit", "1")
    assert (0, "institution/amber-patent-bureau") == (code, out.splitlines()[2].split()[0])
    code, out, err = run("find", "zzz")
    assert (0, "") == (code, out)
    assert "nothing in the graph is named 'zzz'" in err
    code, out, _ = run("cite", "person/ida-moss")
    assert (0, 6) == (code, len(out.splitlines()))
    code, out, _ = run("cite", "Ida Moss", "--format", "csl")
    assert ["harbour-gazette"] == [item["id"] for item in json.loads(out)]


def test_cite_the_first(run: Run) -> None:
    """The first citations are the beginning of all, and a line on stderr says how many there are."""
    code, out, err = run("cite", "document/harbour-gazette", "--limit", "0")
    assert (0, 24, "") == (code, len(out.splitlines()), err)
    code, first, err = run("cite", "document/harbour-gazette", "--limit", "5")
    assert (0, out.splitlines()[:10]) == (code, first.splitlines())
    assert "only the first 5 of 12 claims; --limit N gives more, --limit 0 all" in err
    code, same, err = run("cite", "document/harbour-gazette", "--limit", "12")
    assert (0, out, "") == (code, same, err)


def test_export(run: Run, tmp_path: Path) -> None:
    """The file's ending chooses the format; `-` is stdout."""
    path = tmp_path / "figures.csv"
    assert (0, "", "") == run("export", str(path))
    assert 5 == len(path.read_text(encoding="utf-8").splitlines())
    code, out, _ = run("export", "-", "--format", "ttl", "--document", "harbour-gazette", "--stated-only")
    assert (0, True) == (code, out.startswith("@prefix document: "))
    code, out, _ = run("export", "-", "--format", "csv", "--query", "which-figures", "-p", "region=Port Amber")
    assert (0, 4) == (code, len(out.splitlines()))


def test_verify_and_coverage(run: Run, tmp_path: Path) -> None:
    """Files are checked one by one, a folder means its files, and the exit code is the worst."""
    assert 0 == run("document", "verify", str(TEXT))[0]
    (tmp_path / "a").mkdir()
    damaged = tmp_path / "a" / TEXT.name
    damaged.write_text(TEXT.read_text(encoding="utf-8").replace("bureau", "office", 1), encoding="utf-8")
    code, out, _ = run("document", "verify", str(damaged.parent), str(TEXT))
    assert 1 == code
    assert "paragraph 1 is the first that differs" in out
    code, out, err = run("document", "verify", str(tmp_path / "none"), str(damaged))
    assert 3 == code
    assert "cannot be read" in err
    code, out, _ = run("document", "coverage", str(TEXT))
    assert 1 == code
    assert out.splitlines()[-1].endswith("4 uncovered")


def test_build_and_check(run: Run, home: Path, tmp_path: Path) -> None:
    """A fresh build is told; a table with a wrong row is a failed check, with its file and row."""
    run("find", "x")
    code, out, _ = run("build")
    assert (0, True) == (code, out.startswith("up to date: "))
    code, out, _ = run("check")
    assert (0, True) == (code, out.splitlines()[-1].startswith("0 problems"))
    folder = shutil.copytree(home / "project" / "data" / "documents" / "harbour-gazette", tmp_path / "harbour-gazette")
    table = folder / "observations.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("unit/item", "unit/itm", 1), encoding="utf-8")
    code, out, _ = run("check", str(folder))
    assert 1 == code
    assert "row 2" in out
    assert "unit/itm" in out
    table.write_text(table.read_text(encoding="utf-8").replace("metric,about", "metrik,about"), encoding="utf-8")
    code, _, err = run("check", str(folder))
    assert 3 == code
    assert "did you mean `metric`" in err


@pytest.mark.parametrize(("words", "says"), [(["find", "Amber"], "is damaged"), (["build"], "cannot be used")])
def test_a_damaged_build_is_made_anew(run: Run, home: Path, words: list[str], says: str) -> None:
    """No command stops at a build whose files are gone, and `gbakg build` does not take it for up to date."""
    run("find", "x")
    (current,) = (home / "cache").rglob("store/CURRENT")
    current.unlink()
    code, out, err = run(*words)
    assert (0, True) == (code, says in err)
    assert out
    assert run("build")[1].startswith("up to date: ")


def test_a_build_of_other_code_is_not_up_to_date(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who changes gbakg itself sees what the change does; a question waits for no such build."""
    run("build")
    before = run("find", "Amber")
    monkeypatch.setattr(store, "code", lambda: "other")
    assert before == run("find", "Amber")
    assert run("build")[1].startswith("built: ")


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["qury", "list"], 2, "did you mean `gbakg query`"),
        (["query"], 2, "required: ACTION"),
        (["query", "rnu"], 2, "did you mean `gbakg query run`"),
        (["query", "run"], 2, "required: NAME"),
        (["query", "run", "observation"], 2, "did you mean observations"),
        (["query", "list", "zzz"], 2, "`gbakg query list` lists them"),
        (["query", "run", "which-figures"], 2, "parameter region: expected a value"),
        (["query", "run", "which-figures", "-p", "regin=x"], 2, "did you mean region"),
        (["query", "run", "which-figures", "-p", "region"], 2, "expected name=value"),
        (["query", "run", "which-figures", "-p", "region=Port Ambr"], 2, "did you mean region/port-amber"),
        (["query", "run", "which-figures", "-p", "region=x> } ; DROP"], 2, "expected a gba:Region"),
        (["query", "run", "which-figures", "-p", "region=http://e/> ?p ?o . <x"], 2, "expected a gba:Region"),
        (["query", "run", "which-figures", "-p", "region=Port Amber", "-p", "lang=!"], 2, "a language tag"),
        (["query", "run", "observations", "--format", "pdf"], 2, "invalid choice"),
        (["query", "run", "observations", "--limit", "x"], 2, "whole number"),
        (["find", "x", "--limit", "-1"], 2, "whole number"),
        (["query", "run", "observations", "--cite", "--format", "csv"], 2, "parameter cite"),
        (["sparql", "DROP ALL"], 2, "DROP is not allowed"),
        (["sparql", "SELECT * {"], 2, "not valid SPARQL"),
        (["sparql", "none.rq"], 3, "cannot be read"),
        (["sparql", ""], 2, "a query in quotes"),
        (["sparql", "/dev/zero"], 3, "is longer than"),
        (["document", "verify", ""], 3, "names no file"),
        (["export", "", "--format", "ttl"], 3, "cannot be written"),
        (["sparql", "ASK {}", "--timeout", "0"], 2, "seconds above 0"),
        (["cite", "fact/harbour-gazette-p1-slogans"], 2, "did you mean fact/harbour-gazette-p1-slogan"),
        (["cite", "Ida Mosss"], 2, "did you mean person/ida-moss"),
        (["export", "a.pdf"], 2, "parameter format"),
        (["export", "-", "--format", "ttl", "--document", "harbor-gazette"], 2, "did you mean harbour-gazette"),
        (["export", "-", "--format", "ttl", "--query", "facts"], 2, "parameter format: expected csv"),
        (["export", "-", "--format", "csv", "--stated-only"], 2, "parameter stated-only"),
        (["export", "/no/such/folder/a.ttl"], 3, "cannot be written"),
        (["build", "--engine", "warp"], 2, "parameter engine"),
        (["check", "--engine", "warp"], 2, "parameter engine"),
        (["check", "none"], 3, "none"),
        (["--home", "/no/such/folder", "query", "list"], 2, "/no/such/folder"),
        (["--colour"], 2, "unrecognized arguments"),
    ],
)
def test_mistakes(run: Run, words: list[str], code: int, says: str) -> None:
    """Every mistake has its exit code and lines on stderr that say what to do, never a traceback."""
    run("find", "x")
    found, out, err = run(*words)
    assert (code, "") == (found, out)
    assert re.search(says, err), err
    assert "Traceback" not in err
    assert all(line.startswith("gbakg: ") for line in err.splitlines())


def test_debug_shows_the_traceback(run: Run) -> None:
    """With --debug an error is raised as it is."""
    from gbakg.errors import UnknownQuery

    with pytest.raises(UnknownQuery):
        run("--debug", "query", "run", "nothing-of-the-kind")


def test_an_unexpected_error_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody foresaw is told in one line too."""
    from gbakg import find

    def fail(*_: object) -> None:
        raise ZeroDivisionError("no\nway")

    monkeypatch.setattr(find, "find", fail)
    code, out, err = run("find", "x")
    assert (1, "", "gbakg: internal error: ZeroDivisionError: no way; --debug shows where\n") == (code, out, err)


def test_interrupted(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends with 130."""
    from gbakg import find

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(find, "find", stop)
    assert (130, "", "gbakg: interrupted\n") == run("find", "x")


def environment(home: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(Path(gbakg.__path__[0]).parent),
        "GBAKG_HOME": str(home / "project"),
        "GBAKG_CACHE": str(home / "cache"),
    }


def test_a_broken_pipe_is_no_error(run: Run, home: Path) -> None:
    """Whoever reads only the first line gets it, and nobody complains."""
    run("find", "x")
    script = 'import sys; sys.argv[0] = "gbakg"; from gbakg.cli import main; sys.exit(main())'
    made = subprocess.Popen(
        [sys.executable, "-c", script, "export", "-", "--format", "nt"],
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert made.stdout is not None and made.stderr is not None
    made.stdout.readline()
    made.stdout.close()
    assert b"" == made.stderr.read()
    made.stderr.close()
    assert made.wait() in (0, 1)


@pytest.mark.parametrize(
    ("words", "needed"),
    [
        (["query", "run", "mentions", "--limit", "1"], set()),
        (["query", "run", "mentions", "--limit", "1", "--format", "csv"], {"csv"}),
        (["find", "x"], {"unicodedata"}),
        (["cite", "region/port-amber"], {"unicodedata"}),
        ([], set()),
    ],
)
def test_a_cold_start_imports_little(run: Run, home: Path, words: list[str], needed: set[str]) -> None:
    """What reads the graph does so without the libraries that are slow to import, unless it needs one."""
    run("find", "x")
    slow = {"rdflib", "owlrl", "pyshacl", "yaml", "rich", "requests", "dataclasses", "gbakg.tokens", "gbakg.build"}
    slow |= {"typing", "decimal", "csv", "unicodedata", "encodings.ascii"}
    script = (
        "import sys; from gbakg.cli import main\n"
        f"code = main({words!r})\n"
        f"print(code, sorted({slow!r} & set(sys.modules)), file=sys.stderr)"
    )
    found = subprocess.run(
        [sys.executable, "-c", script], env=environment(home), capture_output=True, text=True, check=True
    )
    assert f"0 {sorted(needed)}" == found.stderr.splitlines()[-1]


def test_python_m(run: Run, home: Path) -> None:
    """`python -m gbakg` is the same command."""
    found = subprocess.run(
        [sys.executable, "-m", "gbakg", "--version"], env=environment(home), capture_output=True, text=True, check=True
    )
    assert f"gbakg {__version__}\n" == found.stdout


def test_the_engines_can_be_compared(run: Run) -> None:
    """What they found is counted; where they differ, it is told, and the command fails."""
    code, out, _ = run("check", "--engine", "both")
    assert code == 0
    assert re.fullmatch(r"[\d,]+ entailments, 2 results of the validation; 0 differences between the engines\n", out)


def test_a_difference_that_is_known_is_named(run: Run, home: Path) -> None:
    """By its kind, whose it is and why; it is no failure of a check."""
    odd = home / "project" / "ontology" / "odd.ttl"
    axiom = "<https://w3id.org/gbakg/ontology#value> <http://www.w3.org/2000/01/rdf-schema#range> <{}integer> .\n"
    odd.write_text(axiom.format("http://www.w3.org/2001/XMLSchema#"), encoding="utf-8")
    try:
        code, out, _ = run("check", "--engine", "both")
    finally:
        odd.unlink()
    first, last = out.splitlines()
    assert "1 known difference: dt-not-type, owlrl: compares the spaces of datatypes, not values: 12.5 passes" in first
    assert last.endswith("; 1 difference between the engines, 1 of them known")
    assert code == 0


def test_one_is_said_in_the_singular(run: Run, home: Path) -> None:
    """A list of one question, a page of one row; an empty default is seen as one."""
    path = home / "project" / "queries" / "one" / "single-question.rq"
    path.parent.mkdir()
    path.write_text(
        '#+ summary: Which?\n#+ tags: [test]\n#+ params:\n#+   text: {type: string, default: ""}\n#+ limit: {max: 9}\n'
        "SELECT ?s WHERE { ?s ?p ?o FILTER(CONTAINS(STR(?o), $text)) } ORDER BY ?s ?p ?o\n",
        encoding="utf-8",
    )
    try:
        assert "\n1 question; `gbakg query show" in run("query", "list", "one")[1]
        assert '(string, default "")' in run("query", "show", "single-question")[1]
        assert "only the first row; --limit N" in run("query", "run", "single-question", "--limit", "1")[2]
    finally:
        shutil.rmtree(path.parent)
