"""Named tuples, made without `typing`: to import that takes 3 ms, as long as some commands have for all they do.

A class is written as it would be with `typing.NamedTuple`, which is what type checkers see.  The modules that a saved
query, `find` and `cite` need take NamedTuple from here, and what only annotations name under `if TYPE_CHECKING`.

>>> class Point(NamedTuple):
...     x: int
...     y: int = 0
>>> Point(1)
Point(x=1, y=0)
"""

from __future__ import annotations

from collections import namedtuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple
else:

    class _Maker(type):
        """Turns the annotated names of a class into those of a named tuple, of which the class is made a subclass."""

        def __new__(cls, name, bases, body):
            """Make the class; names with a value have it as their default."""
            fields = body.get("__annotations__", {})
            defaults = [body.pop(field) for field in fields if field in body]
            base = namedtuple(name, fields, defaults=defaults, module=body["__module__"])  # noqa: PYI024 - see above
            return type(name, (base,), {"__slots__": (), **body})

    NamedTuple = type.__new__(_Maker, "NamedTuple", (), {})

__all__ = ["NamedTuple"]
