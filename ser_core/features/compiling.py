"""Let one process at a time compile librosa's inner loops."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Final

import filelock

WAIT_S: Final = 180.0
"""How long another process is waited for; then both compile."""

_LOOPS: Final = ("librosa.core.audio", "librosa.core.pitch", "librosa.util.utils")
"""Modules that compile when they are imported; librosa imports them when needed."""

_PACKAGES: Final = ("librosa", "resampy", "numba", "numpy")


@contextmanager
def compiled_apart() -> Iterator[None]:
    """Import librosa within, so that no other process compiles it meanwhile.

    Notes
    -----
    librosa's inner loops are compiled by numba when its modules are imported, some for
    several types, and kept in the folder that ``NUMBA_CACHE_DIR`` names. numba numbers
    the files of a function without asking other processes: two that do so at once can
    leave an index that names the wrong code, and whoever loads that crashes. So the
    first one holds a lock, and leaves a mark behind which the others, and all later
    ones, pass without it. Without such a folder, or where it cannot be written,
    nothing is locked.
    """
    folder = os.environ.get("NUMBA_CACHE_DIR")
    if not folder or "librosa" in sys.modules:
        yield
        return
    mark = Path(folder) / f"compiled-{_versions()}"
    if mark.exists():
        yield
        return
    lock = filelock.FileLock(Path(folder) / "compiling.lock")
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=WAIT_S)
    except (OSError, filelock.Timeout):
        yield
        return
    try:
        for name in _LOOPS:
            import_module(name)
        yield
        mark.touch()
    finally:
        lock.release()


def _versions() -> str:
    """Name what the compiled code depends on."""
    python = ".".join(map(str, sys.version_info[:3]))
    return "-".join([python, *(version(name) for name in _PACKAGES)])
