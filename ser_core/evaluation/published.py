"""Recognition figures that others published, to be shown beside ours.

Nothing here was measured by SER Lab. The figures stand on other copies of the corpora,
other folds and often other classes, so they say where ours belong and are no contest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final

MARK: Final = "published elsewhere"
"""How every figure from here is marked."""

_REPORT: Final = 'Report "Audio Emotion Analysis" (Cloudy\'s OS)'
_ARTICLE: Final = (
    'Article "Intel AI Analytics Toolkit: Emotion Detection and Classification from '
    'Audio Samples"'
)
_PROJECT: Final = 'Student project "MAIS 202: Preliminary Results"'
_EMOBOX: Final = "EmoBox benchmark, Interspeech 2024"
_LITERATURE: Final = "Literature; the paper is not recorded here"


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishedFigure:
    """One figure as it was printed.

    Attributes
    ----------
    corpora : tuple of str
        Readers' names; several where they were pooled.
    method : str
    metric : str
        "accuracy", "UAR" or "F1"; "not stated" where the source does not say.
    value : float
        0 to 1.
    n_classes : int
    split : str
        How training and test were divided, in words.
    speaker_independent : bool or None
        Whether tested speakers were unheard; None where it is not stated.
    pretrained : bool
        Whether a network trained on other speech beforehand was used.
    source : str
        Who published it.

    """

    corpora: tuple[str, ...]
    method: str
    metric: str
    value: float
    n_classes: int
    split: str
    speaker_independent: bool | None
    source: str
    pretrained: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return it as a flat row for a table, marked as published elsewhere."""
        return {**asdict(self), "corpora": list(self.corpora), "origin": MARK}


def _figure(
    corpora: str,
    n_classes: int,
    method: str,
    value: float,
    split: str,
    speaker_independent: bool | None,
    source: str,
    *,
    metric: str = "UAR",
    pretrained: bool = False,
) -> PublishedFigure:
    """Write one row; `corpora` are joined by plus signs, `value` is in percent."""
    return PublishedFigure(
        corpora=tuple(corpora.split("+")),
        method=method,
        metric=metric,
        value=round(value / 100, 4),
        n_classes=n_classes,
        split=split,
        speaker_independent=speaker_independent,
        source=source,
        pretrained=pretrained,
    )


_RANDOM: Final = "random"
_UNSTATED: Final = "not stated"
_MFCC_MLP: Final = "13 x 500 MFCC + MLP"
_FOUR: Final = "savee+ravdess+tess+crema-d"

PUBLISHED: Final[tuple[PublishedFigure, ...]] = (
    _figure(
        "thai-ser",
        5,
        f"{_MFCC_MLP}, first version",
        47.14,
        "random 70/15/15",
        False,
        _REPORT,
        metric="accuracy",
    ),
    _figure(
        "thai-ser",
        5,
        f"{_MFCC_MLP}, enhanced version",
        46.56,
        "random 70/15/15",
        False,
        _REPORT,
        metric="accuracy",
    ),
    _figure(
        "thai-ser",
        5,
        "best claim found",
        80.4,
        "not stated",
        None,
        _LITERATURE,
        metric=_UNSTATED,
    ),
    _figure(
        "ravdess+tess",
        16,
        "180 means + CNN, gender and emotion",
        87.0,
        "random 80/20",
        False,
        _ARTICLE,
        metric="accuracy",
    ),
    _figure(
        "ravdess+tess",
        16,
        "180 means + soft voting of MLP and XGB (V4)",
        84.0,
        "random 80/20",
        False,
        _ARTICLE,
        metric="F1",
    ),
    _figure(
        _FOUR,
        8,
        "MFCC and two deltas + Conv2d CNN",
        61.69,
        "random 80/20",
        False,
        _PROJECT,
        metric="accuracy",
    ),
    _figure(
        "ravdess", 8, "ResLSTM", 62.3, "5 folds of speakers", True, "arXiv 2606.03359"
    ),
    _figure(
        "ravdess",
        8,
        "CNN ensemble",
        64.0,
        "unseen speakers",
        True,
        _LITERATURE,
        metric=_UNSTATED,
    ),
    _figure(
        "ravdess",
        8,
        "Whisper large v3",
        75.3,
        "6 folds of 4 actors",
        True,
        _EMOBOX,
        pretrained=True,
    ),
    _figure(
        "ravdess",
        8,
        "best claims",
        99.2,
        _RANDOM,
        False,
        _LITERATURE,
        metric=_UNSTATED,
    ),
    _figure(
        "emo-db",
        7,
        "1,582 functionals + SVM, default",
        73.0,
        "leave one speaker out",
        True,
        "Gjoreski et al. 2014",
        metric=_UNSTATED,
    ),
    _figure(
        "emo-db",
        7,
        "1,582 functionals + SVM, tuned",
        77.0,
        "leave one speaker out",
        True,
        "Gjoreski et al. 2014",
        metric=_UNSTATED,
    ),
    _figure(
        "emo-db",
        7,
        "1,582 functionals + SVM",
        86.0,
        "random, 10 folds",
        False,
        "Gjoreski et al. 2014",
        metric=_UNSTATED,
    ),
    _figure(
        "emo-db",
        7,
        "WavLM large",
        92.6,
        "folds share speakers",
        False,
        _LITERATURE,
        pretrained=True,
    ),
    _figure(
        "savee",
        7,
        "CNN ensemble",
        65.0,
        "held-out speaker",
        True,
        _LITERATURE,
        metric=_UNSTATED,
    ),
    _figure(
        "savee",
        7,
        "data2vec 2 large",
        75.8,
        "leave one speaker out",
        True,
        _LITERATURE,
        pretrained=True,
    ),
    _figure(
        "savee", 7, "best claims", 97.0, _RANDOM, False, _LITERATURE, metric=_UNSTATED
    ),
    _figure("crema-d", 6, "best found", 57.0, "unseen speakers", True, _LITERATURE),
    _figure(
        "crema-d",
        6,
        "Whisper",
        76.8,
        "folds share speakers",
        False,
        _LITERATURE,
        pretrained=True,
    ),
    _figure(
        "crema-d",
        6,
        "best claims",
        95.0,
        _RANDOM,
        False,
        _LITERATURE,
        metric=_UNSTATED,
    ),
    _figure(
        "tess",
        7,
        "best found",
        77.0,
        "train one actress, test the other",
        True,
        _LITERATURE,
        metric=_UNSTATED,
    ),
    _figure(
        "tess",
        7,
        "large pre-trained model",
        99.96,
        "folds share speakers",
        False,
        _LITERATURE,
        metric=_UNSTATED,
        pretrained=True,
    ),
)
"""Every figure, the sources of this software first."""


def published_for(
    corpora: Iterable[str], *, speaker_independent: bool | None = None
) -> tuple[PublishedFigure, ...]:
    """Return the figures of exactly these corpora.

    Parameters
    ----------
    corpora : iterable of str
        Readers' names, in any order.
    speaker_independent : bool, optional
        Only figures of unheard speakers (True), or only of others (False).

    Returns
    -------
    figures : tuple of PublishedFigure

    Examples
    --------
    >>> [f.value for f in published_for(["tess", "ravdess"])]
    [0.87, 0.84]

    """
    wanted = set(corpora)
    return tuple(
        figure
        for figure in PUBLISHED
        if set(figure.corpora) == wanted
        and speaker_independent in (None, figure.speaker_independent)
    )
