"""`.ci/tally.py` notices a test that was lost for want of something that is there."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / ".ci" / "tally.py"
WANTING = '<skipped message="the texts are not in ../shared/documents"/>'


def tally(folder: Path, without: dict[str, str], beside: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the script on two reports, given as the content of each test's element by the test's name."""
    files = []
    for name, cases in (("without.xml", without), ("with.xml", beside)):
        elements = "".join(
            f'<testcase classname="tests.test_x" name="{one}">{body}</testcase>' for one, body in cases.items()
        )
        files.append(folder / name)
        files[-1].write_text(f"<testsuites><testsuite>{elements}</testsuite></testsuites>", encoding="utf-8")
    command = [sys.executable, str(SCRIPT), *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_nothing_lost(tmp_path: Path) -> None:
    """A test that was skipped without the documents and passed with them is counted."""
    result = tally(
        tmp_path, {"a": "", "b": WANTING}, {"a": "", "b": "", "c": '<skipped message="not on this system"/>'}
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "tests that need the documents: 1, of which ran and passed: 1" in result.stdout


@pytest.mark.parametrize(
    ("beside", "wrong"),
    [
        ({"a": "", "b": WANTING}, "skipped although what it needs is there: tests.test_x::b"),
        ({"a": ""}, "needs the documents and did not run: tests.test_x::b"),
        ({"b": ""}, "is in the first run and not in the second: tests.test_x::a"),
        ({"a": "", "b": '<failure message="no"/>'}, "failed: tests.test_x::b"),
        ({"a": "", "b": "", "c": '<skipped message="Maven is not installed"/>'}, "tests.test_x::c"),
        ({"a": "", "b": "", "c": '<skipped message="got empty parameter set"/>'}, "tests.test_x::c"),
        ({}, "no test ran"),
    ],
)
def test_a_lost_test_fails(tmp_path: Path, beside: dict[str, str], wrong: str) -> None:
    """A test that did not run although it could have, or that failed, is named."""
    result = tally(tmp_path, {"a": "", "b": WANTING}, beside)
    assert result.returncode == 1, result.stdout + result.stderr
    assert wrong in result.stdout


def test_no_test_that_needs_the_documents(tmp_path: Path) -> None:
    """If no test seems to need the documents, the accounting is broken, which is no reason to pass."""
    result = tally(tmp_path, {"a": ""}, {"a": ""})
    assert result.returncode == 1, result.stdout + result.stderr
    assert "no test needs the documents" in result.stdout
