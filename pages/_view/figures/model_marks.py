"""What the figures of the Model page are made of: intervals, lines, ticks."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import Any, Final

import plotly.graph_objects as go

from pages._view.figures.chart import Style
from pages._view.theme import HEIGHT_PX, NEUTRAL

_LETTER: Final = 0.56
"""Mean width of a letter in multiples of its height."""

Bounds = tuple[float, float] | None


def error_bars(
    values: Sequence[float | None],
    bounds: Sequence[Bounds],
    *,
    style: Style,
    scale: float = 1.0,
) -> dict[str, Any]:
    """Describe asymmetric intervals; none where bounds are not known.

    Parameters
    ----------
    values : sequence of float or None
        As they are drawn, that is, already scaled.
    bounds : sequence of (low, high) or None
        Unscaled.
    style : Style
    scale : float, default 1.0
        100 for shares that are drawn in percent.

    Returns
    -------
    bars : dict
        For plotly's ``error_x`` or ``error_y``.

    """
    above: list[float | None] = []
    below: list[float | None] = []
    for value, pair in zip(values, bounds, strict=True):
        if value is None or pair is None:
            above.append(None)
            below.append(None)
            continue
        above.append(pair[1] * scale - value)
        below.append(value - pair[0] * scale)
    return {
        "type": "data",
        "symmetric": False,
        "array": above,
        "arrayminus": below,
        "thickness": 2 if style.size == "normal" else 3,
        "width": style.font_px * 0.35,
        "visible": any(reach is not None for reach in above),
    }


def level(
    figure: go.Figure,
    at: float,
    name: str,
    *,
    style: Style,
    dash: str = "dot",
    vertical: bool = True,
) -> None:
    """Draw a line of reference across the plot and name it in the legend.

    Parameters
    ----------
    figure : plotly Figure
        Changed in place.
    at : float
        In the axis' unit.
    name : str
        Escaped for plotly.
    style : Style
    dash : str, default "dot"
    vertical : bool, default True

    """
    line = {
        "color": NEUTRAL,
        "width": 2.5 if style.size == "normal" else 4,
        "dash": dash,
    }
    along, across = ("y", "x") if vertical else ("x", "y")
    figure.add_shape(
        type="line",
        line=line,
        **{
            f"{across}0": at,
            f"{across}1": at,
            f"{along}0": 0,
            f"{along}1": 1,
            f"{along}ref": "paper",
        },
    )
    # a shape of a category axis reaches beyond its first and last place, a trace
    # does not; the trace is there for the legend
    figure.add_trace(
        go.Scatter(
            x=[None], y=[None], mode="lines", name=name, line=line, showlegend=True
        )
    )


def rows_height(
    n_rows: float, *, style: Style, each: float = 2.6, around: float = 9.0
) -> float:
    """Height of a figure of rows, in multiples of the usual height.

    Parameters
    ----------
    n_rows : float
    style : Style
    each, around : float
        Room of a row, and of title and axis together, in letters.

    """
    return style.font_px * (around + each * max(n_rows, 1)) / HEIGHT_PX[style.size]


def letters_px(text: str, *, style: Style) -> float:
    """Estimate how wide a text is drawn."""
    lines = re.sub(r"</?b>", "", html.unescape(text)).split("<br>")
    longest = max((len(line) for line in lines), default=0)
    return longest * style.font_px * _LETTER


def ticks_fit(labels: Sequence[str], *, style: Style, width_px: float = 780) -> bool:
    """Tell whether labels stand side by side below an axis of the least width."""
    widest = max((letters_px(label, style=style) for label in labels), default=0.0)
    return len(labels) * (widest + style.font_px * 0.8) <= width_px


def slant_ticks(figure: go.Figure, labels: Sequence[str], *, style: Style) -> None:
    """Turn labels below the axis where they would not fit, and make room.

    Parameters
    ----------
    figure : plotly Figure
        Without a legend below its axis; changed in place.
    labels : sequence of str
    style : Style

    """
    if ticks_fit(labels, style=style):
        return
    widest = max(letters_px(label, style=style) for label in labels)
    figure.update_xaxes(tickangle=-45)
    figure.update_layout(height=round(figure.layout.height + widest * 0.6))


def line_px(style: Style) -> float:
    """Width of a figure's lines in pixels."""
    return 3 if style.size == "normal" else 5


def mark_px(style: Style) -> float:
    """Size of a figure's markers in pixels."""
    return style.font_px * 0.8
