"""What curves over the number of workers are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import plotly.graph_objects as go

from pages._view import format as say
from pages._view.figures.chart import Style
from pages._view.figures.records import Arm, Record, available_cores
from pages._view.theme import NEUTRAL, backend_look

_INNER_DASHES: Final = {"1": None, "default": "dash", "all": "dot"}
_SPREAD: Final = 0.06
"""How far groups stand apart at one worker count, in workers."""


def shift_aside(index: int, n_groups: int) -> float:
    """Move a group a little aside, so that intervals do not cover each other."""
    return (index - (n_groups - 1) / 2) * _SPREAD


def measured(
    group: Sequence[Arm], shift: float, what: str, *, style: Style
) -> go.Scatter:
    """Draw one group's speed-ups or efficiencies with their intervals."""
    look = backend_look(group[0].backend)
    hollow = not group[0].pinned
    efficiency = what == "efficiency"
    per = [100 / arm.workers if efficiency else 1.0 for arm in group]
    unit = " %" if efficiency else "×"
    return go.Scatter(
        x=[arm.workers + shift for arm in group],
        y=[(arm.speedup or 0.0) * k for arm, k in zip(group, per, strict=True)],
        customdata=[
            [say.plain(arm.name), say.interval(arm.speedup_low, arm.speedup_high)]
            for arm in group
        ],
        error_y=_error_bars(group, per, style=style),
        mode="lines+markers" if len(group) > 1 else "markers",
        name=say.plain(group_name(group[0])),
        line={
            "color": look.colour,
            "width": 3,
            "dash": _INNER_DASHES.get(group[0].inner_threads) or look.dash,
        },
        marker={
            "color": look.colour,
            "symbol": f"{look.symbol}-open" if hollow else look.symbol,
            "size": style.font_px * 0.85,
            "line": {"width": 2.5 if hollow else 0, "color": look.colour},
        },
        hovertemplate=(
            "%{customdata[0]}<br>%{y:.3g}"
            + unit
            + "<br>95 % interval of the speed-up: %{customdata[1]}<extra></extra>"
        ),
    )


def _error_bars(
    group: Sequence[Arm], per: Sequence[float], *, style: Style
) -> dict[str, Any]:
    """Describe the intervals of speed-ups; of no length where they are not known."""
    above: list[float] = []
    below: list[float] = []
    for arm, scale in zip(group, per, strict=True):
        middle = arm.speedup or 0.0
        high = middle if arm.speedup_high is None else arm.speedup_high
        low = middle if arm.speedup_low is None else arm.speedup_low
        above.append((high - middle) * scale)
        below.append((middle - low) * scale)
    return {
        "type": "data",
        "symmetric": False,
        "array": above,
        "arrayminus": below,
        "thickness": 2,
        "width": style.font_px * 0.4,
    }


def group_name(arm: Arm) -> str:
    """Name a line of the legend: the arm without its worker count."""
    return arm.name.replace(f" × {arm.workers}", "", 1)


def ideal(
    figure: go.Figure,
    x: Sequence[float],
    y: Sequence[float],
    name: str,
    style: Style,
) -> None:
    """Draw the line that no arm is expected to pass."""
    figure.add_trace(
        go.Scatter(
            x=list(x),
            y=list(y),
            mode="lines+markers" if x[0] == x[-1] else "lines",
            name=name,
            line={"color": NEUTRAL, "width": 2, "dash": "dot"},
            marker={"symbol": "line-ew-open", "size": style.font_px, "color": NEUTRAL},
            hoverinfo="skip",
        )
    )


def band(
    x: Sequence[float], low: Sequence[float], high: Sequence[float], colour: str
) -> go.Scatter:
    """Shade the interval of a fitted law."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return go.Scatter(
        x=[*x, *reversed(x)],
        y=[*high, *reversed(low)],
        fill="toself",
        fillcolor=f"rgba({red},{green},{blue},0.15)",
        line={"width": 0},
        mode="lines",
        hoverinfo="skip",
        showlegend=False,
    )


def cores_mark(figure: go.Figure, record: Record, most: int, style: Style) -> None:
    """Mark where the machine runs out of cores, if the plan goes so far."""
    cores = available_cores(record)
    if cores is None or most <= cores:
        return
    figure.add_vline(
        x=cores,
        line={"color": NEUTRAL, "width": 1.5, "dash": "dash"},
        annotation={
            "text": f"{cores} cores: no more to win",
            "font": {"size": style.font_px},
            "yanchor": "bottom",
            "y": 0.02,
            "xanchor": "left",
        },
    )


def workers_axis(figure: go.Figure, groups: Sequence[Sequence[Arm]]) -> None:
    """Put whole numbers of workers on the axis."""
    counts = sorted({1, *(arm.workers for group in groups for arm in group)})
    spread = max(counts) - 1
    figure.update_xaxes(
        title_text="workers (threads or processes)",
        tickvals=_apart(counts),
        range=[0.6 - 0.03 * spread, max(counts) + 0.4 + 0.03 * spread],
    )


def _apart(counts: Sequence[int]) -> list[int]:
    """Keep the tick labels that have room on a linear axis."""
    kept = [counts[-1]]
    least = (counts[-1] - 1) / 16
    for number in reversed(counts[:-1]):
        if kept[-1] - number >= least:
            kept.append(number)
    return sorted(kept)
