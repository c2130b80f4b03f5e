"""Time and memory of the pipeline's stages, first version beside enhanced."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import plotly.graph_objects as go

from pages._view import format as say
from pages._view.figures.bars import bar_marker
from pages._view.figures.chart import (
    Chart,
    Style,
    canvas,
    nothing,
    settle_legend,
    stacked_panels,
)
from pages._view.figures.records import Record, context, stage
from pages._view.theme import HEIGHT_PX, Mode, Size, backend_look

STAGES: Final = (
    "metadata",
    "feature extraction",
    "preprocessing",
    "training",
    "evaluation",
)
"""The pipeline's stages, in order."""

_TIMES = "Time of each stage"
_MEMORY = "Memory of each stage"
_MIB = 1024**2
_NO_PIPELINE = "No pipeline has run yet: run the first and the enhanced version."


def stage_times(
    *,
    first: Record | None = None,
    enhanced: Record | None = None,
    size: Size = "normal",
    mode: Mode = "light",
) -> Chart:
    """Draw the wall time of each stage, one group of bars a stage.

    Parameters
    ----------
    first, enhanced : mapping or None
        Records of kind ``pipeline``.
    size, mode : str

    Returns
    -------
    chart : Chart

    """
    shown = _with_stages(first, enhanced)
    if not shown:
        return nothing(_TIMES, _NO_PIPELINE)
    style = Style(size=size, mode=mode)
    figure = _canvas(_TIMES, shown, first, enhanced, style)
    values: list[float] = []
    for index, record in enumerate(shown):
        walls = [(stage(record, name) or {}).get("wall_s") for name in STAGES]
        values += [wall for wall in walls if wall]
        texts = [say.duration(wall) if wall is not None else "" for wall in walls]
        figure.add_trace(_bars(record, walls, texts, index=index, style=style))
    if not values:
        return nothing(_TIMES, "The stages of this run carry no times.")
    room = 1.3 if size == "big" else 1.15
    figure.update_xaxes(title_text="seconds", range=[0, max(values) * room])
    settle_legend(figure, style=style)
    return Chart(title=_TIMES, figure=figure, reading=_time_reading(shown))


def stage_memory(
    *,
    first: Record | None = None,
    enhanced: Record | None = None,
    size: Size = "normal",
    mode: Mode = "light",
) -> Chart:
    """Draw each stage's peak over the whole tree, and the parent's RSS at its end.

    Parameters
    ----------
    first, enhanced : mapping or None
        Records of kind ``pipeline``.
    size, mode : str

    Returns
    -------
    chart : Chart

    """
    shown = _with_stages(first, enhanced)
    if not shown:
        return nothing(_MEMORY, _NO_PIPELINE)
    style = Style(size=size, mode=mode)
    panel_px = style.font_px * 13
    gap_px = style.font_px * 5
    total_px = panel_px * len(shown) + gap_px * (len(shown) - 1)
    figure = stacked_panels(
        [_version(record) for record in shown],
        heights=[1.0] * len(shown),
        style=style,
        gap_px=gap_px,
        total_px=total_px,
    )
    canvas(
        _MEMORY,
        context=context(first, enhanced),
        style=style,
        height=(total_px + style.font_px * 10) / HEIGHT_PX[style.size],
        legend=True,
        figure=figure,
    )
    figure.update_layout(margin={"t": round(style.font_px * 6.8)})
    kind = _peak_kind(shown)
    highest = max(
        _memory_panel(figure, record, row, kind, style)
        for row, record in enumerate(shown, start=1)
    )
    if highest == 0.0:
        return nothing(_MEMORY, "The stages of this run carry no memory figures.")
    figure.update_yaxes(range=[0, highest * 1.1], title_text="MiB")
    figure.update_xaxes(title_text="stage", row=len(shown), col=1)
    settle_legend(figure, style=style)
    return Chart(title=_MEMORY, figure=figure, reading=_memory_reading(shown, kind))


def _with_stages(*records: Record | None) -> list[Record]:
    """Keep the records that have stages."""
    return [record for record in records if record and record.get("stages")]


def _canvas(
    title: str,
    shown: Sequence[Record],
    first: Record | None,
    enhanced: Record | None,
    style: Style,
) -> go.Figure:
    """Prepare horizontal groups, one a stage."""
    rows = len(STAGES) * (len(shown) + 0.6)
    figure = canvas(
        title,
        context=context(first, enhanced),
        style=style,
        height=style.font_px * (9 + 2.1 * rows) / HEIGHT_PX[style.size],
        legend=True,
    )
    figure.update_yaxes(
        categoryorder="array",
        categoryarray=list(STAGES),
        autorange="reversed",
        showgrid=False,
    )
    figure.update_layout(barmode="group", bargap=0.25, bargroupgap=0.08)
    return figure


def _bars(
    record: Record,
    values: Sequence[float | None],
    texts: Sequence[str],
    *,
    index: int,
    style: Style,
) -> go.Bar:
    """Draw one version's bars over the stages."""
    colour = backend_look(str(record.get("backend"))).colour
    marker = bar_marker(colour, "/" if index else "", style=style)
    return go.Bar(
        x=list(values),
        y=list(STAGES),
        orientation="h",
        name=_version(record),
        marker=marker,
        text=list(texts),
        textposition="outside",
        textfont={"size": style.font_px},
        cliponaxis=False,
        hovertemplate="%{y}<br>%{x:.4g} s<extra>%{fullData.name}</extra>",
    )


def _memory_panel(
    figure: go.Figure, record: Record, row: int, kind: str, style: Style
) -> float:
    """Draw one version's two lines over the stages and return the highest value."""
    measured = [one for name in STAGES if (one := stage(record, name)) is not None]
    look = backend_look(str(record.get("backend")))
    highest = 0.0
    for field, word, dash, symbol in (
        (
            kind,
            f"whole tree, peak {'PSS' if 'pss' in kind else 'RSS'}",
            "solid",
            "circle",
        ),
        ("rss_end_bytes", "parent's RSS at the end", "dot", "circle-open"),
    ):
        points = [
            (one["name"], one[field] / _MIB) for one in measured if one.get(field)
        ]
        highest = max([highest, *(value for _, value in points)])
        figure.add_trace(
            go.Scatter(
                x=[name for name, _ in points],
                y=[value for _, value in points],
                mode="lines+markers",
                name=f"{_version(record)}, {word}",
                line={"color": look.colour, "dash": dash, "width": 3},
                marker={"symbol": symbol, "size": style.font_px * 0.7},
                hovertemplate="%{x}<br>%{y:,.0f} MiB<extra>%{fullData.name}</extra>",
            ),
            row=row,
            col=1,
        )
    return highest


def _peak_kind(shown: Sequence[Record]) -> str:
    """Choose PSS where every version has it, RSS otherwise."""
    has_pss = all(
        any(row.get("peak_pss_bytes") for row in record["stages"]) for record in shown
    )
    return "peak_pss_bytes" if has_pss else "peak_rss_bytes"


def _version(record: Record) -> str:
    """Name a version with its back end."""
    version, backend = record.get("version"), record.get("backend")
    workers = "" if backend == "sequential" else f" × {record.get('workers')}"
    return f"{say.plain(version)} ({say.plain(backend)}{workers})"


def _time_reading(shown: Sequence[Record]) -> str:
    """Say where the time goes and what the parallel version changed."""
    last = shown[-1]
    walls = {
        row["name"]: row["wall_s"] for row in shown[0]["stages"] if row.get("wall_s")
    }
    total = sum(walls.values())
    if not total:
        return ""
    longest = max(walls, key=lambda name: walls[name])
    sentence = (
        f"{longest.capitalize()} takes {say.percent(walls[longest] / total)} of the "
        f"{shown[0].get('version')} version's stages"
    )
    after = (stage(last, longest) or {}).get("wall_s")
    if last is shown[0] or not after:
        return f"{sentence}."
    if after > walls[longest]:
        return (
            f"{sentence} and takes {say.times(after / walls[longest])} as long in the "
            f"{last.get('version')} one: too little work for what starting workers "
            "costs, or a busy machine."
        )
    rest = total - walls[longest]
    return (
        f"{sentence} and runs {say.times(walls[longest] / after)} as fast in the "
        f"{last.get('version')} one; the other stages, {say.duration(rest)} together, "
        "stay sequential and limit what parallel extraction can win overall."
    )


def _memory_reading(shown: Sequence[Record], kind: str) -> str:
    """Say which stage peaks, and how far the parent alone misses it."""
    record = shown[-1]
    rows = [row for row in record["stages"] if row.get(kind)]
    if not rows:
        return "No peak is known on this platform."
    top = max(rows, key=lambda row: float(row[kind]))
    sentence = (
        f"The {record.get('version')} version peaks at {say.mebibytes(top[kind])} "
        f"during {top['name']}"
    )
    if not top.get("rss_end_bytes"):
        return f"{sentence}."
    return (
        f"{sentence}; the parent's RSS at the end of that stage, which is what the "
        f"report printed, is {say.mebibytes(top['rss_end_bytes'])}."
    )
