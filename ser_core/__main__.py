"""``python -m ser_core``: the command line."""

import sys

from ser_core.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
