"""The Model page as a person goes it: train, inspect, compare, save, load again.

``SER_TEST_SCREENSHOTS`` names a folder for pictures, ``SER_TEST_WIDTH`` and
``SER_TEST_SCHEME`` (light, dark) say how the page is looked at.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Download, FilePayload, Locator, Page, expect

from tests.training.tone_corpora import ravdess_tones

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

WIDTH = int(os.environ.get("SER_TEST_WIDTH", "1280"))
SCHEME = os.environ.get("SER_TEST_SCHEME", "light")
PATIENCE_MS = 90_000

Shoot = Callable[[Page, str], None]


@pytest.fixture
def page(browser: Browser) -> Page:
    opened = browser.new_context(
        viewport={"width": WIDTH, "height": 900},
        color_scheme="dark" if SCHEME == "dark" else "light",
        accept_downloads=True,
    ).new_page()
    opened.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    return opened


def idle(page: Page) -> None:
    page.wait_for_timeout(300)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)


def button(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()
    idle(page)


def choose(page: Page, name: str, option: str | re.Pattern[str]) -> None:
    page.get_by_role("combobox", name=name).last.click()
    page.get_by_role("option", name=option).first.click()
    idle(page)


def shown(page: Page, name: str) -> str:
    return page.get_by_role("combobox", name=name).last.input_value()


def saved(page: Page, name: str) -> Download:
    with page.expect_download() as download:
        button(page, name)
    return download.value


def form(page: Page, address: str) -> None:
    page.goto(f"{address}/model")
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_visible()
    choose(page, "Features", re.compile("^means180"))
    choose(page, "Models", "k nearest neighbours")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Remove SVM").last.click()
    idle(page)


def cells(page: Page) -> Locator:
    figure = page.get_by_role("figure", name=re.compile("What is taken for what"))
    return figure.locator(".scatterlayer .point")


def click_cell(page: Page, number: int) -> None:
    cell = cells(page).nth(number)
    cell.scroll_into_view_if_needed()
    box = cell.bounding_box()
    assert box is not None
    # beside the marker's middle: the whole cell answers
    x, y = box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.6
    page.mouse.move(x - 2, y)
    page.mouse.click(x, y)
    idle(page)


def test_from_recordings_to_a_model_that_loads_again(
    page: Page, app_address: str, tmp_path: Path, shoot: Shoot
) -> None:
    page.goto(f"{app_address}/model")
    expect(page.get_by_role("button", name="Generate it now")).to_be_visible()
    shoot(page, "model-empty")
    ravdess_tones(tmp_path / "lab" / "corpora" / "tones")

    train(page, app_address, shoot)
    inspect(page, shoot)
    take_away(page, shoot)
    compare(page, app_address, shoot)
    save_and_load(page, app_address, shoot)


def train(page: Page, address: str, shoot: Shoot) -> None:
    """Fill the form, start, reload while it runs, read both splits."""
    form(page, address)
    field = page.get_by_role("textbox", name="Save the model as (optional)")
    field.fill("tones-knn")
    field.press("Enter")
    idle(page)
    shoot(page, "model-form")
    button(page, "Train")
    page.wait_for_url(re.compile(r"job=[0-9a-f]{32}"))
    link = page.url
    page.reload()
    assert page.url == link
    expect(page.get_by_text("Macro F1")).to_have_count(2)
    expect(page.get_by_text(re.compile("^Unseen speakers"))).to_be_visible()
    expect(page.get_by_text("saved as tones-knn")).to_be_visible()
    idle(page)
    shoot(page, "model-result")


def inspect(page: Page, shoot: Shoot) -> None:
    """Choose cells of the confusion matrix by mouse and by keyboard; hear clips."""
    tab(page, "Confusion and clips")
    expect(cells(page)).to_have_count(9)
    click_cell(page, 4)
    expect(page.get_by_role("combobox", name="True class").last).to_have_value("happy")
    assert shown(page, "Taken for") == "happy"
    expect(page.get_by_test_id("stAudio").first).to_be_visible()
    click_cell(page, 0)
    expect(page.get_by_role("combobox", name="True class").last).to_have_value("angry")
    page.get_by_role("combobox", name="True class").last.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    idle(page)
    expect(page.get_by_role("combobox", name="True class").last).not_to_have_value(
        "angry"
    )
    shoot(page, "model-confusion")
    for name in ("ROC and precision", "Speakers", "Folds", "Data and notes"):
        tab(page, name)
        shoot(page, f"model-{name.split()[0].lower()}")


def take_away(page: Page, shoot: Shoot) -> None:
    """Download the record, the predictions and the features of a fold."""
    tab(page, "Take it with you")
    record = json.loads(Path(saved(page, "Record (JSON)").path()).read_text())
    assert record["kind"] == "training"
    assert record["unseen_speakers"]["shared_speakers"] == 0
    text = Path(saved(page, "Predictions (CSV)").path()).read_text()
    tested = record["n_test"] + record["unseen_speakers"]["n_test"]
    assert len(list(csv.DictReader(io.StringIO(text)))) == tested
    with zipfile.ZipFile(saved(page, "Features (zip of two CSV)").path()) as archive:
        assert archive.namelist() == ["train_features.csv", "test_features.csv"]
        test = archive.read("test_features.csv").decode()
    assert test.count("\n") == record["folds"][0]["n_test"] + 1
    shoot(page, "model-take-away")


def compare(page: Page, address: str, shoot: Shoot) -> None:
    """Train two models at once, read which is better, find both in the list."""
    form(page, address)
    choose(page, "Models", "Logistic regression")
    page.keyboard.press("Escape")
    button(page, "Train")
    page.wait_for_url(re.compile(r"job=[0-9a-f]{32}"))
    expect(page.get_by_text("2 trainings compared")).to_be_visible()
    expect(
        page.get_by_text(re.compile("means180 \\+ knn.* means180 \\+ lr"))
    ).to_have_count(1)
    idle(page)
    shoot(page, "model-compared")
    page.goto(f"{address}/model?section=runs")
    expect(page.get_by_text("Tick one run to open it")).to_be_visible()
    idle(page)
    shoot(page, "model-runs")


def save_and_load(page: Page, address: str, shoot: Shoot) -> None:
    """Load the saved model, take it away, delete it, and bring it back."""
    page.goto(f"{address}/model?section=saved")
    expect(page.get_by_text("Limits of use")).to_be_visible()
    button(page, "Load it and try")
    expect(page.get_by_text("answers as it did when it was saved")).to_be_visible()
    shoot(page, "model-saved")
    content = Path(saved(page, "Model (zip)").path()).read_bytes()
    page.get_by_role("button", name="Delete").click()
    button(page, "Yes, delete")
    expect(page.get_by_text("No model is saved yet")).to_be_visible()

    upload(page, content[: len(content) // 2])
    expect(page.get_by_test_id("stAlertContentError")).to_be_visible()
    shoot(page, "model-refused")
    page.reload()
    upload(page, content)
    expect(page.get_by_text("Limits of use")).to_be_visible()
    button(page, "Load it and try")
    expect(page.get_by_text("answers as it did when it was saved")).to_be_visible()


def upload(page: Page, content: bytes) -> None:
    file = FilePayload(name="model.zip", mimeType="application/zip", buffer=content)
    page.locator("input[type=file]").set_input_files(file)
    button(page, "Import")
    idle(page)


def test_a_run_s_link_opens_on_a_server_that_just_started(
    page: Page, app_address: str
) -> None:
    page.goto(f"{app_address}/model?run=missing")
    expect(page.get_by_text(re.compile("missing"))).to_be_visible()
    expect(page.get_by_role("link", name="Class demo")).to_be_visible()
