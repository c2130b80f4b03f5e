"""The programs of a test's job: SER Lab's own, with small kinds of work added.

python job_entry.py run JOBFOLDER/spec.json
python job_entry.py work JOBFOLDER
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ser_core.errors import AudioError
from ser_core.jobs import keeper, work
from ser_core.jobs.kinds import KINDS, Kind
from ser_core.jobs.launch import Entry
from ser_core.jobs.work_place import WorkPlace

ENTRY = Entry(
    run=(sys.executable, __file__, "run"), work=(sys.executable, __file__, "work")
)


def wait_for_file(parameters: Mapping[str, Any], place: WorkPlace) -> dict[str, Any]:
    """Work until the test makes a file, with a child that never ends by itself."""
    (place.work_folder / "scratch").write_text("x")
    Path(tempfile.mkdtemp()).joinpath("temporary").write_text("x")
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    Path(parameters["pids"]).write_text(f"{os.getpid()} {child.pid}")
    place.emit({"type": "log", "level": "info", "message": "working"})
    while not Path(parameters["until"]).exists():
        time.sleep(0.02)
    return {"order": time.time()}


def refuse(parameters: Mapping[str, Any], place: WorkPlace) -> dict[str, Any]:
    print("noise on stdout")
    raise AudioError("'a.wav' is broken; remove it")


def stumble(parameters: Mapping[str, Any], place: WorkPlace) -> dict[str, Any]:
    raise ZeroDivisionError("oops")


def vanish(parameters: Mapping[str, Any], place: WorkPlace) -> dict[str, Any]:
    os._exit(3)


def crash(parameters: Mapping[str, Any], place: WorkPlace) -> dict[str, Any]:
    os.kill(os.getpid(), int(parameters["signal"]))
    time.sleep(60)
    return {}


def flood(parameters: Mapping[str, Any], place: WorkPlace) -> dict[str, Any]:
    """Write more than the process may: what a full disk looks like."""
    import resource
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
    with suppress(OSError):  # the log cannot take anything more either
        os.write(2, b"x" * 30_000)
    for _ in range(10_000):
        place.emit({"type": "log", "level": "info", "message": "x" * 100})
    return {}


def big_result(parameters: Mapping[str, Any], place: WorkPlace) -> dict[str, Any]:
    import resource
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
    return {"values": ["x" * 100] * 1000}


def record(parameters: Mapping[str, Any], place: WorkPlace) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "kind": "pipeline",
        "id": parameters["id"],
        "created_utc": "2025-01-01T00:00:00+00:00",
    }


TEST_KINDS = {
    "wait": Kind(work=wait_for_file),
    "wait-free": Kind(work=wait_for_file, needs_machine=False),
    "refuse": Kind(work=refuse),
    "stumble": Kind(work=stumble),
    "vanish": Kind(work=vanish),
    "crash": Kind(work=crash),
    "flood": Kind(work=flood),
    "big-result": Kind(work=big_result),
    "record": Kind(work=record, keeps_record=True),
}

if __name__ == "__main__":
    KINDS.update(TEST_KINDS)
    if sys.argv[1] == "run":
        keeper.run_job(Path(sys.argv[2]).parent, entry=ENTRY)
    elif sys.argv[1] == "work":
        sys.exit(work.main(sys.argv[2:]))
