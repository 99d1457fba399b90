"""`python -m tests.stores.throughput [NAME...]`: how fast `gbakg push` is, held against each store's own clients.

Every contestant gets a new server over an empty folder, one after the other in each run, and brings the same triples:
`gbakg push` those of a build, the others those of an N-Triples file of the same.  Told are the
medians: seconds, triples a second, the peak memory of the process that sends and of the server, and how many times as
fast as each other client two pushes were: with --count-only, which counts what arrived, and the usual one, which reads
all of it back and compares it.  The others do neither.  The graph is a generated one, or, with --home and --cache, one that was
built before.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.generate import generate
from bench.measure import Run, run

from gbakg import feed, profiles, sources, store

from .servers import SERVERS, java

OWN = {"gbakg push": [], "gbakg push --count-only": ["--count-only"]}
"""Our own, and the options of each."""

LOADER = "tdb2.tdbloader"
SHARDS = "shards, tdb2.tdbloader"
CLIENTS = {
    "oxigraph": {"curl": "default", "curl, no_transaction": "default&no_transaction"},
    "fuseki": {"curl": "default", LOADER: "", SHARDS: ""},
}
"""Each server's own clients, and which graph at its graph store they PUT.

The loader writes the files of a server at rest: from one file of N-Triples, or from what `gbakg push --shards` wrote,
the time for which counts.
"""


@dataclass(frozen=True, slots=True)
class Trial:
    """One contestant's go: its seconds, and peaks of memory in MB, 0 where unknown."""

    seconds: float
    peak: float
    server: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Let the contestants push in turn, and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.stores.throughput", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(CLIENTS)}; both unless named")
    parser.add_argument("--observations", type=int, default=20_000, metavar="N", help="of a generated graph (20,000)")
    parser.add_argument("--home", metavar="DIR", help="a project instead of a generated one")
    parser.add_argument("--cache", metavar="DIR", help="the folder of its builds")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="goes of each contestant (default 3)")
    parser.add_argument("--without", action="append", default=[], metavar="CLIENT", help="a client to leave out")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="where servers keep their data (a temporary folder)")
    options = parser.parse_args(arguments)
    names = options.names or list(CLIENTS)
    unknown = sorted(set(names) - set(CLIENTS))
    if unknown:
        parser.error(f"no store is called {unknown[0]}; there are {', '.join(CLIENTS)}")
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        home, cache = Path(options.home or folder / "project"), options.cache
        if options.home is None:
            cache = str(folder / "cache")
            generate(sources.project(), home, options.observations, max(1, options.observations // 100), 0)
            _gbakg(home, cache, "build")
        file = folder / "graph.nt"
        built = current(home, cache)
        with built.open() as engine, file.open("wb") as opened:
            opened.writelines(feed.blocks(built, engine))
            count = engine.size or 0
        print(f"{count:,} triples, {file.stat().st_size:,} bytes as N-Triples", flush=True)
        for name in names:
            trials: dict[str, list[Trial]] = {}
            for _ in range(options.runs):
                for client in [one for one in (*OWN, *CLIENTS[name]) if one not in options.without]:
                    found = trial(name, client, file, home, cache)
                    trials.setdefault(client, []).append(found)
                    print(f"{name}: {client}: {found.seconds:,.1f} s", file=sys.stderr)
            print("\n".join(table(name, count, trials)), flush=True)
    return 0


def trial(name: str, client: str, file: Path, home: Path, cache: str | None) -> Trial:
    """Let one client fill a new server."""
    own = [sys.executable, "-m", "gbakg", "--home", str(home), *(["--cache", cache] if cache else []), "push"]
    with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=file.parent) as made:
        folder = Path(made)
        if client in (LOADER, SHARDS):
            shards = folder / "shards"
            wrote = run([*own, "--shards", "4", str(shards), "--profile", name]) if client == SHARDS else Run(0, 0)
            files = sorted(map(str, shards.glob("part-*"))) if client == SHARDS else [str(file)]
            (folder / "data").mkdir()
            found = run([*java(folder, name), LOADER, f"--loc={folder / 'data'}", *files])
            return Trial(wrote.seconds + found.seconds, max(wrote.peak, found.peak), 0)
        with SERVERS[name](folder) as server:
            if client in OWN:
                found = run([*own, server.url, "--profile", server.profile, *OWN[client]])
            else:
                graphs = profiles.builtin()[server.profile].addresses(server.url)["graphs"]
                address = f"{graphs}?{CLIENTS[name][client]}"
                curl = shutil.which("curl") or "curl"
                kind = "Content-Type: application/n-triples"
                found = run([curl, "-sS", "--fail-with-body", "-o", "/dev/null", "-T", str(file), "-H", kind, address])
            return Trial(found.seconds, found.peak, _peak(server.process.pid))


def current(home: str | Path, cache: str | None) -> store.Build:
    """Return the build of a project; exit if there is none."""
    built = store.current(sources.project(str(home)), cache)
    if built is None:
        raise SystemExit(f"{home} has no build in {cache or 'the cache folder'}; make one with gbakg build")
    return built


def table(name: str, count: int, trials: dict[str, list[Trial]]) -> list[str]:
    """Word the medians of a server's contestants, and how the pushes compare with the others."""

    def median(client: str, what: str) -> float:
        return float(statistics.median(getattr(one, what) for one in trials[client]))

    lines = [f"{name}: {'client':<24} {'s':>8} {'triples/s':>10} {'MB':>6} {'server MB':>10}"]
    for client in trials:
        seconds, server = median(client, "seconds"), median(client, "server")
        memory = f"{median(client, 'peak'):6.0f} {f'{server:.0f}' if server else '-':>10}"
        lines.append(f"{name}: {client:<24} {seconds:8.1f} {count / seconds:10,.0f} {memory}")
    for own in (one for one in OWN if one in trials):
        for client in (one for one in trials if one not in OWN and one != SHARDS):
            ratio = median(client, "seconds") / median(own, "seconds")
            lines.append(f"{name}: {own} is {ratio:.2f} times as fast as {client}")
    if SHARDS in trials and LOADER in trials:
        ratio = median(LOADER, "seconds") / median(SHARDS, "seconds")
        lines.append(f"{name}: {LOADER} with shards is {ratio:.2f} times as fast as alone, their writing included")
    return lines


def _gbakg(home: Path, cache: str | None, *arguments: str) -> None:
    """Run gbakg on a project."""
    options = ["--home", str(home), *(["--cache", cache] if cache else [])]
    subprocess.run([sys.executable, "-m", "gbakg", *options, *arguments], check=True, capture_output=True)


def _peak(process: int) -> float:
    """Return the peak of a process's resident memory in MB, as Linux tells it; 0 elsewhere."""
    try:
        text = Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    return next((round(int(row.split()[1]) / 1024) for row in text.splitlines() if row.startswith("VmHWM:")), 0)


if __name__ == "__main__":
    sys.exit(main())
