"""Simulated predictions on a corpus that looks like RAVDESS, and their scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

Record = dict[str, Any]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

RANDOM_SPLITS = ("random-70-15-15", "random-80-20", "kfold")

_CODES = {
    "neutral": "01",
    "calm": "02",
    "happy": "03",
    "sad": "04",
    "angry": "05",
    "fearful": "06",
    "disgust": "07",
    "surprised": "08",
}

_LIKE = {"calm": "neutral", "neutral": "calm", "fearful": "sad", "happy": "surprised"}
"""What a class is mostly taken for; the others for their neighbour."""


@cache
def simulated_result(
    split: str,
    corpora: tuple[str, ...],
    classes: tuple[str, ...],
    n_speakers: int,
    skill: float,
    probabilities: bool,
    seed: int,
) -> Record:
    """Simulate one split and judge it. The cached value is copied by its users."""
    rows = _utterances(corpora, classes, n_speakers)
    folds, names = _folds(split, rows)
    kept = folds >= 0
    random_split = split in RANDOM_SPLITS
    chances = _chances(
        rows["truth"],
        rows["speaker_index"],
        classes,
        skill=skill if random_split else skill * 0.72,
        seed=seed + 100 * random_split,
    )[kept]
    truth, fold = rows["truth"][kept], folds[kept]
    speakers = [rows["speaker"][i] for i in np.flatnonzero(kept)]
    n_all, n_test = len(folds), int(kept.sum())
    predicted = chances.argmax(axis=1)
    n_validation = 216 * n_all // 1440 if split == "random-70-15-15" else 0
    result = {
        "split": split,
        "speaker_independent": not random_split,
        "n_train": n_all - n_validation - n_test // len(names),
        "n_validation": n_validation,
        "n_test": n_test,
        "n_speakers": len(set(speakers)),
        "shared_speakers": len(set(speakers)) if random_split else 0,
        **judged(
            truth,
            predicted,
            chances if probabilities else None,
            classes,
            speakers=speakers,
            seed=seed,
        ),
        "folds": [
            {
                "name": name,
                "n_train": n_all - n_validation - int((fold == i).sum()),
                "n_test": int((fold == i).sum()),
                "war": float((truth == predicted)[fold == i].mean()),
                "uar": _uar(truth[fold == i], predicted[fold == i]),
                "fit_s": 0.5 + 0.03 * i,
                "predict_s": 0.05,
            }
            for i, name in enumerate(names)
        ],
        "fit_s": sum(0.5 + 0.03 * i for i in range(len(names))),
        "predict_s": 0.05 * len(names),
        "predictions": {
            "path": [rows["path"][i] for i in np.flatnonzero(kept)],
            "corpus": rows["corpus"][kept].tolist(),
            "speaker": speakers,
            "truth": truth.tolist(),
            "predicted": predicted.tolist(),
            "probabilities": (
                [[round(float(p), 4) for p in row] for row in chances]
                if probabilities
                else None
            ),
            "fold": fold.tolist(),
        },
    }
    return result


def _utterances(
    corpora: Sequence[str], classes: Sequence[str], n_speakers: int
) -> dict[str, Any]:
    """List utterances as RAVDESS has them: 8 of a class and speaker, 4 neutral."""
    rows: list[tuple[int, int, int, str, str]] = []
    for c, name in enumerate(corpora):
        for s in range(n_speakers):
            for k, label in enumerate(classes):
                for take in range(4 if label == "neutral" else 8):
                    code = f"03-01-{_CODES.get(label, '09')}-0{take % 2 + 1}"
                    path = f"Actor_{s + 1:02d}/{code}-0{take // 2 + 1}-{s + 1:02d}.wav"
                    rows.append((c, c * n_speakers + s, k, f"{name}/{s + 1:02d}", path))
    return {
        "corpus": np.array([row[0] for row in rows]),
        "speaker_index": np.array([row[1] for row in rows]),
        "truth": np.array([row[2] for row in rows]),
        "speaker": [row[3] for row in rows],
        "path": [row[4] for row in rows],
    }


def _folds(split: str, rows: Mapping[str, Any]) -> tuple[Ints, list[str]]:
    """Assign each row to the fold that tests it, -1 where none does."""
    speakers, n = rows["speaker_index"], len(rows["truth"])
    if split == "loco":
        folds = rows["corpus"]
    elif split == "loso":
        folds = speakers
    elif split in ("speaker", "thai-ser-authors"):
        folds = speakers % min(6, int(speakers.max()) + 1)
    else:
        order = np.random.default_rng(42).permutation(n)
        folds = np.full(n, -1)
        if split == "kfold":
            folds[order] = np.arange(n) % 5
        else:
            share = 0.15 if split == "random-70-15-15" else 0.2
            folds[order[: round(share * n)]] = 0
    count = int(folds.max()) + 1
    names = ["test"] if count == 1 else [f"fold {i + 1}" for i in range(count)]
    return folds, names


def _chances(
    truth: Ints,
    speakers: Ints,
    classes: Sequence[str],
    *,
    skill: float,
    seed: int,
) -> Floats:
    """Draw probabilities that favour the truth, less so for some speakers."""
    rng = np.random.default_rng(seed)
    n_classes = len(classes)
    like = [
        classes.index(_LIKE[label])
        if _LIKE.get(label) in classes
        else (k + 1) % n_classes
        for k, label in enumerate(classes)
    ]
    ease = skill + rng.normal(0, 0.6, speakers.max() + 1)[speakers]
    logits = rng.gumbel(0, 1.2, (len(truth), n_classes))
    logits[np.arange(len(truth)), truth] += ease
    logits[np.arange(len(truth)), np.array(like)[truth]] += 1.2
    exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.round(exponents / exponents.sum(axis=1, keepdims=True), 4)


def judged(
    truth: Ints,
    predicted: Ints,
    chances: Floats | None,
    classes: Sequence[str],
    *,
    speakers: Sequence[str],
    seed: int = 0,
) -> Record:
    """Judge predictions: every figure of a result that follows from them alone."""
    names = list(dict.fromkeys(speakers))
    index = np.array([names.index(name) for name in speakers])
    # one confusion matrix a speaker: a resample of speakers is a sum of them
    n = len(classes)
    by_speaker = np.zeros((len(names), n, n))
    np.add.at(by_speaker, (index, truth, predicted), 1)
    scores = _scores(by_speaker.sum(axis=0))
    drawn = _drawn_scores(by_speaker, seed) if len(names) >= 8 else None
    reason = (
        None
        if drawn
        else (
            f"{len(names)} speakers are too few for an interval over speakers "
            "(at least 8); the spread by speaker stands in its place"
        )
    )
    figures: Record = {"interval_reason": reason}
    for name in ("war", "uar", "macro_f1", "weighted_f1"):
        figures[name] = float(scores[name])
        figures[f"{name}_interval"] = _interval(drawn, name)
    return {
        **figures,
        **_confidence(truth, chances, with_interval=drawn is not None),
        "by_speaker": [
            {
                "speaker": name,
                "n": int(by_speaker[i].sum()),
                "war": float(np.trace(by_speaker[i]) / by_speaker[i].sum()),
                "uar": _uar(truth[index == i], predicted[index == i]),
            }
            for i, name in enumerate(names)
        ],
        "per_class": {
            label: {
                **{m: float(scores[m][k]) for m in ("precision", "recall", "f1")},
                "support": int((truth == k).sum()),
                **{
                    f"{m}_interval": _interval(drawn, m, k)
                    for m in ("precision", "recall", "f1")
                },
            }
            for k, label in enumerate(classes)
        },
        "confusion": {
            "labels": list(classes),
            "counts": by_speaker.sum(axis=0).astype(int).tolist(),
        },
    }


def _scores(counts: Floats) -> dict[str, Any]:
    """Work out the scores of one confusion matrix."""
    right, true, taken = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    recall = right / np.maximum(true, 1)
    precision = right / np.maximum(taken, 1)
    f1 = 2 * right / np.maximum(true + taken, 1)
    there = true > 0
    return {
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "war": right.sum() / counts.sum(),
        "uar": recall[there].mean(),
        "macro_f1": f1[there].mean(),
        "weighted_f1": (f1 * true).sum() / true.sum(),
    }


def _drawn_scores(by_speaker: Floats, seed: int) -> dict[str, Floats]:
    """Score 200 resamples of speakers."""
    rng = np.random.default_rng(seed)
    n = len(by_speaker)
    draws = [_scores(by_speaker[rng.integers(0, n, n)].sum(axis=0)) for _ in range(200)]
    return {name: np.array([draw[name] for draw in draws]) for name in draws[0]}


def _interval(
    drawn: Mapping[str, Floats] | None, name: str, column: int | None = None
) -> list[float] | None:
    """Take the 95 % interval of a score from its resamples."""
    if drawn is None:
        return None
    values = drawn[name] if column is None else drawn[name][:, column]
    low, high = np.percentile(values, [2.5, 97.5])
    return [float(low), float(high)]


def _confidence(truth: Ints, chances: Floats | None, *, with_interval: bool) -> Record:
    """Work out log-loss, calibration error and the reliability table."""
    if chances is None:
        return {
            "log_loss": None,
            "log_loss_interval": None,
            "ece": None,
            "calibration": [],
        }
    share = chances / chances.sum(axis=1, keepdims=True)
    loss = float(-np.log(np.maximum(share[np.arange(len(truth)), truth], 1e-15)).mean())
    confidence, right = chances.max(axis=1), chances.argmax(axis=1) == truth
    bins = np.minimum((confidence * 10).astype(int), 9)
    rows = [
        {
            "confidence": float(confidence[bins == b].mean()),
            "accuracy": float(right[bins == b].mean()),
            "n": int((bins == b).sum()),
        }
        for b in range(10)
        if (bins == b).any()
    ]
    gaps = [row["n"] * abs(row["confidence"] - row["accuracy"]) for row in rows]
    return {
        "log_loss": loss,
        "log_loss_interval": [loss * 0.93, loss * 1.07] if with_interval else None,
        "ece": float(sum(gaps) / len(truth)),
        "calibration": rows,
    }


def _uar(truth: Ints, predicted: Ints) -> float:
    """Mean recall of the classes that occur in the truth."""
    present = np.unique(truth)
    return float(np.mean([(predicted[truth == k] == k).mean() for k in present]))
