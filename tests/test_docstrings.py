"""The examples in docstrings run."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import gbakg
from conftest import ROOT
from gbakg.store import Build

MODULES = sorted(
    found.name
    for found in pkgutil.walk_packages(gbakg.__path__, "gbakg.")
    if not found.name.endswith("__main__")  # importing it runs the program
)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_run(name: str, real: Build, real_cache: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a docstring shows is what happens, on the real graph where it opens one."""
    assert real.receipt["counts"]["documents"] >= 5
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("GBAKG_CACHE", real_cache)
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_modules_with_examples() -> None:
    """The search for modules finds them, and some have examples."""
    finder = doctest.DocTestFinder()
    examples = [
        example
        for name in MODULES
        for found in finder.find(importlib.import_module(name))
        for example in found.examples
    ]
    assert len(MODULES) >= 16
    assert len(examples) >= 10
