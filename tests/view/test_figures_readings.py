"""What figures say, checked against figures chosen by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pages._view import format as say
from pages._view.figures import (
    comparison,
    corpus,
    history,
    parity,
    race,
    recognition,
    scaling,
    stages,
    tables,
    threads,
    timeline,
    walls,
)
from pages._view.live_state import Lane

RECORDS = Path(__file__).resolve().parents[1] / "fixtures" / "records"
Record = dict[str, Any]


def arm(
    backend: str,
    *,
    workers: int = 1,
    inner: str = "1",
    wall_s: float,
    cpu_s: float,
    speedup: float | None,
    spread: float = 0.02,
    checksum: str = "aa",
    same: bool = True,
) -> Record:
    return {
        "arm": f"reference/{backend}/{workers}/{inner}",
        "label": backend,
        "front_end": "reference",
        "backend": backend,
        "workers": workers,
        "inner_threads": inner,
        "median_wall_s": wall_s,
        "iqr_wall_s": 0.1,
        "speedup": speedup,
        "speedup_low": None if speedup is None else speedup - spread,
        "speedup_high": None if speedup is None else speedup + spread,
        "speedup_with_startup": speedup,
        "efficiency": None if speedup is None else speedup / workers,
        "karp_flatt": None,
        "median_files_per_s": 400 / wall_s,
        "median_cpu_user_s": cpu_s,
        "median_cpu_system_s": 0.0,
        "checksum": checksum,
        "same_features": same,
    }


def bench(*summary: Record, **more: Any) -> Record:
    return {
        "kind": "bench",
        "environment": {"cpu": {"available_cores": 2}},
        "corpus": {"synthetic": False, "n_files": 400},
        "runs": [],
        "summary": list(summary),
        **more,
    }


SEQUENTIAL = arm("sequential", wall_s=10, cpu_s=9.8, speedup=1.0, spread=0)
PINNED = arm("threads", workers=2, wall_s=5.9, cpu_s=10.2, speedup=1.69)
LOOSE = arm(
    "threads", workers=2, inner="default", wall_s=11.5, cpu_s=21.0, speedup=0.87
)
LOKY = arm("loky", workers=2, wall_s=5.4, cpu_s=10.3, speedup=1.86)


def test_oversubscription_is_said_where_cpu_time_and_wall_time_show_it() -> None:
    words = threads.explanation(bench(SEQUENTIAL, PINNED, LOOSE, LOKY))
    assert "over-subscription, more running threads than the 2 cores" in words
    assert "1.69×" in words
    assert "0.87×" in words
    assert "10 % above the pinned threads" in words


def test_oversubscription_is_not_claimed_without_extra_cpu_time() -> None:
    slow = {**LOOSE, "median_cpu_user_s": 10.4}
    words = threads.explanation(bench(SEQUENTIAL, PINNED, slow, LOKY))
    assert "that loss is over-subscription" not in words
    assert "not shown by these figures" in words


def test_unpinned_threads_as_fast_as_pinned_ones_are_no_oversubscription() -> None:
    words = threads.explanation(
        bench(SEQUENTIAL, PINNED, {**LOOSE, "speedup": 1.68}, LOKY)
    )
    assert "no over-subscription to be seen" in words


def test_missing_arms_are_named_and_nothing_is_said_about_them() -> None:
    words = threads.explanation(bench(SEQUENTIAL, LOKY))
    assert "Not in this run, so not said: threads with one inner thread" in words
    assert "GIL" not in words


def test_overlapping_intervals_are_no_difference() -> None:
    wide = {**LOKY, "speedup_low": 1.5, "speedup_high": 2.0}
    words = threads.explanation(bench(SEQUENTIAL, PINNED, LOOSE, wide))
    assert "no difference from the pinned threads that this run can tell" in words


def test_a_busy_machine_is_said_before_any_conclusion() -> None:
    runs = [{"arm": "x", "other_cpu_share": 0.4}]
    words = threads.explanation(bench(SEQUENTIAL, PINNED, LOKY, runs=runs))
    assert words.startswith("Other programs used up to 40 %")


def test_an_unpinned_sequential_arm_is_called_more_than_one_core() -> None:
    loose = arm("sequential", inner="default", wall_s=8, cpu_s=15.2, speedup=1.25)
    assert "kept 1.9 cores busy" in threads.explanation(bench(SEQUENTIAL, loose, LOKY))


def test_without_a_reference_threads_say_what_to_add() -> None:
    assert "Add sequential with one inner thread" in threads.explanation(bench(LOKY))


def test_extraction_time_shows_both_ratios_and_equally_long_baselines() -> None:
    chart = comparison.extraction_time(bench=bench(SEQUENTIAL, LOKY))
    assert chart.figure is not None
    assert "5.3×" in chart.reading
    assert "1.86× (95 % interval 1.84–1.88) with loky × 2 on 2 cores" in chart.reading
    assert "about 11 cores" in chart.reading
    report, here = chart.figure.layout.xaxis.range, chart.figure.layout.xaxis2.range
    assert 615.14 / report[1] == pytest.approx(10 / here[1])


def test_extraction_time_without_a_run_still_shows_the_report() -> None:
    chart = comparison.extraction_time()
    assert chart.figure is not None
    assert len(chart.figure.data) == 2
    assert "nothing to compare yet" in chart.reading


def test_memory_of_the_report_is_called_what_it_is() -> None:
    chart = comparison.peak_memory()
    assert "3,146 MiB and 3,632 MiB are its parent process alone" in chart.reading


def test_speedups_below_one_are_named() -> None:
    reading = scaling.speedup_curve(bench(SEQUENTIAL, LOOSE, LOKY)).reading
    assert "slower than sequential: threads × 2 (unpinned)" in reading
    assert "95 % interval 1.84–1.88" in reading


def test_too_few_points_for_a_law_are_said() -> None:
    laws = {
        "reference/loky/1": {
            "amdahl": None,
            "usl": None,
            "reason": "Amdahl's law needs 2 different worker counts above 1.",
        }
    }
    reading = scaling.speedup_curve(bench(SEQUENTIAL, LOKY, laws=laws)).reading
    assert "Amdahl's law needs 2 different worker counts" in reading


def test_a_fitted_law_is_drawn_with_its_band() -> None:
    fit = {
        "serial_fraction": 0.05,
        "serial_fraction_low": 0.03,
        "serial_fraction_high": 0.08,
        "max_speedup": 20.0,
        "rms_relative_error": 0.01,
        "worker_counts": [2, 4],
    }
    laws = {"reference/loky/1": {"amdahl": fit, "usl": None, "reason": None}}
    four = arm("loky", workers=4, wall_s=2.9, cpu_s=11, speedup=3.45)
    chart = scaling.speedup_curve(bench(SEQUENTIAL, LOKY, four, laws=laws))
    assert chart.figure is not None
    names = [trace.name for trace in chart.figure.data]
    assert "Amdahl fit, loky" in names
    assert any(trace.fill == "toself" for trace in chart.figure.data)
    assert "serial share is 5.0 % (3.0 % to 8.0 %), so at most 20.0×" in chart.reading


def test_one_repetition_is_called_one() -> None:
    runs = [{"arm": SEQUENTIAL["arm"], "repeat": 1, "wall_s": 10.0}]
    reading = walls.wall_times(bench(SEQUENTIAL, runs=runs)).reading
    assert "One repetition only" in reading


def test_equal_checksums_are_the_same_bits() -> None:
    reading = parity.feature_parity(bench(SEQUENTIAL, LOKY)).reading
    assert reading.startswith("All 2 arms computed the same features, bit for bit")


def test_different_checksums_are_named() -> None:
    other = {**LOOSE, "checksum": "bb", "same_features": False}
    reading = parity.feature_parity(bench(SEQUENTIAL, other)).reading
    assert reading.startswith("Not the same bits: threads × 2 (unpinned)")


def pipeline(version: str, **more: Any) -> Record:
    name = RECORDS / f"pipeline_{version}.json"
    return {**json.loads(name.read_text(encoding="utf-8")), **more}


def test_equal_accuracies_are_said_to_be_identical() -> None:
    note = parity.accuracy_note(
        first=pipeline("first", accuracy=0.5, checksum="aa"),
        enhanced=pipeline("enhanced", accuracy=0.5, checksum="aa"),
    )
    assert "same features and exactly the same accuracy" in note
    assert "cannot be known from it" in note


def test_accuracies_that_differ_for_equal_features_are_called_wrong() -> None:
    note = parity.accuracy_note(
        first=pipeline("first", accuracy=0.5, checksum="aa"),
        enhanced=pipeline("enhanced", accuracy=0.6, checksum="aa"),
    )
    assert "that should not happen" in note


@pytest.mark.parametrize(
    ("parallel_s", "words"),
    [(5.0, "runs 2.00× as fast"), (20.0, "takes 2.00× as long")],
)
def test_stages_say_whether_the_parallel_version_won(
    parallel_s: float, words: str
) -> None:
    def staged(version: str, wall_s: float) -> Record:
        return pipeline(
            version, stages=[{"name": "feature extraction", "wall_s": wall_s}]
        )

    chart = stages.stage_times(
        first=staged("first", 10.0), enhanced=staged("enhanced", parallel_s)
    )
    assert words in chart.reading


def test_unknown_speakers_are_given_with_their_reason() -> None:
    note = parity.accuracy_note(
        first=None,
        enhanced=pipeline(
            "enhanced",
            accuracy_unseen_speakers=None,
            unseen_speakers_reason="the files name no speaker",
        ),
    )
    assert "unknown: the files name no speaker." in note


def test_the_commonest_mistake_is_named() -> None:
    record = pipeline(
        "first",
        classes=["angry", "sad"],
        confusion=[[9, 1], [6, 4]],
    )
    assert (
        "60 % of the sad files are taken for angry"
        in recognition.confusion(record).reading
    )


def file(worker: str, start_s: float, end_s: float, *, ok: bool = True) -> Record:
    return {
        "path": f"folder/{start_s}.wav",
        "worker": worker,
        "start_s": start_s,
        "end_s": end_s,
        "ok": ok,
    }


def test_timeline_says_how_busy_the_workers_were() -> None:
    files = [file("1", 0, 4), file("2", 0, 1), file("2", 1, 2, ok=False)]
    record = bench(SEQUENTIAL, LOKY, timelines={LOKY["arm"]: files})
    reading = timeline.worker_timeline(record).reading
    assert "2 workers spent 75 % of the time inside files" in reading
    assert "the last finished 2 s after the first" in reading
    assert "1 file failed" in reading


def test_timeline_of_many_files_joins_neighbours_and_keeps_the_ends() -> None:
    files = [file(str(n % 2), n / 10, n / 10 + 0.05) for n in range(25_000)]
    chart = timeline.worker_timeline(bench(LOKY, timelines={LOKY["arm"]: files}))
    assert chart.figure is not None
    assert len(chart.figure.data) == 2
    assert sum(len(trace.x) for trace in chart.figure.data) <= 3_000
    last = max(t.base[-1] + t.x[-1] for t in chart.figure.data)
    assert last == pytest.approx(files[-1]["end_s"])


def test_timeline_of_an_arm_that_has_none_is_a_sentence() -> None:
    chart = timeline.worker_timeline(bench(LOKY, timelines={}), arm="no/such/1/1")
    assert chart.figure is None
    assert "No timeline" in chart.reading


def test_runs_of_different_size_are_compared_by_the_file() -> None:
    def sized(n_files: int, wall_s: float, cores: int) -> Record:
        run = {"arm": LOKY["arm"], "repeat": 1, "wall_s": wall_s, "n_files": n_files}
        record = bench({**LOKY, "median_wall_s": wall_s}, runs=[run])
        record["environment"]["cpu"]["model"] = f"CPU of {cores}"
        return record

    reading = history.compare(sized(400, 5.0, 2), sized(800, 5.0, 4)).reading
    assert "B is 2.00× as fast" in reading
    assert "the machine and the number of files" in reading


def test_a_benchmark_is_not_compared_with_a_pipeline() -> None:
    chart = history.compare(bench(LOKY), pipeline("first"))
    assert chart.figure is None


def test_machines_are_marked_and_keep_their_own_baseline() -> None:
    here = bench(SEQUENTIAL, LOKY, label="here")
    there = bench(SEQUENTIAL, LOKY, label="lab", source="imported")
    chart = scaling.machines([here, there])
    assert chart.figure is not None
    names = [str(trace.name) for trace in chart.figure.data]
    assert "lab (2 cores, imported): loky" in names
    assert "own sequential arm" in chart.reading


def lane(label: str, **more: Any) -> Lane:
    return Lane(f"reference/{label}/2/1", label, label, total=400, **more)


def test_race_shows_rate_and_time_left_then_the_final_time() -> None:
    lanes = [
        lane("sequential", phase="finished", done=400, runs=[{"wall_s": 10.0}]),
        lane("loky", phase="work", done=100, files_per_s=75.0, remaining_s=4.2),
        lane("threads", phase="warm-up"),
    ]
    chart = race.race(lanes, synthetic=True, size="big")
    assert chart.figure is not None
    words = [note.text for note in chart.figure.layout.annotations]
    assert words[0].startswith("<b>10 s</b>")
    assert words[1] == "100 of 400 · 75.0 files/s · 4 s left"
    assert words[2] == "warms up (not timed)"
    assert [bar.x[0] for bar in chart.figure.data] == [100, 25, 0]


def test_race_before_anything_began_is_drawn() -> None:
    assert race.race([lane("loky")]).figure is not None
    assert race.race([]).figure is None
    assert race.race_curves([lane("loky")]).figure is None
    assert race.live_cores([]).figure is None
    assert race.live_memory([]).figure is None


def test_live_cores_say_how_many_are_busy() -> None:
    assert race.live_cores([{"cores": [100.0, 50.0]}]).reading.startswith("1.5 of 2")


def test_live_memory_falls_back_to_rss() -> None:
    rows = [{"t_s": 0.1, "rss_bytes": 100 * 1024**2, "pss_bytes": None}]
    assert "100 MiB (RSS)" in race.live_memory(rows).reading


def test_durations_say_what_the_features_cut() -> None:
    chart = corpus.durations([1.0, 2.0, 3.0, 8.0], kept_s=5.8)
    assert "25 % are longer than the 5.8 s kept" in chart.reading
    assert corpus.durations([]).figure is None
    assert corpus.durations([2.0]).figure is not None
    assert corpus.durations([float("nan")]).figure is None


def test_labels_are_split_by_gender_where_it_is_known() -> None:
    chart = corpus.label_counts(
        ["sad", "sad", "angry", "sad"], ["female", "male", None, "female"]
    )
    assert chart.figure is not None
    assert [trace.name for trace in chart.figure.data] == [
        "female",
        "male",
        "not known",
    ]
    assert "Sad is the commonest (75 %" in chart.reading
    unknown = corpus.label_counts(["sad", "angry"], [None, None]).figure
    assert unknown is not None
    assert len(unknown.data) == 1
    assert corpus.label_counts([], []).figure is None


def test_waveform_keeps_extremes_and_calls_silence_silence() -> None:
    y = np.zeros(44_100, dtype=np.float32)
    assert "digital silence" in corpus.waveform(y, sample_rate=44_100).reading
    y[20_000] = 0.5
    chart = corpus.waveform(y, sample_rate=44_100)
    assert chart.figure is not None
    assert max(chart.figure.data[0].y) == pytest.approx(0.5)
    assert len(chart.figure.data[0].y) <= 2_000
    assert "6.0 dB below full scale" in chart.reading
    assert corpus.waveform(y[:1], sample_rate=44_100).figure is not None
    assert corpus.waveform(y[:0], sample_rate=44_100).figure is None


def test_spectrogram_has_hertz_on_its_axis() -> None:
    power = np.full((64, 20), -80.0)
    power[30] = 0.0
    centres = np.geomspace(50, 16_000, 64)
    chart = corpus.mel_spectrogram(
        power, times_s=np.arange(20) / 10, frequencies_hz=centres
    )
    assert chart.figure is not None
    assert f"{centres[30]:,.0f} Hz" in chart.reading
    assert "1,000" in chart.figure.layout.yaxis.ticktext


def test_comparison_table_has_one_row_an_arm() -> None:
    table = tables.arms(bench(SEQUENTIAL, LOKY))
    assert table["arm"].tolist() == ["sequential", "loky × 2"]
    assert table["speed-up"].tolist() == [1.0, 1.86]
    assert table["95 % interval"].tolist()[1] == "1.84–1.88"


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (59.96, "60 s"),
        (119.7, "2 min 0 s"),
        (3599.9, "60 min 0 s"),
        (7_260, "2 h 1 min"),
    ],
)
def test_durations_never_show_sixty_seconds_or_minutes_beside_a_larger_unit(
    seconds: float, written: str
) -> None:
    assert say.duration(seconds) == written
