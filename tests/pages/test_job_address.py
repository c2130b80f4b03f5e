"""A job opened at the address of another page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from yard import put_job


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        ("benchmark", "predict"),
        ("model", "predict"),
        ("corpora", "predict"),
        ("class_demo", "train"),
        ("demo", "train"),
        ("demo", "download"),
        ("model", "bench"),
    ],
)
def test_a_page_that_cannot_draw_a_job_leads_to_the_one_that_can(
    open_page: Callable[..., AppTest],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    page: str,
    kind: str,
) -> None:
    job_id = put_job(monkeypatch, tmp_path, state="done", kind=kind, result={})
    app = open_page(page, job=job_id)
    assert not app.exception
    assert "another page" in app.info[0].value
