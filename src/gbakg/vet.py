"""Vet what is in Turtle, the registry, documents' descriptions and shapes: what parses, and still is not of this project.

Blank nodes, terms that the ontology does not define, literals that stores would spell differently, and in a document's
description what is not about the document.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from pyoxigraph import NamedNode, Triple

from gbakg import cells, terms
from gbakg.errors import Problem, shown


def vet(
    lines: Iterable[str], path: Path, slug: str | None, defined: set[str], problems: list[Problem]
) -> Iterator[str]:
    """Yield the triples of a Turtle file, as lines of N-Triples; after the last, add what is wrong to `problems`.

    `slug` names the document that the file describes, if it is to describe one; `defined` are the terms of the ontology.
    """
    own = terms.document(slug).value if slug is not None else None
    found: list[str] = []
    foreign: set[str] = set()
    spelt: dict[str, str] = {}
    unknown: dict[str, str] = {}
    seen = blank = False
    for line in lines:
        yield line
        subject, predicate, object_ = line[:-2].split(" ", 2)
        blank |= subject.startswith("_:") or object_.startswith("_:")
        for term in (predicate, object_):
            if term.startswith(_OURS) and term not in defined:
                unknown[term] = _shorten(subject)
        if object_.startswith('"') and (wrong := _misspelt(object_)):
            spelt[wrong] = _shorten(subject)
        if own is not None:
            seen |= subject == f"<{own}>"
            if subject != f"<{own}>" and not subject.startswith((f"<{own}#p", "_:")):
                foreign.add(_shorten(subject))
    if blank:
        found.append("holds a blank node; data name everything with an IRI")
    found += [f"{name}: {wrong}" for wrong, name in sorted(spelt.items())]
    found += [
        f"{name}: {_shorten(term)} is no term of the ontology{_meant(term, defined)}" for term, name in unknown.items()
    ]
    if own is not None and not seen:
        found.append(
            f"does not describe document/{slug}, after which its folder is named; mend the IRI, or rename the folder"
        )
    found += [f"describes {name}; only the document and its paragraphs belong here" for name in sorted(foreign)]
    problems += [Problem(shown(path), message) for message in found]


def shapes(paths: Iterable[Path], defined: set[str], read: Callable[[Path], Iterable[Triple]]) -> Iterator[Problem]:
    """Yield the terms of ours in files of shapes that neither the ontology, as `defined`, nor a shape defines.

    A shape of a class that is misspelt would hold for nothing, and one of such a property against everything.
    """
    found = {path: list(read(path)) for path in paths}
    known = defined | {str(triple.subject) for triples in found.values() for triple in triples}
    for path, triples in found.items():
        used = {str(term): None for triple in triples for term in (triple.predicate, triple.object)}
        for term in used:
            if term.startswith(_OURS) and term not in known:
                yield Problem(shown(path), f"{_shorten(term)} is no term of the ontology{_meant(term, defined)}")


def name(slug: str, folder: Path) -> Iterator[Problem]:
    """Yield what is wrong with the name of a document's folder."""
    if not terms.is_slug(slug):
        advice = "write lower-case letters, digits and single hyphens"
        yield Problem(shown(folder), f"a document's folder ends its IRI; {advice}")


def files(paths: Iterable[Path]) -> Iterator[Problem]:
    """Yield the files whose names are not UTF-8: a build's receipt, which names them all, could not be written."""
    for path in paths:
        try:
            str(path).encode()
        except UnicodeEncodeError:
            yield Problem(shown(path), "has a name that is not UTF-8; rename it")


_OURS = f"<{terms.GBA}"


def _shorten(term: str) -> str:
    return terms.shorten(NamedNode(term[1:-1])) if term.startswith("<") else term


def _meant(term: str, defined: Iterable[str]) -> str:
    from difflib import get_close_matches

    # Their local names alone: the namespace that they share would make any two of them alike.
    known = sorted(one[len(_OURS) : -1] for one in defined if one.startswith(_OURS))
    near = get_close_matches(term[len(_OURS) : -1], known, n=1, cutoff=0.7)
    return f"; did you mean gba:{near[0]}?" if near else "; correct it, or define it in ontology/"


def _misspelt(literal: str) -> str:
    """Say what is wrong with a literal that stores and libraries would spell differently; nothing if it is canonical."""
    if "\\" in literal and (control := _CONTROL.search(literal)):
        return f"a literal has the control character {control[1]}, as N-Triples spells it; remove it"
    found = _LITERAL.search(literal)
    if found is None:
        return ""
    text, kind, tag = found.groups()
    if tag is not None:
        return f"the language tag {tag} is not in lower case, and stores change it; write {tag.lower()}"
    if kind in ("float", "double"):
        return f"{text} is a {kind}; write an integer, or a decimal with a point and no exponent"
    try:
        cells.LITERALS[kind](text)
    except ValueError as error:
        return str(error)
    return ""


_CONTROL = re.compile(r"(?<!\\)(?:\\\\)*(\\(?:u00[0-9A-F]{2}|uFFF[EF]|b|f))")
"""Canonical N-Triples escape these, and line feeds, tabs and carriage returns, which texts do have."""
_LITERAL = re.compile(
    rf'^"(.*)"(?:\^\^<{re.escape(terms.XSD)}(integer|decimal|float|double)>|@(?=\S*[A-Z])(\S+))$', re.DOTALL
)
