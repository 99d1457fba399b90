"""Explain why a triple holds: its proof, and below each stated premise the claims or the file that state it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pyoxigraph import BlankNode, DefaultGraph, NamedNode, RdfFormat, parse

from gbakg import cite, find, sources, terms
from gbakg.cite import Citation
from gbakg.closing import Closing
from gbakg.engine import Embedded, select
from gbakg.errors import BadParameter, UnknownName
from gbakg.progress import Say
from gbakg.proof import STATED, Proof, prove
from gbakg.sources import Project

Fact = tuple[str, str, str]
"""A triple, its terms spelt as in N-Triples."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What holds, in short names, the rule that concludes it, and why its premises hold; or who states it."""

    triple: tuple[str, str, str]
    rule: str
    """The rule's name in the specification of OWL 2 RL; `stated` if it needs none."""
    premises: tuple[Explanation, ...] = ()
    claims: tuple[Citation, ...] = ()
    places: tuple[tuple[str, int], ...] = ()
    """Files of the project that state it, each with the line, 0 where that could not be told."""

    def lines(self, depth: int = 0) -> Iterator[str]:
        """Yield the proof as a tree of lines, what a step rests on below it."""
        indent = "    " * (depth + 1)
        yield f"{indent[4:]}{' '.join(self.triple)}   ({self.rule})"
        for file, line in self.places:
            yield f"{indent}{file}, line {line}" if line else f"{indent}{file}"
        for one in self.claims:
            who = "".join(f"; stated by {name}" for name, _ in one.speakers)
            yield f"{indent}{one.claim}: “{one.figure}”, {one.file}, paragraph {one.paragraph}{who}"
        for premise in self.premises:
            yield from premise.lines(depth + 1)

    def record(self) -> dict[str, Any]:
        """Return the proof as dicts and lists, for JSON."""
        claims = [
            {
                "claim": one.claim,
                "figure": one.figure,
                "document": one.document,
                "file": one.file,
                "paragraph": one.paragraph,
                "stated_by": [name for name, _ in one.speakers],
            }
            for one in self.claims
        ]
        return {
            "triple": self.triple,
            "rule": self.rule,
            "claims": claims,
            "files": [{"file": file, "line": line or None} for file, line in self.places],
            "premises": [premise.record() for premise in self.premises],
        }


def explain(engine: Embedded, project: Project, triple: str, say: Say | None = None) -> Explanation | None:
    """Explain a triple of a build; None if it neither was stated nor follows.

    `triple` is three names, IRIs or terms of N-Triples, `a` being rdf:type: "region/shenzhen gba:within region/china".
    `say` hears of what takes long.  Raises BadParameter, BadName.
    """
    fact = read(triple)
    ontology = _Sources(project)
    if _is_stated(engine, fact) or ontology.states(fact):
        return _Telling(engine, ontology).tell(Proof(fact, STATED))
    for lines in _graphs(engine, fact, say or (lambda line: None)):
        everything = [*ontology.lines(), *lines]
        closing = Closing(everything, everything)
        proof = prove(closing, fact)
        if proof is not None:
            return _Telling(engine, ontology, closing).tell(proof)
    return None


def unknown(engine: Embedded, triple: str) -> Iterator[UnknownName]:
    """Yield, for each entity of a triple of which a build says nothing, the error that names those spelt most like it."""
    for term in read(triple):
        about = f"ASK {{ {{ {term} ?p ?o }} UNION {{ ?s ?p {term} }} }}"
        if term.startswith(f"<{terms.ID}") and not engine.query(about):
            name = terms.shorten(NamedNode(term[1:-1]))
            yield UnknownName(name, find.nearest(name, find.names(engine)))


def read(triple: str) -> Fact:
    """Read three terms.  Raises BadParameter, BadName.

    >>> read("region/shenzhen a gba:City")[2]
    '<https://w3id.org/gbakg/ontology#City>'
    """
    match = re.fullmatch(r"\s*(<[^>]*>|\S+)\s+(<[^>]*>|\S+)\s+(\S.*?)(?:\s+\.)?\s*", triple, re.DOTALL)
    if match is None:
        raise _bad(triple)
    subject, predicate, object_ = match.groups()
    found = _term(subject), str(terms.TYPE) if predicate == "a" else _term(predicate), _term(object_)
    if not (found[0].startswith("<") and found[1].startswith("<")):
        raise _bad(triple)
    return found


def _term(word: str) -> str:
    if word.startswith(("<", '"')) or re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?|true|false", word):
        prefixes = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in terms.PREFIXES.items())
        try:
            (quad,) = parse(f"{prefixes}<x:> <x:> {word} .", RdfFormat.TURTLE)
        except (SyntaxError, ValueError) as error:
            raise _bad(word) from error
        return str(quad.object)
    return f"<{word}>" if re.fullmatch(r"https?://[^\s<>\"{}|\\^`]+", word) else str(terms.expand(word))


def _bad(found: str) -> BadParameter:
    advice = "for instance 'region/shenzhen gba:within region/china'; a literal is written in double quotes"
    return BadParameter("triple", "subject, property and object, as short names or IRIs", found, advice)


# --- the graph to prove it from --------------------------------------------------------------------------------------


def _is_stated(engine: Embedded, fact: Fact) -> bool:
    return bool(engine.stated.query(f"ASK {{ {' '.join(fact)} }}"))


def _graphs(engine: Embedded, fact: Fact, say: Say) -> Iterator[list[str]]:
    """Yield first what matters as a rule, then, where the triple is known to be entailed, all that is stated.

    What a claim says of other things is stated as a plain triple too; so a large graph's claims are left aside at first,
    all but those that the triple names.
    """
    subjects = {one for (one,) in select(engine, _THINGS) if isinstance(one, NamedNode)}
    subjects.update(NamedNode(term[1:-1]) for term in fact if term.startswith("<"))
    yield [line for subject in sorted(subjects, key=str) for line in _stated(engine, subject)]
    if engine.query(f"ASK {{ {' '.join(fact)} }}"):
        say("reading all claims, since it follows from some that the triple does not name")
        yield list(_stated(engine, None))


def _stated(engine: Embedded, subject: NamedNode | None) -> Iterator[str]:
    for quad in engine.stated.store.quads_for_pattern(subject, None, None, DefaultGraph()):
        if not isinstance(quad.subject, BlankNode) and not isinstance(quad.object, BlankNode):  # see _Sources.triples
            yield f"{quad.triple} ."


_THINGS = """
PREFIX gba: <https://w3id.org/gbakg/ontology#>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT DISTINCT ?thing WHERE {
    { SELECT ?class WHERE {
        ?class a owl:Class
        FILTER NOT EXISTS { VALUES ?kind { gba:Observation gba:Fact gba:Mention } ?kind rdfs:subClassOf* ?class }
    } }
    ?thing a ?class
}"""
"""Whatever is no claim: the members of the classes that hold none."""


# --- who states it ---------------------------------------------------------------------------------------------------


class _Telling:
    """Turns a proof into an explanation."""

    def __init__(self, engine: Embedded, ontology: _Sources, closing: Closing | None = None) -> None:
        self.engine = engine
        self.sources = ontology
        self.closing = closing

    def tell(self, proof: Proof) -> Explanation:
        stated = proof.rule == STATED
        subject, predicate, object_ = map(self._word, proof.fact)
        return Explanation(
            (subject, "a" if proof.fact[1] == str(terms.TYPE) else predicate, object_),
            proof.rule,
            tuple(map(self.tell, proof.premises)),
            tuple(self._claims(proof.fact)) if stated else (),
            tuple(self.sources.places(proof.fact)) if stated else (),
        )

    def _word(self, term: str) -> str:
        """Shorten a term; a list shows its members."""
        if term.startswith("<"):
            return terms.shorten(NamedNode(term[1:-1]))
        if not term.startswith("_:") or self.closing is None:
            return term
        members = self.closing.members(self.closing.numbers[term])
        return f"( {' '.join(self._word(self.closing.terms[one]) for one in members)} )" if members else "[]"

    def _claims(self, fact: Fact) -> list[Citation]:
        """Cite the claims that state a triple: the one that it is about, or the reported facts whose plain triple it is."""
        if any(term.startswith("_:") for term in fact):
            return []
        subject, predicate, object_ = fact
        found = select(self.engine, _CLAIMS % (subject, subject, predicate, object_))
        return cite.citations(self.engine, [one for (one,) in found if isinstance(one, NamedNode)])


_CLAIMS = """
PREFIX gba: <https://w3id.org/gbakg/ontology#>
SELECT DISTINCT ?claim WHERE {
    { VALUES ?claim { %s } ?claim gba:statedIn ?passage }
    UNION { ?claim gba:subject %s ; gba:predicate %s ; gba:status gba:reported ; gba:object|gba:literal %s }
}"""


class _Sources:
    """The project's Turtle files, and the lines where they state something."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._read = cache(lambda path: {f"{triple} .": None for triple in sources.triples(path)})

    def lines(self) -> Iterator[str]:
        """Yield the triples of the ontology, lists and anonymous classes included, which what holds is stored without."""
        for path in sources.ontology_files(self.project):
            yield from self._read(path)

    def states(self, fact: Fact) -> bool:
        """Tell whether the ontology states a triple."""
        return f"{' '.join(fact)} ." in set(self.lines())

    def places(self, fact: Fact) -> Iterator[tuple[str, int]]:
        """Yield the files that state a triple, as the project names them, each with the line."""
        line = f"{' '.join(fact)} ."
        for path in self._candidates(fact[0]):
            if line in self._read(path):
                yield self.project.name(path), _line(path.read_text(encoding="utf-8").split("\n"), fact)

    def _candidates(self, subject: str) -> Iterable[Path]:
        name = terms.shorten(NamedNode(subject[1:-1])) if subject.startswith("<") else ""
        if name.startswith("document/"):
            path = self.project.data / "documents" / name.removeprefix("document/").partition("#")[0] / "document.ttl"
            return [path] if path.exists() else []
        return [*sources.ontology_files(self.project), *sources.registry_files(self.project)]


def _line(text: list[str], fact: Fact) -> int:
    """Find the line, from 1, of a Turtle file with one predicate to a line, where a triple stands; 0 if it is not found."""
    subject, predicate, object_ = map(_spelt, fact)
    starts = [at for at, line in enumerate(text) if re.match(subject, line)] if subject else [0]
    for start in starts:
        ends = (at for at in range(start + 1, len(text)) if subject and re.match(r"[^\s#]", text[at]))
        block = range(start, next(ends, len(text)))
        holding = [at for at in block if re.search(predicate, text[at])]
        exact = [at for at in holding if re.search(object_, text[at])]
        if exact or holding:
            return (exact or holding)[0] + 1
    return starts[0] + 1 if starts and subject else 0


def _spelt(term: str) -> str:
    """Write the pattern of a term's spellings in Turtle; it is empty for a blank node."""
    if term.startswith("_:"):
        return ""
    if term.startswith('"'):
        return re.escape(term.rpartition('"')[0])
    short = [f"{name}:{term[1 + len(iri) : -1]}" for name, iri in terms.PREFIXES.items() if term.startswith(f"<{iri}")]
    spellings = [re.escape(term), *(rf"(?<![\w:-]){re.escape(one)}(?![\w-])" for one in short)]
    return "|".join([*spellings, *([r"(?<!\S)a(?=\s)"] if term == str(terms.TYPE) else [])])
