"""The live race: who is how far, and what the machine does meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import plotly.graph_objects as go

from pages._view import format as say
from pages._view.figures.bars import bar_marker, inner_pattern
from pages._view.figures.chart import (
    Chart,
    Style,
    canvas,
    line_widths,
    nothing,
    row_height,
    settle_legend,
)
from pages._view.figures.records import Record
from pages._view.live_state import Lane
from pages._view.theme import ACCENT, Mode, Size, backend_look

_RACE: Final = "The race"
_MIB: Final = 1024**2
_WAITING: Final = {
    "waiting": "waits for its turn",
    "start-up": "starts its workers",
    "warm-up": "warms up (not timed)",
}


def race(
    lanes: Sequence[Lane],
    *,
    synthetic: bool = False,
    size: Size = "normal",
    mode: Mode = "light",
) -> Chart:
    """Draw how far each arm is, with files/s and time left.

    Parameters
    ----------
    lanes : sequence of Lane
        In the plan's order.
    synthetic : bool, default False
    size, mode : str

    Returns
    -------
    chart : Chart

    """
    if not lanes:
        return nothing(_RACE, "Nobody is at the start yet.")
    style = Style(size=size, mode=mode)
    figure = canvas(
        _RACE,
        context=_context(lanes, synthetic=synthetic),
        style=style,
        height=row_height(len(lanes), style=style),
    )
    for lane in lanes:
        figure.add_trace(_lane_bar(lane, style=style))
    for lane in lanes:
        figure.add_annotation(
            x=101.5,
            y=_tick(lane),
            text=_lane_words(lane),
            xanchor="left",
            font={"size": style.font_px},
        )
    room = 185 if size == "big" else 160
    figure.update_xaxes(
        title_text="percent of the files",
        range=[0, room],
        tickvals=[0, 25, 50, 75, 100],
    )
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_layout(barmode="overlay", bargap=0.3, transition_duration=0)
    return Chart(title=_RACE, figure=figure, reading=_race_reading(lanes))


def race_curves(
    lanes: Sequence[Lane],
    *,
    synthetic: bool = False,
    size: Size = "normal",
    mode: Mode = "light",
) -> Chart:
    """Draw files done over each arm's own seconds, as if all had started at once.

    Parameters
    ----------
    lanes : sequence of Lane
    synthetic : bool, default False
    size, mode : str

    Returns
    -------
    chart : Chart

    """
    title = "Side by side, each from its own start"
    running = [lane for lane in lanes if lane.trace]
    if not running:
        return nothing(title, "No arm has read a file yet.")
    style = Style(size=size, mode=mode)
    figure = canvas(
        title, context=_context(lanes, synthetic=synthetic), style=style, legend=True
    )
    widths = line_widths([(lane.backend, _inner(lane)) for lane in running])
    for lane, width in zip(running, widths, strict=True):
        look = backend_look(lane.backend)
        figure.add_trace(
            go.Scatter(
                x=[moment for moment, _ in lane.trace],
                y=[done for _, done in lane.trace],
                mode="lines+markers",
                name=say.plain(lane.label),
                line={"color": look.colour, "width": width, "dash": _dash(lane)},
                marker={
                    "symbol": look.symbol,
                    "size": [0] * (len(lane.trace) - 1) + [style.font_px],
                },
                hovertemplate="%{x:.1f} s: %{y} files<extra>%{fullData.name}</extra>",
            )
        )
    figure.update_xaxes(title_text="seconds since the arm's work began")
    figure.update_yaxes(title_text="files done")
    figure.update_xaxes(rangemode="tozero")
    figure.update_yaxes(rangemode="tozero")
    settle_legend(figure, style=style)
    return Chart(title=title, figure=figure, reading=_curves_reading(running))


def live_cores(
    samples: Sequence[Record], *, size: Size = "normal", mode: Mode = "light"
) -> Chart:
    """Draw how busy each core is now.

    Parameters
    ----------
    samples : sequence of mapping
        The ``sample`` events of the repetition under way.
    size, mode : str

    Returns
    -------
    chart : Chart

    """
    title = "Cores, now"
    rows = [row for row in samples if row.get("cores")]
    if not rows:
        return nothing(title, "The first sample of the cores is under way.")
    cores = [float(core) for core in rows[-1]["cores"]]
    style = Style(size=size, mode=mode)
    figure = canvas(
        title, context=say.count(len(cores), "core"), style=style, height=0.8
    )
    few = len(cores) <= 16
    figure.add_trace(
        go.Bar(
            x=[
                f"core {index}" if len(cores) <= 8 else str(index)
                for index in range(len(cores))
            ],
            y=cores,
            marker={"color": ACCENT},
            text=[f"{core:.0f}" for core in cores] if few else None,
            textposition="auto",
            textfont={"size": style.font_px},
            hovertemplate="%{x}: %{y:.0f} %<extra></extra>",
            showlegend=False,
        )
    )
    figure.update_yaxes(title_text="percent busy", range=[0, 105])
    figure.update_xaxes(title_text=None if len(cores) <= 8 else "core")
    busy = sum(cores) / 100
    return Chart(
        title=title,
        figure=figure,
        reading=f"{busy:.1f} of {say.count(len(cores), 'core')} are busy now.",
    )


def live_memory(
    samples: Sequence[Record], *, size: Size = "normal", mode: Mode = "light"
) -> Chart:
    """Draw the memory of the arm under way.

    Parameters
    ----------
    samples : sequence of mapping
        The ``sample`` events of the repetition under way.
    size, mode : str

    Returns
    -------
    chart : Chart

    """
    title = "Memory, so far"
    rows = [row for row in samples if row.get("rss_bytes")]
    if not rows:
        return nothing(title, "The first sample of the memory is under way.")
    style = Style(size=size, mode=mode)
    figure = canvas(
        title, context="whole tree of processes", style=style, height=0.8, legend=True
    )
    for field, name, dash, colour in (
        ("pss_bytes", "PSS", "solid", ACCENT),
        ("rss_bytes", "RSS", "dot", ACCENT),
    ):
        points = [row for row in rows if row.get(field)]
        if points:
            figure.add_trace(
                go.Scatter(
                    x=[row["t_s"] for row in points],
                    y=[row[field] / _MIB for row in points],
                    mode="lines+markers" if field == "pss_bytes" else "lines",
                    name=name,
                    line={"color": colour, "dash": dash, "width": 3},
                    hovertemplate=f"%{{x:.1f}} s: %{{y:,.0f}} MiB<extra>{name}</extra>",
                )
            )
    figure.update_xaxes(title_text="seconds since the work began", rangemode="tozero")
    figure.update_yaxes(title_text="MiB", rangemode="tozero")
    settle_legend(figure, style=style)
    last = next((row for row in reversed(rows) if row.get("pss_bytes")), rows[-1])
    kind = "PSS" if last.get("pss_bytes") else "RSS"
    value = last.get("pss_bytes") or last["rss_bytes"]
    return Chart(
        title=title,
        figure=figure,
        reading=f"The whole tree holds {say.mebibytes(value)} ({kind}) now.",
    )


def _tick(lane: Lane) -> str:
    """Break a lane's label into lines of bearable length."""
    first, *rest = [say.plain(part) for part in lane.label.split(", ")]
    return "<br>".join([first, ", ".join(rest)]) if rest else first


def _inner(lane: Lane) -> str:
    """Take the inner threads out of the arm's key."""
    return lane.key.rsplit("/", 1)[-1]


def _dash(lane: Lane) -> str:
    """Dash of a lane's curve: unpinned arms are dotted."""
    return backend_look(lane.backend).dash if _inner(lane) == "1" else "dot"


def _lane_bar(lane: Lane, *, style: Style) -> go.Bar:
    """Draw one lane's share of the files."""
    share = 100 * lane.done / lane.total if lane.total else 0.0
    if lane.phase in _WAITING and lane.runs:
        share = 100.0
    marker = bar_marker(
        backend_look(lane.backend).colour, inner_pattern(_inner(lane)), style=style
    )
    return go.Bar(
        x=[share],
        y=[_tick(lane)],
        orientation="h",
        marker=marker,
        opacity=0.55 if lane.phase in _WAITING and lane.runs else 1.0,
        hovertemplate="%{y}: %{x:.0f} %<extra></extra>",
        showlegend=False,
    )


def _lane_words(lane: Lane) -> str:
    """Write what stands at the end of a lane."""
    best = lane.best_wall_s
    if lane.phase == "finished" and best is not None:
        return f"<b>{say.duration(best)}</b> · {say.rate(lane.files_per_s)} files/s"
    if lane.phase in _WAITING:
        before = f"<b>{say.duration(best)}</b>, " if best is not None else ""
        return f"{before}{_WAITING[lane.phase]}"
    words = f"{lane.done:,} of {lane.total:,}"
    if lane.files_per_s is not None:
        words += f" · {say.rate(lane.files_per_s)} files/s"
    if lane.remaining_s is not None:
        words += f" · {max(round(lane.remaining_s), 1)} s left"
    return words


def _context(lanes: Sequence[Lane], *, synthetic: bool) -> str:
    """Write the line below the race's title."""
    files = max((lane.total for lane in lanes), default=0)
    parts = [say.count(files, "file")]
    if synthetic:
        parts.append("<b>synthetic corpus</b>")
    return " · ".join(parts)


def _race_reading(lanes: Sequence[Lane]) -> str:
    """Say who leads among those that finished."""
    finished = [lane for lane in lanes if lane.best_wall_s is not None]
    if not finished:
        return "The arms run one after another, so that they do not slow each other."
    best = min(finished, key=lambda lane: lane.best_wall_s or 0.0)
    slowest = max(finished, key=lambda lane: lane.best_wall_s or 0.0)
    if best is slowest:
        return f"First at the finish: {best.label}, {say.duration(best.best_wall_s)}."
    ratio = (slowest.best_wall_s or 0.0) / (best.best_wall_s or 1.0)
    return (
        f"Fastest so far: {best.label}, {say.duration(best.best_wall_s)}; "
        f"{slowest.label} takes {say.times(ratio)} as long."
    )


def _curves_reading(running: Sequence[Lane]) -> str:
    """Compare the rates, which are the slopes."""
    rated = [lane for lane in running if lane.files_per_s]
    if not rated:
        return "The steeper, the faster."
    best = max(rated, key=lambda lane: lane.files_per_s or 0.0)
    return (
        f"The steeper, the faster: {best.label} reads {say.rate(best.files_per_s)} "
        "files a second."
    )
