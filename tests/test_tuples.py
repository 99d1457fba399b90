"""Named tuples: what `typing.NamedTuple` makes of a class, without it."""

from __future__ import annotations

import pickle
import subprocess
import sys
import typing

import pytest

from gbakg.tuples import NamedTuple


class Mine(NamedTuple):
    """A pair."""

    name: str
    size: int = 3

    def doubled(self) -> int:
        """Count twice."""
        return self.size * 2


class Theirs(typing.NamedTuple):
    """A pair."""

    name: str
    size: int = 3

    def doubled(self) -> int:
        """Count twice."""
        return self.size * 2


def test_it_is_a_named_tuple() -> None:
    """It is the same tuple, with the same fields, defaults, methods and words as one that `typing` makes."""
    mine, theirs = Mine("a"), Theirs("a")
    assert tuple(theirs) == mine
    assert theirs._asdict() == mine._asdict()
    assert repr(theirs).replace("Theirs", "Mine") == repr(mine)
    assert theirs.doubled() == mine.doubled()
    assert Theirs._fields == Mine._fields
    assert Theirs._field_defaults == Mine._field_defaults
    assert (Theirs.__doc__, Theirs.__module__) == (Mine.__doc__, Mine.__module__)


def test_it_is_changed_and_copied_as_one() -> None:
    """What makes a new one from an old one gives the same class, and no attribute can be added."""
    assert Mine("b", 3) == Mine("a")._replace(name="b")
    assert isinstance(Mine._make(["a", 4]), Mine)
    assert isinstance(pickle.loads(pickle.dumps(Mine("a"))), Mine)  # noqa: S301 - what was written here
    with pytest.raises(AttributeError):
        Mine("a").other = 1  # type: ignore[attr-defined]


def test_typing_is_not_imported() -> None:
    """That is what the module is for."""
    script = "import sys, gbakg.tuples; print('typing' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "False\n" == found.stdout
