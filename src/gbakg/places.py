"""Find where something was stated: the row of a claim, the line of what stands in Turtle.

Files are read when something in them is looked for, once each; not for claims whose rows a former build has found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pyoxigraph import NamedNode

from gbakg import records, tables, terms
from gbakg.errors import InputError, shown
from gbakg.memo import Memo

if TYPE_CHECKING:
    from gbakg.populate import Selection


class Place(NamedTuple):
    """A file, and the row or line in it; the file is empty where nothing was found."""

    file: str = ""
    number: int | None = None
    unit: str = "row"


class Places:
    """The places of a selection of files; `known` are the rows of claims, by their IRIs, that stand where they stood."""

    def __init__(self, selection: Selection, known: Mapping[str, int] | None = None) -> None:
        self.rows = dict(known or {})
        """The rows of the claims that were found."""
        self._selection = selection
        self._folders = {folder.absolute().name: folder for folder in selection.folders}
        self._shown = Memo[Path, str](shown)
        self._rows: dict[Path, dict[tuple[int, str], int]] = {}
        self._lines: dict[Path, dict[str, int]] = {}

    def claims(self, node: object) -> bool:
        """Tell whether a node is a claim of one of the tables."""
        return isinstance(node, NamedNode) and terms.claimed(node) is not None and self.find(node).number is not None

    def find(self, node: object) -> Place:
        """Find the place of a claim, an entity, a passage or a term."""
        if not isinstance(node, NamedNode):
            return Place()
        claim = terms.claimed(node)
        if claim is not None:
            kind, slug, paragraph, key = claim
            folder, row = self._folders.get(slug), self.rows.get(node.value)
            if folder is not None and row is None:
                row = self._table(folder / f"{kind}s.csv").get((paragraph, key))
            if folder is None or row is None:
                return Place()
            self.rows[node.value] = row
            return Place(self._shown[folder / f"{kind}s.csv"], row)
        for path in self._turtle(node):
            line = self._subjects(path).get(node.value)
            if line is not None:
                return Place(self._shown[path], line, "line")
        return Place()

    def _turtle(self, node: NamedNode) -> Iterator[Path]:
        prefix = terms.document("").value
        folder = self._folders.get(node.value.removeprefix(prefix).partition("#")[0])
        if folder is not None and node.value.startswith(prefix):
            yield folder / "document.ttl"
        elif node.value.startswith(prefix):  # whoever misspelt it did so in one of them
            yield from (one / "document.ttl" for one in self._folders.values())
        yield from self._selection.registry
        # A term is at home where it is defined, not where it is aligned.
        yield from sorted(self._selection.ontology, key=lambda path: "alignments" in path.parts)

    def _table(self, path: Path) -> dict[tuple[int, str], int]:
        if path not in self._rows:
            columns = tuple(tables.COLUMNS[path.stem])
            key, paragraph = columns.index("key"), columns.index("paragraph")
            found = self._rows[path] = {}
            try:
                for row, record in records.read(path, columns, []):
                    if len(record) == len(columns) and record[paragraph].isdecimal():
                        found.setdefault((int(record[paragraph]), record[key]), row)
            except InputError:  # it is gone or broken since it was read: then nobody knows the row
                pass
        return self._rows[path]

    def _subjects(self, path: Path) -> dict[str, int]:
        """Map the IRIs that begin a line of a Turtle file, which is where house style has subjects, to their lines."""
        if path not in self._lines:
            found = self._lines[path] = {}
            try:
                text = path.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError):
                text = ""
            for number, line in enumerate(text.splitlines(), start=1):
                subject = _SUBJECT.match(line)
                if subject is not None:
                    iri = subject[1] or terms.PREFIXES.get(subject[2], "") + subject[3]
                    found.setdefault(iri, number)
        return self._lines[path]


_SUBJECT = re.compile(r"(?:<([^>\s]+)>|([\w-]+):([\w.-]*[\w-]))(?=\s|$)")
