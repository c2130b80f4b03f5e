"""What every figure function returns, and the empty canvas it starts from."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from pages._view.theme import FONT_PX, HEIGHT_PX, Mode, Size, template

_LEAST_WIDTH_PX: Final = 900
"""Figures are made for this width and more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    """One figure with what it says.

    Attributes
    ----------
    title : str
        Also written in the figure.
    figure : plotly Figure or None
        None where there is nothing to draw; `reading` then says why.
    reading : str
        One sentence, or a short paragraph, computed from the data. Plain text.

    """

    title: str
    figure: go.Figure | None
    reading: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Style:
    """How large and on which page a figure is drawn."""

    size: Size = "normal"
    mode: Mode = "light"

    @property
    def font_px(self) -> int:
        """Size of the smallest letters in pixels."""
        return FONT_PX[self.size]


def nothing(title: str, reading: str) -> Chart:
    """Return a chart without a figure, for data that cannot be drawn."""
    return Chart(title=title, figure=None, reading=reading)


def canvas(
    title: str,
    *,
    context: str,
    style: Style,
    height: float = 1.0,
    legend: bool = False,
    figure: go.Figure | None = None,
) -> go.Figure:
    """Prepare a figure: template, letters, margins, title and context.

    Parameters
    ----------
    title, context : str
        Title, and the smaller line below it. `context` may hold plotly markup.
    style : Style
    height : float, default 1.0
        In multiples of the size's usual height.
    legend : bool, default False
        Whether there is one; `settle_legend` then gives it its room.
    figure : plotly Figure, optional
        One with sub-plots to dress; a new one without.

    Returns
    -------
    figure : plotly Figure

    """
    font = style.font_px
    top = round(font * 5.2)
    dressed = figure if figure is not None else go.Figure()
    dressed.update_layout(
        template=template(style.mode),
        font={"size": font},
        height=round(HEIGHT_PX[style.size] * height),
        margin={"l": 10, "r": round(font * 1.5), "t": top, "b": round(font * 3.2)},
        title={
            "text": f"<b>{title}</b>",
            "subtitle": {"text": context, "font": {"size": font}},
            "font": {"size": round(font * 1.25)},
            "x": 0,
            "xref": "container",
            "xanchor": "left",
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            "pad": {"t": round(font * 0.6), "l": round(font * 0.7)},
        },
        showlegend=legend,
        hoverlabel={"font": {"size": font}},
        hovermode="closest",
    )
    dressed.update_xaxes(title={"font": {"size": font}}, tickfont={"size": font})
    dressed.update_yaxes(title={"font": {"size": font}}, tickfont={"size": font})
    return dressed


def settle_legend(figure: go.Figure, *, style: Style) -> None:
    """Put the legend below the plot and make the figure taller by its height.

    Parameters
    ----------
    figure : plotly Figure
        Complete but for this; changed in place.
    style : Style

    Notes
    -----
    Plotly lays a legend out in the browser and pushes nothing aside but margins, so
    its height is estimated here from the letters of its entries at the least width
    that figures are made for.

    """
    font = style.font_px
    entries = [
        _without_markup(trace.name)
        for trace in figure.data
        if trace.name and trace.showlegend is not False
    ]
    if not entries:
        return
    longest = max(len(entry) for entry in entries)
    columns = max(int(_LEAST_WIDTH_PX // (longest * font * 0.55 + 65)), 1)
    rows = -(-len(entries) // columns)
    legend_px = rows * font * 1.5 + font
    margin = figure.layout.margin
    plot_px = figure.layout.height - margin.t - margin.b
    figure.update_layout(
        height=round(figure.layout.height + legend_px),
        margin={"b": round(margin.b + legend_px)},
        legend={
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": -font * 3.6 / plot_px,
            "yanchor": "top",
            "font": {"size": font},
            "traceorder": "normal",
        },
    )


def _without_markup(text: str) -> str:
    """Take plotly's line breaks and entities out, to count letters."""
    return html.unescape(text.replace("<br>", " "))


def stacked_panels(
    titles: Sequence[str],
    *,
    heights: Sequence[float],
    style: Style,
    gap_px: float,
    total_px: float,
) -> go.Figure:
    """Make panels one above the other, each with its heading.

    Parameters
    ----------
    titles : sequence of str
        One a panel; may hold plotly markup.
    heights : sequence of float
        Relative heights.
    style : Style
    gap_px, total_px : float
        Room between two panels and height of all of them, in pixels.

    Returns
    -------
    figure : plotly Figure

    """
    n_panels = len(titles)
    spacing = min(gap_px / total_px, 0.9 / (n_panels - 1)) if n_panels > 1 else 0.0
    figure = make_subplots(
        rows=n_panels,
        cols=1,
        row_heights=list(heights),
        vertical_spacing=spacing,
        subplot_titles=list(titles),
    )
    figure.update_annotations(
        x=0, xanchor="left", font={"size": style.font_px}, yshift=4
    )
    return figure


def row_height(n_rows: int, *, style: Style) -> float:
    """Height of a chart of horizontal bars, in multiples of the usual height.

    Parameters
    ----------
    n_rows : int
        Bars, each with a label of up to two lines.
    style : Style

    """
    pixels = style.font_px * (9 + 3.3 * max(n_rows, 1))
    return pixels / HEIGHT_PX[style.size]


def colour_bar(unit: str, *, style: Style) -> dict[str, Any]:
    """Describe the key of a heat map.

    Parameters
    ----------
    unit : str
        Written above it.
    style : Style

    Returns
    -------
    bar : dict
        For plotly's ``colorbar``.

    """
    letters = {"size": style.font_px}
    return {"title": {"text": unit, "font": letters}, "tickfont": letters}


def line_widths(looks: Sequence[tuple[object, ...]]) -> list[float]:
    """Give lines that look alike different widths, the last one the widest.

    Parameters
    ----------
    looks : sequence of tuple
        What decides a line's colour and dash, one a line, in drawing order.

    Returns
    -------
    widths : list of float
        In pixels.

    """
    widths: list[float] = []
    for index, look in enumerate(looks):
        later = looks[index + 1 :].count(look)
        widths.append(max(4.0 - 1.5 * later, 1.0))
    return widths
