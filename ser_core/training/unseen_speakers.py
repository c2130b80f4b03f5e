"""What predictions for unseen speakers say about confidence and distance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ser_core.models.abstention import Abstention, choose_abstention
from ser_core.models.calibration import (
    Calibration,
    calibrate,
    cross_fitted,
    speaker_parts,
    uncalibrated_reason,
)


@dataclass(frozen=True, kw_only=True)
class UnseenSpeakers:
    """What a card says about confidence, or why it says nothing.

    Attributes
    ----------
    calibration : Calibration or None
    abstention : Abstention or None
    reason : str or None
        Why both are missing; None where they are there.

    """

    calibration: Calibration | None = None
    abstention: Abstention | None = None
    reason: str | None = None


def learn_from_unseen(
    record: Mapping[str, Any],
    *,
    held_out_distances: npt.NDArray[np.float64] | None = None,
) -> UnseenSpeakers:
    """Calibrate by a record's predictions for unseen speakers.

    Parameters
    ----------
    record : mapping
        Of a training.
    held_out_distances : ndarray of shape (n_clips,), float64, optional
        As `held_out_distances` returns them.

    Returns
    -------
    learnt : UnseenSpeakers

    """
    result = record if record["speaker_independent"] else record["unseen_speakers"]
    if result is None:
        reason = record["unseen_speakers_reason"] or "no reason was recorded"
        return UnseenSpeakers(
            reason=f"there are no predictions for unseen speakers: {reason}"
        )
    classes, predictions = list(record["classes"]), result["predictions"]
    probabilities = predictions["probabilities"]
    voices = [
        # speakers of two corpora may share a number
        None if speaker is None else f"{corpus}/{speaker}"
        for corpus, speaker in zip(
            predictions["corpus"], predictions["speaker"], strict=True
        )
    ]
    missing = uncalibrated_reason(probabilities, voices)
    if missing is not None:
        return UnseenSpeakers(reason=missing)
    truth = [classes[number] for number in predictions["truth"]]
    calibration = calibrate(truth, probabilities, classes, voices)
    corrected = probabilities
    if calibration is not None and calibration.temperature != 1:
        corrected = cross_fitted(truth, probabilities, classes, voices)
    abstention = choose_abstention(
        truth, corrected, classes, held_out_distances=held_out_distances
    )
    return UnseenSpeakers(calibration=calibration, abstention=abstention)


def held_out_distances(
    recogniser: Any, X: npt.NDArray[np.float32], speakers: npt.NDArray[np.str_]
) -> npt.NDArray[np.float64] | None:
    """Measure how far clips lie from the training data of other speakers.

    Parameters
    ----------
    recogniser : Pipeline
        Its steps before the model are fitted anew, as copies; it stays as it is.
    X : ndarray of shape (n_samples, n_features), float32
    speakers : ndarray of shape (n_samples,), str
        Empty where unknown.

    Returns
    -------
    found : ndarray of shape (n_samples,), float64, or None
        None where speakers are unknown, or there is one alone.

    """
    if (speakers == "").any() or len(np.unique(speakers)) < 2:
        return None
    from sklearn.base import clone
    from sklearn.pipeline import Pipeline

    from ser_core.models.training_distance import distances

    found = np.empty(len(X))
    for part in speaker_parts(speakers.tolist()):
        others = np.ones(len(X), dtype=bool)
        others[part] = False
        steps = [(name, clone(step)) for name, step in recogniser.steps[:-1]]
        before = Pipeline([*steps, ("model", "passthrough")])
        before.fit(X[others])
        found[part] = distances(before, X[part])
    return found
