"""What page tests put before the pages: a small corpus, jobs in every state."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from streamlit.runtime.context import ContextProxy

from ser_core import jobs

TOKEN = "token-of-the-submitter"
RECORDS = Path(__file__).parents[1] / "fixtures" / "records"
JOB_ID = "0123456789abcdef" * 2

PLAN = {
    "type": "plan",
    "t": 100.0,
    "repeats": 3,
    "n_files": 40,
    "arms": [
        {
            "key": "reference/sequential/1/1",
            "label": "sequential, 1 inner thread",
            "backend": "sequential",
            "workers": 1,
            "inner_threads": "1",
            "front_end": "reference",
        },
        {
            "key": "reference/loky/2/1",
            "label": "loky, 2 workers, 1 inner thread",
            "backend": "loky",
            "workers": 2,
            "inner_threads": "1",
            "front_end": "reference",
        },
    ],
}


def small_corpus(home: Path, *, name: str = "small") -> Path:
    """Write six recordings in sub-folders named after their label."""
    root = home / "corpora" / name
    rng = np.random.default_rng(0)
    for emotion in ("angry", "happy", "sad"):
        (root / emotion).mkdir(parents=True)
        for take in (1, 2):
            y = 0.1 * rng.standard_normal(8_000)
            soundfile.write(root / emotion / f"take{take}.wav", y, 16_000)
    return root


def record(name: str) -> dict[str, Any]:
    """Read one of the stored run records that the whole suite shares."""
    content: dict[str, Any] = json.loads((RECORDS / name).read_text())
    return content


def put_cookie(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the browser send the token of the job that `put_job` shows."""
    cookies = {f"serlab_{JOB_ID}": TOKEN}
    monkeypatch.setattr(ContextProxy, "cookies", property(lambda self: cookies))


def put_job(
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    *,
    state: str,
    kind: str = "bench",
    reason: str | None = None,
    ahead: int | None = None,
    events: tuple[dict[str, Any], ...] = (),
    result: dict[str, Any] | None = None,
) -> str:
    """Let the pages see one job in a given state."""
    result_path = None
    if result is not None:
        result_path = folder / "result.json"
        result_path.write_text(json.dumps(result))
    seen = jobs.JobView(
        job_id=JOB_ID,
        kind=kind,
        state=state,
        reason=reason,
        ahead=ahead,
        ticket=1,
        created_utc="2025-03-01T14:05:09.123+00:00",
        started_utc=None,
        ended_utc=None,
        spec=jobs.JobSpec(kind=kind, parameters={"corpus": "small"}),
        result_path=result_path,
        log_path=folder / "log.txt",
    )
    monkeypatch.setattr(jobs, "view", lambda job_id, data: seen)
    monkeypatch.setattr(
        jobs,
        "read_events",
        lambda job_id, data, *, offset=0: ([], 1) if offset else (list(events), 1),
    )
    return JOB_ID
