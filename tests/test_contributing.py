"""CONTRIBUTING.md: its map of the code has every module."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_every_module_is_on_the_map_once() -> None:
    """One that is new, renamed or gone is told."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.partition("## Find your way in the code\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    modules = [path.stem for path in (ROOT / "src" / "gbakg").glob("*.py") if path.stem != "__init__"]
    assert sorted(modules) == sorted(named)
