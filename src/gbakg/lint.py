"""The rules that a saved query keeps beyond being valid SPARQL, so that it gives the same answer on every engine."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pyoxigraph
from pyoxigraph import Literal, NamedNode

from gbakg import dialect, parameters, terms
from gbakg.errors import BadParameter, QuerySyntaxError
from gbakg.query import Query
from gbakg.tokens import Token, code
from gbakg.tuples import NamedTuple

_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_FORBIDDEN = ("GRAPH", "LOAD", "INSERT", "DELETE", "DROP", "CLEAR", "CREATE")  # SERVICE and FROM are not even loaded


class Finding(NamedTuple):
    """One thing to mend in a saved query, printed as editors and CI read it.

    >>> print(Finding("queries/topics/which.rq", 12, "order", "has no ORDER BY; add one"))
    queries/topics/which.rq:12: error: has no ORDER BY; add one [order]
    """

    file: str
    line: int
    rule: str
    message: str
    severity: str = "error"
    """`error`, or `warning` for what does not make an answer wrong."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.severity}: {' '.join(self.message.split())} [{self.rule}]"


_Said = Iterator[tuple[str, int]]
"""What a rule has to say: messages and the places in the text where they hold."""


def lint(query: Query) -> list[Finding]:
    """Check one saved query against the rules; an empty list means that it keeps them all."""
    found = code(query.text, query.file)
    return [
        Finding(query.file, line(query.text, at), rule, message, "warning" if rule in _WARNINGS else "error")
        for rule, check in RULES.items()
        for message, at in check(query, found)
    ]


def line(text: str, at: int) -> int:
    """Return the number of the line on which a place in a text is, from 1."""
    return text.count("\n", 0, at) + 1


def _said(message: str, at: Token | int = 0) -> tuple[str, int]:
    return message, at if isinstance(at, int) else at.start


def _names(query: Query, found: list[Token]) -> _Said:
    for what, word in (("its name", query.name), ("its topic, the folder,", query.topic)):
        if not _NAME.fullmatch(word):
            yield _said(f"{what} `{word}` is not lower-case letters, digits and single hyphens; rename it")
    if not query.header.tags:
        yield _said("has no tags; add `#+ tags: [subject]`")


def _forbidden(query: Query, found: list[Token]) -> _Said:
    for token in found:
        if token.kind == "word" and token.text.upper() in _FORBIDDEN:
            yield _said(f"{token.text} would reach outside the default graph, or write; remove it", token)


def _apart(query: Query, found: list[Token]) -> _Said:
    """Look for `$x` that is projected, grouped by, assigned to, or also `?x`."""
    variables = {token.text for token in found if token.kind == "variable"}
    clause, nested = "", 0
    for before, token in zip([None, *found], found, strict=False):
        if token.kind == "word":
            word = token.text.upper()
            if word in ("SELECT", "GROUP", "ORDER", "HAVING", "WHERE", "LIMIT", "OFFSET", "VALUES"):
                clause, nested = word, 0
        elif token.kind == "mark" and token.text in "(){}":
            nested += {"(": 1, ")": -1}.get(token.text, 0)
            clause = "" if token.text in "{}" else clause
        elif token.kind == "parameter":
            if token.text in variables:
                yield _said(f"${token.text} and ?{token.text} both stand here; rename the variable", token)
            if clause in ("SELECT", "GROUP") and nested == 0:
                what = "projected" if clause == "SELECT" else "grouped by"
                yield _said(f"${token.text} is {what}, but is no variable once it is bound", token)
            if before is not None and before.kind == "word" and before.text.upper() == "AS":
                yield _said(f"${token.text} is assigned to, but is no variable once it is bound", token)


def _optional(query: Query, found: list[Token]) -> _Said:
    """Look for parameters that may become UNDEF, which SPARQL has only inside VALUES."""
    spans = list(_values(found))
    for token in found:
        if token.kind != "parameter":
            continue
        parameter = query.parameter(token.text)
        if parameter.required or parameter.default is not None:
            continue
        if not any(start < token.start < end for start, end in spans):
            advice = f"write VALUES ?wanted {{ ${token.text} }}, or give it a default"
            yield _said(f"${token.text} may have no value, so it can only stand inside VALUES; {advice}", token)


def _values(found: list[Token]) -> Iterator[tuple[int, int]]:
    """Yield where the data blocks of VALUES begin and end."""
    start = None
    waiting = False
    for token in found:
        if token.kind == "word" and token.text.upper() == "VALUES":
            waiting = True
        elif waiting and token.text == "{" and token.kind == "mark":
            start, waiting = token.start, False
        elif start is not None and token.text == "}" and token.kind == "mark":
            yield start, token.end
            start = None


def _order(query: Query, found: list[Token]) -> _Said:
    form = next((token.text.upper() for token in found if token.kind == "word" and token.text.upper() in _FORMS), "")
    if form not in ("SELECT", "CONSTRUCT"):
        if query.limited:
            yield _said(
                f"has a limit, which {form or 'it'} cannot have; remove it from the header", field(query, "limit")
            )
        return
    tail = found[
        max((i for i, token in enumerate(found) if token.kind == "mark" and token.text == "}"), default=-1) + 1 :
    ]
    words = [token.text.upper() for token in tail if token.kind == "word"]
    if query.limited and {"LIMIT", "OFFSET", "VALUES"} & set(words):
        yield _said("has a limit in the header and LIMIT, OFFSET or VALUES at its end; keep one of them")
    if form == "CONSTRUCT":
        return
    if "ORDER" not in words:
        yield _said("has no ORDER BY; end it with ORDER BY ... ?iri, so that every engine gives one order")
        return
    begin = next(i for i, token in enumerate(tail) if token.text.upper() == "ORDER")
    items = tail[begin + 2 :]
    stop = next((i for i, token in enumerate(items) if token.text.upper() in ("LIMIT", "OFFSET", "VALUES")), len(items))
    items = items[:stop]
    if items and items[-1].kind == "variable":
        return
    wrapped = len(items) >= 4 and items[-4].text.upper() in ("ASC", "DESC") and items[-3].text == "("
    if not (wrapped and items[-2].kind == "variable" and items[-1].text == ")"):
        yield _said("ORDER BY does not end in a variable; end it with the IRI that tells rows apart", tail[begin])


_FORMS = ("SELECT", "CONSTRUCT", "ASK", "DESCRIBE")


def _heads(query: Query, found: list[Token]) -> _Said:
    """Check that a query can be answered page by page with the answer that the whole of it has; see `pages`."""
    first = next((i for i, token in enumerate(found) if token.kind == "mark" and token.text == "{"), len(found))
    begins = [token.text.upper() for token in found[first + 1 : first + 3]] == ["{", "SELECT"]
    level, last, outer = query.head, len(query.text), _tail(found, 0, len(query.text))
    if level is None and begins and "ORDER" in [token.text.upper() for token in found[first : -len(outer) or None]]:
        yield _said("orders a sub-select at its head otherwise than itself; write the same ORDER BY", found[first])
    while level is not None:
        at = next(token for token in found if token.start == level.order)
        inner = [token.text for token in found if level.order <= token.start < level.end - 1][2:]
        order = [token.text for token in outer]
        order = order[order.index("ORDER") + 2 :] if "ORDER" in order else []
        if order[: len(inner)] != inner:
            yield _said("does not order first by what its head is ordered by; begin ORDER BY with it", at)
        listed = [token for token in found if level.select <= token.start < level.start]
        distinct = [token.text for token in listed] if _has(listed, "DISTINCT") else list(level.keys)
        own = [token.text for token in found if level.start < token.start < level.order]
        for key in level.keys:
            if key not in own[: own.index("WHERE")] or key not in distinct:
                yield _said(f"is ordered by ?{key} in its head; select it, there and with DISTINCT", at)
        last, level = level.order, level.head
        outer = [] if level is None else [*_tail(found, level.end, last), *(t for t in found if last <= t.start)]


def _has(found: list[Token], word: str) -> bool:
    return any(token.kind == "word" and token.text.upper() == word for token in found)


def _tail(found: list[Token], start: int, end: int) -> list[Token]:
    """Return the tokens between two places, from after the last closing brace there."""
    inside = [token for token in found if start <= token.start < end]
    return inside[max((i for i, token in enumerate(inside) if token.text == "}"), default=-1) + 1 :]


def _needs(query: Query, found: list[Token]) -> _Said:
    used = {token.text for token in found if token.kind == "name"}
    for name in query.header.needs:
        if name not in used:
            yield _said(f"says that it needs {name}, and does not use it", field(query, "needs"))


def _unlimited(query: Query, found: list[Token]) -> _Said:
    """Look for a SELECT that nothing limits; a contract is there to be exported whole."""
    words = [token.text.upper() for token in _tail(found, 0, len(query.text)) if token.kind == "word"]
    selects = _has(found, "SELECT") and not _has(found, "CONSTRUCT")
    if selects and not query.limited and "LIMIT" not in words and "contract" not in query.header.tags:
        yield _said("has no limit; add `#+ limit: {default: 100, max: 10000}`, or the tag contract")


def _engines(query: Query, found: list[Token]) -> _Said:
    return dialect.beyond(found)


def _prefixes(query: Query, found: list[Token]) -> _Said:
    """Look for prefixes of the project that stand for something else: a reader would take them for what they are not."""
    for word, name, iri in zip(found, found[1:], found[2:], strict=False):
        known = terms.PREFIXES.get(name.text.removesuffix(":")) if word.text.upper() == "PREFIX" else None
        if word.kind == "word" and known is not None and iri.text != f"<{known}>":
            yield _said(f"{name.text} is <{known}> everywhere else; write this, or choose another prefix", name)


def _parses(query: Query, found: list[Token]) -> _Said:
    """Parse the query as any tool would, and once more with its examples and defaults bound.

    SPARQL has no variables inside VALUES, so that a parameter there is read as UNDEF.
    """
    spans = list(_values(found))
    inside = [slot for slot in query.slots if any(start < slot.start < end for start, end in spans)]
    plain = parameters.bind(query.text, inside, dict.fromkeys((slot.name for slot in inside), None))
    for text in (plain, *_bound(query)):
        try:
            pyoxigraph.Store().query(text)
        except SyntaxError as error:
            at = re.match(r"error at (\d+):", str(error))
            start = 0 if at is None else sum(map(len, text.split("\n")[: int(at[1]) - 1])) + int(at[1]) - 1
            yield _said(str(QuerySyntaxError(str(error))).partition(": ")[2], min(start, len(query.text)))
            return
        except RuntimeError as error:  # such as a function that there is not
            yield _said(f"cannot be answered: {error}")
            return
    for parameter in query.header.parameters:
        for value in (parameter.example, parameter.default):
            if value is not None:
                try:
                    parameters.convert(parameter, value, _trust)
                except BadParameter as error:
                    yield _said(str(error), field(query, parameter.name))


def _bound(query: Query) -> Iterator[str]:
    values: dict[str, Literal | NamedNode | None] = {}
    for parameter in query.header.parameters:
        given = (
            parameter.default if parameter.default is not None else parameter.example if parameter.required else None
        )
        try:
            values[parameter.name] = None if given is None else parameters.convert(parameter, given, _trust)
        except BadParameter:
            return
    bound = parameters.bind(query.text, query.slots, values)
    yield f"{bound.rstrip()}\nLIMIT 1\n" if query.limited else bound


def field(query: Query, name: str) -> int:
    """Return where the header has a field or a parameter; 0 where that is written in another way."""
    found = re.search(rf"^#\+ *{re.escape(name)}:", query.text, re.MULTILINE)
    return found.start() if found else 0


def _trust(text: str, of: NamedNode) -> NamedNode:
    """Stand in for the graph: whether an example exists is the business of the test that runs it."""
    return NamedNode(f"urn:example:{len(text)}")


RULES: dict[str, Callable[[Query, list[Token]], _Said]] = {
    "names": _names,
    "reach": _forbidden,
    "parameters": _apart,
    "unset": _optional,
    "order": _order,
    "heads": _heads,
    "needs": _needs,
    "limit": _unlimited,
    "engines": _engines,
    "prefixes": _prefixes,
    "syntax": _parses,
}
"""The rules by name; each yields what does not keep it."""

_WARNINGS = ("limit",)
