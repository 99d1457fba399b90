"""The reference validator in a process of its own, which can be ended: its regular expressions may run for ever."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence

import pyoxigraph
from pyoxigraph import Triple

from gbakg.errors import Problem, ShapeError
from gbakg.validate import CANNOT, Pyshacl, Report

SECONDS, EACH = 60.0, 0.002
"""How long it may take: so much, and so much more for each triple."""


def validate(data: Sequence[Triple], shapes: Iterable[Triple], seconds: float = SECONDS) -> Report:
    """Validate with pyshacl.  Raises ShapeError if it fails, or does not end in time."""
    given = json.dumps(["".join(f"{one} .\n" for one in triples) for triples in (data, shapes)])
    limit = seconds + EACH * len(data)
    path = {**os.environ, "PYTHONPATH": os.pathsep.join(one for one in sys.path if one)}
    command = [sys.executable, "-m", __name__]
    try:
        done = subprocess.run(  # noqa: S603 - this file, by name
            command, input=given, capture_output=True, text=True, encoding="utf-8", timeout=limit, env=path
        )
    except subprocess.TimeoutExpired:
        message = f"pyshacl has not ended after {limit:.0f} s: look for a regular expression with a repetition inside a repetition, such as (a+)+, and write it without"
        raise ShapeError([Problem("", message)]) from None
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise ShapeError([Problem("", f"{CANNOT}{reason.rpartition(CANNOT)[2]}")])
    return Report.loads(done.stdout)


def main() -> None:
    """Read data and shapes from stdin, and write the report."""
    data, shapes = (pyoxigraph.parse(text, format=pyoxigraph.RdfFormat.N_TRIPLES) for text in json.load(sys.stdin))
    sys.stdout.write(Pyshacl().validate([one.triple for one in data], [one.triple for one in shapes]).dumps())


if __name__ == "__main__":
    sys.stdin.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    main()
