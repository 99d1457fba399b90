"""What a curator is told about a saved query before others count on it."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest

from conftest import ROOT
from gbakg import query, sparql
from gbakg.cli import main
from gbakg.rehearse import Rehearsal, rehearse
from gbakg.store import Build
from serving import Handler, serving

GOOD = """#+ summary: Which figures are about a region?
#+ tags: [test]
#+ params:
#+   region: {type: iri, class: gba:Region, required: true, example: region/shenzhen}
#+   metric: {type: iri, class: gba:Metric, default: metric/rd-expenditure}
#+   lang: {type: lang, default: en}
#+ limit: {default: 10, max: 100}
PREFIX gba: <https://w3id.org/gbakg/ontology#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?about_label ?figure ?document ?paragraph ?observation WHERE {
    ?observation gba:about $region ; gba:metric ?metric ; gba:figure ?figure ; gba:statedIn ?passage .
    ?passage gba:inDocument/gba:fileName ?document ; gba:number ?paragraph .
    OPTIONAL { $region rdfs:label ?about_label FILTER(LANG(?about_label) = $lang) }
    FILTER(?metric = $metric || true)
} ORDER BY ?document ?paragraph ?observation
""".replace("?metric ", "?counted ").replace("(?metric =", "(?counted =")


def rehearsed(real: Build, folder: Path, text: str, timeout: float = 60.0) -> Rehearsal:
    """Write a query and rehearse it on the real graph."""
    path = folder / "topic" / "which-figures.rq"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    with real.open() as engine:
        return rehearse(path, engine, partial(sparql.run, real, timeout=timeout))


def test_every_saved_query_is_clean(real: Build) -> None:
    """What ships keeps all the rules, and answers its examples."""
    paths = query.files(ROOT / "queries")
    with real.open() as engine:
        found = [rehearse(path, engine, partial(sparql.run, real), paths) for path in paths]
    assert len(found) > 70
    told = [one for each in found for one in each.findings if one.rule != "time"]  # a busy machine is slow
    assert [] == [str(one) for one in told]
    assert [] == [one.file for one in found if one.rows is None]


def test_a_good_query_has_no_finding(real: Build, tmp_path: Path) -> None:
    """Its rows are counted."""
    found = rehearsed(real, tmp_path, GOOD)
    assert [] == [str(one) for one in found.findings]
    assert found.rows and not found.failed


@pytest.mark.parametrize(
    ("old", "new", "rule", "line", "severity"),
    [
        ("class: gba:Region", "class: gba:Regoin", "terms", 4, "error"),
        ("example: region/shenzhen", "example: region/shenzen", "examples", 4, "error"),
        ("example: region/shenzhen", "example: metric/rd-expenditure", "examples", 4, "error"),
        ("example: region/shenzhen", "example: region/japan", "examples", 1, "warning"),
        ("default: metric/rd-expenditure", "default: metric/nothing", "examples", 5, "error"),
        ("gba:figure ?figure", "gba:figrue ?figure", "terms", 11, "error"),
        ("ORDER BY ?document ?paragraph ?observation", "ORDER BY ?document", "order", 15, "error"),
        ("?document ?paragraph ?observation WHERE", "?observation WHERE", "cite", 1, "warning"),
        ("#+ limit: {default: 10, max: 100}\n", "", "limit", 1, "warning"),
        ("#+ tags: [test]", "#+ tag: [test]", "header", 1, "error"),
        ("gba:figure ?figure", "gba:figure ?figure ? .", "syntax", 11, "error"),
        ("gba:figure ?figure", "gba:figure ?figure . SERVICE <http://e/> { ?x ?y ?z }", "syntax", 1, "error"),
    ],
)
def test_what_is_found(real: Build, tmp_path: Path, old: str, new: str, rule: str, line: int, severity: str) -> None:
    """Each finding has its rule, its line, and tells an error from a warning."""
    assert 1 == GOOD.count(old)
    found = rehearsed(real, tmp_path, GOOD.replace(old, new))
    assert (rule, line, severity) in {(one.rule, one.line, one.severity) for one in found.findings}, found
    assert any(one.severity == "error" for one in found.findings) == found.failed


def test_rows_without_a_label(real: Build, tmp_path: Path) -> None:
    """An entity alone is not readable."""
    text = (
        "#+ summary: Which?\n#+ tags: [test]\n#+ limit: {default: 5}\nPREFIX gba: <https://w3id.org/gbakg/ontology#>\n"
    )
    found = rehearsed(real, tmp_path, text + "SELECT ?city WHERE { ?city a gba:City } ORDER BY ?city")
    assert ["labels"] == [one.rule for one in found.findings]


def test_what_does_not_end_is_stopped(real: Build, tmp_path: Path) -> None:
    """A query without an end is an error after its time, and not a command that hangs."""
    text = "#+ summary: Which?\n#+ tags: [test]\n#+ limit: {default: 5}\n"
    endless = "SELECT ?a ?b ?c { ?a ?p ?x . ?b ?q ?y . ?c ?r ?z FILTER(?x + ?y < ?z - ?x) } ORDER BY ?a ?b ?c"
    found = rehearsed(real, tmp_path, text + endless, 1.0)
    assert ["time"] == [one.rule for one in found.findings]
    assert found.failed and found.rows is None


def test_two_files_of_one_name(real: Build, tmp_path: Path) -> None:
    """Each of them names the other."""
    paths = [tmp_path / topic / "which-figures.rq" for topic in ("one", "two")]
    for path in paths:
        path.parent.mkdir()
        path.write_text(GOOD, encoding="utf-8")
    with real.open() as engine:
        found = rehearse(paths[0], engine, partial(sparql.run, real), paths)
    assert ["names"] == [one.rule for one in found.findings]
    assert str(paths[1]) in found.findings[0].message


def test_the_command(real: Build, real_cache: str, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """Names and files are taken; errors are exit code 1, what is not there is 2 or 3; JSON has the same."""
    at = ["--home", str(ROOT), "--cache", real_cache]
    bad = tmp_path / "topic" / "bad-question.rq"
    bad.parent.mkdir()
    bad.write_text(GOOD.replace("gba:figure ?figure", "gba:figrue ?figure"), encoding="utf-8")
    assert 0 == main(["query", "check", "list-funds", "queries/programmes/list-funds.rq", *at])
    assert 1 == main(["query", "check", str(bad), *at])
    assert f"{bad}:11: error: gba:figrue is not in the graph; did you mean gba:figure? [terms]" in (
        capfdbinary.readouterr().out.decode()
    )
    assert 1 == main(["query", "check", str(bad), "list-funds", "--format", "json", *at])
    told = json.loads(capfdbinary.readouterr().out)
    assert ("terms", 11, "error") in [(one["rule"], one["line"], one["severity"]) for one in told[0]["findings"]]
    assert (3, []) == (told[1]["rows"], told[1]["findings"])
    assert 2 == main(["query", "check", "list-fund", *at])
    assert 3 == main(["query", "check", "nowhere.rq", *at])


def test_a_store_that_does_not_answer_one_question(
    real: Build,
    real_cache: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    """It is an error of that question, and the others are told; a store that answers none ends the command."""
    slow, refused = (tmp_path / "test" / f"which-{name}.rq" for name in ("slow", "refused"))
    slow.parent.mkdir()
    for path, variable in ((slow, "?slow"), (refused, "?refused")):
        path.write_text(GOOD.replace("?counted", variable), encoding="utf-8")

    def picky(handler: Handler, form: dict[str, list[str]], rest: str = "") -> None:
        asked = form["query"][0] if "query" in form else ""
        if "?slow" in asked or rest == "never":
            handler.on_silent(form, rest)
        elif "?refused" in asked:
            handler.send(500, "text/plain", b"the estimated execution time exceeds the limit")
        else:
            handler.on_sparql(form)

    monkeypatch.setattr(Handler, "on_picky", picky, raising=False)
    at = ["--timeout", "1", "--home", str(ROOT), "--cache", real_cache]
    with real.open() as engine, serving(engine.store) as server:
        asked = ["query", "check", str(slow), str(refused), "list-funds"]
        assert 1 == main([*asked, "--endpoint", f"{server.url}/picky", *at])
        told = capfdbinary.readouterr().out.decode()
        assert f"{slow}:1: error: " in told and "had not answered in full after 1 s" in told
        assert f"{refused}:1: error: " in told and "the estimated execution time exceeds the limit" in told
        assert "3 questions: 2 errors, 0 warnings" in told
        assert 4 == main([*asked, "--endpoint", f"{server.url}/picky/never", *at])
