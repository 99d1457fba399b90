"""End on Ctrl-C, though an engine is at work.

Python tells its main thread of a signal when that is back in Python, and a query may keep it, or a thread that it waits
for, for hours.  So another thread, which does nothing else, waits for the signal too.  A build may be ended at any
moment: it takes effect by one rename.
"""

import _thread
import atexit
import os
import signal
import sys
import time

CODE = 130
"""What the process ends with."""

GRACE = 1.0
"""Seconds that the main thread has to end by itself, as it does unless an engine is at work."""


def heed() -> None:
    """Have the process end soon after an interrupt, whatever it does; call it once, from the main thread."""
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        return  # it is ignored, as in a job of the background, or somebody's own
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    try:
        _thread.start_new_thread(_wait, (reading,))  # no Thread: the end of the process does not wait for it
    except RuntimeError:  # no more threads may be had: whoever cannot do without one says so
        os.close(reading)
        os.close(writing)
        return
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)


def _wait(reading: int) -> None:
    while os.read(reading, 1)[0] != signal.SIGINT:  # another signal that has a handler
        pass
    time.sleep(GRACE)
    try:
        if sys.stderr is not None:
            print("gbakg: interrupted", file=sys.stderr, flush=True)
        atexit._run_exitfuncs()  # temporary folders go
    finally:
        os._exit(CODE)
