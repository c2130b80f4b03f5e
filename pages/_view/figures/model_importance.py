"""What a model relies on: the recall it loses when values are shuffled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pages._view import format as say
from pages._view.figures.chart import Chart, Style, canvas, nothing
from pages._view.figures.model_marks import rows_height
from pages._view.figures.model_record import (
    number,
    split_words,
    study_rows,
    training_context,
)
from pages._view.figures.model_rows import Row, draw_rows
from pages._view.figures.records import Record
from pages._view.theme import ACCENT, Mode, Size

_TITLE: Final = "Importance by permutation on the test part"


def importance(
    record: Record,
    *,
    most: int = 20,
    size: Size = "normal",
    mode: Mode = "light",
) -> Chart:
    """Draw how much UAR is lost when a column, or a group of them, is shuffled.

    Parameters
    ----------
    record : mapping
        Of kind ``study``, one of importance.
    most : int, default 20
        Rows to show, the largest losses first.
    size, mode : str

    Returns
    -------
    chart : Chart
        Bars are means over permutations; the spread is one standard deviation.

    """
    rows = sorted(
        study_rows(record, "importance", "drop"), key=lambda r: r["drop"], reverse=True
    )
    if not rows:
        return nothing(_TITLE, "Not known yet: run the study of importance.")
    style = Style(size=size, mode=mode)
    shown = [_row(row) for row in rows[:most]]
    figure = canvas(
        _TITLE,
        context=_context(record, rows, len(shown)),
        style=style,
        height=rows_height(len(shown), style=style, each=1.9),
    )
    least = min([0.0] + [(row.bounds or (row.value,))[0] for row in shown])
    draw_rows(figure, shown, style=style, start=least * 1.1)
    figure.update_xaxes(title_text="loss of UAR (points)")
    return Chart(title=_TITLE, figure=figure, reading=_reading(rows))


def _context(record: Record, rows: Sequence[Record], n_shown: int) -> str:
    """Write the study's circumstances."""
    split = split_words(rows[0].get("split"), independent=True)
    parts = [training_context(record), split, f"{n_shown} of {len(rows)} shown"]
    return " · ".join(part for part in parts if part)


def _row(row: Record) -> Row:
    """Make the row of one column or group."""
    drop, spread = row["drop"] * 100, number(row.get("std"))
    columns = number(row.get("n_columns"))
    name = say.plain(row.get("name"))
    tick = name if columns in (None, 1) else f"{name} ({columns:.0f})"
    return Row(
        tick=tick,
        value=drop,
        bounds=None if spread is None else (drop - spread * 100, drop + spread * 100),
        text=f"{drop:z.1f}",
        colour=ACCENT,
        hover=say.plain(row.get("group") or ""),
    )


def _reading(rows: Sequence[Record]) -> str:
    """Name what matters most, and what a small loss does not mean."""
    first = rows[0]
    if first["drop"] <= 0:
        return (
            "Shuffling no single row costs any UAR: what each tells, others tell too."
        )
    sentence = (
        f"Shuffling {first.get('name')} costs most: {first['drop'] * 100:.1f} points "
        "of UAR."
    )
    return (
        f"{sentence} A small loss does not mean useless: where two features tell the "
        "same, the model still has the other."
    )
