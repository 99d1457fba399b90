"""The same query in words for stores whose planner gives up on several EXISTS in one FILTER, as Virtuoso's does."""

from __future__ import annotations

from itertools import count

from gbakg.errors import QuerySyntaxError
from gbakg.tokens import Token, code


def hoist(sparql: str) -> str:
    """Give each EXISTS of a FILTER that has several a BIND of its own, at the end of the group that the FILTER is in.

    A FILTER counts at its group's end wherever it stands (SPARQL 1.1 Query, section 18.2.2), and BIND sees what is bound
    there.  The variables that this adds are in the answer of a SELECT * alone.  What cannot be read is returned as it is.

    >>> hoist("SELECT ?x { ?x ?p 1 FILTER (EXISTS { ?x ?p 2 } || NOT EXISTS { ?x ?p 3 }) }")
    'SELECT ?x { ?x ?p 1 BIND (EXISTS { ?x ?p 2 } AS ?h1) BIND (EXISTS { ?x ?p 3 } AS ?h2) FILTER (?h1 || ! ?h2) }'
    """
    try:
        query = _Query(sparql, code(sparql))
        text, at = query.group(0)
    except (QuerySyntaxError, IndexError):
        return sparql
    return text + sparql[query.found[at - 1].end :] if query.changed and at == len(query.found) else sparql


class _Query:
    """A text and its tokens, gone through once."""

    def __init__(self, text: str, found: list[Token]) -> None:
        self.text, self.found, self.changed = text, found, False
        known = {one.text for one in found}
        self._fresh = (f"?h{number}" for number in count(1) if f"h{number}" not in known)

    def group(self, at: int) -> tuple[str, int]:
        """Return what stands before the brace that closes a group, or before the end, and where that is."""
        parts: list[str] = []
        ends: list[str] = []
        while at < len(self.found) and not self._is(at, "}"):
            if self._is(at, "{"):
                inner, end = self.group(at + 1)
                parts += [self._raw(at), inner, self._raw(end)]
                at = end + 1
            elif self.found[at].text.upper() == "FILTER" and self._is(at + 1, "("):
                filtered, late, at = self._filter(at)
                (ends if late else parts).append(filtered)
            else:
                parts.append(self._raw(at))
                at += 1
        return "".join((*parts, *ends)), at

    def _filter(self, at: int) -> tuple[str, bool, int]:
        """Return a FILTER, whether it has to stand last, and where it ends."""
        parts: list[str] = [self._raw(at)]
        groups: dict[int, str] = {}  # of each EXISTS, by its place among the parts
        level = 0
        while True:
            at += 1
            level += self._is(at, "(") - self._is(at, ")")
            if self._is(at, "{"):
                inner, end = self.group(at + 1)
                if self.found[at - 1].text.upper() == "EXISTS":
                    groups[len(parts) - 1] = inner
                parts[-1] += f"{self._raw(at)}{inner}{self._raw(end)}"
                at = end
            else:
                parts.append(self._raw(at))
            if not level:
                break
        if len(groups) < 2:
            return "".join(parts), False, at + 1
        self.changed = True
        binds = []
        for place, inner in groups.items():
            name = next(self._fresh)
            binds.append(f" BIND (EXISTS {{{inner} }} AS {name})")
            negated = parts[place - 1].strip().upper() == "NOT"
            space = parts[place][: len(parts[place]) - len(parts[place].lstrip())]
            parts[place] = f"{space}{name}"
            if negated:
                parts[place - 1] = parts[place - 1].upper().replace("NOT", "!")
        return "".join((*binds, *parts)), True, at + 1

    def _is(self, at: int, mark: str) -> bool:
        return self.found[at].kind == "mark" and self.found[at].text == mark

    def _raw(self, at: int) -> str:
        """Return a token with what stands before it, comments included."""
        start = self.found[at - 1].end if at else 0
        return self.text[start : self.found[at].end]
