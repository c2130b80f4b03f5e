"""The vocal tract, lips, room and microphone: filters that move with time.

Both sources are cut into overlapping frames, filtered as spectra and laid over one
another again, so all of it is array arithmetic whatever the formants do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy.fft

from ser_core.corpora.synthesis.voices import Room

HOP: Final = 512
_WINDOW: Final = 1024
# Breath takes its noise two frames earlier than the room, so that the two never
# cancel one another.
_LEAD: Final = _WINDOW // HOP
NOISE_LEAD: Final = _WINDOW
_N_FFT: Final = 2048
_FRAMES_A_BLOCK: Final = 48
_BANDWIDTHS_HZ: Final = (70.0, 90.0, 130.0)
# Centre and bandwidth. A tube of 17 cm has one about every 1.1 kHz; without those
# above speech analysis' usual five the voice would end at 5 kHz.
_UPPER_FORMANTS_HZ: Final = (
    (3550.0, 200.0),
    (4600.0, 300.0),
    (5750.0, 400.0),
    (6900.0, 500.0),
    (8050.0, 650.0),
    (9200.0, 800.0),
    (10400.0, 1000.0),
)
# Centre, half width in Hz and gain of the noise of p, t, k, ch, s, f.
_NOISE_SPECTRA: Final = (
    (900.0, 1200.0, 0.7),
    (4200.0, 1800.0, 0.8),
    (1900.0, 900.0, 0.8),
    (3600.0, 1300.0, 1.0),
    (7000.0, 2000.0, 1.0),
    (6500.0, 5000.0, 0.6),
)


@dataclass(frozen=True, kw_only=True)
class FrameControls:
    """What moves from frame to frame, each of shape (n_frames,), float32.

    Attributes
    ----------
    formants_hz : tuple of three ndarray
    tilt_db : ndarray
        dB per octave above 500 Hz on the voice.
    aspiration, frication : ndarray
        Gains of the noise through the tract and past it.
    spectrum : ndarray, int64
        Row of the noise spectra for the frication.

    """

    formants_hz: tuple[np.ndarray, np.ndarray, np.ndarray]
    tilt_db: np.ndarray
    aspiration: np.ndarray
    frication: np.ndarray
    spectrum: np.ndarray


def n_frames(n_samples: int) -> int:
    """Return how many frames cover a signal; frame k is centred at k * HOP."""
    return -(-n_samples // HOP) + 1


class Tract:
    """Filter the sources of one utterance.

    Parameters
    ----------
    room : Room
        Room and microphone.
    size : float
        Factor on the fixed upper formants.
    sample_rate : int
        In Hz.

    """

    def __init__(self, room: Room, *, size: float, sample_rate: int) -> None:
        self._sample_rate = sample_rate
        self._hz = scipy.fft.rfftfreq(_N_FFT, 1 / sample_rate)
        omega = 2 * np.pi * self._hz / sample_rate
        self._z1 = np.exp(-1j * omega).astype(np.complex64)
        self._z2 = np.exp(-2j * omega).astype(np.complex64)
        octaves = np.log2(np.clip(self._hz, 500.0, 12_000.0) / 500.0)
        self._log_tilt = (octaves * np.log(10) / 20).astype(np.float32)
        microphone = _microphone(room, self._hz)
        upper = np.ones_like(self._z1)
        for centre, width in _UPPER_FORMANTS_HZ:
            a, b, gain = _resonator(np.array(centre * size), width, sample_rate)
            upper = upper * gain / (1.0 + a * self._z1 + b * self._z2)
        self._fixed = (upper * microphone).astype(np.complex64)
        shape = np.abs(microphone)
        self._noises = np.stack(
            [
                gain * shape / (1.0 + ((self._hz - centre) / width) ** 2)
                for centre, width, gain in _NOISE_SPECTRA
            ]
        ).astype(np.float32)
        self._background = _background(room, self._hz, shape).astype(np.float32)

    def filter(
        self, voice: np.ndarray, noise: np.ndarray, controls: FrameControls
    ) -> np.ndarray:
        """Turn voice and white noise into what the microphone picks up.

        Parameters
        ----------
        voice : ndarray of shape (n_samples,), float32
            Glottal source with its loudness.
        noise : ndarray of shape (n_samples + NOISE_LEAD,), float32
            White noise of variance 1.
        controls : FrameControls
            Of `n_frames(n_samples)` frames.

        Returns
        -------
        y : ndarray of shape (n_samples,), float32

        """
        n = len(voice)
        count = n_frames(n)
        voices = _frames(voice, count)
        noises = _frames(noise, count + _LEAD)
        hann = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)
        laid = np.zeros((count + _N_FFT // HOP - 1, HOP), dtype=np.float32)
        for first in range(0, count, _FRAMES_A_BLOCK):
            last = min(first + _FRAMES_A_BLOCK, count)
            spectrum = self._spectrum(
                scipy.fft.rfft(voices[first:last] * hann, _N_FFT, axis=1),
                scipy.fft.rfft(noises[first : last + _LEAD] * hann, _N_FFT, axis=1),
                controls,
                slice(first, last),
            )
            out = scipy.fft.irfft(spectrum, _N_FFT, axis=1)
            for k in range(_N_FFT // HOP):
                rows = slice(first + k, last + k)
                laid[rows] += out[:, k * HOP : (k + 1) * HOP]
        # The first frame begins one hop before the signal.
        return laid.ravel()[HOP : HOP + n]

    def _spectrum(
        self,
        voiced: np.ndarray,
        noisy: np.ndarray,
        controls: FrameControls,
        part: slice,
    ) -> np.ndarray:
        """Filter a block of spectra; `voiced` is overwritten."""
        tilt = controls.tilt_db[part, None] * self._log_tilt
        voiced *= np.exp(tilt, out=tilt)
        voiced += controls.aspiration[part, None] * noisy[:-_LEAD]
        voiced *= self._fixed
        for formant, width in zip(controls.formants_hz, _BANDWIDTHS_HZ, strict=True):
            a, b, gain = _resonator(formant[part, None], width, self._sample_rate)
            poles = a * self._z1
            poles += b * self._z2
            poles += 1.0
            voiced /= poles
            voiced *= gain
        past = self._noises[controls.spectrum[part]]
        past *= controls.frication[part, None]
        past += self._background
        voiced += past * noisy[_LEAD:]
        return voiced


def _frames(signal: np.ndarray, count: int) -> np.ndarray:
    """Return overlapping frames as a view, shape (count, window)."""
    padded = np.zeros((count + 1) * HOP, dtype=np.float32)
    padded[HOP : HOP + len(signal)] = signal
    view: np.ndarray = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::HOP]
    return view


def _resonator(
    centre_hz: np.ndarray, width_hz: float, sample_rate: int
) -> Sequence[np.ndarray]:
    """Return a, b and the gain of gain / (1 + a/z + b/z^2), one at 0 Hz."""
    radius = np.exp(-np.pi * width_hz / sample_rate)
    a = (-2.0 * radius * np.cos(2 * np.pi * centre_hz / sample_rate)).astype(np.float32)
    b = np.full_like(a, radius * radius)
    return a, b, 1.0 + a + b


def _microphone(room: Room, hz: np.ndarray) -> np.ndarray:
    """Return the complex response of early reflections and microphone."""
    # With its own phase: without, it would sound before the voice does.
    high_pass = (1j * hz / 70.0) ** 2 / (1.0 + 1j * hz / 70.0) ** 2
    low_pass = 1.0 / (1.0 + (hz / room.cut_hz) ** 16)
    bump = np.exp(-((np.log2(np.maximum(hz, 1.0) / room.presence_hz) / 0.6) ** 2))
    colour = 10 ** ((room.gain_db + room.presence_db * bump) / 20)
    echoes = 1.0 + sum(
        gain * np.exp(-2j * np.pi * hz * delay)
        for delay, gain in zip(room.echo_s, room.echo_gain, strict=True)
    )
    response: np.ndarray = high_pass * low_pass * colour * echoes
    return response


def _background(room: Room, hz: np.ndarray, microphone: np.ndarray) -> np.ndarray:
    """Return the gain that turns white noise into the room's own noise."""
    octaves = np.log2(np.maximum(hz, 100.0) / 100.0)
    shape = microphone * 10 ** (-room.noise_slope_db * octaves / 20)
    # The preamplifier's own hiss is flat and lies 12 dB below.
    hiss = 10 ** (-12 / 20)
    power = np.sqrt(np.mean(shape**2))
    gain: np.ndarray = 10 ** (room.noise_dbfs / 20) * np.hypot(shape / power, hiss)
    return gain
