"""Builds on disk: where they are, how one replaces another, how it is opened, and its digest.

    <cache>/gbakg/<project>/
        lock            taken by the one process that builds
        current         the name of the build that readers open: one line, replaced by a rename
        builds/<name>/  store/ (RocksDB), receipt.json, queries.json, lease (readers hold a shared lock on it)
        builds/tmp-*    a build under way, or what a killed one left

The kernel lets go of a lock when its process ends, however it ends.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import time
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import pyoxigraph
from pyoxigraph import DefaultGraph, Quad, Triple

from gbakg import sources, terms
from gbakg.cache import create, home, replace, sync, unusable
from gbakg.engine import Embedded
from gbakg.errors import BuildDamaged
from gbakg.sources import Project
from gbakg.version import __version__

try:
    import fcntl
except ImportError:  # Windows, where a folder that somebody reads cannot be removed anyway
    fcntl = None  # type: ignore[assignment]

FORMAT = 2


class Build:
    """A finished build.  As long as this object or an engine that it opened lives, its folder is not removed."""

    def __init__(self, path: Path, receipt: dict[str, Any], lease: int | None = None) -> None:
        self.path = path
        self.receipt = receipt
        self._lease = lease

    def open(self) -> Embedded:
        """Open the store for reading.  Raises BuildDamaged if files are missing or cut short."""
        damage = self.damage()
        if damage:
            raise BuildDamaged(self.path, damage)
        return Embedded.open(self.path / "store", owner=self)

    def damage(self) -> str:
        """Say which file is missing or cut short, which RocksDB would pass over in silence; nothing if none is."""
        for name, size in self.receipt["files"].items():
            try:
                found = (self.path / "store" / name).stat().st_size
            except OSError as error:
                return f"{name}: {error.strerror}"
            if found != size:
                return f"{name} has {found} bytes instead of {size}"
        return ""

    def close(self) -> None:
        """Let a later build remove the folder."""
        if self._lease is not None:
            os.close(self._lease)
            self._lease = None

    def __del__(self) -> None:
        with contextlib.suppress(OSError):
            self.close()


# --- readers -------------------------------------------------------------------------------------------------------


def current(project: Project, cache: str | None = None) -> Build | None:
    """Return the build that `current` names, fresh or not; None where there is none that can be used.

    Raises CacheUnusable if the folder is there and cannot be read.
    """
    folder = home(project, cache)
    for _ in range(10):  # a build may be replaced and removed between reading its name and holding its lease
        try:
            name = (folder / "current").read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return None
        except UnicodeDecodeError:  # damaged: a build makes it anew
            return None
        except OSError as error:
            raise unusable(folder, error) from error
        try:
            return _lease(folder / "builds" / name)
        except FileNotFoundError:
            continue
        except (ValueError, KeyError):
            return None
        except OSError as error:
            raise unusable(folder, error) from error
    return None


def _lease(path: Path) -> Build:
    """Hold a build and read its receipt.  Raises FileNotFoundError if it is being removed, ValueError if it is none."""
    lease = os.open(path / "lease", os.O_RDONLY)
    try:
        if fcntl is not None:
            try:
                fcntl.flock(lease, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                raise FileNotFoundError(path) from None
            except OSError:
                pass  # a file system without locks: nothing protects a reader there
        if os.fstat(lease).st_nlink == 0:
            raise FileNotFoundError(path)
        receipt = json.loads((path / "receipt.json").read_bytes())
        if receipt["format"] != FORMAT:
            raise ValueError(receipt["format"])
        return Build(path, receipt, lease)
    except BaseException:
        os.close(lease)
        raise


def fresh(project: Project, cache: str | None = None) -> tuple[Build | None, str]:
    """Return the build that the project's files give, or None and why there is none that can be used as it is.

    Raises CacheUnusable.
    """
    found = current(project, cache)
    if found is None:
        return None, "first use"
    damage = found.damage()
    differing = [] if damage else stale(found, project)
    if not damage and not differing:
        return found, ""
    found.close()
    if damage:
        return None, f"the cached build is damaged ({damage})"
    more = f" and {len(differing) - 1} more" if len(differing) > 1 else ""
    return None, f"{differing[0]}{more} changed"


def stale(build: Build, project: Project) -> list[str]:
    """Say what makes a build out of date: names of files that changed, or a version; nothing if it is fresh.

    Where files were touched but not changed, the receipt takes their new times.
    """
    for name, version in _versions().items():
        if build.receipt["versions"].get(name) != version:
            return [f"{name} {version}"]
    differing, fresh = sources.changed(project, build.receipt["inputs"], build.receipt["taken"])
    if not differing and fresh:
        _touch(build, fresh)
    return differing


def _touch(build: Build, fresh: list[sources.Input]) -> None:
    for one in fresh:
        build.receipt["inputs"][one.name] = [one.size, one.mtime_ns, one.sha256]
    build.receipt["taken"] = time.time_ns()
    with contextlib.suppress(OSError):  # a cache that only others may write: the files are hashed again next time
        replace(build.path / "receipt.json", _dump(build.receipt))


def _versions() -> dict[str, str]:
    return {"gbakg": __version__, "pyoxigraph": pyoxigraph.__version__}


# --- the writer ----------------------------------------------------------------------------------------------------


def write(
    project: Project,
    stated: Iterable[Triple],
    entailed: Collection[Triple],
    repeated: Collection[Triple],
    receipt: Mapping[str, Any],
    extras: Mapping[str, str] | None = None,
    cache: str | None = None,
) -> Build:
    """Write a build and make it the current one; call it inside `locked`.

    The entailed triples go into the default graph and into the graph `terms.ENTAILED`; those of the stated ones that
    are `repeated` into the graph `terms.REPEATED` too.  `receipt` gives inputs, taken, versions and whatever else is to
    be remembered; counts, files and digest are added.  `extras` are further files by name.  The former build stays as
    long as somebody reads it.  Raises CacheUnusable; the former build is then still the current one.
    """
    folder = home(project, cache)
    draft = folder / "builds" / f"tmp-{os.getpid()}-{time.time_ns()}"
    try:
        tidy(folder)
        draft.mkdir()
        counts, digest = _fill(draft / "store", stated, entailed, repeated)
        full = {
            **receipt,
            "format": FORMAT,
            "versions": {**receipt.get("versions", {}), **_versions()},
            "counts": {**receipt.get("counts", {}), **counts},
            "digest": digest,
            "files": _sizes(draft / "store"),
        }
        for name, text in (extras or {}).items():
            create(draft / name, text.encode())
        create(draft / "lease", b"")
        create(draft / "receipt.json", _dump(full))
        sync(draft)
        final = _place(draft, digest)
        replace(folder / "current", final.name.encode("ascii"))
    except KeyboardInterrupt:
        _erase(draft)
        raise
    except OSError as error:
        _erase(draft)
        raise unusable(folder, error) from error
    tidy(folder)
    return _lease(final)


def tidy(folder: Path) -> None:
    """Remove what killed builds left and the builds that nobody reads, except the current one; needs the lock."""
    try:
        name = (folder / "current").read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        name = ""
    for path in folder.glob("builds/*"):
        if path.name.startswith("tmp-"):
            _erase(path)
        elif path.name != name:
            with contextlib.suppress(OSError):  # somebody reads it: the next build tries again
                _remove(path)
    for path in folder.glob("*.tmp-*"):
        path.unlink(missing_ok=True)


def _remove(path: Path) -> None:
    """Remove a build.  Raises BlockingIOError, an OSError, if somebody reads it."""
    try:
        lease = os.open(path / "lease", os.O_RDONLY)
    except FileNotFoundError:  # not a finished build, whatever it is
        _erase(path)
        return
    try:
        if fcntl is not None:
            fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Out of sight before the lock goes: a reader that comes now finds no lease, and reads `current` again.
        hidden = path.with_name(f"tmp-{path.name}")
        path.rename(hidden)
        _erase(hidden)
    finally:
        os.close(lease)


def _erase(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)


def _fill(
    folder: Path, stated: Iterable[Triple], entailed: Collection[Triple], repeated: Collection[Triple]
) -> tuple[dict[str, int], str]:
    store = pyoxigraph.Store(str(folder))
    store.bulk_extend(Quad(one.subject, one.predicate, one.object, DefaultGraph()) for one in stated)
    before = len(store)
    for graph, triples in ((DefaultGraph(), entailed), (terms.ENTAILED, entailed), (terms.REPEATED, repeated)):
        store.bulk_extend(Quad(one.subject, one.predicate, one.object, graph) for one in triples)
    store.optimize()
    store.flush()
    quads = len(store)
    del store  # which closes it
    with Embedded.open(folder) as engine:  # what readers will find, not what the writer believes
        if len(engine.store) != quads:
            raise OSError(errno.EIO, "the disk did not keep what was written")
        total = len(engine)
        return {"stated": before, "entailed": total - before, "triples": total}, digest(engine)


def digest(engine: Embedded) -> str:
    """Hash a graph: SHA-256 of its sorted canonical N-Triples, each with ` .` and a line feed."""
    import hashlib

    sink = hashlib.sha256()
    for line in sorted(str(triple) for triple in engine.triples()):
        sink.update(line.encode())
        sink.update(b" .\n")
    return sink.hexdigest()


# --- files ---------------------------------------------------------------------------------------------------------


def _place(draft: Path, digest: str) -> Path:
    for number in range(1_000_000):
        final = draft.with_name(f"{digest[:16]}-{number}")
        if not final.exists():
            draft.rename(final)
            sync(final.parent)
            return final
    raise FileExistsError(draft)


def _sizes(folder: Path) -> dict[str, int]:
    # RocksDB keeps on writing its LOG and LOCK; the data are in the others.
    return {path.name: path.stat().st_size for path in sorted(folder.iterdir()) if not path.name.startswith("LO")}


def _dump(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode()
