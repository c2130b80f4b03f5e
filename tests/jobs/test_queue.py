"""Who goes first, who waits, and what a dead job in front does."""

from __future__ import annotations

import json
import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest
from job_yard import JobYard, gone, wait_until

from ser_core.jobs import cancel, list_jobs, read_events, view
from ser_core.jobs.folder import open_job, write_json

pytestmark = [
    pytest.mark.timeout(90),
    pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals"),
]


def test_three_jobs_run_one_at_a_time_in_order(yard: JobYard) -> None:
    names = ("a", "b", "c")
    jobs = [yard.submit("wait", name) for name in names]
    yard.pids("a")
    assert [view(j.job_id, yard.data).state for j in jobs] == [
        "running",
        "queued",
        "queued",
    ]
    assert [view(j.job_id, yard.data).ahead for j in jobs] == [None, 1, 2]
    for name, job in zip(names, jobs, strict=True):
        yard.pids(name)
        running = [v.job_id for v in list_jobs(yard.data) if v.state == "running"]
        assert running == [job.job_id]
        yard.until(name).touch()
    ended = [yard.wait_for(j.job_id, "done", "failed") for j in jobs]
    assert [job.state for job in ended] == ["done", "done", "done"]
    order = [job.result()["order"] for job in ended]
    assert order == sorted(order)
    events, _ = read_events(jobs[2].job_id, yard.data)
    ahead = [event["ahead"] for event in events if event["type"] == "queued"]
    assert ahead in ([2, 1], [1])
    assert [v.job_id for v in list_jobs(yard.data)] == [j.job_id for j in jobs][::-1]


def test_job_that_does_not_need_the_machine_passes(yard: JobYard) -> None:
    yard.submit("wait", "a")
    yard.pids("a")
    free = yard.submit("wait-free", "b")
    yard.until("b").touch()
    assert yard.wait_for(free.job_id, "done", "failed").state == "done"


def test_job_that_does_not_need_the_machine_is_not_waited_for(yard: JobYard) -> None:
    yard.submit("wait-free", "a")
    yard.pids("a")
    yard.until("b").touch()
    measured = yard.submit("wait", "b")
    assert yard.wait_for(measured.job_id, "done", "failed").state == "done"


def test_cancelled_queued_job_never_runs(yard: JobYard) -> None:
    yard.submit("wait", "a")
    yard.pids("a")
    queued = yard.submit("wait", "b")
    last = yard.submit("wait", "c")
    assert cancel(queued.job_id, token=queued.token, data=yard.data).state == (
        "cancelled"
    )
    assert view(last.job_id, yard.data).ahead == 1
    yard.until("a").touch()
    yard.pids("c")
    assert not yard.pids_file("b").exists()


def test_dead_job_in_front_does_not_block(yard: JobYard) -> None:
    first = yard.submit("wait", "a")
    pids = yard.pids("a")
    second = yard.submit("wait", "b")
    process = json.loads(open_job(first.job_id, yard.data).process.read_text())
    for pid in (process["pid"], pids[0]):
        os.kill(pid, signal.SIGKILL)
    yard.pids("b")  # runs though nobody looked at the first
    assert view(second.job_id, yard.data).state == "running"
    assert all(gone(pid) for pid in pids)
    assert view(first.job_id, yard.data).state == "failed"


def test_killed_queued_job_is_failed_and_does_not_block(yard: JobYard) -> None:
    yard.submit("wait", "a")
    yard.pids("a")
    killed = yard.submit("wait", "b")
    last = yard.submit("wait", "c")
    wait_until(lambda: open_job(killed.job_id, yard.data).events.exists())
    process = json.loads(open_job(killed.job_id, yard.data).process.read_text())
    os.kill(process["pid"], signal.SIGKILL)
    assert yard.wait_for(killed.job_id, "failed").started_utc is None
    assert view(last.job_id, yard.data).ahead == 1


def test_reused_pid_is_not_taken_for_the_job(yard: JobYard) -> None:
    job = yard.submit("wait")
    pids = yard.pids()
    folder = open_job(job.job_id, yard.data)
    process = json.loads(folder.process.read_text())
    os.kill(process["pid"], signal.SIGKILL)
    wait_until(lambda: all(gone(pid) for pid in pids))
    # the number now belongs to another process: this one
    write_json(folder.process, process | {"pid": os.getpid()})
    assert view(job.job_id, yard.data).state == "failed"


def test_two_people_starting_at_once_get_different_tickets(yard: JobYard) -> None:
    with ThreadPoolExecutor(8) as pool:
        jobs = list(pool.map(lambda n: yard.submit("refuse", str(n)), range(8)))
    tickets = sorted(view(job.job_id, yard.data).ticket for job in jobs)
    assert tickets == list(range(1, 9))
    for job in jobs:
        reason = yard.wait_for(job.job_id, "failed", "done").reason
        assert reason == "'a.wav' is broken; remove it"
