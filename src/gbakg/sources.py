"""Find the project and read what lies in it: the ontology, the shapes, the registry and the documents."""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from stat import S_ISREG

import pyoxigraph

from gbakg.encoding import refuse_bom, undecodable
from gbakg.errors import MissingFile, Problem, ProjectNotFound, TurtleError, shown
from gbakg.settings import setting
from gbakg.tuples import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gbakg.tables import Fact, Mention, Observation

TABLES = ("observations.csv", "facts.csv", "mentions.csv")


class Project(NamedTuple):
    """The three folders that a graph is made of."""

    ontology: Path
    data: Path
    queries: Path

    @property
    def key(self) -> str:
        """A name of this project on this machine, for its folder in the cache.

        Should two projects come to share one, each finds the other's build out of date, by its inputs' hashes.
        """
        places = "\n".join(str(path.resolve()) for path in (self.ontology, self.data))
        stem = re.sub(r"[^a-z0-9]+", "-", self.data.resolve().parent.name.lower()).strip("-")
        return f"{stem or 'project'}-{zlib.crc32(os.fsencode(places)):08x}"

    def name(self, path: Path) -> str:
        """Name a file of the project the same way on every machine, as data/registry/regions.ttl."""
        text = path.as_posix()  # taking paths apart would take ten times as long, for each of thousands of files
        for part, folder in zip(self._fields, self, strict=True):
            start = f"{folder.as_posix()}/"
            if text.startswith(start):
                return f"{part}/{text.removeprefix(start)}"
        return str(path)


class Input(NamedTuple):
    """One file that a build was made from: its name, its stat fingerprint and its hash."""

    name: str
    size: int
    changed_ns: int
    sha256: str


def project(home: str | None = None) -> Project:
    """Find the project: a flag, GBAKG_HOME, gbakg.toml, a checkout around the working folder, the installed package.

    Raises ProjectNotFound if a place that was named explicitly is not a project, or there is none at all.
    """
    named = setting("home", home)
    if named is not None:
        folder = Path(named).expanduser()
        for part in ("ontology", "data"):
            if not (folder / part).is_dir():
                raise ProjectNotFound(named, f"folder {part}/")
        return _checkout(folder.absolute())
    package = Path(__file__).resolve().parent
    for folder in (Path.cwd(), *Path.cwd().parents, *package.parents[1:2]):
        if (folder / "ontology" / "gbakg.ttl").is_file() and (folder / "data").is_dir():
            return _checkout(folder)
    if (package / "_ontology").is_dir():
        return Project(package / "_ontology", package / "_data", package / "_queries")
    raise ProjectNotFound(shown(Path.cwd()), "ontology/gbakg.ttl")


def _checkout(folder: Path) -> Project:
    return Project(folder / "ontology", folder / "data", folder / "queries")


# --- files ---------------------------------------------------------------------------------------------------------


def ontology_files(project: Project) -> list[Path]:
    """List the Turtle files of the ontology, without the shapes, in order."""
    return [path for path in _files(project.ontology, ".ttl") if "shapes" not in _parts(path, project.ontology)]


def shape_files(project: Project) -> list[Path]:
    """List the Turtle files of the shapes, in order."""
    return _files(project.ontology / "shapes", ".ttl")


def registry_files(project: Project) -> list[Path]:
    """List the Turtle files of the registry, in order."""
    return _files(project.data / "registry", ".ttl")


def documents(project: Project) -> list[Path]:
    """List the folders of the documents, in order."""
    folder = project.data / "documents"
    if not folder.is_dir():
        return []
    return [path for path in _list(folder) if path.is_dir() and not path.name.startswith((".", "__"))]


def stray(folder: Path) -> list[Problem]:
    """Report the tables and Turtle files of a document's folder that nothing reads, such as a misspelt name."""
    known = {"document.ttl", "exempt.csv", *TABLES}
    expected = "document.ttl, observations.csv, facts.csv or mentions.csv"
    return [
        Problem(shown(path), f"nothing reads this file; rename it to {expected}, or move it away")
        for path in _list(folder)
        if path.suffix.lower() in {".ttl", ".csv", ".tsv"} and path.name not in known
    ]


def _files(folder: Path, ending: str) -> list[Path]:
    """List the files below a folder whose names end alike, but hidden ones; a third of what Path.rglob costs."""
    found = []
    for place, below, names in os.walk(folder):
        below[:] = [name for name in below if name[0] != "."]
        found += [Path(place, name) for name in names if name.endswith(ending) and name[0] != "."]
    return sorted(found)


def _list(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise MissingFile(folder, f"cannot be read: {error.strerror}") from error


def _parts(path: Path, folder: Path) -> tuple[str, ...]:
    return path.relative_to(folder).parts


# --- tables --------------------------------------------------------------------------------------------------------


def observations(folder: Path) -> Iterator[Observation]:
    """Yield the rows of a document's observations.csv; see gbakg.tables."""
    from gbakg import tables  # 20 ms, and only needed where tables are read

    return tables.observations(folder)


def facts(folder: Path) -> Iterator[Fact]:
    """Yield the rows of a document's facts.csv; see gbakg.tables."""
    from gbakg import tables

    return tables.facts(folder)


def mentions(folder: Path) -> Iterator[Mention]:
    """Yield the rows of a document's mentions.csv; see gbakg.tables."""
    from gbakg import tables

    return tables.mentions(folder)


# --- Turtle --------------------------------------------------------------------------------------------------------


def triples(path: Path) -> Iterator[pyoxigraph.Triple]:
    """Yield the triples of one Turtle file, its blank nodes renamed apart from those of other files.

    Raises TurtleError with the line, EncodingError, or MissingFile.
    """
    refuse_bom(path)
    try:
        raw = path.read_bytes()
        raw.decode("utf-8")
        for quad in pyoxigraph.parse(raw, format=pyoxigraph.RdfFormat.TURTLE, rename_blank_nodes=True):
            yield quad.triple
    except UnicodeDecodeError:
        raise undecodable(path) from None
    except SyntaxError as error:
        message = re.sub(r"^Parser error at line \d+[^:]*: | \(line \d+\)$", "", error.msg)
        raise TurtleError(path, message, error.lineno) from None
    except OSError as error:
        raise MissingFile(path, f"cannot be read: {error.strerror}") from error


# --- fingerprints --------------------------------------------------------------------------------------------------


def inputs(project: Project) -> list[Path]:
    """List every file that a build depends on, in order: ontology, shapes, registry, documents."""
    files = {*ontology_files(project), *shape_files(project), *registry_files(project)}
    for folder in documents(project):
        files.update(path for path in _list(folder) if path.suffix in {".ttl", ".csv"})
    return sorted(files)


def fingerprint(
    project: Project, paths: Iterable[Path], known: Mapping[str, Any] | None = None, since: int = 0
) -> list[Input]:
    """Take the size, time and SHA-256 of files.

    The hash is taken from `known` fingerprints, taken at `since`, where size and time are the same; see `changed`.
    Raises MissingFile if a file cannot be read.
    """
    found = []
    for path in paths:
        former = (known or {}).get(project.name(path))
        if former is not None and not _doubtful(path, former, since):
            found.append(Input(project.name(path), *former))
        else:
            found.append(_fingerprint(project, path))
    return found


def _doubtful(path: Path, former: Sequence[Any], since: int) -> bool:
    """Tell whether a file may have changed since its fingerprint was taken."""
    try:
        stat = path.stat()
    except OSError:
        return True
    moment = _moment(stat)
    return [stat.st_size, moment] != [*former[:2]] or moment > since - _GRAIN


def _moment(stat: os.stat_result) -> int:
    """Return when a file changed, in ns: what is put in its place with its time, as `cp -p` may, has a later ctime."""
    return max(stat.st_mtime_ns, stat.st_ctime_ns)


def _fingerprint(project: Project, path: Path) -> Input:
    import hashlib

    try:
        # The time is taken before the content: a change in between is then seen as one by the next comparison.
        stat = path.stat()
        if not S_ISREG(stat.st_mode):  # a pipe may never end
            raise MissingFile(path, "is no regular file; copy what it gives into one")
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise MissingFile(path, f"cannot be read: {error.strerror}") from error
    return Input(project.name(path), stat.st_size, _moment(stat), digest)


def changed(project: Project, known: dict[str, Any], since: int) -> tuple[list[str], list[Input] | None]:
    """Compare the project's files with the fingerprints of a build.

    `known` maps names to [size, changed_ns, sha256]; `since` is when they were taken, in ns.  Returns the names of the
    files that differ, came or went, and new fingerprints where only times differ (else None).  A file as young as its
    fingerprint is hashed again, since a change within the clock's grain would leave no trace.
    """
    paths = {project.name(path): path for path in inputs(project)}
    differing = sorted(paths.keys() ^ known.keys())
    doubtful = [name for name in paths.keys() & known.keys() if _doubtful(paths[name], known[name], since)]
    fresh = []
    for name in sorted(doubtful):
        if not paths[name].exists():  # gone since it was listed
            differing.append(name)
            continue
        taken = _fingerprint(project, paths[name])
        fresh.append(taken)
        if taken.sha256 != known[name][2]:
            differing.append(name)
    return differing, fresh or None


def touched(project: Project, known: Mapping[str, Any]) -> list[str]:
    """Name the files whose size or time is not that of their `known` fingerprints any more, or that are gone."""
    paths = {project.name(path): path for path in inputs(project)}
    return [name for name, one in known.items() if name not in paths or _doubtful(paths[name], one, _NEVER)]


_GRAIN = 2_000_000_000
_NEVER = 1 << 63
