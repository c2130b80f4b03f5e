"""The source report's three charts, with our measured bars beside its own.

Extraction time, overall time and peak memory. The report's machine, and the size
of its data, are not ours, so each stands in a panel of its own and what crosses
over is the ratio.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pages._view import format as say
from pages._view.figures.bars import Bar, Panel, panels
from pages._view.figures.chart import Chart, Style
from pages._view.figures.memory_bars import arm_memory, memory_reading, pipeline_memory
from pages._view.figures.records import (
    Arm,
    Record,
    arms,
    available_cores,
    context,
    fastest,
    n_files,
    reference,
    stage,
)
from pages._view.theme import Mode, Size
from ser_core.bench import published
from ser_core.bench.published import ENHANCED, FIRST, PublishedRun

_EXTRACTION: Final = "feature extraction"
_MIB: Final = 1024**2


def extraction_time(
    *,
    bench: Record | None = None,
    first: Record | None = None,
    enhanced: Record | None = None,
    size: Size = "normal",
    mode: Mode = "light",
) -> Chart:
    """Draw the time of the feature extraction, the report's and ours.

    Parameters
    ----------
    bench, first, enhanced : mapping or None
        A benchmark, and the two versions of the pipeline. Where a benchmark is
        given, its arms are drawn, because they have repetitions.
    size, mode : str

    Returns
    -------
    chart : Chart

    """
    title = "Feature extraction time"
    style = Style(size=size, mode=mode)
    shown = [
        _published_panel(
            [(run, run.stage(_EXTRACTION).wall_s) for run in (FIRST, ENHANCED)],
            speedup=published.EXTRACTION_SPEEDUP,
        )
    ]
    ratio: float | None = None
    who = span = ""
    found = _telling(arms(bench)) if bench else []
    if found:
        base = reference(found) or found[0]
        best = fastest([arm for arm in found if arm is not base])
        shown.append(_arm_panel(bench or {}, found, base))
        ratio = best.speedup if best else None
        who = best.name if best else ""
        span = say.interval(best.speedup_low, best.speedup_high) if best else ""
    else:
        measured = _versions(first, enhanced, what=_EXTRACTION)
        shown += _version_panel(measured, first, enhanced)
        ratio = _ratio(measured)
        who = _workers_of(enhanced)
    figure = panels(
        title,
        context=context(bench if found else None, *_pipelines(found, first, enhanced)),
        shown=shown,
        unit="seconds",
        style=style,
    )
    there = (
        f"There: {published.EXTRACTION_SPEEDUP:g}× over "
        f"{published.N_UTTERANCES:,} files, against a first version whose library "
        f"threads kept about {_cores_busy_there():.0f} cores busy."
    )
    cores = available_cores(bench or enhanced or first or {})
    return Chart(
        title=title,
        figure=figure,
        reading=f"{there} {_here(ratio, who, cores, span=span, pinned=bool(found))}",
    )


def overall_time(
    *,
    first: Record | None = None,
    enhanced: Record | None = None,
    size: Size = "normal",
    mode: Mode = "light",
) -> Chart:
    """Draw the time of the whole pipeline, the report's and ours.

    Parameters
    ----------
    first, enhanced : mapping or None
        The two versions of the pipeline.
    size, mode : str

    Returns
    -------
    chart : Chart

    """
    title = "Overall time"
    style = Style(size=size, mode=mode)
    measured = _versions(first, enhanced, what=None)
    figure = panels(
        title,
        context=context(first, enhanced),
        shown=[
            _published_panel(
                [(run, run.total_wall_s) for run in (FIRST, ENHANCED)],
                speedup=published.OVERALL_SPEEDUP,
            ),
            *_version_panel(measured, first, enhanced),
        ],
        unit="seconds",
        style=style,
    )
    there = f"There: {published.OVERALL_SPEEDUP:g}× overall."
    here = _here(
        _ratio(measured),
        _workers_of(enhanced),
        available_cores(enhanced or first or {}),
        span="",
        pinned=False,
    )
    return Chart(title=title, figure=figure, reading=f"{there} {here}")


def peak_memory(
    *,
    bench: Record | None = None,
    first: Record | None = None,
    enhanced: Record | None = None,
    size: Size = "normal",
    mode: Mode = "light",
) -> Chart:
    """Draw the report's memory figure, our comparable one and our true peak.

    Parameters
    ----------
    bench, first, enhanced : mapping or None
        Pipelines are drawn where there are any, a benchmark's arms otherwise.
    size, mode : str

    Returns
    -------
    chart : Chart

    """
    title = "Peak memory"
    style = Style(size=size, mode=mode)
    theirs = Panel(
        heading=f"The report: another machine, {published.N_UTTERANCES:,} files",
        bars=[
            Bar(
                tick=f"{run.version} version<br>parent's RSS at the end",
                value=run.peak_rss_bytes / _MIB,
                text=say.mebibytes(run.peak_rss_bytes),
                backend=backend,
                published=True,
            )
            for run, backend in ((FIRST, "sequential"), (ENHANCED, "loky"))
        ],
        baseline=FIRST.peak_rss_bytes / _MIB,
    )
    rows = pipeline_memory(first, enhanced) or (
        arm_memory(arms(bench)) if bench else []
    )
    shown = [theirs]
    if rows:
        shown.append(
            Panel(
                heading=_here_heading(first or enhanced or bench or {}),
                bars=rows,
                baseline=max(bar.value for bar in rows),
            )
        )
    used = [first, enhanced] if first or enhanced else [bench]
    figure = panels(title, context=context(*used), shown=shown, unit="MiB", style=style)
    return Chart(title=title, figure=figure, reading=memory_reading(rows))


def _cores_busy_there() -> float:
    """Cores that the report's first extraction kept busy, by its own log."""
    before, extraction = FIRST.stage("metadata"), FIRST.stage(_EXTRACTION)
    used_s = extraction.cpu_user_end_s - before.cpu_user_end_s
    return used_s / extraction.wall_s


def _telling(found: Sequence[Arm]) -> list[Arm]:
    """Choose the arms that tell the story: at most six, in the plan's order."""
    timed = [arm for arm in found if arm.median_wall_s]
    chosen: list[Arm] = [arm for arm in timed if arm.backend == "sequential"][:3]
    for backend in ("threads", "processes", "loky"):
        for pinned in (True, False):
            own = [a for a in timed if a.backend == backend and a.pinned == pinned]
            best = fastest(own)
            if best is not None:
                chosen.append(best)
    others = [arm for arm in timed if arm not in chosen]
    if not chosen:
        chosen = others
    return [arm for arm in timed if arm in chosen][:7]


def _arm_panel(bench: Record, found: Sequence[Arm], base: Arm) -> Panel:
    """Make the panel of a benchmark's arms."""
    return Panel(
        heading=_here_heading(bench),
        bars=[
            Bar(
                tick=arm.tick,
                value=arm.median_wall_s or 0.0,
                text=_time_text(arm.median_wall_s or 0.0, arm.n_files, arm.speedup),
                backend=arm.backend,
                inner_threads=arm.inner_threads,
            )
            for arm in found
        ],
        baseline=base.median_wall_s or 1.0,
    )


def _published_panel(
    values: Sequence[tuple[PublishedRun, float]], *, speedup: float
) -> Panel:
    """Make the panel of the report's two versions, with its speed-up as printed."""
    first_s = values[0][1]
    return Panel(
        heading=f"The report: another machine, {published.N_UTTERANCES:,} files",
        bars=[
            Bar(
                tick=f"{run.version} version<br>({backend})",
                value=value,
                text=_time_text(value, published.N_UTTERANCES, None)
                + (f" · <b>{speedup:g}×</b>" if value < first_s else ""),
                backend=backend,
                published=True,
            )
            for (run, value), backend in zip(
                values, ("sequential", "loky"), strict=True
            )
        ],
        baseline=first_s,
    )


def _versions(
    first: Record | None, enhanced: Record | None, *, what: str | None
) -> list[tuple[Record, float]]:
    """List the pipeline records with the seconds of a stage, or of the whole."""
    found: list[tuple[Record, float]] = []
    for record in (first, enhanced):
        if record is None:
            continue
        row = stage(record, what) if what else None
        value = (row or {}).get("wall_s") if what else record.get("total_wall_s")
        if value:
            found.append((record, float(value)))
    return found


def _version_panel(
    measured: Sequence[tuple[Record, float]],
    first: Record | None,
    enhanced: Record | None,
) -> list[Panel]:
    """Make the panel of our versions, none where nothing was measured."""
    if not measured:
        return []
    base = measured[0][1]
    return [
        Panel(
            heading=_here_heading(first or enhanced or {}),
            bars=[
                Bar(
                    tick=_version_tick(record),
                    value=value,
                    text=_time_text(
                        value, n_files(record), base / value if index else None
                    ),
                    backend=str(record.get("backend")),
                    inner_threads=str(record.get("inner_threads")),
                )
                for index, (record, value) in enumerate(measured)
            ],
            baseline=base,
        )
    ]


def _version_tick(record: Record) -> str:
    """Name a version and how it ran."""
    backend = say.plain(record.get("backend"))
    workers = "" if backend == "sequential" else f" × {record.get('workers')}"
    unpinned = "" if str(record.get("inner_threads")) == "1" else ", unpinned"
    return (
        f"{say.plain(record.get('version'))} version<br>({backend}{workers}{unpinned})"
    )


def _time_text(value: float, files: int | None, ratio: float | None) -> str:
    """Write a bar's text: seconds, time a file, speed-up."""
    parts = [say.duration(value) if value < 99.95 else f"{value:.0f} s"]
    if files:
        parts.append(f"{1000 * value / files:.3g} ms a file")
    if ratio is not None:
        parts.append(f"<b>{say.times(ratio)}</b>")
    return " · ".join(parts)


def _here_heading(record: Record) -> str:
    """Head the panel of our own figures."""
    words = ["Imported" if record.get("source") == "imported" else "Here"]
    cores, files = available_cores(record), n_files(record)
    details = [
        *([say.count(cores, "core")] if cores else []),
        *([say.count(files, "file")] if files else []),
    ]
    return f"{words[0]}: {', '.join(details)}" if details else words[0]


def _pipelines(
    found: Sequence[Arm], first: Record | None, enhanced: Record | None
) -> list[Record | None]:
    """Return the pipeline records that the extraction chart really shows."""
    return [] if found else [first, enhanced]


def _ratio(measured: Sequence[tuple[Record, float]]) -> float | None:
    """Return first over enhanced, None unless both were measured."""
    return measured[0][1] / measured[1][1] if len(measured) == 2 else None


def _workers_of(record: Record | None) -> str:
    """Name the back end of a pipeline record."""
    if record is None:
        return ""
    return f"{record.get('backend')} × {record.get('workers')}"


def _here(
    ratio: float | None, who: str, cores: int | None, *, span: str, pinned: bool
) -> str:
    """Read our half of a time chart."""
    if ratio is None:
        return "Here: nothing to compare yet; run both versions."
    where = f" on {say.count(cores, 'core')}" if cores else ""
    sure = f" (95 % interval {span})" if span else ""
    against = " against sequential with library threads pinned to one" if pinned else ""
    return (
        f"Here: {say.times(ratio)}{sure} with {who}{where}{against}. Bars are drawn "
        "so that both baselines are equally long: compare the ratios, not the seconds."
    )
