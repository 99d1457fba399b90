"""Answer one query in a process of its own, which can be killed; run as a script by `sparql`.

Arguments: the store's folder, and the seconds after which the process ends itself should nobody end it.  The query
comes on stdin.  The first line on stdout says what follows: `rows` (SPARQL JSON), `triples` (N-Triples), `true`,
`false`, or `error` with a message.
"""

import contextlib
import signal
import sys

import pyoxigraph

MEMORY = 4 << 30
"""Bytes of address space that the process may take."""


def main() -> None:
    """Read, answer, write."""
    folder, seconds = sys.argv[1], float(sys.argv[2])
    if hasattr(signal, "setitimer"):
        # The kernel's own handling of the signal ends the process even inside the engine, where Python cannot.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started this process interrupts it
    _cap()
    sink = sys.stdout.buffer
    begun = False
    try:
        found = pyoxigraph.Store.read_only(folder).query(sys.stdin.buffer.read().decode())
        if isinstance(found, pyoxigraph.QueryBoolean):
            sink.write(b"true\n" if found else b"false\n")
        elif isinstance(found, pyoxigraph.QueryTriples):
            begun = True
            sink.write(b"triples\n")
            found.serialize(sink, pyoxigraph.RdfFormat.N_TRIPLES)
        else:
            begun = True
            sink.write(b"rows\n")
            found.serialize(sink, pyoxigraph.QueryResultsFormat.JSON)
        sink.flush()
    except BrokenPipeError:
        sys.stderr.close()
    except (SyntaxError, ValueError, OSError, RuntimeError, MemoryError) as error:
        if begun:  # nobody would read a message among the rows; the exit code tells
            sys.exit(1)
        store = isinstance(error, (ValueError, OSError)) or str(error).startswith("Corruption")
        kind = "store" if store else "syntax"
        sink.write(f"error {kind} {' '.join(str(error).split())}\n".encode())


def _cap() -> None:
    """Let a query that sorts or joins without end take its own process down, not the machine."""
    try:
        import resource
    except ImportError:  # Windows
        return
    with contextlib.suppress(ValueError, OSError):  # a lower limit is already set
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


if __name__ == "__main__":
    main()
