"""Hold the claims against the texts: every figure and name has to stand where its row says, to the character."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from gbakg import graph, sources, terms, texts
from gbakg.errors import shown
from gbakg.sources import Project
from gbakg.tables import Fact, Mention, Observation
from gbakg.texts import Described, Paragraph, Text

MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One place where the data and a text differ: the claim (or passage), both sides, and the row that says so."""

    claim: str
    expected: str
    found: str
    file: str
    row: int | None = None

    def __str__(self) -> str:
        where = f"{self.file}, row {self.row}" if self.row else self.file
        return f"{where}: {self.claim}: expected {self.expected}, found {self.found}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one file: the document that it is, in which state, how much was checked, and every mismatch."""

    file: str
    document: str
    state: str
    figures: int
    names: int
    mismatches: tuple[Mismatch, ...]

    @property
    def holds(self) -> bool:
        """Tell whether the file is a document's text, unchanged, and every claim stands in it."""
        return self.state == "intact" and not self.mismatches

    @property
    def lines(self) -> Iterator[str]:
        """Word the verdict, the summary last."""
        yield from (str(one) for one in self.mismatches[:MOST_SHOWN])
        if len(self.mismatches) > MOST_SHOWN:
            yield f"{self.file}: {len(self.mismatches) - MOST_SHOWN} more mismatches are not shown"
        if self.state == "unknown":
            return
        count = len(self.mismatches)
        figures = f"{self.figures} figure{'' if self.figures == 1 else 's'}"
        names = f"{self.names} name{'' if self.names == 1 else 's'}"
        mismatches = f"{count} mismatch{'' if count == 1 else 'es'}"
        yield f"{self.file}: {self.document}, {self.state}: {figures} and {names} checked, {mismatches}"


def verify(path: Path, known: list[Described], project: Project) -> Verdict:
    """Check one file against the document that it is; `known` comes from `texts.described`.

    Checked are the file's SHA-256, each paragraph's number, offsets and SHA-256, and of each claim that
    text[start:end] is its figure or surface and lies in its paragraph.  A wrong file is a Verdict too.  Raises
    MissingFile and EncodingError for what is no text, TableError and TurtleError for the document's own data.
    """
    found = texts.read(path, known)
    name = shown(path)
    if found.document is None:
        expected = f"the text of one of {', '.join(one.slug for one in known) or 'no documents'}"
        unknown = Mismatch("wrong file", expected, f"SHA-256 {found.sha256} and a name that no document has", name)
        return Verdict(name, "", "unknown", 0, 0, (unknown,))
    mismatches = [*_file(found, found.document, name), *_passages(found.text, found.document, project, name)]
    counts = {"figure": 0, "name": 0}
    for kind, mismatch in _claims(found.text, found.document, project):
        counts[kind] += 1
        if mismatch is not None:
            mismatches.append(mismatch)
    return Verdict(name, found.document.slug, found.state, counts["figure"], counts["name"], tuple(mismatches))


def _file(found: Text, document: Described, name: str) -> Iterator[Mismatch]:
    if found.state == "renamed":
        yield Mismatch("wrong file", f"the text of {found.other}", f"the text of {document.slug}", name)
    elif found.state == "damaged":
        yield Mismatch(
            f"document/{document.slug}",
            f"SHA-256 {document.sha256}",
            f"{found.sha256}; {_first(found.text, document)}",
            name,
        )


def _first(text: str, document: Described) -> str:
    """Say where a damaged text first differs."""
    for what, mended in (
        ("its lines end in CR LF", text.replace("\r\n", "\n")),
        ("it begins with a byte order mark", text.removeprefix("\ufeff")),
    ):
        if mended != text and hashlib.sha256(mended.encode()).hexdigest() == document.sha256:
            return f"{what}; give the text as it was published"
    for there, here in zip_longest(document.paragraphs, texts.paragraphs(text)):
        if there is None:
            return f"paragraph {here.number} is surplus"
        if here is None:
            return f"paragraph {there.number} is missing"
        if there.sha256 != here.sha256:
            return f"paragraph {there.number} is the first that differs"
        if (there.start, there.end) != (here.start, here.end):
            return f"blank lines before paragraph {there.number} differ"
    return "only line ends after the last paragraph differ"


def _passages(text: str, document: Described, project: Project, name: str) -> Iterator[Mismatch]:
    file = project.name(document.folder / "document.ttl")
    surplus = 0
    for there, here in zip_longest(document.paragraphs, texts.paragraphs(text)):
        if there is None and surplus >= MOST_SHOWN:
            break  # a text of any length is told apart in as many lines
        surplus += there is None
        if there != here:
            number = (there or here).number
            claim = terms.shorten(terms.passage(document.slug, number))
            yield Mismatch(claim, _worded(there), f"{_worded(here)} in {name}", file)


def _worded(paragraph: Paragraph | None) -> str:
    if paragraph is None:
        return "no such paragraph"
    return f"paragraph {paragraph.number} at {paragraph.start}-{paragraph.end} with SHA-256 {paragraph.sha256[:12]}…"


def _claims(text: str, document: Described, project: Project) -> Iterator[tuple[str, Mismatch | None]]:
    """Yield figure or name for each claim of a document, with what is wrong about it."""
    places = {one.number: one for one in texts.paragraphs(text)}
    for row in claims(document.folder):
        printed = row.surface if isinstance(row, Mention) else row.figure
        if printed is None and row.start is None and row.end is None and isinstance(row, Fact):
            continue
        kind = "name" if isinstance(row, Mention) else "figure"
        claim = graph.name(row).removeprefix(terms.ID)
        file = project.name(row.file)
        if printed is None or row.start is None or row.end is None:
            what = "surface" if isinstance(row, Mention) else "figure"
            yield kind, Mismatch(claim, f"{what}, start and end", "an empty cell", file, row.row)
            continue
        shows = text[row.start : row.end]
        place = places.get(row.paragraph)
        if shows != printed or not row.start < row.end:
            at = f"at {row.start}-{row.end}"
            yield kind, Mismatch(claim, f"{printed!r} {at}", _shows(shows, text, printed, place), file, row.row)
        elif place is None or not (place.start <= row.start and row.end <= place.end):
            where = next((one.number for one in places.values() if one.start <= row.start < one.end), None)
            yield kind, Mismatch(claim, f"{printed!r} in paragraph {row.paragraph}", f"it in {where}", file, row.row)
        else:
            yield kind, None


def claims(folder: Path) -> Iterator[Observation | Fact | Mention]:
    """Yield every claim of a document, figures first.  Raises TableError, EncodingError, MissingFile."""
    yield from sources.observations(folder)
    yield from sources.facts(folder)
    yield from sources.mentions(folder)


def _shows(shows: str, text: str, printed: str, place: Paragraph | None) -> str:
    found = repr(shows) if shows else "nothing"
    if place is not None:
        at = text.find(printed, place.start, place.end)
        if at >= 0:
            return f"{found}; the paragraph has it at {at}-{at + len(printed)}"
    return found
