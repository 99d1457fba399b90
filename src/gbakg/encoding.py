"""Files have to be UTF-8 without a byte order mark: find out that one is not, and say where."""

from __future__ import annotations

from pathlib import Path
from stat import S_ISREG

from gbakg.errors import EncodingError, MissingFile, Problem, shown


def refuse_bom(path: Path) -> None:
    """Raise EncodingError if a file begins with a byte order mark or NUL, MissingFile if it is none or cannot be opened."""
    try:
        if not S_ISREG(path.stat().st_mode) and not path.is_dir():  # a pipe or a device may never end, or never begin
            raise MissingFile(path, "is no regular file; copy what it gives into one")
        with path.open("rb") as file:
            head = file.read(4)
    except OSError as error:
        raise MissingFile(path, f"cannot be read: {error.strerror}") from error
    place = "row" if path.suffix == ".csv" else "line"
    if head[:3] == b"\xef\xbb\xbf":
        message = "begins with a byte order mark (BOM); save it as UTF-8 without one"
        raise EncodingError([Problem(shown(path), message, 1, place=place)])
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        message = "is UTF-16; save it as UTF-8 without a byte order mark"
        raise EncodingError([Problem(shown(path), message, 1, place=place)])
    if 0 in head:  # UTF-16 without a mark, or no text at all
        raise EncodingError(
            [Problem(shown(path), "begins with a NUL byte, which no UTF-8 text does; save it as UTF-8", 1, place=place)]
        )


def undecodable(path: Path) -> EncodingError:
    """Find the first line that is not UTF-8, and return the error that names it."""
    with path.open("rb") as file:
        for line, raw in enumerate(file, start=1):
            try:
                raw.decode("utf-8")
            except UnicodeDecodeError as error:
                found = f"byte 0x{raw[error.start]:02x} at position {error.start + 1} is not UTF-8"
                return EncodingError([Problem(shown(path), f"{found}; save the file as UTF-8", line, place="line")])
    return EncodingError([Problem(shown(path), "is not UTF-8; save it as UTF-8")])
