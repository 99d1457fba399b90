"""A sh:sparql constraint's SELECT, asked once for all focus nodes instead of once for each.

Pre-binding (SHACL, appendix A, https://www.w3.org/TR/shacl/#pre-binding) puts a focus node in place of $this wherever
it stands.  A join with the focus nodes is the same where every group of its own (OPTIONAL, UNION, a bare one) that
mentions $this begins with a triple of it, and where nothing counts, cuts or groups the rows.  Other texts are refused.
"""

from __future__ import annotations

import re
from itertools import pairwise

from gbakg import groups
from gbakg.errors import QuerySyntaxError
from gbakg.tokens import Token, code

_CHAIN, _TARGET = "\0chain\0", "\0target\0"
_FORBIDDEN = frozenset([
    "MINUS", "VALUES", "SERVICE", "GRAPH", "FROM", "GROUP", "HAVING", "LIMIT", "OFFSET", "REDUCED", "COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT",
    "CONSTRUCT", "ASK", "DESCRIBE", "BNODE", "RAND", "UUID", "STRUUID",
])  # fmt: skip
_PREBOUND = ("currentShape", "shapesGraph", "PATH", "failure")
_ORDER = frozenset(("ORDER", "BY", "ASC", "DESC"))


def embed(text: str, path: str) -> str:
    """Make a place for the target in a SELECT, with the shape's path for $PATH.

    Raises ValueError with the reason if a join is not surely the same as pre-binding.
    """
    if path:
        text = re.sub(r"([\s{}()])[$?]PATH\b", lambda found: found[1] + path, text)
    try:
        found = code(text)
    except QuerySyntaxError as error:
        raise ValueError(str(error)) from None
    words = [token.text.upper() for token in found if token.kind == "word"]
    start = next((at for at, one in enumerate(found) if one.kind == "word" and one.text.upper() != "PREFIX"), 0)
    first = next((number for number, token in enumerate(found) if token.text == "{"), 0)
    wrong = ["a SELECT inside the SELECT"] if words.count("SELECT") != 1 else []
    wrong += [f"has {word}" for word in words if word in _FORBIDDEN]
    if found[start].text.upper() != "SELECT" or not any(_is(token, "this") for token in found[start:first]):
        wrong.append("does not begin with SELECT $this")
    wrong += ["assigns $this" for one, other in pairwise(found) if one.text.upper() == "AS" and _is(other, "this")]
    wrong += [f"has ${name}" for name in _PREBOUND if any(_is(token, name) for token in found)]
    if wrong:
        raise ValueError(wrong[0])
    _check(found[first:])
    select, group = found[start].end, found[first].end
    modifier = re.match(r"\s*DISTINCT\b", text[select:], re.IGNORECASE)
    select += modifier.end() if modifier else 0
    return f"{text[:select]} {_CHAIN} {text[select:group]} {_TARGET} {_nested(text, found)[group:]}"


def fill(text: str, chain: tuple[str, ...], target: str) -> str:
    """Write the query: `chain` names the focus nodes that led here, the last being $this, and `target` binds them."""
    target = re.sub(rf"{re.escape(chain[-1])}\b", "?this", target)
    return text.replace(_CHAIN, " ".join(chain[:-1])).replace(_TARGET, target)


def _nested(text: str, found: list[Token]) -> str:
    """Give each triple pattern inside an EXISTS, and each step of its path, an EXISTS of its own, in the order written.

    It is the same question, and saves engines from joining these patterns for the whole graph.  What is not a plain list
    of triple patterns and filters stays as it is.
    """
    try:
        whole = groups.parse(found)
    except ValueError:
        return text
    asked = [one for each in (whole, *whole.inner()) for one in each.asked if one.plain and one.patterns]
    for group in sorted(asked, key=lambda one: one.start, reverse=True):
        *first, last = (step for one in group.patterns for step in one.steps(text))
        inner = " ".join((last, *(text[start:end] for start, end in group.filters)))
        for pattern in reversed(first):
            inner = f"{pattern} FILTER EXISTS {{ {inner} }}"
        text = f"{text[: group.start]} {inner} {text[group.end :]}"
    return text


def _check(found: list[Token]) -> None:
    """Go through the outer group: a group of its own that mentions $this has to begin with it."""
    opened: list[int] = []
    inside = 0  # of how many groups of EXISTS, which see the row that they are asked of
    for number, token in enumerate(found):
        if token.kind != "mark" or token.text not in "{}":
            continue
        if token.text == "{":
            opened.append(number)
            inside += _exists(found, number)
            continue
        begin = opened.pop()
        mentioned = any(_is(one, "this") for one in found[begin:number])
        if not inside and opened and mentioned and not _is(found[begin + 1], "this"):
            raise ValueError("a group with $this that does not begin with it")
        inside -= _exists(found, begin)
        if not opened and any(one.text.upper() not in _ORDER for one in found[number + 1 :] if one.kind == "word"):
            raise ValueError("something after the last brace")


def _exists(found: list[Token], brace: int) -> bool:
    return brace > 0 and found[brace - 1].text.upper() == "EXISTS"


def _is(token: Token, name: str) -> bool:
    return token.kind in ("parameter", "variable") and token.text == name
