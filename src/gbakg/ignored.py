"""The list of what may differ from owlrl and pyshacl as they come, each kind with its reason, and how it is recognised.

A difference that none of these kinds accounts for is an error of one engine or the other.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from pyoxigraph import Literal, NamedNode, Triple

from gbakg import datatypes, terms
from gbakg.engine import Term
from gbakg.equality import BROKEN, Difference, Found, Line, contents, is_no_decimal
from gbakg.oracle import mended
from gbakg.shapes import Compiled


class Kind(NamedTuple):
    """A kind of difference that does not count: whose it is, why it is there, and the library's own issue about it."""

    library: str
    reason: str
    issue: str = ""

    def __str__(self) -> str:
        return f"{self.library}: {self.reason}" + (f"; {self.issue}" if self.issue else "")


IGNORED = {
    "literals made the same": Kind(
        "owlrl",
        "makes the values of a functional property, of a key or of a maximum the same, literals too, whereupon what is said "
        "with one of them is said with the other, by whomever; gbakg never does",
        "https://github.com/RDFLib/OWL-RL/issues/27",
    ),
    "lists not read to their end": Kind(
        "owlrl",
        "skips the last member of owl:hasKey, and the pairs with the last one of owl:AllDifferent and owl:AllDisjointProperties",
        "https://github.com/RDFLib/OWL-RL/issues/85",
    ),
    "dt-type2": Kind(
        "owlrl",
        "takes a thing that equals a literal for a member of the literal's datatypes; gbakg does where a rule asks for it",
        "https://github.com/RDFLib/OWL-RL/issues/63",
    ),
    "dt-diff": Kind("owlrl", "has no rule for literals that differ", "https://github.com/RDFLib/OWL-RL/issues/27"),
    "dt-not-type": Kind("owlrl", "compares the spaces of datatypes, not values: 12.5 passes where an integer is due"),
    "literals that no axiom reaches": Kind(
        "gbakg",
        "reads the literals of properties that stand in an axiom only, where owlrl reads every one; SHACL reports the others",
    ),
    "other datatypes": Kind(
        "owlrl",
        "reads literals of datatypes that OWL 2 RL leaves out, such as xsd:date (OWL 2 Profiles, section 4.2.1), and finds "
        "them misspelt; SHACL reports them",
    ),
    "well-written literals": Kind(
        "owlrl",
        "finds 0, INF and NaN misspelt where they are an xsd:double or xsd:float, and 24:00:00 and years beyond 9999 in an "
        "xsd:dateTime; XML Schema has them",
    ),
    "unlike types": Kind(
        "pyshacl",
        "orders a number and a text, which SPARQL (section 17.3) calls a type error: it alone has then results of a "
        "sh:sparql about a node, of whose literal both report the datatype",
    ),
    "stopped by a decimal": Kind(
        "owlrl",
        "stops with an exception at a misspelt xsd:decimal; without that, both find the same",
    ),
    "broken off": Kind(
        "pyshacl",
        "breaks off where a query computes with a misspelt number, and has no report",
        "https://github.com/RDFLib/rdflib/pull/2949",
    ),
}
"""The kinds of difference that do not count.  Of owlrl's closure only what a build keeps is compared at all: no literals as
subjects, nothing reflexive, no triples of the built-in vocabularies, no links to owl:Thing."""


class Judgement(NamedTuple):
    """How many differences of which kinds were ignored, and those that count."""

    ignored: Counter[str]
    left: tuple[Difference, ...]

    def lines(self) -> list[str]:
        """Word the differences, one line each; those that were ignored by their kinds."""
        told = [
            f"{count} known difference{'' if count == 1 else 's'}: {kind}, {IGNORED[kind]}"
            for kind, count in sorted(self.ignored.items())
        ]
        return [*map(str, self.left), *told]


def judge(stated: Sequence[Triple], shapes: Sequence[Triple], differences: Iterable[Difference]) -> Judgement:
    """Sort out the differences of a graph that are of a kind in IGNORED.

    Where owlrl may have made a mistake that can be mended, the graph is closed again with owlrl so mended: what is then
    no difference any more was that mistake.
    """
    ignored: Counter[str] = Counter()
    left: list[Difference] = []
    for one in differences:
        kind = _kind(one, stated, shapes)
        if kind:
            ignored[kind] += 1
        else:
            left.append(one)
    for kind, lists in (("literals made the same", False), ("lists not read to their end", True)):
        if any(map(_is_of_closure, left)):
            found, literal = mended([one for one in stated if not is_no_decimal(one.object)], lists)
            kinds = {
                one: "dt-type2" if _is_typing(one, literal) else kind for one in left if _is_gone(one, found, literal)
            }
            ignored.update(kinds.values())
            left = [one for one in left if one not in kinds]
    return Judgement(ignored, tuple(left))


def _kind(one: Difference, stated: Sequence[Triple], shapes: Sequence[Triple]) -> str:
    """Name the kind of a difference that can be told by the difference and the graph, without closing it again."""
    if one.by == "pyshacl":
        if isinstance(one.what, Line):
            return "unlike types" if is_unlike(one.what, _reported(stated, shapes)) else ""
        return "broken off" if any(_has_no_value(one.object) for one in stated) else ""
    if one.by == "owlrl" and isinstance(one.what, str) and one.what.startswith(BROKEN):
        return "stopped by a decimal" if any(is_no_decimal(one.object) for one in stated) else ""
    if one.what == "dt-not-type" and one.by == "owlrl":
        misspelt = [one for one in stated if isinstance(one.object, Literal) and _misspelt(one.object)]
        due = [one for one in misspelt if datatypes.known(str(one.object.datatype))]  # type: ignore[union-attr]
        if misspelt and not due:
            return "other datatypes"
        wrong = [one for one in due if not _is_limit(one)]
        if due and not wrong:
            return "well-written literals"
        return "literals that no axiom reaches" if _out_of_reach(stated, wrong) else ""
    return str(one.what) if one.what in ("dt-diff", "dt-not-type") else ""


def is_axiom(triple: Triple) -> bool:
    """Tell whether a triple is of the vocabularies of RDF, RDFS and OWL: an axiom, a label, a part of a list."""
    builtin = (str(terms.RDF), str(terms.RDFS), str(terms.OWL))
    if triple.predicate == terms.TYPE:
        return isinstance(triple.object, NamedNode) and triple.object.value.startswith(builtin)
    return triple.predicate.value.startswith(builtin)


def _is_of_closure(one: Difference) -> bool:
    return one.by != "pyshacl" and not isinstance(one.what, Line)


def _is_gone(one: Difference, found: Found, literal: Collection[Term]) -> bool:
    """Tell whether gbakg and mended owlrl agree on what gbakg and owlrl did not; or on all but the datatypes of a thing."""
    if not _is_of_closure(one):
        return False
    entailed, rules = found
    agreed = one.what in rules if isinstance(one.what, str) else one.what in entailed
    return agreed == (one.by == "gbakg") or _is_typing(one, literal)


def is_unlike(one: Line, reported: Iterable[Line]) -> bool:
    """Tell whether a result that pyshacl alone has compares with a literal whose datatype is in the fast report, too."""
    typed = _mistyped(reported)
    named = {one.focus.strip("<>"), one.value.strip("<>"), *re.findall(r"https?://[^\s,]+", one.message)}
    return one.component == "SPARQLConstraintComponent" and not typed.isdisjoint(named)


def _mistyped(reported: Iterable[Line]) -> set[str]:
    return {line.focus.strip("<>") for line in reported if line.component == "DatatypeConstraintComponent"}


def _out_of_reach(stated: Sequence[Triple], misspelt: Sequence[Triple]) -> bool:
    """Tell whether all misspelt literals stand where no axiom names the property."""
    named = {
        term
        for one in stated
        if is_axiom(one) and one.predicate != terms.TYPE and one.predicate not in _ANNOTATIONS
        for term in (one.subject, one.object)
        if isinstance(term, NamedNode)
    }
    return bool(misspelt) and named.isdisjoint(one.predicate for one in misspelt)


_ANNOTATIONS = {terms.RDFS.term(name) for name in ("comment", "isDefinedBy", "label", "seeAlso")}


def _misspelt(literal: Literal) -> bool:
    """Tell whether owlrl cannot read a literal."""
    from owlrl.DatatypeHandling import AltXSDToPYTHON
    from rdflib import URIRef

    try:
        AltXSDToPYTHON.get(URIRef(literal.datatype.value), str)(literal.value)
    except (ArithmeticError, ValueError):
        return True
    return False


def _is_limit(triple: Triple) -> bool:
    """Tell whether a literal that owlrl cannot read is a number or a moment all the same."""
    read = datatypes.value(str(triple.object))
    return read is not None and read[0] in ("double", "float", "dateTime")


def _has_no_value(term: Term) -> bool:
    """Tell whether rdflib finds a literal misspelt."""
    from rdflib import Literal as Other
    from rdflib import URIRef

    if not isinstance(term, Literal) or term.language is not None:
        return False
    return Other(term.value, datatype=URIRef(term.datatype.value), normalize=False).ill_typed is True


def _is_typing(one: Difference, literal: Collection[Term]) -> bool:
    """Tell whether a difference is that owlrl alone gives a datatype to a thing that equals a literal."""
    return (
        one.by == "owlrl"
        and isinstance(one.what, Triple)
        and one.what.subject in literal
        and isinstance(one.what.object, NamedNode)
        and one.what.object.value.startswith(terms.XSD)
    )


def _reported(stated: Sequence[Triple], shapes: Sequence[Triple]) -> Iterable[Line]:
    return contents(Compiled(lambda _: None).validate(stated, shapes))
