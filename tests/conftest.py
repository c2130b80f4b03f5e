"""What every test can rely on."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

_MAIN = sys.modules["__main__"]


def _compile_apart() -> None:
    """Give each process of the test run a folder of its own for compiled code.

    numba numbers the files of one function without asking other processes: two that
    compile it for different types at once leave an index that names the wrong code,
    and whoever loads that crashes. Called before numba is imported.
    """
    process, shared = (
        os.environ.get(name) for name in ("PYTEST_XDIST_WORKER", "NUMBA_CACHE_DIR")
    )
    if process and shared:
        os.environ["NUMBA_CACHE_DIR"] = str(Path(shared) / process)


_compile_apart()


@pytest.fixture(autouse=True)
def own_main_module() -> None:
    """Give each test the main module of the test run.

    A page that was tried before leaves its own script there, and processes that are
    spawned would run that again.
    """
    sys.modules["__main__"] = _MAIN
