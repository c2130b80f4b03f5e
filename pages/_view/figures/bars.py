"""Horizontal bars in panels, each panel on its own scale: the report beside us.

Two machines and two sizes of data cannot share an axis. Each panel therefore has
its own, cut so that the baseline's bar is equally long in every panel: what can be
compared by eye is the ratio, and only the ratio.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import plotly.graph_objects as go

from pages._view.figures.chart import Style, canvas, stacked_panels
from pages._view.theme import HEIGHT_PX, INNER_PATTERNS, PUBLISHED_PATTERN, backend_look

_CLEAR: Final = "rgba(0,0,0,0)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """One bar.

    Attributes
    ----------
    tick : str
        Label at the axis; may hold plotly markup.
    value : float
        In the panel's unit.
    text : str
        Written beside the bar.
    backend : str
        Decides the colour.
    inner_threads : str
        Decides the pattern.
    published : bool
        Drawn hollow and hatched: somebody else's figure.
    comparable : bool
        Drawn pale: ours, taken the way the published one was.

    """

    tick: str
    value: float
    text: str
    backend: str
    inner_threads: str = "1"
    published: bool = False
    comparable: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Panel:
    """Bars that share a scale. `baseline` is the value drawn equally long."""

    heading: str
    bars: Sequence[Bar]
    baseline: float


def panels(
    title: str,
    *,
    context: str,
    shown: Sequence[Panel],
    unit: str,
    style: Style,
) -> go.Figure:
    """Draw panels of horizontal bars, baselines equally long.

    Parameters
    ----------
    title, context : str
    shown : sequence of Panel
        At least one, each with at least one bar and a baseline above zero.
    unit : str
        Of every panel's axis.
    style : Style

    Returns
    -------
    figure : plotly Figure

    """
    font = style.font_px
    counts = [len(panel.bars) for panel in shown]
    gap = font * 5.2
    plot_px = font * 3.1 * sum(counts) + gap * (len(shown) - 1)
    figure = stacked_panels(
        [panel.heading for panel in shown],
        heights=counts,
        style=style,
        gap_px=gap,
        total_px=plot_px,
    )
    height_px = plot_px + font * (6.8 + 3.6)
    canvas(
        title,
        context=context,
        style=style,
        height=height_px / HEIGHT_PX[style.size],
        figure=figure,
    )
    figure.update_layout(margin={"t": round(font * 6.8)})
    reach = max(bar.value / panel.baseline for panel in shown for bar in panel.bars)
    room = 1.85 if style.size == "big" else 1.5
    for row, panel in enumerate(shown, start=1):
        for bar in panel.bars:
            figure.add_trace(_bar(bar, unit=unit, style=style), row=row, col=1)
        figure.update_xaxes(
            range=[0, panel.baseline * reach * room],
            title_text=unit if row == len(shown) else None,
            row=row,
            col=1,
        )
        figure.update_yaxes(autorange="reversed", showgrid=False, row=row, col=1)
    figure.update_layout(barmode="overlay", bargap=0.32)
    return figure


def _bar(bar: Bar, *, unit: str, style: Style) -> go.Bar:
    """Draw one bar with its text to the right."""
    return go.Bar(
        x=[bar.value],
        y=[bar.tick],
        orientation="h",
        text=[f" {bar.text}"],
        textposition="outside",
        textfont={"size": style.font_px},
        cliponaxis=False,
        marker=bar_marker(
            backend_look(bar.backend).colour,
            PUBLISHED_PATTERN if bar.published else inner_pattern(bar.inner_threads),
            style=style,
        ),
        opacity=0.5 if bar.comparable else 1.0,
        hovertemplate=f"%{{y}}<br>%{{x:.4g}} {unit}<extra></extra>",
        showlegend=False,
    )


def inner_pattern(inner_threads: str) -> str:
    """Return the pattern of a setting of the inner threads."""
    return INNER_PATTERNS.get(inner_threads, ".")


def bar_marker(colour: str, pattern: str, *, style: Style) -> dict[str, Any]:
    """Describe the fill of a bar.

    Parameters
    ----------
    colour : str
    pattern : str
        Plotly's name, empty for a solid fill. `PUBLISHED_PATTERN` gives a hollow,
        hatched bar; every other pattern is laid in white over the colour.
    style : Style

    Returns
    -------
    marker : dict
        For plotly's ``marker``.

    """
    if not pattern:
        return {"color": colour}
    size = style.font_px * 0.6
    if pattern == PUBLISHED_PATTERN:
        return {
            "color": _CLEAR,
            "line": {"color": colour, "width": 2},
            "pattern": {
                "shape": pattern,
                "fgcolor": colour,
                "bgcolor": _CLEAR,
                "fillmode": "replace",
                "size": size,
            },
        }
    return {
        "color": colour,
        "pattern": {
            "shape": pattern,
            "fgcolor": "#FFFFFF",
            "fgopacity": 0.75,
            "fillmode": "overlay",
            "size": size,
            "solidity": 0.25,
        },
    }
