"""Lower the background noise of a recording."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from ser_core.audio.silence import frame_levels_db

_N_FFT: Final = 1024
_HOP: Final = _N_FFT // 4


def denoised(
    y: npt.NDArray[np.float32],
    *,
    sample_rate: int,
    reduction: float,
    noise_share: float,
) -> npt.NDArray[np.float32]:
    """Lower the background noise by spectral gating.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), float32, in [-1, 1]
    sample_rate : int
        In Hz.
    reduction : float, in [0, 1]
        Share by which what lies below the threshold is lowered; 1 removes it.
    noise_share : float, in (0, 1]
        Share of the frames, the quietest ones, from which the noise is learnt.

    Returns
    -------
    y : ndarray of shape (n_samples,), float32
        Digital silence comes back as it is.

    Notes
    -----
    noisereduce's stationary gate: in each of 513 frequency bands the threshold is the
    mean of the noise plus 1.5 standard deviations, in dB. The gate is smoothed over
    500 Hz and 50 ms. It runs in the caller's thread and starts no process.

    References
    ----------
    T. Sainburg, M. Thielk, T. Q. Gentner, "Finding, visualizing, and quantifying
    latent structure across diverse animal vocal repertoires", PLoS Comput. Biol.
    16(10), 2020, doi 10.1371/journal.pcbi.1008228.

    """
    if not y.any():
        return y
    from noisereduce import reduce_noise

    cleaned: npt.NDArray[np.float32] = reduce_noise(
        y=y,
        sr=sample_rate,
        stationary=True,
        y_noise=quietest_part(y, noise_share=noise_share),
        prop_decrease=reduction,
        n_fft=_N_FFT,
        n_jobs=1,
        use_tqdm=False,
    )
    return np.asarray(cleaned, dtype=np.float32)


def quietest_part(
    y: npt.NDArray[np.float32], *, noise_share: float
) -> npt.NDArray[np.float32]:
    """Join the quietest frames of a recording to a specimen of its noise.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), float32
        Not all zero.
    noise_share : float, in (0, 1]
        Share of the frames that is taken.

    Returns
    -------
    noise : ndarray of shape (n_noise,), float32
        At least one frame of 1,024 samples; a shorter recording is repeated.

    Notes
    -----
    Frames of digital silence are padding rather than noise, and are left out.

    """
    if len(y) < _N_FFT:
        return np.resize(y, _N_FFT)
    n_frames = 1 + (len(y) - _N_FFT) // _HOP
    levels = frame_levels_db(y, frame_length=_N_FFT, hop_length=_HOP)[:n_frames]
    heard = np.flatnonzero(levels > levels.min()) if levels.min() <= -200 else None
    frames = np.arange(n_frames) if heard is None or not heard.size else heard
    order = frames[np.argsort(levels[frames], kind="stable")]
    chosen = np.sort(order[: max(1, round(noise_share * len(order)))])
    # neighbours overlap: each sample is taken once
    taken = np.zeros(len(y), dtype=bool)
    for frame in chosen:
        taken[frame * _HOP : frame * _HOP + _N_FFT] = True
    return y[taken]
