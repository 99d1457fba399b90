"""The texts of the documents: read a file, tell which document it holds, and cut it into paragraphs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from pyoxigraph import Literal, NamedNode

from gbakg import sources, terms
from gbakg.errors import EncodingError, MissingFile, Problem, shown
from gbakg.sources import Project

LONGEST = 100_000_000
"""How many bytes a text may have: a thousand times what the longest report has."""


class Paragraph(NamedTuple):
    """One non-empty line of a text: its number from 1, its offsets in code points, and the SHA-256 of its UTF-8."""

    number: int
    start: int
    end: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Described:
    """A document as document.ttl describes it."""

    slug: str
    folder: Path
    file_name: str
    sha256: str
    paragraphs: tuple[Paragraph, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """A file that was read, and what it was recognised as.

    `state` is intact (the SHA-256 is the document's), renamed (the same, under the name of another document), damaged
    (only the name is a document's) or unknown (neither is).
    """

    path: Path
    text: str
    sha256: str
    document: Described | None
    state: str
    other: str = ""
    """The document whose name a renamed file carries."""


def described(project: Project) -> list[Described]:
    """Read what document.ttl says of every document of a project.  Raises TurtleError, EncodingError, MissingFile."""
    return [describe(folder) for folder in sources.documents(project)]


def describe(folder: Path) -> Described:
    """Read one document.ttl."""
    values: dict[str, dict[str, str]] = {}
    for triple in sources.triples(folder / "document.ttl"):
        if isinstance(triple.subject, NamedNode) and isinstance(triple.object, (NamedNode, Literal)):
            values.setdefault(triple.subject.value, {})[terms.local(triple.predicate)] = triple.object.value
    this = values.get(terms.document(folder.name).value, {})
    found = [
        Paragraph(int(one["number"]), int(one["start"]), int(one["end"]), one.get("sha256", ""))
        for one in values.values()
        if "inDocument" in one and all(one.get(key, "").isdecimal() for key in ("number", "start", "end"))
    ]
    return Described(folder.name, folder, this.get("fileName", ""), this.get("sha256", ""), tuple(sorted(found)))


def read(path: Path, known: list[Described]) -> Text:
    """Read a file as UTF-8 and recognise it: by its SHA-256, or else by its name.

    Raises MissingFile if it cannot be opened or is too long, EncodingError if it is not UTF-8.
    """
    try:
        with path.open("rb") as file:  # which may be a pipe, but need not end, as a device does not
            raw = file.read(LONGEST + 1)
    except OSError as error:
        raise MissingFile(shown(path), f"cannot be read: {error.strerror}; give the text of a document") from error
    if len(raw) > LONGEST:
        raise MissingFile(shown(path), f"is longer than {LONGEST:,} bytes; give the text of a document")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        message = f"byte 0x{raw[error.start]:02x} is not UTF-8; give the text as it was published"
        raise EncodingError([Problem(shown(path), message, line, place="line")]) from None
    sha256 = hashlib.sha256(raw).hexdigest()
    by_name = next((one for one in known if one.file_name == path.name), None)
    by_hash = next((one for one in known if one.sha256 == sha256), None)
    if by_hash is not None:
        if by_name is not None and by_name is not by_hash:
            return Text(path, text, sha256, by_hash, "renamed", by_name.slug)
        return Text(path, text, sha256, by_hash, "intact")
    return Text(path, text, sha256, by_name, "damaged" if by_name else "unknown")


def paragraphs(text: str) -> Iterator[Paragraph]:
    r"""Cut a text into its non-empty lines, split at line feeds only.

    >>> [(one.number, one.start, one.end) for one in paragraphs("Title\n\nFirst line\n")]
    [(1, 0, 5), (2, 7, 17)]
    """
    number = start = 0
    for line in text.split("\n"):
        if line:
            number += 1
            yield Paragraph(number, start, start + len(line), hashlib.sha256(line.encode()).hexdigest())
        start += len(line) + 1
