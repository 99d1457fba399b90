"""`python -m tests.stores [NAME...]`: start real servers, print their addresses, and stop them when interrupted."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from gbakg import profiles

from .server import Missing
from .servers import SERVERS


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the servers that are named, or all; exit with 1 if one cannot be started."""
    parser = argparse.ArgumentParser(prog="python -m tests.stores", description=(__doc__ or "").partition(": ")[2])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(SERVERS)}; all unless named")
    names = parser.parse_args(arguments).names or list(SERVERS)
    unknown = sorted(set(names) - set(SERVERS))
    if unknown:
        parser.error(f"no server is called {unknown[0]}; there are {', '.join(SERVERS)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with contextlib.ExitStack() as stack:
        for name in names:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=f"{name}-")))
            try:
                server = stack.enter_context(SERVERS[name](folder))
            except (Missing, RuntimeError) as error:
                print(f"{name}: {error}", file=sys.stderr)
                return 1
            print(f"{name}  {server.url}")
            for what, address in profiles.builtin()[server.profile].addresses(server.url).items():
                print(f"    {what:<10} {address}")
            if server.user:
                print(f"    {'user':<10} {server.user}, password {server.password}")
            sys.stdout.flush()
        print("Ctrl-C stops them", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()
    return 0


if __name__ == "__main__":
    sys.exit(main())
