"""A text of JSON that tells whether it is as it was written: its first member is the CRC-32 of all that follows.

Files of a build that every command reads are sealed: a SHA-256 would take as long as what it guards, and a damaged byte,
which is what this is about, shows as surely (of random damage one in four thousand million does not).
"""

from __future__ import annotations

import zlib

_FIRST = b'{"crc32": "%08x"'
_LENGTH = len(_FIRST % 0)


def seal(text: bytes) -> bytes:
    r"""Seal an object of JSON, which stays one.

    >>> seal(b'{"a": 1}')
    b'{"crc32": "a4427448","a": 1}'
    """
    rest = text.removeprefix(b"{")
    rest = rest if rest.strip() == b"}" else b"," + rest
    return _FIRST % zlib.crc32(rest) + rest


def unseal(raw: bytes) -> bytes:
    """Return what was sealed, byte for byte.  Raises ValueError if it is not as it was written.

    >>> unseal(seal(b'{"a": 1}'))
    b'{"a": 1}'
    """
    rest = raw[_LENGTH:]
    if raw[:_LENGTH] != _FIRST % zlib.crc32(rest):
        raise ValueError("not what was sealed")
    return b"{" + rest.removeprefix(b",")
