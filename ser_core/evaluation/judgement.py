"""Judge pooled predictions: every figure of a result, with intervals by speaker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ser_core.errors import ParameterError
from ser_core.evaluation.bootstrap import (
    Interval,
    Speakers,
    known_speakers,
    percentile_interval,
    speaker_counts,
    speaker_weights,
)
from ser_core.evaluation.metrics import Labels, check_labels
from ser_core.evaluation.probabilities import (
    CalibrationBin,
    calibration_bins,
    check_probabilities,
    expected_calibration_error,
    log_losses,
)
from ser_core.evaluation.rates import Floats, Rates, confusion_counts, rates

OVERALL: Final[tuple[str, ...]] = ("war", "uar", "macro_f1", "weighted_f1")
"""Figures over all classes."""

PER_CLASS: Final[tuple[str, ...]] = ("precision", "recall", "f1")
"""Figures of each class."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """A figure and its 95 % interval over speakers, None where there is none."""

    value: float
    interval: Interval | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassJudgement:
    """How one class was found.

    Attributes
    ----------
    precision, recall, f1 : Figure
        0 where nothing was predicted, or nothing was there to be found.
    support : int
        Utterances that carry the class.

    """

    precision: Figure
    recall: Figure
    f1: Figure
    support: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PartScore:
    """Accuracy and UAR of one speaker or one fold, over the classes that it has."""

    name: str
    n: int
    war: float
    uar: float


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What predictions are worth.

    Attributes
    ----------
    classes : tuple of str
        Order of rows and columns of `confusion`.
    overall : mapping of str to Figure
        ``war`` (accuracy), ``uar``, ``macro_f1`` and ``weighted_f1``.
    per_class : mapping of str to ClassJudgement
    confusion : tuple of tuple of int
        Counts; rows are the truth, columns the predictions.
    log_loss : Figure or None
        Mean in nats; None without probabilities.
    ece : float or None
        Expected calibration error, 0 to 1; None without probabilities.
    calibration : tuple of CalibrationBin
    interval_reason : str or None
        Why there are no intervals; None where there are.
    by_speaker, folds : tuple of PartScore
        Empty where they are unknown.

    """

    classes: tuple[str, ...]
    overall: Mapping[str, Figure]
    per_class: Mapping[str, ClassJudgement]
    confusion: tuple[tuple[int, ...], ...]
    log_loss: Figure | None
    ece: float | None
    calibration: tuple[CalibrationBin, ...]
    interval_reason: str | None
    by_speaker: tuple[PartScore, ...]
    folds: tuple[PartScore, ...]

    @property
    def n_test(self) -> int:
        """Utterances that were judged."""
        return sum(map(sum, self.confusion))

    def to_json(self) -> dict[str, Any]:
        """Return the figures of a record's RESULT; ``folds`` only where known."""
        loss = self.log_loss
        plain: dict[str, Any] = {
            **_with_intervals(self.overall),
            "log_loss": None if loss is None else loss.value,
            "log_loss_interval": None if loss is None else _listed(loss.interval),
            "ece": self.ece,
            "interval_reason": self.interval_reason,
            "by_speaker": [
                {"speaker": s.name, "n": s.n, "war": s.war, "uar": s.uar}
                for s in self.by_speaker
            ],
            "per_class": {
                label: {
                    **_with_intervals({f: getattr(score, f) for f in PER_CLASS}),
                    "support": score.support,
                }
                for label, score in self.per_class.items()
            },
            "confusion": {
                "labels": list(self.classes),
                "counts": [list(row) for row in self.confusion],
            },
            "calibration": [asdict(each) for each in self.calibration],
        }
        if self.folds:
            plain["folds"] = [
                {"name": f.name, "n_test": f.n, "war": f.war, "uar": f.uar}
                for f in self.folds
            ]
        return plain


def judge(
    truth: Labels,
    predicted: Labels,
    probabilities: npt.ArrayLike | None = None,
    *,
    classes: Sequence[str],
    speakers: Sequence[str | None] | None = None,
    folds: Sequence[str] | None = None,
    seed: int = 0,
) -> Judgement:
    """Work out every figure of a result.

    Parameters
    ----------
    truth, predicted : sequence of str, length n_samples
        Of all folds together.
    probabilities : array-like of shape (n_samples, n_classes), optional
        One column a class, in the order of `classes`.
    classes : sequence of str
        Every class that the model knows or the truth holds.
    speakers : sequence of str or None, length n_samples, optional
        Who speaks; None where it is not known.
    folds : sequence of str, length n_samples, optional
        The fold that tested each row.
    seed : int, default=0
        Of the bootstrap.

    Returns
    -------
    judgement : Judgement
        All figures float64.

    Raises
    ------
    ParameterError
        There is nothing to judge, lengths differ, a label is not among `classes`, or
        `probabilities` are none.

    Notes
    -----
    Intervals are the middle 95 % of 1,000 bootstrap draws that take whole speakers
    with replacement: utterances of one voice are no independent observations, and
    resampling them one by one makes intervals too narrow. They cover the choice of
    the speakers that were tested, not that of the training data or the seed.

    """
    check_labels(truth, predicted, classes)
    n_rows, k = len(truth), len(classes)
    _check_length("speakers", speakers, n_rows)
    _check_length("folds", folds, n_rows)
    y, found = _numbers(truth, classes), _numbers(predicted, classes)
    voices = known_speakers(speakers, n_rows=n_rows)
    by_speaker = speaker_counts(y * k + found, voices, n_cells=k * k)
    weights, drawn = None, None
    if voices.reason is None:
        weights = speaker_weights(len(voices.names), seed=seed)
        drawn = rates((weights @ by_speaker).reshape(-1, k, k))
    loss: Figure | None = None
    bins: tuple[CalibrationBin, ...] = ()
    if probabilities is not None:
        p = check_probabilities(probabilities, n_rows=n_rows, n_classes=k)
        loss = _log_loss(p, y, voices, weights)
        bins = calibration_bins(p, found, y == found)
    counts = confusion_counts(y, found, n_classes=k)
    figures = rates(counts)
    return Judgement(
        classes=tuple(classes),
        overall={name: _overall(name, figures, drawn) for name in OVERALL},
        per_class={
            label: _class_judgement(i, figures, drawn, support=int(counts[i].sum()))
            for i, label in enumerate(classes)
        },
        confusion=tuple(tuple(int(n) for n in row) for row in counts),
        log_loss=loss,
        ece=expected_calibration_error(bins) if bins else None,
        calibration=bins,
        interval_reason=voices.reason,
        by_speaker=_part_scores(voices.names, by_speaker.reshape(-1, k, k)),
        folds=_fold_scores(folds, y, found, n_classes=k),
    )


def _overall(name: str, figures: Rates, drawn: Rates | None) -> Figure:
    """Return one figure over all classes."""
    value = float(getattr(figures, name))
    if drawn is None:
        return Figure(value=value)
    return Figure(value=value, interval=percentile_interval(getattr(drawn, name)))


def _class_judgement(
    column: int, figures: Rates, drawn: Rates | None, *, support: int
) -> ClassJudgement:
    """Return the figures of one class."""

    def figure(name: str) -> Figure:
        value = float(np.nan_to_num(getattr(figures, name)[column]))
        if drawn is None or not support:
            return Figure(value=value)
        draws = getattr(drawn, name)[:, column]
        return Figure(value=value, interval=percentile_interval(draws))

    return ClassJudgement(
        precision=figure("precision"),
        recall=figure("recall"),
        f1=figure("f1"),
        support=support,
    )


def _log_loss(
    probabilities: Floats,
    truth: npt.NDArray[np.intp],
    speakers: Speakers,
    weights: Floats | None,
) -> Figure:
    """Return the mean log-loss."""
    losses = log_losses(probabilities, truth)
    if weights is None:
        return Figure(value=float(losses.mean()))
    n = len(speakers.names)
    sums = np.bincount(speakers.row, weights=losses, minlength=n)
    sizes = np.bincount(speakers.row, minlength=n)
    draws = (weights @ sums) / (weights @ sizes)
    return Figure(value=float(losses.mean()), interval=percentile_interval(draws))


def _part_scores(names: Sequence[str], counts: Floats) -> tuple[PartScore, ...]:
    """Score each speaker or fold by its own confusion counts."""
    if not names:
        return ()
    figures = rates(counts)
    return tuple(
        PartScore(
            name=name,
            n=int(counts[i].sum()),
            war=float(figures.war[i]),
            uar=float(figures.uar[i]),
        )
        for i, name in enumerate(names)
    )


def _fold_scores(
    folds: Sequence[str] | None,
    truth: npt.NDArray[np.intp],
    predicted: npt.NDArray[np.intp],
    *,
    n_classes: int,
) -> tuple[PartScore, ...]:
    """Score each fold, in the order in which they come."""
    if folds is None:
        return ()
    names = list(dict.fromkeys(str(fold) for fold in folds))
    number = {name: i for i, name in enumerate(names)}
    row = np.array([number[str(fold)] for fold in folds], dtype=np.intp)
    counts = speaker_counts(
        truth * n_classes + predicted,
        Speakers(names=tuple(names), row=row, reason=None),
        n_cells=n_classes**2,
    )
    return _part_scores(names, counts.reshape(-1, n_classes, n_classes))


def _numbers(labels: Labels, classes: Sequence[str]) -> npt.NDArray[np.intp]:
    """Return each label's place among the classes."""
    number = {label: i for i, label in enumerate(classes)}
    return np.array([number[str(label)] for label in labels], dtype=np.intp)


def _check_length(name: str, values: Sequence[object] | None, n_rows: int) -> None:
    """Refuse a list of another length than the labels."""
    if values is not None and len(values) != n_rows:
        raise ParameterError(
            f"{name} has {len(values)} entries for {n_rows} labels; one each is "
            "expected"
        )


def _with_intervals(figures: Mapping[str, Figure]) -> dict[str, Any]:
    """Return each figure and beside it its interval."""
    plain: dict[str, Any] = {}
    for name, figure in figures.items():
        plain[name] = figure.value
        plain[f"{name}_interval"] = _listed(figure.interval)
    return plain


def _listed(interval: Interval | None) -> list[float] | None:
    """Return an interval as plain JSON."""
    return None if interval is None else list(interval)
