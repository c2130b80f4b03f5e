"""Speed-up and efficiency over the number of workers, and over machines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import plotly.graph_objects as go

from pages._view import format as say
from pages._view.figures.chart import Chart, Style, canvas, nothing, settle_legend
from pages._view.figures.curves import (
    band,
    cores_mark,
    group_name,
    ideal,
    measured,
    shift_aside,
    workers_axis,
)
from pages._view.figures.laws import fits, law_words
from pages._view.figures.records import Arm, Record, arms, available_cores, context
from pages._view.theme import Mode, Size

_SPEEDUP: Final = "Speed-up over workers"
_EFFICIENCY: Final = "Efficiency over workers"
_NO_REFERENCE: Final = (
    "No speed-up can be given: this run has no pinned sequential arm to compare with. "
    "Add the back end sequential with one inner thread."
)
_NO_PARALLEL: Final = "This run has only the sequential arm: add a parallel back end."


def speedup_curve(
    record: Record, *, size: Size = "normal", mode: Mode = "light"
) -> Chart:
    """Draw measured speed-ups with intervals, the ideal line and the fitted laws.

    Parameters
    ----------
    record : mapping
        A record of kind ``bench``.
    size, mode : str

    Returns
    -------
    chart : Chart

    """
    groups = _groups(record)
    if isinstance(groups, str):
        return nothing(_SPEEDUP, groups)
    style = Style(size=size, mode=mode)
    figure = canvas(
        _SPEEDUP, context=context(record), style=style, height=1.25, legend=True
    )
    most = max(arm.workers for group in groups for arm in group)
    ideal(figure, [1, most], [1, most], "ideal: as fast as there are workers", style)
    for line in fits(record, up_to=most):
        if line.low and line.high:
            figure.add_trace(band(line.workers, line.low, line.high, line.colour))
        figure.add_trace(
            go.Scatter(
                x=list(line.workers),
                y=list(line.speedups),
                mode="lines",
                name=line.name,
                line={"color": line.colour, "width": 2, "dash": "dashdot"},
                hovertemplate="%{x:.3g} workers<br>%{y:.2f}×<extra></extra>",
            )
        )
    for index, group in enumerate(groups):
        figure.add_trace(
            measured(group, shift_aside(index, len(groups)), "speedup", style=style)
        )
    cores_mark(figure, record, most, style)
    workers_axis(figure, groups)
    figure.update_yaxes(title_text="times pinned sequential", rangemode="tozero")
    settle_legend(figure, style=style)
    reading = f"{_speedup_reading(groups)} {law_words(record)}".strip()
    return Chart(title=_SPEEDUP, figure=figure, reading=reading)


def efficiency_curve(
    record: Record, *, size: Size = "normal", mode: Mode = "light"
) -> Chart:
    """Draw speed-up for each worker, against the ideal of 100 %.

    Parameters
    ----------
    record : mapping
        A record of kind ``bench``.
    size, mode : str

    Returns
    -------
    chart : Chart

    """
    groups = _groups(record)
    if isinstance(groups, str):
        return nothing(_EFFICIENCY, groups)
    style = Style(size=size, mode=mode)
    figure = canvas(_EFFICIENCY, context=context(record), style=style, legend=True)
    most = max(arm.workers for group in groups for arm in group)
    ideal(figure, [1, most], [100, 100], "ideal: 100 %", style)
    for index, group in enumerate(groups):
        figure.add_trace(
            measured(group, shift_aside(index, len(groups)), "efficiency", style=style)
        )
    cores_mark(figure, record, most, style)
    workers_axis(figure, groups)
    figure.update_yaxes(title_text="percent of ideal", rangemode="tozero")
    settle_legend(figure, style=style)
    return Chart(title=_EFFICIENCY, figure=figure, reading=_efficiency_reading(groups))


def _groups(record: Record) -> list[list[Arm]] | str:
    """Gather parallel arms that differ in the worker count only, or say why not."""
    found = arms(record)
    parallel = [arm for arm in found if arm.backend != "sequential"]
    if not parallel:
        return _NO_PARALLEL if found else "No arm of this run finished."
    with_speedup = [arm for arm in parallel if arm.speedup is not None]
    if not with_speedup:
        return _NO_REFERENCE
    groups: dict[tuple[str, str, str], list[Arm]] = {}
    for arm in with_speedup:
        groups.setdefault((arm.front_end, arm.backend, arm.inner_threads), []).append(
            arm
        )
    return [sorted(group, key=lambda arm: arm.workers) for group in groups.values()]


def _best(groups: Sequence[Sequence[Arm]]) -> Arm:
    """Return the arm of the greatest speed-up."""
    return max((arm for group in groups for arm in group), key=lambda a: a.speedup or 0)


def _speedup_reading(groups: Sequence[Sequence[Arm]]) -> str:
    """Say who is fastest, how sure that is, and whether anything is slower."""
    best = _best(groups)
    span = say.interval(best.speedup_low, best.speedup_high)
    sure = (
        f" (95 % interval {span})" if span else " (too few repetitions for an interval)"
    )
    slower = [
        arm.name for group in groups for arm in group if (arm.speedup or 1.0) < 0.97
    ]
    sentence = (
        f"{best.name} reaches {say.times(best.speedup)} the speed of pinned "
        f"sequential{sure}"
    )
    if not slower:
        return f"{sentence}."
    return f"{sentence}; slower than sequential: {say.listing(slower[:4])}."


def _efficiency_reading(groups: Sequence[Sequence[Arm]]) -> str:
    """Say what each worker of the fastest arm contributes, and what is lost."""
    best = _best(groups)
    share = (best.speedup or 0.0) / best.workers
    sentence = (
        f"Each of the {best.workers} workers of the fastest arm does "
        f"{say.percent(share)} of what one sequential worker does"
        if best.workers > 1
        else f"The fastest arm has one worker, at {say.percent(share)} of sequential"
    )
    if best.karp_flatt is None:
        return f"{sentence}."
    return (
        f"{sentence}; by Karp and Flatt that is a serial share of "
        f"{say.percent(max(best.karp_flatt, 0.0), digits=1)}."
    )


def machines(
    records: Sequence[Record], *, size: Size = "normal", mode: Mode = "light"
) -> Chart:
    """Draw runs of several machines together, as speed-up over workers.

    Parameters
    ----------
    records : sequence of mapping
        Records of kind ``bench``; imported ones are marked. Each keeps its own
        baseline: the pinned sequential arm of the same machine.
    size, mode : str

    Returns
    -------
    chart : Chart

    """
    title = "Speed-up over cores, machine by machine"
    lines = [
        line for index, record in enumerate(records) for line in _machine(record, index)
    ]
    if not lines:
        return nothing(title, "None of the chosen runs has a speed-up to draw.")
    style = Style(size=size, mode=mode)
    figure = canvas(
        title, context=_machines_context(records), style=style, height=1.3, legend=True
    )
    most = max(arm.workers for _, group, _ in lines for arm in group)
    ideal(figure, [1, most], [1, most], "ideal", style)
    for name, group, index in lines:
        trace = measured(
            group, shift_aside(index, len(records)), "speedup", style=style
        )
        trace.name = say.plain(name)
        trace.line.dash = _DASHES[index % len(_DASHES)]
        trace.marker.symbol = _SYMBOLS[index % len(_SYMBOLS)]
        figure.add_trace(trace)
    workers_axis(figure, [group for _, group, _ in lines])
    figure.update_xaxes(title_text="workers, one a core")
    figure.update_yaxes(title_text="times pinned sequential", rangemode="tozero")
    settle_legend(figure, style=style)
    return Chart(title=title, figure=figure, reading=_machines_reading(records, lines))


_DASHES: Final = ("solid", "dash", "dot", "dashdot", "longdash")
_SYMBOLS: Final = ("circle", "square", "diamond", "triangle-up", "x", "star")
_Line = tuple[str, list[Arm], int]


def _machine(record: Record, index: int) -> list[_Line]:
    """Make the lines of one record: pinned arms, one line a back end."""
    groups = _groups(record)
    if isinstance(groups, str):
        return []
    pinned = [group for group in groups if group[0].pinned] or groups
    return [
        (f"{machine_label(record)}: {group_name(group[0])}", group, index)
        for group in pinned
    ]


def machine_label(record: Record) -> str:
    """Name a run by its label and cores, marked where it was imported."""
    cores = available_cores(record)
    words = _short(record.get("label") or record.get("id") or "a run")
    details = [
        *([say.count(cores, "core")] if cores else []),
        *(["imported"] if record.get("source") == "imported" else []),
        *(["synthetic"] if (record.get("corpus") or {}).get("synthetic") else []),
    ]
    return f"{words} ({', '.join(details)})" if details else words


def _short(text: Any, *, limit: int = 32) -> str:
    """Cut a label that would push the legend off the figure."""
    words = str(text)
    return words if len(words) <= limit else f"{words[: limit - 1]}…"


def _machines_context(records: Sequence[Record]) -> str:
    """Write the line below the title of the machines' chart."""
    imported = sum(record.get("source") == "imported" for record in records)
    parts = [say.count(len(records), "run")]
    if imported:
        parts.append(f"<b>{imported} imported</b>")
    if any((record.get("corpus") or {}).get("synthetic") for record in records):
        parts.append("<b>with synthetic corpus</b>")
    return " · ".join(parts)


def _machines_reading(records: Sequence[Record], lines: Sequence[_Line]) -> str:
    """Give the best speed-up of each machine."""
    parts: list[str] = []
    for index, record in enumerate(records):
        own = [group for _, group, at in lines if at == index]
        if own:
            best = _best(own)
            parts.append(
                f"{machine_label(record)}: {say.times(best.speedup)} with {best.name}"
            )
    return (
        f"Best of each run: {'; '.join(parts)}. Each is relative to its own "
        "sequential arm, so this compares how work divides, not how fast machines are."
    )
