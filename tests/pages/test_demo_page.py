"""The Demo page in each of its states, without a browser."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from demo_models import CLASSES, clip, small_model, wav_of
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest
from yard import JOB_ID, TOKEN, put_job

from pages._view import demo_cache, demo_inputs, demo_result, state
from ser_core import jobs
from ser_core.inference.decision import UNSURE
from ser_core.inference.documents import to_document
from ser_core.inference.listening import recognise
from ser_core.inference.loading import load_model
from ser_core.inference.turns import Turns
from ser_core.store.data_folder import DataFolder
from tests.inference.inference_voices import RATE, wav

pytestmark = pytest.mark.timeout(180)

Open = Callable[..., AppTest]
File = tuple[str, bytes, str]


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_model(tmp_path_factory.mktemp("shipped") / "default", "default")


@pytest.fixture
def demo(
    open_page: Open, shipped: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., AppTest]:
    monkeypatch.setattr("ser_core.inference.loading.shipped_folder", lambda: shipped)
    return lambda **address: open_page("demo", **address)


def file(index: int = 0, name: str | None = None) -> File:
    return name or f"voice{index}.wav", wav_of(index), "audio/wav"


def upload(app: AppTest, *files: File) -> AppTest:
    app.file_uploader(key=state.DEMO_UPLOAD).set_value(list(files))
    return app.run()


def said(app: AppTest) -> str:
    kinds = (app.markdown, app.info, app.warning, app.error, app.caption)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def at_tab(app: AppTest, key: str, name: str) -> AppTest:
    app.session_state[key] = name
    return app.run()


def expected(content: bytes, home: Path) -> Any:
    model = load_model(None, data=DataFolder(home))
    return recognise(content, name="x", model=model)


def headline(app: AppTest) -> str | None:
    answers = {f"# {name.capitalize()}" for name in (*CLASSES, UNSURE)}
    return next((m.value for m in app.markdown if m.value in answers), None)


def test_page_says_what_it_is_and_what_to_expect_of_the_model(demo: Open) -> None:
    app = demo()
    assert not app.exception
    told = said(app)
    assert "no diagnosis" in told
    assert "not for grading, hiring or watching people" in told
    assert "Ask before you record others" in told
    assert "EMO-DB (German, acted speech, 10 speakers)" in told
    assert "On unseen speakers" in told
    assert "guessing would find 33 %" in told
    assert "angry, happy and sad; nothing else" in told
    assert "100 MB and 30 min a file, 8 channels, 4 to 192 kHz" in told
    assert "not kept on its disk" in told


def test_upload_gets_the_answer_of_the_library(demo: Open, lab_home: Path) -> None:
    app = upload(demo(), file(0))
    assert not app.exception
    wanted = expected(wav_of(0), lab_home).decision
    assert headline(app) == f"# {wanted.emotion.capitalize()}"
    assert f"**{wanted.confidence * 100:.0f} %**" in said(app)
    assert "1.5 s · 44,100 Hz · mono · WAV" in said(app)
    assert app.get("audio")
    assert app.get("plotly_chart")


def test_nothing_is_decoded_again_for_a_slider(
    demo: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []

    def count(source: bytes, **options: Any) -> Any:
        heard.append(options["name"])
        return recognise(source, **options)

    monkeypatch.setattr(demo_cache, "recognise", count)
    app = upload(demo(), file(0))
    assert headline(app) != "# Unsure"
    app.slider[0].set_value(100).run()
    assert headline(app) == "# Unsure"
    assert "an answer is given from 100%" in said(app)
    assert "never that sure" in said(app)
    app.slider[0].set_value(0).run()
    assert headline(app) != "# Unsure"
    assert "At 0 % it answered 100 %" in said(app)
    assert heard == ["voice0.wav"]


def test_every_tab_of_a_recording_can_be_opened(demo: Open) -> None:
    app = upload(demo(), file(1))
    for name in demo_result._TABS:
        at_tab(app, state.DEMO_TAB, name)
        assert not app.exception, name
        assert not app.error, name


def test_moments_are_tried_one_by_one_when_asked_for(demo: Open) -> None:
    app = at_tab(upload(demo(), file(1)), state.DEMO_TAB, demo_result.WHY)
    before = len(app.get("plotly_chart"))
    app.toggle(key=state.DEMO_OCCLUDE).set_value(True).run()
    assert not app.exception
    assert len(app.get("plotly_chart")) == before + 1


def test_long_recording_is_heard_in_stretches(demo: Open) -> None:
    y = np.concatenate([clip(i, 3.0) for i in range(6)])
    app = upload(demo(), ("long.wav", wav(y, subtype="PCM_16"), "audio/wav"))
    assert not app.exception
    assert "stretches of speech" in said(app)
    assert app.get("audio")
    for name in (demo_result.PICTURES, demo_result.WHY, demo_result.PREPROCESSING):
        at_tab(app, state.DEMO_TAB, name)
        assert not app.exception, name
        assert any(box.label == "Stretch" for box in app.selectbox)


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"RIFF\xff\xff\xff\xffWAVE", wav_of(0)[:40]]
)
def test_what_is_no_recording_is_told_in_words(demo: Open, content: bytes) -> None:
    app = upload(demo(), ("page.wav", content, "audio/wav"))
    assert not app.exception
    assert "page" in app.error[0].value
    assert "Traceback" not in said(app)


def test_name_from_a_browser_is_never_understood_as_markup(demo: Open) -> None:
    name = "[x](http://evil.example) :red[y] <b>.wav"
    app = upload(demo(), file(0, name))
    assert not app.exception
    assert "](http" not in said(app)
    assert "<b>" not in said(app)


def test_silence_is_unsure_with_a_remedy(demo: Open) -> None:
    app = upload(demo(), ("quiet.wav", wav(np.zeros(RATE)), "audio/wav"))
    assert not app.exception
    assert headline(app) == "# Unsure"
    assert "nothing to judge" in said(app)
    assert app.warning


def test_removed_upload_leaves_nothing_behind(demo: Open) -> None:
    app = upload(demo(), file(0))
    app.file_uploader(key=state.DEMO_UPLOAD).set_value(None).run()
    assert not app.exception
    assert not app.get("audio")
    assert headline(app) is None


def test_replaced_upload_gets_an_answer_of_its_own(demo: Open, lab_home: Path) -> None:
    app = upload(demo(), file(0))
    app = upload(app, file(2))
    wanted = expected(wav_of(2), lab_home).decision
    assert headline(app) == f"# {wanted.emotion.capitalize()}"
    assert "voice2" in said(app)


def test_microphone_is_heard(demo: Open, lab_home: Path) -> None:
    app = at_tab(demo(), state.DEMO_INPUT, demo_inputs.MICROPHONE)
    content = wav(clip(1), rate=48_000, subtype="PCM_16")
    app.audio_input[0].set_value(("a.wav", content, "audio/wav")).run()
    assert not app.exception
    wanted = expected(content, lab_home).decision
    assert headline(app) == f"# {wanted.emotion.capitalize()}"
    assert "48,000 Hz" in said(app)


@pytest.mark.parametrize(
    ("address", "refused"),
    [
        ("http://localhost:8501/demo", False),
        ("http://127.0.0.1:8501/demo", False),
        ("http://127.8.9.1/demo", False),
        ("http://[::1]:8501/demo", False),
        ("http://app.localhost/demo", False),
        ("https://lab.example/demo", False),
        ("http://lab.example:8501/demo", True),
        ("http://192.168.1.7:8501/demo", True),
        ("http://localhost.example/demo", True),
        (None, False),
    ],
)
def test_browsers_refuse_the_microphone_without_tls(
    address: str | None, refused: bool
) -> None:
    assert demo_inputs.microphone_is_refused(address) is refused


def test_address_without_a_microphone_says_so(
    demo: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        ContextProxy, "url", property(lambda self: "http://lab.example:8501/demo")
    )
    app = at_tab(demo(), state.DEMO_INPUT, demo_inputs.MICROPHONE)
    assert not app.exception
    assert not app.audio_input
    assert "HTTPS" in app.warning[0].value


def voices_corpus(home: Path) -> Path:
    root = home / "corpora" / "voices"
    for index in range(6):
        folder = root / CLASSES[index % 3]
        folder.mkdir(parents=True, exist_ok=True)
        soundfile.write(folder / f"take{index}.wav", clip(index), RATE)
    return root


def test_example_tells_its_label_after_the_answer(demo: Open, lab_home: Path) -> None:
    voices_corpus(lab_home)
    app = at_tab(demo(), state.DEMO_INPUT, demo_inputs.EXAMPLES)
    assert not app.exception
    assert "The corpus says" not in said(app)
    app.button_group(key=f"{state.DEMO_EXAMPLE}-voices").set_value(0).run()
    assert not app.exception
    assert "The corpus says" in said(app)


def test_without_a_corpus_made_up_voices_can_be_heard(demo: Open) -> None:
    app = at_tab(demo(), state.DEMO_INPUT, demo_inputs.EXAMPLES)
    assert not app.exception
    app.button_group(key=f"{state.DEMO_EXAMPLE}-").set_value(0).run()
    assert not app.exception
    assert "Made-up voice 1" in said(app)
    assert "It was made as" in said(app)


def test_many_recordings_are_a_table_with_their_errors(
    demo: Open, lab_home: Path
) -> None:
    app = upload(demo(), file(0), ("bad.wav", b"no sound", "audio/wav"), file(0))
    assert not app.exception
    rows = app.dataframe[0].value
    wanted = expected(wav_of(0), lab_home).decision.emotion
    assert rows["file"].tolist() == ["voice0.wav", "bad.wav", "voice0.wav"]
    assert rows["emotion"].tolist() == [wanted, "", wanted]
    assert "cannot be read" in rows["to keep in mind"][1]
    assert "2 recordings heard" in said(app)


def test_stopped_batch_keeps_what_is_done_and_goes_on(demo: Open) -> None:
    files = [file(index) for index in range(3)]
    app = upload(demo(), files[0])
    keys = "".join(hashlib.sha256(content).hexdigest() for _, content, _ in files)
    app.session_state[state.DEMO_STOPPED] = hashlib.sha256(keys.encode()).hexdigest()
    app = upload(app, *files)
    assert not app.exception
    assert "**Stopped** after 0 of 3" in said(app)
    app.button(key="demo.go_on").click().run()
    assert not app.exception
    assert "3 recordings heard" in said(app)


def test_whoever_gets_no_turn_is_told_and_can_try_again(
    demo: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = Turns(1, wait_s=0.05)
    monkeypatch.setattr(demo_cache, "turns", lambda data: turns)
    app = demo()
    with turns.turn():
        app = upload(app, file(0))
        assert not app.exception
        assert "busy" in app.warning[0].value
    app.button(key="demo.again").click().run()
    assert not app.exception
    assert headline(app)


def test_model_that_cannot_be_read_says_why(demo: Open, lab_home: Path) -> None:
    broken = lab_home / "models" / "broken"
    broken.mkdir(parents=True)
    (broken / "card.json").write_text("{}")
    app = demo()
    app.selectbox(key=state.DEMO_MODEL).set_value("broken").run()
    assert not app.exception
    assert "cannot be used" in app.error[0].value


def test_without_any_model_nothing_is_heard(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = tmp_path / "nowhere"
    monkeypatch.setattr("ser_core.inference.loading.shipped_folder", lambda: nowhere)
    app = upload(open_page("demo"), file(0))
    assert not app.exception
    assert "cannot be used" in app.error[0].value


def test_saved_model_answers_in_its_own_name(
    demo: Open, lab_home: Path, shipped: Path
) -> None:
    small_model(DataFolder(lab_home).prepare().models / "mine", "mine")
    app = demo()
    app.selectbox(key=state.DEMO_MODEL).set_value("mine").run()
    app = upload(app, file(0))
    assert not app.exception
    assert headline(app)


def test_operators_limits_are_told_and_kept(
    demo: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SER_LAB_MAX_UPLOAD_S", "1")
    app = upload(demo(), file(0))
    assert "and 1 s a file" in said(app)
    assert app.error


def test_whole_corpus_becomes_a_job(
    demo: Open, lab_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[jobs.JobSpec] = []

    def submit(spec: jobs.JobSpec, **options: Any) -> jobs.Submission:
        seen.append(spec)
        return jobs.Submission(JOB_ID, TOKEN)

    monkeypatch.setattr(jobs, "submit", submit)
    voices_corpus(lab_home)
    app = at_tab(demo(), state.DEMO_INPUT, demo_inputs.CORPUS)
    assert not app.exception
    app.button(key="demo.start").click().run()
    assert seen[0].kind == "predict"
    assert seen[0].parameters["corpus"] == "voices"
    assert seen[0].parameters["model"] == "default"
    assert len(seen[0].parameters["files"]) == 6


def finished(home: Path, *names: str) -> dict[str, Any]:
    root = voices_corpus(home)
    model = load_model(None, data=DataFolder(home))
    heard = [recognise(root / name, name=name, model=model) for name in names]
    return {
        "kind": "predict",
        "corpus": "voices",
        "model": "default",
        "min_confidence": None,
        "n_failed": 0,
        "results": json.loads(json.dumps([to_document(result) for result in heard])),
    }


def test_job_over_many_recordings_shows_labels_beside_answers(
    demo: Open, lab_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo()
    told = finished(lab_home, "angry/take0.wav", "sad/take2.wav")
    put_job(monkeypatch, tmp_path, state="done", kind="predict", result=told)
    app = demo(job=JOB_ID)
    assert not app.exception
    rows = app.dataframe[0].value
    assert rows["corpus says"].tolist() == ["angry", "sad"]
    assert "are what the corpus says" in said(app)


def test_job_over_one_recording_shows_it_in_full(
    demo: Open, lab_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo()
    told = finished(lab_home, "angry/take0.wav")
    put_job(monkeypatch, tmp_path, state="done", kind="predict", result=told)
    app = demo(job=JOB_ID)
    assert not app.exception
    assert headline(app)
    assert "The corpus says **angry**" in said(app)


@pytest.mark.parametrize("job_state", ["queued", "running", "failed", "cancelled"])
def test_job_that_is_not_done_says_how_it_stands(
    demo: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, job_state: str
) -> None:
    put_job(monkeypatch, tmp_path, state=job_state, kind="predict", reason="no disk")
    app = demo(job=JOB_ID)
    assert not app.exception
    assert "Hearing recordings" in "".join(s.value for s in app.subheader)
