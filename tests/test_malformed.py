"""What is refused of a shapes graph before anything is compiled of it."""

from __future__ import annotations

import pytest
from pyoxigraph import RdfFormat, Triple, parse

from gbakg import terms
from gbakg.errors import ShapeError
from gbakg.malformed import DEEPEST
from gbakg.shapes import Compiled, Plan
from gbakg.validate import Pyshacl

PREFIXES = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in {**terms.PREFIXES, "ex": "https://e.org/"}.items())
ODD = "ex:odd a sh:NodeShape ; sh:targetNode ex:a ; sh:message 'no' ; "


def turtle(text: str) -> list[Triple]:
    return [quad.triple for quad in parse(PREFIXES + text, format=RdfFormat.TURTLE)]


def nested(before: str, inside: str, after: str, times: int) -> str:
    return before * times + inside + after * times


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ("sh:property [ sh:path _:p ; sh:minCount 1 ] . _:p sh:inversePath _:p .", "leads back into itself"),
        (
            "sh:property [ sh:path _:p ; sh:minCount 1 ] . _:p sh:alternativePath ( ex:q _:p ) .",
            "leads back into itself",
        ),
        (
            f"sh:property [ sh:minCount 1 ; sh:path {nested('[ sh:inversePath ', 'ex:p', ' ]', 1000)} ] .",
            f"has more than {DEEPEST} steps",
        ),
        (f"sh:property [ sh:minCount 1 ; sh:path ( {'ex:p ' * 1000} ) ] .", f"has more than {DEEPEST} steps"),
    ],
)
def test_a_path_without_an_end_is_refused(shape: str, message: str) -> None:
    """It would overrun the stack of whoever follows it; the shape that has it is named."""
    with pytest.raises(ShapeError, match=rf"a path of https://e.org/odd {message}"):
        Plan(turtle(ODD + shape))


@pytest.mark.parametrize(
    ("parameter", "message"),
    [
        ("sh:deactivated 'maybe'", 'has sh:deactivated "maybe", which is neither true nor false'),
        ("sh:closed 'true'", 'has sh:closed "true", which is neither true nor false'),
        ("sh:closed ex:x", "has sh:closed <https://e.org/x>, which is neither true nor false"),
        ("sh:in 5", "which is no list; write its members in parentheses"),
        ("sh:or [ sh:class ex:C ]", "which is no list"),
        ("sh:in _:l . _:l rdf:first 1 ; rdf:rest _:l", "which is no list"),
        ("sh:languageIn _:l . _:l rdf:first 'en', 'pt' ; rdf:rest ()", "which is no list"),
        ("sh:or _:l . _:l rdf:first [ sh:class ex:C ] ; rdf:rest (), ( [ sh:class ex:D ] )", "which is no list"),
        ("sh:closed true ; sh:ignoredProperties _:l . _:l rdf:first ex:p", "which is no list"),
        ("sh:severity sh:Info, sh:Warning", "sh:severity .*sh.*Info and .*Warning, where one is allowed"),
        ("sh:severity 'Info'", 'has sh:severity "Info", which is no IRI; write sh:Violation'),
        ("sh:path ex:p, ex:q", "has sh:path .* and .*, where one is allowed"),
        ("sh:targetSubjectsOf 'x'", 'has sh:targetSubjectsOf "x", which is no IRI; write a property'),
    ],
)
def test_a_value_that_means_nothing_is_refused(parameter: str, message: str) -> None:
    """Engines would each guess something else."""
    with pytest.raises(ShapeError, match=message):
        Plan(turtle(f"{ODD} {parameter} ."))


@pytest.mark.parametrize("shape", ["sh:in ()", "sh:property [ sh:path ex:p ; sh:message 'no' ; sh:in () ]"])
def test_nothing_is_in_an_empty_list(shape: str) -> None:
    """Nodes, texts and numbers alike, as the reference has it."""
    data, shapes = turtle("ex:a a ex:C ; ex:p 'x'@en , 5 , ex:b ."), turtle(f"{ODD} {shape} .")
    fast, reference = Compiled(lambda _: None).validate(data, shapes), Pyshacl().validate(data, shapes)
    assert reference == fast
    assert fast.results


@pytest.mark.parametrize("times", [DEEPEST, 3000])
def test_shapes_in_shapes_have_an_end(times: int) -> None:
    """Wherever one begins to look."""
    inside = nested("[ sh:message 'no' ; sh:not ", "[ sh:class ex:C ]", " ]", times)
    with pytest.raises(ShapeError, match=f"shapes in shapes, more than {DEEPEST} deep; nest less"):
        Plan(turtle(f"{ODD} sh:not {inside} ."))


def test_shapes_that_begin_in_the_middle_are_as_deep() -> None:
    """Shapes with names of their own are looked at in their order, the innermost first."""
    chain = " ".join(
        f"ex:s{number} a sh:NodeShape ; sh:message 'no' ; sh:node ex:s{number - 1} ."
        for number in range(1, DEEPEST + 1)
    )
    with pytest.raises(ShapeError, match="more than"):
        Plan(turtle(f"ex:s0 a sh:NodeShape ; sh:class ex:C . {chain} {ODD} sh:node ex:s{DEEPEST} ."))


def test_what_is_nested_a_little_is_compiled() -> None:
    """As deep as anybody nests, and with the right result: a double negation is none."""
    twice = nested("[ sh:message 'no' ; sh:not ", "[ sh:class ex:C ]", " ]", 9)
    found = [
        Compiled(lambda _: None).validate(turtle(f"ex:a a ex:{one} ."), turtle(f"{ODD} sh:not {twice} ."))
        for one in "CD"
    ]
    assert [0, 1] == [len(report.results) for report in found]


@pytest.mark.parametrize("count", [1, 100, 101, 30_000])
def test_a_list_of_any_length_is_compiled(count: int) -> None:
    """The engine would end the process at some thousands that are joined one to the next."""
    members = " ".join(f"'{number}'" for number in range(count))
    shapes = turtle(f"{ODD} sh:property [ sh:path ex:p ; sh:message 'other' ; sh:in ( {members} ) ] .")
    data = turtle(f"ex:a ex:p '0' , '{count - 1}' , '{count}' .")
    (result,) = Compiled(lambda _: None).validate(data, shapes).results
    assert f'"{count}"' == str(result.value)
