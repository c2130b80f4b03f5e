"""Predictions of one model, ready to be compared with another's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ser_core.errors import ParameterError

Numbers = npt.NDArray[np.intp]


@dataclass(frozen=True, kw_only=True, eq=False)
class Predictions:
    """What a model said about each tested utterance.

    Attributes
    ----------
    keys : tuple of str
        What each utterance is called, the same for every model.
    classes : tuple of str
    truth, predicted : ndarray of shape (n_samples,), intp
        Numbers of classes.
    speakers : tuple of str or None
        Who speaks; None within it where it is unknown.
    folds : ndarray of shape (n_samples,), str, or None
        The fold that tested each utterance.
    n_train : float or None
        Mean size of the folds' training parts.

    """

    keys: tuple[str, ...]
    classes: tuple[str, ...]
    truth: Numbers
    predicted: Numbers
    speakers: tuple[str | None, ...]
    folds: npt.NDArray[np.str_] | None = None
    n_train: float | None = None

    def __post_init__(self) -> None:
        lengths = {
            len(self.keys),
            len(self.truth),
            len(self.predicted),
            len(self.speakers),
            len(self.keys) if self.folds is None else len(self.folds),
        }
        if len(lengths) != 1 or len(set(self.keys)) != len(self.keys):
            raise ParameterError(
                "keys, truth, predicted, speakers and folds must be of one length, and "
                "every key must be there once; give one entry an utterance"
            )

    @classmethod
    def from_labels(
        cls,
        truth: Sequence[str],
        predicted: Sequence[str],
        *,
        speakers: Sequence[str | None] | None = None,
        folds: Sequence[str] | None = None,
        keys: Sequence[str] | None = None,
        n_train: float | None = None,
    ) -> Predictions:
        """Make predictions from labels; the keys are row numbers by default."""
        classes = tuple(sorted({*map(str, truth), *map(str, predicted)}))
        number = {label: i for i, label in enumerate(classes)}
        names: Sequence[str] = keys or [str(i) for i in range(len(truth))]
        return cls(
            keys=tuple(names),
            classes=classes,
            truth=np.array([number[str(c)] for c in truth], dtype=np.intp),
            predicted=np.array([number[str(c)] for c in predicted], dtype=np.intp),
            speakers=tuple(speakers or [None] * len(truth)),
            folds=None if folds is None else np.asarray(folds, dtype=np.str_),
            n_train=n_train,
        )

    @classmethod
    def from_record(
        cls, record: Mapping[str, Any], *, unseen: bool = False
    ) -> Predictions:
        """Take the predictions of a training record.

        Parameters
        ----------
        record : mapping
            Of kind ``training``.
        unseen : bool, default=False
            Take ``unseen_speakers`` in place of the split that was asked for.

        Raises
        ------
        ParameterError
            The record has no such result.

        """
        result = record["unseen_speakers"] if unseen else record
        if result is None:
            raise ParameterError(
                "this run has no result on unseen speakers; compare its random split, "
                "or choose another run"
            )
        rows = result["predictions"]
        corpora = [entry["fingerprint"] for entry in record["corpora"]]
        several = len(corpora) > 1
        names = [entry["name"] for entry in record["corpora"]]
        pairs = list(zip(rows["corpus"], rows["path"], strict=True))
        speakers = zip(rows["corpus"], rows["speaker"], strict=True)
        trained = [f["n_train"] for f in result["folds"]]
        return cls(
            keys=tuple(f"{corpora[corpus]}/{path}" for corpus, path in pairs),
            classes=tuple(record["classes"]),
            truth=np.asarray(rows["truth"], dtype=np.intp),
            predicted=np.asarray(rows["predicted"], dtype=np.intp),
            speakers=tuple(
                f"{names[corpus]}/{name}" if several and name else name
                for corpus, name in speakers
            ),
            folds=np.asarray(rows["fold"]).astype(np.str_),
            n_train=float(np.mean(trained)) if trained else None,
        )


def matched(a: Predictions, b: Predictions) -> tuple[Predictions, Predictions]:
    """Bring two models' predictions to the same utterances and classes.

    Parameters
    ----------
    a, b : Predictions

    Returns
    -------
    a, b : Predictions
        Over the utterances that both were tested on, in the order of `a`, with one
        numbering of the classes.

    Raises
    ------
    ParameterError
        They have no utterance in common, or different labels for one.

    """
    place = {key: i for i, key in enumerate(b.keys)}
    rows_a = [i for i, key in enumerate(a.keys) if key in place]
    rows_b = [place[a.keys[i]] for i in rows_a]
    if not rows_a:
        raise ParameterError(
            f"the two runs tested no utterance in common ({len(a.keys)} and "
            f"{len(b.keys)}); compare runs of the same corpus and split"
        )
    classes = tuple(sorted({*a.classes, *b.classes}))
    left, right = _chosen(a, rows_a, classes), _chosen(b, rows_b, classes)
    at_odds = np.flatnonzero(left.truth != right.truth)
    if len(at_odds):
        raise ParameterError(
            f"{len(at_odds)} utterance(s) have another label in each run, as "
            f"'{left.keys[at_odds[0]]}'; compare runs with the same classes"
        )
    return left, right


def _chosen(p: Predictions, rows: list[int], classes: tuple[str, ...]) -> Predictions:
    """Take some rows, with the classes numbered anew."""
    number = np.array([classes.index(label) for label in p.classes], dtype=np.intp)
    return Predictions(
        keys=tuple(p.keys[i] for i in rows),
        classes=classes,
        truth=number[p.truth[rows]],
        predicted=number[p.predicted[rows]],
        speakers=tuple(p.speakers[i] for i in rows),
        folds=None if p.folds is None else p.folds[rows],
        n_train=p.n_train,
    )
