"""Settings: a flag before the environment before gbakg.toml."""

from __future__ import annotations

from pathlib import Path

import pytest

from gbakg.errors import MissingFile
from gbakg.settings import setting


def test_a_flag_comes_before_the_environment_and_that_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The nearer to the command, the stronger."""
    (tmp_path / "gbakg.toml").write_text('cache = "here"\nendpoint = "http://localhost:1"\n', encoding="utf-8")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert setting("cache") == str(tmp_path / "here")
    assert setting("endpoint") == "http://localhost:1"
    assert setting("home") is None
    monkeypatch.setenv("GBAKG_CACHE", "there")
    assert setting("cache") == "there"
    assert setting("cache", "flag") == "flag"


def test_a_file_that_is_not_toml_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken gbakg.toml is not passed over."""
    (tmp_path / "gbakg.toml").write_text("cache = \n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MissingFile, match=r"gbakg\.toml: cannot be read as TOML"):
        setting("cache")
