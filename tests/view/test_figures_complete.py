"""Every figure, over whole, partial, foreign and empty records."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import pytest

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
from pages._view.theme import FONT_PX

RECORDS = Path(__file__).resolve().parents[1] / "fixtures" / "records"
Record = dict[str, Any]

BENCH_FIGURES: dict[str, Callable[..., Chart]] = {
    "extraction time": lambda r, **k: comparison.extraction_time(bench=r, **k),
    "peak memory": lambda r, **k: comparison.peak_memory(bench=r, **k),
    "wall times": walls.wall_times,
    "speed-up": scaling.speedup_curve,
    "efficiency": scaling.efficiency_curve,
    "machines": lambda r, **k: scaling.machines([r, r], **k),
    "timeline": timeline.worker_timeline,
    "memory over time": resources.memory_over_time,
    "core use": resources.core_use,
    "threads": threads.threads_against_processes,
    "parity": parity.feature_parity,
    "two runs": lambda r, **k: history.compare(r, r, **k),
}

PIPELINE_FIGURES: dict[str, Callable[..., Chart]] = {
    "extraction time": comparison.extraction_time,
    "overall time": comparison.overall_time,
    "peak memory": comparison.peak_memory,
    "stage times": stages.stage_times,
    "stage memory": stages.stage_memory,
    "accuracy": parity.accuracy,
    "F1": recognition.per_class_f1,
}


def load(name: str) -> Record:
    record: Record = json.loads((RECORDS / f"{name}.json").read_text(encoding="utf-8"))
    return record


@pytest.fixture
def bench() -> Record:
    return load("bench_small")


@pytest.fixture
def first() -> Record:
    return load("pipeline_first")


@pytest.fixture
def enhanced() -> Record:
    return load("pipeline_enhanced")


def without(record: Record, *fields: str) -> Record:
    """Copy a record with fields set to None wherever they occur."""

    def clear(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: None if k in fields else clear(v) for k, v in value.items()}
        return [clear(v) for v in value] if isinstance(value, list) else value

    cleared: Record = clear(record)
    return cleared


def only_arms(record: Record, keep: Callable[[Record], bool]) -> Record:
    kept = copy.deepcopy(record)
    for table in ("runs", "summary"):
        kept[table] = [row for row in kept[table] if keep(row)]
    arms = {row["arm"] for row in kept["summary"]}
    for table in ("timelines", "samples"):
        kept[table] = {k: v for k, v in kept[table].items() if k in arms}
    return kept


def partial_benches() -> Iterator[tuple[str, Record]]:
    whole = load("bench_small")
    yield (
        "no PSS",
        without(whole, "peak_pss_bytes", "median_peak_pss_bytes", "pss_bytes"),
    )
    yield (
        "no memory",
        without(
            whole,
            "median_peak_pss_bytes",
            "median_peak_rss_bytes",
            "parent_rss_end_bytes",
            "rss_bytes",
            "pss_bytes",
        ),
    )
    yield "no CPU", without(whole, "median_cpu_user_s", "median_cpu_system_s")
    yield "no checksums", without(whole, "checksum", "same_features")
    yield "no environment", without(whole, "environment")
    yield "no corpus", without(whole, "corpus")
    yield "no laws", without(whole, "laws")
    yield "no samples", {**whole, "samples": {}, "timelines": {}}
    yield "no summary", {**whole, "summary": []}
    yield (
        "one repetition",
        {
            **without(whole, "speedup_low", "speedup_high"),
            "runs": [run for run in whole["runs"] if run["repeat"] == 1],
        },
    )
    yield (
        "parallel only",
        without(
            only_arms(whole, lambda row: row["backend"] != "sequential"),
            "speedup",
            "speedup_low",
            "speedup_high",
            "efficiency",
            "karp_flatt",
            "speedup_with_startup",
        ),
    )
    yield (
        "sequential only",
        only_arms(whole, lambda row: row["backend"] == "sequential"),
    )
    yield "nothing", {"kind": "bench"}
    yield "null everywhere", dict.fromkeys(whole, None) | {"kind": "bench"}
    yield "unknown back end", json.loads(json.dumps(whole).replace("loky", "dask"))
    yield (
        "laws of another version",
        {
            **whole,
            "laws": {
                "reference/loky/1": {"amdahl": {"s": 1}, "usl": [3], "reason": None}
            },
        },
    )


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("size", ["normal", "big"])
@pytest.mark.parametrize("name", BENCH_FIGURES)
def test_bench_figure_is_drawn_with_units_and_a_reading(
    bench: Record, name: str, size: str, mode: str
) -> None:
    chart = BENCH_FIGURES[name](bench, size=size, mode=mode)
    assert chart.reading
    assert_readable(chart.figure, size)
    assert chart.figure is not None
    assert chart.title in chart.figure.layout.title.text


@pytest.mark.parametrize("name", PIPELINE_FIGURES)
def test_pipeline_figure_is_drawn_with_units_and_a_reading(
    first: Record, enhanced: Record, name: str
) -> None:
    chart = PIPELINE_FIGURES[name](first=first, enhanced=enhanced)
    assert chart.reading
    assert_readable(chart.figure, "normal")


@pytest.mark.parametrize("name", BENCH_FIGURES)
@pytest.mark.parametrize(
    "record", [pytest.param(r, id=n) for n, r in partial_benches()]
)
def test_partial_bench_gives_a_smaller_figure_or_a_plain_sentence(
    record: Record, name: str
) -> None:
    before = copy.deepcopy(record)
    chart = BENCH_FIGURES[name](record)
    assert chart.reading.endswith(".")
    assert chart.figure is None or len(chart.figure.data) > 0
    assert record == before, "a figure must not change its record"


@pytest.mark.parametrize("name", PIPELINE_FIGURES)
@pytest.mark.parametrize(
    "there", ["none", "first", "enhanced", "hollow", "no speakers"]
)
def test_partial_pipelines_give_a_smaller_figure_or_a_plain_sentence(
    first: Record, enhanced: Record, name: str, there: str
) -> None:
    hollow = {"kind": "pipeline", "version": "first", "backend": "sequential"}
    given: dict[str, Any] = {
        "none": {},
        "first": {"first": first},
        "enhanced": {"enhanced": enhanced},
        "hollow": {"first": hollow},
        "no speakers": {
            "enhanced": {
                **enhanced,
                "accuracy_unseen_speakers": None,
                "report_unseen_speakers": None,
                "unseen_speakers_reason": "speakers are unknown",
            }
        },
    }[there]
    chart = PIPELINE_FIGURES[name](**given)
    assert chart.reading.endswith(".")
    assert chart.figure is None or len(chart.figure.data) > 0


@pytest.mark.parametrize("name", BENCH_FIGURES)
def test_synthetic_voices_are_marked_in_every_figure(bench: Record, name: str) -> None:
    bench["corpus"]["synthetic"] = True
    assert "synthetic" in subtitle(BENCH_FIGURES[name](bench))
    bench["corpus"]["synthetic"] = False
    assert "synthetic" not in subtitle(BENCH_FIGURES[name](bench))


@pytest.mark.parametrize("name", BENCH_FIGURES)
def test_imported_runs_are_marked_in_every_figure(bench: Record, name: str) -> None:
    bench["source"] = "imported"
    assert "imported" in subtitle(BENCH_FIGURES[name](bench))


@pytest.mark.parametrize("name", BENCH_FIGURES)
def test_words_of_a_record_are_never_markup(bench: Record, name: str) -> None:
    hostile = '<a href="javascript:alert(1)">x</a>'
    text = json.dumps(bench).replace("loky", "evilback")
    bench = json.loads(text.replace("evilback", json.dumps(hostile)[1:-1]))
    bench["label"] = hostile
    bench["environment"]["cpu"]["model"] = hostile
    for files in bench["timelines"].values():
        files[0]["path"] = hostile
    chart = BENCH_FIGURES[name](bench)
    assert chart.figure is None or "<a href" not in "".join(strings(chart.figure))


def test_a_back_end_has_one_colour_in_every_figure(bench: Record) -> None:
    colours = {
        figure.data[index].marker.color
        for name in ("wall times", "threads")
        if (figure := BENCH_FIGURES[name](bench).figure) is not None
        for index, trace in enumerate(figure.data)
        if trace.type == "bar" and str(trace.y[0]).startswith("loky")
    }
    assert colours == {"#0072B2"}


def assert_readable(figure: go.Figure | None, size: str) -> None:
    """Check that there is something to see, letters are large and axes are named."""
    assert figure is not None
    assert len(figure.data) > 0
    layout = figure.to_plotly_json()["layout"]
    axes = [axis for key, axis in layout.items() if key[:5] in ("xaxis", "yaxis")]
    assert min(axis["tickfont"]["size"] for axis in axes) >= FONT_PX[size]
    assert any((axis.get("title") or {}).get("text") for axis in axes)
    assert layout["height"] >= 150


def subtitle(chart: Chart) -> str:
    assert chart.figure is not None
    return str(chart.figure.layout.title.subtitle.text)


def strings(figure: go.Figure) -> Iterator[str]:
    def walk(value: Any) -> Iterator[str]:
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            for key, below in value.items():
                if key != "template":
                    yield from walk(below)
        elif isinstance(value, (list, tuple)):
            for below in value:
                yield from walk(below)

    return walk(figure.to_plotly_json())


@pytest.mark.parametrize(
    "record", [pytest.param(r, id=n) for n, r in partial_benches()]
)
def test_tables_take_partial_records(record: Record) -> None:
    assert tables.arms(record).columns[0] == "arm"
    for table in (tables.runs, tables.failures, tables.environment):
        table(record)
