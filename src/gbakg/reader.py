"""Write the lines of a store's default graph to stdout; run as a script by `feed`, with the store's folder."""

import os
import sys

import pyoxigraph


def main() -> None:
    """Read and write; a message on stderr and exit code 1 if the store cannot be read to its end."""
    try:
        with os.fdopen(1, "wb", buffering=1 << 20, closefd=False) as sink:
            store = pyoxigraph.Store.read_only(sys.argv[1])
            store.dump(sink, pyoxigraph.RdfFormat.N_TRIPLES, from_graph=pyoxigraph.DefaultGraph())
    except (OSError, RuntimeError, ValueError) as error:
        sys.exit(" ".join(str(error).split()) or type(error).__name__)


if __name__ == "__main__":
    main()
