"""Intervals that say how much a figure hangs on the speakers that were tested.

References
----------
C. A. Field and A. H. Welsh, "Bootstrapping clustered data", Journal of the Royal
Statistical Society B 69(3), 2007, doi 10.1111/j.1467-9868.2007.00593.x.

"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ser_core.evaluation.rates import Floats

N_DRAWS: Final = 1000
"""Draws of a bootstrap."""

MIN_SPEAKERS: Final = 8
"""With fewer speakers a bootstrap over them says too little."""

CONFIDENCE: Final = 0.95

Interval = tuple[float, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class Speakers:
    """Who speaks in which tested row.

    Attributes
    ----------
    names : tuple of str
        Sorted; empty where a speaker is unknown.
    row : ndarray of shape (n_samples,), intp
        Number of each row's speaker in `names`.
    reason : str or None
        Why no interval can be given; None where it can.

    """

    names: tuple[str, ...]
    row: npt.NDArray[np.intp]
    reason: str | None


def known_speakers(speakers: Sequence[str | None] | None, *, n_rows: int) -> Speakers:
    """Find out who speaks, and whether intervals can be drawn over them.

    Parameters
    ----------
    speakers : sequence of str or None, length n_samples, or None
    n_rows : int

    Returns
    -------
    speakers : Speakers

    """
    given: Sequence[str | None] = [None] * n_rows if speakers is None else speakers
    n_unknown = sum(name is None for name in given)
    if n_unknown:
        which = "all" if n_unknown == n_rows else f"{n_unknown} of {n_rows}"
        reason = (
            f"The speakers of {which} tested utterances are unknown, so nothing can "
            "be said about how the figures would vary with other speakers."
        )
        return Speakers(names=(), row=np.zeros(n_rows, dtype=np.intp), reason=reason)
    names, row = np.unique(np.asarray(given, dtype=np.str_), return_inverse=True)
    few = (
        f"{len(names)} speaker(s) were tested; an interval needs {MIN_SPEAKERS} or "
        "more. The spread by speaker is shown instead."
    )
    return Speakers(
        names=tuple(names.tolist()),
        row=row.astype(np.intp),
        reason=few if len(names) < MIN_SPEAKERS else None,
    )


def speaker_weights(n_speakers: int, *, seed: int, n_draws: int = N_DRAWS) -> Floats:
    """Draw speakers with replacement.

    Parameters
    ----------
    n_speakers : int
    seed : int
    n_draws : int, default=1000

    Returns
    -------
    weights : ndarray of shape (n_draws, n_speakers), float64
        How often each speaker is in each draw; every row sums to `n_speakers`.

    """
    rng = np.random.default_rng(seed)
    shares = np.full(n_speakers, 1 / n_speakers)
    return rng.multinomial(n_speakers, shares, size=n_draws).astype(np.float64)


def speaker_counts(
    cell: npt.NDArray[np.intp], speakers: Speakers, *, n_cells: int
) -> Floats:
    """Count each speaker's utterances in each cell.

    Parameters
    ----------
    cell : ndarray of shape (n_samples,), intp
        From 0 to ``n_cells - 1``.
    speakers : Speakers
    n_cells : int

    Returns
    -------
    counts : ndarray of shape (n_speakers, n_cells), float64
        Without rows where speakers are unknown.

    """
    n_speakers = len(speakers.names)
    if not n_speakers:
        return np.empty((0, n_cells))
    flat = np.bincount(speakers.row * n_cells + cell, minlength=n_speakers * n_cells)
    return flat.reshape(n_speakers, n_cells).astype(np.float64)


def percentile_interval(draws: Floats) -> Interval | None:
    """Return the middle 95 % of the draws.

    Parameters
    ----------
    draws : ndarray of shape (n_draws,), float64
        NaN where a figure is not defined in a draw.

    Returns
    -------
    interval : (float, float) or None
        None where the figure is not defined in at least half of the draws.

    """
    defined = draws[np.isfinite(draws)]
    if 2 * len(defined) < len(draws) or not len(defined):
        return None
    tail = 50 * (1 - CONFIDENCE)
    low, high = np.percentile(defined, [tail, 100 - tail])
    return float(low), float(high)
