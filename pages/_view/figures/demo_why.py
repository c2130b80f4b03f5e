"""What drove an answer: groups of features, and moments of the recording."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import plotly.graph_objects as go

from pages._view import format as say
from pages._view.figures.bars import bar_marker
from pages._view.figures.chart import Chart, Style, canvas, nothing, stacked_panels
from pages._view.figures.demo_time import (
    TimeAxis,
    clock,
    loudest,
    outline_trace,
)
from pages._view.figures.model_marks import rows_height
from pages._view.theme import ACCENT, HEIGHT_PX, NEUTRAL, Mode, Size

if TYPE_CHECKING:
    from ser_core.audio.envelope import Envelope
    from ser_core.inference.explanation import GroupEffect, Occluded

_GROUPS: Final = "What of the sound speaks for the answer"
_MOMENTS: Final = "Which moments speak for the answer"
_FOR: Final = (ACCENT, "")
_AGAINST: Final = ("#D55E00", "/")
_LEAST_RANGE: Final = 0.05


def groups(
    effects: Sequence[GroupEffect], *, size: Size = "normal", mode: Mode = "light"
) -> Chart:
    """Draw each group's share in the probability of the answer.

    Parameters
    ----------
    effects : sequence of GroupEffect
        All of the same class.
    size, mode : str

    Returns
    -------
    chart : Chart
        Bars to the right speak for the class, to the left against it.

    """
    if not effects:
        return nothing(_GROUPS, "There are no groups of features to tell apart.")
    ranked = sorted(effects, key=lambda effect: -effect.share)
    style = Style(size=size, mode=mode)
    of = say.plain(ranked[0].of)
    figure = canvas(
        _GROUPS,
        context=f"answer: <b>{of}</b> · "
        "percentage points, compared with an average clip of the training",
        style=style,
        height=rows_height(len(ranked), style=style, each=2.2, around=9.0),
    )
    for place, effect in enumerate(ranked):
        figure.add_trace(_group_bar(effect, place, style=style))
    _write_points(figure, [effect.share for effect in ranked], style=style)
    figure.add_vline(x=0, line={"color": NEUTRAL, "width": 2})
    low, high = _reach([effect.share for effect in ranked], room=0.25)
    figure.update_layout(bargap=0.35, barmode="overlay")
    figure.update_xaxes(
        title_text=f"← against {of} · percentage points · for {of} →",
        range=[100 * low, 100 * high],
        zeroline=False,
    )
    figure.update_yaxes(
        tickvals=list(range(len(ranked))),
        ticktext=[say.plain(effect.words) for effect in ranked],
        range=[len(ranked) - 0.4, -0.6],
        showgrid=False,
        zeroline=False,
    )
    return Chart(title=_GROUPS, figure=figure, reading=_groups_reading(ranked))


def occlusion(
    parts: Sequence[Occluded],
    envelope: Envelope | None,
    *,
    size: Size = "normal",
    mode: Mode = "light",
) -> Chart:
    """Draw what covering each part of a recording does to the answer.

    Parameters
    ----------
    parts : sequence of Occluded
        Rising in time, all of the same class.
    envelope : Envelope or None
        Of the same recording, for the panel below.
    size, mode : str

    Returns
    -------
    chart : Chart
        Bars upwards are moments without which the class is less probable.

    """
    if not parts:
        return nothing(
            _MOMENTS, "The recording is too short to be tried without its parts."
        )
    style = Style(size=size, mode=mode)
    axis = TimeAxis(max(part.end_s for part in parts))
    figure = _moments_canvas(parts[0].of, envelope is not None, style=style)
    figure.add_trace(_part_bars(parts, axis, style=style), row=1, col=1)
    figure.add_hline(y=0, line={"color": NEUTRAL, "width": 2}, row=1, col=1)
    low, high = _reach([part.effect for part in parts], room=0.1)
    figure.update_yaxes(
        title_text="percentage<br>points",
        range=[100 * low, 100 * high],
        zeroline=False,
        row=1,
        col=1,
    )
    if envelope is not None:
        figure.add_trace(outline_trace(envelope, axis, colour=NEUTRAL), row=2, col=1)
        peak = loudest(envelope) * 1.05
        figure.update_yaxes(title_text="amplitude", range=[-peak, peak], row=2, col=1)
        _shade(figure, parts, axis)
    figure.update_layout(bargap=0, barmode="overlay")
    axis.dress(figure, rows=1 if envelope is None else 2)
    return Chart(title=_MOMENTS, figure=figure, reading=_moments_reading(parts))


def _group_bar(effect: GroupEffect, place: int, *, style: Style) -> go.Bar:
    """Draw one group's bar."""
    return go.Bar(
        x=[100 * effect.share],
        y=[place],
        orientation="h",
        marker=bar_marker(*(_FOR if effect.share >= 0 else _AGAINST), style=style),
        hovertemplate=(
            f"{say.plain(effect.words)}: {_points(effect.share)} points<br>"
            f"{say.plain(effect.of)} with all: {say.percent(effect.probability)}; "
            f"without this one: {say.percent(effect.without)}<extra></extra>"
        ),
        showlegend=False,
    )


def _write_points(figure: go.Figure, shares: Sequence[float], *, style: Style) -> None:
    """Write each bar's length at its end."""
    for place, share in enumerate(shares):
        figure.add_annotation(
            x=100 * share,
            y=place,
            text=_points(share),
            xanchor="left" if share >= 0 else "right",
            xshift=6 if share >= 0 else -6,
            font={"size": style.font_px},
        )


def _moments_canvas(of: str, with_outline: bool, *, style: Style) -> go.Figure:
    """Make the panels: effects above, the waveform below."""
    font = style.font_px
    heights = [13.0, 8.0] if with_outline else [13.0]
    titles = ["without this moment", "the sound"] if with_outline else [""]
    gap_px = font * 2.4
    total_px = font * sum(heights) + gap_px * (len(heights) - 1)
    figure = stacked_panels(
        titles, heights=heights, style=style, gap_px=gap_px, total_px=total_px
    )
    canvas(
        _MOMENTS,
        context=f"answer: <b>{say.plain(of)}</b> · how much less probable it is "
        "without each part",
        style=style,
        height=(total_px + font * 10) / HEIGHT_PX[style.size],
        figure=figure,
    )
    figure.update_layout(margin={"t": round(font * 6.8)})
    return figure


def _part_bars(parts: Sequence[Occluded], axis: TimeAxis, *, style: Style) -> go.Bar:
    """Draw one bar a part, as wide as the part is long."""
    effects = [part.effect for part in parts]
    looks = [_FOR if effect >= 0 else _AGAINST for effect in effects]
    marker = bar_marker(_FOR[0], "x", style=style)
    marker["color"] = [colour for colour, _ in looks]
    marker["pattern"]["shape"] = [pattern for _, pattern in looks]
    marker["line"] = {"width": 1}
    return go.Bar(
        x=axis.at((part.start_s + part.end_s) / 2 for part in parts),
        width=axis.lengths(part.end_s - part.start_s for part in parts),
        y=[100 * effect for effect in effects],
        marker=marker,
        customdata=[_part_words(part) for part in parts],
        hovertemplate="%{customdata}<extra></extra>",
        showlegend=False,
    )


def _part_words(part: Occluded) -> str:
    """Write what a part says when it is pointed at."""
    span = f"{clock(part.start_s)} to {clock(part.end_s)}"
    if part.without is None:
        return f"{span}: nothing is left without it"
    return (
        f"{span}: {say.plain(part.of)} {say.percent(part.probability)}, without this "
        f"part {say.percent(part.without)}"
    )


def _shade(figure: go.Figure, parts: Sequence[Occluded], axis: TimeAxis) -> None:
    """Tint the waveform where covering it matters, the more the stronger."""
    strongest = max(abs(part.effect) for part in parts)
    if strongest <= 0:
        return
    for part in parts:
        begin, end = axis.at([part.start_s, part.end_s])
        figure.add_shape(
            type="rect",
            x0=begin,
            x1=end,
            y0=0,
            y1=1,
            xref="x2",
            yref="y2 domain",
            layer="below",
            line={"width": 0},
            fillcolor=_FOR[0] if part.effect >= 0 else _AGAINST[0],
            opacity=0.55 * abs(part.effect) / strongest,
        )


def _reach(values: Sequence[float], *, room: float) -> tuple[float, float]:
    """Return the range of an axis that holds values and zero, with room for labels."""
    low, high = min(0.0, *values), max(0.0, *values)
    span = max(high - low, _LEAST_RANGE)
    return low - span * (room if low < 0 else 0.04), high + span * room


def _points(share: float) -> str:
    """Write percentage points with their sign."""
    points = round(100 * share, 1)
    return f"{points:+.1f}".replace("-", "−") if points else "0.0"


def _groups_reading(ranked: Sequence[GroupEffect]) -> str:
    """Say from where to where the groups lift the class."""
    of, probability = ranked[0].of, ranked[0].probability
    average = probability - sum(effect.share for effect in ranked)
    return (
        f"An average clip of the training would get {say.percent(max(average, 0.0))} "
        f"for {of}; all groups together make it {say.percent(probability)}. This is "
        "about the model, and no proof of what the speaker feels."
    )


def _moments_reading(parts: Sequence[Occluded]) -> str:
    """Name the moment that matters most."""
    strongest = max(parts, key=lambda part: part.effect)
    if strongest.effect < 0.01:
        return (
            f"No single moment matters: without any of them, {parts[0].of} stays about "
            "as probable."
        )
    span = f"{clock(strongest.start_s)} to {clock(strongest.end_s)}"
    if strongest.without is None:
        return f"From {span} lies all that can be heard."
    return (
        f"{span.capitalize()} matters most: without it, {strongest.of} falls from "
        f"{say.percent(strongest.probability)} to {say.percent(strongest.without)}."
    )
