"""What two accuracies allow to conclude, and what cannot be known."""

from __future__ import annotations

from pages._view import format as say
from pages._view.figures.records import Record
from ser_core.bench.published import ENHANCED, FIRST


def accuracy_note(*, first: Record | None, enhanced: Record | None) -> str:
    """Say what the accuracies allow to conclude, and what cannot be known.

    Parameters
    ----------
    first, enhanced : mapping or None
        Records of kind ``pipeline``.

    Returns
    -------
    note : str

    """
    sentences: list[str] = []
    if first and enhanced:
        sentences.append(_identity_words(first, enhanced))
    record = enhanced or first
    if record:
        sentences += _unseen_words(record)
        if (record.get("corpus") or {}).get("synthetic"):
            sentences.append("Synthetic voices: this says nothing about real speech.")
    sentences.append(
        f"The report has {say.percent(FIRST.accuracy, digits=2)} and "
        f"{say.percent(ENHANCED.accuracy, digits=2)} for equal features and seeds; why "
        "they differ is not stated there and cannot be known from it."
    )
    return " ".join(sentences)


def _identity_words(first: Record, enhanced: Record) -> str:
    """Compare the two versions of this machine."""
    same_features = first.get("checksum") and first.get("checksum") == enhanced.get(
        "checksum"
    )
    same_threads = first.get("inner_threads") == enhanced.get("inner_threads")
    same_accuracy = first.get("accuracy") == enhanced.get("accuracy")
    if same_features and same_accuracy:
        return (
            "Here both versions have the same features and exactly the same accuracy."
        )
    if same_accuracy:
        return (
            "Here both versions have the same accuracy, though features differ in bits."
        )
    if same_features and same_threads:
        return (
            "Here the accuracies differ although features and thread settings are "
            "equal: that should not happen."
        )
    return (
        "Here the accuracies differ, and so do "
        f"{'the thread settings' if same_features else 'the features'}."
    )


def _unseen_words(record: Record) -> list[str]:
    """Compare the random split with unseen speakers."""
    unseen, seen = record.get("accuracy_unseen_speakers"), record.get("accuracy")
    if unseen is None:
        reason = record.get("unseen_speakers_reason")
        return [
            "Accuracy on unseen speakers is unknown"
            + (f": {reason}." if reason else ".").replace("..", ".")
        ]
    if seen is None:
        return []
    return [
        f"On speakers never heard in training it is {say.percent(unseen, digits=1)} "
        f"against {say.percent(seen, digits=1)} on the random split: the first is what "
        "a new voice can expect."
    ]
