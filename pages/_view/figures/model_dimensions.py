"""How many dimensions features really have: variance against components."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import plotly.graph_objects as go

from pages._view import format as say
from pages._view.figures.chart import Chart, Style, canvas, nothing, settle_legend
from pages._view.figures.model_marks import level, line_px
from pages._view.figures.model_record import (
    study_rows,
    training_context,
)
from pages._view.figures.records import Record
from pages._view.theme import ACCENT, CATEGORIES, Mode, Size

_TITLE: Final = "Variance explained by principal components"
_SHARE: Final = 0.95
_MOST_BARS: Final = 300


def explained_variance(
    record: Record,
    *,
    share: float = _SHARE,
    size: Size = "normal",
    mode: Mode = "light",
) -> Chart:
    """Draw the variance that components explain, one by one and summed up.

    Parameters
    ----------
    record : mapping
        Of kind ``study``, one of dimensions.
    share : float, default 0.95
        Of the variance, to be marked.
    size, mode : str

    Returns
    -------
    chart : Chart

    """
    rows = sorted(
        study_rows(record, "dimensions", "component", "cumulated"),
        key=lambda row: row["component"],
    )
    if not rows:
        return nothing(_TITLE, "Not known yet: run the study of dimensions.")
    needed = next((r["component"] for r in rows if r["cumulated"] >= share), None)
    style = Style(size=size, mode=mode)
    figure = canvas(_TITLE, context=training_context(record), style=style, legend=True)
    figure.add_trace(_single(rows, needed))
    figure.add_trace(_sum(rows, style))
    level(
        figure,
        share * 100,
        f"{share * 100:.0f} % of the variance",
        style=style,
        vertical=False,
    )
    if needed is not None:
        name = say.count(int(needed), "component")
        level(figure, needed, name, style=style, dash="dash")
    last = _last_shown(rows, needed)
    figure.update_xaxes(title_text="principal components", range=[0, last + 0.5])
    figure.update_yaxes(title_text="variance explained (%)", range=[0, 102])
    settle_legend(figure, style=style)
    return Chart(title=_TITLE, figure=figure, reading=_reading(rows, needed, share))


def _last_shown(rows: Sequence[Record], needed: float | None) -> float:
    """Cut the axis a good way behind the mark: the rest is flat."""
    last = float(rows[-1]["component"])
    return last if needed is None else min(last, max(2.0 * needed, 20.0))


def _sum(rows: Sequence[Record], style: Style) -> go.Scatter:
    """Draw the summed up variance."""
    return go.Scatter(
        x=[row["component"] for row in rows],
        y=[row["cumulated"] * 100 for row in rows],
        mode="lines",
        name="all components up to here",
        line={"color": ACCENT, "width": line_px(style) * 1.3, "shape": "hv"},
        hovertemplate="%{x} components: %{y:.1f} %<extra></extra>",
    )


def _single(rows: Sequence[Record], needed: float | None) -> go.Bar:
    """Draw what each component adds, as far as it is shown."""
    last = min(_last_shown(rows, needed), _MOST_BARS)
    shown = [
        row for row in rows if row["component"] <= last and row.get("share") is not None
    ]
    return go.Bar(
        x=[row["component"] for row in shown],
        y=[row["share"] * 100 for row in shown],
        name="each component",
        marker={"color": CATEGORIES[0][0], "line": {"width": 0}},
        hovertemplate="component %{x}: %{y:.2f} %<extra></extra>",
    )


def _reading(rows: Sequence[Record], needed: float | None, share: float) -> str:
    """Say how many components are needed."""
    if needed is None:
        return (
            f"All {say.count(len(rows), 'component')} together explain "
            f"{say.percent(rows[-1]['cumulated'], digits=1)}, less than "
            f"{say.percent(share)} of the variance."
        )
    return (
        f"{say.count(int(needed), 'component')} of {len(rows):,} explain "
        f"{say.percent(share)} of the variance of the training part; the article kept "
        "78 of its 180."
    )
