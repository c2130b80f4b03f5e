"""Memory and cores over the time of a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from pages._view import format as say
from pages._view.figures.chart import (
    Chart,
    Style,
    canvas,
    colour_bar,
    line_widths,
    nothing,
    settle_legend,
)
from pages._view.figures.records import Arm, Record, arms, context
from pages._view.theme import (
    HEIGHT_PX,
    SEQUENTIAL_SCALE,
    Mode,
    Size,
    backend_look,
)

_MEMORY: Final = "Memory over time"
_CORES: Final = "Use of each core over time"
_MIB: Final = 1024**2
_MAX_ROWS: Final = 8
"""More cores than this are drawn as a heat map instead of one row each."""


def memory_over_time(
    record: Record, *, size: Size = "normal", mode: Mode = "light"
) -> Chart:
    """Draw RSS and PSS of the whole process tree over time, one colour an arm.

    Parameters
    ----------
    record : mapping
        A record of kind ``bench``.
    size, mode : str

    Returns
    -------
    chart : Chart

    """
    series = [(arm, rows) for arm in arms(record) if (rows := _samples(record, arm))]
    if not series:
        return nothing(_MEMORY, "No samples were kept, so memory over time is unknown.")
    style = Style(size=size, mode=mode)
    figure = canvas(
        _MEMORY,
        context=f"{context(record)} · solid: PSS · dotted: RSS",
        style=style,
        height=1.1,
        legend=True,
    )
    any_pss = any(row.get("pss_bytes") for _, rows in series for row in rows)
    widths = line_widths([(arm.backend, arm.inner_threads) for arm, _ in series])
    for (arm, rows), width in zip(series, widths, strict=True):
        if any_pss:
            figure.add_trace(
                _memory_line(
                    arm, rows, "pss_bytes", named=True, width=width, style=style
                )
            )
        figure.add_trace(
            _memory_line(
                arm, rows, "rss_bytes", named=not any_pss, width=1.5, style=style
            )
        )
    figure.update_xaxes(title_text="seconds since the work began", rangemode="tozero")
    figure.update_yaxes(title_text="MiB, whole tree", rangemode="tozero")
    settle_legend(figure, style=style)
    reading = _memory_reading([arm for arm, _ in series], any_pss=any_pss)
    return Chart(title=_MEMORY, figure=figure, reading=reading)


def core_use(
    record: Record,
    *,
    arm: str | None = None,
    size: Size = "normal",
    mode: Mode = "light",
) -> Chart:
    """Draw how busy each core of the machine was during one arm.

    Parameters
    ----------
    record : mapping
        A record of kind ``bench``.
    arm : str, optional
        Key of the arm; the last one with samples without it.
    size, mode : str

    Returns
    -------
    chart : Chart

    """
    with_samples = [a for a in arms(record) if _samples(record, a)]
    chosen = next((a for a in with_samples if a.key == arm), None)
    if chosen is None and arm is None and with_samples:
        chosen = with_samples[-1]
    rows = [r for r in _samples(record, chosen) if r.get("cores")] if chosen else []
    if chosen is None or not rows:
        return nothing(_CORES, "No samples of the cores were kept for this arm.")
    title = f"{_CORES}: {say.plain(chosen.name)}"
    style = Style(size=size, mode=mode)
    figure = cores_figure(
        title,
        [float(row["t_s"]) for row in rows],
        [list(row["cores"]) for row in rows],
        colour=backend_look(chosen.backend).colour,
        subtitle=context(record),
        style=style,
    )
    return Chart(title=_CORES, figure=figure, reading=_cores_reading(chosen, rows))


def cores_figure(
    title: str,
    times_s: Sequence[float],
    cores: Sequence[Sequence[float]],
    *,
    colour: str,
    subtitle: str,
    style: Style,
) -> go.Figure:
    """Draw use over time: a row a core, or a heat map where there are many.

    Parameters
    ----------
    title, subtitle : str
    times_s : sequence of float
        Seconds since the work began, one a sample.
    cores : sequence of sequence of float
        Percent of each core, one list a sample.
    colour : str
        Of the rows.
    style : Style

    Returns
    -------
    figure : plotly Figure

    """
    n_cores = min(len(row) for row in cores)
    if n_cores > _MAX_ROWS:
        return _heat_map(title, times_s, cores, n_cores, subtitle, style)
    figure = make_subplots(
        rows=n_cores, cols=1, shared_xaxes=True, vertical_spacing=0.3 / n_cores
    )
    canvas(
        title,
        context=subtitle,
        style=style,
        height=style.font_px * (8.5 + 6.5 * n_cores) / HEIGHT_PX[style.size],
        figure=figure,
    )
    for core in range(n_cores):
        figure.add_trace(
            go.Scatter(
                x=list(times_s),
                y=[row[core] for row in cores],
                mode="lines",
                line={"color": colour, "width": 2},
                fill="tozeroy",
                showlegend=False,
                hovertemplate=f"%{{x:.1f}} s<br>%{{y:.0f}} %<extra>core {core}</extra>",
            ),
            row=core + 1,
            col=1,
        )
        figure.update_yaxes(
            range=[0, 105],
            tickvals=[0, 100],
            title_text=f"core {core} (%)",
            row=core + 1,
            col=1,
        )
    figure.update_xaxes(title_text="seconds since the work began", row=n_cores, col=1)
    figure.update_xaxes(rangemode="tozero")
    return figure


def _heat_map(
    title: str,
    times_s: Sequence[float],
    cores: Sequence[Sequence[float]],
    n_cores: int,
    subtitle: str,
    style: Style,
) -> go.Figure:
    """Draw many cores as one heat map."""
    figure = canvas(title, context=subtitle, style=style, height=1.1)
    figure.add_trace(
        go.Heatmap(
            x=list(times_s),
            y=list(range(n_cores)),
            z=[[row[core] for row in cores] for core in range(n_cores)],
            zmin=0,
            zmax=100,
            colorscale=SEQUENTIAL_SCALE,
            colorbar=colour_bar("% busy", style=style),
            hovertemplate="%{x:.1f} s<br>core %{y}: %{z:.0f} %<extra></extra>",
        )
    )
    figure.update_xaxes(title_text="seconds since the work began")
    figure.update_yaxes(title_text="core")
    return figure


def _samples(record: Record, arm: Arm | None) -> list[Record]:
    """Return the samples of an arm, in order of time."""
    if arm is None:
        return []
    rows = (record.get("samples") or {}).get(arm.key) or []
    timed = [row for row in rows if row.get("t_s") is not None]
    return sorted(timed, key=lambda row: float(row["t_s"]))


def _memory_line(
    arm: Arm,
    rows: Sequence[Record],
    field: str,
    *,
    named: bool,
    width: float,
    style: Style,
) -> go.Scatter:
    """Draw one figure of one arm over time."""
    pss = field == "pss_bytes"
    points = [row for row in rows if row.get(field)]
    look = backend_look(arm.backend)
    return go.Scatter(
        x=[row["t_s"] for row in points],
        y=[row[field] / _MIB for row in points],
        mode="lines+markers" if pss else "lines",
        name=say.plain(arm.name),
        legendgroup=say.plain(arm.key),
        showlegend=named,
        line={
            "color": look.colour,
            "width": width,
            "dash": "solid" if pss else "dot",
        },
        marker={
            "symbol": look.symbol if arm.pinned else f"{look.symbol}-open",
            "size": style.font_px * 0.6,
        },
        hovertemplate=(
            f"%{{x:.1f}} s<br>%{{y:,.0f}} MiB {'PSS' if pss else 'RSS'}"
            "<extra>%{fullData.name}</extra>"
        ),
    )


def _memory_reading(found: Sequence[Arm], *, any_pss: bool) -> str:
    """Say who needed most memory, and why PSS stands beside RSS."""
    if not any_pss:
        return (
            "This platform tells no PSS; RSS counts memory that processes share once "
            "for each of them."
        )
    known = [arm for arm in found if arm.peak_pss_bytes]
    if not known:
        return "Memory over time, summed over the whole tree of processes."
    top = max(known, key=lambda arm: arm.peak_pss_bytes or 0.0)
    low = min(known, key=lambda arm: arm.peak_pss_bytes or 0.0)
    sentence = f"{top.name} peaks highest, at {say.mebibytes(top.peak_pss_bytes)} PSS"
    if low is not top:
        sentence += f"; {low.name} needs {say.mebibytes(low.peak_pss_bytes)}"
    return (
        f"{sentence}. PSS divides shared memory among the processes that share it; "
        "RSS (dotted) counts it in each of them."
    )


def _cores_reading(arm: Arm, rows: Sequence[Record]) -> str:
    """Say how busy the machine was, and how much of that was this arm."""
    n_cores = min(len(row["cores"]) for row in rows)
    means = [
        sum(float(row["cores"][core]) for row in rows) / len(rows)
        for core in range(n_cores)
    ]
    sentence = (
        f"On average {sum(means) / 100:.1f} of {say.count(n_cores, 'core')} were busy"
    )
    if arm.cores_busy is None:
        return f"{sentence}."
    return (
        f"{sentence}, {arm.cores_busy:.1f} of them with this arm's own work "
        f"({say.count(arm.workers, 'worker')})."
    )
