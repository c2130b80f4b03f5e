"""What each worker did when: one lane a worker, one bar a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

import plotly.graph_objects as go

from pages._view import format as say
from pages._view.figures.chart import Chart, Style, canvas, nothing
from pages._view.figures.records import Record, context
from pages._view.figures.records import arms as record_arms
from pages._view.theme import FAILED, HEIGHT_PX, Mode, Size, backend_look

_MAX_BARS: Final = 3_000
"""More bars than this slow a browser down; neighbours are joined above it."""

_MAX_LANES: Final = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class _Span:
    """One bar: a file, or several neighbours joined."""

    start_s: float
    end_s: float
    words: str
    ok: bool
    n_files: int


def arms(record: Record) -> list[str]:
    """List the keys of the arms that have a timeline, in the plan's order.

    Parameters
    ----------
    record : mapping
        A record of kind ``bench``.

    Returns
    -------
    keys : list of str

    """
    return [key for key, files in (record.get("timelines") or {}).items() if files]


def worker_timeline(
    record: Record,
    *,
    arm: str | None = None,
    size: Size = "normal",
    mode: Mode = "light",
) -> Chart:
    """Draw the files of one arm over time, one lane a worker.

    Parameters
    ----------
    record : mapping
        A record of kind ``bench``.
    arm : str, optional
        Key of the arm; the last one that has a timeline without it.
    size, mode : str

    Returns
    -------
    chart : Chart

    Notes
    -----
    One trace a worker. Above 3,000 files neighbours are joined into one bar, so
    that the figure stays quick whatever the size of the run.

    """
    title = "What each worker did"
    kept = arms(record)
    chosen = arm if arm in kept else (kept[-1] if kept and arm is None else None)
    if chosen is None:
        return nothing(title, "No timeline was kept for this arm.")
    files = [f for f in record["timelines"][chosen] if f.get("end_s") is not None]
    lanes = _lanes(files)
    if not lanes:
        return nothing(title, "No file of this arm was finished.")
    described = next((a for a in record_arms(record) if a.key == chosen), None)
    name = say.plain(described.name if described else chosen)
    style = Style(size=size, mode=mode)
    figure = canvas(
        f"{title}: {name}",
        context=context(record),
        style=style,
        height=_height(min(len(lanes), _MAX_LANES), style),
    )
    colour = backend_look(described.backend if described else "").colour
    budget = max(_MAX_BARS // len(lanes), 20)
    for number, own in enumerate(list(lanes.values())[:_MAX_LANES], start=1):
        figure.add_trace(_lane(number, _spans(own, at_most=budget), colour))
    end_s = max(float(f["end_s"]) for f in files)
    figure.update_xaxes(
        title_text="seconds since the work began", range=[0, end_s * 1.01]
    )
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_layout(barmode="overlay", bargap=0.2)
    hidden = max(len(lanes) - _MAX_LANES, 0)
    return Chart(
        title=title, figure=figure, reading=_reading(lanes, end_s, hidden=hidden)
    )


def _lanes(files: Sequence[Record]) -> dict[str, list[Record]]:
    """Sort files by worker, workers by when they began, files by time."""
    lanes: dict[str, list[Record]] = {}
    for file in sorted(files, key=lambda f: float(f["start_s"])):
        lanes.setdefault(str(file.get("worker")), []).append(file)
    return lanes


def _spans(files: Sequence[Record], *, at_most: int) -> list[_Span]:
    """Make one bar a file, or join neighbours where there are too many."""
    step = -(-len(files) // at_most)
    spans: list[_Span] = []
    for at in range(0, len(files), step):
        some = files[at : at + step]
        words = (
            say.plain(PurePath(str(some[0].get("path"))).name)
            if len(some) == 1
            else f"{len(some)} files"
        )
        spans.append(
            _Span(
                start_s=float(some[0]["start_s"]),
                end_s=max(float(file["end_s"]) for file in some),
                words=words,
                ok=all(file.get("ok", True) for file in some),
                n_files=len(some),
            )
        )
    return spans


def _lane(number: int, spans: Sequence[_Span], colour: str) -> go.Bar:
    """Draw one worker's bars; neighbours alternate in strength."""
    return go.Bar(
        base=[span.start_s for span in spans],
        x=[span.end_s - span.start_s for span in spans],
        y=[f"worker {number}"] * len(spans),
        orientation="h",
        marker={
            "color": [colour if span.ok else FAILED for span in spans],
            "opacity": [1.0 if index % 2 else 0.62 for index in range(len(spans))],
            "line": {"width": 0},
            "pattern": {"shape": ["" if span.ok else "x" for span in spans]},
        },
        customdata=[
            [
                span.words,
                say.duration(span.end_s - span.start_s),
                "" if span.ok else "failed",
            ]
            for span in spans
        ],
        hovertemplate=(
            "%{customdata[0]}<br>from %{base:.3f} s, took %{customdata[1]} "
            "%{customdata[2]}<extra>%{y}</extra>"
        ),
        showlegend=False,
    )


def _height(n_lanes: int, style: Style) -> float:
    """Height of the figure, in multiples of the usual one."""
    lane_px = style.font_px * (3.4 if n_lanes <= 4 else 2.0)
    return (style.font_px * 8.2 + lane_px * n_lanes) / HEIGHT_PX[style.size]


def _reading(lanes: dict[str, list[Record]], end_s: float, *, hidden: int) -> str:
    """Say how busy the workers were, how even the end was, and the longest file."""
    files = [file for own in lanes.values() for file in own]
    busy_s = sum(float(file["end_s"]) - float(file["start_s"]) for file in files)
    share = busy_s / (end_s * len(lanes)) if end_s > 0 else 0.0
    ends = [max(float(file["end_s"]) for file in own) for own in lanes.values()]
    longest = max(files, key=lambda file: float(file["end_s"]) - float(file["start_s"]))
    longest_s = float(longest["end_s"]) - float(longest["start_s"])
    parts = [
        f"{say.count(len(lanes), 'worker')} spent {say.percent(min(share, 1.0))} of "
        "the time inside files"
    ]
    if len(lanes) > 1:
        parts.append(
            f"the last finished {say.duration(max(ends) - min(ends))} after the first"
        )
    parts.append(f"the longest file took {say.duration(longest_s)}")
    failed = sum(not file.get("ok", True) for file in files)
    if failed:
        parts.append(f"{say.count(failed, 'file')} failed (crossed)")
    if hidden:
        parts.append(f"{say.count(hidden, 'further worker')} not drawn")
    return f"{'; '.join(parts)}."
