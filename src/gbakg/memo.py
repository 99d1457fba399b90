"""What was computed once for a key, kept for the next time, in bounded memory: cells of tables repeat."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

MOST = 10_000
"""How many results are kept; a table of any length then takes no more memory for them than a few megabytes."""


class Memo(dict[_Key, _Value]):
    """The results of a function of one argument; `memo[key]` computes what it does not hold.

    It is emptied when it is full, but for what was `given`, which costs less than knowing which results were used last.
    Where the function raises, nothing is kept, and the error is the caller's.

    >>> lengths = Memo(len)
    >>> lengths["amber"], lengths["amber"], len(lengths)
    (5, 5, 1)
    """

    __slots__ = ("_compute", "_given", "_most")

    def __init__(
        self, compute: Callable[[_Key], _Value], given: Mapping[_Key, _Value] | None = None, most: int = MOST
    ) -> None:
        super().__init__(given or {})
        self._compute = compute
        self._given = given or {}
        self._most = most

    def __missing__(self, key: _Key) -> _Value:
        value = self._compute(key)
        if len(self) >= self._most:
            self.clear()
            self.update(self._given)
        self[key] = value
        return value


class Anew(Memo[_Key, _Value]):
    """A Memo that keeps nothing but what was given, for keys that hardly ever come again."""

    __slots__ = ()

    def __missing__(self, key: _Key) -> _Value:
        return self._compute(key)
