"""Wall time of every arm, each repetition a point."""

from __future__ import annotations

import plotly.graph_objects as go

from pages._view import format as say
from pages._view.figures.bars import bar_marker, inner_pattern
from pages._view.figures.chart import Chart, Style, canvas, nothing, row_height
from pages._view.figures.records import Arm, Record, arms, context, fastest, reference
from pages._view.theme import Mode, Size, backend_look

_TITLE = "Wall time of each arm"


def wall_times(record: Record, *, size: Size = "normal", mode: Mode = "light") -> Chart:
    """Draw the median wall time of each arm, with every repetition as a point.

    Parameters
    ----------
    record : mapping
        A record of kind ``bench``.
    size, mode : str

    Returns
    -------
    chart : Chart

    """
    found = [arm for arm in arms(record) if arm.median_wall_s is not None]
    if not found:
        return nothing(_TITLE, "No arm of this run finished, so there is no wall time.")
    style = Style(size=size, mode=mode)
    figure = canvas(
        _TITLE,
        context=context(record),
        style=style,
        height=row_height(len(found), style=style),
    )
    for arm in found:
        figure.add_trace(_bar(arm, style=style))
    for arm in found:
        figure.add_trace(_points(arm, style=style))
    longest = max(max((*arm.walls_s, arm.median_wall_s or 0.0)) for arm in found)
    room = 1.95 if size == "big" else 1.6
    figure.update_xaxes(
        title_text="seconds (bar: median, points: repetitions)",
        range=[0, longest * room],
    )
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_layout(barmode="overlay", bargap=0.35)
    return Chart(title=_TITLE, figure=figure, reading=_reading(found))


def _bar(arm: Arm, *, style: Style) -> go.Bar:
    """Draw the median of one arm."""
    marker = bar_marker(
        backend_look(arm.backend).colour, inner_pattern(arm.inner_threads), style=style
    )
    return go.Bar(
        x=[arm.median_wall_s],
        y=[arm.tick],
        orientation="h",
        marker=marker,
        showlegend=False,
        hovertemplate="%{y}<br>median %{x:.4g} s<extra></extra>",
    )


def _points(arm: Arm, *, style: Style) -> go.Scatter:
    """Draw the repetitions of one arm, its text right of the last of them."""
    walls = list(arm.walls_s) or [arm.median_wall_s or 0.0]
    furthest = max(range(len(walls)), key=lambda index: walls[index])
    beside = f"   median {say.duration(arm.median_wall_s)}"
    if arm.files_per_s:
        beside += f" · {arm.files_per_s:,.1f} files/s"
    return go.Scatter(
        x=walls,
        y=[arm.tick] * len(walls),
        mode="markers+text",
        text=[beside if index == furthest else "" for index in range(len(walls))],
        textposition="middle right",
        textfont={"size": style.font_px},
        cliponaxis=False,
        marker={
            "symbol": "circle",
            "size": style.font_px * 0.55,
            "color": "#FFFFFF",
            "line": {"color": "#1B1F24", "width": 1.5},
            "opacity": 0.9 if arm.walls_s else 0,
        },
        showlegend=False,
        hovertemplate="%{y}<br>a repetition: %{x:.4g} s<extra></extra>",
    )


def _reading(found: list[Arm]) -> str:
    """Say which arm was fastest and how far repetitions lay apart."""
    best, base = fastest(found), reference(found)
    if best is None:
        return ""
    sentence = f"Fastest: {best.name}, {say.duration(best.median_wall_s)}"
    if base is not None and base is not best:
        sentence += f" where pinned sequential takes {say.duration(base.median_wall_s)}"
    several = [arm for arm in found if len(arm.walls_s) > 1 and arm.median_wall_s]
    if not several:
        return f"{sentence}. One repetition only: chance is not told from effect."
    spread = max(
        (max(arm.walls_s) - min(arm.walls_s)) / (arm.median_wall_s or 1.0)
        for arm in several
    )
    return (
        f"{sentence}. Repetitions of one arm (points) lie up to "
        f"{say.percent(spread)} of its median apart."
    )
