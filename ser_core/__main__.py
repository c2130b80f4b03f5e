"""``python -m ser_core``: the command line."""

import sys


def _main() -> int:
    """Run the command line; Ctrl-C while it still loads is no traceback either."""
    try:
        from ser_core.cli.main import main
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    return main()


if __name__ == "__main__":
    sys.exit(_main())
