"""Read training and study records defensively: what one lacks is None.

A record holds the split that was asked for and, beside a random one, the same model
on speakers that it never heard. Every figure of the Model page shows both where both
are there, always with the same colours, marks and names.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pages._view import format as say
from pages._view.figures.records import Record, is_synthetic
from pages._view.theme import CATEGORIES, Look

Result = Mapping[str, Any]
"""What one split gave: ``RESULT`` of docs/architecture.md."""

RANDOM_LOOK: Final = Look(
    colour=CATEGORIES[1][0], pattern="/", symbol="circle", dash="dash"
)
"""Random splits, in which the model has heard the test's speakers."""

UNSEEN_LOOK: Final = Look(
    colour=CATEGORIES[2][0], pattern="", symbol="diamond", dash="solid"
)
"""Speakers, or corpora, that the model has never heard."""

SPLIT_WORDS: Final = {
    "random-70-15-15": "random split 70/15/15",
    "random-80-20": "random split 80/20",
    "kfold": "random folds",
    "speaker": "unseen speakers",
    "loso": "unseen speakers, one by one",
    "loco": "unseen corpora",
    "thai-ser-authors": "the THAI-SER authors' split",
}
"""What the splits are called in figures and tables."""

_RANDOM_SPLITS: Final = ("random-70-15-15", "random-80-20", "kfold")


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """One of a record's results, with how it is drawn.

    Attributes
    ----------
    name : str
        What the split is called; escaped for plotly.
    result : mapping
    look : Look
    independent : bool
        Whether the test's speakers were kept out of training.

    """

    name: str
    result: Result
    look: Look
    independent: bool


def shown_results(record: Record) -> list[Shown]:
    """List a record's results, the random one before the unseen speakers.

    Parameters
    ----------
    record : mapping
        Of kind ``training``.

    Returns
    -------
    results : list of Shown
        None to two; a result without any figure is left out.

    """
    found = [record, record.get("unseen_speakers")]
    return [
        _shown(result)
        for result in found
        if isinstance(result, Mapping)
        and (result.get("uar") is not None or result.get("confusion"))
    ]


def random_result(record: Record) -> Result | None:
    """Return the result of a random split, None where the record has none."""
    return _first(record, independent=False)


def unseen_result(record: Record) -> Result | None:
    """Return the result on unseen speakers, None where the record has none."""
    return _first(record, independent=True)


def _first(record: Record, *, independent: bool) -> Result | None:
    """Return the first result of one sort."""
    return next(
        (s.result for s in shown_results(record) if s.independent is independent), None
    )


def _shown(result: Result) -> Shown:
    """Name a result and give it its look."""
    independent = is_independent(result)
    return Shown(
        name=split_words(result.get("split"), independent=independent),
        result=result,
        look=UNSEEN_LOOK if independent else RANDOM_LOOK,
        independent=independent,
    )


def is_independent(result: Result) -> bool:
    """Tell whether a result's test speakers were kept out of training."""
    said = result.get("speaker_independent")
    if said is not None:
        return bool(said)
    return str(result.get("split")) not in (*_RANDOM_SPLITS, "None")


def split_words(split: object, *, independent: bool = False) -> str:
    """Name a split; escaped for plotly.

    Parameters
    ----------
    split : object
        The record's word for it.
    independent : bool, default False
        What to call a split that this version does not know.

    Returns
    -------
    words : str

    """
    if split is None:
        return "unseen speakers" if independent else "random split"
    return SPLIT_WORDS.get(str(split), say.plain(split))


def number(value: object) -> float | None:
    """Return a finite number, None for everything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if math.isfinite(value) else None


def interval(result: Result | None, name: str) -> tuple[float, float] | None:
    """Return the interval of a figure, None where there is none.

    Parameters
    ----------
    result : mapping or None
    name : str
        Of the figure, such as ``uar``; its interval is at ``uar_interval``.

    Returns
    -------
    interval : tuple of float, or None
        Low and high.

    """
    found = (result or {}).get(f"{name}_interval")
    if not isinstance(found, Sequence) or isinstance(found, str) or len(found) != 2:
        return None
    low, high = number(found[0]), number(found[1])
    return None if low is None or high is None else (low, high)


def percent_interval(bounds: tuple[float, float] | None) -> str:
    """Write an interval of shares in percent, empty where there is none.

    Examples
    --------
    >>> percent_interval((0.541, 0.62)), percent_interval(None)
    ('54.1–62.0 %', '')

    """
    if bounds is None:
        return ""
    return f"{bounds[0] * 100:.1f}–{bounds[1] * 100:.1f} %"


def classes(record: Record) -> list[str]:
    """List a record's classes, in its order; not escaped."""
    names = record.get("classes") or list(record.get("per_class") or {})
    return [str(name) for name in names]


def chance(record: Record) -> float | None:
    """Return the UAR of guessing: one over the number of classes."""
    n_classes = len(classes(record))
    return 1 / n_classes if n_classes else None


def human_accuracy(record: Record) -> float | None:
    """Return the share that people recognise, None where the corpus has no figure."""
    return number((record.get("human") or {}).get("accuracy"))


def human_source(record: Record) -> str:
    """Return where the human accuracy comes from; empty where unknown."""
    return str((record.get("human") or {}).get("source") or "")


def why_no_unseen(record: Record) -> str:
    """Say why there is no result on unseen speakers; empty where there is one."""
    if unseen_result(record) is not None:
        return ""
    reason = str(record.get("unseen_speakers_reason") or "").rstrip(".")
    return f"Unseen speakers: not known{f' ({reason})' if reason else ''}."


def why_no_interval(record: Record) -> str:
    """Say why intervals are missing; empty where they are there."""
    reasons = dict.fromkeys(
        str(shown.result.get("interval_reason")).rstrip(".")
        for shown in shown_results(record)
        if shown.result.get("interval_reason")
    )
    return " ".join(f"No intervals: {reason}." for reason in reasons)


def corpus_name(record: Record) -> str:
    """Name the corpora of a record; not escaped."""
    names = [str(one.get("name")) for one in record.get("corpora") or []]
    return " + ".join(names) or str((record.get("corpus") or {}).get("name") or "")


def run_name(record: Record) -> str:
    """Name a run by its features and its model; not escaped."""
    parts = [record.get("features"), record.get("model")]
    return ", ".join(str(part) for part in parts if part) or "unnamed run"


def training_context(*records: Record | None, short: bool = False) -> str:
    """Write the line below the title of a figure of trainings or studies.

    Parameters
    ----------
    *records : mapping or None
        The records the figure is drawn from.
    short : bool, default False
        Leave the number of files and speakers out, for a figure that has more to say.

    Returns
    -------
    context : str
        Plotly markup, every word from a record escaped.

    """
    there = [record for record in records if record]
    parts: list[str] = []
    if len(there) > 1:
        parts.append(say.count(len(there), "run"))
    names = dict.fromkeys(corpus_name(record) for record in there)
    if len(names) <= 2:
        parts += [say.plain(name) for name in names if name]
    if len(there) == 1:
        parts += _run_parts(there[0], short=short)
    if is_synthetic(*there):
        parts.append("<b>synthetic corpus</b>")
    if any(record.get("source") == "imported" for record in there):
        parts.append("<b>imported from another machine</b>")
    return " · ".join(parts)


def _run_parts(record: Record, *, short: bool) -> list[str]:
    """Say what one run trained on how much."""
    features = record.get("features") or (record.get("feature_set") or {}).get("name")
    words = [features, record.get("model")]
    parts = [say.plain(word) for word in words if word]
    if short:
        return parts
    corpus = record.get("corpus") or {}
    files = number(corpus.get("n_utterances")) or number(corpus.get("n_files"))
    if files:
        parts.append(say.count(int(files), "file"))
    speakers = number((unseen_result(record) or record).get("n_speakers"))
    if speakers:
        parts.append(say.count(int(speakers), "speaker"))
    return parts


def study_rows(record: Record, study: str, *needed: str) -> list[Record]:
    """Return a study's rows that have every figure a chart needs.

    Parameters
    ----------
    record : mapping
        Of kind ``study``.
    study : str
        The study that is meant; another one gives no rows.
    *needed : str
        Columns that must hold a number.

    Returns
    -------
    rows : list of mapping

    """
    if record.get("study") not in (study, None):
        return []
    return [
        row
        for row in record.get("rows") or []
        if isinstance(row, Mapping)
        and all(number(row.get(column)) is not None for column in needed)
    ]
