"""Fit a pipeline's model once more, tested on speakers that it has not heard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ser_core.bench.pipeline_training import (
    build_report_model,
    check_part,
    judge_test_part,
    scaled_training_part,
)
from ser_core.corpora.utterance import Utterance
from ser_core.errors import ParameterError
from ser_core.evaluation.metrics import Evaluation
from ser_core.evaluation.splits import speaker_split


@dataclass(frozen=True, kw_only=True)
class UnseenSpeakers:
    """What the model is worth on speakers that it has not heard.

    Attributes
    ----------
    result : Evaluation or None
        None where it could not be tried.
    reason : str or None
        Why not; None where it was.
    note : str or None
        What to keep in mind about it.

    """

    result: Evaluation | None
    reason: str | None
    note: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the record's keys."""
        result = self.result
        return {
            "accuracy_unseen_speakers": None if result is None else result.accuracy,
            "uar_unseen_speakers": None if result is None else result.uar,
            "report_unseen_speakers": None if result is None else result.report(),
            "unseen_speakers_reason": self.reason,
        }


def try_unseen_speakers(
    X: npt.NDArray[np.float32],
    y: npt.NDArray[np.str_],
    utterances: Sequence[Utterance],
    *,
    model_name: str,
) -> UnseenSpeakers:
    """Train and test on a speaker-disjoint 70 / 15 / 15.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), float32
        Not scaled; not changed.
    y : ndarray of shape (n_samples,), str
    utterances : sequence of Utterance, length n_samples
    model_name : str
        One of `ser_core.models.registry.REPORT_MODELS`.

    Returns
    -------
    unseen : UnseenSpeakers
        With a reason in place of a result where speakers are unknown or too few.

    """
    groups, note = _groups(utterances)
    if groups is None:
        n_unknown = sum(utterance.speaker is None for utterance in utterances)
        return UnseenSpeakers(
            result=None,
            reason=f"The speaker of {n_unknown} of {len(utterances)} utterances is "
            "unknown, and so is the session; speakers cannot be kept apart.",
        )
    try:
        split = speaker_split(y.tolist(), groups)
        check_part(model_name, y[split.train])
    except ParameterError as error:
        return UnseenSpeakers(result=None, reason=error.message)
    X_train, scaler = scaled_training_part(X, split)
    model = build_report_model(model_name)
    model.fit(X_train, y[split.train])
    del X_train
    result = judge_test_part(model, X, y, split=split, scaler=scaler)
    return UnseenSpeakers(result=result, reason=None, note=note)


def _groups(utterances: Sequence[Utterance]) -> tuple[list[str] | None, str | None]:
    """Return who must stay together, and a note where it is not the speaker."""
    speakers = [u.speaker for u in utterances if u.speaker is not None]
    if len(speakers) == len(utterances):
        return speakers, None
    sessions = [u.session for u in utterances if u.session is not None]
    if len(sessions) == len(utterances):
        return sessions, (
            "Speakers are unknown: for the accuracy on unseen speakers, recording "
            "sessions were kept apart instead."
        )
    return None, None
