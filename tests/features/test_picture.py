import numpy as np
import pytest

from ser_core.errors import AudioError
from ser_core.features.picture import mel_picture

RATE = 16_000


def tone(frequency_hz: float, duration_s: float) -> np.ndarray:
    t = np.arange(int(RATE * duration_s)) / RATE
    return (0.5 * np.sin(2 * np.pi * frequency_hz * t)).astype(np.float32)


@pytest.mark.parametrize("frequency_hz", [500.0, 1_000.0, 3_000.0])
def test_the_loudest_band_is_the_one_of_the_tone(frequency_hz: float) -> None:
    picture = mel_picture(tone(frequency_hz, 1.0), sample_rate=RATE)
    loudest = picture.power_db.mean(axis=1).argmax()
    nearest = np.abs(picture.frequencies_hz - frequency_hz).argmin()
    assert abs(int(loudest) - int(nearest)) <= 1


def test_axes_fit_the_picture() -> None:
    picture = mel_picture(tone(440.0, 2.0), sample_rate=RATE)
    assert picture.power_db.shape == (
        len(picture.frequencies_hz),
        len(picture.times_s),
    )
    assert picture.power_db.dtype == np.float32
    assert picture.power_db.max() == 0.0
    assert picture.times_s[-1] == pytest.approx(2.0, abs=0.02)


def test_long_recordings_stay_drawable() -> None:
    picture = mel_picture(np.zeros(RATE * 120, np.float32), sample_rate=RATE)
    assert len(picture.times_s) < 610


def test_an_empty_signal_is_an_error_in_words() -> None:
    with pytest.raises(AudioError, match="no samples"):
        mel_picture(np.zeros(0, np.float32), sample_rate=RATE)
