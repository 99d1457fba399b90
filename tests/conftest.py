"""What tests share: the fixture project, a copy of it that a test may break, and a build of it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import gbakg
from gbakg import build
from gbakg.sources import Project
from gbakg.store import Build

FIXTURES = Path(__file__).parent / "fixtures"
ROOT = Path(__file__).parent.parent


def at(folder: Path) -> Project:
    """Return the project in a folder."""
    return Project(folder / "ontology", folder / "data", folder / "queries")


def published() -> list[Path]:
    """List the published texts, which are not in the repository; skips a test where they are not at hand."""
    folder = Path(os.environ.get("GBAKG_TEXTS") or ROOT.parent / "shared" / "documents")
    if not folder.is_dir():
        pytest.skip("the source texts are not at hand; set GBAKG_TEXTS to their folder")
    found = sorted(folder.glob("*.txt"))
    assert len(found) >= 5
    return found


def run(code: str, *arguments: object, **environment: str) -> subprocess.Popen[str]:
    """Start Python on a piece of code, with the gbakg that is under test."""
    (package,) = gbakg.__path__
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(Path(package).parent), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def quiet(line: str) -> None:
    """Take a line of progress, and say nothing."""


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the settings of whoever runs the tests out of them."""
    for name in ("GBAKG_HOME", "GBAKG_CACHE", "GBAKG_ENDPOINT", "COLUMNS"):  # a worker of pytest-xdist has the last one
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Copy the fixture project, to be changed at will."""
    return at(shutil.copytree(FIXTURES / "project", tmp_path / "project"))


@pytest.fixture
def cache(tmp_path: Path) -> str:
    """Name a cache folder of the test's own."""
    return str(tmp_path / "cache")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Build]:
    """Build the fixture project once; nobody may change it."""
    outcome = build.build(at(FIXTURES / "project"), progress=quiet, cache=str(tmp_path_factory.mktemp("cache")))
    assert outcome.build is not None, outcome.problems
    yield outcome.build
    outcome.build.close()


@pytest.fixture(scope="session")
def real_cache(pytestconfig: pytest.Config) -> str:
    """Name the cache of the real project's build, which is kept from run to run and made anew if a file changes."""
    assert pytestconfig.cache is not None
    return str(pytestconfig.cache.mkdir("gbakg"))


@pytest.fixture(scope="session")
def real(real_cache: str) -> Iterator[Build]:
    """Open the build of the real ontology and data; the first time, this takes half a minute."""
    opened = build.ensure(at(ROOT), quiet, real_cache)
    yield opened
    opened.close()


@pytest.fixture
def edit(project: Project) -> Callable[[str, str, str], Path]:
    """Return what replaces a text, which has to be there once, in a file of the project."""

    def replace(name: str, old: str, new: str) -> Path:
        path = project.data.parent / name
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        path.write_text(text.replace(old, new), encoding="utf-8")
        return path

    return replace


def pytest_configure() -> None:
    """Let an example take its time: how long it takes is up to what else the machine does.  Let Ctrl-C be tried."""
    from hypothesis import settings  # here, for processes that tests start import this file too

    settings.register_profile("patient", settings(), deadline=None)
    settings.load_profile("patient")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a job of the background, whose children would ignore it too
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Remember what a run leaves out."""
    for item in items:
        _LEFT_OUT.update({mark.name for mark in item.iter_markers() if mark.name in _WHY})


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Let the process in front know what was left out, if this is one of several workers."""
    output: dict[str, object] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["left_out"] = dict(_LEFT_OUT)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """Take what a worker left out: all of them collect the same tests, so that one stands for all."""
    output: dict[str, dict[str, int]] = getattr(node, "workeroutput", {})
    _LEFT_OUT.update(Counter(output.get("left_out", {})) - _LEFT_OUT)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what the run left out, and why."""
    for name, count in sorted(_LEFT_OUT.items()):
        terminalreporter.write_line(f"left out: {count} tests marked {name}, which {_WHY[name]}; -m '' runs everything")


_LEFT_OUT: Counter[str] = Counter()
_WHY = {
    "network": "fetch tools or vocabularies (Maven, npm)",
    "servers": "start Fuseki, RDF4J, Virtuoso and Blazegraph (python -m tests.stores)",
    "slow": "take more than ten seconds, alone or with their other cases",
}
