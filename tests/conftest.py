"""What every test can rely on."""

from __future__ import annotations

import sys

import pytest

_MAIN = sys.modules["__main__"]


@pytest.fixture(autouse=True)
def own_main_module() -> None:
    """Give each test the main module of the test run.

    A page that was tried before leaves its own script there, and processes that are
    spawned would run that again.
    """
    sys.modules["__main__"] = _MAIN
