"""The glottal source.

References
----------
Klatt, D. H. and Klatt, L. C., "Analysis, synthesis, and perception of voice
quality variations among female and male talkers", Journal of the Acoustical
Society of America 87(2), 1990, doi:10.1121/1.398894.

Välimäki, V. and Huovilainen, A., "Antialiasing oscillators in subtractive
synthesis", IEEE Signal Processing Magazine 24(2), 2007,
doi:10.1109/MSP.2007.323276.

"""

from __future__ import annotations

import numpy as np


def glottal_flow_derivative(
    f0_hz: np.ndarray, *, sample_rate: int, open_quotient: float
) -> np.ndarray:
    """Make the derivative of the glottal flow for a pitch curve.

    Parameters
    ----------
    f0_hz : ndarray of shape (n_samples,), float64
        Pitch at every sample, above 0.
    sample_rate : int
        In Hz.
    open_quotient : float
        Share of the cycle during which the glottis is open, 0 to 1.

    Returns
    -------
    derivative : ndarray of shape (n_samples,), float32
        Peaks at -1 where the glottis closes.

    Notes
    -----
    The KLGLOTT88 pulse: flow x^2 - x^3 for x = phase / open quotient below 1, else
    none, so its derivative is 2x - 3x^2 and jumps from -1 to 0 at the closure. The
    jump is rounded over two samples by a polynomial (polyBLEP), without which
    high voices would alias audibly.

    """
    step = f0_hz / sample_rate
    phase = np.cumsum(step)
    phase -= np.floor(phase)
    x = (phase / open_quotient).astype(np.float32)
    pulse = x * (2.0 - 3.0 * x)
    pulse[x >= 1.0] = 0.0
    since = (phase - open_quotient) / step
    after = np.flatnonzero((since >= 0.0) & (since < 1.0))
    pulse[after] -= 0.5 * (1.0 - since[after]) ** 2
    before = np.flatnonzero((since >= -1.0) & (since < 0.0))
    pulse[before] += 0.5 * (1.0 + since[before]) ** 2
    return pulse
