"""The Model page in each of its states, without a browser."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from study_records import study_record
from training_records import training_record
from yard import JOB_ID, TOKEN, put_cookie, put_job, small_corpus

from pages._view import state
from ser_core import jobs
from ser_core.corpora.registry import register
from ser_core.store.data_folder import DataFolder
from ser_core.store.runs import RunStore

Open = Callable[..., AppTest]

STAGES = (
    {"type": "started", "t": 100.0},
    {"type": "stage", "t": 100.0, "name": "metadata", "state": "started"},
    {
        "type": "stage",
        "t": 101.0,
        "name": "metadata",
        "state": "finished",
        "wall_s": 1.0,
    },
    {"type": "stage", "t": 101.0, "name": "training", "state": "started"},
    {
        "type": "fold",
        "t": 102.0,
        "part": "unseen",
        "fold": "speaker 3",
        "n_train": 30,
        "n_test": 6,
        "war": 0.5,
        "fit_s": 0.2,
        "done": 1,
        "total": 4,
    },
    {
        "type": "progress",
        "t": 102.0,
        "arm": None,
        "repeat": None,
        "what": "folds",
        "done": 1,
        "total": 4,
        "files_per_s": 1.0,
        "remaining_s": 3.0,
    },
)


def said(app: AppTest) -> str:
    kinds = (app.markdown, app.info, app.warning, app.error, app.caption, app.success)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def metrics(app: AppTest) -> list[tuple[str, str]]:
    return [(metric.label, str(metric.value)) for metric in app.metric]


def at_tab(app: AppTest, name: str) -> AppTest:
    app.session_state[state.MODEL_SECTION] = name
    return app.run()


def store(home: Path) -> RunStore:
    return RunStore(DataFolder(home).prepare().runs)


@pytest.fixture
def submitted(monkeypatch: pytest.MonkeyPatch) -> list[jobs.JobSpec]:
    seen: list[jobs.JobSpec] = []

    def submit(
        spec: jobs.JobSpec, *, data: DataFolder, visitor: object
    ) -> jobs.Submission:
        seen.append(spec)
        return jobs.Submission(JOB_ID, TOKEN)

    monkeypatch.setattr(jobs, "submit", submit)
    return seen


def test_without_a_corpus_the_synthetic_one_is_one_click_away(
    open_page: Open, submitted: list[jobs.JobSpec]
) -> None:
    app = open_page("model")
    assert not app.exception
    app.button(key="model.generate").click().run()
    assert submitted[0].kind == "synthesize"
    assert Path(submitted[0].parameters["folder"]).name == "synthetic"


def test_train_submits_the_plan_that_is_shown(
    open_page: Open, lab_home: Path, submitted: list[jobs.JobSpec]
) -> None:
    small_corpus(lab_home)
    app = open_page("model")
    app.selectbox(key=state.MODEL_FEATURES).set_value("means180").run()
    app.selectbox(key=state.MODEL_SPLIT).set_value("speaker").run()
    app.number_input(key=state.MODEL_FOLDS).set_value(3).run()
    app.text_input(key=state.MODEL_SAVE).set_value("mine").run()
    app.button(key="model.start").click().run()
    assert not app.exception
    plan = submitted[0].parameters
    assert submitted[0].kind == "train"
    assert plan["corpora"] == ["small"]
    assert (plan["features"], plan["model"]) == ("means180", "svm")
    assert (plan["split"], plan["n_folds"], plan["save"]) == ("speaker", 3, "mine")
    assert plan["emotions"] == ["angry", "happy", "sad"]
    assert app.session_state[state.TOKENS] == {JOB_ID: TOKEN}


def test_several_models_are_one_comparison(
    open_page: Open, lab_home: Path, submitted: list[jobs.JobSpec]
) -> None:
    small_corpus(lab_home)
    app = open_page("model")
    app.multiselect(key=state.MODEL_MODELS).set_value(["knn", "lr"]).run()
    app.button(key="model.start").click().run()
    assert submitted[0].kind == "compare"
    plans = submitted[0].parameters["plans"]
    assert [plan["model"] for plan in plans] == ["knn", "lr"]


def test_emotions_that_not_all_corpora_have_are_named_before_training(
    open_page: Open, lab_home: Path
) -> None:
    small_corpus(lab_home)
    second = small_corpus(lab_home, name="second")
    for take in (second / "sad").iterdir():
        take.unlink()
    app = open_page("model")
    app.multiselect(key=state.MODEL_CORPORA).set_value(["small", "second"]).run()
    assert not app.exception
    assert "Dropped: sad (2)" in said(app)


def test_a_choice_that_leaves_one_emotion_cannot_be_trained(
    open_page: Open, lab_home: Path
) -> None:
    small_corpus(lab_home)
    app = open_page("model")
    app.session_state[state.MODEL_EMOTIONS] = ["sad"]
    app.run()
    assert "at least two emotions" in said(app)
    assert all(button.key != "model.start" for button in app.button)


def test_steps_that_exclude_each_other_are_refused_in_words(
    open_page: Open, lab_home: Path
) -> None:
    small_corpus(lab_home)
    app = open_page("model")
    app.session_state[state.MODEL_STEPS] = ["normalise", "loudness"]
    app.run()
    assert not app.exception
    assert "loudness" in app.error[0].value
    assert all(button.key != "model.start" for button in app.button)


def test_steps_can_be_seen_and_heard_on_a_recording(
    open_page: Open, lab_home: Path
) -> None:
    small_corpus(lab_home)
    app = open_page("model")
    assert not app.get("audio")
    app.session_state[state.MODEL_STEPS] = ["trim"]
    app.session_state[state.MODEL_EXAMPLE] = True
    app.run()
    assert not app.exception
    assert len(app.get("audio")) == 2


def test_a_name_that_is_taken_is_told_before_the_training(
    open_page: Open, lab_home: Path
) -> None:
    small_corpus(lab_home)
    (lab_home / "models" / "mine").mkdir(parents=True)
    app = open_page("model")
    app.text_input(key=state.MODEL_SAVE).set_value("mine").run()
    assert not app.exception
    assert "mine" in app.error[0].value
    assert all(button.key != "model.start" for button in app.button)


def test_a_preset_fills_the_form_and_says_which_corpora_it_lacks(
    open_page: Open, lab_home: Path, submitted: list[jobs.JobSpec]
) -> None:
    small_corpus(lab_home)
    app = open_page("model")
    app.selectbox(key=state.MODEL_PRESET).set_value("gender-emotion").run()
    assert not app.exception
    assert "RAVDESS and TESS" in said(app)
    assert app.selectbox(key=state.MODEL_FEATURES).value == "means180"
    assert app.selectbox(key=state.MODEL_SPLIT).value == "random-80-20"
    assert app.slider(key=state.MODEL_PCA).value == 95
    app.button(key="model.start").click().run()
    plans = submitted[0].parameters["plans"]
    assert {plan["preset"] for plan in plans} == {"gender-emotion"}
    assert {plan["labels"] for plan in plans} == {"gender-emotion"}


def test_a_preset_that_was_changed_is_no_longer_called_by_its_name(
    open_page: Open, lab_home: Path, submitted: list[jobs.JobSpec]
) -> None:
    small_corpus(lab_home)
    app = open_page("model")
    app.selectbox(key=state.MODEL_PRESET).set_value("gender-emotion").run()
    app.number_input(key=state.MODEL_SEED).set_value(7).run()
    app.selectbox(key=state.MODEL_SPLIT).set_value("speaker").run()
    app.button(key="model.start").click().run()
    assert {p["preset"] for p in submitted[0].parameters["plans"]} == {None}


def test_a_running_job_shows_stages_and_folds(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = put_job(monkeypatch, tmp_path, state="running", kind="train", events=STAGES)
    app = open_page("model", job=job)
    assert not app.exception
    assert "Reading names and labels" in said(app)
    assert "1 of 4" in app.get("progress")[0].proto.text
    assert app.dataframe[0].value["fold"].tolist() == ["speaker 3"]


def test_a_comparison_begins_afresh_with_each_training(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    following = {
        "type": "training_plan",
        "t": 103.0,
        "number": 2,
        "total": 3,
        "label": "small, means180, lr, speaker",
    }
    job = put_job(
        monkeypatch,
        tmp_path,
        state="running",
        kind="compare",
        events=(*STAGES, following),
    )
    app = open_page("model", job=job)
    assert not app.exception
    assert "2 of 3" in said(app)
    assert not app.dataframe


def test_only_the_submitter_is_offered_to_cancel(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = put_job(monkeypatch, tmp_path, state="running", kind="train", events=STAGES)
    assert all(b.key != f"cancel-{job}" for b in open_page("model", job=job).button)
    put_cookie(monkeypatch)
    keys = [button.key for button in open_page("model", job=job).button]
    assert f"cancel-{job}" in keys


def test_a_failed_job_gives_its_reason(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = put_job(
        monkeypatch, tmp_path, state="failed", kind="train", reason="one class only"
    )
    app = open_page("model", job=job)
    assert not app.exception
    assert "one class only" in app.error[0].value


def test_a_corpus_that_is_ready_leads_to_the_form(
    open_page: Open, lab_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = small_corpus(lab_home)
    job = put_job(
        monkeypatch,
        tmp_path,
        state="done",
        kind="synthesize",
        result={"root": str(root)},
    )
    app = open_page("model", job=job)
    assert not app.exception
    assert "'small' is ready" in said(app)


def test_a_finished_training_shows_both_splits_and_the_gap(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = training_record()
    job = put_job(monkeypatch, tmp_path, state="done", kind="train", result=record)
    app = open_page("model", job=job)
    assert not app.exception
    assert [label for label, _ in metrics(app)].count("UAR") == 2
    assert record["gap"] in app.info[0].value
    assert len(app.get("plotly_chart")) == 1


def test_a_split_that_keeps_speakers_apart_stands_beside_guessing(
    open_page: Open, lab_home: Path
) -> None:
    run = store(lab_home).add(training_record(split="loso", n_speakers=5))
    app = open_page("model", run=run)
    assert not app.exception
    assert ("Guessing", "12.5 %") in metrics(app)
    assert "too few for an interval" in said(app)


def test_unseen_speakers_that_cannot_be_had_are_explained(
    open_page: Open, lab_home: Path
) -> None:
    run = store(lab_home).add(
        training_record(
            unseen_speakers=None, unseen_speakers_reason="nobody's name is known"
        )
    )
    app = open_page("model", run=run)
    assert not app.exception
    assert "nobody's name is known" in app.warning[0].value


@pytest.mark.parametrize(
    ("tab", "charts"),
    [
        ("Classes", 1),
        ("Confusion and clips", 1),
        ("Both splits", 1),
        ("ROC and precision", 2),
        ("Calibration", 1),
        ("Speakers", 1),
        ("Folds", 1),
        ("Search", 1),
        ("Data and notes", 0),
        ("Take it with you", 0),
    ],
)
def test_each_tab_of_a_result_draws_what_it_promises(
    open_page: Open, lab_home: Path, tab: str, charts: int
) -> None:
    run = store(lab_home).add(training_record(tuned=True, pca=0.95))
    app = open_page("model", run=run)
    app.session_state[f"{state.MODEL_TAB}-{run}"] = tab
    app.run()
    assert not app.exception
    assert len(app.get("plotly_chart")) == charts


def test_a_model_without_probabilities_has_no_ranking(
    open_page: Open, lab_home: Path
) -> None:
    run = store(lab_home).add(training_record(probabilities=False))
    app = open_page("model", run=run)
    for tab in ("ROC and precision", "Calibration", "Confusion and clips"):
        app.session_state[f"{state.MODEL_TAB}-{run}"] = tab
        app.run()
        assert not app.exception


def test_a_cell_chosen_by_keyboard_lists_its_recordings(
    open_page: Open, lab_home: Path
) -> None:
    record = training_record()
    run = store(lab_home).add(record)
    app = open_page("model", run=run)
    app.session_state[f"{state.MODEL_TAB}-{run}"] = "Confusion and clips"
    app.run()
    key = f"{run[:12]}-unseen"
    app.selectbox(key=f"{state.MODEL_TRUTH}-{key}").set_value("happy").run()
    app.selectbox(key=f"{state.MODEL_PREDICTED}-{key}").set_value("sad").run()
    assert not app.exception
    counts = record["unseen_speakers"]["confusion"]["counts"]
    labels = record["classes"]
    expected = counts[labels.index("happy")][labels.index("sad")]
    assert len(app.dataframe[0].value) == expected
    assert "not registered on this machine" in app.warning[0].value


def test_recordings_of_a_registered_corpus_are_played(
    open_page: Open, lab_home: Path
) -> None:
    root = small_corpus(lab_home)
    register(root, data=DataFolder(lab_home).prepare(), name="ravdess")
    record = training_record()
    rows = record["unseen_speakers"]["predictions"]
    rows["path"] = ["sad/take1.wav" for _ in rows["path"]]
    run = store(lab_home).add(record)
    app = open_page("model", run=run)
    app.session_state[f"{state.MODEL_TAB}-{run}"] = "Confusion and clips"
    app.run()
    assert not app.exception
    assert len(app.get("audio")) == 6


def test_all_runs_are_listed_with_both_splits(open_page: Open, lab_home: Path) -> None:
    runs = store(lab_home)
    runs.add(training_record())
    runs.add(training_record(split="loso", seed=3))
    app = at_tab(open_page("model"), "All runs")
    assert not app.exception
    table = app.dataframe[0].value
    assert table["UAR random"].notna().tolist() == [False, True]
    assert table["UAR unseen"].notna().all()


def test_no_run_yet_says_where_to_begin(open_page: Open) -> None:
    app = at_tab(open_page("model"), "All runs")
    assert "No model is trained yet" in said(app)


def test_runs_on_the_same_recordings_are_compared_and_tested(
    open_page: Open, lab_home: Path
) -> None:
    runs = store(lab_home)
    first = runs.add(training_record())
    second = runs.add(
        training_record(model="knn", features="means180", skill=2.0, id="b" * 32)
    )
    app = open_page("model", run=first, against=second)
    assert not app.exception
    assert "2 trainings compared" in app.subheader[0].value
    assert any("functionals + svm" in info.value for info in app.info)
    assert len(app.get("plotly_chart")) == 2


def test_runs_that_answer_other_questions_are_said_to(
    open_page: Open, lab_home: Path
) -> None:
    runs = store(lab_home)
    first = runs.add(training_record())
    second = runs.add(
        training_record(classes=("angry", "sad"), model="knn", id="b" * 32)
    )
    app = open_page("model", run=first, against=second)
    assert not app.exception
    assert "differ in their classes" in app.warning[0].value


def test_one_run_alone_is_no_comparison(open_page: Open, lab_home: Path) -> None:
    run = store(lab_home).add(training_record())
    app = open_page("model", run=run, against=run)
    assert not app.exception
    assert "2 to 40" in app.error[0].value


@pytest.mark.parametrize("run", ["missing", "../../etc/passwd"])
def test_a_run_that_is_not_stored_gives_a_message(open_page: Open, run: str) -> None:
    app = open_page("model", run=run)
    assert not app.exception
    assert run in app.error[0].value


@pytest.mark.parametrize(
    "study",
    ["learning-curve", "coefficients", "dimensions", "importance", "acceleration"],
)
def test_a_study_is_submitted_and_its_newest_result_is_drawn(
    open_page: Open, lab_home: Path, submitted: list[jobs.JobSpec], study: str
) -> None:
    small_corpus(lab_home)
    store(lab_home).add(study_record(study))
    app = at_tab(open_page("model"), "Studies")
    app.session_state[state.MODEL_STUDY] = study
    app.run()
    assert not app.exception
    assert len(app.get("plotly_chart")) == 1
    app.button(key="model.study_start").click().run()
    asked: dict[str, Any] = dict(submitted[0].parameters)
    assert (submitted[0].kind, asked["study"]) == ("study", study)
    assert asked["plan"]["corpora"] == ["small"]


def test_published_figures_are_marked_as_what_they_are(
    open_page: Open, lab_home: Path
) -> None:
    store(lab_home).add(training_record())
    app = at_tab(open_page("model"), "Published")
    assert not app.exception
    app.selectbox[0].set_value("ravdess").run()
    origins = set(app.dataframe[0].value["origin"])
    assert origins == {"measured here", "published elsewhere"}
