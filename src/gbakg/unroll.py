"""The same query without paths of one or more steps, for stores whose paths lose their way, as Virtuoso's may."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from gbakg.errors import QuerySyntaxError
from gbakg.tokens import Token, code

Pairs = Callable[[str], Sequence[tuple[str, str]]]
"""Gives, of the IRI of a predicate in brackets, which terms it leads from and to; nothing where that is not known."""

_ELSEWHERE = frozenset(("GRAPH", "SERVICE", "FROM", "BASE"))


def unroll(sparql: str, pairs: Pairs) -> str:
    """List in a query which terms each `?a p+ ?b` leads from and to, one of which may be given.

    By SPARQL 1.1 Query, section 18.4, such a path has each pair of terms once, as VALUES has.  What stands in an EXISTS
    stays, because SPARQL 1.1 does not say what VALUES is there; so does a path of which no pairs are known.

    >>> unroll("SELECT * { ?a <urn:p>+ ?b . ?a <urn:q> 1 }", lambda predicate: [("<urn:1>", "<urn:2>")])
    'SELECT * { VALUES (?a ?b) { (<urn:1> <urn:2>) } . ?a <urn:q> 1 }'
    """
    try:
        found = code(sparql) if "+" in sparql else []
    except QuerySyntaxError:
        return sparql
    if any(one.kind == "blank" or (one.kind == "word" and one.text.upper() in _ELSEWHERE) for one in found):
        return sparql  # a blank node's label may not stand on both sides of VALUES
    prefixes = {
        found[at].text: found[at + 1].text for at in range(1, len(found) - 1) if found[at - 1].text.upper() == "PREFIX"
    }
    parts, last = list[str](), 0
    for at in _outside(found):
        if not _is_path(found, at):
            continue
        ends = [_written(found[number], prefixes) for number in (at, at + 1, at + 3)]
        values = _values(ends[0], ends[2], pairs(ends[1])) if all(ends) else ""
        if values:
            parts += [sparql[last : found[at].start], values]
            last = found[at + 3].end
    return "".join((*parts, sparql[last:]))


def closure(edges: Iterable[tuple[str, str]], most: int) -> list[tuple[str, str]]:
    """Return the pairs between which there is a way of one or more edges; nothing if they are more than `most`.

    >>> closure([("a", "b"), ("b", "c")], 10)
    [('a', 'b'), ('a', 'c'), ('b', 'c')]
    """
    after: dict[str, dict[str, None]] = {}
    for one, other in edges:
        after.setdefault(one, {})[other] = None
    found = list[tuple[str, str]]()
    for one, near in after.items():
        seen, left = dict(near), [*near]
        while left and len(seen) <= most:
            further = [other for other in after.get(left.pop(), ()) if other not in seen]
            seen |= dict.fromkeys(further)
            left += further
        found += ((one, other) for other in seen)
        if len(found) > most:
            return []
    return found


def _outside(found: Sequence[Token]) -> Iterable[int]:
    """Yield the numbers of the tokens that are in no EXISTS."""
    opened = list[bool]()
    for at, token in enumerate(found):
        if token.kind == "mark" and token.text == "{":
            opened.append(found[at - 1].text.upper() == "EXISTS")
        elif token.kind == "mark" and token.text == "}" and opened:
            opened.pop()
        elif not any(opened):
            yield at


def _is_path(found: Sequence[Token], at: int) -> bool:
    """Tell whether a whole triple pattern begins at a token, with one predicate and a plus."""
    if not 0 < at < len(found) - 4:
        return False
    before, plus, after = found[at - 1], found[at + 2], found[at + 4]
    alone = before.kind == "mark" and before.text in "{}.)" and (after.kind == "word" or after.text in ("{", "}", "."))
    return alone and found[at + 1].kind in ("iri", "name") and plus.kind == "mark" and plus.text == "+"


def _written(token: Token, prefixes: dict[str, str]) -> str:
    """Write a variable or an IRI; other terms, and what has an escape, are empty."""
    if token.kind in ("variable", "parameter"):
        return f"?{token.text}"
    prefix, colon, local = token.text.partition(":")
    if token.kind == "name" and prefix + colon in prefixes:
        text = f"{prefixes[prefix + colon][:-1]}{local}>"
    else:
        text = token.text if token.kind == "iri" else ""
    return "" if "\\" in text else text


def _values(start: str, end: str, pairs: Sequence[tuple[str, str]]) -> str:
    """Write the pairs whose ends are the given ones, for the end or ends that are variables."""
    free = [number for number, one in enumerate((start, end)) if one.startswith("?")]
    fitting = [pair for pair in pairs if all(pair[at] == one or at in free for at, one in enumerate((start, end)))]
    if not free or start == end or not fitting:
        return ""
    rows = " ".join(f"({' '.join(pair[at] for at in free)})" for pair in fitting)
    return f"VALUES ({' '.join((start, end)[at] for at in free)}) {{ {rows} }}"
