"""Read what a graph is made of, check each row, and write what is stated as N-Triples, a line for each triple.

Nothing is held that grows with the tables, but the plain triples of reported facts, which documents share.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pyoxigraph import Triple

from gbakg import graph, proofread, sources, spool, tables, terms, vet
from gbakg.digest import Digest
from gbakg.errors import InputError, MissingFile, Problem, TableError
from gbakg.progress import Say
from gbakg.proofread import Knowledge
from gbakg.sources import Project
from gbakg.spool import Spool
from gbakg.tables import Fact, Mention, Observation, Row

if TYPE_CHECKING:
    import tempfile

CORE, CLAIMS, ANONYMOUS = "core.nt", "claims.nt", "anonymous.nt"
"""The files of a population; a build keeps the first for the next one."""
SHARED = "ontology.nt", "registry.nt"
"""The files in which a build keeps the ontology and the registry for the next one."""

_Item = TypeVar("_Item")

KINDS: dict[str, type[Row]] = {"observations.csv": Observation, "facts.csv": Fact, "mentions.csv": Mention}


@dataclass(frozen=True, slots=True)
class Selection:
    """The files that a graph is made of."""

    ontology: tuple[Path, ...]
    shapes: tuple[Path, ...]
    registry: tuple[Path, ...]
    documents: tuple[Path, ...] = ()
    tables: tuple[Path, ...] = ()
    others: tuple[Path, ...] = ()
    """Folders of documents that are not read, but that rows may name."""

    @property
    def folders(self) -> tuple[Path, ...]:
        """Return the documents' folders, those of single tables included."""
        return tuple(dict.fromkeys((*self.documents, *(path.parent for path in self.tables))))

    def rows(self, folder: Path) -> list[Path]:
        """List the tables of one of the folders that are there, in order."""
        if folder in self.documents:
            return [folder / name for name in KINDS if (folder / name).exists()]
        return [path for path in self.tables if path.parent == folder]


class Population:
    """A graph as it was stated: files of N-Triples in a folder, and what is wrong with single rows.

    `core.nt` has the ontology, the registry, the documents' descriptions and the plain triples of reported facts;
    `claims.nt` has the claims, one document's after the other; `anonymous.nt` has what the ontology says with blank
    nodes, which only the store of what is stated has.  No triple stands in them twice.
    """

    def __init__(self, selection: Selection, folder: Path | None = None) -> None:
        self._temporary = _temporary() if folder is None else None
        self.folder = Path(self._temporary.name) if self._temporary is not None else folder or Path()
        self.selection = selection
        self.digest = Digest()
        self.problems: list[Problem] = []
        self.ontology: list[str] = []
        self.registry: list[str] = []
        """Their lines, those with blank nodes included."""
        self.plain: dict[str, set[str]] = {}
        """The plain triples of each document's reported facts."""
        self.spans: dict[str, tuple[int, int]] = {}
        """Where in claims.nt the claims of each document begin and end, in bytes."""
        self.entailed: dict[str, tuple[int, int]] = {}
        """Where in the file of what is entailed that begins and ends which follows from each document's claims, if known."""
        self.described: dict[str, tuple[int, int]] = {}
        """Where in core.nt the description of each document begins and ends, in bytes."""
        self.repeated: list[str] = []
        """What the registry or a document.ttl states, and a reported fact states too."""

    @property
    def count(self) -> int:
        """How many triples are stated, those with blank nodes included."""
        return self.digest.count + sum(1 for line in (*self.ontology, *self.registry) if _blank(line))

    @property
    def files(self) -> tuple[Path, Path, Path]:
        """The files of N-Triples: core, claims and anonymous."""
        return self.folder / CORE, self.folder / CLAIMS, self.folder / ANONYMOUS

    def core(self) -> Iterator[str]:
        """Yield the lines of core.nt and anonymous.nt."""
        yield from spool.lines(self.files[0])
        yield from self.anonymous()

    def anonymous(self) -> Iterator[str]:
        """Yield the lines with blank nodes."""
        yield from spool.lines(self.files[2])

    def claims(self, slug: str) -> Iterator[str]:
        """Yield the lines of one document's claims."""
        yield from spool.lines(self.files[1], *self.spans[slug])

    def lines(self) -> Iterator[str]:
        """Yield every line."""
        for path in self.files:
            yield from spool.lines(path)

    def shared(self) -> dict[str, str]:
        """Return the lines of the ontology and the registry as the texts of two files, by name."""
        return {name: "\n".join(lines) for name, lines in zip(SHARED, (self.ontology, self.registry), strict=True)}

    @cached_property
    def shapes(self) -> list[Triple]:
        """The triples of the shapes.  Raises InputError."""
        return [triple for path in self.selection.shapes for triple in sources.triples(path)]

    @cached_property
    def stated(self) -> list[Triple]:
        """The triples themselves, for engines that hold a graph in memory."""
        return list(graph.triples(self.lines()))


def everything(project: Project) -> Selection:
    """Select all files of a project."""
    return Selection(
        tuple(sources.ontology_files(project)),
        tuple(sources.shape_files(project)),
        tuple(sources.registry_files(project)),
        tuple(sources.documents(project)),
    )


def only(project: Project, paths: Sequence[Path]) -> Selection:
    """Select the project's ontology and registry, and of the documents just what `paths` name.

    A path is a document's folder, a table, a Turtle file, or a folder shaped like data/.  Raises MissingFile.
    """
    registry = dict.fromkeys(sources.registry_files(project))
    documents: dict[Path, None] = {}
    single: dict[Path, None] = {}
    for path in (given.absolute() for given in paths):
        if not path.exists():
            raise MissingFile(path, "there is no such file or folder")
        if path.is_dir() and (path / "document.ttl").exists():
            documents[path] = None
        elif path.is_dir():
            of = Project(project.ontology, path, project.queries)
            found = sources.documents(of)
            if not found and not (path / "registry").is_dir():
                raise MissingFile(path, "holds neither document.ttl nor documents/ nor registry/; name one that does")
            documents.update(dict.fromkeys(found))
            registry.update(dict.fromkeys(sources.registry_files(of)))
        elif path.name in KINDS:
            if not (path.parent / "document.ttl").exists():
                raise MissingFile(path, "has no document.ttl beside it, which says whose paragraphs these are")
            single[path] = None
        elif path.suffix == ".ttl":
            documents.update({path.parent: None} if path.name == "document.ttl" else {})
            registry.update({} if path.name == "document.ttl" else {path: None})
        else:
            raise MissingFile(path, f"is neither a Turtle file nor a table; a table is named {', '.join(KINDS)}")
    return Selection(
        tuple(sources.ontology_files(project)),
        tuple(sources.shape_files(project)),
        tuple(registry),
        tuple(documents),
        tuple(path for path in single if path.parent not in documents),
    )


def populate(
    selection: Selection,
    say: Say,
    folder: Path | None = None,
    shared: tuple[list[str], list[str]] | None = None,
) -> Population:
    """Read everything, check each row, and write the triples into a folder, a temporary one unless given.

    `shared`, if given, are the lines of the ontology and of the registry, which then are not read again.  Raises one
    InputError with the problems of all files if any of them cannot be read.
    """
    count = len(selection.folders)
    say(f"reading {count:,} document{'' if count == 1 else 's'}")
    return _Writer(Population(selection, folder), shared).write()


class _Writer:
    """Writes a population, file by file."""

    def __init__(self, population: Population, shared: tuple[list[str], list[str]] | None) -> None:
        self.made = population
        self.known = shared
        self.selection = population.selection
        chosen = self.selection
        self.unreadable = [
            *vet.files((*chosen.ontology, *chosen.shapes, *chosen.registry)),
            *(problem for folder in chosen.folders for problem in vet.name(_slug(folder), folder)),
        ]
        self.plain: dict[str, None] = {}
        self.ours: set[str] = set()  # claims that the registry speaks of, which hardly happens

    def write(self) -> Population:
        if self.unreadable:
            raise InputError(self.unreadable)
        core, claims, anonymous = self.made.files
        with Spool(core, self.made.digest) as described, Spool(claims, self.made.digest) as claimed:
            with Spool(anonymous) as blank:
                self._core(described, claimed, blank)
            if self.unreadable:
                raise _merge(self.unreadable)
            described.flush()
            said = {line for line in spool.lines(core) if line in self.plain} if self.plain else set()
            self.made.repeated = sorted(said)
            described.put(line for line in self.plain if line not in said)
        return self.made

    def _core(self, core: Spool, claims: Spool, anonymous: Spool) -> None:
        ontology, registry = self.known or ([], [])
        ontology = ontology or [*dict.fromkeys(self._turtle(self.selection.ontology))]
        defined = {line.partition(" ")[0] for line in ontology}
        shapes = vet.shapes(
            self.selection.shapes, defined, lambda path: _collect(sources.triples(path), self.unreadable)
        )
        self.made.problems.extend(shapes)
        registry = registry or [*dict.fromkeys(self._described(self.selection.registry, None, defined))]
        self.made.ontology, self.made.registry = ontology, registry
        known = dict.fromkeys((*ontology, *registry))
        self.ours = {line for line in registry if line.startswith(graph.CLAIMED)}
        core.put(line for line in known if not _blank(line))
        anonymous.put(line for line in known if _blank(line))
        folders = (*self.selection.folders, *self.selection.others)
        documents = [f"{terms.document(_slug(folder))} {terms.TYPE} {_DOCUMENT} ." for folder in folders]
        knowledge = Knowledge((*known, *documents))
        for folder in self.selection.folders:
            if folder in self.selection.documents:
                self.made.problems.extend(sources.stray(folder))
            own = dict.fromkeys(self._described([folder / "document.ttl"], _slug(folder), defined))
            begin = core.tell()
            core.put(line for line in own if line not in known)
            self.made.described[_slug(folder)] = begin, core.tell()
            self._tables(folder, knowledge.within(own), claims)

    def _tables(self, folder: Path, knowledge: Knowledge, claims: Spool) -> None:
        begin, slug = claims.tell(), _slug(folder)
        plain = self.made.plain[slug] = set()
        for path in self.selection.rows(folder):
            table = tables.read(path, KINDS[path.name], slug)
            rows = proofread.check(_collect(table, self.unreadable), knowledge, self.made.problems)
            claims.put(self._stated(rows, plain))
        self.plain.update(dict.fromkeys(sorted(plain)))
        self.made.spans[slug] = begin, claims.tell()

    def _stated(self, rows: Iterable[Row], plain: set[str]) -> Iterator[str]:
        for row in rows:
            found = graph.statements(row)
            yield from found if not self.ours else [line for line in found if line not in self.ours]
            if isinstance(row, Fact) and (line := graph.plain(row)) is not None:
                plain.add(line)

    def _turtle(self, paths: Iterable[Path]) -> Iterator[str]:
        for path in paths:
            yield from (f"{triple} ." for triple in _collect(sources.triples(path), self.unreadable))

    def _described(self, paths: Iterable[Path], slug: str | None, defined: set[str]) -> Iterator[str]:
        for path in paths:
            yield from vet.vet(self._turtle([path]), path, slug, defined, self.made.problems)


_BLANK = re.compile(r"^_:|> _:\S+ \.$")
_DOCUMENT = terms.code("Document")


def _blank(line: str) -> bool:
    """Tell whether a line has a blank node; the first test costs a tenth of the second, and nearly no line passes it."""
    return "_:" in line and _BLANK.search(line) is not None


def _collect(items: Iterator[_Item], unreadable: list[Problem]) -> Iterator[_Item]:
    try:
        yield from items
    except InputError as error:
        unreadable.extend(error.problems)


def _merge(problems: list[Problem]) -> InputError:
    return TableError(problems) if all(".csv" in problem.file for problem in problems) else InputError(problems)


def _temporary() -> tempfile.TemporaryDirectory[str]:
    import tempfile

    return tempfile.TemporaryDirectory(prefix="gbakg-")


def _slug(folder: Path) -> str:
    return folder.absolute().name
