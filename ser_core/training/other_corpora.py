"""Try a model on corpora that had no part in its training."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ser_core.corpora.download_sources import SOURCES
from ser_core.corpora.reader import read_corpus
from ser_core.corpora.registry import lookup
from ser_core.corpora.utterance import Corpus
from ser_core.errors import ModelError
from ser_core.evaluation.groups import speaker_names
from ser_core.evaluation.judgement import Judgement, judge
from ser_core.features.matrix import FeatureMatrix, feature_matrix
from ser_core.features.progress import Emit
from ser_core.models.abstention import answered
from ser_core.models.calibration import apply_temperature
from ser_core.models.card import ModelCard
from ser_core.models.card_record import LANGUAGES
from ser_core.models.other_corpus import OtherCorpus
from ser_core.models.training_distance import distances
from ser_core.store.data_folder import DataFolder

LOSSY_SUFFIXES: Final = frozenset((".ogg", ".opus", ".mp3", ".m4a", ".aac"))
"""Of files that a lossy codec made; the published originals of all corpora are not."""


def judge_on(
    recogniser: Any,
    card: ModelCard,
    corpus: str,
    *,
    data: DataFolder,
    emit: Emit | None = None,
) -> OtherCorpus:
    """Judge a saved model on a corpus that it was not trained on.

    Parameters
    ----------
    recogniser : Pipeline
        Fitted.
    card : ModelCard
        Its features, classes, calibration and abstention are used.
    corpus : str
        Name of a registered corpus, or path of a folder.
    data : DataFolder
        Where corpora are registered and features are stored.
    emit : callable, optional
        Called with ``progress`` and ``log`` events.

    Returns
    -------
    found : OtherCorpus

    Raises
    ------
    CorpusError
        The corpus is not known, or none of its files can be read.
    ModelError
        It is one that the model was trained on, none of its emotions is a class of
        the model, or the model gives no probabilities.

    """
    entry = lookup(corpus, data=data)
    read = read_corpus(entry.root, reader=entry.reader)
    if read.name in {trained.name for trained in card.corpora}:
        raise ModelError(
            f"model {card.name!r} was trained on {read.name!r}; name a corpus that had "
            "no part in its training"
        )
    if not hasattr(recogniser, "predict_proba"):
        raise ModelError(
            f"model {card.name!r} gives no probabilities; save one that does, which "
            "all models of SER Lab do"
        )
    matrix = feature_matrix([read], card.feature_set(), data=data, emit=emit)
    labels = np.array([u.emotion for u in matrix.utterances], dtype=np.str_)
    rows = np.flatnonzero(np.isin(labels, card.classes))
    if not len(rows):
        raise ModelError(
            f"model {card.name!r} tells {', '.join(card.classes)} apart, and "
            f"{read.name!r} has none of these; name another corpus"
        )
    X = np.asarray(matrix.X[rows])
    probabilities = calibrated(recogniser, card, X)
    voices = speaker_names([matrix.utterances[i] for i in rows])
    judgement = judge(
        labels[rows].tolist(),
        np.asarray(card.classes)[probabilities.argmax(axis=1)].tolist(),
        probabilities,
        classes=card.classes,
        speakers=voices,
    )
    return _other_corpus(
        card,
        read,
        matrix,
        judgement,
        left_out=Counter(labels[~np.isin(labels, card.classes)].tolist()),
        n_speakers=len(set(voices)) if all(voices) else None,
        answers=_answers(recogniser, card, X, probabilities, labels[rows]),
    )


def calibrated(
    recogniser: Any, card: ModelCard, X: npt.NDArray[np.float32]
) -> npt.NDArray[np.float64]:
    """Return probabilities as the card corrects them.

    Parameters
    ----------
    recogniser : Pipeline
    card : ModelCard
    X : ndarray of shape (n_samples, n_features), float32
        Stays as it is.

    Returns
    -------
    probabilities : ndarray of shape (n_samples, n_classes), float64

    """
    found = np.asarray(recogniser.predict_proba(np.array(X)), dtype=np.float64)
    if card.calibration is None:
        return found
    return apply_temperature(found, card.calibration.temperature)


def lossy_note(corpora: Sequence[Corpus]) -> str:
    """Say which corpora were read from lossy copies, by their files' suffixes.

    Returns
    -------
    note : str
        A sentence, or nothing.

    """
    told = []
    for corpus in corpora:
        suffixes = Counter(u.path.suffix.lower() for u in corpus.utterances)
        n_lossy = sum(suffixes[suffix] for suffix in LOSSY_SUFFIXES)
        if n_lossy:
            which = ", ".join(sorted(suffixes.keys() & LOSSY_SUFFIXES))
            told.append(f"{corpus.name} ({n_lossy:,} files, {which})")
    if not told:
        return ""
    return f"Read from lossy copies, not from the originals: {'; '.join(told)}."


def _answers(
    recogniser: Any,
    card: ModelCard,
    X: npt.NDArray[np.float32],
    probabilities: npt.NDArray[np.float64],
    truth: npt.NDArray[np.str_],
) -> dict[str, float | None]:
    """Tell how many clips are answered, and what these answers are worth."""
    names = ("share_answered", "accuracy_answered", "share_too_far")
    if card.abstention is None:
        return dict.fromkeys(names)
    away = distances(recogniser, X)
    farthest = card.abstention.max_distance
    sure = answered(probabilities.max(axis=1), away, card.abstention)
    right = np.asarray(card.classes)[probabilities.argmax(axis=1)] == truth
    return {
        "share_answered": float(sure.mean()),
        "accuracy_answered": float(right[sure].mean()) if sure.any() else None,
        "share_too_far": None if farthest is None else float((away > farthest).mean()),
    }


def _other_corpus(
    card: ModelCard,
    corpus: Corpus,
    matrix: FeatureMatrix,
    judgement: Judgement,
    *,
    left_out: Counter[str],
    n_speakers: int | None,
    answers: dict[str, float | None],
) -> OtherCorpus:
    """Put the figures of one corpus together."""
    source = SOURCES.get(corpus.name)
    war, uar = judgement.overall["war"], judgement.overall["uar"]
    heard = {
        label: score for label, score in judgement.per_class.items() if score.support
    }
    return OtherCorpus(
        name=corpus.name,
        language=LANGUAGES.get(corpus.name),
        licence=None if source is None else source.licence,
        n_clips=judgement.n_test,
        n_speakers=n_speakers,
        classes=tuple(sorted(heard)),
        left_out=dict(sorted(left_out.items())),
        n_failed=len(matrix.failures),
        war=war.value,
        war_interval=war.interval,
        uar=uar.value,
        uar_interval=uar.interval,
        interval_reason=judgement.interval_reason,
        recall={label: heard[label].recall.value for label in sorted(heard)},
        ece=float(judgement.ece or 0.0),
        note=lossy_note([corpus]),
        **answers,
    )
