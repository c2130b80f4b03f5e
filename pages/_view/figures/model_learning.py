"""Accuracy against the number of utterances that a model learned from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import plotly.graph_objects as go

from pages._view.figures.chart import Chart, Style, canvas, nothing, settle_legend
from pages._view.figures.model_marks import error_bars, line_px, mark_px
from pages._view.figures.model_record import (
    RANDOM_LOOK,
    UNSEEN_LOOK,
    is_independent,
    number,
    split_words,
    study_rows,
    training_context,
)
from pages._view.figures.records import Record
from pages._view.theme import Mode, Size

_TITLE: Final = "Learning curve"
_Row = Record


def learning_curve(
    record: Record, *, size: Size = "normal", mode: Mode = "light"
) -> Chart:
    """Draw UAR against the size of the training part.

    Parameters
    ----------
    record : mapping
        Of kind ``study``, a learning curve.
    size, mode : str

    Returns
    -------
    chart : Chart
        One line a split, with its intervals.

    """
    lines = _lines(study_rows(record, "learning-curve", "n_train", "uar"))
    if not lines:
        return nothing(_TITLE, "No learning curve yet: run the study of training size.")
    style = Style(size=size, mode=mode)
    figure = canvas(_TITLE, context=training_context(record), style=style, legend=True)
    for rows in lines:
        figure.add_trace(_line(rows, style))
    sizes = sorted({row["n_train"] for rows in lines for row in rows})
    figure.update_xaxes(
        title_text="utterances to learn from, logarithmic",
        type="log",
        tickvals=sizes,
        ticktext=[f"{size:,}" for size in sizes],
        tickangle=0,
    )
    figure.update_yaxes(title_text="UAR (%)", rangemode="tozero")
    settle_legend(figure, style=style)
    return Chart(title=_TITLE, figure=figure, reading=_reading(lines))


def _lines(rows: Sequence[_Row]) -> list[list[_Row]]:
    """Sort rows into one line a split, random ones first."""
    splits = dict.fromkeys(str(row.get("split")) for row in rows)
    lines = [
        sorted(
            (row for row in rows if str(row.get("split")) == split),
            key=lambda row: row["n_train"],
        )
        for split in splits
    ]
    return sorted(lines, key=lambda line: is_independent(line[0]))


def _line(rows: Sequence[_Row], style: Style) -> go.Scatter:
    """Draw one split's line."""
    independent = is_independent(rows[0])
    look = UNSEEN_LOOK if independent else RANDOM_LOOK
    values: list[float | None] = [row["uar"] * 100 for row in rows]
    return go.Scatter(
        x=[row["n_train"] for row in rows],
        y=values,
        mode="lines+markers",
        name=split_words(rows[0].get("split"), independent=independent),
        line={"color": look.colour, "dash": look.dash, "width": line_px(style)},
        marker={"symbol": look.symbol, "size": mark_px(style)},
        error_y={
            **error_bars(
                values, [_bounds(row) for row in rows], style=style, scale=100
            ),
            "color": look.colour,
        },
        customdata=[_percent(row.get("war")) for row in rows],
        hovertemplate=(
            "%{x} utterances: UAR %{y:.1f} %, WAR %{customdata}"
            "<extra>%{fullData.name}</extra>"
        ),
    )


def _bounds(row: _Row) -> tuple[float, float] | None:
    """Return a row's interval."""
    low, high = number(row.get("low")), number(row.get("high"))
    return None if low is None or high is None else (low, high)


def _percent(value: Any) -> str:
    """Write a share in percent."""
    known = number(value)
    return "–" if known is None else f"{known * 100:.1f} %"


def _reading(lines: Sequence[Sequence[_Row]]) -> str:
    """Say whether more data would still help."""
    rows = lines[-1]
    name = split_words(rows[0].get("split"), independent=is_independent(rows[0]))
    if len(rows) < 2:
        return f"One size only with {name}: no curve can be read from it."
    before, last = rows[-2], rows[-1]
    gain = (last["uar"] - before["uar"]) * 100
    step = (
        f"from {before['n_train']:,} to {last['n_train']:,} utterances UAR with {name} "
        f"changes by {gain:+.1f} points"
    )
    bounds = _bounds(last)
    if bounds and bounds[0] <= before["uar"] <= bounds[1]:
        return f"In the last step, {step}, which lies within its interval."
    if gain > 0:
        return f"More data still helps: {step}."
    return f"More data does not help here: {step}."
