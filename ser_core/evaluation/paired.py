"""Compare two models on the same utterances.

References
----------
Q. McNemar, "Note on the sampling error of the difference between correlated
proportions or percentages", Psychometrika 12, 1947, doi 10.1007/BF02295996.
C. Nadeau and Y. Bengio, "Inference for the generalization error", Machine Learning
52, 2003, doi 10.1023/A:1024068626366.
C. A. Field and A. H. Welsh, "Bootstrapping clustered data", Journal of the Royal
Statistical Society B 69(3), 2007, doi 10.1111/j.1467-9868.2007.00593.x.

"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ser_core.evaluation.bootstrap import (
    MIN_SPEAKERS,
    N_DRAWS,
    Interval,
    known_speakers,
    percentile_interval,
    speaker_counts,
    speaker_weights,
)
from ser_core.evaluation.predictions import Predictions, matched
from ser_core.evaluation.rates import Floats, confusion_counts, rates

EXACT_BELOW: Final = 25
"""With fewer discordant utterances McNemar's test is the exact binomial one."""

LEVEL: Final = 0.05
"""Below it a difference is called one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class McNemar:
    """McNemar's test of two accuracies.

    Attributes
    ----------
    only_a, only_b : int
        Utterances that only the one model got right.
    statistic : float or None
        Chi-squared with continuity correction, 1 degree of freedom; None for the
        exact test.
    p_value : float
        Two-sided.

    """

    only_a: int
    only_b: int
    statistic: float | None
    p_value: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ResampledT:
    """Corrected resampled t test over folds.

    Attributes
    ----------
    n_folds : int
    mean_difference : float
        Of the folds' UAR, A minus B.
    t : float
    p_value : float
        Two-sided, ``n_folds - 1`` degrees of freedom.

    """

    n_folds: int
    mean_difference: float
    t: float
    p_value: float


@dataclass(frozen=True, kw_only=True, slots=True)
class SpeakerBootstrap:
    """Difference of UAR under resampling of speakers.

    Attributes
    ----------
    n_speakers : int
    interval : (float, float)
        Middle 95 % of the draws, A minus B.
    p_value : float
        Two-sided: twice the smaller share of draws on one side of zero.

    """

    n_speakers: int
    interval: Interval
    p_value: float


@dataclass(frozen=True, kw_only=True)
class PairedTest:
    """What can be said about the difference of two models.

    Attributes
    ----------
    names : (str, str)
        Of A and B.
    n : int
        Utterances that both were tested on.
    war_difference, uar_difference : float
        A minus B.
    mcnemar : McNemar
        Takes utterances as independent, which they are not within a speaker: too
        sure of itself.
    resampled_t : ResampledT or None
        None without at least two folds shared by both models.
    bootstrap : SpeakerBootstrap or None
        The one to go by where it is there; None for unknown or too few speakers.
    words : str
        The outcome in one or two sentences.

    """

    names: tuple[str, str]
    n: int
    war_difference: float
    uar_difference: float
    mcnemar: McNemar
    resampled_t: ResampledT | None
    bootstrap: SpeakerBootstrap | None
    words: str

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        plain = asdict(self)
        plain["names"] = list(self.names)
        if self.bootstrap is not None:
            plain["bootstrap"]["interval"] = list(self.bootstrap.interval)
        return plain


def paired_test(
    a: Predictions,
    b: Predictions,
    *,
    names: tuple[str, str] = ("A", "B"),
    seed: int = 0,
) -> PairedTest:
    """Test whether two models differ on the utterances that both were tested on.

    Parameters
    ----------
    a, b : Predictions
    names : (str, str), default=("A", "B")
        For the words.
    seed : int, default=0
        Of the bootstrap.

    Returns
    -------
    test : PairedTest

    Raises
    ------
    ParameterError
        The two have no utterance in common, or different labels for one.

    Notes
    -----
    The bootstrap draws whole speakers, the same for both models. McNemar's test
    compares accuracies and looks only at utterances on which the models disagree. The
    t test of Nadeau and Bengio compares the folds' UARs and enlarges their variance
    by the ratio of test to training size, because the folds share training data.

    """
    left, right = matched(a, b)
    n_classes = len(left.classes)
    y = left.truth
    counts = np.stack(
        [confusion_counts(y, p.predicted, n_classes=n_classes) for p in (left, right)]
    )
    figures = rates(counts)
    uar_difference = float(figures.uar[0] - figures.uar[1])
    mcnemar = mcnemar_test(left.predicted == y, right.predicted == y)
    bootstrap = _bootstrap(left, right, uar_difference, seed=seed)
    return PairedTest(
        names=names,
        n=len(y),
        war_difference=float(figures.war[0] - figures.war[1]),
        uar_difference=uar_difference,
        mcnemar=mcnemar,
        resampled_t=_over_folds(left, right),
        bootstrap=bootstrap,
        words=_words(names, uar_difference, mcnemar, bootstrap),
    )


def mcnemar_test(
    right_a: npt.NDArray[np.bool_], right_b: npt.NDArray[np.bool_]
) -> McNemar:
    """Compare two accuracies on the same utterances.

    Parameters
    ----------
    right_a, right_b : ndarray of shape (n_samples,), bool
        Which utterances each model got right.

    Returns
    -------
    test : McNemar
        Exact (binomial) below 25 discordant utterances, else
        ``(|b - c| - 1)² / (b + c)`` against chi-squared.

    """
    from scipy.stats import binom, chi2

    only_a = int((right_a & ~right_b).sum())
    only_b = int((right_b & ~right_a).sum())
    n = only_a + only_b
    if n < EXACT_BELOW:
        p = min(1.0, 2 * float(binom.cdf(min(only_a, only_b), n, 0.5))) if n else 1.0
        return McNemar(only_a=only_a, only_b=only_b, statistic=None, p_value=p)
    statistic = max(abs(only_a - only_b) - 1, 0) ** 2 / n
    p = float(chi2.sf(statistic, 1))
    return McNemar(only_a=only_a, only_b=only_b, statistic=statistic, p_value=p)


def corrected_t_test(
    differences: Sequence[float], *, n_train: float, n_test: float
) -> ResampledT | None:
    """Test the mean difference over folds that share training data.

    Parameters
    ----------
    differences : sequence of float
        One a fold.
    n_train, n_test : float
        Mean sizes of the parts.

    Returns
    -------
    test : ResampledT or None
        None below two folds, or where every fold differs by the same amount other
        than zero, which leaves no variance to test against.

    """
    from scipy.stats import t as student

    d = np.asarray(differences, dtype=np.float64)
    if len(d) < 2:
        return None
    mean = float(d.mean())
    variance = float(d.var(ddof=1)) * (1 / len(d) + n_test / n_train)
    if np.ptp(d) == 0:
        if mean != 0:
            return None
        return ResampledT(n_folds=len(d), mean_difference=0.0, t=0.0, p_value=1.0)
    t = mean / math.sqrt(variance)
    p = 2 * float(student.sf(abs(t), len(d) - 1))
    return ResampledT(n_folds=len(d), mean_difference=mean, t=t, p_value=p)


def _over_folds(a: Predictions, b: Predictions) -> ResampledT | None:
    """Compare the folds' UARs where both models had the same folds."""
    if a.folds is None or b.folds is None or not np.array_equal(a.folds, b.folds):
        return None
    n_classes = len(a.classes)
    differences: list[float] = []
    sizes: list[int] = []
    for fold in np.unique(a.folds):
        rows = a.folds == fold
        y = a.truth[rows]
        uar = [
            float(rates(confusion_counts(y, p[rows], n_classes=n_classes)).uar)
            for p in (a.predicted, b.predicted)
        ]
        differences.append(uar[0] - uar[1])
        sizes.append(len(y))
    n_test = float(np.mean(sizes))
    n_train = float(a.n_train) if a.n_train else len(a.truth) - n_test
    if n_train <= 0:
        return None
    return corrected_t_test(differences, n_train=n_train, n_test=n_test)


def _bootstrap(
    a: Predictions, b: Predictions, difference: float, *, seed: int
) -> SpeakerBootstrap | None:
    """Resample speakers, the same for both models."""
    speakers = known_speakers(a.speakers, n_rows=len(a.truth))
    if speakers.reason is not None:
        return None
    k = len(a.classes)
    weights = speaker_weights(len(speakers.names), seed=seed)

    def drawn(predicted: npt.NDArray[np.intp]) -> Floats:
        cells = speaker_counts(a.truth * k + predicted, speakers, n_cells=k * k)
        return rates((weights @ cells).reshape(-1, k, k)).uar

    draws = drawn(a.predicted) - drawn(b.predicted)
    interval = percentile_interval(draws)
    if interval is None:
        return None
    below, above = int((draws <= 0).sum()), int((draws >= 0).sum())
    # one more on each side: a share of 0 is below what the draws can tell
    p = min(1.0, 2 * (min(below, above) + 1) / (N_DRAWS + 1))
    return SpeakerBootstrap(
        n_speakers=len(speakers.names), interval=interval, p_value=p
    )


def _words(
    names: tuple[str, str],
    difference: float,
    mcnemar: McNemar,
    bootstrap: SpeakerBootstrap | None,
) -> str:
    """Say the outcome in words, from the side of the model that is ahead."""
    first, second = names if difference >= 0 else names[::-1]
    points = f"{100 * abs(difference):.1f} points of UAR"
    if bootstrap is None:
        verdict = (
            "McNemar's test sees a difference of accuracy"
            if mcnemar.p_value < LEVEL
            else "McNemar's test sees no difference of accuracy"
        )
        return (
            f"{first} is {points} ahead of {second}. {verdict} "
            f"({_p(mcnemar.p_value)}), but takes utterances as independent; speakers "
            f"are unknown or fewer than {MIN_SPEAKERS}, so no interval is given."
        )
    low, high = bootstrap.interval if difference >= 0 else _turned(bootstrap.interval)
    span = (
        f"95 % interval {100 * low:.1f} to {100 * high:.1f}, resampling "
        f"{bootstrap.n_speakers} speakers"
    )
    if low > 0:
        return f"{first} is better than {second} by {points} ({span})."
    return (
        f"{first} is {points} ahead of {second}, but the interval includes 0 ({span}): "
        "these speakers cannot tell the two apart."
    )


def _turned(interval: Interval) -> Interval:
    """Return the interval of the difference the other way round."""
    return -interval[1], -interval[0]


def _p(value: float) -> str:
    """Return a p value for reading."""
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"
