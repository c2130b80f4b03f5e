from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from threadpoolctl import threadpool_limits

from ser_core.features import extract, feature_set
from ser_core.features.functional_set import Functionals
from ser_core.features.functionals import functionals
from ser_core.features.functionals.columns import CONTOURS, REGIONS, columns
from ser_core.features.functionals.pitch import track_pitch
from ser_core.features.functionals.rhythm import RHYTHM
from ser_core.features.functionals.statistics import STATISTICS

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "features.md").read_text(
    encoding="utf-8"
)


def test_every_contour_functional_and_measure_is_on_the_page() -> None:
    for table in (CONTOURS, STATISTICS, RHYTHM):
        for name, (what, unit) in table.items():
            shown = unit.replace("{unit}", "unit")
            assert f"| `{name}` | {shown} | {what} |" in PAGE, name


def test_number_of_columns_is_that_of_the_page() -> None:
    assert f"{len(columns()):,} columns" in PAGE
    for name, (where, contours) in REGIONS.items():
        assert f"`{name}_`" in PAGE
        assert f"{len(contours)} contours, over {where}" in PAGE


def test_units_are_derived_from_those_of_the_contour() -> None:
    units = {column.name: column.unit for column in columns()}
    assert units["voiced_f0_slope"] == "semitone/s"
    assert units["speech_entropy_slope"] == "1/s"
    assert units["speech_level_skew"] == "1"
    assert units["speech_centroid_q95"] == "Hz"


@pytest.mark.corpora
@pytest.mark.parametrize("corpus", ["EMO-DB", "CREMA-D"])
def test_pitch_is_praat_s(
    real_recordings: Callable[..., list[Path]], corpus: str
) -> None:
    parselmouth = pytest.importorskip("parselmouth")
    voicing, gross = [], []
    for path in real_recordings(corpus, 12):
        y, sample_rate = soundfile.read(path, dtype="float32")
        pitch = track_pitch(y)
        theirs = parselmouth.Sound(y.astype(float), sample_rate).to_pitch_ac(
            time_step=0.01, pitch_floor=65.0, pitch_ceiling=650.0
        )
        f0 = theirs.selected_array["frequency"]
        ours = pitch.f0_hz[np.round(theirs.xs() * 100).astype(int)]
        both = (f0 > 0) & (ours > 0)
        voicing.append(np.mean((f0 > 0) == (ours > 0)))
        gross.append(np.mean(np.abs(np.log2(ours[both] / f0[both])) > 0.2))
    assert np.mean(voicing) > 0.9
    assert np.mean(gross) < 0.04


@pytest.mark.corpora
def test_values_do_not_depend_on_the_threads_of_libraries(
    real_recordings: Callable[..., list[Path]],
) -> None:
    path = real_recordings("EMO-DB", 1)[0]
    found = []
    for limit in (1, 2):
        with threadpool_limits(limit):
            found.append(extract(path, feature_set("functionals")).tobytes())
    assert found[0] == found[1]


@pytest.mark.corpora
@pytest.mark.parametrize("corpus", ["EMO-DB", "RAVDESS", "CREMA-D", "TESS"])
def test_real_recordings_give_finite_values_of_every_column(
    real_recordings: Callable[..., list[Path]], corpus: str
) -> None:
    rows = [extract(p, Functionals()) for p in real_recordings(corpus, 8)]
    assert np.isfinite(rows).all()
    names = np.array(Functionals().column_names())
    constant = set(names[np.ptp(rows, axis=0) == 0])
    # 0 at the edges of voiced stretches, so often 0 at the 5 % quantile
    assert constant <= {"voiced_f0_jitter_q05", "voiced_h1_shimmer_q05"}


def test_a_long_clip_is_analysed_in_blocks_as_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    y = np.random.default_rng(0).normal(scale=0.1, size=40_000).astype(np.float32)
    at_once = functionals(y, sample_rate=16_000)
    monkeypatch.setattr("ser_core.features.functionals.frames._BLOCK_FRAMES", 17)
    np.testing.assert_allclose(
        functionals(y, sample_rate=16_000), at_once, rtol=1e-4, atol=1e-5
    )
