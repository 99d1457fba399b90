"""Saved queries."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from gbakg import header, query
from gbakg.errors import BadParameter, ForbiddenQuery, HeaderError, QuerySyntaxError, UnknownQuery, UsageError
from gbakg.header import Limit
from gbakg.result import Result
from gbakg.store import Build

ROOT = Path(__file__).parent.parent
CONTRACTS = {
    "observations": (
        "observation document paragraph figure start end metric metric_label about about_label place place_label value "
        "lower upper resolution bound unit unit_label temporality period_start period_end period_basis denominator "
        "stated_by stated_by_label according_to status"
    ),
    "facts": (
        "fact document paragraph figure start end subject subject_label predicate object object_label period_start "
        "period_end stated_by status"
    ),
    "mentions": "mention document paragraph start end surface entity entity_label basis",
}
CLAIMS = """#+ summary: Which claims name a region?
#+ tags: [test]
#+ params:
#+   region: {type: iri, class: gba:Region, required: true, example: region/port-amber}
#+   from: {type: integer}
#+ limit: {default: 2, max: 3}
PREFIX gba: <https://w3id.org/gbakg/ontology#>
SELECT ?claim WHERE {
    ?claim gba:about|gba:subject|gba:refersTo $region ; gba:start ?start .
    VALUES ?least { $from }
    FILTER(!BOUND(?least) || ?start >= ?least)
} ORDER BY ?claim
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "claims-of.rq").write_text(CLAIMS, encoding="utf-8")
    return tmp_path


def names(result: object) -> list[str]:
    assert isinstance(result, Result)
    return [str(row["claim"]).rpartition("/")[2] for row in result]


@pytest.mark.parametrize("name", CONTRACTS)
def test_contract_columns(built: Build, name: str) -> None:
    """The three contracts have exactly their columns in their order, and no limit."""
    saved = query.catalog(ROOT / "queries").get(name)
    assert Limit() == saved.header.limit
    with built.open() as engine:
        found = saved.run(engine)
        assert isinstance(found, Result)
        assert tuple(CONTRACTS[name].split()) == found.columns


def test_observations_of_the_fixture(built: Build) -> None:
    """An observation is given with its evidence; one about two entities has two rows."""
    with built.open() as engine:
        found = query.catalog(ROOT / "queries").get("observations").run(engine)
        assert isinstance(found, Result)
        rows = list(found)
    assert ["more than 120", "nearly 7,000", "nearly 7,000", "4.5%"] == [row["figure"] for row in rows]
    assert {"harbour-gazette.txt"} == {row["document"] for row in rows}
    first = rows[0]
    assert (2, 98, 111, None, 120, None) == tuple(
        first[name] for name in ("paragraph", "start", "end", "value", "lower", "upper")
    )
    assert ("MoreThan", "flow", "stated", "reported") == tuple(
        first[name] for name in ("bound", "temporality", "period_basis", "status")
    )
    assert "Ida Moss" == first["stated_by_label"]
    assert ["Coral Province", "Port Amber"] == sorted(str(row["about_label"]) for row in rows[1:3])


def test_facts_of_the_fixture(built: Build) -> None:
    """The literal stands where the label of an object would."""
    with built.open() as engine:
        found = query.catalog(ROOT / "queries").get("facts").run(engine)
        assert isinstance(found, Result)
        rows = {str(row["fact"]).rpartition("/")[2]: row for row in found}
    assert 5 == len(rows)
    assert "Coral Province" == rows["harbour-gazette-p2-capital"]["object_label"]
    founded = rows["harbour-gazette-p4-founded"]
    assert (None, "1999") == (founded["object"], founded["object_label"])
    assert "planned" == rows["harbour-gazette-p4-second-hall"]["status"]


def test_mentions_of_the_fixture(built: Build) -> None:
    """Each occurrence of a name is a row, in the order of the text."""
    with built.open() as engine:
        found = query.catalog(ROOT / "queries").get("mentions").run(engine)
        assert isinstance(found, Result)
        rows = list(found)
    assert ["Port Amber", "Port Amber", "Ida Moss", "The bureau"] == [row["surface"] for row in rows]
    assert ["stated", "stated", "stated", "sameName"] == [row["basis"] for row in rows]


def test_parameters_and_limit(built: Build, folder: Path) -> None:
    """The default limit cuts and says so; 0 asks for all that there may be; an optional parameter may stay away."""
    saved = query.catalog(folder).get("claims-of")
    every = [
        "harbour-gazette-p1-slogan",
        "harbour-gazette-p2-capital",
        "harbour-gazette-p1-port-amber",
        "harbour-gazette-p2-port-amber",
        "harbour-gazette-p2-lantern-patents",
        "harbour-gazette-p3-lantern-marks",
        "harbour-gazette-p3-lantern-marks-growth",
    ]
    with built.open() as engine:
        found = saved.run(engine, {"region": "Port Amber"})
        assert every[:2] == names(found)
        assert isinstance(found, Result) and found.cut
        assert every[:3] == names(saved.run(engine, {"region": "region/port-amber"}, 0))
        found = saved.run(engine, {"region": "region/port-amber", "from": 229}, 3)
        assert every[6:] == names(found)
        assert isinstance(found, Result) and not found.cut


def test_a_limit_holds_for_queries_without_one(built: Build) -> None:
    """Rows are counted where the header says nothing of a limit."""
    with built.open() as engine:
        found = query.catalog(ROOT / "queries").get("mentions").run(engine, {}, 2)
        assert isinstance(found, Result)
        assert (2, True) == (len(found), found.cut)


@pytest.mark.parametrize(
    ("values", "limit", "says"),
    [
        ({}, None, "parameter region: expected a value.*-p region=region/port-amber"),
        ({"regon": "x"}, None, "did you mean region"),
        ({"region": "region/port-amber", "from": "soon"}, None, "parameter from: expected a whole number"),
        ({"region": "region/port-amber"}, 4, "parameter limit: expected 0 to 3"),
        ({"region": "Port Ambr"}, None, "did you mean region/port-amber"),
    ],
)
def test_wrong_values(built: Build, folder: Path, values: dict[str, object], limit: int | None, says: str) -> None:
    """Every wrong value has exit code 2 and says what would be right."""
    with built.open() as engine, pytest.raises(UsageError, match=says) as caught:
        query.catalog(folder).get("claims-of").run(engine, values, limit)
    assert 2 == caught.value.exit_code


def test_unknown_query() -> None:
    """A misspelt name gets the nearest ones."""
    with pytest.raises(UnknownQuery, match="did you mean observations"):
        query.catalog(ROOT / "queries").get("observation")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("VALUES ?least", "SERVICE <http://127.0.0.1:9/> { ?a ?b ?c } VALUES ?least"),
        ("SELECT ?claim WHERE", "SELECT ?claim FROM <https://example.org/elsewhere> WHERE"),
    ],
)
def test_a_saved_query_stays_in_its_graph(folder: Path, before: str, after: str) -> None:
    """It asks no other service, and no graph that a build does not have; the words are free in texts and comments."""
    path = folder / "tests" / "claims-of.rq"
    path.write_text(f"{CLAIMS}# FROM SERVICE", encoding="utf-8")
    assert query.load(path).name == "claims-of"
    path.write_text(CLAIMS.replace(before, after), encoding="utf-8")
    with pytest.raises(ForbiddenQuery, match=r"claims-of\.rq: (SERVICE|FROM) is not allowed"):
        query.load(path)


def test_compiled_queries_are_the_same(folder: Path) -> None:
    """What the build remembers gives the same queries without reading YAML, and gives way when a file changes."""
    remembered = query.compiled(folder)
    assert list(query.catalog(folder)) == list(query.catalog(folder, remembered))
    assert query.load(folder / "tests" / "claims-of.rq") == query.get(folder, "claims-of", remembered)
    path = folder / "tests" / "claims-of.rq"
    path.write_text(CLAIMS.replace("name a region", "speak of a region"), encoding="utf-8")
    os.utime(path, ns=(1, 1))
    assert "Which claims speak of a region?" == query.catalog(folder, remembered).get("claims-of").header.summary
    assert "Which claims speak of a region?" == query.get(folder, "claims-of", remembered).header.summary
    path.unlink()
    with pytest.raises(UnknownQuery):
        query.get(folder, "claims-of", remembered)


def test_one_compiled_query_is_taken_from_among_all(folder: Path, tmp_path: Path) -> None:
    """It is the same as in all of them, also where a text names it; of what is not there, all are given."""
    (folder / "tests" / "about-claims.rq").write_text(f'{CLAIMS}# "/claims-of.rq": {{}}\n', encoding="utf-8")
    compiled = json.loads(json.dumps(query.compiled(folder)))
    (tmp_path / query.COMPILED).write_text(query.dump(compiled), encoding="utf-8")
    assert compiled == query.remembered(tmp_path)
    for key, entry in compiled.items():
        assert {key: entry} == query.remembered(tmp_path, key.removesuffix(".rq").rpartition("/")[2])
    assert compiled == query.remembered(tmp_path, "claim")
    (tmp_path / query.COMPILED).write_text(json.dumps(compiled), encoding="utf-8")
    assert {} == query.remembered(tmp_path, "claims-of")


def test_what_is_compiled_and_damaged_is_not_used(folder: Path, tmp_path: Path) -> None:
    """A letter of a query's text would change its answer; the query is read from its own file then."""
    path = tmp_path / query.COMPILED
    path.write_text(query.dump(query.compiled(folder)), encoding="utf-8")
    assert query.remembered(tmp_path, "claims-of")
    path.write_text(path.read_text(encoding="utf-8").replace("?claim", "?blame", 1), encoding="utf-8")
    assert {} == query.remembered(tmp_path) == query.remembered(tmp_path, "claims-of")


def test_nothing_compiled_is_remembered_as_nothing(tmp_path: Path) -> None:
    """A folder without queries gives an empty object, and no file gives none."""
    assert {} == query.remembered(tmp_path)
    (tmp_path / query.COMPILED).write_text(query.dump({}), encoding="utf-8")
    assert {} == query.remembered(tmp_path) == query.remembered(tmp_path, "claims")


def test_what_was_compiled_before_is_compiled_anew_only_where_a_text_changed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Times do not matter, and neither does what was compiled of files that are gone."""
    before = json.loads(json.dumps(query.compiled(folder)))
    path = folder / "tests" / "claims-of.rq"
    os.utime(path, ns=(1, 1))
    read: list[str] = []
    parse = header.parse

    def noted(text: str, file: str) -> header.Header:
        read.append(file)
        return parse(text, file)

    monkeypatch.setattr(header, "parse", noted)
    after = query.compiled(folder, {**before, "tests/gone.rq": {}})
    assert [] == read
    assert before.keys() == after.keys()
    assert 1 == after["tests/claims-of.rq"]["stat"][1]
    path.write_text(CLAIMS.replace("name a region", "speak of a region"), encoding="utf-8")
    assert query.compiled(folder) == query.compiled(folder, after)
    assert "claims-of.rq" == Path(read[-1]).name
    assert len(before) + 1 == len(read)


@pytest.mark.parametrize(
    ("old", "new", "error", "says"),
    [
        ("#+   from: {type: integer}\n", "", HeaderError, r"\$from is not in the header"),
        ("$region ;", "?r ;", HeaderError, "parameter region is nowhere in the query"),
        ("#+", "#", HeaderError, "has no header"),
        ("#+ summary", "\ufeff#+ summary", HeaderError, "line 1: begins with a byte order mark"),
        ("ORDER BY ?claim", "ORDER BY ?claim 'open", QuerySyntaxError, "line 12"),
    ],
)
def test_broken_files(folder: Path, old: str, new: str, error: type[Exception], says: str) -> None:
    """A file that is no saved query is refused with its name."""
    (folder / "tests" / "claims-of.rq").write_text(CLAIMS.replace(old, new), encoding="utf-8")
    with pytest.raises(error, match=says) as caught:
        query.catalog(folder)
    assert "claims-of.rq" in str(caught.value)


def test_bad_sparql_names_the_file(built: Build, folder: Path) -> None:
    """A syntax error that only the engine sees names the file too."""
    (folder / "tests" / "claims-of.rq").write_text(CLAIMS.replace("WHERE {", "WHERE { {"), encoding="utf-8")
    with built.open() as engine, pytest.raises(QuerySyntaxError, match=r"claims-of\.rq"):
        query.catalog(folder).get("claims-of").run(engine, {"region": "region/port-amber"})


def test_a_prefix_that_is_not_declared_is_called_that(built: Build, folder: Path) -> None:
    """The parser lists tokens there, of which none would help."""
    text = CLAIMS.replace("gba:subject", "gab:subject")
    assert text != CLAIMS
    (folder / "tests" / "claims-of.rq").write_text(text, encoding="utf-8")
    with built.open() as engine, pytest.raises(QuerySyntaxError, match=r"line \d+.*a prefix that is not declared"):
        query.catalog(folder).get("claims-of").run(engine, {"region": "region/port-amber"})


def test_a_default_that_does_not_fit_is_the_files_fault(built: Build, folder: Path) -> None:
    """Nobody gave a value: the error names the file, not only the parameter."""
    path = folder / "tests" / "claims-of.rq"
    path.write_text(CLAIMS.replace("from: {type: integer}", "from: {type: integer, default: abc}"), encoding="utf-8")
    with built.open() as engine, pytest.raises(HeaderError, match=r"claims-of\.rq: the default does not fit.*'abc'"):
        query.catalog(folder).get("claims-of").run(engine, {"region": "region/port-amber"})


def test_a_parameter_without_a_value_outside_values_is_named(built: Build, folder: Path) -> None:
    """What is UNDEF may stand in VALUES alone; the parser's words do not tell."""
    path = folder / "tests" / "bare.rq"
    path.write_text("#+ summary: Bare?\n#+ params:\n#+   n: {type: integer}\nSELECT ?s { ?s ?p ?o FILTER(?o > $n) }")
    with built.open() as engine, pytest.raises(QuerySyntaxError, match=r"\$n has no value.*give it a default"):
        query.catalog(folder).get("bare").run(engine)


def test_one_name_one_query(folder: Path) -> None:
    """Two topics cannot have a query of the same name."""
    (folder / "more").mkdir()
    (folder / "more" / "claims-of.rq").write_text(CLAIMS, encoding="utf-8")
    with pytest.raises(HeaderError, match="the same name"):
        query.catalog(folder)


def test_checks_and_rules_are_no_questions(folder: Path) -> None:
    """Queries that are checks or rules are not listed."""
    (folder / "checks").mkdir()
    (folder / "checks" / "no-orphans.rq").write_text("SELECT * {}", encoding="utf-8")
    assert ["claims-of"] == [saved.name for saved in query.catalog(folder)]


def test_pairs() -> None:
    """A parameter is name=value, once; the value may hold more equals signs."""
    assert {"a": "1=2", "b": ""} == query.pairs(["a=1=2", "b="])
    for wrong in (["a"], ["=1"], ["a=1", "a=2"]):
        with pytest.raises(BadParameter):
            query.pairs(wrong)


def test_a_broken_file_does_not_stand_in_the_way_of_another(tmp_path: Path) -> None:
    """Only who asks for the broken query, or for all of them, hears of it."""
    (tmp_path / "topic").mkdir()
    (tmp_path / "topic" / "broken.rq").write_text("SELECT * {}", encoding="utf-8")
    (tmp_path / "topic" / "whole.rq").write_text("#+ summary: What?\nSELECT * {}\n", encoding="utf-8")
    assert "whole" == query.get(tmp_path, "whole").name
    with pytest.raises(HeaderError, match=r"broken\.rq"):
        query.get(tmp_path, "broken")
