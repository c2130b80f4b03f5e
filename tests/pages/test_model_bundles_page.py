"""Saved models on the Model page: their cards, their removal, what is refused."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest
from training_records import training_record
from yard import put_job

from pages._view import state
from ser_core.models.bundle import list_bundles, save_bundle
from ser_core.models.bundle_zip import export_zip
from ser_core.models.card_record import card_from_record
from ser_core.models.registry import build_recogniser
from ser_core.store.data_folder import DataFolder
from ser_core.store.runs import RunStore

Open = Callable[..., AppTest]
CLASSES = ("angry", "sad")


def saved_model(home: Path, name: str = "mine") -> DataFolder:
    """Save a model of two classes of random rows, with its card."""
    data = DataFolder(home).prepare()
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 180)).astype(np.float32)
    y = np.array(CLASSES * 20)
    recogniser = build_recogniser("knn").fit(X, y)
    record = training_record(classes=CLASSES, model="knn", features="means180")
    card = card_from_record(record, name=name, n_fitted=len(X))
    save_bundle(data.models / name, recogniser, card)
    return data


def page(open_page: Open, **address: str) -> AppTest:
    app = open_page("model", **address)
    app.session_state[state.MODEL_SECTION] = "Saved models"
    return app.run()


def said(app: AppTest) -> str:
    kinds = (app.markdown, app.info, app.warning, app.error, app.caption, app.success)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def upload(app: AppTest, content: bytes) -> AppTest:
    app.file_uploader[0].upload("model.zip", content, "application/zip").run()
    button = next(button for button in app.button if button.label == "Import")
    return button.click().run()


def test_without_saved_models_the_page_says_how_to_get_one(open_page: Open) -> None:
    app = page(open_page)
    assert not app.exception
    assert "No model is saved yet" in said(app)


def test_the_card_of_a_saved_model_is_readable(open_page: Open, lab_home: Path) -> None:
    saved_model(lab_home)
    app = page(open_page)
    assert not app.exception
    assert app.dataframe[0].value["state"].tolist() == ["ready"]
    assert "Limits of use" in said(app)


def test_a_saved_model_that_cannot_be_read_is_listed_with_its_reason(
    open_page: Open, lab_home: Path
) -> None:
    data = saved_model(lab_home)
    (data.models / "mine" / "card.json").write_text("{}")
    app = page(open_page)
    assert not app.exception
    assert "cannot be used" in app.dataframe[0].value["state"][0]
    assert app.error


def test_loading_apart_says_that_the_model_answers_as_before(
    open_page: Open, lab_home: Path
) -> None:
    saved_model(lab_home)
    app = page(open_page)
    app.button(key="model.bundle_check").click().run(timeout=120)
    assert not app.exception
    assert "answers as it did" in app.success[0].value


def test_a_model_that_was_changed_is_refused_in_words(
    open_page: Open, lab_home: Path
) -> None:
    data = saved_model(lab_home)
    model = next(
        path for path in (data.models / "mine").iterdir() if path.suffix == ".skops"
    )
    model.write_bytes(model.read_bytes() + b"x")
    app = page(open_page)
    app.button(key="model.bundle_check").click().run(timeout=120)
    assert not app.exception
    assert "SHA-256" in app.error[0].value


def test_deleting_a_model_takes_it_off_the_disk(
    open_page: Open, lab_home: Path
) -> None:
    data = saved_model(lab_home)
    app = page(open_page)
    app.button(key="delete-mine").click().run()
    assert not app.exception
    assert list_bundles(data) == []


def test_an_exported_model_is_taken_in_under_another_name(
    open_page: Open, lab_home: Path
) -> None:
    data = saved_model(lab_home)
    app = page(open_page)
    app.text_input(key=state.MODEL_BUNDLE_NAME).set_value("theirs").run()
    upload(app, export_zip(data.models / "mine"))
    assert not app.exception
    assert {bundle.name for bundle in list_bundles(data)} == {"mine", "theirs"}


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", b"{}"])
def test_what_is_no_model_is_refused_in_words(
    open_page: Open, lab_home: Path, content: bytes
) -> None:
    app = upload(page(open_page), content)
    assert not app.exception
    assert app.error
    assert list_bundles(DataFolder(lab_home)) == []


def test_a_run_that_saved_a_model_offers_it(open_page: Open, lab_home: Path) -> None:
    data = saved_model(lab_home)
    run = RunStore(data.runs).add(training_record(bundle="mine"))
    app = open_page("model", run=run)
    app.session_state[f"{state.MODEL_TAB}-{run}"] = "Take it with you"
    app.run()
    assert not app.exception
    labels = {button.label for button in app.get("download_button")}
    assert {"Model (zip)", "Model card (Markdown)", "Record (JSON)"} <= labels


def test_a_comparison_of_which_one_failed_shows_the_other_and_the_reason(
    open_page: Open, lab_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = RunStore(DataFolder(lab_home).prepare().runs).add(training_record())
    result = {"runs": [run], "failed": [{"plan": "small, xgb", "reason": "no room"}]}
    job = put_job(monkeypatch, tmp_path, state="done", kind="compare", result=result)
    app = open_page("model", job=job)
    assert not app.exception
    assert "no room" in app.warning[0].value
    assert [metric.label for metric in app.metric].count("UAR") == 2
