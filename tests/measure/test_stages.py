from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from typing import Any

import psutil
import pytest
from tree_children import burn, burning, child, holding

from ser_core.errors import JobError
from ser_core.measure.stages import StageRecorder
from ser_core.measure.tree import ProcessTree

pytestmark = pytest.mark.timeout(150)

KEYS = {
    "name",
    "wall_s",
    "cpu_user_s",
    "cpu_system_s",
    "rss_end_bytes",
    "peak_rss_bytes",
    "peak_pss_bytes",
    "private_end_bytes",
}


def cpu_s(stage: dict[str, Any]) -> float:
    return float(stage["cpu_user_s"] + stage["cpu_system_s"])


def test_sleep_takes_time_and_hardly_any_cpu() -> None:
    with StageRecorder() as recorder, recorder.stage("metadata"):
        time.sleep(0.5)
    (stage,) = recorder.stages
    assert stage.keys() == KEYS
    assert stage["wall_s"] >= 0.5
    assert cpu_s(stage) < 0.3


def test_busy_loop_uses_cpu_in_its_own_stage_alone() -> None:
    with StageRecorder() as recorder:
        with recorder.stage("training"):
            burn(0.5)
        with recorder.stage("evaluation"):
            time.sleep(0.01)
    busy, idle = recorder.stages
    assert cpu_s(busy) >= 0.45
    assert cpu_s(idle) < 0.3
    assert [busy["name"], idle["name"]] == ["training", "evaluation"]


@pytest.mark.skipif(not psutil.LINUX, reason="no account of ended children elsewhere")
def test_cpu_of_a_worker_that_ended_within_the_stage_is_counted() -> None:
    with StageRecorder() as recorder, recorder.stage("feature extraction"):
        subprocess.run([sys.executable, "-c", burning(0.5)], check=True)
    assert cpu_s(recorder.stages[0]) >= 0.45


def test_allocation_in_a_child_is_in_the_peak_and_not_in_this_process() -> None:
    n_bytes = 150_000_000
    tree = ProcessTree(os.getpid())
    before_bytes, before_private_bytes = tree.rss_bytes(), tree.private_bytes()
    sampled = threading.Event()

    def emit(event: dict[str, Any]) -> None:
        if event["type"] != "sample":
            return
        if event["rss_bytes"] - before_bytes >= n_bytes:
            sampled.set()

    with StageRecorder(emit=emit) as recorder:
        with recorder.stage("feature extraction"), child(holding(n_bytes)):
            assert sampled.wait(30)
        with recorder.stage("training"):
            time.sleep(0.01)
    first, second = recorder.stages
    assert first["peak_rss_bytes"] - first["rss_end_bytes"] >= n_bytes
    assert second["peak_rss_bytes"] < first["peak_rss_bytes"]
    if psutil.LINUX:
        assert before_private_bytes is not None
        assert first["private_end_bytes"] < before_private_bytes + n_bytes / 2


def test_stages_are_told_when_they_start_and_finish() -> None:
    told: list[dict[str, Any]] = []
    with StageRecorder(emit=told.append) as recorder, recorder.stage("metadata"):
        time.sleep(0.01)
    started, finished = [event for event in told if event["type"] == "stage"]
    assert (started["name"], started["state"]) == ("metadata", "started")
    assert finished["state"] == "finished"
    assert finished.keys() - {"t", "type", "state"} == KEYS


def test_snapshot_holds_cpu_and_memory_until_now() -> None:
    with StageRecorder() as recorder:
        before = recorder.snapshot()
        burn(0.2)
        after = recorder.snapshot()
    assert before.keys() >= {"cpu_user_s", "cpu_system_s", "rss_bytes"}
    assert cpu_s(after) - cpu_s(before) >= 0.17
    assert before["rss_bytes"] > 1_000_000


def test_stage_that_fails_is_not_recorded_and_the_next_one_is() -> None:
    with StageRecorder() as recorder:
        with pytest.raises(ValueError, match="broken"), recorder.stage("training"):
            raise ValueError("broken")
        with recorder.stage("evaluation"):
            pass
    assert [stage["name"] for stage in recorder.stages] == ["evaluation"]


def test_stages_do_not_nest() -> None:
    with (
        StageRecorder() as recorder,
        recorder.stage("training"),
        pytest.raises(JobError, match="inside stage 'training'"),
        recorder.stage("evaluation"),
    ):
        pass


def test_recorder_has_to_be_started() -> None:
    with pytest.raises(JobError, match="with statement"), StageRecorder().stage("x"):
        pass


def test_sampler_ends_with_the_recorder() -> None:
    before = {process.pid for process in psutil.Process().children()}
    with StageRecorder() as recorder, recorder.stage("metadata"):
        assert {process.pid for process in psutil.Process().children()} - before
    assert not {process.pid for process in psutil.Process().children()} - before
