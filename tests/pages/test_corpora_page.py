from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from yard import put_job, small_corpus

from pages._view import state
from ser_core import jobs
from ser_core.store.data_folder import DataFolder

Open = Callable[..., AppTest]


def at_tab(app: AppTest, name: str) -> AppTest:
    app.session_state[state.CORPORA_SECTION] = name
    return app.run()


def test_without_a_corpus_the_page_says_how_to_get_one(open_page: Open) -> None:
    app = open_page("corpora")
    assert not app.exception
    assert "Generate the synthetic one" in app.info[0].value


def test_a_corpus_shows_counts_and_its_utterances(
    open_page: Open, lab_home: Path
) -> None:
    small_corpus(lab_home)
    app = open_page("corpora")
    assert not app.exception
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures["Utterances"] == "6"
    assert figures["Emotions"] == "3"
    assert figures["Speakers"] == "unknown"
    assert sorted(app.dataframe[1].value["file"])[0] == "angry/take1.wav"


def test_choosing_an_emotion_narrows_the_table(open_page: Open, lab_home: Path) -> None:
    small_corpus(lab_home)
    app = open_page("corpora")
    app.session_state[state.CORPORA_EMOTIONS] = ["sad"]
    app.run()
    assert set(app.dataframe[1].value["emotion"]) == {"sad"}


def test_a_damaged_recording_is_a_message_and_not_a_trace(
    open_page: Open, lab_home: Path
) -> None:
    root = small_corpus(lab_home)
    (root / "angry" / "take1.wav").write_bytes(b"RIFF nothing more")
    app = open_page("corpora")
    assert not app.exception
    assert any("take1.wav" in error.value for error in app.error)


@pytest.mark.parametrize(
    ("path", "said"),
    [("", "empty"), ("/nowhere/at/all", "/nowhere/at/all")],
)
def test_registering_what_is_no_corpus_says_why(
    open_page: Open, path: str, said: str
) -> None:
    app = at_tab(open_page("corpora"), "Register a folder")
    app.text_input(key=state.CORPORA_PATH).set_value(path)
    app.button[0].click().run()
    assert not app.exception
    assert said in app.error[0].value


def test_a_registered_folder_is_on_the_list(
    open_page: Open, tmp_path: Path, lab_home: Path
) -> None:
    root = small_corpus(tmp_path / "elsewhere")
    app = at_tab(open_page("corpora"), "Register a folder")
    app.text_input(key=state.CORPORA_PATH).set_value(str(root))
    app.button[0].click().run()
    assert "'small' is registered" in app.success[0].value
    app = at_tab(app, "Look inside")
    assert list(app.dataframe[0].value["name"]) == ["small"]


@pytest.mark.parametrize("name", ["../outside", "/etc", ".hidden", "a/b", ""])
def test_a_folder_name_that_leads_out_of_the_data_folder_is_refused(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    submitted: list[jobs.JobSpec] = []
    monkeypatch.setattr(
        jobs, "submit", lambda spec, *, data, visitor: submitted.append(spec)
    )
    app = at_tab(open_page("corpora"), "Generate")
    app.text_input(key=state.CORPORA_TARGET).set_value(name)
    app.button(key="corpora.generate").click().run()
    assert "folder's name" in app.error[0].value
    assert submitted == []


def test_generating_submits_a_job_below_the_data_folder(
    open_page: Open, lab_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    submitted: list[jobs.JobSpec] = []

    def submit(
        spec: jobs.JobSpec, *, data: DataFolder, visitor: object
    ) -> jobs.Submission:
        submitted.append(spec)
        return jobs.Submission("0" * 32, "token-of-the-submitter")

    monkeypatch.setattr(jobs, "submit", submit)
    app = at_tab(open_page("corpora"), "Generate")
    app.number_input(key=state.CORPORA_COUNT).set_value(12)
    app.button(key="corpora.generate").click().run()
    assert submitted[0].kind == "synthesize"
    assert submitted[0].parameters == {
        "folder": str(lab_home / "corpora" / "synthetic"),
        "utterances": 12,
        "seed": 0,
    }


def test_progress_of_the_synthesis_is_shown(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    progress = {
        "type": "progress",
        "t": 1.0,
        "arm": None,
        "what": "utterances",
        "done": 30,
        "total": 120,
        "files_per_s": 15.0,
        "remaining_s": 6.0,
    }
    job = put_job(
        monkeypatch, tmp_path, state="running", kind="synthesize", events=(progress,)
    )
    app = open_page("corpora", job=job)
    assert not app.exception
    assert app.get("progress")[0].proto.text == "utterances: 30 of 120"


def test_a_corpus_behind_a_registration_comes_with_steps_and_no_button(
    open_page: Open,
) -> None:
    app = at_tab(open_page("corpora"), "Download")
    app.selectbox(key=state.CORPORA_SOURCE).set_value("savee").run()
    assert "cannot be fetched by a button" in app.info[0].value
    assert [button.label for button in app.button if button.label == "Download"] == []
