"""The README: every command in it runs and prints what stands below it, and every command of gbakg is in it.

`python -m tests.test_readme` writes what the commands print into the README.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gbakg import cli
from gbakg.store import Build

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LEFT_OUT = "..."


def sessions(text: str) -> Iterator[tuple[str, str]]:
    """Yield each command of the console blocks, with the lines printed below it."""
    for block in BLOCK.findall(text):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, printed = part.partition("\n")
            yield command, printed


def run(command: str, folder: Path, cache: str) -> str:
    """Run one command of the README and return what it prints; it has to succeed."""
    line = command.replace("gbakg", f"{sys.executable} -m gbakg", 1).replace("../shared/documents", str(texts()))
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "GBAKG_HOME": str(ROOT), "GBAKG_CACHE": cache}
    environment["COLUMNS"] = "112"
    done = subprocess.run(
        ["/bin/sh", "-c", line.replace("data/documents", f"{ROOT}/data/documents")],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    printed = done.stdout.replace(str(texts()), "../shared/documents").replace(f"{ROOT}/", "").rstrip()
    return f"{printed}\n" if printed else ""


def texts() -> Path:
    """Return the folder of the published texts, which may not be there."""
    return Path(os.environ.get("GBAKG_TEXTS") or ROOT.parent / "shared" / "documents")


def shortened(printed: str, most: int = 40) -> str:
    """Leave out the middle of what is long."""
    lines = printed.splitlines(keepends=True)
    return printed if len(lines) <= most else "".join([*lines[: most - 1], f"{LEFT_OUT}\n"])


@pytest.mark.parametrize(("command", "printed"), [*sessions(README.read_text(encoding="utf-8"))])
def test_a_command_prints_what_the_readme_shows(
    command: str, printed: str, real: Build, real_cache: str, tmp_path: Path
) -> None:
    """What stands below a command is what it prints, up to a line of dots."""
    if "../shared" in command and not texts().is_dir():
        pytest.skip("the source texts are not at hand; set GBAKG_TEXTS to their folder")
    if command == "gbakg build":
        run(command, tmp_path, real_cache)  # the cache may be that of another commit, which is enough for queries
    assert printed == shortened(run(command, tmp_path, real_cache))


def test_every_command_is_in_the_readme() -> None:
    """A command that is added to gbakg gets an example."""
    shown = {command.split()[1] for command, _ in sessions(README.read_text(encoding="utf-8")) if " " in command}
    assert set(cli.COMMANDS) <= shown | {"help"}


@pytest.mark.parametrize("command", ["find", "cite", "explain", "query list", "query show", "query run"])
def test_the_examples_of_a_help_have_an_answer(command: str, real: Build, real_cache: str, tmp_path: Path) -> None:
    """What a help shows can be copied, and is answered from the shipped graph."""
    told = run(f"gbakg {command} --help", tmp_path, real_cache)
    examples = re.findall(r"^  (gbakg .+)$", told, re.MULTILINE)
    assert examples
    for example in examples:
        missed = run(f"{example} 2>&1 >/dev/null", tmp_path, real_cache)
        assert "nothing" not in missed, example
        assert "no rows" not in missed, example


def main(cache: str) -> None:
    """Write what the commands print into the README."""
    import tempfile

    text = README.read_text(encoding="utf-8")
    for command, printed in list(sessions(text)):
        with tempfile.TemporaryDirectory() as folder:
            fresh = shortened(run(command, Path(folder), cache))
        text = text.replace(f"$ {command}\n{printed}", f"$ {command}\n{fresh}", 1)
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
