"""A data folder with jobs of small kinds, all of which end with the test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from job_entry import TEST_KINDS
from job_yard import JobYard

from ser_core.jobs import cancel, list_jobs
from ser_core.jobs.kinds import KINDS
from ser_core.store.data_folder import DataFolder


@pytest.fixture
def yard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[JobYard]:
    for name, kind in TEST_KINDS.items():
        monkeypatch.setitem(KINDS, name, kind)
    monkeypatch.delenv("SER_LAB_OPERATOR_TOKEN", raising=False)
    yard = JobYard(DataFolder(tmp_path / "data"), tmp_path)
    yield yard
    for job in list_jobs(yard.data):
        if not job.ended:
            cancel(job.job_id, data=yard.data, operator=True)
