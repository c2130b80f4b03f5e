"""Records of kind ``study`` with example rows."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from training_records import head, training_record

Record = dict[str, Any]


def study_record(
    study: str, *, rows: Sequence[Mapping[str, Any]] | None = None, **overrides: Any
) -> Record:
    """Make a record of kind ``study`` with example rows, or with the rows given."""
    made = [dict(row) for row in (STUDY_ROWS[study]() if rows is None else rows)]
    record = {
        **head("study", ("ravdess",), 24, 8, "functionals", 1),
        "study": study,
        "label": f"{study}, ravdess",
        "plan": {"study": study, "seed": 0},
        "rows": made,
        "failures": [],
        "notes": ["Simulated."],
    }
    return {**record, **copy.deepcopy(overrides)}


def _learning_rows() -> list[Record]:
    """Make rows of a learning curve, random and unseen speakers."""
    rows = []
    for split, top, rate in (("kfold", 0.82, 260.0), ("speaker", 0.58, 420.0)):
        for n_train in (72, 144, 288, 576, 1152):
            uar = top - 0.45 * float(np.exp(-n_train / rate))
            rows.append(
                {
                    "n_train": n_train,
                    "uar": round(uar, 4),
                    "war": round(uar + 0.012, 4),
                    "low": round(uar - 0.04, 4),
                    "high": round(uar + 0.04, 4),
                    "split": split,
                }
            )
    return rows


def _coefficient_rows() -> list[Record]:
    """Make the rows of 13 against 20 coefficients."""
    return [
        {
            "features": f"mfcc{n}x500",
            "n_mfcc": n,
            "n_values": n * 500,
            "model": "mlp",
            "split": "speaker",
            "seconds_features": 36.0 + 0.4 * n,
            "seconds_fit": 0.9 * n,
            "matrix_bytes": 1440 * n * 500 * 4,
            "peak_pss_bytes": (300 + 9 * n) * 2**20,
            "war": war,
            "uar": war - 0.012,
            "uar_low": war - 0.06,
            "uar_high": war + 0.04,
        }
        for n, war in ((13, 0.478), (20, 0.466))
    ]


def _dimension_rows() -> list[Record]:
    """Make the rows of a PCA: 120 components, falling like a power law."""
    shares = 1.0 / np.arange(1, 121) ** 1.1
    shares /= shares.sum()
    cumulated = np.cumsum(shares)
    return [
        {
            "component": i + 1,
            "share": round(float(shares[i]), 6),
            "cumulated": round(float(cumulated[i]), 6),
        }
        for i in range(120)
    ]


def _importance_rows() -> list[Record]:
    """Make the rows of a permutation importance, unsorted, one of them negative."""
    rng = np.random.default_rng(3)
    return [
        {
            "name": f"mfcc_{i:02d}_mean" if i % 2 else f"f0_semitone_p{i * 5}",
            "group": "cepstrum" if i % 2 else "pitch",
            "drop": round(float(drop), 5),
            "std": round(0.002 + float(abs(drop)) * 0.2, 5),
            "metric": "uar",
            "split": "speaker",
        }
        for i, drop in enumerate(rng.permutation(0.05 * 0.8 ** np.arange(28) - 0.001))
    ]


def _acceleration_rows() -> list[Record]:
    """Make rows of stock against accelerated: faster, slower, silently stock."""
    shape = {"n_samples": 1440, "n_features": 594}
    return [
        {
            **shape,
            "model": model,
            "arm": arm,
            "first_s": first,
            "seconds": seconds,
            "low_s": 0.97 * seconds,
            "high_s": 1.04 * seconds,
            "n_repeats": 3,
            "fell_back": fell_back,
            "same_predictions": 1.0,
            "reason": "kernel is not supported" if fell_back else None,
        }
        for model, arm, first, seconds, fell_back in (
            ("svm", "stock", 1.31, 1.22, False),
            ("svm", "accelerated", 0.71, 0.32, False),
            ("knn", "stock", 0.12, 0.07, False),
            ("knn", "accelerated", 0.31, 0.09, False),
            ("dt", "stock", 0.82, 0.80, False),
            ("dt", "accelerated", 0.93, 0.81, True),
        )
    ]


def comparison_records(
    features: Sequence[str] = ("means180", "prosody", "functionals", "mfcc13x500"),
    models: Sequence[str] = ("mlp", "svm", "knn", "xgb"),
) -> list[Record]:
    """Make the training records of a comparison.

    The raw coefficients are trained with ``mlp``, ``svm`` and, on what a PCA keeps of
    them, ``knn`` alone, as a comparison with a time budget leaves them.
    """
    records = []
    for i, name in enumerate(features):
        for j, model in enumerate(models):
            raw = name.startswith("mfcc")
            if raw and model not in ("mlp", "svm", "knn"):
                continue
            records.append(
                training_record(
                    features=name,
                    model=model,
                    skill=2.2 + 0.35 * i + 0.15 * j,
                    pca=0.95 if raw and model == "knn" else None,
                    seed=20 + len(models) * i + j,
                )
            )
    return records


STUDY_ROWS: dict[str, Callable[[], list[Record]]] = {
    "learning-curve": _learning_rows,
    "coefficients": _coefficient_rows,
    "dimensions": _dimension_rows,
    "importance": _importance_rows,
    "acceleration": _acceleration_rows,
}
