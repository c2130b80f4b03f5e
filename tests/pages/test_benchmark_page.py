import json
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from yard import JOB_ID, PLAN, TOKEN, put_cookie, put_job, record, small_corpus

from pages._view import state
from ser_core import jobs
from ser_core.errors import JobError
from ser_core.store.data_folder import DataFolder
from ser_core.store.runs import RunStore

Open = Callable[..., AppTest]


def said(app: AppTest) -> str:
    kinds = (app.markdown, app.info, app.warning, app.error, app.caption)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label: str(metric.value) for metric in app.metric}


def at_tab(app: AppTest, name: str) -> AppTest:
    app.session_state[state.PLAN_SECTION] = name
    return app.run()


def test_without_a_corpus_the_plan_leads_to_the_corpora(open_page: Open) -> None:
    app = open_page("benchmark")
    assert not app.exception
    assert "There is no corpus yet" in said(app)


@pytest.mark.parametrize(
    ("workers", "problem"),
    [(["0"], "0"), (["-2"], "-2"), (["10000"], "10000"), (["two"], "no whole number")],
)
def test_impossible_worker_counts_are_refused_in_words(
    open_page: Open, lab_home: Path, workers: list[str], problem: str
) -> None:
    small_corpus(lab_home)
    app = open_page("benchmark")
    app.session_state[state.PLAN_WORKERS] = workers
    app.run()
    assert not app.exception
    assert "workers" in app.error[0].value
    assert problem in app.error[0].value
    assert all(button.label != "Start" for button in app.button)


@pytest.mark.parametrize("files", [0, -3])
def test_impossible_file_counts_are_refused_in_words(
    open_page: Open, lab_home: Path, files: int
) -> None:
    small_corpus(lab_home)
    app = open_page("benchmark")
    app.number_input(key=state.PLAN_FILES).set_value(files).run()
    assert not app.exception
    assert "limit" in app.error[0].value


def test_a_plan_without_the_reference_says_what_is_lost(
    open_page: Open, lab_home: Path
) -> None:
    small_corpus(lab_home)
    app = open_page("benchmark")
    app.session_state[state.PLAN_BACKENDS] = ["loky"]
    app.run()
    assert "speed-ups are not" in app.warning[0].value


def test_start_submits_the_plan_that_is_shown(
    open_page: Open, lab_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_corpus(lab_home)
    submitted: list[jobs.JobSpec] = []

    def submit(
        spec: jobs.JobSpec, *, data: DataFolder, visitor: object
    ) -> jobs.Submission:
        submitted.append(spec)
        return jobs.Submission(JOB_ID, TOKEN)

    monkeypatch.setattr(jobs, "submit", submit)
    app = open_page("benchmark")
    app.number_input(key=state.PLAN_REPEATS).set_value(2).run()
    app.button(key="benchmark.start").click().run()
    plan = submitted[0].parameters
    assert (plan["corpus"], plan["repeats"]) == ("small", 2)
    assert plan["arms"][0]["key"] == "reference/sequential/1/1"
    assert app.session_state[state.TOKENS] == {JOB_ID: TOKEN}


def test_a_queued_job_says_how_many_are_ahead(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = put_job(monkeypatch, tmp_path, state="queued", ahead=2)
    app = open_page("benchmark", job=job)
    assert not app.exception
    assert "2 ahead of you" in said(app)


def test_a_running_job_shows_every_lane(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = put_job(monkeypatch, tmp_path, state="running", events=(PLAN,))
    app = open_page("benchmark", job=job)
    assert not app.exception
    assert "0 of 6 measurements finished" in app.get("progress")[0].proto.text
    assert len(app.get("plotly_chart")) >= 1


def test_only_the_submitter_is_offered_to_cancel(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = put_job(monkeypatch, tmp_path, state="running", events=(PLAN,))
    stranger = open_page("benchmark", job=job)
    assert all(button.key != f"cancel-{job}" for button in stranger.button)
    put_cookie(monkeypatch)
    cancelled: list[tuple[str, str]] = []
    monkeypatch.setattr(
        jobs,
        "cancel",
        lambda job_id, *, token, operator, data: cancelled.append((job_id, token)),
    )
    owner = open_page("benchmark", job=job)
    owner.button(key=f"cancel-{job}").click().run()
    assert cancelled == [(job, TOKEN)]


def test_a_failed_job_gives_its_reason(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = put_job(monkeypatch, tmp_path, state="failed", reason="the disk is full")
    app = open_page("benchmark", job=job)
    assert not app.exception
    assert "the disk is full" in app.error[0].value


def test_a_cancelled_job_shows_no_result(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = put_job(monkeypatch, tmp_path, state="cancelled", events=(PLAN,))
    app = open_page("benchmark", job=job)
    assert "was cancelled" in app.warning[0].value
    assert not app.metric


@pytest.mark.parametrize("job", ["nonsense", "../../etc/passwd", "0" * 32])
def test_an_address_that_names_no_job_gives_a_message(
    open_page: Open, job: str
) -> None:
    app = open_page("benchmark", job=job)
    assert not app.exception
    assert "job" in app.error[0].value


def test_a_finished_benchmark_shows_its_speed_up_and_exports(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = put_job(monkeypatch, tmp_path, state="done", result=record("bench_v1.json"))
    app = open_page("benchmark", job=job)
    assert not app.exception
    assert "×" in metrics(app)["Greatest speed-up"]
    labels = {button.label for button in app.get("download_button")}
    assert {"CSV", "JSON", "HTML report"} <= labels


def test_both_pipelines_show_both_accuracies_each(
    open_page: Open, lab_home: Path
) -> None:
    small_corpus(lab_home)
    store = RunStore(DataFolder(lab_home).prepare().runs)
    for name in ("pipeline_first.json", "pipeline_enhanced.json"):
        store.add(record(name))
    app = at_tab(open_page("benchmark"), "Pipelines of the report")
    assert not app.exception
    labels = [metric.label for metric in app.metric]
    assert labels.count("Accuracy, random split") == 2
    assert labels.count("Accuracy, unseen speakers") == 2


def test_a_stored_run_opens_by_its_address(open_page: Open, lab_home: Path) -> None:
    run = RunStore(DataFolder(lab_home).prepare().runs).add(record("bench_v1.json"))
    app = open_page("benchmark", run=run)
    assert not app.exception
    assert "Greatest speed-up" in metrics(app)


def test_two_runs_are_compared_by_their_address(
    open_page: Open, lab_home: Path
) -> None:
    store = RunStore(DataFolder(lab_home).prepare().runs)
    first = record("bench_v1.json")
    second = first | {"id": "another", "label": "another run"}
    app = open_page("benchmark", run=store.add(first), against=store.add(second))
    assert not app.exception
    assert "another run" in said(app)


def test_a_run_that_is_not_stored_gives_a_message(open_page: Open) -> None:
    app = open_page("benchmark", run="missing")
    assert not app.exception
    assert "missing" in app.error[0].value


def test_history_lists_runs_and_imports_refuse_nonsense(
    open_page: Open, lab_home: Path
) -> None:
    RunStore(DataFolder(lab_home).prepare().runs).add(record("bench_v1.json"))
    app = at_tab(open_page("benchmark"), "History")
    assert len(app.dataframe[0].value) == 1
    nonsense = json.dumps({"kind": "bench"}).encode()
    app.file_uploader[0].upload("run.json", nonsense, "application/json").run()
    next(button for button in app.button if button.label == "Import").click().run()
    assert not app.exception
    assert "run record" in app.error[0].value


def test_machines_are_drawn_from_the_stored_runs(
    open_page: Open, lab_home: Path
) -> None:
    RunStore(DataFolder(lab_home).prepare().runs).add(record("bench_v1.json"))
    app = at_tab(open_page("benchmark"), "Machines")
    assert not app.exception
    assert len(app.get("plotly_chart")) == 1


def test_a_cancel_that_is_refused_is_a_message(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(job_id: str, *, token: str, operator: bool, data: DataFolder) -> None:
        raise JobError("this job was submitted by somebody else")

    job = put_job(monkeypatch, tmp_path, state="running", events=(PLAN,))
    put_cookie(monkeypatch)
    monkeypatch.setattr(jobs, "cancel", refuse)
    app = open_page("benchmark", job=job)
    app.button(key=f"cancel-{job}").click().run()
    assert not app.exception
    assert "somebody else" in app.error[0].value
