"""Copies of recordings as other rooms and microphones would have made them."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

import numpy as np
import numpy.typing as npt

from ser_core.errors import AudioError
from ser_core.features.feature_set import FeatureSet

SAMPLE_RATE: Final = 16_000
"""Rate of the copies in Hz, which is that of the features."""

ROOM_SHARE: Final = 0.5
"""Share of the copies that get an echo."""

ROOM_S: Final = (0.1, 0.5)
"""Time in which the echo falls by 60 dB."""

ROOM_DB: Final = (-15.0, -3.0)
"""Energy of the echo's response over that of the direct sound."""

TILT_DB: Final = 2.5
"""Standard deviation of the steps of the response from 31 to 8,000 Hz, a step being
two octaves."""

BAND_SHARE: Final = 0.4
"""Share of the copies whose high frequencies are cut."""

BAND_HZ: Final = (3_400.0, 4_500.0, 5_500.0, 7_000.0)
"""Where they are cut; the first is a telephone's limit."""

LOW_SHARE: Final = 0.5
"""Share of the copies whose low frequencies are lowered."""

LOW_HZ: Final = (20.0, 300.0)
"""Below what they are lowered, by 12 dB an octave."""

NOISE_SHARE: Final = 0.8
"""Share of the copies that get noise, between white and brown."""

NOISE_DB: Final = (12.0, 45.0)
"""Power of the recording over that of the noise."""

CLIP_SHARE: Final = 0.1
"""Share of the copies whose loudest samples are clipped."""

CLIP_QUANTILE: Final = (0.97, 0.999)
"""Share of the samples that stay as they are."""

_KNOTS_HZ: Final = (31.0, 125.0, 500.0, 2_000.0, 8_000.0)
_SUPPRESSED_DB: Final = 60.0

Signal = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Worsening:
    """Compute the features of worse copies of files, in any worker.

    Attributes
    ----------
    feature_set : FeatureSet
    n_copies : int
        Of each file.

    """

    feature_set: FeatureSet
    n_copies: int

    def __call__(self, path: str) -> npt.NDArray[np.float32] | None:
        """Return features of shape (n_copies, n_features); None for a broken file.

        The copies of a file depend on its name and on their number alone.
        """
        from librosa import resample, to_mono

        from ser_core.audio.decode import decode
        from ser_core.features.front_ends import front_end

        try:
            samples, sample_rate = decode(path)
            y = to_mono(samples.T)
            if sample_rate != SAMPLE_RATE:
                y = resample(
                    y,
                    orig_sr=sample_rate,
                    target_sr=SAMPLE_RATE,
                    res_type=self.feature_set.resampler,
                )
            name = zlib.crc32(PurePath(path).stem.encode())
            rows = [
                front_end("reference").compute(
                    worsened(y, rng=np.random.default_rng([name, number])),
                    sample_rate=SAMPLE_RATE,
                    feature_set=self.feature_set,
                )
                for number in range(self.n_copies)
            ]
        except AudioError:
            return None
        return np.stack(rows)


def worsened(
    y: npt.NDArray[np.float32], *, rng: np.random.Generator
) -> npt.NDArray[np.float32]:
    """Put a recording into another room, before another microphone, with its noise.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), float32, in [-1, 1]
        At `SAMPLE_RATE`.
    rng : numpy Generator
        Decides what is done, and how strongly.

    Returns
    -------
    y : ndarray of shape (n_samples,), float32, in [-1, 1]
        Digital silence may get noise of no power, and stays silent.

    Notes
    -----
    In order: an echo of exponentially falling noise, the microphone's response, noise,
    clipping; each by chance. Then it is scaled down where it would exceed full scale.

    References
    ----------
    T. Ko et al., "A study on data augmentation of reverberant speech for robust speech
    recognition", ICASSP, 2017, doi 10.1109/ICASSP.2017.7953152.

    """
    worse = y.astype(np.float64)
    if rng.random() < ROOM_SHARE:
        worse = _in_a_room(worse, rng)
    worse = _filtered(worse, _microphone(rng))
    if rng.random() < NOISE_SHARE:
        worse = worse + _noise(worse, rng)
    if rng.random() < CLIP_SHARE:
        limit = float(np.quantile(np.abs(worse), rng.uniform(*CLIP_QUANTILE)))
        worse = np.clip(worse, -limit, limit)
    highest = float(np.abs(worse).max())
    return (worse * min(1.0, 0.99 / max(highest, 1e-9))).astype(np.float32)


def _in_a_room(y: Signal, rng: np.random.Generator) -> Signal:
    """Add an echo that falls exponentially."""
    n_response = int(rng.uniform(*ROOM_S) * SAMPLE_RATE)
    falling = np.exp(-np.log(1e3) * np.arange(n_response) / n_response)
    response = rng.normal(size=n_response) * falling
    response *= 10 ** (rng.uniform(*ROOM_DB) / 20) / np.linalg.norm(response)
    n_fft = _fft_size(len(y) + n_response)
    echo = np.fft.irfft(np.fft.rfft(y, n_fft) * np.fft.rfft(response, n_fft), n_fft)
    heard: Signal = y + echo[: len(y)]
    return heard


def _microphone(rng: np.random.Generator) -> tuple[Signal, float, float]:
    """Draw a response: gains at the knots, its lower and upper limit (0 for none)."""
    gains = np.cumsum(rng.normal(0, TILT_DB, len(_KNOTS_HZ)))
    low = float(rng.uniform(*LOW_HZ)) if rng.random() < LOW_SHARE else 0.0
    high = float(rng.choice(BAND_HZ)) if rng.random() < BAND_SHARE else 0.0
    return gains - gains.mean(), low, high


def _filtered(y: Signal, microphone: tuple[Signal, float, float]) -> Signal:
    """Record a signal with a microphone."""
    gains, low, high = microphone
    n_fft = _fft_size(len(y) + 2_048)
    f_hz = np.fft.rfftfreq(n_fft, 1 / SAMPLE_RATE)
    gain_db = np.interp(np.log2(np.maximum(f_hz, 20)), np.log2(_KNOTS_HZ), gains)
    if low:
        gain_db -= 20 * np.log10(1 + (low / np.maximum(f_hz, 1)) ** 2)
    if high:
        gain_db -= np.clip((f_hz / high - 1) * _SUPPRESSED_DB, 0, _SUPPRESSED_DB)
    spectrum = np.fft.rfft(y, n_fft) * 10 ** (gain_db / 20)
    filtered: Signal = np.fft.irfft(spectrum, n_fft)[: len(y)]
    return filtered


def _noise(y: Signal, rng: np.random.Generator) -> Signal:
    """Draw noise between white and brown, of a power in proportion to the signal's."""
    white = rng.normal(size=len(y))
    fall = rng.uniform(0, 20)
    n_fft = _fft_size(len(y))
    f_hz = np.maximum(np.fft.rfftfreq(n_fft, 1 / SAMPLE_RATE), 30)
    spectrum = np.fft.rfft(white, n_fft) * (f_hz / 1_000) ** (-fall / 20)
    noise: Signal = np.fft.irfft(spectrum, n_fft)[: len(y)]
    powers = np.mean(np.square(y)) / np.mean(np.square(noise))
    scaled: Signal = noise * np.sqrt(powers) * 10 ** (-rng.uniform(*NOISE_DB) / 20)
    return scaled


def _fft_size(n_samples: int) -> int:
    """Return the power of two that holds a signal."""
    return 1 << max(1, int(np.ceil(np.log2(max(2, n_samples)))))
