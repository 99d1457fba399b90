"""The process: it ends at once, and loses nothing by it."""

from __future__ import annotations

import subprocess
import sys

import pytest

START = "import sys; sys.argv = ['gbakg', '--version']; import gbakg.cli, gbakg.__main__ as program\n"


def ended(script: str, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *options, "-c", START + script], capture_output=True, text=True, check=False, timeout=60
    )


def test_the_exit_code_is_the_commands() -> None:
    """What main returns is what the shell sees."""
    assert 5 == ended("gbakg.cli.main = lambda: 5\nprogram.run()").returncode


def test_what_was_printed_arrives() -> None:
    """Buffers are flushed, also that of a stream that is a pipe."""
    assert "gbakg 0" == ended("program.run()").stdout[:7]


def test_what_was_registered_for_the_exit_is_done() -> None:
    """Temporary folders, for instance, are removed."""
    assert "done\n" in ended("import atexit; atexit.register(print, 'done')\nprogram.run()").stdout


def test_the_interpreter_is_not_taken_apart() -> None:
    """An object that says so when it is collected is not heard, but in the development mode it is."""
    script = (
        "import builtins\nclass Last:\n    def __del__(self): print('collected')\nbuiltins.last = Last()\nprogram.run()"
    )
    assert "collected" not in ended(script).stdout
    assert "collected" in ended(script, "-X", "dev").stdout


def test_a_command_that_needs_no_thread_does_without() -> None:
    """Where a process may have no more of them, as with `ulimit -u`, to wait for an interrupt is no reason to fail."""
    script = "import _thread\ndef refuse(*_): raise RuntimeError('no thread')\n_thread.start_new_thread = refuse\n"
    found = ended(f"{script}program.run()")
    assert (0, "gbakg 0", "") == (found.returncode, found.stdout[:7], found.stderr)


def test_a_thread_at_work_is_waited_for() -> None:
    """The process ends after its threads, as any Python program does."""
    script = "import threading, time\ndef work(): time.sleep(0.3); print('worked', flush=True)\n"
    assert "worked" in ended(f"{script}threading.Thread(target=work).start()\nprogram.run()").stdout


INTERRUPTED = """
import os, signal, sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "{name}":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
from gbakg.__main__ import run
run()
"""


@pytest.mark.parametrize("name", ["gbakg.cli", "argparse", "gbakg.errors", "gbakg.cli.query", "pyoxigraph"])
def test_an_interrupt_is_told_also_while_modules_are_imported(name: str) -> None:
    """Whatever is being imported when Ctrl-C comes: exit code 130, one line, no traceback."""
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED.format(name=name), "query", "run", "observations"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (130, "gbakg: interrupted\n", "") == (done.returncode, done.stderr, done.stdout)
