"""Run every check of the project, the same for people and for CI.

``python tools/check.py`` runs lint, format, types and tests, and ends with a
non-zero exit code when any of them fails. Tests run in several processes, because
many of them wait for processes of their own. Arguments are passed on to pytest, as in
``python tools/check.py -m "not browser"``, or ``-n 0`` for a single process.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MOST_PROCESSES = 8


def main(arguments: list[str]) -> int:
    """Run the checks in turn and return the number that failed."""
    python = sys.executable
    with tempfile.TemporaryDirectory(prefix="ser-lab-check-") as scratch:
        environment = os.environ | {"SER_LAB_HOME": str(Path(scratch) / "data")}
        # compiled code is kept between runs, else each one waits for it
        environment.setdefault("NUMBA_CACHE_DIR", str(ROOT / ".venv" / "numba-cache"))
        checks = {
            "lint": [python, "-m", "ruff", "check", "."],
            "format": [python, "-m", "ruff", "format", "--check", "."],
            "types": [python, "-m", "mypy"],
            "tests": [python, "-m", "pytest", *_spread(), *arguments],
        }
        failed = []
        for name, command in checks.items():
            print(f"== {name}: {' '.join(command[1:])}", flush=True)
            began = time.monotonic()
            done = subprocess.run(command, cwd=ROOT, env=environment, check=False)
            if done.returncode:
                failed.append(name)
            print(f"== {name}: {time.monotonic() - began:.0f} s", flush=True)
    print(f"failed: {', '.join(failed)}" if failed else "all checks passed")
    return len(failed)


def _spread() -> list[str]:
    """Return the options that deal the tests to one process more than there are cores.

    Whoever is done takes from the others, so that a few long tests at the end do not
    leave the rest idle.
    """
    n_processes = min((os.cpu_count() or 1) + 1, MOST_PROCESSES)
    return ["-n", str(n_processes), "--dist", "worksteal"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
