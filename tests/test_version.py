"""The version, and the code that a build is made by."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT
from gbakg import version


def hashed(folder: Path) -> str:
    """Ask the copy of the package in a folder for the hash of its code, in a process of its own."""
    command = [sys.executable, "-c", "from gbakg import version; print(version.__file__, version.code())"]
    found = subprocess.run(
        command, cwd=folder, env={"PYTHONPATH": str(folder)}, capture_output=True, text=True, check=True, timeout=60
    )
    file, _, code = found.stdout.strip().rpartition(" ")
    assert folder.resolve() in Path(file).resolve().parents
    return code


@pytest.mark.parametrize("module", ["populate", "tables", "edit", "cells", "rules", "validate"])
def test_a_change_of_any_module_counts(tmp_path: Path, module: str) -> None:
    """Whatever decides what a build holds: the readers of tables, the shapes' compiler, the reasoner."""
    package = shutil.copytree(ROOT / "src" / "gbakg", tmp_path / "gbakg")
    assert version.code() == hashed(tmp_path)
    path = package / f"{module}.py"
    path.write_text(path.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    assert version.code() != hashed(tmp_path)


def test_a_module_of_another_name_counts(tmp_path: Path) -> None:
    """What imports it would break."""
    package = shutil.copytree(ROOT / "src" / "gbakg", tmp_path / "gbakg")
    (package / "cells.py").rename(package / "cell.py")
    assert version.code() != hashed(tmp_path)
