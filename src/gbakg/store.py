"""Builds on disk: where they are, whether one is fresh, how it is opened, and how old ones go.

    <cache>/gbakg/<project>/
        lock            taken by the one process that builds
        current         the name of the build that readers open: one line, replaced by a rename
        tables/         the tables that it was made of, each named by its hash (see edit)
        builds/<name>/  store/ (RocksDB: what holds), stated/ (RocksDB: what was stated), receipt.json, queries.json,
                        files for the next build, lease (readers hold a shared lock on it)
        builds/tmp-*    a build under way, or what a killed one left (see draft)

The kernel lets go of a lock when its process ends, however it ends.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from stat import S_ISREG

import pyoxigraph
from pyoxigraph import NamedNode

from gbakg import checksum, sources, terms
from gbakg.cache import home, read, regular, replace, unusable
from gbakg.engine import Embedded, Opening
from gbakg.errors import BuildDamaged
from gbakg.seal import seal, unseal
from gbakg.sources import Project
from gbakg.version import __version__, code

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

try:
    import fcntl
except ImportError:  # Windows, where a folder that somebody reads cannot be removed anyway
    fcntl = None  # type: ignore[assignment]

FORMAT = 5
ALL, STATED = "store", "stated"
"""The folders of the two stores of a build."""
PLAN, REPORT, CLAUSES, ROWS = "plan.json", "report.json", "clauses.json", "rows.json"
"""The files for the next build: the compiled shapes, the report of the validation, the clauses of the closure, and where
the claims stand that the report is about; see also populate.CORE."""


class Build:
    """A finished build.  As long as this object or an engine that it opened lives, its folder is not removed."""

    def __init__(self, path: Path, receipt: dict[str, Any], lease: int | None = None) -> None:
        self.path = path
        self.receipt = receipt
        self._lease = lease
        self._opening: Opening | None = None
        self._compared: set[str] = set()

    def prepare(self) -> None:
        """Begin to open the store, which takes 10 ms and no interpreter; `open` waits for it."""
        self._opening = Opening(self.path / ALL)

    def open(self) -> Embedded:
        """Open the store for reading.  Raises BuildDamaged; see `damage`."""
        if damage := self.damage(ALL):
            raise BuildDamaged(self.path, damage)
        opening, self._opening = self._opening, None
        opened = opening.wait() if opening is not None else None
        if opened is None:
            engine = Embedded.open(self.path / ALL, owner=self, stated=self.stated)
        else:
            engine = Embedded(opened, self, self.stated)
        engine.size = self.receipt["counts"]["triples"]
        return engine

    def stated(self) -> Embedded:
        """Open the store of what was stated: without entailments, with the ontology's blank nodes.

        The graph terms.REPEATED has once more what the registry or a document.ttl states and a reported fact states too.
        Raises BuildDamaged.
        """
        if damage := self.altered(STATED):
            raise BuildDamaged(self.path, damage)
        return Embedded.open(self.path / STATED, owner=self)

    def remembered(self, name: str) -> str:
        """Return the text of one of the files for the next build; nothing if it is lost, or not what was written."""
        import hashlib

        try:
            raw = read(self.path / name)
        except OSError:
            return ""
        return raw.decode() if hashlib.sha256(raw).hexdigest() == self.receipt["kept"].get(name) else ""

    def rows(self, changed: Collection[str]) -> dict[str, int]:
        """Return the rows of the claims that the report is about, by IRI, but for those of documents that changed."""
        found: dict[str, int] = json.loads(self.remembered(ROWS) or "{}")
        return {name: row for name, row in found.items() if terms.owner(NamedNode(name)) not in changed}

    def damage(self, *parts: str) -> str:
        """Say which file is missing or cut short, which RocksDB would pass over in silence; nothing if none is.

        Of the stores in `parts`, which are ALL and STATED, say too which file has other bytes, if they are small.  That is
        looked at once, before a store is asked.
        """
        for name, size in self.receipt["files"].items():
            try:
                found = (self.path / name).stat()
            except OSError as error:
                return f"{name}: {error.strerror}"
            if not S_ISREG(found.st_mode):
                return f"{name} is no regular file"
            if found.st_size != size:
                return f"{name} has {found.st_size} bytes instead of {size}"
        return next(filter(None, map(self.altered, parts)), "")

    def altered(self, part: str) -> str:
        """Say which file of a store, ALL or STATED, has other bytes, if it is small; nothing if none has.  Looked at once."""
        if part in self._compared:
            return ""
        known = {name: one for name, one in self.receipt["sums"].items() if name.startswith(f"{part}/")}
        found = checksum.differing(self.path, known)
        if not found:
            self._compared.add(part)
        return found

    def current(self) -> bool:
        """Tell whether it was made by these versions, and by the very code that runs now."""
        same = all(self.receipt["versions"].get(name) == version for name, version in versions().items())
        return same and self.receipt.get("code") == code()

    def close(self) -> None:
        """Let a later build remove the folder."""
        self._opening = None
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
            name = read(folder / "current").decode("ascii").strip()  # read_text would import the codec
        except FileNotFoundError:
            return None
        except UnicodeDecodeError:  # damaged: a build makes it anew
            return None
        except OSError as error:
            raise unusable(folder, error) from error
        try:
            return lease(folder / "builds" / name)
        except FileNotFoundError:
            continue
        except (ValueError, KeyError):
            return None
        except OSError as error:
            if error.errno in _REFUSED:
                raise unusable(folder, error) from error
            return None  # a folder in the place of a file, say
    return None


_REFUSED = {errno.EACCES, errno.EPERM, errno.EMFILE, errno.ENFILE, errno.ENOMEM}
"""What says nothing about a build that cannot be opened: another one could not be either."""


def lease(path: Path) -> Build:
    """Hold a build and read its receipt.

    Raises FileNotFoundError if it is being removed, ValueError if it is none or its receipt is not what was written.
    """
    lease = regular(path / "lease", os.O_RDONLY)
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
        receipt = json.loads(unseal(read(path / "receipt.json")))
        if receipt["format"] != FORMAT:
            raise ValueError(receipt["format"])
        return Build(path, receipt, lease)
    except BaseException:
        os.close(lease)
        raise


def fresh(project: Project, cache: str | None = None, *, prepared: bool = False) -> tuple[Build | None, str]:
    """Return the build that the project's files give, or None and why there is none that can be used as it is.

    If it is to be `prepared`, its store is being opened while the files are compared.  Raises CacheUnusable.
    """
    found = current(project, cache)
    if found is None:
        known = (home(project, cache) / "current").exists()
        return None, "the cached build is damaged or from an older version" if known else "first use"
    damage = found.damage()
    if prepared and not damage:
        found.prepare()
    differing = [] if damage else stale(found, project)
    damage = damage or ("" if differing else found.altered(ALL))
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
    for name, version in versions().items():
        if build.receipt["versions"].get(name) != version:
            return [f"{name} {version}"]
    differing, fresh = sources.changed(project, build.receipt["inputs"], build.receipt["taken"])
    if not differing and fresh:
        _touch(build, fresh)
    return differing


def _touch(build: Build, fresh: list[sources.Input]) -> None:
    for one in fresh:
        build.receipt["inputs"][one.name] = [one.size, one.changed_ns, one.sha256]
    build.receipt["taken"] = time.time_ns()
    with contextlib.suppress(OSError):  # a cache that only others may write: the files are hashed again next time
        replace(build.path / "receipt.json", dump(build.receipt))


def versions() -> dict[str, str]:
    """Return the versions that a build depends on."""
    return {"gbakg": __version__, "pyoxigraph": pyoxigraph.__version__}


def tidy(folder: Path) -> None:
    """Remove what killed builds left and the builds that nobody reads, except the current one; needs the lock."""
    try:
        name = read(folder / "current").decode("ascii").strip()
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
        lease = regular(path / "lease", os.O_RDONLY)
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENXIO):
            raise
        _erase(path)  # not a finished build, whatever it is
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


def dump(value: Mapping[str, Any]) -> bytes:
    """Write a receipt, sealed."""
    return seal(json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode())
