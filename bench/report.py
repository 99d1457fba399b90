"""What a run found: rows of the table, who took how long in each, and whether the targets are met."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Entry:
    """One who was measured: seconds and peak memory in MB, None where there is none; `note` says why, or how."""

    who: str
    seconds: float | None = None
    peak: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One target: what was found, what was wanted, and whether that is met; None where it could not be measured."""

    what: str
    found: str
    target: str
    met: bool | None

    @property
    def word(self) -> str:
        """Say it in a word."""
        return {True: "met", False: "MISSED", None: "not measured"}[self.met]

    @property
    def said(self) -> str:
        """Say what was found and wanted."""
        return f"{self.what}: {self.found}" + ("" if self.target == "yes" else f", wanted {self.target}")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table."""

    name: str
    title: str
    entries: tuple[Entry, ...]
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many observations the rows speak of."""

    middle: int = 20_000
    small: int = 2_000
    large: int = 200_000
    huge: int = 1_000_000


def at_least(what: str, found: float | None, target: float) -> Verdict:
    """Judge a ratio that is to be high."""
    return _judge(what, found, f"at least {target:g}x", found is not None and found >= target, "x")


def at_most(what: str, found: float | None, target: float, unit: str = "x") -> Verdict:
    """Judge a number that is to be low."""
    return _judge(what, found, f"at most {target:g}{unit}", found is not None and found <= target, unit)


def holds(what: str, found: bool | None) -> Verdict:
    """Judge what is so or not."""
    return Verdict(what, {True: "yes", False: "no", None: "-"}[found], "yes", found)


def _judge(what: str, found: float | None, target: str, met: bool, unit: str) -> Verdict:
    return Verdict(what, "-", target, None) if found is None else Verdict(what, f"{number(found)}{unit}", target, met)


def ratio(above: float | None, below: float | None) -> float | None:
    """Divide two times; None if one is missing."""
    return None if above is None or not below else above / below


def number(value: float) -> str:
    """Write a number with three significant digits, and commas."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def duration(seconds: float) -> str:
    """Write a time in the unit that suits it."""
    if seconds < 1:
        return f"{seconds * 1000:,.0f} ms" if seconds >= 0.01 else f"{seconds * 1000:.2f} ms"
    return f"{number(seconds)} s"


# --- as text -------------------------------------------------------------------------------------------------------


def markdown(rows: Sequence[Row], about: str) -> Iterator[str]:
    """Yield the lines of the table and of what lies behind it, as Markdown."""
    yield about
    yield ""
    verdicts = [(row.title, one.what, one.found, one.target, one.word) for row in rows for one in row.verdicts]
    yield from _table(("what", "against", "found", "target", ""), verdicts)
    yield ""
    entries = [
        (row.title, one.who, "-" if one.seconds is None else duration(one.seconds), _memory(one.peak), one.note)
        for row in rows
        for one in row.entries
    ]
    yield from _table(("what", "who", "median", "peak memory", "note"), entries)


def _memory(megabytes: float | None) -> str:
    return "" if megabytes is None else f"{megabytes:,.0f} MB"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    cells = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    for number_, row in enumerate(cells):
        if number_ and row[0] == rows[number_ - 1][0]:
            cells[number_] = ["", *row[1:]]
    widths = [max(map(len, column)) for column in zip(header, *cells, strict=True)]
    for line in (header, ["-" * width for width in widths], *cells):
        yield f"| {' | '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))} |"


def plain(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return the rows as plain values, for JSON."""
    return [asdict(row) for row in rows]
