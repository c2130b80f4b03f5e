"""Training records as tables for people: shares in percent, missing values empty."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd

from pages._view import format as say
from pages._view.figures.model_record import (
    Result,
    classes,
    corpus_name,
    interval,
    number,
    percent_interval,
    random_result,
    split_words,
    unseen_result,
)
from pages._view.figures.records import Record

_MIB: Final = 1024**2
_SORTS: Final = ("random", "unseen")
_CLIP_COLUMNS: Final = (
    "file",
    "corpus",
    "speaker",
    "true class",
    "taken for",
    "sure (%)",
    "true class (%)",
    "fold",
)


def runs(records: Sequence[Record]) -> pd.DataFrame:
    """Make the table of all training runs.

    Parameters
    ----------
    records : sequence of mapping
        Of kind ``training``.

    Returns
    -------
    table : DataFrame
        One row a run, in the order given; the index holds the records' ids. Shares
        are numbers in percent, so that columns sort by value.

    """
    rows = [_run_row(record) for record in records]
    index = pd.Index([str(record.get("id")) for record in records], name="run")
    return pd.DataFrame(rows, index=index, columns=list(_run_row({})))


def _run_row(record: Record) -> dict[str, Any]:
    """Make the row of one run."""
    random, unseen = random_result(record), unseen_result(record)
    seconds = record.get("seconds") or {}
    return {
        "features": record.get("features"),
        "model": record.get("model"),
        "corpora": corpus_name(record) or None,
        "split": html.unescape(split_words(record.get("split"))),
        "WAR random (%)": _percent(random, "war"),
        "UAR random (%)": _percent(random, "uar"),
        "UAR random, 95 %": percent_interval(interval(random, "uar")) or None,
        "WAR unseen (%)": _percent(unseen, "war"),
        "UAR unseen (%)": _percent(unseen, "uar"),
        "UAR unseen, 95 %": percent_interval(interval(unseen, "uar")) or None,
        "macro F1 unseen (%)": _percent(unseen, "macro_f1"),
        "classes": len(classes(record)) or None,
        "trained on": record.get("n_train"),
        "tested on": record.get("n_test"),
        "speakers": (unseen or record).get("n_speakers"),
        "tuned": "yes" if record.get("tuning") else "no",
        "time (s)": _rounded(seconds.get("total"), 1),
        "peak PSS (MiB)": _mib(record.get("peak_pss_bytes")),
        "model kept": record.get("bundle"),
        "when": say.when(record.get("created_utc")),
    }


def per_class(record: Record) -> pd.DataFrame:
    """Make the table of classes, both splits side by side.

    Parameters
    ----------
    record : mapping
        Of kind ``training``.

    Returns
    -------
    table : DataFrame

    """
    results = _results(record)
    rows = []
    for label in classes(record):
        row: dict[str, Any] = {"class": label}
        for sort, result in results.items():
            scores = (result.get("per_class") or {}).get(label) or {}
            for name, key in (
                ("precision", "precision"),
                ("recall", "recall"),
                ("F1", "f1"),
            ):
                row[f"{name} {sort} (%)"] = _percent(scores, key)
            bounds = percent_interval(interval(scores, "f1"))
            row[f"F1 {sort}, 95 %"] = bounds or None
            row[f"files {sort}"] = scores.get("support")
        rows.append(row)
    return pd.DataFrame(rows)


def by_speaker(record: Record) -> pd.DataFrame:
    """Make the table of speakers, both splits side by side.

    Parameters
    ----------
    record : mapping
        Of kind ``training``.

    Returns
    -------
    table : DataFrame

    """
    rows: dict[str, dict[str, Any]] = {}
    for sort, result in _results(record).items():
        for entry in result.get("by_speaker") or []:
            name = str(entry.get("speaker"))
            row = rows.setdefault(name, {"speaker": name})
            row[f"files {sort}"] = entry.get("n")
            row[f"WAR {sort} (%)"] = _percent(entry, "war")
            row[f"UAR {sort} (%)"] = _percent(entry, "uar")
    return pd.DataFrame([rows[name] for name in sorted(rows)])


def by_condition(record: Record) -> pd.DataFrame:
    """Make the table of recording conditions, which THAI-SER's authors' split has.

    Parameters
    ----------
    record : mapping
        Of kind ``training``.

    Returns
    -------
    table : DataFrame

    """
    return pd.DataFrame(
        {
            "recorded by": row.get("condition"),
            "files": row.get("n"),
            "WAR (%)": _percent(row, "war"),
            "UAR (%)": _percent(row, "uar"),
        }
        for row in record.get("by_condition") or []
    )


def folds(record: Record) -> pd.DataFrame:
    """Make the table of folds of both splits.

    Parameters
    ----------
    record : mapping
        Of kind ``training``.

    Returns
    -------
    table : DataFrame

    """
    rows = [
        {
            "split": html.unescape(split_words(result.get("split"))),
            "fold": fold.get("name"),
            "trained on": fold.get("n_train"),
            "tested on": fold.get("n_test"),
            "WAR (%)": _percent(fold, "war"),
            "UAR (%)": _percent(fold, "uar"),
            "fit (s)": _rounded(fold.get("fit_s"), 2),
            "predict (s)": _rounded(fold.get("predict_s"), 3),
        }
        for result in _results(record).values()
        for fold in result.get("folds") or []
    ]
    return pd.DataFrame(rows)


def clips(
    record: Record, *, truth: str, predicted: str, unseen: bool = False
) -> pd.DataFrame:
    """List the clips behind one cell of the confusion matrix, the surest first.

    Parameters
    ----------
    record : mapping
        Of kind ``training``.
    truth, predicted : str
        The cell's row and column.
    unseen : bool, default False
        The result on unseen speakers instead of the random split's.

    Returns
    -------
    table : DataFrame
        Columns ``file`` (below its corpus), ``corpus``, ``speaker``, ``true class``,
        ``taken for``, ``sure (%)`` and ``true class (%)`` (probabilities of what it
        was taken for and of the truth, empty without them) and ``fold``.

    """
    result = unseen_result(record) if unseen else random_result(record)
    labels = classes(record)
    told = (result or {}).get("predictions") or {}
    rows: list[dict[str, Any]] = []
    if truth in labels and predicted in labels:
        cell = labels.index(truth), labels.index(predicted)
        pairs = zip(told.get("truth") or [], told.get("predicted") or [], strict=False)
        rows = [
            _clip(record, result or {}, told, index, cell)
            for index, pair in enumerate(pairs)
            if pair == cell
        ]
    rows.sort(key=lambda row: row["sure (%)"] or 0.0, reverse=True)
    return pd.DataFrame(rows, columns=list(_CLIP_COLUMNS))


def _clip(
    record: Record,
    result: Result,
    told: Mapping[str, Any],
    index: int,
    cell: tuple[int, int],
) -> dict[str, Any]:
    """Make the row of one clip."""
    labels, corpora = classes(record), record.get("corpora") or []
    corpus, fold = _at(told, "corpus", index), _at(told, "fold", index)
    chances = _at(told, "probabilities", index)
    parts = result.get("folds") or []
    known = isinstance(corpus, int) and 0 <= corpus < len(corpora)
    named = isinstance(fold, int) and 0 <= fold < len(parts)
    return {
        "file": _at(told, "path", index),
        "corpus": corpora[corpus].get("name") if known else None,
        "speaker": _at(told, "speaker", index),
        "true class": labels[cell[0]],
        "taken for": labels[cell[1]],
        "sure (%)": _chance(chances, cell[1]),
        "true class (%)": _chance(chances, cell[0]),
        "fold": parts[fold].get("name") if named else fold,
    }


def trials(record: Record) -> pd.DataFrame:
    """Make the table of a search's trials.

    Parameters
    ----------
    record : mapping
        Of kind ``training`` with ``tuning``.

    Returns
    -------
    table : DataFrame
        One column a parameter.

    """
    rows = [
        {
            "trial": trial.get("number"),
            "UAR inside training (%)": _percent(trial, "value"),
            "state": trial.get("state"),
            "time (s)": _rounded(trial.get("seconds"), 2),
            **{str(k): v for k, v in (trial.get("parameters") or {}).items()},
        }
        for trial in (record.get("tuning") or {}).get("trials") or []
    ]
    return pd.DataFrame(rows)


def _results(record: Record) -> dict[str, Result]:
    """Return the results by sort, those that are there."""
    found = dict(
        zip(_SORTS, (random_result(record), unseen_result(record)), strict=True)
    )
    return {sort: result for sort, result in found.items() if result is not None}


def _at(table: Mapping[str, Any], column: str, index: int) -> Any:
    """Return one entry of a column, None where there is none."""
    values = table.get(column)
    return values[index] if values is not None and index < len(values) else None


def _chance(chances: object, column: int) -> float | None:
    """Return one probability in percent."""
    if not isinstance(chances, Sequence) or column >= len(chances):
        return None
    share = number(chances[column])
    return None if share is None else round(share * 100, 1)


def _percent(row: Mapping[str, Any] | None, name: str) -> float | None:
    """Return a share in percent."""
    share = number((row or {}).get(name))
    return None if share is None else round(share * 100, 1)


def _rounded(value: object, digits: int) -> float | None:
    """Round what is known."""
    known = number(value)
    return None if known is None else round(known, digits)


def _mib(value: object) -> float | None:
    """Turn bytes into MiB, rounded."""
    known = number(value)
    return None if known is None else round(known / _MIB, 1)
