"""`python -m bench.compare`: gbakg beside its peers, everything in one run, as a table and a picture.

Whoever is compared runs in turn, each in a process of its own, on the same graphs; the figures are medians, and ratios
of medians of this run.  What would take longer than `--patience` is measured at a smaller size and extrapolated in
proportion to the triples, and says so.  `--check` exits with 1 if a target is missed, or could not be measured.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from bench import draw, peers, report, rows
from bench.lab import GBAKG, Lab, reason, tell
from bench.measure import TooLong
from bench.report import Entry, Row, Sizes, holds
from gbakg import __version__, sources


def main() -> int:
    """Measure, print, and write table, picture and figures."""
    parser = argparse.ArgumentParser(prog="python -m bench.compare", description=__doc__)
    parser.add_argument(
        "--rows", nargs="+", choices=rows.ROWS, metavar="ROW", help=f"only these: {', '.join(rows.ROWS)}"
    )
    parser.add_argument("--runs", type=int, default=3, help="repetitions of what takes less than a minute (default 3)")
    parser.add_argument(
        "--patience", type=float, default=600.0, metavar="SECONDS", help="for one measurement (default 600)"
    )
    for name, what in (
        ("middle", "closure and validation"),
        ("small", "growth"),
        ("large", "growth and memory"),
        ("huge", "million"),
    ):
        default = getattr(Sizes(), name)
        parser.add_argument(
            f"--{name}", type=int, default=default, metavar="N", help=f"observations for {what} (default {default:,})"
        )
    parser.add_argument(
        "--work", type=Path, metavar="FOLDER", help="where there is room: 30 GB for a million observations"
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="write performance.table.md, performance.svg and performance.json there",
    )
    parser.add_argument("--check", action="store_true", help="exit with 1 if a target is missed")
    given = parser.parse_args()
    sizes = Sizes(given.middle, given.small, given.large, given.huge)
    with tempfile.TemporaryDirectory(dir=given.work) as folder:
        present = peers.find(Path(folder))
        for peer in present.values():
            tell(f"{peer}{': left out, ' + peer.missing if peer.missing else ''}")
        lab = Lab(Path(folder), sources.project(), given.runs, given.patience, present)
        found: list[Row] = []
        for name in given.rows or rows.ROWS:
            tell(f"{name}: {rows.ROWS[name].__doc__}")
            try:
                found.append(rows.ROWS[name](lab, sizes))
            except (
                TooLong,
                subprocess.CalledProcessError,
            ) as error:  # what it needs could not be made: the others go on
                broken = Entry(GBAKG, note=reason(error))
                found.append(Row(name, f"{name}: {broken.note}", (broken,), (holds("measured", False),)))
            for verdict in found[-1].verdicts:
                tell(f"  {verdict.word}: {verdict.said}")
    about = describe(given.runs)
    lines = [*report.markdown(found, about)]
    print("\n".join(lines))
    if given.out is not None:
        given.out.mkdir(parents=True, exist_ok=True)
        (given.out / "performance.table.md").write_text("\n".join([*lines, ""]), encoding="utf-8")
        (given.out / "performance.svg").write_text(draw.draw(found, about), encoding="utf-8")
        plain = {"about": about, "rows": report.plain(found)}
        (given.out / "performance.json").write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")
    return int(given.check and not all(verdict.met for row in found for verdict in row.verdicts))


def describe(runs: int) -> str:
    """Say what was measured, with what, and when."""
    machine = (
        f"{os.cpu_count()} processors, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    )
    return f"gbakg {__version__}, {machine}, {datetime.now(UTC):%Y-%m-%d}, medians of up to {runs} runs in turn"


if __name__ == "__main__":
    sys.exit(main())
