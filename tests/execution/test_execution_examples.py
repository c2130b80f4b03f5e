from __future__ import annotations

import doctest

from ser_core.execution import backend


def test_the_examples_in_the_docstrings_hold() -> None:
    result = doctest.testmod(backend)
    assert result.attempted > 0
    assert result.failed == 0
