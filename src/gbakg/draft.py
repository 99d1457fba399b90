"""A build in the making: a folder beside the finished builds, filled, and put in their place whole or not at all.

Two stores are filled: `stated`, and `store`, which has what follows as well.  The second begins as a backup of the first
that shares its files, since RocksDB never changes a file of sorted triples once it is written; at its end it is merged.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pyoxigraph
from pyoxigraph import DefaultGraph, Quad, RdfFormat

from gbakg import checksum, graph, kept, store, terms
from gbakg.cache import create, home, replace, sync, unusable
from gbakg.closable import Closable
from gbakg.engines import Examination
from gbakg.errors import Problem
from gbakg.populate import CORE, Population
from gbakg.sources import Project
from gbakg.store import ALL, STATED, Build

SMALL = 500_000
"""Triples below which an edit merges the files of a store anew; a full build always does."""


class Made(NamedTuple):
    """What a draft came to: what was found and what is wrong with rows, and its counts and digest."""

    found: Examination
    problems: tuple[Problem, ...]
    counts: dict[str, int]
    digest: str
    shared: dict[str, str]
    """The lines of the ontology and of the registry, as files for the next build."""
    finish: Callable[[], object] = lambda: None
    """What has to be called before the draft is published: it waits for the disk."""


@contextlib.contextmanager
def drafting(project: Project, cache: str | None = None) -> Iterator[Path]:
    """Make a folder for a build, which vanishes unless it is published; call it inside `locked`.

    Raises CacheUnusable, also for what goes wrong with the disk inside.
    """
    folder = home(project, cache)
    draft = folder / "builds" / f"tmp-{os.getpid()}-{time.time_ns()}"
    try:
        store.tidy(folder)
        draft.mkdir()
        yield draft
    except OSError as error:
        raise unusable(folder, error) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def publish(
    project: Project,
    draft: Path,
    receipt: Mapping[str, Any],
    extras: Mapping[str, str],
    cache: str | None = None,
    former: Build | None = None,
) -> Build:
    """Make a draft the current build.

    `receipt` gives inputs, taken, versions, counts, digest and whatever else is to be remembered; `extras` are further
    files by name, shared with the `former` build where it has the same.  That one stays as long as somebody reads it.
    """
    folder = home(project, cache)
    every, stated = _sizes(draft, ALL), _sizes(draft, STATED)
    full = {
        **receipt,
        "format": store.FORMAT,
        "versions": {**receipt.get("versions", {}), **store.versions()},
        "files": {**every, **stated},
        "sums": {**checksum.take(draft, every), **checksum.take(draft, stated)},
        "kept": {name: _hash((draft / name).read_bytes()) for name in (CORE, kept.RECORD) if (draft / name).exists()},
    }
    for name, text in extras.items():
        full["kept"][name] = _hash(text.encode())
        if former is None or former.remembered(name) != text or not share(former.path / name, draft / name):
            create(draft / name, text.encode())
    create(draft / "lease", b"")
    create(draft / "receipt.json", store.dump(full))
    sync(draft)
    final = _place(draft, full["digest"])
    replace(folder / "current", final.name.encode("ascii"))
    store.tidy(folder)
    return store.lease(final)


# --- stores --------------------------------------------------------------------------------------------------------


class Stores(Closable):
    """The two stores of a draft, filled step by step: `begin`, `state`, `entail`.

    The steps may be taken by another thread, as long as one comes after the other; they hardly need the interpreter.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._stated: pyoxigraph.Store | None = None
        self._all: pyoxigraph.Store | None = None
        self._population: Population | None = None

    def begin(self) -> None:
        """Make the store of what is stated, still empty: that can be done before anything was read."""
        self._stated = pyoxigraph.Store(str(self.folder / STATED))

    def state(self, population: Population) -> Path:
        """Fill the store of what is stated, and begin the other one with all of it that has no blank node.

        Returns the folder of the first, which is closed.  Raises OSError if the disk does not keep it.
        """
        target, self._stated = self._stated, None
        if target is None:
            raise ValueError("nothing is begun yet")
        load(target, population.files[:2], population.digest.count)
        target.backup(str(self.folder / ALL))  # shares the files, where the disk can
        self._all = pyoxigraph.Store(str(self.folder / ALL))
        target.extend(_aside(population))
        target.flush()
        self._population = population
        return self.folder / STATED

    def entail(self, entailed: Path, count: int) -> None:
        """Add what is entailed to the store of what holds, which has `count` triples then, and close it.

        Meanwhile the lines of a large graph are compressed, to be kept.  Raises OSError if the disk does not keep them.
        """
        target, self._all = self._all, None
        if target is None or self._population is None:
            raise ValueError("nothing is stated yet")
        with ThreadPoolExecutor(1) as pool:
            spans = _spans(self._population, entailed)
            keeping = pool.submit(kept.write, self.folder, spans) if count >= kept.LARGE else None
            load(target, [entailed], count)
            merge(target)
            if keeping is not None:
                keeping.result()

    def close(self) -> None:
        """Close what is open; a store is closed when nothing refers to it any more."""
        self._stated = self._all = None


def load(target: pyoxigraph.Store, files: Iterable[Path], count: int) -> None:
    """Load files of N-Triples into a store, which is to hold `count` triples then.

    Raises OSError if it does not: the disk did not keep them.
    """
    for path in files:
        if path.stat().st_size:
            target.bulk_load(path=str(path), format=RdfFormat.N_TRIPLES)
    if len(target) != count:
        raise OSError(errno.EIO, f"the disk kept {len(target):,} triples of {count:,}")


def merge(target: pyoxigraph.Store) -> None:
    """Bring a store down to the disk in one layer of files.

    What was loaded in several steps lies in layers that overlap, and each look-up has to look into all of them, in a store
    that is only read for ever: saved queries took a quarter longer on 30,000 triples, and up to eight times as long on 52
    million.  To merge takes a second for each million triples.
    """
    target.flush()
    target.optimize()


def _spans(population: Population, entailed: Path) -> Iterator[kept.Span]:
    """Say where the lines of what holds stand: a document's claims, then what follows from them, which TDB2 takes best."""
    core, claims, _ = population.files
    yield core, 0, core.stat().st_size
    end = 0
    for slug, span in population.spans.items():
        yield claims, *span
        if slug in population.entailed:
            begin, end = population.entailed[slug]
            yield entailed, begin, end
    yield entailed, end, entailed.stat().st_size


def _aside(population: Population) -> list[Quad]:
    """Return what only the store of what is stated has: triples with blank nodes, and the marks of what is repeated."""
    parts = ((population.anonymous(), DefaultGraph()), (population.repeated, terms.REPEATED))
    return [Quad(one.subject, one.predicate, one.object, name) for lines, name in parts for one in graph.triples(lines)]


def change(
    target: pyoxigraph.Store, removed: Collection[str], added: Collection[str], repeated: Iterable[str] | None = None
) -> None:
    """Take triples out of a store and put others in; `repeated`, unless None, is what is to be marked from now on."""
    steps = [
        f"{verb} DATA {{ {' '.join(lines)} }}" for verb, lines in (("DELETE", removed), ("INSERT", added)) if lines
    ]
    if repeated is not None:
        mark = terms.REPEATED
        steps.append(f"DROP SILENT GRAPH {mark} ; INSERT DATA {{ GRAPH {mark} {{ {' '.join(repeated)} }} }}")
    if steps:
        target.update(" ; ".join(steps))


class Copies(Closable):
    """Copies of the stores of a former build, in a draft's folder; they are opened by threads of their own."""

    def __init__(self, former: Build, folder: Path) -> None:
        self._folder = folder
        self._pool = ThreadPoolExecutor(2)
        self._opening = {part: self._pool.submit(reopen, former.path / part, folder / part) for part in (STATED, ALL)}
        self._flushing: list[Future[None]] = []
        self._count: int = former.receipt["counts"]["triples"]

    def store(self, part: str) -> pyoxigraph.Store:
        """Return one of the stores; it is closed when nothing refers to it any more, this object included."""
        return self._opening[part].result()

    def flush(self) -> None:
        """Begin to bring both stores down to the disk."""
        self._flushing += [self._pool.submit(self._flush, part) for part in self._opening]

    def _flush(self, part: str) -> None:
        if part == ALL and self._count < SMALL:
            merge(self.store(part))
        else:
            self.store(part).flush()

    def discard(self) -> None:
        """Take both away again, whatever became of them."""
        with contextlib.suppress(OSError):
            self.close()
        for part in (STATED, ALL):
            shutil.rmtree(self._folder / part, ignore_errors=True)

    def close(self) -> None:
        """Wait until what was begun is done, and let go of both.  Raises OSError if the disk did not keep them."""
        self._pool.shutdown()
        opened, flushed = [*self._opening.values()], self._flushing
        self._opening, self._flushing = {}, []
        for opening in opened:
            opening.result()
        for flushing in flushed:
            flushing.result()


def reopen(source: Path, target: Path) -> pyoxigraph.Store:
    """Copy a store that is closed, and open the copy."""
    copy(source, target)
    return pyoxigraph.Store(str(target))


def copy(source: Path, target: Path) -> None:
    """Copy a store that is closed.  Files of sorted triples, which never change, are shared where the disk can."""
    target.mkdir()
    for path in source.iterdir():
        if path.name.startswith("LO"):  # its lock and its log
            continue
        if path.suffix != ".sst" or not share(path, target / path.name):
            shutil.copyfile(path, target / path.name)


def share(path: Path, target: Path) -> bool:
    """Give a file that nobody will change a second name; tell whether the file system can."""
    try:
        os.link(path, target)
    except OSError:
        return False
    return True


# --- files ---------------------------------------------------------------------------------------------------------


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _place(draft: Path, digest: str) -> Path:
    for number in range(1_000_000):
        final = draft.with_name(f"{digest[:16]}-{number}")
        if not final.exists():
            draft.rename(final)
            sync(final.parent)
            return final
    raise FileExistsError(draft)


def _sizes(folder: Path, part: str) -> dict[str, int]:
    # RocksDB keeps on writing its LOG and LOCK; the data are in the others.
    paths = sorted((folder / part).iterdir())
    return {f"{part}/{path.name}": path.stat().st_size for path in paths if not path.name.startswith("LO")}
