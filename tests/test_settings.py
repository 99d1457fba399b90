"""Settings: a flag before the environment before gbakg.toml."""

from __future__ import annotations

import re
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


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"home = 3\n", "home: expected a text, found 3"),
        (b"home = ['.']\n", "home: expected a text"),
        (b"[home]\na = 1\n", "home: expected a text"),
        (b"hoem = '.'\n", "there is no setting `hoem`; did you mean home?"),
        (b"x = '.'\n", "there is no setting `x`; the settings are home, cache"),
        (b"\xef\xbb\xbfhome = '.'\n", "byte order mark"),
        (b"home = '\xe9'\n", "byte 0xe9 is not UTF-8; save it as UTF-8"),
    ],
)
def test_what_means_nothing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raw: bytes, says: str) -> None:
    """A value of the wrong kind is no folder's name, and a misspelt setting is not one that nobody has set."""
    (tmp_path / "gbakg.toml").write_bytes(raw)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MissingFile, match=re.escape(says)):
        setting("home")


def test_a_timeout_may_be_a_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of all settings, it alone counts."""
    (tmp_path / "gbakg.toml").write_text("timeout = 2.5\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert "2.5" == setting("timeout")
