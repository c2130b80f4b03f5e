"""How fast contours swing: power of their modulation in octave-like bands."""

from __future__ import annotations

import itertools
from typing import Final

import numpy as np

from ser_core.features.functionals.frames import FRAMES_PER_SECOND, Array

EDGES_HZ: Final = (0.5, 1.0, 2.0, 4.0, 6.0, 8.0, 12.0, 16.0, 25.0, 50.0)
"""Limits of the bands of modulation frequency."""

_LEAST_POINTS: Final = 512
_FLOOR: Final = 1e-3


def modulation(contours: Array) -> Array:
    """Return the power of each contour's swings, in dB.

    Parameters
    ----------
    contours : ndarray of shape (n_contours, n_frames), float64
        One value every 10 ms; one frame or more.

    Returns
    -------
    values : ndarray of shape (n_contours, len(EDGES_HZ) - 1), float64
        Variance of the contour in each band, in dB over the square of its unit, at
        least -30 dB.

    Notes
    -----
    Periodogram of the contour less its mean under a Hann window, with zeros after it
    up to 512 points at least. Bins from a lower limit up to, not including, the upper
    one are summed.

    References
    ----------
    S. Wu, T. H. Falk, W.-Y. Chan, "Automatic speech emotion recognition using
    modulation spectral features", Speech Communication 53(5), 2011,
    doi 10.1016/j.specom.2010.08.013.

    """
    # slow to import, and whoever only names the columns need not wait
    from scipy.fft import next_fast_len, rfft

    n = contours.shape[1]
    window = np.hanning(n + 2)[1:-1]
    points = max(_LEAST_POINTS, next_fast_len(n, real=True))
    apart = (contours - contours.mean(axis=1, keepdims=True)) * window
    spectra = rfft(apart, n=points, axis=1)
    power = 2 * (spectra.real**2 + spectra.imag**2) / ((window**2).sum() * points)
    hz = np.fft.rfftfreq(points, 1 / FRAMES_PER_SECOND)
    bands = [
        power[:, (hz >= low) & (hz < high)].sum(axis=1)
        for low, high in itertools.pairwise(EDGES_HZ)
    ]
    return 10 * np.log10(np.stack(bands, axis=1) + _FLOOR)
