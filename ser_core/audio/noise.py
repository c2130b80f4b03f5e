"""Lower the background noise of a recording."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from ser_core.audio.silence import frame_levels_db

_WINDOW_S: Final = 0.032
_SMOOTHING_HZ: Final = 150
_DEVIATIONS: Final = 1.5
_NOTHING_DB: Final = -199.0


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
    noisereduce's stationary gate over windows of about 32 ms: in each frequency band
    the threshold is the mean of the noise plus 1.5 standard deviations, in dB. The gate
    is smoothed over 150 Hz and not over time, which costs less of the speech than the
    library's 500 Hz and 50 ms. It runs in the caller's thread and starts no process.

    References
    ----------
    T. Sainburg, M. Thielk, T. Q. Gentner, "Finding, visualizing, and quantifying
    latent structure across diverse animal vocal repertoires", PLoS Comput. Biol.
    16(10), 2020, doi 10.1371/journal.pcbi.1008228.

    """
    if not y.any():
        return y
    from noisereduce import reduce_noise

    n_fft = _window_length(sample_rate)
    cleaned: npt.NDArray[np.float32] = reduce_noise(
        y=y,
        sr=sample_rate,
        stationary=True,
        y_noise=quietest_part(y, frame_length=n_fft, noise_share=noise_share),
        prop_decrease=reduction,
        n_std_thresh_stationary=_DEVIATIONS,
        freq_mask_smooth_hz=_SMOOTHING_HZ,
        time_mask_smooth_ms=None,
        n_fft=n_fft,
        # the gate knows no past, so a few windows of context are enough
        padding=4 * n_fft,
        n_jobs=1,
        use_tqdm=False,
    )
    return np.asarray(cleaned, dtype=np.float32)


def quietest_part(
    y: npt.NDArray[np.float32], *, frame_length: int, noise_share: float
) -> npt.NDArray[np.float32]:
    """Join the quietest frames of a recording to a specimen of its noise.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), float32
        Not all zero.
    frame_length : int
        In samples; frames begin a quarter of it apart.
    noise_share : float, in (0, 1]
        Share of the frames that is taken.

    Returns
    -------
    noise : ndarray of shape (n_noise,), float32
        At least one frame; a shorter recording is repeated.

    Notes
    -----
    Frames of digital silence are padding rather than noise, and are left out.

    """
    if len(y) < frame_length:
        return np.resize(y, frame_length)
    hop_length = frame_length // 4
    n_frames = 1 + (len(y) - frame_length) // hop_length
    levels = frame_levels_db(y, frame_length=frame_length, hop_length=hop_length)
    levels = levels[:n_frames]
    heard = np.flatnonzero(levels > _NOTHING_DB)
    frames = heard if heard.size else np.arange(n_frames)
    order = frames[np.argsort(levels[frames], kind="stable")]
    # neighbours overlap: each sample is taken once
    taken = np.zeros(len(y), dtype=bool)
    for frame in order[: max(1, round(noise_share * len(order)))]:
        taken[frame * hop_length : frame * hop_length + frame_length] = True
    return y[taken]


def _window_length(sample_rate: int) -> int:
    """Return the power of two nearest to 32 ms, in samples."""
    return int(2 ** round(np.log2(_WINDOW_S * sample_rate)))
