"""A restart of the page spares the jobs that run: what KillMode=process does."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright
from served_app import ROOT, chromium, open_session, serve, session_id

from ser_core.jobs import JobView, cancel, list_jobs, read_events, view
from ser_core.store.data_folder import DataFolder

pytestmark = [
    pytest.mark.timeout(150),
    pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals"),
]

SUBMITTING = ROOT / "tests" / "deploy" / "submit_page.py"

_CONTAINER = """
import pathlib, sys, time
from ser_core.jobs import JobSpec, submit, view
from ser_core.store.data_folder import DataFolder
data = DataFolder(pathlib.Path(sys.argv[1]))
parameters = {"folder": sys.argv[2], "utterances": 5000, "seed": 0, "workers": 1,
              "backend": "loky"}
job = submit(JobSpec(kind="synthesize", parameters=parameters), data=data)
for _ in range(600):
    if view(job.job_id, data).state == "running":
        break
    time.sleep(0.1)
print(job.job_id)
"""


@pytest.fixture
def data(tmp_path: Path) -> Iterator[DataFolder]:
    data = DataFolder(tmp_path / "lab")
    yield data
    for job in list_jobs(data):
        if not job.ended:
            cancel(job.job_id, data=data, operator=True)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "waited for a minute"
        time.sleep(0.1)


def progress(job_id: str, data: DataFolder) -> int:
    events, _ = read_events(job_id, data)
    return max((e["done"] for e in events if e["type"] == "progress"), default=0)


def started_by_a_server(data: DataFolder, number: int) -> JobView:
    """Let a server start a job, and end the server's own process alone."""
    with serve(data.root.parent, script=SUBMITTING) as server:
        with open_session(server) as connection:
            session_id(connection)
            wait_until(lambda: data.jobs.exists() and bool(list_jobs(data)))
            job_id = list_jobs(data)[0].job_id
            wait_until(lambda: progress(job_id, data) > 0)
        server.stop(number)
    return view(job_id, data)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_job_goes_on_while_there_is_no_page(data: DataFolder, number: int) -> None:
    job = started_by_a_server(data, number)
    assert job.state == "running"
    before = progress(job.job_id, data)
    wait_until(lambda: progress(job.job_id, data) > before)


@pytest.mark.skipif(not shutil.which("unshare"), reason="no namespaces to stop")
def test_stop_of_the_whole_container_is_told(data: DataFolder) -> None:
    """A process namespace of its own stands in for the container."""
    program = [
        *("unshare", "--map-root-user", "--pid", "--fork", "--kill-child"),
        *("--mount-proc", sys.executable, "-c", _CONTAINER),
        *(str(data.root), str(data.corpora / "voices")),
    ]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        program, env=environment, capture_output=True, text=True, timeout=90
    )
    if "unshare" in done.stderr:
        pytest.skip(f"no namespaces to stop: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    job = view(done.stdout.strip(), data)
    assert job.state == "failed"
    assert job.reason is not None
    assert job.reason.startswith("host stopped")


@pytest.mark.browser
def test_next_page_shows_the_job_and_how_it_goes_on(data: DataFolder) -> None:
    program = chromium()
    job = started_by_a_server(data, signal.SIGTERM)
    with serve(data.root.parent) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        page.goto(f"{server.address}/corpora?job={job.job_id}")
        page.get_by_text(re.compile(r"[0-9]+ of 5,000")).wait_for(timeout=30_000)
        page.get_by_text("read-only").first.wait_for(timeout=10_000)
        cancel(job.job_id, data=data, operator=True)
        page.get_by_text("This job was cancelled").wait_for(timeout=30_000)
        browser.close()
