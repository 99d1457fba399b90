"""What a run says that it left out, also when the tests are shared out among several processes."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace

import pytest

import conftest


def test_what_workers_left_out_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each worker leaves out the same tests; one that died before it could tell adds none."""
    monkeypatch.setattr(conftest, "_LEFT_OUT", told := Counter[str]())
    worker = SimpleNamespace(workeroutput={"left_out": {"slow": 3, "servers": 2}})
    for node in (SimpleNamespace(), worker, worker):
        conftest.pytest_testnodedown(node)
    assert Counter(slow=3, servers=2) == told


def test_a_worker_tells_what_it_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """To the process in front; a run in one process has nobody to tell."""
    monkeypatch.setattr(conftest, "_LEFT_OUT", Counter(slow=3))
    output: dict[str, object] = {}
    for config in (SimpleNamespace(), SimpleNamespace(workeroutput=output)):
        conftest.pytest_sessionfinish(SimpleNamespace(config=config))  # type: ignore[arg-type]
    assert {"left_out": {"slow": 3}} == output
