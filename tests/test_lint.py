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
        ("{ SELECT ?x", "SERVICE <http://e/> { SELECT ?x", "outside the default graph"),
        ("{ SELECT ?x", "GRAPH <http://e/> { SELECT ?x", "outside the default graph"),
        ("SELECT ?claim (", "SELECT ?claim FROM <http://e/> (", "outside the default graph"),
        ("?claim gba:about", "?claim ?claim gba:about", "not valid SPARQL"),
        ("#+ tags: [test]\n", "", "has no tags"),
        ("#+ tags: [test]\n", "#+ tags: [test]\n#+ needs: [gba:within]\n", "needs gba:within, and does not use it"),
        ("type: string, default: b", "type: integer, default: b", "expected a whole number"),
    ],
)
def test_bad(tmp_path: Path, old: str, new: str, says: str) -> None:
    """Each rule has its message."""
    assert 1 == GOOD.count(old)
    problems = [str(problem) for problem in lint.lint(made(tmp_path, GOOD.replace(old, new)))]
    assert any(says in problem for problem in problems), problems


def test_names(tmp_path: Path) -> None:
    """A query's name is lower-case with hyphens."""
    assert "rename it" in str(lint.lint(made(tmp_path, GOOD, "Which_Claims"))[0])
