"""The rows as a picture: one bar for each who was measured, on one logarithmic scale of time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from math import ceil, floor, log10

from bench.report import Entry, Row, Verdict, duration

WIDTH, LEFT, RIGHT, LINE, GAP = 1000, 290, 190, 20, 18
MOST = 8
"""Bars in one row of the table at most: of more, the slowest are drawn."""

COLOURS = {"gbakg": "#1f6f8b", "peer": "#a9b4bc", "text": "#22303a", "faint": "#5d6b75", "grid": "#e3e8eb"}
VERDICTS = {True: "#2a7d3f", False: "#b3261e", None: "#7a6a00"}


def draw(rows: Sequence[Row], about: str) -> str:
    """Return the picture as SVG.  Bars begin at the left end of the scale, which is a power of ten."""
    drawn = [(row, _chosen(row)) for row in rows]
    times = [entry.seconds for _, entries in drawn for entry in entries if entry.seconds]
    low, high = (floor(log10(min(times))), ceil(log10(max(times)))) if times else (-3, 0)
    scale = _Scale(low - (10**low == min(times, default=0)), max(high, low + 1))
    height, parts = 74, list[str]()
    for row, entries in drawn:
        parts += _row(row, entries, height, scale)
        height += LINE * (1 + len(entries) + _more(row, entries) + len(row.verdicts)) + GAP
    head = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height + 24}" width="{WIDTH}" height="{height + 24}" '
            'font-family="system-ui, sans-serif" font-size="12.5">'
        ),
        f'<rect width="{WIDTH}" height="{height + 24}" fill="#ffffff"/>',
        _text(
            16, 24, "Time taken, median; shorter is faster, each line is ten times the one before", size=15, bold=True
        ),
        _text(16, 44, about, colour="faint", size=11),
        *scale.grid(62, height),
    ]
    return "\n".join([*head, *parts, "</svg>", ""])


class _Scale:
    def __init__(self, low: int, high: int) -> None:
        self.low, self.high = low, high

    def x(self, seconds: float) -> float:
        return LEFT + (log10(seconds) - self.low) / (self.high - self.low) * (WIDTH - LEFT - RIGHT)

    def grid(self, top: int, bottom: int) -> Iterator[str]:
        for power in range(self.low, self.high + 1):
            x = self.x(10.0**power)
            yield f'<line x1="{x:.1f}" y1="{top + 8}" x2="{x:.1f}" y2="{bottom}" stroke="{COLOURS["grid"]}"/>'
            for y in (top + 2, bottom + 14):
                yield _text(x, y, _tick(power), colour="faint", size=10.5, anchor="middle")


def _row(row: Row, entries: Sequence[Entry], top: int, scale: _Scale) -> Iterator[str]:
    y = top + 14
    yield _text(16, y, row.title, bold=True)
    for entry in entries:
        y += LINE
        yield _text(LEFT - 8, y, _cut(entry.who, 40), anchor="end")
        if entry.seconds is None:
            yield _text(LEFT + 4, y, _cut(entry.note or "not measured", 90), colour="faint", size=11)
            continue
        width = max(1.0, scale.x(entry.seconds) - LEFT)
        colour = COLOURS["gbakg" if entry.who.startswith("gbakg") else "peer"]
        guessed = entry.note.startswith("extrapolated")
        style = (
            f'fill="{colour}"'
            if not guessed
            else f'fill="{colour}" fill-opacity="0.35" stroke="{colour}" stroke-dasharray="4 3"'
        )
        yield f'<rect x="{LEFT}" y="{y - 11}" width="{width:.1f}" height="14" {style}/>'
        value = duration(entry.seconds) + (", extrapolated" if guessed else "")
        yield _text(LEFT + width + 6, y, value, size=11.5)
    if _more(row, entries):
        y += LINE
        yield _text(LEFT + 4, y, f"and {len(row.entries) - len(entries)} that took less", colour="faint", size=11)
    for verdict in row.verdicts:
        y += LINE
        yield _verdict(verdict, y)


def _verdict(verdict: Verdict, y: int) -> str:
    said = verdict.said
    word = f'<tspan font-weight="bold" fill="{VERDICTS[verdict.met]}">{verdict.word}</tspan>'
    return f'<text x="{LEFT + 4}" y="{y}" fill="{COLOURS["text"]}" font-size="11.5">{word}: {escape(said)}</text>'


def _chosen(row: Row) -> Sequence[Entry]:
    if len(row.entries) <= MOST:
        return row.entries
    slowest = sorted(row.entries[1:], key=lambda entry: -(entry.seconds or 0.0))[: MOST - 1]
    return [row.entries[0], *(entry for entry in row.entries[1:] if entry in slowest)]


def _more(row: Row, entries: Sequence[Entry]) -> bool:
    return len(entries) < len(row.entries)


def _tick(power: int) -> str:
    return f"{10 ** (power + 3):g} ms" if power < 0 else f"{10**power:,} s"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _text(
    x: float, y: float, text: str, colour: str = "text", size: float = 12.5, anchor: str = "start", bold: bool = False
) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.1f}" y="{y}" fill="{COLOURS[colour]}" font-size="{size:g}" text-anchor="{anchor}"{weight}>{escape(text)}</text>'
