"""The cache: its place, its lock, and files that are there whole or not at all."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from conftest import run
from gbakg import cache as places
from gbakg.errors import BuildLocked, CacheUnusable

HOLD = """
import sys, time
from pathlib import Path
from gbakg.cache import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def hold(folder: Path) -> subprocess.Popen[str]:
    child = run(HOLD, folder)
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    return child


def test_the_cache_is_named_by_flag_environment_or_convention(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative XDG_CACHE_HOME is to be ignored, says its specification."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert places.cache_folder() == tmp_path / ".cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert places.cache_folder() == tmp_path / "xdg"
    monkeypatch.setenv("GBAKG_CACHE", str(tmp_path / "own"))
    assert places.cache_folder() == tmp_path / "own"
    assert places.cache_folder("flag") == tmp_path / "flag"


def test_a_second_builder_is_told_who_builds(tmp_path: Path) -> None:
    """One clear line, with the process."""
    child = hold(tmp_path)
    try:
        with pytest.raises(BuildLocked) as caught, places.locked(tmp_path):
            pytest.fail("two processes hold the lock")
        assert caught.value.lines == (
            f"{tmp_path}: another build of this project is running (process {child.pid}); wait until it has finished",
        )
    finally:
        child.kill()
        child.wait()


def test_a_lock_goes_with_its_process(tmp_path: Path) -> None:
    """A killed build leaves no lock behind, and who waits gets on."""
    child = hold(tmp_path)
    told = []

    def wait(line: str) -> None:
        told.append(line)
        child.kill()

    with places.locked(tmp_path, wait):
        pass
    child.wait()
    assert told == [f"waiting for another build of this project (process {child.pid})"]
    with places.locked(tmp_path):
        assert (tmp_path / "lock").read_text(encoding="ascii") == f"process {os.getpid()}"


def test_a_file_in_the_place_of_the_cache_is_told(tmp_path: Path) -> None:
    """A cache that cannot be a folder is one clear line."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(CacheUnusable) as caught, places.locked(tmp_path / "file" / "gbakg"):
        pytest.fail("a file became a folder")
    assert caught.value.lines == (
        f"{tmp_path}/file/gbakg: the cache folder cannot be used (Not a directory);"
        " make room there, or choose another folder with --cache or GBAKG_CACHE",
    )
    assert caught.value.exit_code == 3


def test_a_folder_in_the_place_of_the_lock_is_named(tmp_path: Path) -> None:
    """Whoever has to take it away knows which."""
    (tmp_path / "lock").mkdir()
    with pytest.raises(CacheUnusable, match=r"cannot be used \(lock: Is a directory\)"), places.locked(tmp_path):
        pytest.fail("a folder was locked")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_in_the_place_of_the_lock_is_named(tmp_path: Path) -> None:
    """Nor is it waited for."""
    os.mkfifo(tmp_path / "lock")
    with pytest.raises(CacheUnusable, match=r"cannot be used \(lock: is no regular file\)"), places.locked(tmp_path):
        pytest.fail("a pipe was locked")


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="there are no devices")
def test_a_device_in_the_place_of_a_file_is_not_read() -> None:
    """It may have no end; this one has, and could be taken for an empty file."""
    with pytest.raises(OSError, match="is no regular file"):
        places.read(Path("/dev/null"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_cache_without_permission_is_told(tmp_path: Path) -> None:
    """A folder that may not be written is one clear line."""
    tmp_path.chmod(0o500)
    with pytest.raises(CacheUnusable, match="Permission denied"), places.locked(tmp_path / "gbakg"):
        pytest.fail("a folder was created without permission")


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    """Nothing but the new content is left."""
    path = tmp_path / "current"
    for content in (b"one", b"two"):
        places.replace(path, content)
        assert path.read_bytes() == content
    assert [one.name for one in tmp_path.iterdir()] == ["current"]


def test_a_file_that_cannot_be_replaced_leaves_nothing(tmp_path: Path) -> None:
    """Nor does each try leave one more file beside it."""
    (tmp_path / "current").mkdir()
    with pytest.raises(IsADirectoryError):
        places.replace(tmp_path / "current", b"one")
    assert [one.name for one in tmp_path.iterdir()] == ["current"]
