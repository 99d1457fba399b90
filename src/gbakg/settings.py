"""Settings: a flag, then the environment (`GBAKG_*`), then the nearest `gbakg.toml`."""

from __future__ import annotations

import os
from pathlib import Path

from gbakg.errors import MissingFile

FILE = "gbakg.toml"
NAMES = ("home", "cache", "endpoint", "user", "password", "token", "lang", "format", "timeout", "stores")
"""What may stand in the file; `stores` is a table, `timeout` a number, the others are texts."""


def setting(name: str, flag: str | None = None) -> str | None:
    """Look one setting up, such as `home`, `cache` or `endpoint`; None where nobody has set it.

    A relative path in `gbakg.toml` counts from that file's folder for `home` and `cache`.
    Raises MissingFile if `gbakg.toml` is there and cannot be read, or has a name or a value that means nothing.
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
    if not isinstance(found, str) and (
        name != "timeout" or isinstance(found, bool) or not isinstance(found, (int, float))
    ):
        raise MissingFile(folder / FILE, f'{name}: expected a text, found {found!r}; write {name} = "..."')
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
        raw = path.read_bytes()
        if raw.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
            raise MissingFile(path, "begins with a byte order mark (BOM); save it as UTF-8 without one")
        found = tomllib.loads(raw.decode())
    except UnicodeDecodeError as error:
        raise MissingFile(path, f"byte {error.object[error.start]:#04x} is not UTF-8; save it as UTF-8") from error
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise MissingFile(path, f"cannot be read as TOML: {error}; mend it, or move it away") from error
    for name in found:
        if name not in NAMES:
            from difflib import get_close_matches

            near = get_close_matches(name, NAMES, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]}?" if near else f"the settings are {', '.join(NAMES)}"
            raise MissingFile(path, f"there is no setting `{name}`; {hint}")
    return found
