"""An edit of rows: where nothing but rows of tables changed, what these rows said and say is all that has to be read.

Beside the builds lie the tables that the last one was made of, each named by its SHA-256.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from gbakg import cache, graph, proofread, records, sources, tables, terms
from gbakg.errors import InputError, Problem
from gbakg.populate import KINDS, SHARED, Selection
from gbakg.proofread import Knowledge
from gbakg.sources import Project
from gbakg.store import Build
from gbakg.tables import Fact, Row


class Edit(NamedTuple):
    """What an edit changed, as lines of N-Triples about claims."""

    removed: set[str]
    added: set[str]
    after: set[str]
    """All that is stated from now on of the claims that changed."""

    @property
    def claims(self) -> set[str]:
        """The claims that changed, came or went."""
        return {line.partition(" ")[0] for line in self.removed | self.added}


def keep(project: Project, folder: Path, documents: Iterable[Path], receipt: Mapping[str, Any]) -> None:
    """Keep copies of the tables of documents in a cache's folder, and remove those that no input of a receipt is.

    A table that changed since the receipt's fingerprint was taken is not kept: who knows which of the two was read.
    """
    target = folder / _FOLDER
    target.mkdir(exist_ok=True)
    paths = [path for one in documents for name in KINDS if (path := one / name).exists()]
    for path, now in zip(paths, sources.fingerprint(project, paths, receipt["inputs"], receipt["taken"]), strict=True):
        named = target / receipt["inputs"].get(now.name, ["gone"])[-1]
        if named.name != now.sha256:
            named.unlink(missing_ok=True)
        elif not named.exists():
            named.write_bytes(path.read_bytes())  # a copy that is cut short or of later bytes is no copy: see _table
    known = {one[-1] for one in receipt["inputs"].values()}
    for path in target.iterdir():
        if path.name not in known:
            path.unlink()


def find(selection: Selection, former: Build, changed: Collection[str], scratch: Path) -> Edit | None:
    """Compare the tables of documents with what a former build was made of; None if more than rows changed, or it is unsure.

    `changed` has the slugs of all documents of which any file changed; `scratch` is a folder for files.  It is unsure
    where a row is wrong, or where the plain triple of a fact comes or goes, which others may state too.
    """
    folders = {folder.name: folder for folder in selection.documents}
    copies = former.path.parent.parent / _FOLDER
    before, after = list[Row](), list[Row]()
    for slug in changed:
        folder = folders.get(slug)
        known = {
            name.rpartition("/")[2]: one[-1]
            for name, one in former.receipt["inputs"].items()
            if name.startswith(f"data/documents/{slug}/")
        }
        if (
            folder is None
            or {path.name for path in folder.iterdir() if path.suffix in (".ttl", ".csv")} != known.keys()
        ):
            return None
        for name, digest in known.items():
            now = (folder / name).read_bytes()
            if sha256(now).hexdigest() == digest:
                continue
            was = _table(copies / digest)
            if name not in KINDS or was is None:
                return None
            found = _differing(name, was, now, slug, scratch)
            if found is None:
                return None
            before += found[0]
            after += found[1]
    texts = [former.remembered(name) for name in SHARED]
    if not all(texts) or any(f"\n{one}" in f"\n{text}" for text in texts for one in graph.CLAIMED):
        return None
    lines = [line for text in texts for line in text.split("\n")]
    if not _right(after, folders, lines) or _plain(before) != _plain(after):
        return None
    said, says = ({line for row in rows for line in graph.statements(row)} for rows in (before, after))
    return Edit(said - says, says - said, says)


def _table(path: Path) -> bytes | None:
    """Return a table that was kept; None if it is lost or not what it was."""
    try:
        raw = cache.read(path)
    except OSError:
        return None
    return raw if sha256(raw).hexdigest() == path.name else None


def _differing(name: str, was: bytes, now: bytes, slug: str, scratch: Path) -> tuple[list[Row], list[Row]] | None:
    """Return the rows that only one of two tables has; None if either has a row that is wrong by itself."""
    columns = tuple(tables.COLUMNS[Path(name).stem])
    path, problems = scratch / f"differing-{name}", list[Problem]()

    def read(raw: bytes) -> list[tuple[str, ...]]:
        path.write_bytes(raw)
        return [tuple(record) for _, record in records.read(path, columns, problems)]

    def rows(found: Iterable[tuple[str, ...]]) -> list[Row]:
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([columns, *found])
        return list(tables.read(path, KINDS[name], slug))

    try:
        before, after = read(was), read(now)
        if problems or any(len({one[:2] for one in each}) != len(each) for each in (before, after)):
            return None  # whoever reads all rows tells what is wrong with them
        former, present = set(before), set(after)
        return rows(one for one in before if one not in present), rows(one for one in after if one not in former)
    except InputError:
        return None
    finally:
        path.unlink()


def _right(rows: Collection[Row], folders: Mapping[str, Path], lines: list[str]) -> bool:
    """Tell whether all that rows name is known: from these lines, and from their documents."""
    documents = [f"{terms.document(slug)} {terms.TYPE} {terms.code('Document')} ." for slug in folders]
    knowledge = Knowledge((*lines, *documents))
    problems: list[Problem] = []
    for slug in {row.document for row in rows}:
        own = [f"{triple} ." for triple in sources.triples(folders[slug] / "document.ttl")]
        mine = (row for row in rows if row.document == slug)
        for _ in proofread.check(mine, knowledge.within(own), problems):
            pass
    return not problems


def _plain(rows: Iterable[Row]) -> list[str]:
    return sorted(line for row in rows if isinstance(row, Fact) and (line := graph.plain(row)) is not None)


_FOLDER = "tables"
