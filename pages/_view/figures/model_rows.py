"""Rows of horizontal bars or points, each with its interval and its figure in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import plotly.graph_objects as go

from pages._view.figures.bars import bar_marker
from pages._view.figures.chart import Style
from pages._view.figures.model_marks import (
    Bounds,
    error_bars,
    letters_px,
    line_px,
    mark_px,
)

_PLOT_PX: Final = 880
"""Room for ticks, bars and their words at the least width of a figure."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One bar or point.

    Attributes
    ----------
    tick : str
        Label at the axis, unique in its figure; escaped for plotly.
    value : float
        In the axis' unit.
    text : str
        Written behind the bar and its interval.
    colour, pattern, symbol : str
        Plotly's; the pattern is for bars, the symbol for points.
    bounds : (low, high) or None
        In the axis' unit.
    mark : float or None
        Where the caller draws another mark in this row; words stand behind it.
    hover : str
        More about it; escaped for plotly.

    """

    tick: str
    value: float
    text: str
    colour: str
    pattern: str = ""
    symbol: str = "circle"
    bounds: Bounds = None
    mark: float | None = None
    hover: str = ""

    @property
    def end(self) -> float:
        """Where the row's marks end and its words may begin."""
        high = self.value if self.bounds is None else max(self.value, self.bounds[1])
        return high if self.mark is None else max(high, self.mark)


def draw_rows(
    figure: go.Figure,
    rows: Sequence[Row],
    *,
    style: Style,
    points: bool = False,
    start: float | None = 0.0,
    most: float | None = None,
    row: int | None = None,
) -> None:
    """Draw rows from top to bottom and leave room for their words.

    Parameters
    ----------
    figure : plotly Figure
        Changed in place.
    rows : sequence of Row
        At least one.
    style : Style
    points : bool, default False
        Points instead of bars, for scales that do not begin at zero.
    start : float or None, default 0
        Left end of the axis; None for a little below the least value.
    most : float or None
        What the axis must at least reach.
    row : int or None
        Of a sub-plot, counted from 1; a single column is meant.

    """
    place = {} if row is None else {"row": row, "col": 1}
    for one in rows:
        figure.add_trace((_point if points else _bar)(one, style=style), **place)
    figure.add_trace(
        go.Scatter(
            x=[one.end for one in rows],
            y=[one.tick for one in rows],
            mode="text",
            text=[f"{_space(one)}{one.text}" for one in rows],
            textposition="middle right",
            textfont={"size": style.font_px},
            cliponaxis=False,
            hoverinfo="skip",
            showlegend=False,
        ),
        **place,
    )
    figure.update_xaxes(
        range=_reach(rows, start=start, most=most, style=style), **place
    )
    figure.update_yaxes(
        range=[len(rows) - 0.5, -0.5],
        showgrid=False,
        categoryorder="array",
        categoryarray=[one.tick for one in rows],
        **place,
    )
    figure.update_layout(barmode="overlay", bargap=0.32)


def _space(one: Row) -> str:
    """Keep words off the mark before them; a caller's mark is wide."""
    return "     " if one.mark is not None and one.mark == one.end else "  "


def _reach(
    rows: Sequence[Row], *, start: float | None, most: float | None, style: Style
) -> list[float]:
    """Choose the axis so that the longest bar and its words have room."""
    high = max([one.end for one in rows] + ([] if most is None else [most]))
    low = start
    if low is None:
        least = min(one.bounds[0] if one.bounds else one.value for one in rows)
        low = least - 0.06 * max(high - least, abs(high) * 0.05)
    ticks_px = max(letters_px(one.tick, style=style) for one in rows)
    room_px = max(_PLOT_PX - ticks_px, 200)
    needed = high
    for one in rows:
        words_px = letters_px(one.text, style=style) + 2.5 * style.font_px
        share = max(1 - words_px / room_px, 0.3)
        needed = max(needed, low + (one.end - low) / share)
    return [low, needed if needed > low else low + 1]


def _bar(one: Row, *, style: Style) -> go.Bar:
    """Draw a row as a bar."""
    return go.Bar(
        x=[one.value],
        y=[one.tick],
        orientation="h",
        marker=bar_marker(one.colour, one.pattern, style=style),
        error_x=error_bars([one.value], [one.bounds], style=style),
        customdata=[one.hover],
        hovertemplate="%{y}: %{x:.4g}<br>%{customdata}<extra></extra>",
        showlegend=False,
    )


def _point(one: Row, *, style: Style) -> go.Scatter:
    """Draw a row as a point."""
    return go.Scatter(
        x=[one.value],
        y=[one.tick],
        mode="markers",
        marker={
            "color": one.colour,
            "symbol": one.symbol,
            "size": mark_px(style) * 1.2,
            "line": {"width": line_px(style) * 0.7, "color": one.colour},
        },
        error_x={
            **error_bars([one.value], [one.bounds], style=style),
            "color": one.colour,
        },
        customdata=[one.hover],
        hovertemplate="%{y}: %{x:.4g}<br>%{customdata}<extra></extra>",
        showlegend=False,
    )


def legend_entry(
    figure: go.Figure, name: str, colour: str, pattern: str, *, style: Style
) -> None:
    """Name a colour and pattern in the legend, for rows that are traces apiece."""
    figure.add_trace(
        go.Bar(
            x=[None],
            y=[None],
            name=name,
            orientation="h",
            marker=bar_marker(colour, pattern, style=style),
            showlegend=True,
        )
    )
