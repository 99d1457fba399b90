"""A plugin for pytest that leaves out the tests that a former run passed.

REST_FORMER is the JUnit report of that run.  Into the file REST_LISTED goes the name of every test that there is, in the
former run or in this one, a line each, as a JUnit report has it: `tally.py` sees that each of them ran.
"""

import os
from pathlib import Path

import pytest
from tally import read


@pytest.hookimpl(trylast=True)  # after whatever else deselects, as -m does
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave them out; each process of pytest-xdist does the same, and writes the same list."""
    listed = Path(os.environ["REST_LISTED"])
    beside = listed.with_suffix(f".{os.getpid()}")
    beside.write_text("".join(f"{name(item.nodeid)}\n" for item in items), encoding="utf-8")
    beside.replace(listed)
    passed = {name for name, (outcome, _) in read(os.environ["REST_FORMER"]).items() if outcome == "passed"}
    done = [item for item in items if name(item.nodeid) in passed]
    if done:
        config.hook.pytest_deselected(items=done)
        items[:] = [item for item in items if name(item.nodeid) not in passed]


def name(node: str) -> str:
    """Write the name of a test as `tally.read` does.

    >>> name("tests/test_x.py::Test::test_y[a/b::c]")
    'tests.test_x.Test::test_y[a/b::c]'
    """
    address, bracket, values = node.partition("[")
    file, *classes, function = address.split("::")
    return f"{'.'.join((file.removesuffix('.py').replace('/', '.'), *classes))}::{function}{bracket}{values}"
