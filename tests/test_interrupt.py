"""Ctrl-C ends the process, whatever is at work in it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conftest import FIXTURES, ROOT
from gbakg import overdue

ENDLESS = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l FILTER (?c = ?f + ?i + ?l) }"
ASKED = f"""
import sys, tempfile
from pathlib import Path
from pyoxigraph import Store
from gbakg import interrupt
interrupt.heed()
folder = tempfile.TemporaryDirectory(dir=sys.argv[1])
store = Store()
store.update("INSERT DATA {{" + " ".join(f"<a:{{n}}> <b:b> {{n}} ." for n in range(3000)) + "}}")
print("asking", flush=True)
print(next(store.query("{ENDLESS}")))
"""


def interrupted(command: list[str], wait: str) -> tuple[int, str, float]:
    """Start a process, interrupt it once when it says that it waits, and return its end: code, errors, seconds."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1"}
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
    assert child.stdout is not None
    said = ""
    for line in child.stdout:
        said += line
        if wait in line:
            break
    time.sleep(2)
    assert child.poll() is None, said
    child.send_signal(signal.SIGINT)
    start = time.monotonic()
    try:
        rest, _ = child.communicate(timeout=30)
    finally:
        child.kill()
    return child.returncode, rest, time.monotonic() - start


def unending(folder: Path) -> Path:
    """Make a project with a shape whose query does not end."""
    project = Path(shutil.copytree(FIXTURES / "project", folder / "project"))
    endless = ENDLESS.replace("(COUNT(*) AS ?n)", "$this").replace("{ ?a", "{ $this a ?z . ?a")
    (project / "ontology" / "shapes" / "odd.ttl").write_text(
        "@prefix gba: <https://w3id.org/gbakg/ontology#> .\n@prefix sh: <http://www.w3.org/ns/shacl#> .\n"
        f'<https://e.org/s> a sh:NodeShape ; sh:targetClass gba:Region ; sh:sparql [ sh:message "m" ; sh:select "{endless}" ] .\n',
        encoding="utf-8",
    )
    return project


def test_a_query_without_an_end_is_interrupted(tmp_path: Path) -> None:
    """Although Python is not asked before the query is over; temporary folders are removed."""
    code, said, seconds = interrupted([sys.executable, "-c", ASKED, str(tmp_path)], "asking")
    assert (130, "gbakg: interrupted\n") == (code, said)
    assert seconds < 10
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["check", "build"])
def test_a_shape_without_an_end_is_interrupted(tmp_path: Path, command: str) -> None:
    """A thread is at work, and the others wait for it; nothing is stored."""
    project = unending(tmp_path)
    words = [sys.executable, "-m", "gbakg", command, "--home", str(project), "--cache", str(tmp_path / "cache")]
    code, said, seconds = interrupted(words, "reading")
    assert (130, "gbakg: interrupted") == (code, said.splitlines()[-1])
    assert "Traceback" not in said
    assert seconds < 10
    assert [] == list(tmp_path.glob("cache/**/receipt.json"))


@pytest.mark.parametrize("command", [["check", "--timeout", "2"], ["build", "--timeout", "2"]])
def test_a_shape_without_an_end_is_stopped(tmp_path: Path, command: list[str]) -> None:
    """The shape is named, and nothing is stored."""
    project = unending(tmp_path)
    words = [sys.executable, "-m", "gbakg", *command, "--home", str(project), "--cache", str(tmp_path / "cache")]
    done = subprocess.run(
        words, capture_output=True, text=True, timeout=60, env={**os.environ, "PYTHONPATH": str(ROOT / "src")}
    )
    assert 3 == done.returncode, done.stderr
    assert "https://e.org/s" in done.stderr.splitlines()[-1]
    assert "had not ended after 2 s" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert [] == list(tmp_path.glob("cache/**/receipt.json"))


def test_what_has_ended_is_no_longer_watched() -> None:
    """However it ended."""
    with overdue.watched(lambda: "a"):
        pass
    with pytest.raises(ValueError, match="b"), overdue.watched(lambda: "b"):
        raise ValueError("b")
    assert not overdue._asked
