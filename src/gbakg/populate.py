"""Read what a graph is made of into triples, check each row, and remember where each thing was stated."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from gbakg import cells, graph, proofread, sources, tables, terms
from gbakg.errors import InputError, MissingFile, Problem, TableError, shown
from gbakg.sources import Project
from gbakg.tables import Fact, Mention, Observation, Row

KINDS: dict[str, type[Row]] = {"observations.csv": Observation, "facts.csv": Fact, "mentions.csv": Mention}


@dataclass(frozen=True, slots=True)
class Selection:
    """The files that a graph is made of."""

    ontology: tuple[Path, ...]
    shapes: tuple[Path, ...]
    registry: tuple[Path, ...]
    documents: tuple[Path, ...] = ()
    tables: tuple[Path, ...] = ()

    @property
    def folders(self) -> tuple[Path, ...]:
        """Return the documents' folders, those of single tables included."""
        return tuple(dict.fromkeys((*self.documents, *(path.parent for path in self.tables))))

    def rows(self) -> Iterator[Path]:
        """Yield the tables that are there, in order."""
        for folder in self.documents:
            yield from (folder / name for name in KINDS if (folder / name).exists())
        yield from self.tables


@dataclass(slots=True)
class Population:
    """A graph as it was stated: triples, shapes, and what is wrong with single rows."""

    selection: Selection
    stated: list[Triple]
    shapes: list[Triple]
    repeated: list[Triple]
    """What the registry or a document.ttl states, and a reported fact states too."""
    problems: list[Problem]
    places: dict[NamedNode, tuple[Path, int]] = field(repr=False)

    def locate(self, node: object) -> tuple[str, int | None, str]:
        """Find where something was stated: the file, the row or line, and which of the two that is."""
        if not isinstance(node, NamedNode):
            return "", None, "row"
        if node in self.places:
            path, number = self.places[node]
            return shown(path), number, "row"
        for path in self._turtle(node):
            line = _line(path, node)
            if line is not None:
                return shown(path), line, "line"
        return "", None, "row"

    def _turtle(self, node: NamedNode) -> Iterator[Path]:
        documents = {terms.document(_slug(folder)).value: folder for folder in self.selection.folders}
        folder = documents.get(node.value.partition("#")[0])
        if folder is not None:
            yield folder / "document.ttl"
        yield from self.selection.registry
        # A term is at home where it is defined, not where it is aligned.
        yield from sorted(self.selection.ontology, key=lambda path: "alignments" in path.parts)


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


def populate(selection: Selection, say: Callable[[str], None]) -> Population:
    """Read everything and check each row.

    Raises one InputError with the problems of all files if any of them cannot be read.
    """
    unreadable = [problem for folder in selection.folders for problem in _misnamed(folder)]
    if unreadable:
        raise InputError(unreadable)
    count = len(selection.folders)
    say(f"reading {count:,} document{'' if count == 1 else 's'}")
    problems: list[Problem] = []
    ontology = list(_turtle(selection.ontology, unreadable))
    shapes = list(_turtle(selection.shapes, unreadable))
    defined = {triple.subject for triple in ontology}
    described = [
        *_described(selection.registry, None, defined, problems, unreadable),
        *(
            triple
            for folder in selection.folders
            for triple in _described([folder / "document.ttl"], _slug(folder), defined, problems, unreadable)
        ),
    ]
    for folder in selection.documents:
        problems.extend(sources.stray(folder))
    knowledge = proofread.Knowledge(f"{triple} ." for triple in (*ontology, *described))
    claims: list[Triple] = []
    places: dict[NamedNode, tuple[Path, int]] = {}
    for path in selection.rows():
        rows = proofread.check(tables.read(path, KINDS[path.name], _slug(path.parent)), knowledge, problems)
        claims.extend(_collect(graph.claims(_placed(rows, places)), unreadable))
    if unreadable:
        raise _merge(unreadable)
    stated = list(dict.fromkeys((*ontology, *described, *claims)))
    said = set(claims)
    repeated = [triple for triple in dict.fromkeys((*ontology, *described)) if triple in said]
    return Population(selection, stated, shapes, repeated, problems, places)


def _placed(rows: Iterable[Row], places: dict[NamedNode, tuple[Path, int]]) -> Iterator[Row]:
    for row in rows:
        places[NamedNode(graph.name(row))] = (row.file, row.row)
        yield row


def _turtle(paths: Iterable[Path], unreadable: list[Problem]) -> Iterator[Triple]:
    for path in paths:
        yield from _collect(sources.triples(path), unreadable)


def _collect(triples: Iterator[Triple], unreadable: list[Problem]) -> Iterator[Triple]:
    try:
        yield from triples
    except InputError as error:
        unreadable.extend(error.problems)


def _merge(problems: list[Problem]) -> InputError:
    return TableError(problems) if all(".csv" in problem.file for problem in problems) else InputError(problems)


def _described(
    paths: Iterable[Path],
    slug: str | None,
    defined: set[NamedNode | BlankNode | Triple],
    problems: list[Problem],
    unreadable: list[Problem],
) -> Iterator[Triple]:
    """Yield the triples of data in Turtle.

    Reports blank nodes, terms of the ontology that it does not define, and in document.ttl what is not the document's.
    """
    own = terms.document(slug).value if slug is not None else None
    for path in paths:
        foreign: set[str] = set()
        spelt: dict[str, str] = {}
        unknown: dict[NamedNode, str] = {}
        seen = blank = False
        for triple in _collect(sources.triples(path), unreadable):
            yield triple
            subject = triple.subject
            blank |= isinstance(subject, BlankNode) or isinstance(triple.object, BlankNode)
            for term in (triple.predicate, triple.object):
                if isinstance(term, NamedNode) and term.value.startswith(terms.GBA) and term not in defined:
                    unknown[term] = terms.shorten(subject) if isinstance(subject, NamedNode) else str(subject)
            if isinstance(triple.object, Literal) and (wrong := _misspelt(triple.object)):
                spelt[wrong] = terms.shorten(subject) if isinstance(subject, NamedNode) else str(subject)
            if own is not None and isinstance(subject, NamedNode):
                seen |= subject.value == own
                if subject.value != own and not subject.value.startswith(own + "#p"):
                    foreign.add(terms.shorten(subject))
        if blank:
            problems.append(Problem(shown(path), "holds a blank node; data name everything with an IRI"))
        problems.extend(Problem(shown(path), f"{name}: {wrong}") for wrong, name in sorted(spelt.items()))
        problems.extend(
            Problem(shown(path), f"{name}: {terms.shorten(term)} is no term of the ontology{_meant(term, defined)}")
            for term, name in unknown.items()
        )
        if own is not None and not seen and not any(problem.file == shown(path) for problem in unreadable):
            problems.append(Problem(shown(path), f"does not describe document/{slug}, after which its folder is named"))
        problems.extend(
            Problem(shown(path), f"describes {name}; only the document and its paragraphs belong here")
            for name in sorted(foreign)
        )


def _meant(term: NamedNode, defined: Collection[object]) -> str:
    names = sorted(one.value for one in defined if isinstance(one, NamedNode) and one.value.startswith(terms.GBA))
    near = get_close_matches(term.value, names, n=1, cutoff=0.8)
    return f"; did you mean {terms.shorten(NamedNode(near[0]))}?" if near else "; correct it, or define it in ontology/"


def _misspelt(literal: Literal) -> str:
    """Say what is wrong with a literal that stores and libraries would spell differently; nothing if it is canonical."""
    kind = literal.datatype.value.removeprefix(terms.XSD)
    if kind in ("float", "double"):
        return f"{literal.value} is a {kind}; write an integer, or a decimal with a point and no exponent"
    if kind in ("integer", "decimal"):
        try:
            cells.LITERALS[kind](literal.value)
        except ValueError as error:
            return str(error)
    return ""


def _misnamed(folder: Path) -> Iterator[Problem]:
    if not terms.is_slug(_slug(folder)):
        advice = "write lower-case letters, digits and single hyphens"
        yield Problem(shown(folder), f"a document's folder ends its IRI; {advice}")


def _slug(folder: Path) -> str:
    return folder.absolute().name


def _line(path: Path, node: NamedNode) -> int | None:
    """Find the line of a Turtle file where a subject stands; 1 if the file has it in another spelling."""
    short = next((f"{p}:{node.value[len(n) :]}" for p, n in terms.PREFIXES.items() if node.value.startswith(n)), "")
    pattern = re.compile(
        rf"(?:{re.escape(short)}|<{re.escape(node.value)}>)(?![\w-])" if short else re.escape(node.value)
    )
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    return next((number for number, line in enumerate(lines, start=1) if pattern.match(line)), None)
