"""Whether the two engines agree on a graph: everything that one of them says of it and the other does not.

The reference is owlrl and pyshacl as they come.  What they are known to get wrong is told as well: this module only
compares, docs/engines.md lists which differences are to be expected, and why.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pyoxigraph import BlankNode, Literal, Triple

from gbakg import terms
from gbakg.closing import Fast
from gbakg.progress import Say
from gbakg.reason import Owlrl, Reasoner
from gbakg.shapes import Compiled
from gbakg.validate import DATA_ERRORS, Pyshacl, Report


class Line(NamedTuple):
    """A result of a validation as it is compared: each field as text, blank nodes without their labels."""

    focus: str
    path: str
    value: str
    severity: str
    message: str
    shape: str
    component: str

    def __str__(self) -> str:
        at = f" {self.path}" if self.path else ""
        return f"{self.focus}{at}, value {self.value}, by {self.shape} ({self.component}): {self.message}"


@dataclass(frozen=True, slots=True)
class Difference:
    """What one engine alone says: an entailed triple, the name of a violated rule, or a result; `by` names the library.

    Or, as text, why the reference said nothing.
    """

    by: str
    what: Triple | Line | str

    def __str__(self) -> str:
        if isinstance(self.what, Triple):
            return f"entailed by {self.by} alone: {self.what}"
        if isinstance(self.what, Line):
            return f"reported by {self.by} alone: {self.what}"
        if self.what.startswith(BROKEN):
            return f"{self.by} gave {self.what}"
        return f"violated rule found by {self.by} alone: {self.what}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two engines said of one graph: how many entailments, violated rules and results the fast one found, and what differs."""

    entailments: int
    rules: int
    results: int
    differences: tuple[Difference, ...]

    def lines(self) -> list[str]:
        """Word the differences, one line each; none if the engines agree."""
        return [str(one) for one in self.differences]


def compare(stated: Sequence[Triple], shapes: Sequence[Triple], say: Say | None = None) -> Comparison:
    """Close and validate a graph, which includes the ontology, with both engines; `say` is told what goes to pyshacl.

    Takes as long as the reference does, minutes where there are thousands of claims.  Raises ShapeError for shapes that
    either engine refuses.
    """
    mine = closed(Fast(), stated)
    found = _closures(mine, stated)
    fast, reference = Counter[Line](), Counter[Line]()
    try:
        reference = contents(Pyshacl().validate(stated, shapes))
    except DATA_ERRORS as error:
        found.append(Difference("pyshacl", f"{BROKEN}, {type(error).__name__}: {error}"))
    else:
        fast = contents(Compiled(say).validate(stated, shapes))
    found += [Difference("gbakg", line) for line in sorted((fast - reference).elements())]
    found += [Difference("pyshacl", line) for line in sorted((reference - fast).elements())]
    return Comparison(len(mine[0]), len(mine[1]), fast.total(), tuple(found))


BROKEN = "nothing, because it broke off"


def _closures(mine: Found, stated: Sequence[Triple]) -> list[Difference]:
    """Compare a closure with owlrl's; where misspelt decimals stop owlrl, that of the graph without them."""
    try:
        return [*differing("gbakg", mine, "owlrl", closed(Owlrl(), stated))]
    except ArithmeticError as error:
        found = [Difference("owlrl", f"{BROKEN}, {type(error).__name__}: {error}")]
    rest = [one for one in stated if not is_no_decimal(one.object)]
    return found + (_closures(closed(Fast(), rest), rest) if len(rest) < len(stated) else [])


def is_no_decimal(term: object) -> bool:
    """Tell whether a term is typed as xsd:decimal and misspelt.

    >>> is_no_decimal(terms.literal("1e3", "decimal")), is_no_decimal(terms.literal("1.50", "decimal"))
    (True, False)
    """
    if not isinstance(term, Literal) or term.datatype != terms.XSD.term("decimal"):
        return False
    return re.fullmatch(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)", term.value) is None


Found = tuple[set[Triple], set[str]]
"""What a reasoner found: the kept entailments, and the rules that are violated."""


def closed(reasoner: Reasoner, stated: Iterable[Triple]) -> Found:
    """Close a graph; return what is kept, and by their names in the specification the rules that are violated."""
    closure = reasoner.close(stated)
    return set(closure.entailed), {rule(sentence) for sentence in closure.inconsistencies}


def differing(one: str, mine: Found, other: str, theirs: Found) -> Iterator[Difference]:
    """Yield what one of two reasoners found alone."""
    for name, (entailed, rules), (others, broken) in ((one, mine, theirs), (other, theirs, mine)):
        yield from (Difference(name, triple) for triple in sorted(entailed - others, key=str))
        yield from (Difference(name, violated) for violated in sorted(rules - broken))


def contents(report: Report) -> Counter[Line]:
    """Count the results of a report."""
    return Counter(
        Line(
            *(
                "_:" if isinstance(field, BlankNode) else str(field)
                for field in (one.focus, one.path, one.value, one.severity, one.message, one.shape, one.component)
            )
        )
        for one in report.results
    )


def rule(sentence: str) -> str:
    """Name the rule that an inconsistency is about; the sentence itself if it cannot be told.

    owlrl has one sentence for rules that differ in what they are written with only (prp-npa1 and prp-npa2, say), which
    get one name here.

    >>> rule("region/a is both a gba:City and a gba:Expo (cax-adc)")
    'cax-dw'
    """
    named = re.search(r"\((?P<rule>[a-z]+-[a-z0-9-]+)\)$", sentence)
    if named is not None:
        return _TOGETHER.get(named["rule"], named["rule"])
    if sentence.endswith("is defined of type 'Nothing'"):
        return "cls-nothing2"
    if sentence.startswith("Disjoint classes") and re.search(r"\bxsd:|XMLSchema#", sentence):
        return "dt-not-type"
    return next((name for start, name in _SENTENCES.items() if sentence.startswith(start)), sentence)


_SENTENCES = {
    "'sameAs' and 'differentFrom'": "eq-diff1",
    "'sameAs' and 'AllDifferent'": "eq-diff2",
    "Irreflexive property": "prp-irp",
    "Erroneous usage of asymmetric": "prp-asyp",
    "Erroneous usage of disjoint": "prp-pdw",
    "Disjoint properties in an": "prp-adp",
    "Negative": "prp-npa1",
    "Violation of complementarity": "cls-com",
    "Erroneous usage of maximum cardinality": "cls-maxc1",
    "Erroneous usage of maximum qualified": "cls-maxqc1",
    "Disjoint classes": "cax-dw",
    "Lexical value": "dt-not-type",
    "Violation of type restriction": "dt-not-type",
}
"""How owlrl's sentences begin, and the rules that they are about."""

_TOGETHER = {"eq-diff3": "eq-diff2", "prp-npa2": "prp-npa1", "cls-maxqc2": "cls-maxqc1", "cax-adc": "cax-dw"}
