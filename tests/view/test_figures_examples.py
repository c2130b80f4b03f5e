"""The examples in docstrings, run."""

from __future__ import annotations

import doctest
from types import ModuleType

import pytest

from pages._view import format as view_format
from pages._view.figures import parity


@pytest.mark.parametrize("module", [view_format, parity], ids=lambda m: m.__name__)
def test_examples_hold(module: ModuleType) -> None:
    failed, tried = doctest.testmod(module)
    assert tried > 0
    assert failed == 0
