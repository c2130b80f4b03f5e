"""A few made-up rows by which a loaded model shows that it still answers the same."""

from __future__ import annotations

import warnings
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ser_core.errors import ModelError
from ser_core.models.card import CardProbe, ModelCard

PROBE: Final = "probe.npy"

TOLERANCE: Final = 1e-3
"""Largest difference of a probability. Other processors and other versions of BLAS
differ by 1e-6 in float32, a changed algorithm by far more."""

_N_ROWS: Final = 8
_MOST_OTHER: Final = 1  # where two classes are as likely, rounding decides


def make_probe(recogniser: Any) -> npt.NDArray[np.float32]:
    """Draw rows around the training part's mean; no row is anybody's voice.

    Parameters
    ----------
    recogniser : Pipeline
        Fitted. Where its first step is no scaler, the rows are standard normal.

    Returns
    -------
    probe : ndarray of shape (8, n_features), float32

    """
    rows = np.random.default_rng(0).standard_normal(
        (_N_ROWS, int(recogniser.n_features_in_))
    )
    first = recogniser.steps[0][1] if hasattr(recogniser, "steps") else None
    mean, scale = (getattr(first, name, None) for name in ("mean_", "scale_"))
    if mean is not None and scale is not None:
        rows = mean + rows * scale
    limit = float(np.finfo(np.float32).max)
    return np.clip(rows, -limit, limit).astype(np.float32)


def answer(recogniser: Any, probe: npt.NDArray[np.float32]) -> CardProbe:
    """Return what a recogniser says of the probe."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        classes = [str(name) for name in recogniser.predict(probe.copy())]
        chances = None
        if hasattr(recogniser, "predict_proba"):
            chances = np.asarray(
                recogniser.predict_proba(probe.copy()), dtype=np.float64
            )
    return CardProbe(
        classes=tuple(classes),
        probabilities=None
        if chances is None
        else tuple(tuple(round(float(p), 6) for p in row) for row in chances),
    )


def compare(recogniser: Any, probe: npt.NDArray[Any], card: ModelCard) -> None:
    """Refuse a model that answers otherwise than when it was saved.

    Parameters
    ----------
    recogniser : Pipeline
    probe : ndarray
        As the bundle has it; a stranger may have put anything there.
    card : ModelCard

    Raises
    ------
    ModelError
        The probe does not fit the model, the model cannot answer, a probability
        differs by more than `TOLERANCE`, or more than one row gets another class.

    """
    wanted = (_N_ROWS, int(recogniser.n_features_in_))
    if probe.shape != wanted or probe.dtype != np.float32:
        raise _other(f"its probe has shape {probe.shape}, not {wanted}")
    saved = card.probe
    try:
        found = answer(recogniser, probe)
    except Exception as error:
        # a damaged estimator fails wherever a library meets the damage
        text = " ".join(str(error).split())[:200]
        raise _other(f"it cannot answer ({type(error).__name__}: {text})") from error
    if saved is None or (found.probabilities is None) != (saved.probabilities is None):
        raise _other("it gives probabilities only here or only there")
    if len(saved.classes) != _N_ROWS:
        raise _other("its card has another number of answers")
    n_other = sum(a != b for a, b in zip(found.classes, saved.classes, strict=True))
    if n_other > _MOST_OTHER:
        raise _other(f"it names another class for {n_other} of {_N_ROWS} rows")
    if found.probabilities is None or saved.probabilities is None:
        return
    now, then = np.array(found.probabilities), _matrix(saved.probabilities, card)
    if now.shape != then.shape or not np.isfinite(now).all():
        raise _other("its probabilities are of another shape, or no numbers")
    difference = float(np.abs(now - then).max())
    if difference > TOLERANCE:
        raise _other(f"a probability differs by {difference:.3g}")


def _matrix(
    rows: tuple[tuple[float, ...], ...], card: ModelCard
) -> npt.NDArray[np.float64]:
    """Return a card's probabilities, which may be of unequal rows."""
    if len(rows) != _N_ROWS or any(len(row) != len(card.classes) for row in rows):
        raise _other("its card has other probabilities")
    return np.array(rows, dtype=np.float64)


def _other(reason: str) -> ModelError:
    """Make the error for a model that is not the one that was saved."""
    return ModelError(
        f"the model does not answer as it did when it was saved: {reason}. The bundle "
        "is damaged, or a library computes otherwise in this version; use the "
        "versions on its card, or train the model again"
    )
