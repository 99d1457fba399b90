"""Where builds are kept: the cache folder, the lock that lets one process build, and files that are replaced whole."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from gbakg.errors import BuildLocked, CacheError, CacheUnusable, TooFewFiles
from gbakg.settings import setting
from gbakg.sources import Project

try:
    import fcntl
except ImportError:  # Windows: the swap is atomic there too, but two builds at once both run
    fcntl = None  # type: ignore[assignment]


def cache_folder(cache: str | None = None) -> Path:
    """Find the cache: a flag, GBAKG_CACHE, gbakg.toml, XDG_CACHE_HOME, ~/.cache."""
    named = setting("cache", cache)
    if named:  # --cache "$UNSET" is no choice of the working folder
        return Path(named).expanduser().absolute()
    xdg = os.environ.get("XDG_CACHE_HOME", "")
    if Path(xdg).is_absolute():  # the XDG specification: a relative path is to be ignored
        return Path(xdg)
    try:
        return Path.home() / ".cache"
    except RuntimeError as error:
        raise CacheUnusable("~/.cache", f"there is no home folder ({error})") from error


def home(project: Project, cache: str | None = None) -> Path:
    """Name the folder of a project's builds; it need not exist."""
    return cache_folder(cache) / "gbakg" / project.key


@contextlib.contextmanager
def locked(folder: Path, wait: Callable[[str], None] | None = None) -> Iterator[None]:
    """Hold the right to build in a folder, which is created.

    If somebody else holds it: raises BuildLocked, or, if `wait` is given, tells it who, and waits.
    Raises CacheUnusable if the folder cannot be created or written.
    """
    try:
        (folder / "builds").mkdir(parents=True, exist_ok=True)
        lock = regular(folder / "lock", os.O_RDWR | os.O_CREAT)
    except OSError as error:
        raise unusable(folder, error) from error
    try:
        if fcntl is not None:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = os.read(lock, 100).decode("ascii", "replace").strip()
                if wait is None:
                    raise BuildLocked(folder, holder) from None
                wait(f"waiting for another build of this project ({holder or 'process unknown'})")
                fcntl.flock(lock, fcntl.LOCK_EX)
            except OSError as error:
                raise unusable(folder, error) from error
        try:
            os.ftruncate(lock, 0)
            os.lseek(lock, 0, os.SEEK_SET)
            os.write(lock, f"process {os.getpid()}".encode("ascii"))
        except OSError as error:
            raise unusable(folder, error) from error
        yield
    finally:
        os.close(lock)


def read(path: Path) -> bytes:
    """Read a file of the cache.  Raises OSError, also where a pipe or a device is in its place."""
    with open(path, "rb", opener=regular) as file:
        return file.read()


def regular(path: str | Path, flags: int) -> int:
    """Open a file, and return its handle; it may be the opener of `open`.

    Raises OSError where a pipe, a socket or a device is in its place: to open or to read it may never end.
    """
    handle = os.open(path, flags | getattr(os, "O_NONBLOCK", 0), 0o644)
    mode = os.fstat(handle).st_mode
    if not S_ISREG(mode) and not S_ISDIR(mode):  # who reads a folder is told so
        os.close(handle)
        raise OSError(errno.ENXIO, "is no regular file", os.fspath(path))
    return handle


def create(path: Path, content: bytes) -> None:
    """Write a new file, down to the disk."""
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def replace(path: Path, content: bytes) -> None:
    """Put a file in the place of another one; who reads it sees the one or the other, whole."""
    temporary = path.with_name(f"{path.name}.tmp-{os.getpid()}")
    temporary.unlink(missing_ok=True)
    try:
        create(temporary, content)
        os.replace(temporary, path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    sync(path.parent)


def sync(folder: Path) -> None:
    """Bring the names in a folder down to the disk."""
    if os.name == "posix":  # only there can a folder be opened
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def unusable(folder: Path, error: Exception) -> CacheError:
    """Word an error of the operating system as one of the cache; what is in the way there, as a folder, is named."""
    if few := TooFewFiles.of(error):
        return few
    reason = getattr(error, "strerror", None) or str(error).rpartition(": ")[2]  # RocksDB words it last
    if isinstance(error, OSError) and error.errno in _IN_THE_WAY and isinstance(error.filename, str | Path):
        path = Path(error.filename)
        if folder in path.parents and os.path.lexists(path):
            reason = f"{path.relative_to(folder)}: {reason}"
    return CacheUnusable(folder, f"the cache folder cannot be used ({reason})")


_IN_THE_WAY = {errno.EISDIR, errno.ENOTDIR, errno.ELOOP, errno.EACCES, errno.EPERM, errno.ENXIO, errno.EEXIST}
