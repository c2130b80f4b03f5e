"""One or several run records as a single HTML file that needs nothing else.

The drawing library is inlined once, every word from a record is escaped, and a
content security policy forbids any request: the file reads the same in ten years
and on a machine without a network.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any, Final

import pandas as pd
import plotly.offline
from plotly.io.json import to_json_plotly

import ser_core
from pages._view import format as say
from pages._view.figures import (
    Chart,
    comparison,
    history,
    parity,
    recognition,
    resources,
    scaling,
    stages,
    tables,
    threads,
    timeline,
    walls,
)
from pages._view.figures.records import (
    Record,
    arms,
    available_cores,
    fastest,
    is_synthetic,
    n_files,
    reference,
)
from pages._view.report_page import SCRIPT, STYLE
from pages._view.report_tables import table_html
from pages._view.theme import template
from ser_core.errors import ParameterError

_MAX_FAILURES: Final = 200
_MAX_TIMELINES: Final = 3
_POLICY: Final = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data: blob:; font-src data:"
)


def html(records: Sequence[Record]) -> str:
    """Write a report of one or several run records.

    Parameters
    ----------
    records : sequence of mapping
        Records of kind ``bench`` or ``pipeline``, at least one. Two of a kind are
        compared; a first and an enhanced pipeline become one section.

    Returns
    -------
    page : str
        A complete HTML document.

    Raises
    ------
    ParameterError
        `records` is empty.

    """
    if not records:
        raise ParameterError(
            "records is empty; a report needs at least one run: choose one"
        )
    sections = [*_bench_sections(records), *_pipeline_sections(records)]
    sections += _comparison_sections(records)
    body = "\n".join([_head(records), *sections, _foot()])
    templates = {
        mode: to_json_plotly(template(mode).to_plotly_json()) for mode in _MODES
    }
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            f"<title>SER Lab: {escape(_label(records[0]))}</title>",
            f"<style>{STYLE}</style>",
            f"<script>{plotly.offline.get_plotlyjs()}</script>",
            "<script>const TEMPLATES = "
            f"{{light: {templates['light']}, dark: {templates['dark']}}};",
            f"{SCRIPT}</script>",
            "</head><body><main>",
            body,
            "</main></body></html>",
        ]
    )


_MODES: Final = ("light", "dark")


def _head(records: Sequence[Record]) -> str:
    """Write title, marks and what is in the file."""
    lines = "".join(f"<li>{_line(record)}{_badges(record)}</li>" for record in records)
    synthetic = (
        '<p class="warn">The voices of the synthetic corpus are made by SER Lab. Times '
        "and memory are real; accuracy says nothing about people.</p>"
        if is_synthetic(*records)
        else ""
    )
    return (
        f"<header><h1>{escape(_label(records[0]))}</h1><ul>{lines}</ul>"
        f"{synthetic}</header>"
    )


def _badges(record: Record) -> str:
    """Mark a record that is synthetic or imported."""
    marks = [
        *(["synthetic corpus"] if is_synthetic(record) else []),
        *(["imported"] if record.get("source") == "imported" else []),
    ]
    return "".join(f' <span class="badge">{mark}</span>' for mark in marks)


def _line(record: Record) -> str:
    """Describe one record on one line."""
    corpus = record.get("corpus") or {}
    cores = available_cores(record)
    files = n_files(record)
    parts = [
        {"bench": "Benchmark", "pipeline": "Pipeline"}.get(
            str(record.get("kind")), str(record.get("kind"))
        ),
        _label(record),
        f"corpus {corpus.get('name')}",
        say.count(files, "file") if files else "",
        say.count(cores, "core") if cores else "",
        say.when(record.get("created_utc")),
        f"run {str(record.get('id'))[:12]}",
    ]
    return " · ".join(escape(str(part)) for part in dict.fromkeys(parts) if part)


def _label(record: Record) -> str:
    """Name a record."""
    return str(record.get("label") or record.get("id") or "a run")


def _bench_sections(records: Sequence[Record]) -> list[str]:
    """Write every benchmark."""
    found = [record for record in records if record.get("kind") == "bench"]
    sections: list[str] = []
    for number, record in enumerate(found, start=1):
        title = (
            f"Benchmark {number}: {_label(record)}" if len(found) > 1 else "Benchmark"
        )
        sections.append(_bench(record, title))
    return sections


def _bench(record: Record, title: str) -> str:
    """Write one benchmark: key figures, table, charts, evidence."""
    kept = timeline.arms(record)
    parallel = [key for key in kept if "/sequential/" not in key] or kept
    charts: list[Chart] = [
        comparison.extraction_time(bench=record),
        walls.wall_times(record),
        scaling.speedup_curve(record),
        scaling.efficiency_curve(record),
        threads.threads_against_processes(record),
        comparison.peak_memory(bench=record),
        resources.memory_over_time(record),
        *(resources.core_use(record, arm=key) for key in parallel[-1:]),
        *(
            timeline.worker_timeline(record, arm=key)
            for key in parallel[-_MAX_TIMELINES:]
        ),
        parity.feature_parity(record),
    ]
    return _section(
        title,
        [
            _tiles(record),
            "<h3>Comparison</h3>",
            table_html(tables.arms(record)),
            f"<p>{escape(_how(record))}</p>",
            *map(_chart, charts),
            _notes(record),
            _failures(record),
            _details("Plan", table_html(_plan(record))),
            _details(
                "Every repetition", table_html(tables.runs(record)), printed=False
            ),
            _details("Machine and versions", table_html(tables.environment(record))),
        ],
    )


def _tiles(record: Record) -> str:
    """Write the key figures of a benchmark in large letters."""
    found = arms(record)
    base = reference(found)
    best = fastest([arm for arm in found if arm.speedup is not None])
    if best is None or base is None:
        return "<p>No speed-up: this run has no pinned sequential arm.</p>"
    figures = [
        (say.times(best.speedup), f"fastest: {best.name}"),
        (
            say.interval(best.speedup_low, best.speedup_high) or say.NOT_KNOWN,
            "95 % interval of that speed-up",
        ),
        (say.duration(best.median_wall_s), "its median wall time"),
        (say.duration(base.median_wall_s), "sequential, library threads pinned to 1"),
    ]
    cells = "".join(
        f'<div class="tile"><b>{figure}</b><span>{escape(words)}</span></div>'
        for figure, words in figures
    )
    return f'<div class="tiles">{cells}</div>'


def _how(record: Record) -> str:
    """Say how the figures came about."""
    plan = record.get("plan") or {}
    return (
        "Wall time is the work alone, after the pool's start and one warm-up file a "
        "worker; start-up is apart. Speed-up is the median over repetitions of the "
        "ratio to sequential with library threads pinned to one, in the same round; "
        "intervals are bootstraps over rounds. "
        f"Page cache: {plan.get('page_cache', 'not said')}; chunk size "
        f"{plan.get('chunk_size', 'not said')}; features "
        f"{plan.get('features', 'not said')}."
    )


def _plan(record: Record) -> pd.DataFrame:
    """Make a table of what was asked for."""
    plan = dict(record.get("plan") or {})
    plan["arms"] = [
        arm.get("label") or arm.get("key") for arm in plan.get("arms") or []
    ]
    return tables.named_values(plan)


def _pipeline_sections(records: Sequence[Record]) -> list[str]:
    """Write the pipelines, a first and an enhanced one together."""
    found = [record for record in records if record.get("kind") == "pipeline"]
    firsts = [record for record in found if record.get("version") == "first"]
    others = [record for record in found if record.get("version") != "first"]
    pairs = [
        (
            firsts[index] if index < len(firsts) else None,
            others[index] if index < len(others) else None,
        )
        for index in range(max(len(firsts), len(others)))
    ]
    return [_pipeline(first, enhanced) for first, enhanced in pairs]


def _pipeline(first: Record | None, enhanced: Record | None) -> str:
    """Write one pair of pipelines, or one of them."""
    there = [record for record in (first, enhanced) if record]
    charts: list[Chart] = [
        comparison.extraction_time(first=first, enhanced=enhanced),
        comparison.overall_time(first=first, enhanced=enhanced),
        comparison.peak_memory(first=first, enhanced=enhanced),
        stages.stage_times(first=first, enhanced=enhanced),
        stages.stage_memory(first=first, enhanced=enhanced),
        parity.accuracy(first=first, enhanced=enhanced),
        recognition.per_class_f1(first=first, enhanced=enhanced),
        *(recognition.confusion(record) for record in there[-1:]),
    ]
    parts = [*map(_chart, charts)]
    for record in there:
        version = escape(str(record.get("version")).capitalize())
        parts += [
            f"<h3>{version} version: stages</h3>",
            table_html(tables.stages(record)),
            f"<h3>{version} version: emotions</h3>",
            table_html(tables.classes(record)),
            _notes(record),
            _failures(record),
            _details("Machine and versions", table_html(tables.environment(record))),
        ]
    versions = say.listing([str(record.get("version")) for record in there])
    return _section(f"Pipeline: {versions} version{'s'[: len(there) - 1]}", parts)


def _comparison_sections(records: Sequence[Record]) -> list[str]:
    """Compare the runs where there are several benchmarks."""
    found = [record for record in records if record.get("kind") == "bench"]
    if len(found) < 2:
        return []
    charts = [scaling.machines(found)]
    if len(found) == 2:
        charts.insert(0, history.compare(found[0], found[1]))
    return [_section("Runs together", [*map(_chart, charts)])]


def _section(title: str, parts: Iterable[str]) -> str:
    """Write a section with its heading."""
    body = "\n".join(part for part in parts if part)
    return f"<section><h2>{escape(title)}</h2>\n{body}</section>"


def _chart(chart: Chart) -> str:
    """Write one figure with its reading; the reading alone where there is none."""
    reading = f"<figcaption>{escape(chart.reading)}</figcaption>"
    if chart.figure is None:
        return f'<figure class="empty"><h3>{escape(chart.title)}</h3>{reading}</figure>'
    drawn: dict[str, Any] = chart.figure.to_plotly_json()
    # the page's script adds the template of the side it is on; to_json_plotly writes
    # JSON that cannot end the script it stands in
    drawn["layout"].pop("template", None)
    height = int(drawn["layout"]["height"])
    return (
        f'<figure><div class="chart" role="img" aria-label="{escape(chart.title)}" '
        f'style="height:{height}px"><script type="application/json">'
        f"{to_json_plotly(drawn)}</script></div>{reading}</figure>"
    )


def _notes(record: Record) -> str:
    """Write what the run itself remarks."""
    notes = record.get("notes") or []
    if not notes:
        return ""
    items = "".join(f"<li>{escape(str(note))}</li>" for note in notes)
    return f"<h3>Notes of the run</h3><ul>{items}</ul>"


def _failures(record: Record) -> str:
    """Write the files that could not be used."""
    failed = tables.failures(record)
    if failed.empty:
        return ""
    more = len(failed) - _MAX_FAILURES
    rest = f"<p>and {more:,} more, in the JSON export.</p>" if more > 0 else ""
    return (
        f"<h3>{say.count(len(failed), 'file')} could not be used</h3>"
        f"{table_html(failed.head(_MAX_FAILURES))}{rest}"
    )


def _details(title: str, body: str, *, printed: bool = True) -> str:
    """Fold something long away; what is too wide for paper stays folded there."""
    if not body:
        return ""
    kind = "" if printed else ' class="screen"'
    return f"<details{kind}><summary>{escape(title)}</summary>{body}</details>"


def _foot() -> str:
    """Write where the file and the published figures come from."""
    return (
        f"<footer>Made by SER Lab {escape(ser_core.__version__)}. Hatched bars are the "
        'figures that the report "Audio Emotion Analysis" (Cloudy\'s OS) printed: '
        "another machine, THAI-SER, 25,185 files. This file is complete; it loads "
        "nothing from a network.</footer>"
    )
