from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import psutil
import pytest
from bench_corpora import tone_corpus

from ser_core.bench import runner
from ser_core.bench.plan import Arm, BenchmarkPlan
from ser_core.bench.record import export_json, import_record, validate
from ser_core.bench.runner import repetition_order, run_benchmark
from ser_core.errors import CorpusError, JobError, ParameterError
from ser_core.store.data_folder import DataFolder

pytestmark = pytest.mark.timeout(300)

# as issue 2 lays the command line's JSON down
RUN_KEYS = {
    "front_end",
    "backend",
    "workers",
    "repeat",
    "n_files",
    "n_failed",
    "inner_threads",
    "page_cache",
    "wall_s",
    "startup_s",
    "files_per_s",
    "cpu_user_s",
    "cpu_system_s",
    "peak_rss_bytes",
    "peak_pss_bytes",
    "other_cpu_share",
    "checksum",
}
SUMMARY_KEYS = {
    "front_end",
    "backend",
    "workers",
    "inner_threads",
    "median_wall_s",
    "speedup",
    "speedup_low",
    "speedup_high",
    "speedup_with_startup",
    "efficiency",
}
RECORD_KEYS = {
    "schema_version",
    "kind",
    "id",
    "created_utc",
    "label",
    "source",
    "environment",
    "plan",
    "corpus",
    "feature_set",
    "runs",
    "summary",
    "laws",
    "timelines",
    "samples",
    "failures",
    "notes",
}
N_FILES = 9


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a data folder, a work folder and a corpus."""
    base = tmp_path_factory.mktemp("runner")
    corpus = tone_corpus(base / "corpus", n_files=N_FILES - 1)
    # the first of all, so that the warm-up has to look for another one
    (corpus / "happy" / "000_broken.wav").write_bytes(b"RIFF but no audio")
    (base / "work").mkdir()
    DataFolder(base / "data").prepare()
    return base


def plan_of(folder: Path, **changes: Any) -> BenchmarkPlan:
    return BenchmarkPlan.cross(str(folder / "corpus"), **changes)


def run(folder: Path, plan: BenchmarkPlan, **changes: Any) -> dict[str, Any]:
    return run_benchmark(
        plan,
        data_folder=DataFolder(folder / "data"),
        work_folder=folder / "work",
        **{"emit": lambda _event: None, **changes},
    )


@pytest.fixture(scope="module")
def measured(folder: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Run three arms twice; return the record and the events."""
    events: list[dict[str, Any]] = []
    plan = plan_of(
        folder, backends=["sequential", "threads", "loky"], workers=[2], repeats=2
    )
    return run(folder, plan, emit=events.append), events


Measured = tuple[dict[str, Any], list[dict[str, Any]]]


def test_record_has_the_keys_of_the_contract(measured: Measured) -> None:
    record, _ = measured
    assert record.keys() == RECORD_KEYS
    assert len(record["runs"]) == 6
    assert len(record["summary"]) == 3
    for entry in record["runs"]:
        assert entry.keys() >= RUN_KEYS
    for entry in record["summary"]:
        assert entry.keys() >= SUMMARY_KEYS
    validate(record)


def test_record_can_be_exported_and_imported(measured: Measured) -> None:
    record, _ = measured
    imported = import_record(export_json(record))
    assert imported["source"] == "imported"
    assert imported["runs"] == record["runs"]


def test_every_back_end_gives_the_same_features(measured: Measured) -> None:
    record, _ = measured
    assert len({entry["checksum"] for entry in record["runs"]}) == 1
    assert all(entry["same_features"] for entry in record["summary"])


def test_broken_file_is_listed_once_and_left_out_of_each_run(
    measured: Measured, folder: Path
) -> None:
    record, _ = measured
    (failure,) = record["failures"]
    assert failure["path"] == "happy/000_broken.wav"
    assert failure["reason"]
    assert str(folder) not in failure["reason"]
    for entry in record["runs"]:
        assert (entry["n_files"], entry["n_failed"]) == (N_FILES, 1)
        good = (N_FILES - 1) / entry["wall_s"]
        assert entry["files_per_s"] == pytest.approx(good)
    assert any("1 file(s) could not be read" in note for note in record["notes"])


def test_times_and_memory_are_of_the_whole_tree(measured: Measured) -> None:
    record, _ = measured
    by_arm = {entry["arm"]: entry for entry in record["runs"]}
    alone, pool = by_arm["reference/sequential/1/1"], by_arm["reference/loky/2/1"]
    for entry in (alone, pool):
        assert entry["wall_s"] > 0
        assert entry["warmup_s"] > 0
        assert 0 <= entry["other_cpu_share"] <= 1
    assert pool["startup_s"] > alone["startup_s"]
    # the workers hold librosa, and their parent does not
    assert pool["peak_rss_bytes"] > 2 * pool["parent_rss_end_bytes"]
    assert alone["peak_rss_bytes"] >= alone["parent_rss_end_bytes"]
    if psutil.LINUX:
        assert pool["peak_pss_bytes"] < pool["peak_rss_bytes"]


def test_pinned_arms_have_one_thread_in_every_library(measured: Measured) -> None:
    record, _ = measured
    for entry in record["runs"]:
        pools = {pool["library"]: pool["n_threads"] for pool in entry["threadpools"]}
        assert pools["numba"] == 1
        assert set(pools.values()) == {1}
    assert record["environment"]["threadpools"] == record["runs"][0]["threadpools"]


def test_timelines_name_each_file_and_its_worker(measured: Measured) -> None:
    record, _ = measured
    assert record["timelines"].keys() == {run["arm"] for run in record["runs"]}
    for arm, entries in record["timelines"].items():
        assert len(entries) == N_FILES
        assert [entry["ok"] for entry in entries].count(False) == 1
        assert entries[0]["path"] == "happy/000_broken.wav"
        assert all(entry["start_s"] <= entry["end_s"] for entry in entries)
        assert all(entry["start_s"] > -0.01 for entry in entries)
        workers = {entry["worker"] for entry in entries}
        assert len(workers) <= (1 if "sequential" in arm else 2)
        assert str(os.getpid()) not in {worker.split("/")[0] for worker in workers}


def test_samples_begin_and_end_with_the_work(measured: Measured) -> None:
    record, _ = measured
    for entries in record["samples"].values():
        assert len(entries) >= 2
        assert entries[0]["t_s"] == 0.0
        assert entries[0]["cpu_s"] == 0.0
        times = [entry["t_s"] for entry in entries]
        assert times == sorted(times)
        assert all(len(entry["cores"]) == psutil.cpu_count() for entry in entries)


def test_no_arm_is_always_first(measured: Measured) -> None:
    record, events = measured
    started = [
        (event["repeat"], event["arm"])
        for event in events
        if event["type"] == "arm_started"
    ]
    first = [arm for repeat, arm in started if repeat == 1]
    second = [arm for repeat, arm in started if repeat == 2]
    assert first == [arm["key"] for arm in record["plan"]["arms"]]
    assert sorted(second) == sorted(first)
    assert second[0] != first[0]


def test_events_follow_the_contract(measured: Measured) -> None:
    record, events = measured
    assert all(event["t"] > 1e9 for event in events)
    assert json.loads(json.dumps(events)) == events
    (plan,) = [event for event in events if event["type"] == "plan"]
    assert plan["n_files"] == N_FILES
    assert plan["repeats"] == 2
    assert plan["arms"] == record["plan"]["arms"]
    phases = [event["name"] for event in events if event["type"] == "phase"]
    assert phases == ["start-up", "warm-up", "work"] * 6
    finished = [event["run"] for event in events if event["type"] == "arm_finished"]
    assert finished == record["runs"]
    samples = [event for event in events if event["type"] == "sample"]
    assert {event["arm"] for event in samples} == record["samples"].keys()
    for event in samples:
        assert event.keys() >= {"repeat", "t_s", "rss_bytes", "pss_bytes", "cores"}


def test_record_tells_no_folder_of_this_machine(
    measured: Measured, folder: Path
) -> None:
    record, _ = measured
    assert str(folder) not in json.dumps(record)
    assert record["corpus"]["root"] == "corpus"


def test_nothing_is_left_behind(measured: Measured, folder: Path) -> None:
    assert list((folder / "work").iterdir()) == []
    assert not psutil.Process().children(recursive=True)


def test_cancelling_ends_every_process_and_leaves_no_file(folder: Path) -> None:
    phases: list[str] = []

    def emit(event: dict[str, Any]) -> None:
        if event["type"] == "phase":
            phases.append(event["name"])

    with pytest.raises(JobError, match="cancelled"):
        run(
            folder,
            plan_of(folder, backends=["loky"], workers=[2], repeats=1),
            emit=emit,
            should_stop=lambda: "warm-up" in phases,
        )
    assert list((folder / "work").iterdir()) == []
    _, left = psutil.wait_procs(psutil.Process().children(recursive=True), timeout=30)
    assert not left


def test_cold_page_cache_is_dropped_once_everything_is_warm(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if runner.cold_unavailable_reason() is not None:
        pytest.skip("this system has no posix_fadvise")
    told: list[str] = []
    drop = runner.drop_page_cache

    def spy(paths: tuple[str, ...]) -> Any:
        told.append(f"drop {len(paths)}")
        return drop(paths)

    def emit(event: dict[str, Any]) -> None:
        if event["type"] == "phase":
            told.append(event["name"])

    monkeypatch.setattr(runner, "drop_page_cache", spy)
    plan = plan_of(
        folder, backends=["sequential"], repeats=1, limit=4, page_cache="cold"
    )
    record = run(folder, plan, emit=emit)
    assert told == ["start-up", "warm-up", "drop 4", "work"]
    assert record["runs"][0]["page_cache"] == "cold"
    assert record["runs"][0]["n_files"] == 4


def test_cold_page_cache_is_refused_where_it_cannot_be_dropped(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "posix_fadvise", raising=False)
    with pytest.raises(ParameterError, match="page_cache = 'cold'"):
        run(folder, plan_of(folder, page_cache="cold"))


def test_corpus_of_broken_files_alone_is_refused_with_a_reason(folder: Path) -> None:
    broken = folder / "broken" / "sad" / "a.wav"
    broken.parent.mkdir(parents=True, exist_ok=True)
    broken.write_bytes(b"no audio")
    plan = BenchmarkPlan.cross(
        str(folder / "broken"), backends=["sequential"], repeats=1
    )
    with pytest.raises(CorpusError, match="none of the 1 files"):
        run(folder, plan)


def test_empty_and_unknown_corpora_are_refused_before_anything_starts(
    folder: Path,
) -> None:
    (folder / "empty").mkdir(exist_ok=True)
    events: list[dict[str, Any]] = []
    for name in (str(folder / "empty"), "no-such-corpus"):
        with pytest.raises(CorpusError):
            run(folder, BenchmarkPlan.cross(name), emit=events.append)
    assert events == []


def test_more_workers_than_the_machine_takes_are_refused_before_anything_starts(
    folder: Path,
) -> None:
    arm = Arm(backend="loky", workers=9_999)
    with pytest.raises(ParameterError, match="9999"):
        run(folder, BenchmarkPlan(corpus=str(folder / "corpus"), arms=(arm,)))


def test_order_turns_and_then_runs_backwards() -> None:
    arms = [Arm(backend="threads", workers=n) for n in (1, 2, 3)]
    orders = [
        [arm.workers for arm in repetition_order(arms, repeat)]
        for repeat in range(1, 7)
    ]
    assert orders == [
        [1, 2, 3],
        [2, 3, 1],
        [3, 1, 2],
        [3, 2, 1],
        [1, 3, 2],
        [2, 1, 3],
    ]
