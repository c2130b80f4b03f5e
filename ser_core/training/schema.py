"""The shape of the records of training runs and studies, version 1."""

from __future__ import annotations

from typing import Any, Final

from ser_core.errors import RecordError
from ser_core.store.record_head import (
    BYTES,
    COUNT,
    HEAD,
    LABEL,
    NAME,
    NOTES,
    SECONDS,
    SHARE,
)
from ser_core.store.shapes import (
    Anything,
    Choice,
    Flag,
    ListOf,
    MapOf,
    Maybe,
    Number,
    Shape,
    Table,
    Text,
)

STUDIES: Final[tuple[str, ...]] = (
    "learning-curve",
    "coefficients",
    "dimensions",
    "importance",
    "acceleration",
)
"""The studies known by name."""

_ROWS: Final = 200_000
_INTERVAL: Final = Maybe(ListOf(SHARE, 2, 2))
_WORDS: Final = Maybe(Text(longest=2_000))
_FEATURES: Final = Text(longest=120, pattern=r"[\w.+-]{1,120}")
_SCORE: Final = Table(
    {
        **dict.fromkeys(("precision", "recall", "f1"), SHARE),
        "support": COUNT,
    },
    dict.fromkeys(("precision_interval", "recall_interval", "f1_interval"), _INTERVAL),
)

_RESULT_FIELDS: Final[dict[str, Shape]] = {
    "split": NAME,
    "speaker_independent": Flag(),
    "n_train": COUNT,
    "n_validation": COUNT,
    "n_test": COUNT,
    "n_speakers": Maybe(COUNT),
    "shared_speakers": Maybe(COUNT),
    **dict.fromkeys(("war", "uar", "macro_f1", "weighted_f1"), SHARE),
    **dict.fromkeys(
        ("war_interval", "uar_interval", "macro_f1_interval", "weighted_f1_interval"),
        _INTERVAL,
    ),
    "log_loss": Maybe(Number()),
    "log_loss_interval": Maybe(ListOf(Number(), 2, 2)),
    "ece": Maybe(SHARE),
    "interval_reason": _WORDS,
    "by_speaker": ListOf(
        Table({"speaker": Text(longest=200), "n": COUNT, "war": SHARE, "uar": SHARE}),
        100_000,
    ),
    "per_class": MapOf(LABEL, _SCORE, 100),
    "confusion": Table(
        {
            "labels": ListOf(LABEL, 100, 2),
            "counts": ListOf(ListOf(COUNT, 100), 100, 2),
        }
    ),
    "calibration": ListOf(
        Table({"confidence": SHARE, "accuracy": SHARE, "n": COUNT}), 100
    ),
    "folds": ListOf(
        Table(
            {
                "name": Text(longest=200),
                "n_train": COUNT,
                "n_test": COUNT,
                "war": SHARE,
                "uar": SHARE,
                "fit_s": SECONDS,
                "predict_s": SECONDS,
            }
        ),
        10_000,
        1,
    ),
    "fit_s": SECONDS,
    "predict_s": SECONDS,
    "predictions": Table(
        {
            "path": ListOf(Text(longest=4_096), _ROWS),
            "corpus": ListOf(COUNT, _ROWS),
            "speaker": ListOf(Maybe(Text(longest=200)), _ROWS),
            "truth": ListOf(COUNT, _ROWS),
            "predicted": ListOf(COUNT, _ROWS),
            "probabilities": Maybe(ListOf(ListOf(SHARE, 100), _ROWS)),
            "fold": ListOf(COUNT, _ROWS),
        }
    ),
}
_RESULT_OPTIONAL: Final[dict[str, Shape]] = {
    "by_condition": ListOf(
        Table({"condition": NAME, "n": COUNT, "war": SHARE, "uar": SHARE}), 20
    ),
    "notes": NOTES,
    "brier": Maybe(Number()),
}
_RESULT: Final = Table(_RESULT_FIELDS, _RESULT_OPTIONAL)

_CORPUS: Final = Table(
    {
        "name": Text(longest=100),
        "synthetic": Flag(),
        "root": Maybe(Text(longest=4_096)),
        "fingerprint": Maybe(Text(longest=128, pattern=r"[\w:.-]*")),
        "n_utterances": COUNT,
        "n_files": COUNT,
        "licence": Maybe(Text(longest=500)),
        "language": Maybe(Text(longest=100)),
    },
    {"n_speakers": Maybe(COUNT)},
)

_TRAINING: Final = Table(
    {
        **HEAD,
        "kind": Choice(("training",)),
        "corpora": ListOf(_CORPUS, 100, 1),
        "plan": Anything(),
        "model": NAME,
        "features": _FEATURES,
        "preset": Maybe(NAME),
        "matrix_key": Text(longest=64, pattern=r"[0-9a-f]+"),
        "classes": ListOf(LABEL, 100, 2),
        "emotions_common": ListOf(LABEL, 100),
        "emotions_dropped": MapOf(LABEL, COUNT, 100),
        **_RESULT_FIELDS,
        "unseen_speakers": Maybe(_RESULT),
        "unseen_speakers_reason": _WORDS,
        "gap": Text(longest=2_000),
        "human": Maybe(
            Table({"accuracy": SHARE, "uar": Maybe(SHARE), "source": Text(longest=500)})
        ),
        "tuning": Maybe(Anything()),
        "pca": Maybe(Table({"components": ListOf(COUNT, 10_000), "share": Number()})),
        "seconds": MapOf(NAME, SECONDS, 20),
        "peak_rss_bytes": Maybe(BYTES),
        "peak_pss_bytes": Maybe(BYTES),
        "bundle": Maybe(Text(longest=100)),
    },
    _RESULT_OPTIONAL,
)

_STUDY: Final = Table(
    {
        **HEAD,
        "kind": Choice(("study",)),
        "study": Choice(STUDIES),
        "plan": Anything(),
        "rows": ListOf(MapOf(NAME, Anything(), 60), 100_000),
    }
)


def check_shape(record: dict[str, Any]) -> None:
    """Check a record of a training run or a study.

    Raises
    ------
    RecordError
        Something is missing, unknown, or of another type or size, or lists that
        belong together are not of one length; the message names the place.

    """
    if record.get("kind") == "study":
        _STUDY.check(record, "")
        return
    _TRAINING.check(record, "")
    _check_result(record, len(record["classes"]), "")
    unseen = record["unseen_speakers"]
    if unseen is not None:
        _check_result(unseen, len(record["classes"]), "unseen_speakers.")


def _check_result(result: dict[str, Any], n_classes: int, where: str) -> None:
    """Check that a result's tables fit its classes, and its lists each other."""
    counts = result["confusion"]["counts"]
    if len(counts) != n_classes or any(len(row) != n_classes for row in counts):
        raise RecordError(
            f"run record: {where}confusion is not {n_classes} by {n_classes}, one row "
            "and one column a class. The file is damaged: export the run again"
        )
    predictions = result["predictions"]
    lengths = {len(v) for v in predictions.values() if v is not None}
    if lengths != {result["n_test"]}:
        raise RecordError(
            f"run record: {where}predictions hold lists of {sorted(lengths)} entries "
            f"for {result['n_test']} tested utterances. The file is damaged: export "
            "the run again"
        )
    for key in ("truth", "predicted"):
        if any(value >= n_classes for value in predictions[key]):
            raise RecordError(
                f"run record: {where}predictions.{key} names a class beyond the "
                f"{n_classes} that there are. The file is damaged: export the run "
                "again"
            )
