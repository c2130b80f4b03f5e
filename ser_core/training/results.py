"""Put the folds of a split together into one result of the record."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ser_core.evaluation.judgement import judge
from ser_core.evaluation.metrics import evaluate
from ser_core.evaluation.splits import Splitting
from ser_core.evaluation.thai_ser_protocol import conditions
from ser_core.training.corpus_data import ChosenCorpora
from ser_core.training.folds import FoldResult
from ser_core.training.samples import Samples, speakers_of

THAI_SER_AUTHORS: Final = "thai-ser-authors"

_DIGITS: Final = 4
"""Digits of the probabilities that a record keeps."""


def collect(
    samples: Samples,
    splitting: Splitting,
    folds: Sequence[FoldResult],
    *,
    chosen: ChosenCorpora,
    seed: int = 0,
) -> dict[str, Any]:
    """Judge the pooled predictions of all folds.

    Parameters
    ----------
    samples : Samples
    splitting : Splitting
        As it was fitted.
    folds : sequence of FoldResult
        In its order.
    chosen : ChosenCorpora
        For the paths of the clips.
    seed : int, default 0
        Of the bootstrap.

    Returns
    -------
    result : dict
        A RESULT of docs/architecture.md.

    """
    classes = samples.classes
    tested = np.concatenate([fold.test for fold in splitting.folds])
    predicted = np.concatenate([result.predicted for result in folds])
    probabilities = _pooled_probabilities(folds, classes)
    number_of_fold = np.concatenate(
        [np.full(len(fold.test), i) for i, fold in enumerate(splitting.folds)]
    )
    voices = speakers_of(samples)[tested].tolist()
    known = all(voices)
    judgement = judge(
        samples.y[tested].tolist(),
        predicted.tolist(),
        probabilities,
        classes=classes,
        speakers=voices if known else None,
        seed=seed,
    )
    index = {label: i for i, label in enumerate(classes)}
    return {
        "split": splitting.name,
        "speaker_independent": splitting.speaker_independent,
        "n_train": _median([len(fold.train) for fold in splitting.folds]),
        "n_validation": _median([len(fold.validation) for fold in splitting.folds]),
        "n_test": len(tested),
        "n_speakers": len(set(voices)) if known else None,
        "shared_speakers": _shared_speakers(samples, splitting),
        **judgement.to_json(),
        "folds": [
            _fold_row(samples, fold.test, result)
            for fold, result in zip(splitting.folds, folds, strict=True)
        ],
        "fit_s": sum(result.fit_s for result in folds),
        "predict_s": sum(result.predict_s for result in folds),
        "notes": list(splitting.notes),
        **_by_condition(samples, splitting, tested, predicted),
        "predictions": {
            "path": [_path(samples, chosen, i) for i in tested],
            "corpus": samples.corpus[tested].tolist(),
            "speaker": [samples.utterances[i].speaker for i in tested],
            "truth": [index[label] for label in samples.y[tested].tolist()],
            "predicted": [index[label] for label in predicted.tolist()],
            "probabilities": (
                None
                if probabilities is None
                else np.round(probabilities, _DIGITS).tolist()
            ),
            "fold": number_of_fold.tolist(),
        },
    }


def _by_condition(
    samples: Samples,
    splitting: Splitting,
    tested: npt.NDArray[np.intp],
    predicted: npt.NDArray[np.str_],
) -> dict[str, Any]:
    """Judge con, clip and zoom apart, as the authors of THAI-SER do."""
    if splitting.name != THAI_SER_AUTHORS:
        return {}
    of_row = np.array(
        [name or "" for name in conditions([samples.utterances[i] for i in tested])]
    )
    rows = []
    for name in sorted(set(of_row.tolist()) - {""}):
        chosen = of_row == name
        scored = evaluate(
            samples.y[tested][chosen].tolist(),
            predicted[chosen].tolist(),
            classes=samples.classes,
        )
        rows.append(
            {
                "condition": name,
                "n": int(chosen.sum()),
                "war": scored.accuracy,
                "uar": scored.uar,
            }
        )
    return {"by_condition": rows}


def _pooled_probabilities(
    folds: Sequence[FoldResult], classes: Sequence[str]
) -> npt.NDArray[np.float64] | None:
    """Stack the folds' probabilities, a class that a fold did not know being 0."""
    column = {label: i for i, label in enumerate(classes)}
    stacked = []
    for result in folds:
        if result.probabilities is None:
            return None
        full = np.zeros((len(result.predicted), len(classes)))
        full[:, [column[label] for label in result.known.tolist()]] = (
            result.probabilities
        )
        stacked.append(full)
    return np.concatenate(stacked)


def _fold_row(
    samples: Samples, test: npt.NDArray[np.intp], result: FoldResult
) -> dict[str, Any]:
    """Return the figures of one fold."""
    scored = evaluate(
        samples.y[test].tolist(), result.predicted.tolist(), classes=samples.classes
    )
    return {
        "name": result.work.name,
        "n_train": len(result.work.train),
        "n_test": len(test),
        "war": scored.accuracy,
        "uar": scored.uar,
        "fit_s": result.fit_s,
        "predict_s": result.predict_s,
    }


def _shared_speakers(samples: Samples, splitting: Splitting) -> int | None:
    """Count the speakers of test parts that their own training part holds too."""
    speakers = speakers_of(samples)
    if (speakers == "").any():
        return None
    shared: set[str] = set()
    for fold in splitting.folds:
        shared |= set(speakers[fold.test]) & set(speakers[fold.train])
    return len(shared)


def _path(samples: Samples, chosen: ChosenCorpora, number: int) -> str:
    """Name a clip below its corpus."""
    root = chosen.corpora[int(samples.corpus[number])].root
    return samples.utterances[number].path.relative_to(root).as_posix()


def _median(counts: Sequence[int]) -> int:
    """Return the median of whole numbers, rounded."""
    return round(statistics.median(counts))
