"""Make probabilities mean what they say for voices that were not in training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ser_core.errors import ParameterError
from ser_core.evaluation.metrics import Labels
from ser_core.evaluation.probabilities import (
    CalibrationBin,
    calibration_bins,
    check_probabilities,
    expected_calibration_error,
)
from ser_core.evaluation.rates import Floats

N_PARTS: Final = 5
"""Parts that the speakers are dealt to, at most."""

FLOOR: Final = 5e-5
"""What a probability counts at least: half of the last digit that records keep."""

LOWEST: Final = 0.05
"""The lowest temperature that is fitted; the highest is its inverse."""

_GRID: Final = 25
_NARROWINGS: Final = 5


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """How the probabilities of a model are corrected, and what that does.

    Attributes
    ----------
    temperature : float
        Greater than 0; above 1 the model was too sure, and its probabilities are
        drawn together. See `apply_temperature`.
    n : int
        Predictions that it was fitted on.
    n_speakers : int
    ece_before, ece_after : float
        Expected calibration error, 0 to 1.
    log_loss_before, log_loss_after : float
        In nats.
    bins : tuple of CalibrationBin
        Confidence and accuracy afterwards.
    basis : str
        On what it was fitted and measured, in words.

    Notes
    -----
    Everything that is called "after" is of predictions that were corrected by the
    temperature of other speakers.

    """

    temperature: float
    n: int
    n_speakers: int
    ece_before: float
    ece_after: float
    log_loss_before: float
    log_loss_after: float
    bins: tuple[CalibrationBin, ...]
    basis: str

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Calibration:
        """Read what a card holds; the card's shape has checked it."""
        values = {f.name: document[f.name] for f in fields(cls)}
        values["bins"] = tuple(CalibrationBin(**row) for row in values["bins"])
        return cls(**values)


def apply_temperature(probabilities: npt.ArrayLike, temperature: float) -> Floats:
    """Correct probabilities by a temperature.

    Parameters
    ----------
    probabilities : array-like of shape (..., n_classes)
        Not negative; a row need not sum to 1.
    temperature : float
        Greater than 0. 1 changes nothing, more makes a model less sure, less makes it
        surer. The most probable class stays the most probable one.

    Returns
    -------
    probabilities : ndarray of shape (..., n_classes), float64
        Each to the power of ``1 / temperature``, rows summing to 1; 0 stays 0, and a
        row of zeros, which says nothing, becomes equal shares.

    Raises
    ------
    ParameterError
        The temperature is not a finite number above 0, or a probability is negative
        or not finite.

    Examples
    --------
    >>> apply_temperature([0.8, 0.2, 0.0], 2.0).round(3).tolist()
    [0.667, 0.333, 0.0]

    """
    if not (np.isfinite(temperature) and temperature > 0):
        raise ParameterError(
            f"temperature = {temperature!r} is not allowed; give a number above 0"
        )
    p: Floats = np.asarray(probabilities, dtype=np.float64)
    if not (np.isfinite(p) & (p >= 0)).all():
        raise ParameterError(
            "probabilities hold values that are negative or not finite; values from 0 "
            "to 1 are expected: check the model's predict_proba"
        )
    highest = p.max(axis=-1, keepdims=True)
    shares = np.where(highest > 0, p / np.where(highest > 0, highest, 1.0), 1.0)
    # the largest share is 1, so that no power overflows and no row vanishes
    powers: Floats = shares ** (1 / temperature)
    powers /= powers.sum(axis=-1, keepdims=True)
    return powers


def fit_temperature(
    truth: Labels, probabilities: npt.ArrayLike, classes: Sequence[str]
) -> float:
    """Find the temperature under which the truth is most probable.

    Parameters
    ----------
    truth : sequence of str, length n_samples
    probabilities : array-like of shape (n_samples, n_classes)
        Of clips that the model was not fitted on.
    classes : sequence of str
        The columns.

    Returns
    -------
    temperature : float
        Between `LOWEST` and its inverse.

    Raises
    ------
    ParameterError
        There is nothing to fit to, a label is not among the classes, or what is given
        are no probabilities.

    Notes
    -----
    Least mean log loss over one number, found on a grid of its logarithm that is
    narrowed again and again [1]_. A probability counts at least `FLOOR`: a true class
    that was given none would otherwise decide alone.

    References
    ----------
    .. [1] C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On Calibration of Modern Neural
       Networks", ICML, 2017, arXiv 1706.04599.

    """
    numbers = _numbers(truth, classes)
    p = check_probabilities(probabilities, n_rows=len(numbers), n_classes=len(classes))
    low, high = np.log(LOWEST), -np.log(LOWEST)
    for _ in range(_NARROWINGS):
        exponents = np.linspace(low, high, _GRID)
        losses = [_log_loss(p, numbers, float(np.exp(e))) for e in exponents]
        best = int(np.argmin(losses))
        low, high = exponents[max(best - 1, 0)], exponents[min(best + 1, _GRID - 1)]
    return float(np.exp((low + high) / 2))


def uncalibrated_reason(
    probabilities: object | None, groups: Sequence[str | None]
) -> str | None:
    """Say why probabilities cannot be calibrated.

    Parameters
    ----------
    probabilities : object or None
        None where the model gives none.
    groups : sequence of str or None
        Speaker of each prediction.

    Returns
    -------
    reason : str or None
        None where they can.

    """
    if probabilities is None:
        return "the model gives no probabilities"
    if not groups or not all(groups):
        return "the speakers of the tested clips are not all known"
    if len(set(groups)) < 2:
        return "one speaker alone was tested, and calibration needs two or more"
    return None


def calibrate(
    truth: Labels,
    probabilities: npt.ArrayLike | None,
    classes: Sequence[str],
    groups: Sequence[str | None],
) -> Calibration | None:
    """Fit a temperature to predictions for unseen speakers, and measure its effect.

    Parameters
    ----------
    truth : sequence of str, length n_samples
    probabilities : array-like of shape (n_samples, n_classes), or None
        Of clips whose speakers the predicting model did not know.
    classes : sequence of str
        The columns.
    groups : sequence of str or None, length n_samples
        Speaker of each prediction.

    Returns
    -------
    calibration : Calibration or None
        None where `uncalibrated_reason` says why.

    Raises
    ------
    ParameterError
        As `fit_temperature`.

    Notes
    -----
    The temperature that is kept is fitted on every prediction. Its effect is that of
    `cross_fitted` temperatures. Where these make the log loss no lower, the
    temperature is 1 and nothing is changed.

    """
    if probabilities is None or uncalibrated_reason(probabilities, groups) is not None:
        return None
    numbers = _numbers(truth, classes)
    before = check_probabilities(
        probabilities, n_rows=len(numbers), n_classes=len(classes)
    )
    after = cross_fitted(truth, before, classes, groups)
    temperature = fit_temperature(truth, before, classes)
    helps = _log_loss(after, numbers) < _log_loss(before, numbers)
    if not helps:
        temperature, after = 1.0, before
    n_speakers = len(set(groups))
    bins = _bins(after, numbers)
    return Calibration(
        temperature=round(temperature, 4),
        n=len(numbers),
        n_speakers=n_speakers,
        ece_before=expected_calibration_error(_bins(before, numbers)),
        ece_after=expected_calibration_error(bins),
        log_loss_before=_log_loss(before, numbers),
        log_loss_after=_log_loss(after, numbers),
        bins=bins,
        basis=_basis(len(numbers), n_speakers, helps),
    )


def cross_fitted(
    truth: Labels,
    probabilities: npt.ArrayLike,
    classes: Sequence[str],
    groups: Sequence[str | None],
) -> Floats:
    """Correct each prediction by the temperature of other speakers.

    Parameters
    ----------
    truth, probabilities, classes, groups
        As for `calibrate`; two groups or more.

    Returns
    -------
    probabilities : ndarray of shape (n_samples, n_classes), float64

    """
    p: Floats = np.array(probabilities, dtype=np.float64)
    labels = np.asarray(truth, dtype=np.str_)
    corrected = np.empty_like(p)
    for part in speaker_parts(groups):
        others = np.ones(len(p), dtype=bool)
        others[part] = False
        fitted = fit_temperature(labels[others].tolist(), p[others], classes)
        corrected[part] = apply_temperature(p[part], fitted)
    return corrected


def speaker_parts(
    groups: Sequence[str | None], *, n_parts: int = N_PARTS, seed: int = 0
) -> tuple[npt.NDArray[np.intp], ...]:
    """Deal speakers to parts: each part's speakers are in no other one.

    Parameters
    ----------
    groups : sequence of str, length n_samples
    n_parts : int, default 5
        Fewer where there are fewer speakers.
    seed : int, default 0
        Of the order in which speakers are dealt.

    Returns
    -------
    parts : tuple of ndarray, intp
        Row numbers, rising; together every row once. None of them is empty.

    """
    names, row = np.unique(np.asarray(groups, dtype=np.str_), return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(names))
    dealt = np.array_split(order, min(n_parts, len(names)))
    return tuple(np.flatnonzero(np.isin(row, chosen)) for chosen in dealt)


def _bins(
    probabilities: Floats, truth: npt.NDArray[np.intp]
) -> tuple[CalibrationBin, ...]:
    """Compare the confidence of the most probable class with how often it is right."""
    best = probabilities.argmax(axis=1)
    return calibration_bins(probabilities, best, best == truth)


def _log_loss(
    probabilities: Floats, truth: npt.NDArray[np.intp], temperature: float = 1.0
) -> float:
    """Return the mean log loss at a temperature."""
    corrected = apply_temperature(np.maximum(probabilities, FLOOR), temperature)
    return float(-np.log(corrected[np.arange(len(truth)), truth]).mean())


def _numbers(truth: Labels, classes: Sequence[str]) -> npt.NDArray[np.intp]:
    """Return the column of each true class."""
    column = {name: i for i, name in enumerate(classes)}
    unknown = sorted({str(name) for name in truth} - column.keys())
    if unknown or not len(truth):
        raise ParameterError(
            f"truth holds {', '.join(map(repr, unknown)) or 'nothing'}; labels among "
            f"{', '.join(classes)} are expected, one or more"
        )
    return np.array([column[str(name)] for name in truth], dtype=np.intp)


def _basis(n: int, n_speakers: int, helps: bool) -> str:
    """Say in words on what a temperature rests."""
    text = (
        f"Fitted to {n:,} predictions for {n_speakers} speakers, each by a model that "
        "had not heard that speaker. What it does was measured with temperatures that "
        "were fitted to other speakers."
    )
    if not helps:
        text += " There they helped nothing, so the probabilities stay as they are."
    return text
