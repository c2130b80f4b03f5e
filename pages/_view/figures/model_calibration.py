"""Whether a model is right as often as it says: the reliability diagram."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import plotly.graph_objects as go

from pages._view import format as say
from pages._view.figures.bars import bar_marker
from pages._view.figures.chart import (
    Chart,
    Style,
    canvas,
    nothing,
    settle_legend,
    stacked_panels,
)
from pages._view.figures.model_marks import line_px, mark_px
from pages._view.figures.model_record import (
    Shown,
    number,
    shown_results,
    training_context,
    why_no_unseen,
)
from pages._view.figures.records import Record
from pages._view.theme import HEIGHT_PX, NEUTRAL, Mode, Size

_TITLE: Final = "Is it right as often as it says?"
_Row = Mapping[str, Any]


def reliability(
    record: Record, *, size: Size = "normal", mode: Mode = "light"
) -> Chart:
    """Draw how often predictions are right against how sure the model was.

    Parameters
    ----------
    record : mapping
        Of kind ``training``.
    size, mode : str

    Returns
    -------
    chart : Chart
        Below the curves: how many predictions were that sure.

    """
    found = [shown for shown in shown_results(record) if _rows(shown)]
    if not found:
        return nothing(_TITLE, "No calibration: this model gives no probabilities.")
    style = Style(size=size, mode=mode)
    font = style.font_px
    plot_px = HEIGHT_PX[style.size] * 1.05
    figure = stacked_panels(
        ["share that was right", "share of the predictions"],
        heights=[3, 1],
        style=style,
        gap_px=font * 4.5,
        total_px=plot_px,
    )
    canvas(
        _TITLE,
        context=training_context(record),
        style=style,
        height=(plot_px + font * 10.5) / HEIGHT_PX[style.size],
        legend=True,
        figure=figure,
    )
    figure.update_layout(margin={"t": round(font * 6.8)})
    figure.add_trace(_perfect(style), row=1, col=1)
    for shown in found:
        figure.add_trace(_curve(shown, style), row=1, col=1)
        figure.add_trace(_counts(shown, style), row=2, col=1)
    _axes(figure)
    settle_legend(figure, style=style)
    return Chart(title=_TITLE, figure=figure, reading=_reading(record, found))


def _rows(shown: Shown) -> list[_Row]:
    """Return the bins that hold predictions."""
    return [
        row
        for row in shown.result.get("calibration") or []
        if (number(row.get("n")) or 0) > 0
        and number(row.get("confidence")) is not None
        and number(row.get("accuracy")) is not None
    ]


def _perfect(style: Style) -> go.Scatter:
    """Draw the diagonal of a model that is right as often as it says."""
    return go.Scatter(
        x=[0, 100],
        y=[0, 100],
        mode="lines",
        name="as sure as right",
        line={"color": NEUTRAL, "dash": "dot", "width": line_px(style) * 0.8},
        hoverinfo="skip",
    )


def _curve(shown: Shown, style: Style) -> go.Scatter:
    """Draw one split's curve."""
    rows = _rows(shown)
    ece = number(shown.result.get("ece"))
    words = "" if ece is None else f", ECE {say.percent(ece, digits=1)}"
    return go.Scatter(
        x=[row["confidence"] * 100 for row in rows],
        y=[row["accuracy"] * 100 for row in rows],
        mode="lines+markers",
        name=f"{shown.name}{words}",
        line={
            "color": shown.look.colour,
            "dash": shown.look.dash,
            "width": line_px(style),
        },
        marker={"symbol": shown.look.symbol, "size": mark_px(style)},
        customdata=[row["n"] for row in rows],
        hovertemplate=(
            "sure to %{x:.0f} %, right in %{y:.0f} %<br>%{customdata} files"
            "<extra>%{fullData.name}</extra>"
        ),
    )


def _counts(shown: Shown, style: Style) -> go.Bar:
    """Draw how many predictions are in each bin, as a share of all."""
    rows = _rows(shown)
    total = sum(row["n"] for row in rows)
    return go.Bar(
        x=[min(int(row["confidence"] * 10), 9) * 10 + 5 for row in rows],
        y=[100 * row["n"] / total for row in rows],
        marker=bar_marker(shown.look.colour, shown.look.pattern, style=style),
        customdata=[row["n"] for row in rows],
        hovertemplate="%{customdata} files, %{y:.0f} %<extra></extra>",
        showlegend=False,
    )


def _axes(figure: go.Figure) -> None:
    """Scale both panels alike."""
    figure.update_layout(barmode="group", bargap=0.2)
    figure.update_xaxes(range=[0, 100], dtick=20)
    figure.update_xaxes(title_text="how sure the model was (%)", row=2, col=1)
    figure.update_yaxes(title_text="right (%)", range=[0, 100], dtick=25, row=1, col=1)
    figure.update_yaxes(title_text="%", rangemode="tozero", nticks=4, row=2, col=1)


def _reading(record: Record, found: Sequence[Shown]) -> str:
    """Say whether the model is too sure, and by how much."""
    shown = found[-1]
    rows = _rows(shown)
    total = sum(row["n"] for row in rows)
    sure = sum(row["n"] * row["confidence"] for row in rows) / total
    right = sum(row["n"] * row["accuracy"] for row in rows) / total
    if abs(sure - right) < 0.02:
        words = "as sure as it is right"
    elif sure > right:
        words = "surer than it is right"
    else:
        words = "less sure than it is right"
    sentences = [
        f"With {shown.name}, the model is {words}: on average {say.percent(sure)} "
        f"sure and {say.percent(right)} right.",
    ]
    ece = number(shown.result.get("ece"))
    if ece is not None:
        sentences.append(
            f"The mean distance from the diagonal (ECE) is "
            f"{say.percent(ece, digits=1)}."
        )
    sentences.append(why_no_unseen(record))
    return " ".join(sentence for sentence in sentences if sentence)
