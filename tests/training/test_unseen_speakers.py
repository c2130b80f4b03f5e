from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ser_core.models.registry import build_recogniser
from ser_core.models.training_distance import distances
from ser_core.training.unseen_speakers import held_out_distances, learn_from_unseen

CLASSES = ["angry", "happy", "sad"]


def result(n: int = 300, *, speakers: int = 10) -> dict[str, Any]:
    """Make predictions that are right in about 60 % and sure of all."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, n)
    predicted = np.where(rng.random(n) < 0.6, truth, (truth + 1) % 3)
    p = np.full((n, 3), 0.02)
    p[np.arange(n), predicted] = 0.96
    return {
        "predictions": {
            "corpus": [0] * n,
            "speaker": [f"{i % speakers}" for i in range(n)],
            "truth": truth.tolist(),
            "probabilities": p.tolist(),
        }
    }


def record(*, independent: bool = False, **changes: Any) -> dict[str, Any]:
    return {
        "classes": CLASSES,
        "speaker_independent": independent,
        **result(),
        "unseen_speakers": None if independent else result(),
        "unseen_speakers_reason": None,
        **changes,
    }


@pytest.mark.parametrize("independent", [True, False])
def test_unseen_speakers_tell_how_sure_a_model_may_be(independent: bool) -> None:
    learnt = learn_from_unseen(record(independent=independent))
    assert learnt.reason is None
    assert learnt.calibration is not None
    assert learnt.calibration.temperature > 2
    assert learnt.calibration.n_speakers == 10
    assert learnt.abstention is not None
    assert learnt.abstention.max_distance is None


def test_predictions_for_known_speakers_are_never_used() -> None:
    learnt = learn_from_unseen(
        record(unseen_speakers_reason="one speaker in all") | {"unseen_speakers": None}
    )
    assert learnt.calibration is None
    assert learnt.abstention is None
    assert learnt.reason is not None
    assert "one speaker in all" in learnt.reason


def test_a_model_without_probabilities_says_so() -> None:
    made = record(independent=True)
    made["predictions"]["probabilities"] = None
    assert learn_from_unseen(made).reason == "the model gives no probabilities"


def test_speakers_of_two_corpora_with_one_number_are_two() -> None:
    made = record(independent=True)
    made["predictions"]["speaker"] = ["1"] * 300
    made["predictions"]["corpus"] = [i % 2 for i in range(300)]
    learnt = learn_from_unseen(made)
    assert learnt.calibration is not None
    assert learnt.calibration.n_speakers == 2


def test_a_voice_unlike_the_others_lies_farther_when_it_is_held_out() -> None:
    rng = np.random.default_rng(1)
    of_row = np.arange(200) % 10
    X = rng.normal(size=(200, 30)).astype(np.float32)
    X[of_row == 0] += 5
    y = np.array(CLASSES)[np.arange(200) % 3]
    recogniser = build_recogniser("lr").fit(X, y)
    before = X.copy()
    found = held_out_distances(recogniser, X, np.array([f"s{i}" for i in of_row]))
    assert found is not None
    known = distances(recogniser, X)
    assert found[of_row == 0].min() > known[of_row == 0].max()
    np.testing.assert_array_equal(X, before)


def test_without_two_known_speakers_no_distance_is_measured() -> None:
    X, y = np.eye(6, dtype=np.float32), np.array(CLASSES * 2)
    recogniser = build_recogniser("lr").fit(X, y)
    assert held_out_distances(recogniser, X, np.array(["s"] * 6)) is None
    assert held_out_distances(recogniser, X, np.array([""] * 6)) is None
