"""Formants by linear prediction of the lower spectrum."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.fft

from ser_core.features.functionals.frames import FLOOR, Array, frequencies_hz

N_FORMANTS: Final = 3
_ORDER: Final = 10
_HIGHEST_HZ: Final = 5_000.0
_PREEMPHASIS: Final = 0.97


def track_formants(power: Array, voiced: npt.NDArray[np.bool_]) -> dict[str, Array]:
    """Return frequency and bandwidth of the first formants, 0 where there is no voice.

    Notes
    -----
    Selective linear prediction: the power spectrum up to 5 kHz, pre-emphasised, is
    turned into an autocorrelation at 10 kHz; an all-pole model of order 10 is fitted
    to it, and its resonances between 90 Hz and 4.9 kHz, narrower than 700 Hz, are
    the formants. Every second voiced frame is analysed; the next one repeats it.

    References
    ----------
    J. Makhoul, "Spectral linear prediction: properties and applications", IEEE Trans.
    ASSP 23(3), 1975, doi 10.1109/TASSP.1975.1162685.

    """
    names = [f"f{k}" for k in range(1, N_FORMANTS + 1)]
    contours = {name: np.zeros(len(voiced)) for name in names}
    contours |= {f"{name}_width": np.zeros(len(voiced)) for name in names}
    rows = np.flatnonzero(voiced)[::2]
    if len(rows) == 0:
        return contours
    hz, width = _resonances(_prediction(power[rows]))
    follow = np.searchsorted(rows, np.flatnonzero(voiced), side="right") - 1
    for k, name in enumerate(names):
        contours[name][voiced] = hz[follow, k]
        contours[f"{name}_width"][voiced] = width[follow, k]
    return contours


def _prediction(power: Array) -> Array:
    """Return predictor coefficients of shape (n_frames, order + 1), first one 1."""
    hz = frequencies_hz()
    low = power[:, hz <= _HIGHEST_HZ]
    omega = np.pi * hz[hz <= _HIGHEST_HZ] / _HIGHEST_HZ
    lift = 1 + _PREEMPHASIS**2 - 2 * _PREEMPHASIS * np.cos(omega)
    r = scipy.fft.irfft(low * lift + FLOOR * 1e-3, axis=1)[:, : _ORDER + 1]
    r[:, 0] *= 1 + 1e-6
    a = np.zeros((len(r), _ORDER + 1))
    a[:, 0] = 1.0
    error = r[:, 0].copy()
    for i in range(1, _ORDER + 1):
        k = -(a[:, :i] * r[:, i:0:-1]).sum(axis=1) / error
        a[:, 1 : i + 1] += k[:, None] * a[:, i - 1 :: -1][:, :i]
        error *= 1 - k**2
    return a


def _resonances(a: Array) -> tuple[Array, Array]:
    """Return frequencies and bandwidths in Hz of the lowest resonances."""
    companion = np.zeros((len(a), _ORDER, _ORDER))
    companion[:, 0, :] = -a[:, 1:]
    companion[:, np.arange(1, _ORDER), np.arange(_ORDER - 1)] = 1.0
    roots = np.linalg.eigvals(companion)
    rate = 2 * _HIGHEST_HZ
    hz = np.angle(roots) * rate / (2 * np.pi)
    width = -np.log(np.maximum(np.abs(roots), 1e-9)) * rate / np.pi
    good = (hz > 90) & (hz < 4_900) & (width < 700)
    keyed = np.where(good, hz, np.inf)
    order = np.argsort(keyed, axis=1)[:, :N_FORMANTS]
    hz = np.take_along_axis(keyed, order, axis=1)
    width = np.take_along_axis(width, order, axis=1)
    missing = ~np.isfinite(hz)
    usual = np.array([500.0, 1_500.0, 2_500.0])
    return np.where(missing, usual, hz), np.where(missing, 700.0, width)
