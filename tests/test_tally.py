"""`.ci/tally.py` notices a test that was lost for want of something that is there; `.ci/rest.py` loses none."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / ".ci" / "tally.py"
WANTING = '<skipped message="the texts are not in ../shared/documents"/>'


def tally(
    folder: Path, without: dict[str, str], beside: dict[str, str], listed: str = "ab"
) -> subprocess.CompletedProcess[str]:
    """Run the script on two reports, given as the content of each test's element by the test's name, and on a list."""
    files = []
    for name, cases in (("without.xml", without), ("with.xml", beside)):
        elements = "".join(
            f'<testcase classname="tests.test_x" name="{one}">{body}</testcase>' for one, body in cases.items()
        )
        files.append(folder / name)
        files[-1].write_text(f"<testsuites><testsuite>{elements}</testsuite></testsuites>", encoding="utf-8")
    files.append(folder / "listed.txt")
    files[-1].write_text("".join(f"tests.test_x::{one}\n" for one in listed), encoding="utf-8")
    command = [sys.executable, str(SCRIPT), *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_nothing_lost(tmp_path: Path) -> None:
    """A test that was skipped without the documents and passed with them is counted."""
    result = tally(tmp_path, {"a": "", "b": WANTING}, {"b": "", "c": '<skipped message="not on this system"/>'}, "abc")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "tests that need the documents: 1, of which ran and passed: 1" in result.stdout


@pytest.mark.parametrize(
    ("beside", "wrong"),
    [
        ({"a": "", "b": WANTING}, "skipped although what it needs is there: tests.test_x::b"),
        ({"a": ""}, "needs the documents and did not run: tests.test_x::b"),
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


def test_a_forgotten_test_fails(tmp_path: Path) -> None:
    """What was collected and is in neither report is named, and what was skipped in the first and is not in the second."""
    result = tally(tmp_path, {"a": "", "b": WANTING, "d": '<skipped message="why"/>'}, {"b": ""}, "abcd")
    assert result.returncode == 1, result.stdout + result.stderr
    assert "did not run: tests.test_x::c" in result.stdout
    assert "is not in the second: tests.test_x::d" in result.stdout
    assert "tests.test_x::a" not in result.stdout


def test_what_has_passed_is_left_out(tmp_path: Path) -> None:
    """All tests are listed by the names that reports have, and those that a report has as passed are not run again."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_x.py").write_text(
        "import pytest\n\n\n@pytest.mark.parametrize('text', ['a/b::c', '[d]'])\nclass TestX:\n"
        "    def test_y(self, text):\n        pass\n\n    def test_z(self, text):\n        pytest.skip('why')\n",
        encoding="utf-8",
    )
    (tmp_path / "first.xml").write_text("<testsuites/>", encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(SCRIPT.parent), "REST_LISTED": str(tmp_path / "listed.txt")}
    for former, report, outcomes in (
        ("first", "second", "2 passed, 2 skipped"),
        ("second", "third", "2 skipped, 2 deselected"),
    ):
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "rest",
            f"--junitxml={report}.xml",
        ]
        result = subprocess.run(
            [*command, "tests"],
            cwd=tmp_path,
            env={**environment, "REST_FORMER": str(tmp_path / f"{former}.xml")},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert outcomes in result.stdout, result.stdout + result.stderr
        listed = (tmp_path / "listed.txt").read_text(encoding="utf-8").splitlines()
        assert listed == [f"tests.test_x.TestX::test_{one}[{text}]" for one in "yz" for text in ("a/b::c", "[d]")]


def test_no_test_that_needs_the_documents(tmp_path: Path) -> None:
    """If no test seems to need the documents, the accounting is broken, which is no reason to pass."""
    result = tally(tmp_path, {"a": ""}, {"a": ""})
    assert result.returncode == 1, result.stdout + result.stderr
    assert "no test needs the documents" in result.stdout
