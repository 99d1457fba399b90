"""`python -m gbakg` is the command `gbakg`."""

import sys

from gbakg.cli import main

if __name__ == "__main__":
    sys.exit(main())
