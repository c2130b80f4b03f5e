"""The same training with stock and with accelerated scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import plotly.graph_objects as go

from pages._view import format as say
from pages._view.figures.chart import Chart, Style, canvas, nothing, settle_legend
from pages._view.figures.model_marks import line_px, mark_px, rows_height
from pages._view.figures.model_record import (
    number,
    study_rows,
    training_context,
)
from pages._view.figures.model_rows import Row, draw_rows, legend_entry
from pages._view.figures.records import Record
from pages._view.theme import CATEGORIES, FAILED, NEUTRAL, Mode, Size

_TITLE: Final = "Stock against accelerated scikit-learn"
_LOOKS: Final = {"stock": (NEUTRAL, ""), "accelerated": CATEGORIES[0]}
_FELL_BACK: Final = (FAILED, "x")


def acceleration(
    record: Record, *, size: Size = "normal", mode: Mode = "light"
) -> Chart:
    """Draw the time of a fit and a prediction with both, the first call apart.

    Parameters
    ----------
    record : mapping
        Of kind ``study``, one of acceleration.
    size, mode : str

    Returns
    -------
    chart : Chart
        Bars are medians of the later calls with their least and greatest, diamonds
        the first one. An arm that
        silently used stock code is marked.

    """
    rows = study_rows(record, "acceleration", "seconds")
    if not rows:
        reason = str(next(iter(record.get("notes") or []), "")).rstrip(".")
        return nothing(
            _TITLE,
            f"Nothing was measured{f': {reason}' if reason else ''}. Run the study of "
            "acceleration on a machine that has scikit-learn-intelex.",
        )
    style = Style(size=size, mode=mode)
    figure = canvas(
        _TITLE,
        context=training_context(record),
        style=style,
        height=rows_height(len(rows), style=style, each=3.0),
        legend=True,
    )
    shown = [_row(row, rows) for row in rows]
    first = [number(row.get("first_s")) for row in rows]
    draw_rows(figure, shown, style=style)
    figure.add_trace(_first_calls(shown, first, style))
    for name, (colour, pattern) in _LOOKS.items():
        legend_entry(figure, name, colour, pattern, style=style)
    if any(row.get("fell_back") for row in rows):
        legend_entry(figure, "fell back to stock", *_FELL_BACK, style=style)
    figure.update_xaxes(title_text="seconds for a fit and a prediction")
    settle_legend(figure, style=style)
    return Chart(title=_TITLE, figure=figure, reading=_reading(rows))


def _row(row: Record, rows: Sequence[Record]) -> Row:
    """Make one bar; the accelerated one says its ratio, or that it fell back."""
    arm = str(row.get("arm"))
    fell_back = bool(row.get("fell_back"))
    colour, pattern = _FELL_BACK if fell_back else _LOOKS.get(arm, CATEGORIES[2])
    words = say.duration(row["seconds"])
    ratio = _speedup(row, rows)
    if fell_back:
        words += " · fell back to stock"
    elif ratio is not None:
        words += f" · {say.times(ratio)} as fast"
    return Row(
        tick=f"<b>{say.plain(row.get('model'))}</b><br>{say.plain(arm)}",
        value=row["seconds"],
        bounds=_range(row),
        mark=number(row.get("first_s")),
        text=words,
        colour=colour,
        pattern=pattern,
        hover="<br>".join(
            part
            for part in (
                f"first call {say.duration(number(row.get('first_s')))}",
                say.plain(row.get("reason") or ""),
            )
            if part
        ),
    )


def _range(row: Record) -> tuple[float, float] | None:
    """Return the least and the greatest time of the later calls."""
    low, high = number(row.get("low_s")), number(row.get("high_s"))
    return None if low is None or high is None else (low, high)


def _stock(row: Record, rows: Sequence[Record]) -> Record | None:
    """Return the stock arm of the same model."""
    return next(
        (
            other
            for other in rows
            if other.get("arm") == "stock" and other.get("model") == row.get("model")
        ),
        None,
    )


def _is_slower(row: Record, rows: Sequence[Record]) -> bool:
    """Tell whether an arm's times lie above stock's, and not only its median."""
    own, stock = _range(row), _range(_stock(row, rows) or {})
    apart = own is None or stock is None or own[0] > stock[1]
    return apart and (_speedup(row, rows) or 1.0) < 1


def _speedup(row: Record, rows: Sequence[Record]) -> float | None:
    """Return how many times faster an arm is than stock; None for stock itself."""
    if row.get("arm") == "stock" or not row["seconds"]:
        return None
    stock = _stock(row, rows)
    return None if stock is None else float(stock["seconds"] / row["seconds"])


def _first_calls(
    shown: Sequence[Row], first: Sequence[float | None], style: Style
) -> go.Scatter:
    """Mark the first calls, which also load and compile."""
    return go.Scatter(
        x=list(first),
        y=[row.tick for row in shown],
        mode="markers",
        name="first call",
        marker={
            "symbol": "diamond-open",
            "size": mark_px(style) * 1.2,
            "color": CATEGORIES[1][0],
            "line": {"width": line_px(style)},
        },
        hovertemplate="%{y}: first call %{x:.3g} s<extra></extra>",
    )


def _reading(rows: Sequence[Record]) -> str:
    """Say what is faster, what fell back, and whether predictions agree."""
    own = [row for row in rows if not row.get("fell_back")]
    ratios = {
        str(row.get("model")): ratio
        for row in own
        if (ratio := _speedup(row, rows)) is not None
    }
    sentences: list[str] = []
    best = max(ratios, key=ratios.__getitem__, default=None)
    if best is not None and ratios[best] > 1:
        sentences.append(
            f"{best} gains most: {say.times(ratios[best])} as fast, the first call "
            "apart."
        )
    slower = [str(row.get("model")) for row in own if _is_slower(row, rows)]
    if slower:
        sentences.append(f"Slower when accelerated: {say.listing(slower)}.")
    fallen = [str(row.get("model")) for row in rows if row.get("fell_back")]
    if fallen:
        sentences.append(
            f"Silently ran stock code all the same: {say.listing(fallen)}; its ratio "
            "says nothing."
        )
    shares = [s for r in rows if (s := number(r.get("same_predictions"))) is not None]
    if shares:
        least = min(shares)
        sentences.append(
            "Predictions are the same."
            if least == 1
            else f"Predictions agree in {say.percent(least, digits=2)} at least."
        )
    return " ".join(sentences) or "Only one arm was measured: nothing to compare."
