"""What a job's folder tells when files in it are hostile, damaged or left over."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from job_yard import JobYard, gone, wait_until

from ser_core.errors import JobError, SerError
from ser_core.jobs import (
    JobSpec,
    list_jobs,
    read_events,
    remove_job,
    run_job,
    submit,
    sweep,
    view,
)
from ser_core.jobs import process as process_module
from ser_core.jobs.control import create, record_process
from ser_core.jobs.folder import JobFolder, open_job, write_json
from ser_core.jobs.process import (
    ProcessIdentity,
    first_process,
    identify,
    memory_kills,
)
from ser_core.store.data_folder import DataFolder

pytestmark = pytest.mark.timeout(90)

HOSTILE = [
    "",
    ".",
    "..",
    "../../etc/passwd",
    "/etc",
    "a" * 31,
    "a" * 33,
    "A" * 32,
    "g" * 32,
    "a" * 31 + "\n",
    "a" * 32 + "\n",
    "٣" * 32,
    "\0" * 32,
    "x" * 100_000,
]


@pytest.mark.parametrize("job_id", HOSTILE, ids=range(len(HOSTILE)))
def test_anything_but_an_id_is_refused(yard: JobYard, job_id: str) -> None:
    yard.data.prepare()
    with pytest.raises(JobError, match="32 hexadecimal") as caught:
        view(job_id, yard.data)
    assert len(str(caught.value)) < 200


def test_unknown_id_is_refused(yard: JobYard) -> None:
    with pytest.raises(JobError, match="is not in") as caught:
        read_events("0" * 32, yard.data)
    # a page shows it to whoever opens an address: where the server keeps its data is
    # none of their business
    assert str(yard.data.root) not in caught.value.message


def vanished(yard: JobYard, **parameters: object) -> JobFolder:
    """Make a job whose process is gone."""
    folder, _ = create(JobSpec(kind="refuse", parameters=parameters), data=yard.data)
    program = [sys.executable, "-c", "input()"]
    with subprocess.Popen(program, stdin=subprocess.PIPE) as process:
        identity = identify(process.pid)
        process.communicate(b"\n", timeout=30)
    assert identity is not None
    write_json(folder.process, identity.to_json() | {"memory_kills": memory_kills()})
    return folder


def test_vanished_job_is_failed_and_stays_so(yard: JobYard) -> None:
    folder = vanished(yard)
    first = view(folder.job_id, yard.data)
    assert first.state == "failed"
    assert "ended from outside" in (first.reason or "")
    assert view(folder.job_id, yard.data) == first
    assert json.loads(folder.outcome.read_text())["state"] == "failed"
    assert not folder.reserve.exists()


def test_part_of_a_result_is_never_shown(yard: JobYard) -> None:
    folder = vanished(yard)
    folder.part.write_text('{"half": true}')
    failed = view(folder.job_id, yard.data)
    assert failed.result_path is None
    with pytest.raises(JobError, match="only a job that is done"):
        failed.result()
    assert not folder.part.exists()


def test_restart_of_the_machine_is_told(yard: JobYard) -> None:
    folder = vanished(yard)
    process = json.loads(folder.process.read_text())
    _, colon, rest = process["started"].partition(":")
    earlier = f"another boot:{rest}" if colon else str(psutil.boot_time() - 1000)
    write_json(folder.process, process | {"started": earlier})
    assert "host stopped" in (view(folder.job_id, yard.data).reason or "")


@pytest.mark.skipif(first_process() is None, reason="this system does not name it")
def test_stop_of_the_container_is_told(yard: JobYard) -> None:
    folder = vanished(yard)
    process = json.loads(folder.process.read_text())
    first = first_process()
    assert first is not None
    earlier = {"pid": 1, "started": first.started + "0"}
    write_json(folder.process, process | {"first_process": earlier})
    assert "host stopped" in (view(folder.job_id, yard.data).reason or "")


@pytest.mark.skipif(first_process() is None, reason="this system does not name it")
def test_process_that_was_killed_alone_is_told_apart(yard: JobYard) -> None:
    folder, _ = create(JobSpec(kind="refuse", parameters={}), data=yard.data)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1) as process:
        record_process(folder, process.pid)
        process.kill()
    assert "first_process" in json.loads(folder.process.read_text())
    assert "ended from outside" in (view(folder.job_id, yard.data).reason or "")


@pytest.mark.skipif(memory_kills() is None, reason="this system does not count them")
def test_lack_of_memory_is_told(yard: JobYard) -> None:
    folder = vanished(yard)
    process = json.loads(folder.process.read_text())
    write_json(folder.process, process | {"memory_kills": memory_kills() - 1})
    assert "memory ran out" in (view(folder.job_id, yard.data).reason or "")


@pytest.mark.parametrize("name", ["spec", "ticket", "process", "outcome", "started"])
@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe\0", b"[" * 100_000])
def test_damaged_file_breaks_no_list(yard: JobYard, name: str, content: bytes) -> None:
    folder = vanished(yard)
    getattr(folder, name).write_bytes(content)
    other = vanished(yard)
    states = {job.job_id: job.state for job in list_jobs(yard.data)}
    assert states == {folder.job_id: "failed", other.job_id: "failed"}


def test_foreign_folders_are_no_jobs(yard: JobYard) -> None:
    yard.data.prepare()
    (yard.data.jobs / ("a" * 32)).mkdir()
    (yard.data.jobs / "notes").mkdir()
    (yard.data.jobs / ("b" * 32)).write_text("a file")
    assert list_jobs(yard.data) == []


def test_no_jobs_folder_is_no_jobs(tmp_path: Path) -> None:
    assert list_jobs(DataFolder(tmp_path / "nowhere")) == []


def test_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    data = DataFolder(tmp_path / "file" / "data")
    with pytest.raises(SerError, match="cannot be written"):
        submit(JobSpec(kind="bench"), data=data)


def test_process_that_does_not_start_leaves_nothing(yard: JobYard) -> None:
    from ser_core.jobs.launch import Entry

    nowhere = Entry(run=(str(yard.tmp / "no python"),), work=("x",))
    with pytest.raises(JobError, match="could not be started"):
        submit(JobSpec(kind="refuse"), data=yard.data, entry=nowhere)
    assert [path.name for path in yard.data.jobs.iterdir()] == [".lock"]


def test_parameters_that_are_no_json_are_refused(yard: JobYard) -> None:
    with pytest.raises(JobError, match="could not be written"):
        submit(JobSpec(kind="refuse", parameters={"x": object()}), data=yard.data)
    assert list_jobs(yard.data) == []


def test_ended_job_does_not_run_again(yard: JobYard) -> None:
    folder = vanished(yard)
    view(folder.job_id, yard.data)
    with pytest.raises(JobError, match="has ended already"):
        run_job(folder.path)


def test_job_runs_in_one_process_only(yard: JobYard) -> None:
    folder, _ = create(JobSpec(kind="refuse"), data=yard.data)
    with subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE
    ) as other:
        record_process(folder, other.pid)
        with pytest.raises(JobError, match=f"by process {other.pid} already"):
            run_job(folder.path)
        other.communicate(b"\n", timeout=30)


def test_sweep_keeps_the_newest_ended_jobs(yard: JobYard) -> None:
    folders = [vanished(yard) for _ in range(5)]
    assert set(sweep(yard.data, keep=2)) == {f.job_id for f in folders}
    left = [job.job_id for job in list_jobs(yard.data)]
    assert left == [folders[4].job_id, folders[3].job_id]


def test_sweep_removes_what_dead_jobs_left(yard: JobYard) -> None:
    folder = vanished(yard)
    folder.work.mkdir()
    (folder.work / "joblib_memmapping_folder_1").mkdir()
    folder.temporary.mkdir(exist_ok=True)
    (folder.temporary / "left").write_text("x")
    unfinished = folder.path / ".result.part.json.0123456789ab"
    unfinished.write_text("x")
    stray = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)"],
        env=os.environ | {"SER_LAB_JOB": folder.job_id},
        start_new_session=True,
    )
    draft = yard.data.jobs / f".new-{'0' * 32}"
    draft.mkdir()
    old = time.time() - 7200
    os.utime(draft, (old, old))
    sweep(yard.data)
    assert not folder.work.exists()
    assert not folder.temporary.exists()
    assert not unfinished.exists()
    assert not draft.exists()
    wait_until(lambda: gone(stray.pid))
    stray.wait()


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="no shared-memory folder")
def test_sweep_removes_semaphores_of_dead_pools_only(yard: JobYard) -> None:
    folder = vanished(yard)
    dead = ProcessIdentity.from_json(json.loads(folder.process.read_text()))
    assert dead is not None
    token = folder.job_id[:8]
    left = Path(f"/dev/shm/sem.loky-{dead.pid}-{token}")
    used = Path(f"/dev/shm/sem.loky-{os.getpid()}-{token}")
    try:
        left.touch()
        used.touch()
        sweep(yard.data)
        assert not left.exists()
        assert used.exists()
    finally:
        left.unlink(missing_ok=True)
        used.unlink(missing_ok=True)


def test_running_job_is_left_alone_by_sweep(yard: JobYard) -> None:
    job = yard.submit("wait")
    yard.pids()
    assert sweep(yard.data, keep=0) == []
    assert view(job.job_id, yard.data).state == "running"
    assert open_job(job.job_id, yard.data).work.exists()


def test_job_is_removed_by_its_submitter_once_ended(yard: JobYard) -> None:
    job = yard.submit("wait")
    yard.pids()
    with pytest.raises(JobError, match="has not ended"):
        remove_job(job.job_id, token=job.token, data=yard.data)
    yard.until("a").touch()
    yard.wait_for(job.job_id, "done")
    with pytest.raises(JobError, match="can be removed only by"):
        remove_job(job.job_id, token="wrong", data=yard.data)
    remove_job(job.job_id, token=job.token, data=yard.data)
    assert list_jobs(yard.data) == []


def test_long_data_path_gets_a_short_temporary_folder(tmp_path: Path) -> None:
    short = JobFolder(Path("/d/jobs") / ("a" * 32))
    long = JobFolder(tmp_path / ("x" * 80) / "jobs" / ("a" * 32))
    assert short.temporary == short.work
    assert long.temporary != long.work
    assert len(os.fsencode(long.temporary)) < 80


def test_numbers_json_does_not_know_become_null(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"a": float("nan"), "b": [float("inf"), 1.5], "ก": None})
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "a": None,
        "b": [None, 1.5],
        "ก": None,
    }


def test_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "a.json"
    path.parent.mkdir()
    write_json(path, {"a": 1})
    with pytest.raises(TypeError):
        write_json(path, {"a": object()})
    assert json.loads(path.read_text()) == {"a": 1}
    assert [p.name for p in path.parent.iterdir()] == ["a.json"]
    shutil.rmtree(path.parent)


def test_process_name_with_brackets_is_identified(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("reads /proc")
    odd = tmp_path / "a) S 1 (b"
    odd.symlink_to(sys.executable)
    with subprocess.Popen([odd, "-c", "input()"], stdin=subprocess.PIPE) as process:
        identity = identify(process.pid)
        assert identity is not None
        assert process_module.is_alive(identity)
        process.communicate(b"\n", timeout=30)
    assert not process_module.is_alive(identity)
