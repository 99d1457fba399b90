"""Where things are measured: the generated projects, what is built of them, and processes run in turn."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.generate import generate
from bench.measure import TooLong, run
from bench.peers import Peer
from bench.report import Entry
from gbakg import __version__
from gbakg.sources import Project

GBAKG = f"gbakg {__version__}"
SEED = 0
LADDER = (200, 1_000, 5_000)
"""The sizes, in observations, from which what is slow is extrapolated."""

MEMORY = 12_000
"""How many MB of address space a peer in Python may take."""

ENOUGH = 60.0
"""Whoever takes longer than so many seconds runs once only."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """Somebody to be measured: a command; `whole` takes the time of the process instead of what it prints."""

    who: str
    command: Sequence[str]
    whole: bool = False
    missing: str = ""
    memory: int | None = None


@dataclass(slots=True)
class Measured:
    """What came of a contestant: the seconds of each run, the highest peak in MB, the last thing said; or why not."""

    seconds: list[float] = field(default_factory=list)
    peak: float | None = None
    said: dict[str, Any] = field(default_factory=dict)
    failed: str = ""

    @property
    def median(self) -> float | None:
        """The median in seconds."""
        return statistics.median(self.seconds) if self.seconds else None

    def __add__(self, other: Measured) -> Measured:
        """Join the runs of two measurements of one contestant; if one of them failed, so does the sum."""
        peaks = [peak for peak in (self.peak, other.peak) if peak is not None]
        failed = self.failed or other.failed
        return Measured([] if failed else self.seconds + other.seconds, max(peaks, default=None), other.said, failed)

    def entry(self, who: str, note: str = "") -> Entry:
        """Make an entry of it."""
        return Entry(who, self.median, self.peak, self.failed or note)


class Lab:
    """A folder to measure in, and how patiently."""

    def __init__(self, folder: Path, project: Project, runs: int, patience: float, peers: dict[str, Peer]) -> None:
        self.folder, self.shipped, self.runs, self.patience, self.peers = folder, project, runs, patience, peers
        self.memory: dict[str, Measured] = {}
        self.folders = 0

    # --- what there is to measure ---

    def home(self, observations: int, copy: str = "") -> str:
        """Return the folder of a project, generated the first time; 0 observations is the shipped one."""
        if observations == 0 and not copy:
            return str(self.shipped.data.parent)
        target = self.folder / f"project-{observations}{copy}"
        if not target.exists():
            generate(self.shipped, target, observations, max(1, observations // 200), SEED)
        return str(target)

    def stated(self, observations: int) -> Path:
        """Return the folder of stated.ttl, shapes.ttl and core.ttl of a project."""
        target = self.folder / f"stated-{observations}"
        if not target.exists():
            target.mkdir()
            self.said("state", self.home(observations), str(target))
        return target

    def triples(self, observations: int) -> int:
        """Count the stated triples of a project."""
        with (self.stated(observations) / "stated.ttl").open("rb") as file:
            return sum(1 for _ in file)

    def cache(self, observations: int) -> str:
        """Return a cache that holds a build of a project."""
        target = self.folder / f"cache-{observations}"
        if not target.exists():
            run(self.building(observations, str(target)))
        return str(target)

    def built(self, observations: int) -> tuple[str, str]:
        """Return the home and the cache of a built project."""
        return self.home(observations), self.cache(observations)

    def fresh(self) -> str:
        """Name a folder that is not there yet: what a build has left behind makes the next one faster."""
        self.folders += 1
        return str(self.folder / f"fresh-{self.folders}")

    def dumped(self) -> Path:
        """Return the whole shipped graph as built: N-Triples, which are Turtle, too."""
        target = self.folder / "graph.nt"
        if not target.exists():
            self.said("dump", *self.built(0), str(target))
        return target

    def building(
        self, observations: int, cache: str, engine: str = "fast", force: bool = True, copy: str = ""
    ) -> list[str]:
        """Word a build."""
        words = ["build", "--engine", engine, *(["--force"] if force else [])]
        return [sys.executable, "-m", "gbakg", "--home", self.home(observations, copy), "--cache", cache, *words]

    def task(self, *words: str) -> list[str]:
        """Word a task."""
        return [sys.executable, "-m", "bench.task", *words]

    def peer(self, name: str, who: str, words: Callable[[Peer], list[str]], whole: bool = False) -> Contestant:
        """Make a contestant of a peer, or of its absence."""
        peer = self.peers[name]
        label = f"{peer.name} {peer.version}{who}".strip()
        memory = None if whole else MEMORY
        return Contestant(label, [] if peer.missing else words(peer), whole, peer.missing, memory)

    # --- measuring ---

    def measure(self, contestants: Sequence[Contestant], runs: int | None = None) -> list[Measured]:
        """Run contestants in turn, round after round; who fails, or takes long, is out of the next rounds."""
        found = [Measured(failed=one.missing) for one in contestants]
        for _ in range(self.runs if runs is None else runs):
            for one, measured in zip(contestants, found, strict=True):
                if measured.failed or (measured.seconds and measured.seconds[-1] > ENOUGH):
                    continue
                tell(f"    {one.who}")
                try:
                    finished = run(one.command, self.patience, one.memory, keep=not one.whole)
                except (TooLong, subprocess.CalledProcessError) as error:
                    measured.failed, measured.seconds = reason(error), []
                    continue
                measured.said = {} if one.whole else json.loads(finished.output.splitlines()[-1])
                measured.seconds.append(finished.seconds if one.whole else measured.said["seconds"])
                measured.peak = max(finished.peak, measured.peak or 0.0)
        return found

    def climb(self, contestant: Callable[[int], Contestant], observations: int) -> tuple[int, Measured]:
        """Measure somebody slow at growing sizes, as far as patience will reach, up to `observations`.

        Returns the largest size that was finished, and what was measured there.
        """
        sizes = [*(size for size in LADDER if size < observations), observations]
        best, found = 0, Measured(failed="not measured")
        for size in sizes:
            if best and found.median and found.median * self.triples(size) / self.triples(best) > self.patience:
                break
            [now] = self.measure([contestant(size)], 1)
            if now.median is None:
                return (best, found) if best else (size, now)
            best, found = size, now
        return best, found

    def estimate(self, who: str, size: int, measured: Measured, observations: int) -> Entry:
        """Make an entry for `observations` of what was measured at `size`: in proportion to the triples, no worse."""
        if size == observations or measured.median is None:
            return measured.entry(who)
        seconds = measured.median * self.triples(observations) / self.triples(size)
        from_ = (
            f"extrapolated in proportion to the triples from {size:,} observations, measured {measured.median:,.1f} s"
        )
        return Entry(who, seconds, None, from_)

    def said(self, *words: str) -> dict[str, Any]:
        """Run a task, and return what it printed."""
        found: dict[str, Any] = json.loads(run(self.task(*words), keep=True).output.splitlines()[-1])
        return found


def tell(line: str) -> None:
    """Say on stderr what is being measured."""
    print(line, file=sys.stderr, flush=True)


def reason(error: TooLong | subprocess.CalledProcessError) -> str:
    """Say in a line why a process did not finish."""
    if isinstance(error, TooLong):
        return str(error)
    lines = [line.strip() for line in str(error.stderr or "").splitlines() if line.strip()]
    return f"failed: {lines[-1][:120]}" if lines else f"failed with exit code {error.returncode}"
