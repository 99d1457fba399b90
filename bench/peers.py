"""The peers: which of them are here, in which version, and how each is called.

Python peers come from PyPI: `pip install oxigraph pyrudof reasonable`; Apache Jena from Maven Central, as bench/java
names it.  A peer that is not here is left out, with the reason.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

JAVA = Path(__file__).parent / "java"
HEAP = "-Xmx8g"


@dataclass(frozen=True, slots=True)
class Peer:
    """A program to compare with: its version, or why it is not here; `words` begin its command line."""

    name: str
    version: str = ""
    missing: str = ""
    words: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name} {self.version}" if self.version else self.name

    def command(self, *words: str) -> list[str]:
        """Begin a command line."""
        return [*self.words, *words]


def find(folder: Path) -> dict[str, Peer]:
    """Look for every peer, by name; `folder` is for what has to be written on the way."""
    task = (sys.executable, "-m", "bench.task")
    found = [_python(name, task) for name in ("rdflib", "owlrl", "pyshacl", "pyoxigraph", "reasonable", "pyrudof")]
    return {peer.name: peer for peer in (*found, _oxigraph(), _jena(folder))}


def jena(peer: Peer, main: str, *words: str) -> list[str]:
    """Begin a command line of one of Jena's programs, by its main class."""
    return peer.command(main, *words)


def _python(name: str, words: tuple[str, ...]) -> Peer:
    try:
        return Peer(name, version(name), words=words)
    except PackageNotFoundError:
        return Peer(name, missing=f"pip install {name}")


def _oxigraph() -> Peer:
    beside = Path(sys.executable).with_name("oxigraph")
    program = str(beside) if beside.exists() else shutil.which("oxigraph")
    if program is None:
        return Peer("oxigraph", missing="pip install oxigraph")
    return _asked("oxigraph", lambda: _said([program, "--version"]).split()[-1], (program,))


def _jena(folder: Path) -> Peer:
    java, maven = shutil.which("java"), shutil.which("mvn")
    if java is None or maven is None:
        return Peer("jena", missing="needs java 17 and mvn")
    path = folder / "classpath"

    def look() -> str:
        goal = ["dependency:build-classpath", f"-Dmdep.outputFile={path}"]
        _said([maven, "--batch-mode", "--quiet", "-Dstyle.color=never", "--file", str(JAVA / "pom.xml"), *goal])
        match = re.search(r"jena-cmds-([0-9.]+)\.jar", path.read_text(encoding="utf-8"))
        return match[1] if match else "of unknown version"

    found = _asked("jena", look)
    if found.missing:
        return found
    return Peer("jena", found.version, words=(java, HEAP, "-cp", path.read_text(encoding="utf-8").strip()))


def _asked(name: str, look: Callable[[], str], words: tuple[str, ...] = ()) -> Peer:
    try:
        return Peer(name, look(), words=words)
    except subprocess.CalledProcessError as error:
        lines = f"{error.stdout}\n{error.stderr}".split("\n")
        return Peer(name, missing=next((line.strip() for line in reversed(lines) if line.strip()), str(error)))


def _said(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603 - our own words
