"""A user's own SPARQL."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gbakg import sparql
from gbakg.errors import BadParameter, ForbiddenQuery, QuerySyntaxError, QueryTimeout
from gbakg.result import Result
from gbakg.store import Build


def test_answers(built: Build) -> None:
    """All four forms are answered; the project's prefixes need no declaration."""
    found = sparql.run(built, "SELECT ?x { ?x rdfs:label 'Ida Moss'@en }")
    assert isinstance(found, Result)
    assert [{"x": "https://w3id.org/gbakg/id/person/ida-moss"}] == list(found)
    assert sparql.run(built, "ASK { person:ida-moss a gba:Person }") is True
    assert sparql.run(built, "ASK { person:ida-moss a gba:Region }") is False
    for text in ("CONSTRUCT WHERE { person:ida-moss rdfs:label ?l }", "DESCRIBE person:ida-moss"):
        triples = sparql.run(built, text)
        assert not isinstance(triples, (Result, bool))
        assert list(triples)


def test_own_prefixes_win(built: Build) -> None:
    """A prefix that the query declares is left as it is."""
    text = "PREFIX gba: <http://e.org/> SELECT (STR(gba:x) AS ?v) {}"
    found = sparql.run(built, text)
    assert isinstance(found, Result)
    assert [{"v": "http://e.org/x"}] == list(found)


@pytest.mark.parametrize(
    "text",
    [
        "INSERT DATA { <a:b> <a:b> <a:b> }",
        "DELETE WHERE { ?s ?p ?o }",
        "DROP ALL",
        "LOAD <http://127.0.0.1:9/>",
        "PREFIX a: <b:c> CLEAR DEFAULT",
        "WITH <a:b> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
        "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "SELECT * { SERVICE SILENT ?x { ?s ?p ?o } }",
        "select * { service<http://127.0.0.1:9/>{ ?s ?p ?o } }",
        "SELECT * FROM <http://127.0.0.1:9/> { ?s ?p ?o }",
        "SELECT * FROM NAMED <file:///etc/passwd> { GRAPH ?g { ?s ?p ?o } }",
        "ASK { ?s ?p ?o } # \n}; DROP ALL",
        'SELECT * { BIND("a\\u0022 } SERVICE <http://127.0.0.1:9/> {" AS ?x) }',
        "SELECT * { BIND(<http://e/\\u003E> AS ?x) }",
        "SELECT * " + "{" * 101 + "}" * 101,
        "SELECT * { FILTER(" + "(" * 2500 + "1" + ")" * 2500 + ") }",
        "SELECT * { SERV\\u0049CE <http://127.0.0.1:9/> {} }",
        "",
        "Shenzhen",
        "SELECT * { ?s ?p ",
        "SELECT * { ?s ?p 'open }",
    ],
)
def test_refuses(built: Build, text: str) -> None:
    """What writes, reaches out, nests too deep or is no query is refused with exit code 2."""
    with pytest.raises((ForbiddenQuery, QuerySyntaxError)) as caught:
        sparql.run(built, text)
    assert 2 == caught.value.exit_code
    assert len(caught.value.lines[0]) < 300


@pytest.mark.parametrize(
    "text",
    [
        "ASK { ?s rdfs:label 'SERVICE FROM DROP ALL' }",
        "ASK { ?s <http://e.org/SERVICE> ?from }  # INSERT",
        "ASK { ?s gba:from ?service }",
        "SELECT (COUNT(*) AS ?n) { { SELECT ?s { ?s a gba:Region } } }",
        "ASK { ?s rdfs:label 'tab\\tnew\\nline \\u00e9 é' }",
        "BASE <http://e.org/> ASK { <a> ?p ?o FILTER(?o < 5 && ?o>3) }",
    ],
)
def test_allows(text: str) -> None:
    """The words inside strings, IRIs, names and comments are free."""
    assert sparql.check(text).endswith(text)


@given(st.text(max_size=60))
def test_nothing_is_hidden_in_a_string(inner: str) -> None:
    """Whatever stands before it, a SERVICE that the engine would see is refused, or there is no query at all."""
    text = f"SELECT * {{ BIND('{inner}' AS ?x) SERVICE <http://127.0.0.1:9/> {{ ?s ?p ?o }} }}"
    if "\\" in inner or "'" in inner or "\n" in inner or "\r" in inner:
        return
    with pytest.raises((ForbiddenQuery, QuerySyntaxError)):
        sparql.check(text)


def test_timeout(built: Build) -> None:
    """A query that runs too long is killed, and soon."""
    begin = time.monotonic()
    product = " . ".join(f"?s{i} ?p{i} ?o{i}" for i in range(6))
    with pytest.raises(QueryTimeout) as caught:
        found = sparql.run(built, f"SELECT (COUNT(*) AS ?n) {{ {product} }}", 0.5)
        assert isinstance(found, Result)
        list(found)
    assert 4 == caught.value.exit_code
    assert time.monotonic() - begin < 5


def test_timeout_while_reading(built: Build) -> None:
    """The clock runs on while rows are read."""
    product = " . ".join(f"?s{i} ?p{i} ?o{i}" for i in range(6))
    found = sparql.run(built, f"SELECT * {{ {product} }}", 0.7)
    assert isinstance(found, Result)
    with pytest.raises(QueryTimeout):
        for _ in found.stream():
            pass


def test_a_reader_may_stop(built: Build) -> None:
    """Who takes only the first row leaves no process behind."""
    product = " . ".join(f"?s{i} ?p{i} ?o{i}" for i in range(6))
    found = sparql.run(built, f"SELECT * {{ {product} }}", 30)
    assert isinstance(found, Result)
    rows = found.stream()
    next(rows)
    rows.close()  # type: ignore[attr-defined]


def test_what_the_engine_cannot_compute_is_told(built: Build) -> None:
    """A function that there is not is named, without a traceback of the process that ran the query."""
    with pytest.raises(QuerySyntaxError, match=r"custom function <http://e\.org/f> is not supported"):
        sparql.run(built, "SELECT (<http://e.org/f>(1) AS ?x) {}")


def test_a_query_that_takes_all_memory_ends_alone(built: Build, capfd: pytest.CaptureFixture[str]) -> None:
    """The process of a query dies of its own cap, and says nothing itself."""
    text = "SELECT (STRLEN(?x) AS ?n) { BIND('" + "x" * 100_000 + "' AS ?a) "
    text += "".join(f"BIND(CONCAT({', '.join([f'?{a}'] * 10)}) AS ?{b}) " for a, b in ("ab", "bc", "cd", "de", "ex"))
    with pytest.raises(ForbiddenQuery, match="a query of which the engine dies is not allowed; nest less"):
        found = sparql.run(built, text + "}")
        assert isinstance(found, Result)
        list(found)
    assert "" == capfd.readouterr().err


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf"), 1e12, "x"])
def test_a_time_that_is_none(built: Build, timeout: float) -> None:
    """A timeout that cannot be kept is refused."""
    with pytest.raises(BadParameter, match="timeout"):
        sparql.run(built, "ASK {}", timeout)


def test_a_byte_order_mark_is_called_that() -> None:
    """Nobody sees it in an editor."""
    with pytest.raises(QuerySyntaxError, match="begins with a byte order mark"):
        sparql.check("\ufeffASK {}")
