"""The version, in the one place that every other one is taken from; and the code itself, which changes under one version."""

from functools import cache

__version__ = "0.1.0"


@cache
def code() -> str:
    """Return the SHA-256 of the modules of this package, the command line's left out: those that decide what a build holds.

    A checkout may change from one build to the next without another version.  Which module has no part in a build is not
    told apart: whoever changes one waits once for a build of everything.
    """
    from hashlib import sha256
    from pathlib import Path

    found = sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        found.update(f"{path.name}\0".encode() + path.read_bytes() + b"\0")
    return found.hexdigest()
