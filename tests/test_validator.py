"""The fast validator: its reports are pyshacl's, and what it cannot do is refused or left to pyshacl, and said."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence

import pyoxigraph
import pytest
from pyoxigraph import BlankNode, Store, Triple

from gbakg import terms
from gbakg.engine import Embedded
from gbakg.equality import compare, contents
from gbakg.errors import ShapeError
from gbakg.shapes import Compiled, Plan
from gbakg.validate import Pyshacl, Report

PREFIXES = "".join(f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in terms.PREFIXES.items())
PREFIXES += "@prefix : <https://example.org/> .\n"


def parse(turtle: str) -> list[Triple]:
    """Read Turtle, with prefixes; `{"select"}` texts may use them too."""
    return [quad.triple for quad in pyoxigraph.parse(PREFIXES + turtle, format=pyoxigraph.RdfFormat.TURTLE)]


def reference(data: Sequence[Triple], shapes: Sequence[Triple]) -> Report:
    """Let pyshacl validate."""
    return Pyshacl().validate(data, shapes)


def compiled(data: Sequence[Triple], shapes: Sequence[Triple]) -> Report:
    """Validate, and fail if anything is left to pyshacl."""
    said: list[str] = []
    report = Compiled(said.append).validate(data, shapes)
    assert [] == said
    return report


DATA = parse(
    """
    :Small rdfs:subClassOf :Thing . :Tiny rdfs:subClassOf :Small .
    :a a :Thing ; :p 1, 2 ; :q 2 ; :label "a"@en, "ah"@en, "aa"@pt ; :next :b ; :date "2025-01-31"^^xsd:date .
    :b a :Small ; :p 1.5, "one", "x"^^xsd:integer ; :q 1 ; :label "b" ; :next :c, :b ; :date "2025-13-01"^^xsd:date .
    :c a :Tiny, :Thing ; :p :a, _:blank ; :next :d ; :until "2024-12-31"^^xsd:date ; :date "2025-01-01"^^xsd:date .
    :d :q 7 ; :label "B-12", "c\\nd" ; :p "2025-01-31"^^xsd:date ; :next "end" .
    _:blank a :Thing ; :p 3 ; :next :a .
    """
)
PATHS = (
    ":p",
    "( :next :p )",
    "[ sh:inversePath :next ]",
    "[ sh:alternativePath ( :p :q ) ]",
    "[ sh:zeroOrMorePath :next ]",
    "[ sh:oneOrMorePath :next ]",
    "[ sh:zeroOrOnePath :next ]",
    "( [ sh:zeroOrMorePath [ sh:inversePath :next ] ] [ sh:alternativePath ( :q ( :next :q ) ) ] )",
)
PROPERTY = (
    "sh:minCount 1",
    "sh:minCount 2",
    "sh:maxCount 0",
    "sh:maxCount 1",
    "sh:maxCount 2",
    "sh:uniqueLang true",
    "sh:hasValue 1",
    "sh:hasValue :a",
    "sh:equals :q",
    "sh:disjoint :q",
    "sh:qualifiedValueShape [ sh:nodeKind sh:Literal ] ; sh:qualifiedMinCount 2",
    "sh:qualifiedValueShape [ sh:datatype xsd:integer ] ; sh:qualifiedMaxCount 1",
    "sh:qualifiedValueShape [ sh:property [ sh:path :q ; sh:minCount 1 ] ] ; sh:qualifiedMaxCount 0",
    "sh:property [ sh:path :p ; sh:maxCount 1 ; sh:message 'one' ]",
    "sh:property [ sh:path :next ; sh:property [ sh:path :q ; sh:datatype xsd:integer ; sh:minCount 1 ] ]",
)
BOTH = (
    "sh:class :Thing",
    "sh:class :Small, :Thing",
    "sh:datatype xsd:integer",
    "sh:datatype xsd:date",
    "sh:datatype xsd:string",
    "sh:datatype rdf:langString",
    "sh:nodeKind sh:IRI",
    "sh:nodeKind sh:BlankNode",
    "sh:nodeKind sh:Literal",
    "sh:nodeKind sh:BlankNodeOrIRI",
    "sh:nodeKind sh:BlankNodeOrLiteral",
    "sh:nodeKind sh:IRIOrLiteral",
    "sh:minExclusive 1",
    "sh:minInclusive 1.5",
    "sh:maxExclusive 2",
    "sh:maxInclusive 1",
    "sh:minInclusive 1.0 ; sh:maxExclusive '02'^^xsd:integer",
    "sh:minExclusive '1.50'^^xsd:float",
    "sh:maxInclusive '2025-01-01'^^xsd:date",
    "sh:minLength 2",
    "sh:maxLength 1",
    "sh:minLength 0",
    "sh:pattern '^[a-z]'",
    "sh:pattern '^[A-Z].*[0-9]$' ; sh:flags 'i'",
    "sh:pattern '^d' ; sh:flags 'm'",
    "sh:languageIn ( 'en' 'pt-br' )",
    "sh:not [ sh:class :Small ]",
    "sh:and ( [ sh:nodeKind sh:IRI ] [ sh:property [ sh:path :p ; sh:minCount 1 ] ] )",
    "sh:or ( [ sh:datatype xsd:integer ] [ sh:property [ sh:path :next ; sh:class :Thing ] ] )",
    "sh:xone ( [ sh:property [ sh:path :p ; sh:maxCount 1 ] ] [ sh:property [ sh:path :q ; sh:minCount 1 ] ] )",
    "sh:not [ sh:property [ sh:path :p ; sh:minCount 1 ; sh:severity sh:Warning ] ]",
    "sh:node [ sh:property [ sh:path :q ; sh:minCount 1 ; sh:severity sh:Warning ] ]",
    "sh:node [ sh:closed true ; sh:property [ sh:path :p ] ]",
    "sh:in ( :a :b )",
    "sh:in ( 1 :a 'one' )",
    "sh:closed true ; sh:ignoredProperties ( rdf:type :next ) ; sh:property [ sh:path :p ]",
)
TARGETS = (
    "sh:targetClass :Thing",
    "sh:targetNode :a, :c, :nowhere, 7, 'x'@en",
    "sh:targetSubjectsOf :next ; sh:targetClass :Small",
    "sh:targetObjectsOf :next",
    "sh:targetSubjectsOf :next, :p ; sh:targetObjectsOf :next, :q ; sh:targetNode :a",
    "a rdfs:Class",
)


ON_PATHS = [one for one in (*PROPERTY, *BOTH) if not one.startswith("sh:closed")]  # which has no meaning for a path


@pytest.mark.parametrize("constraint", ON_PATHS)
@pytest.mark.parametrize("path", PATHS)
def test_a_property_shape_is_validated_as_by_pyshacl(path: str, constraint: str) -> None:
    """Every component on every form of path, over values of all kinds, ill-formed ones too."""
    shapes = parse(
        f":S a sh:NodeShape ; sh:targetClass :Thing ; sh:property :P . :P sh:path {path} ; sh:message 'm' ; {constraint} ."
    )
    assert contents(reference(DATA, shapes)) == contents(compiled(DATA, shapes))


@pytest.mark.parametrize("constraint", BOTH)
@pytest.mark.parametrize("target", TARGETS)
def test_a_node_shape_is_validated_as_by_pyshacl(target: str, constraint: str) -> None:
    """Every component on every kind of target."""
    shapes = parse(f":Thing a sh:NodeShape ; {target} ; sh:message 'm' ; {constraint} .")
    assert contents(reference(DATA, shapes)) == contents(compiled(DATA, shapes))


@pytest.mark.parametrize("more", ["sh:lessThan", "sh:lessThanOrEquals"])
def test_pairs_are_ordered_as_by_pyshacl(more: str) -> None:
    """One result for each pair that is not in order, dates and numbers."""
    shapes = parse(
        f":S sh:targetClass :Thing ; sh:property :P, :D . :P sh:path :q ; {more} :p . :D sh:path :date ; {more} :until ."
    )
    data = [one for one in DATA if one.object != terms.literal("x", "integer") and "blank" not in str(one.object)]
    data = [one for one in data if not isinstance(one.object, BlankNode)]
    assert contents(reference(data, shapes)) == contents(compiled(data, shapes))


@pytest.mark.parametrize("constraint", [one for one in BOTH if "sh:in (" not in one and "sh:property" not in one])
def test_messages_are_pyshacls_where_a_shape_has_none(constraint: str) -> None:
    """The report says what pyshacl would say."""
    data = [one for one in DATA if not isinstance(one.subject, BlankNode) and not isinstance(one.object, BlankNode)]
    shapes = parse(f":S sh:targetClass :Thing ; sh:property :P . :P sh:path :p ; {constraint} .")
    assert contents(reference(data, shapes)) == contents(compiled(data, shapes))


def test_values_are_named_as_they_are_listed_in_each_process() -> None:
    """So that a report is the same from run to run, and the same where pyshacl makes it."""
    shapes = parse(
        ":S sh:targetNode :d ; sh:property :P . :P sh:path :q ; sh:in ( 'b' 'a' 'd' 'c' 'f' 'e' 'h' 'g' 'j' 'i' ) ."
    )
    listed = ", ".join(f"""'Literal("{one}")'""" for one in "badcfehgji")
    for report in (reference(DATA, shapes), compiled(DATA, shapes)):
        assert [listed] == [result.message.partition("[")[2].rstrip("]") for result in report.results]


def test_deactivated_shapes_and_severities_are_respected() -> None:
    """A deactivated shape says nothing, a warning is one."""
    shapes = parse(
        """:S sh:targetClass :Thing ; sh:property :P, :Q . :P sh:path :p ; sh:minCount 4 ; sh:deactivated true .
        :Q sh:path :q ; sh:minCount 4 ; sh:severity sh:Warning ; sh:message "one"@en, "eins"@de ."""
    )
    report = compiled(DATA, shapes)
    assert {"Warning"} == {result.severity for result in report.results}
    assert contents(reference(DATA, shapes)) == contents(report)


@pytest.mark.parametrize(
    "select",
    [
        "SELECT $this WHERE { $this :next+ $this }",
        "SELECT $this ?value WHERE { $this :p ?value . FILTER NOT EXISTS { ?other :q ?value ; a ?kind . FILTER (?other != $this) } }",
        "SELECT DISTINCT $this (:p AS ?path) ?value WHERE { { $this :p ?value } UNION { $this :q ?value } }",
        "SELECT $this ?value ?other WHERE { $this :next ?value . OPTIONAL { $this :q ?other } BIND ($this AS ?me) FILTER (?me != ?value) }",
        "SELECT $this ?value WHERE { ?value $PATH $this . }",
        "SELECT $this ?value WHERE { $this ?p ?value . FILTER NOT EXISTS { $this a/rdfs:subClassOf* ?kind . ?kind ^a/(:p|:q) ?value } }",
        "SELECT $this ?value WHERE { $this :p ?value . FILTER EXISTS { $this :next/:next|:q/:q|:q ?any FILTER (?any != ?value) } }",
        "PREFIX : <https://example.org/> prefix select: <https://example.org/n> SELECT $this ?value WHERE { $this select:ext ?value . :d :q ?x . FILTER EXISTS { ?value :q ?y . ?value :next ?z } }",
    ],
)
@pytest.mark.parametrize("path", ["", "sh:path :next ;"])
def test_a_sparql_constraint_is_asked_once_for_all_focus_nodes(select: str, path: str) -> None:
    """With its messages, a path of its own, and $PATH."""
    if "PATH" in select and not path:
        pytest.skip("a node shape has no path")
    shapes = parse(
        f""":S a sh:NodeShape ; sh:targetClass :Thing ; {"sh:property :P ." if path else "sh:sparql :C ; sh:message 'also' ."}
        {":P " + path + "sh:sparql :C ." if path else ""}
        :C sh:message "{{$this}}: {{?value}} and {{?other}}" ; sh:prefixes : ; sh:select '''{select}''' .
        : sh:declare [ sh:prefix "" ; sh:namespace "https://example.org/" ] ."""
    )
    assert contents(reference(DATA, shapes)) == contents(compiled(DATA, shapes))


@pytest.mark.parametrize(
    "constraint",
    [
        "sh:closed true",
        "sh:closed true ; sh:ignoredProperties ()",
        "sh:not [ sh:closed true ]",
        "sh:property [ sh:path :label ; sh:pattern '^[A-Za-z]+$' ]",
        "sh:property [ sh:path :label ; sh:pattern '^(one|end$|d$)$' ]",
        "sh:property [ sh:path :label ; sh:pattern '^[$]|\\\\\\\\$$' ]",
        "sh:property [ sh:path :label ; sh:pattern '^c$' ; sh:flags 'm' ]",
    ],
)
def test_what_engines_read_otherwise_is_compiled_to_what_pyshacl_reads(constraint: str) -> None:
    """A closed shape that allows nothing, and `$` before a line feed that ends the text."""
    data = [*DATA, *parse(r':e a :Thing ; :label "end\n", "end\n\n", "one\ntwo", "\n", "$", "\\$", "\\$\n", "]" .')]
    shapes = parse(f":S a sh:NodeShape ; sh:targetClass :Thing ; sh:message 'm' ; {constraint} .")
    assert contents(reference(data, shapes)) == contents(compiled(data, shapes))


@pytest.mark.parametrize(
    ("constraint", "named"),
    [
        (
            "sh:property [ sh:path [ sh:zeroOrMorePath [ sh:alternativePath ( :p :q ) ] ] ; sh:nodeKind sh:BlankNode ]",
            "no steps",
        ),
        ("sh:property [ sh:path [ sh:inversePath [ sh:zeroOrOnePath :next ] ] ; sh:in ( :a ) ]", "no steps"),
        ("sh:not [ sh:path [ sh:zeroOrOnePath ( :p :q ) ] ; sh:minCount 1 ]", "no steps"),
        (
            "sh:sparql [ sh:select 'SELECT $this ?value WHERE { $this <https://example.org/next>? ?value }' ]",
            "no steps",
        ),
        ("sh:pattern '[a-z&&[b]]'", "pattern"),
        ("sh:pattern '[[:alpha:]]'", "pattern"),
        ("sh:pattern '[!--b]'", "pattern"),
        ("sh:pattern '\\\\<a'", "pattern"),
        ("sh:property [ sh:path :label ; sh:languageIn ( '' ) ]", "languageIn"),
        ("sh:property [ sh:path :p ; sh:or ( [ sh:minInclusive true ] [ sh:nodeKind sh:IRI ] ) ]", "no number"),
        ("sh:not [ sh:path :label ; sh:maxExclusive 'b' ]", "no number"),
    ],
)
def test_what_engines_read_otherwise_and_cannot_be_compiled_goes_to_pyshacl(constraint: str, named: str) -> None:
    """Paths of no steps from nodes that are not in the graph, words of the store's expressions, bounds within logic."""
    shapes = parse(
        f":S a sh:NodeShape ; sh:targetNode :nowhere, :a, :b, :d, 8, 'x'@en ; sh:message 'm' ; {constraint} ."
    )
    said: list[str] = []
    report = Compiled(said.append).validate(DATA, shapes)
    assert [True] == [named in line for line in said]
    assert contents(reference(DATA, shapes)) == contents(report)


@pytest.mark.parametrize(
    "constraint",
    [
        "sh:closed '1'^^xsd:boolean",
        "sh:closed '0'^^xsd:boolean",
        "sh:sparql [ sh:deactivated '1'^^xsd:boolean ; sh:select 'SELECT $this WHERE { $this a ?kind }' ]",
        "sh:class :Small ; sh:message 'a'@en, 'a'@de, 'b'",
    ],
)
def test_truth_has_two_spellings_and_a_message_as_many_languages(constraint: str) -> None:
    """1 is true; a word that two languages share is said for each."""
    shapes = parse(f":S a sh:NodeShape ; sh:targetClass :Thing ; sh:message 'm' ; {constraint} .")
    assert contents(reference(DATA, shapes)) == contents(compiled(DATA, shapes))


@pytest.mark.parametrize(
    "literal",
    [
        "'P1X'^^xsd:duration",
        "'abc'^^xsd:hexBinary",
        "'a'^^xsd:base64Binary",
        "'0000-01-01'^^xsd:date",
        "'P1D'^^xsd:duration",
    ],
)
def test_what_only_rdflib_finds_misspelt_is_validated_as_by_pyshacl(literal: str) -> None:
    """SPARQL has no casts for these datatypes, and other ideas of the year 0."""
    data = [*DATA, *parse(f":e a :Thing ; :k {literal} .")]
    shapes = parse(
        f":S sh:targetClass :Thing ; sh:property [ sh:path :k ; sh:datatype {literal.partition('^^')[2]} ] ."
    )
    report = Compiled(lambda _: None).validate(data, shapes)
    assert ("P1D" not in literal) == bool(report.results)
    assert contents(reference(data, shapes)) == contents(report)


@pytest.mark.parametrize("path", ["?value", "1", ":next"])
def test_a_select_may_call_anything_its_path(path: str) -> None:
    """What is no IRI is not reported as a path."""
    shapes = parse(
        f""":S sh:targetClass :Thing ; sh:sparql [ sh:prefixes : ; sh:message "m" ;
            sh:select "SELECT $this ({path} AS ?path) ?value WHERE {{ $this :p ?value FILTER (!isIRI(?value)) }}" ] .
        : a owl:Ontology ; sh:declare [ sh:prefix "" ; sh:namespace "https://example.org/" ] ."""
    )
    report = compiled(DATA, shapes)
    assert {"https://example.org/next" if path == ":next" else ""} == {one.path for one in report.results}
    assert contents(reference(DATA, shapes)) == contents(report)


COMPONENT = """
    :Component a sh:ConstraintComponent ; sh:parameter [ sh:path :longest ] ;
        sh:validator [ a sh:SPARQLAskValidator ; sh:ask "ASK { FILTER (STRLEN(STR($value)) <= $longest) }" ] .
"""


@pytest.mark.parametrize(
    ("constraint", "named"),
    [
        (":longest 20", "longest"),
        ("sh:sparql [ sh:select 'SELECT $this WHERE { { SELECT $this WHERE { $this ?p 1 } } }' ]", "sparql"),
        ("sh:sparql [ sh:select 'SELECT $this WHERE { $this ?p ?o } GROUP BY $this' ]", "sparql"),
        ("sh:datatype xsd:byte, xsd:int", "datatype"),
        ("sh:qualifiedValueShape [ sh:nodeKind sh:IRI ] ; sh:qualifiedMinCount 1", "count"),
        ("sh:pattern '(a)(?=b)'", "pattern"),
    ],
)
def test_what_is_not_compiled_goes_to_pyshacl_that_shape_alone(constraint: str, named: str) -> None:
    """A line names shape and component; the other shapes are compiled."""
    shapes = parse(
        f"{COMPONENT} :S a sh:NodeShape ; sh:targetClass :Thing ; {constraint} . :T sh:targetClass :Small ; sh:nodeKind sh:Literal ."
    )
    plan = Plan(shapes)
    assert ([":T"], [":S"]) == ([_short(root.shape) for root in plan.roots], [_short(shape) for shape in plan.left])
    store = Store()
    store.extend(pyoxigraph.Quad(one.subject, one.predicate, one.object) for one in DATA)
    if "xsd:byte" in constraint:
        return  # which pyshacl refuses
    said: list[str] = []
    report = plan.run(Embedded(store), lambda: DATA, said.append)
    assert [True] == [re.search(f"pyshacl: .*{named}.*https://example.org/S", line) is not None for line in said]
    assert contents(reference(DATA, shapes)) == contents(report)


def _short(node: object) -> str:
    return str(node).strip("<>").replace("https://example.org/", ":")


def test_a_value_that_a_store_would_rewrite_goes_to_pyshacl() -> None:
    """The report has the value as it was stated."""
    data = [*DATA, *parse(":e a :Thing ; :p 1.50 .")]
    shapes = parse(":S sh:targetClass :Thing ; sh:property [ sh:path :p ; sh:datatype xsd:integer ] .")
    said: list[str] = []
    report = Compiled(said.append).validate(data, shapes)
    assert 1 == len(said)
    assert "1.50" in said[0]
    assert terms.literal("1.50", "decimal") in [result.value for result in report.results]


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (":S sh:targetClass :Thing ; sh:minCuont 1 .", "https://example.org/S has sh:minCuont"),
        (":S sh:targetClass :Thing ; sh:property [ sh:path :p ; sh:expression :x ] .", "has sh:expression"),
        (
            ":S sh:targetClass :Thing ; sh:property [ sh:path :p ; sh:dataType xsd:date ] .",
            "https://example.org/p of https://example.org/S has sh:dataType",
        ),
        (":S sh:targetClass :Thing ; sh:node :S .", "S > https://example.org/S"),
        (
            ":S sh:targetClass :Thing ; sh:not :T . :T sh:or ( :U ) . :U sh:property [ sh:path :p ; sh:node :T ] .",
            "T > .*U > .* > .*T;",
        ),
    ],
)
def test_unknown_constraints_and_recursion_are_refused_by_name(shapes: str, message: str) -> None:
    """Nothing is passed over, and nothing runs forever."""
    with pytest.raises(ShapeError, match=message):
        Compiled().validate(DATA, parse(shapes))


EXPLODING = parse(f":a :p '{'a' * 30}!' .")


def test_an_exploding_expression_does_not_explode() -> None:
    """What takes a backtracking engine minutes is answered at once."""
    shapes = parse(":S sh:targetSubjectsOf :p ; sh:property [ sh:path :p ; sh:pattern '^(a+)+$' ] .")
    start = time.perf_counter()
    assert ["PatternConstraintComponent"] == [result.component for result in compiled(EXPLODING, shapes).results]
    assert time.perf_counter() - start < 1


def test_an_exploding_expression_that_only_pyshacl_knows_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look-ahead is no part of SPARQL's expressions: pyshacl tries, in a process of its own, until its time is over."""
    monkeypatch.setattr("gbakg.reference.validate.__defaults__", (3.0,))
    shapes = parse(":S sh:targetSubjectsOf :p ; sh:property [ sh:path :p ; sh:pattern '^(?=a)(a+)+$' ] .")
    with pytest.raises(ShapeError, match=r"not ended after 3 s.*repetition inside a repetition"):
        Compiled(lambda _: None).validate(EXPLODING, shapes)


def test_a_failure_of_pyshacl_is_told() -> None:
    """Its last line is the reason."""
    shapes = parse(":S sh:targetClass :Thing ; sh:pattern '(a' .")
    with pytest.raises(ShapeError, match=r"pyshacl cannot validate .*unterminated"):
        Compiled(lambda _: None).validate(DATA, shapes)


def test_a_plan_can_be_kept() -> None:
    """Read again it says the same, and reads the shapes only for what has no message or goes to pyshacl."""
    shapes = parse(
        """:S sh:targetClass :Thing ; sh:sparql :C ; sh:property :P . :P sh:path ( :next [ sh:inversePath :next ] ) ;
        sh:maxCount 1 ; sh:in ( :a 1 ) ; sh:minInclusive 1.5 ; sh:message "m" .
        :C sh:message "{$this}" ; sh:select "SELECT $this WHERE { $this <https://example.org/p> 1 }" ."""
    )
    store = Store()
    store.extend(pyoxigraph.Quad(one.subject, one.predicate, one.object) for one in DATA)
    plan = Plan(shapes)
    again = Plan.loads(plan.dumps(), lambda: pytest.fail("reads the shapes"))
    report = plan.run(Embedded(store))
    assert report.results
    assert report == again.run(Embedded(store)) == Report.loads(report.dumps())
    assert plan.dumps() == again.dumps()
    silent = Plan(parse(":S sh:targetClass :Thing ; sh:nodeKind sh:Literal ."))
    assert silent.run(Embedded(store)) == Plan.loads(silent.dumps(), lambda: silent.source.triples).run(Embedded(store))


def test_an_expression_that_only_the_store_knows() -> None:
    """It is asked there; the message does without the words of pyshacl, which cannot read it."""
    report = compiled(DATA, parse(r':S a sh:NodeShape ; sh:targetNode "aé", "a1" ; sh:pattern "^\\p{L}+$" .'))
    assert [("a1", "does not conform to sh:pattern")] == [
        (one.focus.value, one.message) for one in report.results if isinstance(one.focus, pyoxigraph.Literal)
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (':sparql sh:select "SELECT $this WHERE {" . :S sh:sparql :sparql .', "Expected"),
        (':sparql sh:select "SELECT $this WHERE { $this no:no 1 }" . :S sh:sparql :sparql .', "prefix"),
        (":S sh:property [ sh:path :p ; sh:maxCount 1, 2 ] .", "at most one"),
        (":S sh:property [ sh:minCount 1 ] .", "not a well-formed"),
        (':S sh:pattern "(" .', "unterminated"),
    ],
)
def test_shapes_that_nobody_can_validate_with(text: str, said: str) -> None:
    """Both engines refuse them, in the same words once; so does the comparison of the two."""
    shapes = parse(f":S a sh:NodeShape ; sh:targetClass :Thing . {text}")
    for refused in (reference, Compiled().validate, compare):
        with pytest.raises(ShapeError, match=said) as caught:
            refused(DATA, shapes)
        assert 1 == str(caught.value).count("cannot validate with these shapes")
