"""SPARQL groups taken apart into triple patterns, filters and inner groups, and what a query reaches in a graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from gbakg.errors import QuerySyntaxError
from gbakg.terms import GBA, TYPE
from gbakg.tokens import Token, code

WITHIN = frozenset((GBA + "statedIn", GBA + "inDocument"))
"""The predicates that lead from a claim to its passage, and from there to its document."""


class Pattern(NamedTuple):
    """A triple pattern; from `start` to `end` stand its path and its object."""

    subject: Token
    path: tuple[Token, ...]
    object: Token
    start: int
    end: int

    def steps(self, text: str) -> list[str]:
        """Write a triple pattern for each step of the path: of `a/rdfs:subClassOf*` engines else ask the second of all nodes."""
        level = 0
        marks = [(one, level := level + (one.text == "(") - (one.text == ")")) for one in self.path]
        outer = [one for one, inside in marks if not inside and one.kind == "mark" and one.text in "/|"]
        outer = [] if any(one.text == "|" for one in outer) else outer
        first, last = text[self.subject.start : self.subject.end], text[self.object.start : self.end]
        nodes = (first, *(f"?step_{one.start}" for one in outer), last)
        edges = (self.start, *(at for one in outer for at in (one.start, one.end)), self.object.start)
        ways = (text[start:end].strip() for start, end in zip(edges[::2], edges[1::2], strict=True))
        return [f"{one} {way} {other}" for one, way, other in zip(nodes, ways, nodes[1:], strict=False)]


@dataclass(slots=True)
class Group:
    """What stands between two braces; `plain` tells that it is nothing but triple patterns and filters, `;` allowed."""

    start: int
    end: int = 0
    patterns: list[Pattern] = field(default_factory=list)
    filters: list[tuple[int, int]] = field(default_factory=list)
    joined: list[Group] = field(default_factory=list)
    asked: list[Group] = field(default_factory=list)
    """The groups of EXISTS."""
    plain: bool = True

    def inner(self) -> Iterator[Group]:
        """Yield the groups inside, and those inside them."""
        for group in (*self.joined, *self.asked):
            yield group
            yield from group.inner()


def parse(found: list[Token]) -> Group:
    """Take the first group of a query apart.  Raises ValueError for what is not read here, such as a sub-select."""
    first = next((at for at, token in enumerate(found) if _is(token, "{")), len(found))
    try:
        return _group(found, first)[0]
    except IndexError:
        raise ValueError("cannot take apart: it has no end") from None


def _group(found: list[Token], at: int) -> tuple[Group, int]:
    group = Group(found[at].end)
    at += 1
    while not _is(found[at], "}"):
        token = found[at]
        word = token.text.upper() if token.kind == "word" else ""
        if _is(token, "{"):
            inner, at = _group(found, at)
            group.joined.append(inner)
        elif word in ("FILTER", "BIND"):
            asked, at = _expression(found, at + 1)
            group.asked += asked
            group.filters.append((token.start, found[at - 1].end))
            group.plain &= word == "FILTER"
        elif word in ("OPTIONAL", "UNION") or _is(token, "."):
            at += 1
        else:
            at = _triples(found, at, group)
    group.end = found[at].start
    group.plain &= not group.joined and not group.asked
    return group, at + 1


def _expression(found: list[Token], at: int) -> tuple[list[Group], int]:
    """Pass over an expression: to where its brackets close, or its EXISTS ends."""
    asked: list[Group] = []
    level = 0
    while True:
        if _is(found[at], "{"):
            inner, at = _group(found, at)
            asked.append(inner)
            if not level:
                return asked, at
            continue
        level += _is(found[at], "(") - _is(found[at], ")")
        at += 1
        if not level and _is(found[at - 1], ")"):
            return asked, at


def _triples(found: list[Token], at: int, group: Group) -> int:
    subject = found[at]
    at = _term(found, at, group)
    while True:
        begin = at
        at = _path(found, at)
        path = tuple(found[begin:at])
        while True:
            value = found[at]
            at = _term(found, at, group)
            group.patterns.append(Pattern(subject, path, value, found[begin].start, found[at - 1].end))
            if not _is(found[at], ","):
                break
            group.plain = False
            at += 1
        again = _is(found[at], ";")
        while _is(found[at], ";"):
            at += 1
        if not again or _is(found[at], ".}"):
            return at


def _term(found: list[Token], at: int, group: Group) -> int:
    token = found[at]
    if token.kind == "blank":
        group.plain = False
    elif _is(token, "+-") or (token.kind == "string" and found[at + 1].kind == "lang"):
        at += 1
    elif token.kind == "string" and _is(found[at + 1], "^^"):
        at += 2
    elif token.kind == "mark" or (token.kind == "word" and token.text not in ("true", "false")):
        raise ValueError(f"cannot take apart: {token.text}")
    return at + 1


def _path(found: list[Token], at: int) -> int:
    while True:
        while _is(found[at], "^!"):
            at += 1
        level = 0
        while True:  # one step, or a bracket
            level += _is(found[at], "(") - _is(found[at], ")")
            at += 1
            if not level:
                break
        at += _is(found[at], "*+?")
        if not _is(found[at], "/|"):
            return at
        at += 1


def _is(token: Token, marks: str) -> bool:
    return token.kind == "mark" and token.text in marks


# --- reach ---------------------------------------------------------------------------------------------------------


class Reach(NamedTuple):
    """What the answers about a focus node depend on.

    `local` promises that it is what can be reached from the focus node forwards, or backwards by WITHIN from a node of
    its own document; `forward` that it is the former alone.  `predicates` are all that a query mentions, None if it has
    a variable for one that may stand for any.  `through` are the triples that bind such variables else: the variable is
    subject (0) or object (2) of a triple with a predicate, which is among those mentioned.
    """

    local: bool
    predicates: frozenset[str] | None
    forward: bool = False
    through: frozenset[tuple[str, int]] = frozenset()


FAR = Reach(False, None)


def reach(text: str, focus: str) -> Reach:
    """Tell what a query reaches from its variable `focus`; what is not understood reaches everything."""
    try:
        found = code(text)
        group = parse(found)
    except (QuerySyntaxError, ValueError):
        return FAR
    prefixes = {
        found[at].text: found[at + 1].text[1:-1]
        for at in range(1, len(found) - 1)
        if found[at - 1].text.upper() == "PREFIX"
    }
    backwards = False

    def iri(token: Token) -> str:
        prefix, colon, local = token.text.partition(":")
        if token.text == "a":
            return TYPE.value
        return token.text[1:-1] if token.kind == "iri" else prefixes.get(prefix + colon, "") + local

    paths = [one.path for each in (group, *group.inner()) for one in each.patterns]
    named = frozenset(iri(token) for path in paths for token in path if token.kind in ("iri", "name", "word"))
    through = set[tuple[str, int]]()

    def bound(group: Group, known: Mapping[str, tuple[str, int]]) -> bool:
        """Find what binds each variable in a predicate's place, in its own group or around an EXISTS; False if nothing does.

        An OPTIONAL may find what a triple outside then rules out, and is another one than if it had found nothing.
        """
        known = {**known, **{name: how for one in group.patterns for name, how in _binding(one, iri)}}
        for token in (token for one in group.patterns for token in one.path):
            if token.kind in _VARIABLES and token.text in known:
                through.add(known[token.text])
            elif token.kind in _VARIABLES or _is(token, "!"):
                return False
        return all(bound(one, {}) for one in group.joined) and all(bound(one, known) for one in group.asked)

    def local(group: Group, known: set[str], home: set[str]) -> bool:
        """Follow the patterns; a group inside sees the variables of those around it, and they none of its own."""
        nonlocal backwards
        left = [_forward(one) for one in group.patterns]
        while left:
            rest = []
            for subject, path, value in left:
                within = len(path) == 1 and path[0].kind in ("iri", "name") and iri(path[0]) in WITHIN
                if within and value in home and subject:
                    backwards = True
                    known.add(subject)
                    home.add(subject)
                elif any(_is(token, "^") for token in path) or subject not in known:
                    rest.append((subject, path, value))
                elif value:
                    known.add(value)
                    if within and subject in home:
                        home.add(value)
            if len(rest) == len(left):
                return False
            left = rest
        return all(local(one, set(known), set(home)) for one in (*group.joined, *group.asked))

    near = local(group, {focus}, {focus})
    every = named if bound(group, {}) else None
    return Reach(near, every, near and not backwards, frozenset(through) if every is not None else frozenset())


def _binding(one: Pattern, iri: Callable[[Token], str]) -> Iterator[tuple[str, tuple[str, int]]]:
    """Yield the variables at the ends of a pattern that is one triple, or one or more in a row, and what binds them."""
    path = one.path
    if path[0].kind in ("iri", "name", "word") and (len(path) == 1 or (len(path) == 2 and _is(path[1], "+"))):
        for token, place in ((one.subject, 0), (one.object, 2)):
            if token.kind in _VARIABLES:
                yield token.text, (iri(path[0]), place)


_VARIABLES = ("variable", "parameter", "blank")


def _forward(one: Pattern) -> tuple[str, tuple[Token, ...], str]:
    """Return subject, path and object with an inverse step turned round; a term that is no variable is empty."""
    ends = [token.text if token.kind in _VARIABLES else "" for token in (one.subject, one.object)]
    if len(one.path) == 2 and _is(one.path[0], "^"):
        return ends[1], one.path[1:], ends[0]
    return ends[0], one.path, ends[1]
