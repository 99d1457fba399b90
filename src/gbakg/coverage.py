"""Find the numbers in a text that no claim covers.

A number is covered if every character of it lies within the spans of observations, facts or mentions; or it is exempt
by a row of the document's `exempt.csv`, for one of REASONS.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gbakg import cells, numbers, records, terms, texts
from gbakg.errors import Problem, TableError, shown
from gbakg.numbers import Number
from gbakg.sources import Project
from gbakg.texts import Described
from gbakg.verify import claims

FILE = "exempt.csv"
REASONS = {
    "part-of-name": "belongs to a name, such as that of a ranking or a plan",
    "part-of-period": "dates a claim, which holds it as its period",
    "not-a-quantity": "counts nothing, such as the pronoun in “one of the” or “first-class”",
    "ordinal-in-prose": "orders the sentence, not the things that it speaks of",
    "document-furniture": "belongs to the page: numbering, mastheads, list markers",
}


@dataclass(frozen=True, slots=True)
class Exemption:
    """One row of exempt.csv."""

    row: int
    paragraph: int
    start: int
    end: int
    figure: str
    reason: str


@dataclass(frozen=True, slots=True)
class Uncovered:
    """A number without a claim or a reason: where it stands, and its context."""

    paragraph: int
    line: int
    number: Number
    context: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """What came of one file: the numbers found, how many are claimed by what or exempt by which reason, and the rest."""

    file: str
    document: str
    state: str
    found: int
    claimed: dict[str, int]
    exempt: dict[str, int]
    uncovered: tuple[Uncovered, ...]
    problems: tuple[Problem, ...]

    @property
    def complete(self) -> bool:
        """Tell whether the text is the document's and every number in it is accounted for."""
        return self.state == "intact" and not self.uncovered and not self.problems

    @property
    def lines(self) -> Iterator[str]:
        """Word the result, the summary last."""
        yield from (str(problem) for problem in self.problems)
        for one in self.uncovered:
            number = one.number
            where = f"{self.file}, line {one.line}, paragraph {one.paragraph}, {number.start}-{number.end}"
            yield f"{where}: no claim or exemption covers {number.text!r}: {one.context}"
        if self.state == "intact":
            parts = [f"{count} {name}" for counts in (self.claimed, self.exempt) for name, count in counts.items()]
            numbers = f"{self.found} number{'' if self.found == 1 else 's'}: {', '.join(parts) or 'none claimed'}"
            yield f"{self.file}: {self.document}: {numbers}; {len(self.uncovered)} uncovered"


def cover(path: Path, known: list[Described], project: Project) -> Coverage:
    """Account for every number of one file; `known` comes from `texts.described`.

    A text that is no document's, or not unchanged, is not looked into: offsets would mislead.  An exemption that does
    not fit the text is a problem.  Raises MissingFile, EncodingError, TableError, TurtleError.
    """
    text = texts.read(path, known)
    name = shown(path)
    if text.document is None or text.state != "intact":
        what = "is the text of no document of this project" if text.document is None else f"is {text.state}"
        problem = Problem(name, f"{what}; `gbakg document verify` says more")
        return Coverage(name, text.document.slug if text.document else "", text.state, 0, {}, {}, (), (problem,))
    spans = sorted(
        (row.start, row.end, type(row).__name__.lower())
        for row in claims(text.document.folder)
        if row.start is not None and row.end is not None
    )
    table = text.document.folder / FILE
    exemptions = list(exempt(table))
    found = list(numbers.find(text.text))
    problems = tuple(_wrong(exemptions, text.text, found, project.name(table)))
    claimed: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    uncovered = []
    for number in found:
        kind = _claim(number, spans)
        if kind:
            claimed[kind] += 1
            continue
        reason = next((one.reason for one in exemptions if one.start <= number.start and number.end <= one.end), None)
        if reason:
            reasons[reason] += 1
        else:
            uncovered.append(_uncovered(number, text.text))
    order = {kind: claimed[kind] for kind in (*terms.CLAIMS, "several") if claimed[kind]}
    given = {reason: reasons[reason] for reason in REASONS if reasons[reason]}
    return Coverage(name, text.document.slug, "intact", len(found), order, given, tuple(uncovered), problems)


def exempt(path: Path) -> Iterator[Exemption]:
    """Yield the rows of an exempt.csv; nothing where there is none.

    Raises, after the last row that can be read, TableError with every problem; EncodingError; MissingFile.
    """
    if not path.exists():
        return
    problems: list[Problem] = []
    for row, record in records.read(path, tuple(COLUMNS), problems):
        values = records.parse(record, COLUMNS, tuple(COLUMNS), shown(path), row, problems)
        if values is not None:
            yield Exemption(row, **values)
    if problems:
        raise TableError(problems)


def _reason(cell: str) -> str:
    """Read one of REASONS.  Raises ValueError, which says what to write instead."""
    if cell not in REASONS:
        from difflib import get_close_matches

        near = get_close_matches(cell, REASONS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"the reasons are {', '.join(REASONS)}"
        raise ValueError(f"unknown reason `{cell}`; {hint}")
    return cell


COLUMNS: dict[str, Callable[[str], Any]] = {
    "paragraph": cells.ordinal,
    "start": cells.natural,
    "end": cells.natural,
    "figure": cells.text,
    "reason": _reason,
}
"""The columns of exempt.csv in their order, with what reads a cell; none may be empty."""


def _wrong(exemptions: list[Exemption], text: str, found: list[Number], file: str) -> Iterator[Problem]:
    places = {one.number: one for one in texts.paragraphs(text)}
    for one in exemptions:
        shows = text[one.start : one.end]
        place = places.get(one.paragraph)
        if shows != one.figure:
            yield Problem(file, f"expected {one.figure!r} at {one.start}-{one.end}, found {shows!r}", one.row, "figure")
        elif place is None or not (place.start <= one.start and one.end <= place.end):
            yield Problem(
                file, f"{one.figure!r} at {one.start} is not in paragraph {one.paragraph}", one.row, "paragraph"
            )
        elif not any(one.start <= number.start and number.end <= one.end for number in found):
            yield Problem(file, f"there is no whole number in {one.figure!r}; remove the row, or widen it", one.row)


def _claim(number: Number, spans: list[tuple[int, int, str]]) -> str:
    """Return the kind of claim that covers a number whole, "several" if only claims together do, or nothing."""
    near = [span for span in spans if span[0] < number.end and number.start < span[1]]
    for kind in terms.CLAIMS:
        if any(start <= number.start and number.end <= end for start, end, of in near if of == kind):
            return kind
    position = number.start
    for start, end, _ in near:
        if start <= position:
            position = max(position, end)
    return "several" if position >= number.end else ""


def _uncovered(number: Number, text: str) -> Uncovered:
    line = text.count("\n", 0, number.start) + 1
    paragraph = next(one.number for one in texts.paragraphs(text) if one.start <= number.start < one.end)
    begin = text.rfind("\n", 0, number.start) + 1
    end = text.find("\n", number.end)
    begin, end = max(begin, number.start - 40), min(len(text) if end < 0 else end, number.end + 40)
    return Uncovered(paragraph, line, number, f"…{text[begin:end]}…")
