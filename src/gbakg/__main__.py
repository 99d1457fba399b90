"""`python -m gbakg` is the command `gbakg`, and so is the script that is installed."""

import atexit
import gc
import os
import sys

from gbakg import interrupt, messages


def run() -> None:
    """Run the command, and end the process with its exit code.

    The interpreter is not taken apart first, which takes 10 ms, unless somebody may need that: a thread that is still
    at work, or who traces the program.  What was registered for the exit is done, and what was printed is flushed.
    """
    # Python would look for cycles at every 700th object, and importing makes thousands: 4 ms, and a twentieth of a build.
    gc.set_threshold(100_000)
    messages.detach()
    try:
        interrupt.heed()
        from gbakg.cli import main

        code = main()
    except KeyboardInterrupt:  # while it was imported: later main says so itself
        print("gbakg: interrupted", file=sys.stderr)
        code = interrupt.CODE
    threading = sys.modules.get("threading")
    busy = threading is not None and threading.active_count() > 1
    busy &= code != interrupt.CODE  # whoever interrupts waits for no thread
    if busy or sys.gettrace() or sys.getprofile() or sys.flags.dev_mode:
        sys.exit(code)
    atexit._run_exitfuncs()  # as multiprocessing ends its processes
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except (OSError, ValueError):  # nobody reads it, or the disk is full: left to the interpreter, which says so
        sys.exit(code)
    os._exit(code)


if __name__ == "__main__":
    run()
