from __future__ import annotations

import doctest

import pytest

from ser_core.evaluation import companion, folds, leakage, published, splits


@pytest.mark.parametrize("module", [companion, folds, leakage, published, splits])
def test_the_examples_in_the_docstrings_hold(module: object) -> None:
    result = doctest.testmod(module)  # type: ignore[arg-type]
    assert result.attempted > 0
    assert result.failed == 0
