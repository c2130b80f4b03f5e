from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from yard import JOB_ID, PLAN, put_job, record

from pages._view.class_race import class_plan, conclusion
from ser_core import jobs
from ser_core.store.data_folder import DataFolder

Open = Callable[..., AppTest]


def arm(backend: str, speedup: float, wall_s: float) -> dict[str, object]:
    workers = 1 if backend == "sequential" else 2
    return {
        "arm": f"reference/{backend}/{workers}/1",
        "backend": backend,
        "workers": workers,
        "speedup": speedup,
        "median_wall_s": wall_s,
    }


def test_the_race_has_a_pinned_reference_unpinned_threads_and_loky() -> None:
    plan = class_plan("synthetic")
    assert plan.reference_key == plan.arms[0].key
    assert [(a.backend, a.inner_threads) for a in plan.arms[1:]] == [
        ("threads", "default"),
        ("loky", "1"),
    ]


def test_one_button_makes_the_voices_first_and_then_races(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    submitted: list[jobs.JobSpec] = []

    def submit(
        spec: jobs.JobSpec, *, data: DataFolder, visitor: object
    ) -> jobs.Submission:
        submitted.append(spec)
        return jobs.Submission(JOB_ID, "token-of-the-submitter")

    monkeypatch.setattr(jobs, "submit", submit)
    app = open_page("class_demo")
    assert not app.exception
    app.button(key="class_demo.start").click().run()
    assert [spec.kind for spec in submitted] == ["synthesize", "bench"]
    assert submitted[1].parameters["corpus"] == submitted[0].parameters["folder"]


def test_the_link_of_a_race_shows_it_live(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = put_job(monkeypatch, tmp_path, state="running", events=(PLAN,))
    app = open_page("class_demo", job=job)
    assert not app.exception
    assert "0 of 6" in app.get("progress")[0].proto.text


def test_a_finished_race_ends_in_one_sentence(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = record("bench_v1.json")
    job = put_job(monkeypatch, tmp_path, state="done", result=result)
    app = open_page("class_demo", job=job)
    assert not app.exception
    assert f"# {conclusion(result)}" in [element.value for element in app.markdown]


def test_the_sentence_names_the_winner() -> None:
    arms = [arm("sequential", 1, 8.0), arm("threads", 0.87, 9.2), arm("loky", 1.8, 4.4)]
    sentence = conclusion({"summary": arms})
    assert sentence.startswith("Loky with 2 workers took 4.4 s instead of 8 s: 1.80×")
    assert "threads 0.87×" in sentence


def test_the_sentence_says_when_nothing_helped() -> None:
    arms = [arm("sequential", 1, 8.0), arm("threads", 0.87, 9.2)]
    assert conclusion({"summary": arms}).startswith("Nothing beat sequential here")
