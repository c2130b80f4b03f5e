"""The process that tries a stranger's model: ``… -m ser_core.models.bundle_check DIR``.

It writes one line ``SER-LAB {…}`` on standard output: ``loaded``, or a ``message``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from ser_core.errors import SerError
from ser_core.models.bundle import load_bundle


def main(arguments: Sequence[str] | None = None) -> int:
    """Load the bundle that is named, and say how that went."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if len(given) != 1:
        sys.stderr.write("usage: python -m ser_core.models.bundle_check FOLDER\n")
        return 2
    try:
        load_bundle(Path(given[0]))
    except SerError as error:
        _say({"loaded": False, "message": error.message})
        return 1
    _say({"loaded": True})
    return 0


def _say(answer: dict[str, object]) -> None:
    """Write the answer as a line that no library's output can be taken for."""
    sys.stdout.write(f"\nSER-LAB {json.dumps(answer)}\n")


if __name__ == "__main__":
    sys.exit(main())
