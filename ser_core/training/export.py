"""Write tables of training records and studies as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any, Final

from ser_core.errors import ParameterError
from ser_core.store.record_head import spreadsheet_cell

CSV_TABLES: Final[dict[str, tuple[str, ...]]] = {
    "training": ("per_class", "folds", "by_speaker", "predictions"),
    "study": ("rows",),
}
"""Which tables of a record of each kind can be exported as CSV."""


def export_csv(record: Mapping[str, Any], *, table: str) -> str:
    """Return one table of a record as CSV text.

    Parameters
    ----------
    record : mapping
        Of kind ``training`` or ``study``.
    table : str
        ``per_class``, ``folds``, ``by_speaker`` or ``predictions`` of a training run,
        ``rows`` of a study.

    Returns
    -------
    text : str
        RFC 4180 with a heading. Each row begins with the run's id and, for a training
        run, the split that it is of: the rows on unseen speakers follow those of the
        split that was asked for.

    Raises
    ------
    ParameterError
        A record of this kind has no such table.

    """
    allowed = CSV_TABLES[record["kind"]]
    if table not in allowed:
        raise ParameterError(
            f"table = {table!r} is not in a record of kind {record['kind']!r}; "
            f"choose one of: {', '.join(allowed)}"
        )
    if record["kind"] == "study":
        rows = [{"run_id": record["id"], **row} for row in record["rows"]]
    else:
        results = [record, record["unseen_speakers"]]
        rows = [
            {"run_id": record["id"], "split": result["split"], **row}
            for result in results
            if result is not None
            for row in _rows(record, result, table)
        ]
    return _text(rows)


def _rows(
    record: Mapping[str, Any], result: Mapping[str, Any], table: str
) -> list[dict[str, Any]]:
    """Return the rows of one split's table, without nested values."""
    if table == "per_class":
        found = [{"class": k, **v} for k, v in result["per_class"].items()]
    elif table == "predictions":
        found = _predictions(record, result)
    else:
        found = [dict(row) for row in result[table]]
    return [
        {k: v for k, v in row.items() if not isinstance(v, list | dict)}
        for row in found
    ]


def _predictions(
    record: Mapping[str, Any], result: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return one row a tested clip, with the probability of every class."""
    classes = record["classes"]
    given = result["predictions"]
    rows = []
    for i, path in enumerate(given["path"]):
        row = {
            "corpus": record["corpora"][given["corpus"][i]]["name"],
            "path": path,
            "speaker": given["speaker"][i],
            "fold": result["folds"][given["fold"][i]]["name"],
            "truth": classes[given["truth"][i]],
            "predicted": classes[given["predicted"][i]],
        }
        if given["probabilities"] is not None:
            shares = zip(classes, given["probabilities"][i], strict=True)
            row |= {f"p_{label}": share for label, share in shares}
        rows.append(row)
    return rows


def _text(rows: list[dict[str, Any]]) -> str:
    """Write rows below their heading."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    columns = list(dict.fromkeys(column for row in rows for column in row))
    writer.writerow(columns)
    for row in rows:
        writer.writerow([spreadsheet_cell(row.get(column)) for column in columns])
    return text.getvalue()
