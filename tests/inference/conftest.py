"""Fixtures of the tests of inference."""

from __future__ import annotations

from typing import Any

import pytest
from inference_voices import LoudnessModel


@pytest.fixture
def model() -> Any:
    return LoudnessModel()
