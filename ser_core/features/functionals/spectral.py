"""Contours of the shape of the spectrum."""

from __future__ import annotations

from typing import Final

import numpy as np

from ser_core.features.functionals.frames import FLOOR, Array, decibels, frequencies_hz

_ROLLOFFS: Final = (0.25, 0.5, 0.75, 0.9)
_BANDS_HZ: Final = {
    "band_0_250": (0, 250),
    "band_250_650": (250, 650),
    "band_650_1000": (650, 1_000),
    "band_1000_2000": (1_000, 2_000),
    "band_2000_4000": (2_000, 4_000),
    "band_4000_8000": (4_000, 8_001),
}


def spectral_contours(power: Array, mel_db: Array) -> dict[str, Array]:
    """Describe each frame's spectrum.

    Parameters
    ----------
    power : ndarray of shape (n_frames, 257), float64
    mel_db : ndarray of shape (n_frames, 40), float64

    """
    hz = frequencies_hz()
    total = power.sum(axis=1) + FLOOR
    share = (power + FLOOR / len(hz)) / total[:, None]
    contours = _moments(share, hz) | _rolloffs(share, hz)
    contours["entropy"] = -(share * np.log2(share)).sum(axis=1) / np.log2(len(hz))
    contours["flatness"] = np.log10(share).mean(axis=1) - np.log10(share.mean(axis=1))
    contours |= _bands(power, hz)
    contours |= _slopes(power, hz)
    contours["flux"] = _flux(share)
    contours["mel_flux"] = _mel_flux(mel_db)
    loudness = 10 ** (mel_db * 0.023)
    contours["loudness"] = loudness.sum(axis=1)
    contours["sharpness"] = (loudness * np.arange(mel_db.shape[1])).sum(
        axis=1
    ) / loudness.sum(axis=1)
    contours["contrast"] = _contrast(mel_db)
    return contours


def _moments(share: Array, hz: Array) -> dict[str, Array]:
    """Return centre, spread, skewness and kurtosis of the spectrum."""
    centroid = (share * hz).sum(axis=1)
    apart = hz - centroid[:, None]
    variance = (share * apart**2).sum(axis=1)
    spread = np.sqrt(np.maximum(variance, 1.0))
    return {
        "centroid": centroid,
        "spread": spread,
        "skewness": (share * apart**3).sum(axis=1) / spread**3,
        "kurtosis": np.log((share * apart**4).sum(axis=1) / spread**4 + 1e-3),
    }


def _rolloffs(share: Array, hz: Array) -> dict[str, Array]:
    """Return the frequencies below which given shares of the power lie."""
    below = np.cumsum(share, axis=1)
    return {
        f"rolloff{round(100 * part):02d}": hz[
            np.minimum((below < part).sum(axis=1), len(hz) - 1)
        ]
        for part in _ROLLOFFS
    }


def _bands(power: Array, hz: Array) -> dict[str, Array]:
    """Return band levels against the whole, and two balances of low and high."""
    whole = power.sum(axis=1) + FLOOR
    contours = {}
    for name, (low, high) in _BANDS_HZ.items():
        inside = power[:, (hz >= low) & (hz < high)].sum(axis=1)
        contours[name] = 10 * np.log10((inside + FLOOR) / whole)
    low = power[:, (hz >= 50) & (hz < 1_000)].sum(axis=1) + FLOOR
    high = power[:, (hz >= 1_000) & (hz < 5_000)].sum(axis=1) + FLOOR
    contours["alpha_ratio"] = 10 * np.log10(low / high)
    peak_low = power[:, hz < 2_000].max(axis=1) + FLOOR
    peak_high = power[:, (hz >= 2_000) & (hz < 5_000)].max(axis=1) + FLOOR
    contours["hammarberg"] = 10 * np.log10(peak_low / peak_high)
    return contours


def _slopes(power: Array, hz: Array) -> dict[str, Array]:
    """Return the slope of a straight line through parts of the spectrum in dB."""
    level = decibels(power)
    contours = {}
    for name, low, high in (
        ("slope_0_500", 0, 500),
        ("slope_500_1500", 500, 1_500),
        ("slope_1500_5000", 1_500, 5_000),
    ):
        chosen = (hz >= low) & (hz <= high)
        x = (hz[chosen] - hz[chosen].mean()) / 1_000
        contours[name] = (level[:, chosen] * x).sum(axis=1) / (x**2).sum()
    return contours


def _flux(share: Array) -> Array:
    """Return how far the spectrum's shape moved since the frame before."""
    shape = np.sqrt(share)
    moved = np.zeros(len(share))
    moved[1:] = np.sqrt(((shape[1:] - shape[:-1]) ** 2).sum(axis=1))
    moved[:1] = moved[1:2] if len(share) > 1 else 0.0
    return moved


def _mel_flux(mel_db: Array) -> Array:
    """Return the mean rise of the mel bands since the frame before, in dB."""
    rise = np.zeros(len(mel_db))
    rise[1:] = np.maximum(mel_db[1:] - mel_db[:-1], 0).mean(axis=1)
    return rise


def _contrast(mel_db: Array) -> Array:
    """Return peak over valley among the mel bands, in dB."""
    ordered = np.sort(mel_db, axis=1)
    contrast: Array = ordered[:, -8:].mean(axis=1) - ordered[:, :8].mean(axis=1)
    return contrast
