"""Settings: a flag, then the environment (`GBAKG_*`), then the nearest `gbakg.toml`."""

from __future__ import annotations

import os
from pathlib import Path

from gbakg.errors import MissingFile

FILE = "gbakg.toml"


def setting(name: str, flag: str | None = None) -> str | None:
    """Look one setting up, such as `home`, `cache` or `endpoint`; None where nobody has set it.

    A relative path in `gbakg.toml` counts from that file's folder for `home` and `cache`.
    Raises MissingFile if `gbakg.toml` is there and cannot be read.
    """
    if flag is not None:
        return flag
    value = os.environ.get(f"GBAKG_{name.upper()}")
    if value:
        return value
    folder = _nearest(Path.cwd())
    if folder is None:
        return None
    found = _read(folder / FILE).get(name)
    if found is None:
        return None
    return str(folder / str(found)) if name in {"home", "cache"} else str(found)


def section(name: str) -> dict[str, object]:
    """Return a table of the nearest `gbakg.toml`, such as `stores`; empty where there is none.

    Raises MissingFile if `gbakg.toml` is there and cannot be read, or holds something else under that name.
    """
    folder = _nearest(Path.cwd())
    if folder is None:
        return {}
    found = _read(folder / FILE).get(name, {})
    if not isinstance(found, dict):
        raise MissingFile(folder / FILE, f"`{name}` has to be a table, as in [{name}.office]")
    return found


def _nearest(start: Path) -> Path | None:
    return next((folder for folder in (start, *start.parents) if (folder / FILE).is_file()), None)


def _read(path: Path) -> dict[str, object]:
    import tomllib  # 5 ms, and most machines have no gbakg.toml

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise MissingFile(path, f"cannot be read as TOML: {error}") from error
