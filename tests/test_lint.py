"""The rules of saved queries."""

from __future__ import annotations

from pathlib import Path

import pytest

from gbakg import lint, query
from gbakg.result import Result
from gbakg.store import Build
from gbakg.tokens import code

ROOT = Path(__file__).parent.parent
FOLDERS = (ROOT / "queries", ROOT / "tests" / "fixtures" / "project" / "queries")
GOOD = """#+ summary: Which claims?
#+ tags: [test]
#+ params:
#+   one: {type: iri, class: gba:Region, required: true, example: region/a}
#+   two: {type: string, default: b}
#+   three: {type: integer}
#+ limit: {default: 10}
PREFIX gba: <https://w3id.org/gbakg/ontology#>
SELECT ?claim (COUNT(?other) AS ?count) (MAX(IF(?x = $two, 1, 0)) AS ?flag) WHERE {
    ?claim gba:about $one . OPTIONAL { ?claim gba:note ?x, ?other }
    VALUES (?least ?most) { ($three $three) }
    { SELECT ?x WHERE { ?x a gba:Claim } ORDER BY ?x LIMIT 5 }
} GROUP BY ?claim ORDER BY DESC(?count) ?claim
"""


def made(folder: Path, text: str, name: str = "which-claims") -> query.Query:
    path = folder / "topic" / f"{name}.rq"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return query.load(path)


def test_every_saved_query_keeps_the_rules() -> None:
    """All saved queries of the project and of the fixture are clean."""
    found = [saved for folder in FOLDERS for saved in query.catalog(folder)]
    assert len(found) >= 4
    assert [] == [str(problem) for saved in found for problem in lint.lint(saved)]


def test_every_order_is_total(real: Build) -> None:
    """On the real graph no two rows are alike in all that a query orders by, so that every engine gives one order."""
    checked = 0
    with real.open() as engine:
        for saved in query.catalog(ROOT / "queries"):
            examples = {one.name: one.example for one in saved.header.parameters if one.required}
            found = saved.run(engine, examples, 0)
            tokens = code(saved.text)
            begin = max((i for i, token in enumerate(tokens) if token.text.upper() == "ORDER"), default=len(tokens))
            keys = [token.text for token in tokens[begin:] if token.kind == "variable"]
            if isinstance(found, Result) and set(keys) <= set(found.columns):
                at = [found.columns.index(key) for key in keys]
                ordered = [tuple(row[i] for i in at) for row in found.rows]
                assert len(ordered) == len(set(ordered)), saved.name
                checked += 1
    assert checked > 40


def test_good(tmp_path: Path) -> None:
    """A query that uses everything that is allowed has no problem."""
    assert [] == lint.lint(made(tmp_path, GOOD))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("SELECT ?claim", "SELECT ?claim $two", "is projected"),
        ("GROUP BY ?claim", "GROUP BY ?claim $two", "is grouped by"),
        ("(COUNT(?other) AS ?count)", "(COUNT(?other) AS $two)", "is assigned to"),
        ("gba:note ?x", "gba:note ?two, ?x", "both stand here"),
        ("($three $three)", "(1 1)  } FILTER(?least = $three) VALUES ?q { 1", "only stand inside VALUES"),
        ("ORDER BY DESC(?count) ?claim", "", "has no ORDER BY"),
        ("ORDER BY DESC(?count) ?claim", "ORDER BY ?claim (?count + 1)", "does not end in a variable"),
        ("ORDER BY DESC(?count) ?claim", "ORDER BY ?claim LIMIT 5", "keep one of them"),
        ("{ SELECT ?x", "GRAPH <http://e/> { SELECT ?x", "outside the default graph"),
        ("?claim gba:about", "?claim ?claim gba:about", "not valid SPARQL"),
        ("#+ tags: [test]\n", "", "has no tags"),
        ("#+ tags: [test]\n", "#+ tags: [test]\n#+ needs: [gba:within]\n", "needs gba:within, and does not use it"),
        ("#+ limit: {default: 10}\n", "", "has no limit"),
        ("COUNT(?other)", "SAMPLE(?other)", "use MIN"),
        ("?x = $two", "$two = NOW()", "gives another answer each time"),
        ("{ SELECT ?x", "LATERAL { SELECT ?x", "LATERAL is not in SPARQL 1.1"),
        ("?claim gba:about", "[] gba:about", "is a blank node"),
        ("?claim gba:about", "_:claim gba:about", "is a blank node"),
        ("?claim gba:about", "<< ?x ?x ?x >> gba:about", "<< is not in SPARQL 1.1"),
        ("{ SELECT ?x", "{ SELECT *", "name the columns"),
        ("?x = $two", "REGEX(STR(?x), 'a|b') && ?x = $two", "write the pattern in parentheses"),
        ("?x = $two", "<http://jena.apache.org/ARQ/function#now>($two)", "only some engines have"),
        ("PREFIX gba: <https://w3id.org/gbakg/ontology#>", "PREFIX gba: <http://e/>", "everywhere else"),
        ("?claim gba:about", "?claim foo:about", "is not declared"),
        ("type: string, default: b", "type: integer, default: b", "expected a whole number"),
    ],
)
def test_bad(tmp_path: Path, old: str, new: str, says: str) -> None:
    """Each rule has its message."""
    assert 1 == GOOD.count(old)
    problems = [str(problem) for problem in lint.lint(made(tmp_path, GOOD.replace(old, new)))]
    assert any(says in problem for problem in problems), problems


HEAD = """#+ summary: Which names are there in each document?
#+ tags: [test]
#+ limit: {default: 10}
PREFIX gba: <https://w3id.org/gbakg/ontology#>
SELECT DISTINCT ?document ?surface ?entity WHERE {
    {
        SELECT ?document ?surface (COUNT(?mention) AS ?count) WHERE {
            { SELECT ?source ?document WHERE { ?source gba:fileName ?document } ORDER BY ?document }
            ?mention gba:appearsIn ?source ; gba:surface ?surface .
        } GROUP BY ?document ?surface ORDER BY ?document ?surface
    }
    ?named gba:surface ?surface ; gba:refersTo ?entity .
} ORDER BY ?document ?surface ?entity
"""


def test_good_head(tmp_path: Path) -> None:
    """A query with a head, and a head in that, has no problem."""
    saved = made(tmp_path, HEAD)
    assert saved.head is not None and saved.head.head is not None
    assert ("document", "surface") == saved.head.keys
    assert ("document",) == saved.head.head.keys
    assert [] == lint.lint(saved)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("} ORDER BY ?document ?surface ?entity", "} ORDER BY ?surface ?entity", "does not order first"),
        ("} ORDER BY ?document }", "} ORDER BY ?source }", "does not order first"),
        ("DISTINCT ?document", "DISTINCT", "select it, there"),
        ("SELECT ?document ?surface (C", "SELECT ?document (C", "select it, there"),
        ("ORDER BY ?document ?surface\n", "ORDER BY DESC(?document) ?surface\n", "otherwise than itself"),
    ],
)
def test_bad_head(tmp_path: Path, old: str, new: str, says: str) -> None:
    """What would make pages give another answer than the whole is told."""
    assert 1 == HEAD.count(old)
    problems = [str(problem) for problem in lint.lint(made(tmp_path, HEAD.replace(old, new)))]
    assert any(says in problem for problem in problems), problems


def test_a_finding_names_its_line(tmp_path: Path) -> None:
    """Where a token is to blame its line is named, of a parameter that of the header, else the first."""
    text = GOOD.replace("two: {type: string, default: b", "two: {type: integer, default: b")
    text = text.replace("MAX(IF(?x = $two, 1, 0))", "SAMPLE(?x)").replace("?claim gba:about", "?claim ?claim gba:about")
    text = text.replace("VALUES", "FILTER(?x = $two) VALUES").replace("#+ tags: [test]\n", "")
    found = lint.lint(made(tmp_path, text))
    assert {("names", 1), ("engines", 8), ("syntax", 9)} == {(one.rule, one.line) for one in found}
    text = text.replace("?claim ?claim gba:about", "?claim gba:about")
    assert ("syntax", 4) in {(one.rule, one.line) for one in lint.lint(made(tmp_path, text))}
    assert str(found[0]).startswith(f"{tmp_path}/topic/which-claims.rq:1: error: has no tags")


def test_casts_are_no_functions_of_an_engine(tmp_path: Path) -> None:
    """The casts of SPARQL 1.1 are everywhere."""
    text = GOOD.replace("?x = $two", "xsd:string(?x) = $two").replace(
        "SELECT ?claim", "PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>\nSELECT ?claim"
    )
    assert [] == lint.lint(made(tmp_path, text))


def test_names(tmp_path: Path) -> None:
    """A query's name is lower-case with hyphens."""
    assert "rename it" in str(lint.lint(made(tmp_path, GOOD, "Which_Claims"))[0])
