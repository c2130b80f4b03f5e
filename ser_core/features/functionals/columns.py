"""Every column by name, with what it is and its unit. Computes nothing."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ser_core.features.functionals.covariance import N_CEPSTRA
from ser_core.features.functionals.modulation import EDGES_HZ
from ser_core.features.functionals.rhythm import RHYTHM
from ser_core.features.functionals.statistics import STATISTICS

N_MFCC: Final = 20

CONTOURS: Final[dict[str, tuple[str, str]]] = {
    "level": ("power of the 25 ms frame", "dB"),
    "centroid": ("centre of the power spectrum", "Hz"),
    "spread": ("standard deviation of the power spectrum around its centre", "Hz"),
    "skewness": ("skewness of the power spectrum", "1"),
    "kurtosis": ("logarithm of the kurtosis of the power spectrum", "1"),
    "rolloff25": ("frequency below which 25 % of the power lies", "Hz"),
    "rolloff50": ("frequency below which half of the power lies", "Hz"),
    "rolloff75": ("frequency below which 75 % of the power lies", "Hz"),
    "rolloff90": ("frequency below which 90 % of the power lies", "Hz"),
    "entropy": ("entropy of the power spectrum, 1 for a flat one", "1"),
    "flatness": ("geometric over arithmetic mean of the power spectrum", "lg"),
    "band_0_250": ("power below 250 Hz over all power", "dB"),
    "band_250_650": ("power from 250 to 650 Hz over all power", "dB"),
    "band_650_1000": ("power from 650 to 1,000 Hz over all power", "dB"),
    "band_1000_2000": ("power from 1 to 2 kHz over all power", "dB"),
    "band_2000_4000": ("power from 2 to 4 kHz over all power", "dB"),
    "band_4000_8000": ("power above 4 kHz over all power", "dB"),
    "alpha_ratio": ("power from 50 Hz to 1 kHz over that from 1 to 5 kHz", "dB"),
    "hammarberg": ("highest peak below 2 kHz over that from 2 to 5 kHz", "dB"),
    "slope_0_500": ("slope of the spectrum in dB, 0 to 500 Hz", "dB/kHz"),
    "slope_500_1500": ("slope of the spectrum in dB, 500 to 1,500 Hz", "dB/kHz"),
    "slope_1500_5000": ("slope of the spectrum in dB, 1.5 to 5 kHz", "dB/kHz"),
    "flux": ("distance of the spectrum's shape from the frame before", "1"),
    "mel_flux": ("mean rise of the mel bands since the frame before", "dB"),
    "loudness": ("sum over the mel bands of power to the 0.23", "1"),
    "sharpness": ("centre of that sum over the mel bands", "band"),
    "contrast": ("eight strongest over eight weakest mel bands", "dB"),
    "f0": ("fundamental frequency over 55 Hz, 0 where unvoiced", "semitone"),
    "hnr": ("harmonics over noise, from the autocorrelation", "dB"),
    "cpp": ("cepstral peak over the mean from 2 to 12 ms", "dB"),
    "h1_h2": ("first harmonic over the second", "dB"),
    "h1_a3": ("first harmonic over the strongest between 2 and 3.5 kHz", "dB"),
    "harmonic_slope": ("slope through the first eight harmonics", "dB"),
    "f0_jitter": (
        "distance of F0 from the mean of its neighbours, 0 next to an unvoiced frame",
        "semitone",
    ),
    "h1_shimmer": (
        "the same of the level of the first harmonic",
        "dB",
    ),
    "f1": ("first formant, 0 where unvoiced", "Hz"),
    "f2": ("second formant, 0 where unvoiced", "Hz"),
    "f3": ("third formant, 0 where unvoiced", "Hz"),
    "f1_width": ("bandwidth of the first formant, 0 where unvoiced", "Hz"),
    "f2_width": ("bandwidth of the second formant, 0 where unvoiced", "Hz"),
    "f3_width": ("bandwidth of the third formant, 0 where unvoiced", "Hz"),
} | {
    f"mfcc{k:02d}": (f"cepstral coefficient {k} of 40 mel bands in dB", "dB")
    for k in range(N_MFCC)
}
"""Name of each contour: what it is, and its unit."""

VOICED_ONLY: Final = frozenset(
    {
        "f0",
        "h1_h2",
        "h1_a3",
        "harmonic_slope",
        "f0_jitter",
        "h1_shimmer",
        *(f"f{k}{part}" for k in (1, 2, 3) for part in ("", "_width")),
    }
)
"""Contours that mean nothing where there is no voice."""

SPEECH_CONTOURS: Final = tuple(name for name in CONTOURS if name not in VOICED_ONLY)
VOICED_CONTOURS: Final = tuple(CONTOURS)

REGIONS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "speech": ("all frames from the first to the last speech", SPEECH_CONTOURS),
    "voiced": ("the voiced frames, joined", VOICED_CONTOURS),
}
"""Over which frames functionals are taken, and of which contours."""

N_MODULATED_BANDS: Final = 10
MODULATED: Final = (
    *(f"mel{k}" for k in range(N_MODULATED_BANDS)),
    "level",
    "f0",
    "centroid",
)
"""Contours whose modulation is measured."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One column: its name, what it is, its unit ("1" for a pure number)."""

    name: str
    description: str
    unit: str


@lru_cache(maxsize=1)
def columns() -> tuple[Column, ...]:
    """List every column in the order of the vector."""
    return (
        *_functional_columns(),
        *_rhythm_columns(),
        *_modulation_columns(),
        *_covariance_columns(),
    )


def _functional_columns() -> list[Column]:
    """List contour times functional, region by region."""
    found = []
    for region, (where, names) in REGIONS.items():
        for contour in names:
            what, contour_unit = CONTOURS[contour]
            for functional, (how, unit) in STATISTICS.items():
                found.append(
                    Column(
                        name=f"{region}_{contour}_{functional}",
                        description=f"{what}; {how}, over {where}",
                        unit=unit.format(unit=contour_unit),
                    )
                )
    return found


def _rhythm_columns() -> list[Column]:
    """List the measures of timing."""
    return [
        Column(name=f"rhythm_{name}", description=what, unit=unit)
        for name, (what, unit) in RHYTHM.items()
    ]


def _modulation_columns() -> list[Column]:
    """List contour times band of modulation frequency."""
    return [
        Column(
            name=f"modulation_{contour}_{low:g}_{high:g}",
            description=f"power of {contour}'s swings from {low:g} to {high:g} Hz",
            unit="dB",
        )
        for contour in MODULATED
        for low, high in itertools.pairwise(EDGES_HZ)
    ]


def _covariance_columns() -> list[Column]:
    """List the upper triangle of the logarithm of the cepstra's covariance."""
    parts = [f"mfcc{k:02d}" for k in range(N_CEPSTRA)]
    parts += [f"delta{k:02d}" for k in range(N_CEPSTRA)]
    return [
        Column(
            name=f"covariance_{first}_{second}",
            description=f"logarithm of the covariance matrix at {first}, {second}",
            unit="ln",
        )
        for place, first in enumerate(parts)
        for second in parts[place:]
    ]
