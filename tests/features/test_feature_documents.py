"""The page on feature sets names all that there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from ser_core.audio.preprocessing import STEPS, Preprocessing
from ser_core.features import FEATURE_SETS
from ser_core.features.prosody_set import PROSODY_COLUMNS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "features.md").read_text(
    encoding="utf-8"
)


@pytest.mark.parametrize("name", [*FEATURE_SETS, *STEPS])
def test_every_set_and_every_step_is_there(name: str) -> None:
    assert f"`{name}`" in PAGE


def test_every_column_of_prosody_is_there_with_its_unit() -> None:
    for column in PROSODY_COLUMNS:
        assert f"| `{column.name}` | {column.unit} | {column.meaning} |" in PAGE


def test_defaults_are_those_of_the_code() -> None:
    defaults = Preprocessing()
    for name in ("noise_reduction", "noise_share", "min_pause_s", "peak"):
        assert f"`{name}` ({getattr(defaults, name)})" in PAGE
    assert f"({defaults.silence_db:g})" in PAGE
    assert f"`loudness_lufs` ({defaults.loudness_lufs:g})" in PAGE
