"""eGeMAPS: what openSMILE gives when it is called directly, and life without it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import librosa
import numpy as np
import pytest
from feature_signals import vowel

from ser_core.errors import AudioError, ParameterError
from ser_core.features import ExtractionTask, extract, feature_set
from ser_core.features.registry import feature_set_infos

EGEMAPS = feature_set("egemaps")


@pytest.fixture
def without_opensmile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ser_core.features.egemaps_set.find_spec", lambda _name: None)


def by_opensmile(path: Path) -> np.ndarray:
    opensmile = pytest.importorskip("opensmile")
    y, sr = librosa.load(path, sr=16_000, res_type="soxr_hq")
    smile = opensmile.Smile(
        feature_set=opensmile.FeatureSet.eGeMAPSv02,
        feature_level=opensmile.FeatureLevel.Functionals,
    )
    return smile.process_signal(y, sr).to_numpy(np.float32)[0]


@pytest.mark.usefixtures("without_opensmile")
def test_without_opensmile_the_set_is_listed_with_the_reason() -> None:
    infos = {info.name: info for info in feature_set_infos()}
    assert not infos["egemaps"].available
    reason = infos["egemaps"].reason
    assert reason is not None
    assert "non-commercial" in reason
    assert "pip install opensmile" in reason
    assert infos["egemaps"].shape == (88,)
    assert all(info.available for name, info in infos.items() if name != "egemaps")


@pytest.mark.usefixtures("without_opensmile")
def test_without_opensmile_nothing_is_started(written: Callable[..., Path]) -> None:
    with pytest.raises(ParameterError, match="opensmile is not installed"):
        ExtractionTask(feature_set=EGEMAPS)
    with pytest.raises(ParameterError, match="opensmile is not installed"):
        extract(written(vowel(0.5), 16_000), EGEMAPS)


def test_columns_are_opensmile_s() -> None:
    opensmile = pytest.importorskip("opensmile")
    smile = opensmile.Smile(
        feature_set=opensmile.FeatureSet.eGeMAPSv02,
        feature_level=opensmile.FeatureLevel.Functionals,
    )
    assert EGEMAPS.column_names() == smile.feature_names


@pytest.mark.parametrize("sample_rate", [16_000, 44_100])
def test_values_are_opensmile_s(written: Callable[..., Path], sample_rate: int) -> None:
    path = written(vowel(1.0, sample_rate=sample_rate), sample_rate)
    expected = by_opensmile(path)
    values = extract(path, EGEMAPS)
    assert values.dtype == np.float32
    np.testing.assert_allclose(values, expected, rtol=1e-4, atol=1e-4)


def test_a_clip_shorter_than_a_frame_is_refused(written: Callable[..., Path]) -> None:
    pytest.importorskip("opensmile")
    with pytest.raises(AudioError, match=r"0.050 s are too short for eGeMAPS"):
        extract(written(vowel(0.05), 16_000), EGEMAPS)
    assert np.isfinite(extract(written(vowel(0.061), 16_000), EGEMAPS)).all()


def test_a_window_of_one_s_own_is_refused() -> None:
    with pytest.raises(ParameterError, match="'blackman' has no meaning here"):
        feature_set("egemaps+blackman")


@pytest.mark.corpora
@pytest.mark.parametrize("corpus", ["EMO-DB", "RAVDESS"])
def test_real_recordings_give_opensmile_s_values(
    real_recordings: Callable[..., list[Path]], corpus: str
) -> None:
    for path in real_recordings(corpus, 3):
        np.testing.assert_allclose(
            extract(path, EGEMAPS), by_opensmile(path), rtol=1e-4, atol=1e-4
        )
