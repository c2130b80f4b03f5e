"""Threads against processes, explained by one run's own figures.

The source report set threads aside because of the interpreter's lock (GIL). Two
things are mixed in that: what the lock costs, and what too many library threads
cost. Arms with inner threads pinned to one separate them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from pages._view import format as say
from pages._view.figures.bars import bar_marker, inner_pattern
from pages._view.figures.chart import Chart, Style, canvas, nothing, row_height
from pages._view.figures.records import (
    Arm,
    Record,
    arms,
    available_cores,
    context,
    fastest,
    reference,
)
from pages._view.theme import NEUTRAL, Mode, Size, backend_look
from ser_core.bench.statistics import BUSY_SHARE

_TITLE: Final = "Threads or processes?"
_MORE_CPU: Final = 1.15
"""CPU seconds this many times the pinned arm's count as extra work."""
_TELLS: Final = 0.05
"""Speed-ups closer than this are called the same."""


def threads_against_processes(
    record: Record, *, size: Size = "normal", mode: Mode = "light"
) -> Chart:
    """Draw each arm's wall time beside the CPU time it burned, and explain both.

    Parameters
    ----------
    record : mapping
        A record of kind ``bench``.
    size, mode : str

    Returns
    -------
    chart : Chart
        `reading` is a paragraph. It says over-subscription only where the figures
        show it, and names the arms that are missing for a statement.

    """
    found = [arm for arm in arms(record) if arm.median_wall_s and arm.cpu_s is not None]
    if not found:
        return nothing(_TITLE, "No arm of this run has both wall time and CPU time.")
    style = Style(size=size, mode=mode)
    figure = make_subplots(
        rows=1,
        cols=2,
        shared_yaxes=True,
        horizontal_spacing=0.04,
        subplot_titles=["How long it took", "How much CPU it burned"],
    )
    figure.update_annotations(font={"size": style.font_px})
    canvas(
        _TITLE,
        context=context(record),
        style=style,
        height=row_height(len(found), style=style) + 0.12,
        figure=figure,
    )
    figure.update_layout(margin={"t": round(style.font_px * 6.6)})
    for arm in found:
        _row(figure, arm, style=style)
    _axes(figure, found, style)
    return Chart(title=_TITLE, figure=figure, reading=explanation(record))


def explanation(record: Record) -> str:
    """Explain threads and processes by this run's figures.

    Parameters
    ----------
    record : mapping
        A record of kind ``bench``.

    Returns
    -------
    paragraph : str

    """
    found = [arm for arm in arms(record) if arm.median_wall_s]
    base = reference(found)
    if base is None:
        return (
            "Without the pinned sequential arm this run cannot say what threads or "
            "processes gain. Add sequential with one inner thread."
        )
    pinned = _best(found, ("threads",), pinned=True)
    loose = _best(found, ("threads",), pinned=False, workers=pinned)
    processes = _best(found, ("loky", "processes"), pinned=True, workers=pinned)
    cores = available_cores(record)
    sentences = [
        *_busy_words(record),
        *_pinned_words(pinned),
        *_loose_words(pinned, loose, cores),
        *_process_words(pinned, processes),
        *_sequential_words(found),
        *_missing_words(pinned, loose, processes),
    ]
    return " ".join(sentences)


def _row(figure: go.Figure, arm: Arm, *, style: Style) -> None:
    """Draw one arm in both panels."""
    look = backend_look(arm.backend)
    marker = bar_marker(look.colour, inner_pattern(arm.inner_threads), style=style)
    wall = say.duration(arm.median_wall_s)
    if arm.speedup is not None and not arm.is_reference:
        wall = f"{wall} · <b>{say.times(arm.speedup)}</b>"
    for column, value, text, what in (
        (1, arm.median_wall_s, wall, "wall"),
        (
            2,
            arm.cpu_s,
            f"{say.duration(arm.cpu_s)} · {arm.cores_busy:.1f} cores",
            "CPU",
        ),
    ):
        figure.add_trace(
            go.Bar(
                x=[value],
                y=[arm.tick],
                orientation="h",
                marker=marker,
                text=[text],
                textposition="outside",
                textfont={"size": style.font_px},
                cliponaxis=False,
                showlegend=False,
                hovertemplate=f"%{{y}}<br>%{{x:.4g}} {what} seconds<extra></extra>",
            ),
            row=1,
            col=column,
        )


def _axes(figure: go.Figure, found: Sequence[Arm], style: Style) -> None:
    """Scale both panels and mark the baseline."""
    room = 2.3 if style.size == "big" else 1.75
    walls = [arm.median_wall_s or 0.0 for arm in found]
    burned = [arm.cpu_s or 0.0 for arm in found]
    figure.update_xaxes(title_text="wall seconds", range=[0, max(walls) * room], col=1)
    figure.update_xaxes(
        title_text="CPU seconds, all processes", range=[0, max(burned) * room], col=2
    )
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_layout(barmode="overlay", bargap=0.35)
    base = reference(found)
    if base is not None:
        for column, value in ((1, base.median_wall_s), (2, base.cpu_s)):
            figure.add_vline(
                x=value,
                line={"color": NEUTRAL, "width": 1.5, "dash": "dot"},
                row=1,
                col=column,
            )


def _best(
    found: Sequence[Arm],
    backends: Sequence[str],
    *,
    pinned: bool,
    workers: Arm | None = None,
) -> Arm | None:
    """Return the fastest fitting arm, of another arm's worker count if it can be."""
    fitting = [
        arm
        for arm in found
        if arm.backend in backends
        and arm.pinned == pinned
        and arm.workers > 1
        and arm.speedup is not None
    ]
    equal = [arm for arm in fitting if workers and arm.workers == workers.workers]
    if pinned:
        return fastest(equal or fitting)
    # of the unpinned ones the default: it is what happens when nobody sets anything
    defaults = [arm for arm in equal or fitting if arm.inner_threads == "default"]
    return fastest(defaults or equal or fitting)


def _busy_words(record: Record) -> list[str]:
    """Warn where other programs took part of the machine."""
    shares = [
        run["other_cpu_share"]
        for run in record.get("runs") or []
        if run.get("other_cpu_share") is not None
    ]
    if not shares or max(shares) <= BUSY_SHARE:
        return []
    return [
        f"Other programs used up to {say.percent(max(shares))} of this machine's CPU "
        "during the run: measure again on a quiet machine before concluding."
    ]


def _pinned_words(pinned: Arm | None) -> list[str]:
    """Say what threads gain when the libraries' own threads are out of the way."""
    if pinned is None or pinned.speedup is None:
        return []
    figures = (
        f"{pinned.workers} threads, library threads pinned to one, ran at "
        f"{say.times(pinned.speedup)} the speed of sequential"
    )
    if pinned.speedup_low is not None and pinned.speedup_low <= 1:
        return [f"{figures}: no gain that this run can tell from chance."]
    if pinned.speedup < 1 + 2 * _TELLS:
        return [f"{figures}: here the lock (or the work around it) left them no gain."]
    return [
        f"{figures}, {pinned.cores_busy:.1f} cores busy: the GIL did not stop them, "
        "because decoding and the numerical libraries release it while they compute."
        if pinned.cores_busy is not None
        else f"{figures}."
    ]


def _loose_words(pinned: Arm | None, loose: Arm | None, cores: int | None) -> list[str]:
    """Say what the libraries' own threads did to them."""
    if pinned is None or loose is None or not pinned.cpu_s or not loose.cpu_s:
        return []
    if pinned.speedup is None or loose.speedup is None:
        return []
    extra = loose.cpu_s / pinned.cpu_s
    slower = loose.speedup < pinned.speedup * (1 - _TELLS)
    figures = (
        f"The same work with the libraries' threads left alone, {loose.name}, burned "
        f"{say.duration(loose.cpu_s)} of CPU instead of {say.duration(pinned.cpu_s)} "
        f"and ran at {say.times(loose.speedup)}"
    )
    limit = f"the {say.count(cores, 'core')} here" if cores else "the cores here"
    if slower and extra >= _MORE_CPU:
        return [
            f"{figures}: that loss is over-subscription, more running threads than "
            f"{limit} can carry, and not the GIL, which both arms share."
        ]
    if slower:
        return [
            f"{figures}: slower, but without much more CPU time, so over-subscription "
            "is not shown by these figures."
        ]
    return [f"{figures}: no over-subscription to be seen in this run."]


def _process_words(pinned: Arm | None, processes: Arm | None) -> list[str]:
    """Say what processes gain over threads."""
    if processes is None or processes.speedup is None:
        return []
    figures = f"{processes.name} reached {say.times(processes.speedup)}"
    if pinned is None or pinned.speedup is None:
        return [f"{figures}."]
    if pinned.workers != processes.workers:
        return [
            f"{figures}, with another number of workers than the threads, so the two "
            "are not compared here."
        ]
    apart = processes.speedup / pinned.speedup - 1
    overlap = (
        processes.speedup_low is not None
        and pinned.speedup_high is not None
        and processes.speedup_low <= pinned.speedup_high
        and (pinned.speedup_low or 0) <= (processes.speedup_high or 0)
    )
    if overlap or abs(apart) < _TELLS / 2:
        return [
            f"{figures}: no difference from the pinned threads that this run can tell."
        ]
    if apart < 0:
        return [f"{figures}, less than the pinned threads."]
    return [
        f"{figures}: the {say.percent(apart)} above the pinned threads are the most "
        "that the GIL, and what else threads of one process share, can have cost here."
    ]


def _sequential_words(found: Sequence[Arm]) -> list[str]:
    """Say whether an unpinned sequential baseline used more than one core."""
    loose = next((a for a in found if a.backend == "sequential" and not a.pinned), None)
    if loose is None or loose.cores_busy is None or loose.cores_busy < 1.2:
        return []
    return [
        f"Sequential without pinning kept {loose.cores_busy:.1f} cores busy, so as a "
        "baseline it is not one core: the report's first version had about ten."
    ]


def _missing_words(
    pinned: Arm | None, loose: Arm | None, processes: Arm | None
) -> list[str]:
    """Name the arms without which something stays open."""
    missing = [
        *(["threads with one inner thread"] if pinned is None else []),
        *(["threads with the libraries' default"] if loose is None else []),
        *(["loky or processes with one inner thread"] if processes is None else []),
    ]
    if not missing:
        return []
    return [
        f"Not in this run, so not said: {say.listing(missing)}, two workers or more."
    ]
