"""The comparison of the two engines: it finds every difference, ignores what is listed and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from bench import equality as command
from bench.damage import Parts, read
from bench.prepare import prepared
from pyoxigraph import RdfFormat, Triple, parse

from conftest import FIXTURES, ROOT, at
from gbakg import equality, terms
from gbakg.closing import Fast
from gbakg.equality import Comparison, Difference, Line, compare, rule
from gbakg.ignored import IGNORED, is_unlike, judge
from gbakg.reason import Closure
from gbakg.shapes import Compiled
from gbakg.validate import Pyshacl, Report

FEW = 4
"""How many damaged graphs every run of the tests compares; `python -m bench.equality --graphs 100` compares more."""

PREFIXES = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in {**terms.PREFIXES, "ex": str(terms.GBA)}.items())


def turtle(text: str) -> list[Triple]:
    """Read Turtle with the graph's prefixes; `ex:` is the ontology's namespace, so that entailments are kept."""
    return [quad.triple for quad in parse(PREFIXES + text, format=RdfFormat.TURTLE)]


@pytest.fixture(scope="module")
def parts() -> Parts:
    """Read the fixture project."""
    return read(at(FIXTURES / "project"))


# --- the comparison ------------------------------------------------------------------------------------------------


def test_the_fixture_has_no_difference(parts: Parts) -> None:
    """Closure and report are the same, and there is something in both."""
    found = compare([*parts.ontology, *parts.data], parts.shapes)
    assert [] == found.lines()
    assert found.entailments > 50
    assert 2 == found.results


class Liar:
    """A reasoner that keeps one entailment and one inconsistency to itself, and makes up others."""

    def close(self, stated: Iterable[Triple]) -> Closure:
        """Close a graph, not quite."""
        closure = Fast().close(stated)
        return Closure((*turtle("ex:a a ex:Lie ."), *closure.entailed[1:]), ("ex:a is made up (prp-irp)",))


GIVEN = "ex:r rdfs:domain ex:C , ex:D . ex:C owl:disjointWith ex:D . ex:a ex:r ex:b ."
SHAPES = "ex:S a sh:NodeShape ; sh:targetNode ex:a ; sh:property [ sh:path ex:q ; sh:minCount 1 ; sh:message 'none' ] ."


def test_what_one_alone_entails_or_finds_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A triple that is missing, one that is made up, and the same of inconsistencies, each with who has it."""
    assert [] == compare(turtle(GIVEN), []).lines()
    monkeypatch.setattr(equality, "Fast", Liar)
    a = "<https://w3id.org/gbakg/ontology#a> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
    assert [
        f"entailed by gbakg alone: {a} <https://w3id.org/gbakg/ontology#Lie>",
        "violated rule found by gbakg alone: prp-irp",
        f"entailed by owlrl alone: {a} <https://w3id.org/gbakg/ontology#C>",
        "violated rule found by owlrl alone: cax-dw",
    ] == compare(turtle(GIVEN), []).lines()


@pytest.mark.parametrize("field", ["severity", "message", "path", "component"])
def test_what_one_alone_reports_is_told(monkeypatch: pytest.MonkeyPatch, field: str) -> None:
    """A result that differs in one field is two differences, one of each engine."""
    usual = Compiled.validate

    def changed(*given: Any) -> Report:
        (one,) = usual(*given).results
        other: dict[str, Any] = {field: "Info"}
        return Report((replace(one, **other),))

    assert [] == compare(turtle(GIVEN), turtle(SHAPES)).lines()
    monkeypatch.setattr(Compiled, "validate", changed)
    assert ["gbakg", "pyshacl"] == [one.by for one in compare(turtle(GIVEN), turtle(SHAPES)).differences]


def test_what_one_reports_twice_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A result that comes twice differs from one that comes once; a line names all there is to it."""
    usual = Compiled.validate
    monkeypatch.setattr(Compiled, "validate", lambda *given: Report(usual(*given).results * 2))
    (line,) = compare(turtle(GIVEN), turtle(SHAPES)).lines()
    assert (
        "reported by gbakg alone: <https://w3id.org/gbakg/ontology#a> gba:q, value None, by _: (MinCountConstraintComponent): none"
        == line
    )


def test_a_reference_that_breaks_off_is_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    """No report is not an empty report."""

    def broken(*arguments: Any) -> Report:
        raise TypeError("'<' not supported")

    monkeypatch.setattr(Pyshacl, "validate", broken)
    assert ["pyshacl gave nothing, because it broke off, TypeError: '<' not supported"] == compare([], []).lines()


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("gba:p irreflexive (prp-irp)", "prp-irp"),
        ("a (b) c (prp-npa2)", "prp-npa1"),
        ("region/a is defined of type 'Nothing'", "cls-nothing2"),
        ("Disjoint classes gba:A and gba:B have a common individual x", "cax-dw"),
        ("Disjoint classes xsd:string and xsd:date have a common individual x", "dt-not-type"),
        ("something else", "something else"),
    ],
)
def test_an_inconsistency_is_known_by_its_rule(sentence: str, expected: str) -> None:
    """Both engines' words lead to one name; words that nobody knows stay what they are."""
    assert expected == rule(sentence)


# --- what is ignored -----------------------------------------------------------------------------------------------

COMPARING = """
ex:S a sh:NodeShape ; sh:targetNode ex:a ; sh:property [ sh:path ex:p ; sh:datatype xsd:integer ] ;
    sh:sparql [ sh:message "p is before q" ;
        sh:select "SELECT $this WHERE { $this <https://w3id.org/gbakg/ontology#p> ?p ; <https://w3id.org/gbakg/ontology#q> ?q FILTER (?p < ?q) }" ] .
"""
EXAMPLES = {
    "literals made the same": ("ex:p a owl:FunctionalProperty . ex:a ex:p 1 , 2 . ex:b ex:q 2 .", ""),
    "lists not read to their end": ("[] a owl:AllDifferent ; owl:members ( ex:a ex:b ) . ex:a owl:sameAs ex:b .", ""),
    "dt-type2": ("ex:p rdfs:domain ex:C . ex:a ex:p 1 ; owl:sameAs 1 .", ""),
    "dt-diff": ("ex:p a owl:FunctionalProperty . ex:a ex:p 1 , 2 .", ""),
    "dt-not-type": ("ex:p rdfs:range xsd:integer . ex:a ex:p 12.5 .", ""),
    "literals that no axiom reaches": ("ex:a ex:p 'abc'^^xsd:integer .", ""),
    "other datatypes": ("ex:p rdfs:domain ex:C . ex:a ex:p 'China'^^xsd:date .", ""),
    "well-written literals": (
        "ex:p rdfs:domain ex:C . ex:a ex:p 'INF'^^xsd:double , 'NaN'^^xsd:float , 0e0 , '2025-01-31T24:00:00'^^xsd:dateTime .",
        "",
    ),
    "unlike types": ("ex:a ex:p '2025-01-31'^^xsd:date ; ex:q 2 .", COMPARING),
    "stopped by a decimal": ("ex:a ex:p 'many'^^xsd:decimal .", ""),
    "broken off": ("ex:a ex:p 'abc'^^xsd:integer ; ex:q 2 .", COMPARING.replace("?p <", "1 * ?p <")),
}


def test_every_ignored_kind_has_an_example() -> None:
    """And each has a reason, and a line in the documentation with the library's own issue."""
    assert IGNORED.keys() == EXAMPLES.keys()
    told = (ROOT / "docs" / "engines.md").read_text(encoding="utf-8").splitlines()
    for name, kind in IGNORED.items():
        assert kind.reason
        (line,) = (line for line in told if line.startswith(f"  | {name} | {kind.library} |"))
        assert kind.issue in line


@pytest.mark.parametrize("kind", EXAMPLES)
def test_what_is_listed_is_ignored(kind: str) -> None:
    """The example of a kind differs as it says, and nothing is left then."""
    data, shapes = map(turtle, EXAMPLES[kind])
    found = judge(data, shapes, compare(data, shapes).differences)
    assert found.ignored[kind] > 0
    assert () == found.left


@pytest.mark.parametrize("kind", EXAMPLES)
def test_nothing_else_is_ignored(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A difference that a listed kind does not account for is left, whatever else is the matter with the graph."""
    data, shapes = map(turtle, (f"{GIVEN} {EXAMPLES[kind][0]}", EXAMPLES[kind][1]))
    monkeypatch.setattr(equality, "Fast", Liar)
    left = [str(one) for one in judge(data, shapes, compare(data, shapes).differences).left]
    assert "violated rule found by gbakg alone: prp-irp" in left
    assert "violated rule found by owlrl alone: cax-dw" in left
    assert 1 == sum(one.startswith("entailed by owlrl alone") for one in left)
    made_up = Difference("gbakg", Line("<a>", "", "None", "Violation", "m", "<s>", "SPARQLConstraintComponent"))
    assert (made_up,) == judge(data, shapes, [made_up]).left


def test_a_misspelt_literal_that_an_axiom_reaches_counts() -> None:
    """There both engines must find it; a label is no axiom."""
    alone = Difference("owlrl", "dt-not-type")
    reached = turtle("ex:p rdfs:domain ex:C . ex:a ex:p 'abc'^^xsd:integer .")
    assert () == compare(reached, []).differences
    assert (alone,) == judge(reached, [], [alone]).left
    limits = "ex:a ex:p 'INF'^^xsd:double , '300'^^xsd:byte ."
    assert {"literals that no axiom reaches": 1} == judge(turtle(limits), [], [alone]).ignored
    assert (alone,) == judge(turtle(f"ex:p rdfs:domain ex:C . {limits}"), [], [alone]).left
    labelled = turtle("ex:p rdfs:label 'p' . ex:a ex:p 'abc'^^xsd:integer .")
    assert (alone,) == compare(labelled, []).differences
    assert () == judge(labelled, [], [alone]).left


def test_a_report_that_is_missing_counts() -> None:
    """Unless a misspelt literal is to blame."""
    data, shapes = map(turtle, EXAMPLES["broken off"])
    (missing,) = compare(data, shapes).differences[-1:]
    assert "pyshacl gave nothing" in str(missing)
    assert (missing,) == judge(turtle("ex:a ex:p 1 ; ex:q 2 ."), turtle(COMPARING), [missing]).left


def test_a_comparison_of_unlike_types_has_a_wrong_datatype() -> None:
    """A result that pyshacl alone has counts, unless it compares with a value whose datatype both find wrong."""
    claim, other = "<https://w3id.org/gbakg/id/fact/a>", "<https://w3id.org/gbakg/id/fact/b>"
    told = Line("<d>", "", other, "Violation", f"{claim[1:-1]} overlaps: mend it.", "<s>", "SPARQLConstraintComponent")
    typed = Line(claim, "gba:end", "x", "Violation", "m", "<s>", "DatatypeConstraintComponent")
    assert is_unlike(told, [typed])
    assert not is_unlike(told, [])
    assert not is_unlike(told._replace(component="ClassConstraintComponent"), [typed])
    assert not is_unlike(told, [typed._replace(focus=other + "c")])


# --- the command ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(FEW))
def test_a_damaged_graph_has_no_difference(seed: int) -> None:
    """Of the real project, cut to one document."""
    done = command.work(command.Task("damaged", seed))
    assert () == done.judged.left
    assert done.compared.entailments > 0


def test_prepared_queries_have_the_same_answers() -> None:
    """Pyshacl reports the same with them, also when bindings differ from one focus node to the next."""
    data = turtle("ex:a ex:p 1 ; ex:q 2 . ex:b ex:p 3 ; ex:q 2 . ex:c ex:p 1 ; ex:q 3 .")
    shapes = turtle(COMPARING.replace("sh:targetNode ex:a", "sh:targetNode ex:a , ex:b , ex:c"))
    plain = Pyshacl().validate(data, shapes)
    with prepared():
        assert plain == Pyshacl().validate(data, shapes)
    assert 2 == len(plain.results)


def test_the_command_tells_seed_and_difference(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It exits with 1 if something differs, and counts what was compared."""
    monkeypatch.setattr(equality, "Fast", Liar)
    assert 1 == command.main(["--graphs", "1", "--seed", "3", "--processes", "1"])
    out = capsys.readouterr().out
    assert "seed 3: violated rule found by gbakg alone: prp-irp" in out
    assert "0 of 1 graphs: the same closure and the same report; 1 DIFFER" in out


def test_the_command_counts(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Kinds that were ignored are counted by graph and by difference, with their reason."""
    line = Difference("gbakg", "dt-diff")
    monkeypatch.setattr(command, "compare", lambda *given: Comparison(7, 1, 3, (line, line)))
    assert 0 == command.main(["--graphs", "2", "--seed", "18", "--processes", "1"])
    words = [" ".join(one.split()) for one in capsys.readouterr().out.splitlines()]
    assert "1 whole and damaged up to 8 times" in words
    assert "14 entailments" in words
    assert any(one.startswith("ignored in 2 graphs, 4 times: dt-diff (owlrl: has no rule") for one in words)
    assert "2 of 2 graphs: the same closure and the same report" in words


def test_a_graph_that_cannot_be_compared_is_told() -> None:
    """By its seed, and the others are compared all the same."""
    done = list(command.run([command.Task("odd"), command.Task("damaged", 0)], 2))
    (one,) = (each for each in done if each.judged.left)
    assert [
        "gbakg gave nothing, because it broke off, ValueError: there is no odd graph, only damaged, shipped and generated ones"
    ] == [str(each) for each in one.judged.left]
    assert 2 == len(done)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], ["200 generated observations", "the shipped graph", "seed 0", 1002]),
        (["--graphs", "2", "--seed", "7"], ["seed 7", "seed 8", 2]),
        (["--shipped"], ["the shipped graph", 1]),
        (["--generated", "1000", "--graphs", "0"], ["1,000 generated observations", 1]),
    ],
)
def test_what_the_command_compares(monkeypatch: pytest.MonkeyPatch, words: list[str], expected: list[Any]) -> None:
    """Everything, unless told what."""
    asked: list[str] = []

    def run(tasks: Sequence[command.Task], processes: int) -> Iterator[command.Done]:
        asked.extend(map(str, tasks))
        return iter(())

    monkeypatch.setattr(command, "run", run)
    command.main(words)
    assert expected[-1] == len(asked)
    assert expected[:-1] == asked[: len(expected) - 1]
