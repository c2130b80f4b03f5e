"""Records of training, made from simulated predictions.

Every figure of a record follows from its own predictions, so that what a page or a
figure works out again must agree with what the record says.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from simulated_results import simulated_result

Record = dict[str, Any]
RECORDS = Path(__file__).parents[1] / "fixtures" / "records"

RAVDESS_CLASSES = (
    "angry",
    "calm",
    "disgust",
    "fearful",
    "happy",
    "neutral",
    "sad",
    "surprised",
)

GAP = (
    "Random split: UAR {random:.1f} %. Unseen speakers: {unseen:.1f} %. The model "
    "knew {shared} of the test's speakers, which is worth {gap:.1f} points here."
)


def training_record(
    *,
    split: str = "random-70-15-15",
    corpora: Sequence[str] = ("ravdess",),
    classes: Sequence[str] = RAVDESS_CLASSES,
    n_speakers: int = 24,
    model: str = "svm",
    features: str = "functionals",
    skill: float = 3.2,
    probabilities: bool = True,
    tuned: bool = False,
    pca: float | None = None,
    seed: int = 0,
    **overrides: Any,
) -> Record:
    """Make a record of kind ``training`` in which every figure is consistent.

    Parameters
    ----------
    split : str
        A random one gets ``unseen_speakers`` beside it (six folds of speakers);
        ``speaker``, ``loso`` and ``loco`` stand alone.
    corpora, classes : sequence of str
    n_speakers : int
        In each corpus; below eight there are no intervals, but a reason.
    model, features : str
    skill : float
        How well emotions are told apart, about 1 (chance) to 5 (nearly always).
    probabilities : bool
        Without, log-loss, calibration and ECE are missing, too.
    tuned : bool
        Add 20 trials of a search, of which some are pruned and one failed.
    pca : float or None
        Share of the variance that is kept.
    seed : int
    **overrides
        Top-level keys to replace, as ``human=None``.

    """
    key = (tuple(corpora), tuple(classes), n_speakers, skill, probabilities, seed)
    own = simulated_result(split, *key)
    independent = bool(own["speaker_independent"])
    unseen = None if independent else simulated_result("speaker", *key)
    own = copy.deepcopy(own)
    record = {
        **head("training", corpora, n_speakers, len(classes), features, seed),
        "label": f"{' + '.join(corpora)}, {features}, {model}, {split}",
        "plan": _plan(corpora, features, model, split, seed, tuned=tuned, pca=pca),
        "model": model,
        "features": features,
        "preset": None,
        "matrix_key": f"{seed:064x}",
        "classes": list(classes),
        "emotions_common": list(classes),
        "emotions_dropped": {},
        **own,
        "unseen_speakers": copy.deepcopy(unseen),
        "unseen_speakers_reason": (
            "the split keeps speakers apart by itself" if independent else None
        ),
        "gap": "" if unseen is None else _gap(own, unseen),
        "human": {
            "accuracy": 0.6,
            "uar": None,
            "source": "Livingstone and Russo 2018, listeners' mean, example",
        },
        "tuning": _tuning(seed) if tuned else None,
        "pca": None if pca is None else {"components": [78, 79, 77], "share": pca},
        "seconds": {"features": 41.5, "fit": 3.25, "predict": 0.4, "total": 45.9},
        "peak_rss_bytes": 512 * 2**20,
        "peak_pss_bytes": 430 * 2**20,
        "bundle": None,
        "failures": [{"path": "Actor_07/broken.wav", "reason": "no audio in it"}],
        "notes": ["Simulated predictions."],
    }
    return {**record, **copy.deepcopy(overrides)}


def _environment() -> Record:
    """Return the description of a machine that a stored record holds."""
    stored = json.loads((RECORDS / "pipeline_enhanced.json").read_text("utf-8"))
    environment: Record = stored["environment"]
    return environment


def head(
    kind: str,
    corpora: Sequence[str],
    n_speakers: int,
    n_classes: int,
    features: str,
    seed: int,
) -> Record:
    """Make what every record begins with."""
    n_each = n_speakers * (8 * n_classes - 4)
    each = [
        {
            "name": name,
            "synthetic": False,
            "root": name,
            "fingerprint": f"{i + 1:064x}",
            "n_utterances": n_each,
            "n_files": n_each,
            "licence": "CC BY-NC-SA 4.0",
            "language": "English",
        }
        for i, name in enumerate(corpora)
    ]
    return {
        "schema_version": 1,
        "kind": kind,
        "id": f"{seed + 10:032x}",
        "created_utc": f"2026-03-{seed % 28 + 1:02d}T09:05:00+00:00",
        "source": "local",
        "environment": _environment(),
        **({"corpora": each} if kind == "training" else {}),
        "corpus": {
            "name": " + ".join(corpora),
            "synthetic": False,
            "root": None,
            "fingerprint": f"{99:064x}",
            "n_utterances": n_each * len(each),
            "n_files": n_each * len(each),
            "duration_s": 3.7 * n_each * len(each),
        },
        "feature_set": {"name": features, "key": f"{7:064x}"},
    }


def _plan(
    corpora: Sequence[str],
    features: str,
    model: str,
    split: str,
    seed: int,
    *,
    tuned: bool,
    pca: float | None,
) -> Record:
    """Make the plan of a training."""
    return {
        "corpora": list(corpora),
        "features": features,
        "model": model,
        "split": split,
        "seed": seed,
        "n_folds": None,
        "limit": None,
        "emotions": None,
        "labels": "emotion",
        "pca": pca,
        "parameters": {},
        "tune": 20 if tuned else 0,
        "min_agreement": None,
        "channels": None,
        "save": None,
    }


def _gap(own: Mapping[str, Any], unseen: Mapping[str, Any]) -> str:
    """Write the sentence about the gap between the two splits."""
    return GAP.format(
        random=100 * own["uar"],
        unseen=100 * unseen["uar"],
        shared=own["shared_speakers"],
        gap=100 * (own["uar"] - unseen["uar"]),
    )


def _tuning(seed: int) -> Record:
    """Make a search of 20 trials: some pruned, one failed."""
    rng = np.random.default_rng(seed)
    trials = []
    for number in range(20):
        state = "failed" if number == 7 else "pruned" if number % 5 == 4 else "complete"
        value = 0.42 + 0.12 * (1 - np.exp(-number / 6)) + rng.normal(0, 0.02)
        trials.append(
            {
                "number": number,
                "value": None if state == "failed" else round(float(value), 4),
                "state": state,
                "parameters": {"C": round(float(10 ** rng.uniform(-1, 2)), 3)},
                "seconds": round(float(rng.uniform(0.5, 3)), 2),
            }
        )
    done = [trial for trial in trials if trial["state"] == "complete"]
    best = max(done, key=lambda trial: trial["value"])
    return {
        "n_trials": 20,
        "best_parameters": best["parameters"],
        "best_value": best["value"],
        "trials": trials,
    }
