"""A job from submission to its end, with every process real."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from job_yard import JobYard, gone, wait_until

from ser_core.errors import JobError
from ser_core.jobs import JobSpec, cancel, list_jobs, read_events, submit, view
from ser_core.jobs.folder import open_job
from ser_core.store.runs import RunStore

pytestmark = [
    pytest.mark.timeout(90),
    pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals"),
]


def types(yard: JobYard, job_id: str) -> list[str]:
    events, _ = read_events(job_id, yard.data)
    return [event["type"] for event in events]


def test_job_runs_to_done_and_leaves_only_its_result(yard: JobYard) -> None:
    job = yard.submit("wait")
    yard.pids()
    running = view(job.job_id, yard.data)
    assert (running.state, running.result_path) == ("running", None)
    yard.until("a").touch()
    done = yard.wait_for(job.job_id, "done", "failed")
    assert done.state == "done"
    assert set(done.result()) == {"order"}
    assert types(yard, job.job_id) == ["started", "log", "finished"]
    folder = open_job(job.job_id, yard.data)
    wait_until(lambda: not folder.work.exists() and not folder.reserve.exists())
    assert not folder.temporary.exists()


def test_done_job_ends_the_children_that_its_work_forgot(yard: JobYard) -> None:
    job = yard.submit("wait")
    _, forgotten = yard.pids()
    yard.until("a").touch()
    yard.wait_for(job.job_id, "done")
    wait_until(lambda: gone(forgotten))


def test_only_the_hash_of_the_token_is_stored(yard: JobYard) -> None:
    job = yard.submit("refuse")
    yard.wait_for(job.job_id, "failed")
    folder = open_job(job.job_id, yard.data)
    for path in folder.path.rglob("*"):
        assert job.token.encode() not in path.read_bytes()
    assert len(folder.token.read_text()) == 64


def test_job_is_a_process_in_a_session_of_its_own(yard: JobYard) -> None:
    job = yard.submit("wait")
    yard.pids()
    pid = json.loads(open_job(job.job_id, yard.data).process.read_text())["pid"]
    assert os.getsid(pid) == pid != os.getsid(0)


def test_record_of_a_finished_job_is_in_the_run_store(yard: JobYard) -> None:
    job = yard.submit("record", id="run-1")
    yard.wait_for(job.job_id, "done")
    assert RunStore(yard.data.runs).get("run-1")["kind"] == "pipeline"


def test_record_that_cannot_be_stored_fails_the_job(yard: JobYard) -> None:
    first = yard.submit("record", id="same")
    second = yard.submit("record", id="same")
    yard.wait_for(first.job_id, "done")
    failed = yard.wait_for(second.job_id, "failed", "done")
    assert failed.state == "failed"
    assert "stored already" in (failed.reason or "")
    assert failed.result_path is None


@pytest.mark.parametrize(
    ("kind", "parameters", "reason"),
    [
        ("refuse", {}, "'a.wav' is broken; remove it"),
        ("stumble", {}, "ZeroDivisionError: oops"),
        ("vanish", {}, "exit code 3"),
        ("crash", {"signal": signal.SIGSEGV}, "crashed (SIGSEGV)"),
        ("crash", {"signal": signal.SIGKILL}, "ended from outside (SIGKILL)"),
        ("flood", {}, "the disk is full"),
        ("big-result", {}, "the disk is full"),
    ],
)
def test_failure_is_reported_with_its_reason(
    yard: JobYard, kind: str, parameters: dict[str, int], reason: str
) -> None:
    job = yard.submit(kind, **parameters)
    failed = yard.wait_for(job.job_id, "failed", "done")
    assert failed.state == "failed"
    assert reason in (failed.reason or "")
    assert failed.result_path is None
    events, _ = read_events(job.job_id, yard.data)
    assert events[-1]["type"] == "failed"
    assert events[-1]["reason"] == failed.reason


def test_what_the_work_prints_goes_to_the_log(yard: JobYard) -> None:
    job = yard.submit("refuse")
    failed = yard.wait_for(job.job_id, "failed")
    log = failed.log_path.read_text()
    assert "noise on stdout" in log
    assert "in refuse" in log  # where it happened
    assert "noise" not in (failed.reason or "")


def test_killed_job_is_failed_without_orphans(yard: JobYard) -> None:
    job = yard.submit("wait")
    pids = yard.pids()
    folder = open_job(job.job_id, yard.data)
    os.kill(json.loads(folder.process.read_text())["pid"], signal.SIGKILL)
    wait_until(lambda: all(gone(pid) for pid in pids))  # nobody looked meanwhile
    failed = view(job.job_id, yard.data)
    assert failed.state == "failed"
    assert "ended from outside" in (failed.reason or "")
    assert failed.result_path is None
    assert not folder.work.exists()


def test_job_killed_whole_is_failed(yard: JobYard) -> None:
    job = yard.submit("wait")
    pids = yard.pids()
    keeper = json.loads(open_job(job.job_id, yard.data).process.read_text())["pid"]
    for pid in (keeper, pids[0]):
        os.kill(pid, signal.SIGKILL)
    assert yard.wait_for(job.job_id, "failed").reason
    wait_until(lambda: all(gone(pid) for pid in pids))


def test_killed_work_ends_what_it_started(yard: JobYard) -> None:
    job = yard.submit("wait")
    work, child = yard.pids()
    os.kill(work, signal.SIGKILL)
    failed = yard.wait_for(job.job_id, "failed")
    assert "SIGKILL" in (failed.reason or "")
    assert gone(child)


def test_terminated_job_says_so(yard: JobYard) -> None:
    job = yard.submit("wait")
    pids = yard.pids()
    keeper = json.loads(open_job(job.job_id, yard.data).process.read_text())["pid"]
    os.kill(keeper, signal.SIGTERM)
    failed = yard.wait_for(job.job_id, "failed")
    assert "stopped from outside (SIGTERM)" in (failed.reason or "")
    assert all(gone(pid) for pid in pids)


def test_cancel_ends_the_whole_tree(yard: JobYard) -> None:
    job = yard.submit("wait")
    pids = yard.pids()
    keeper = json.loads(open_job(job.job_id, yard.data).process.read_text())["pid"]
    cancelled = cancel(job.job_id, token=job.token, data=yard.data)
    assert cancelled.state == "cancelled"
    assert all(gone(pid) for pid in (*pids, keeper))
    folder = open_job(job.job_id, yard.data)
    assert not folder.work.exists()
    assert not folder.temporary.exists()
    assert types(yard, job.job_id)[-1] == "cancelled"
    again = cancel(job.job_id, token=job.token, data=yard.data)
    assert again == cancelled


def test_cancel_after_the_end_changes_nothing(yard: JobYard) -> None:
    job = yard.submit("record", id="run-1")
    done = yard.wait_for(job.job_id, "done")
    assert cancel(job.job_id, token=job.token, data=yard.data) == done


def test_wrong_token_cannot_cancel(yard: JobYard) -> None:
    job = yard.submit("wait")
    yard.pids()
    for token in ("", "wrong", None, "ä", job.token[:-1]):
        with pytest.raises(JobError, match="can be cancelled only by"):
            cancel(job.job_id, token=token, data=yard.data)
    assert view(job.job_id, yard.data).state == "running"


def test_operator_token_cancels_any_job(
    yard: JobYard, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = yard.submit("wait")
    monkeypatch.setenv("SER_LAB_OPERATOR_TOKEN", "the operator")
    cancelled = cancel(job.job_id, token="the operator", data=yard.data)
    assert cancelled.state == "cancelled"


def test_state_is_the_same_in_a_restarted_server(yard: JobYard) -> None:
    running = yard.submit("wait")
    yard.pids()
    code = (
        "import sys, pathlib; sys.path.insert(0, sys.argv[2])\n"
        "import job_entry; from ser_core.jobs.kinds import KINDS\n"
        "KINDS.update(job_entry.TEST_KINDS)\n"
        "from ser_core.jobs import list_jobs\n"
        "from ser_core.store.data_folder import DataFolder\n"
        "data = DataFolder(pathlib.Path(sys.argv[1]))\n"
        "print(*[(j.job_id, j.state) for j in list_jobs(data)])"
    )
    seen = subprocess.run(
        [sys.executable, "-c", code, str(yard.data.root), str(Path(__file__).parent)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout.strip()
    assert seen == str((running.job_id, "running"))


def test_submitter_may_end_before_its_job(yard: JobYard) -> None:
    code = (
        "import sys, pathlib; sys.path.insert(0, sys.argv[2])\n"
        "import job_entry; from ser_core.jobs.kinds import KINDS\n"
        "KINDS.update(job_entry.TEST_KINDS)\n"
        "from ser_core.jobs import submit, JobSpec\n"
        "from ser_core.store.data_folder import DataFolder\n"
        "data = DataFolder(pathlib.Path(sys.argv[1]))\n"
        "spec = JobSpec(kind='wait', parameters={'pids': sys.argv[3], "
        "'until': sys.argv[4]})\n"
        "print(submit(spec, data=data, entry=job_entry.ENTRY).job_id)"
    )
    job_id = subprocess.run(
        [
            *(sys.executable, "-c", code, str(yard.data.root)),
            *(str(Path(__file__).parent), str(yard.pids_file("a"))),
            str(yard.until("a")),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout.strip()
    yard.pids()
    assert view(job_id, yard.data).state == "running"
    yard.until("a").touch()
    assert yard.wait_for(job_id, "done", "failed").state == "done"


def test_finished_job_is_no_zombie(yard: JobYard) -> None:
    job = yard.submit("refuse")
    pid = json.loads(open_job(job.job_id, yard.data).process.read_text())["pid"]
    yard.wait_for(job.job_id, "failed")
    wait_until(lambda: not psutil.pid_exists(pid))


def test_unknown_kind_is_refused_before_anything_is_written(yard: JobYard) -> None:
    with pytest.raises(JobError, match="'nonsense' is no kind of job"):
        submit(JobSpec(kind="nonsense"), data=yard.data)
    assert list_jobs(yard.data) == []
