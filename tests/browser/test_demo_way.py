"""The Demo page as a person goes it: upload, speak, read, take away.

The microphone is Chromium's fake device, which plays a file that SER Lab's own voices
speak. ``SER_TEST_SCREENSHOTS`` names a folder for pictures, ``SER_TEST_WIDTH`` and
``SER_TEST_SCHEME`` (light, dark) say how the page is looked at.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import soundfile
from playwright.sync_api import Browser, FilePayload, Page, expect, sync_playwright

from ser_core.inference.listening import recognise
from ser_core.inference.loading import SpeechModel, load_model
from ser_core.inference.results import FileResult
from ser_core.store.data_folder import DataFolder
from tests.browser.conftest import chromium
from tests.inference.inference_voices import RATE, voice, wav

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

WIDTH = int(os.environ.get("SER_TEST_WIDTH", "1280"))
SCHEME = os.environ.get("SER_TEST_SCHEME", "light")
PATIENCE_MS = 90_000

Shoot = Callable[[Page, str], None]


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Speak what the fake microphone hears, over and over."""
    path = tmp_path_factory.mktemp("microphone") / "spoken.wav"
    soundfile.write(path, voice(4, 3.0), RATE, subtype="PCM_16")
    return path


@pytest.fixture(scope="module")
def browser(spoken: Path) -> Iterator[Browser]:
    arguments = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={spoken}",
    ]
    path = chromium()
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=arguments)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser, app_address: str) -> Page:
    context = browser.new_context(
        viewport={"width": WIDTH, "height": 900},
        color_scheme="dark" if SCHEME == "dark" else "light",
        accept_downloads=True,
    )
    context.grant_permissions(["microphone"], origin=app_address)
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    return opened


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> SpeechModel:
    return load_model(None, data=DataFolder(tmp_path_factory.mktemp("lab")))


def idle(page: Page) -> None:
    page.wait_for_timeout(300)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()
    idle(page)


def recording(name: str, index: int) -> FilePayload:
    content = wav(voice(index, 2.5), subtype="PCM_16")
    return FilePayload(name=name, mimeType="audio/wav", buffer=content)


def upload(page: Page, *files: FilePayload) -> None:
    page.locator("input[type=file]").set_input_files(list(files))
    idle(page)


def results(page: Page) -> list[dict[str, object]]:
    with page.expect_download() as download:
        page.get_by_role("button", name="Results (JSON)").click()
    found: list[dict[str, object]] = json.loads(
        Path(download.value.path()).read_text(encoding="utf-8")
    )
    return found


def answer(page: Page, wanted: FileResult) -> None:
    """Wait for the answer that the library gives to the same sound."""
    assert wanted.decision is not None
    heading = page.get_by_role("heading", name=wanted.decision.emotion.capitalize())
    expect(heading.first).to_be_visible()


def test_from_a_voice_to_an_answer(
    page: Page, app_address: str, model: SpeechModel, shoot: Shoot
) -> None:
    page.goto(f"{app_address}/demo")
    expect(page.get_by_text(re.compile("no diagnosis"))).to_be_visible()
    expect(page.get_by_text(re.compile("On unseen speakers"))).to_be_visible()
    idle(page)
    shoot(page, "demo-empty")
    one_upload(page, model, shoot)
    many_uploads(page, model, shoot)
    microphone(page, model, shoot)
    page.reload()
    idle(page)
    expect(page.get_by_text("Answer only when")).to_have_count(0)


def one_upload(page: Page, model: SpeechModel, shoot: Shoot) -> None:
    """Upload a file; its answer, its tabs and its download are the library's."""
    file = recording("mine.wav", 0)
    wanted = recognise(file["buffer"], name="mine.wav", model=model)
    upload(page, file)
    answer(page, wanted)
    shoot(page, "demo-over-time")
    for name in ("Pictures", "Why", "Pre-processing"):
        tab(page, name)
        expect(page.locator(".js-plotly-plot").nth(1)).to_be_visible()
        shoot(page, f"demo-{name.lower()}")
    tab(page, "Table and downloads")
    assert results(page) == [wanted.to_json()]
    shoot(page, "demo-downloads")


def many_uploads(page: Page, model: SpeechModel, shoot: Shoot) -> None:
    """Add files, one of them broken, and look at one in full."""
    broken = FilePayload(name="broken.wav", mimeType="audio/wav", buffer=b"no sound")
    second = recording("second.wav", 1)
    upload(page, second, broken)
    expect(page.get_by_text("2 recordings heard")).to_be_visible()
    idle(page)
    found = results(page)
    assert [entry["file"] for entry in found] == [
        "mine.wav",
        "second.wav",
        "broken.wav",
    ]
    wanted = recognise(second["buffer"], name="second.wav", model=model)
    assert found[1] == wanted.to_json()
    assert "broken.wav" in str(found[2]["error"])
    table = page.get_by_test_id("stDataFrame").first
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 20, box["y"] + 35 * 2 + 17)
    idle(page)
    answer(page, wanted)
    shoot(page, "demo-batch")


def microphone(page: Page, model: SpeechModel, shoot: Shoot) -> None:
    """Speak; the answer is that of the library to what the page plays back."""
    tab(page, "Microphone")
    page.get_by_role("button", name="Record").click()
    page.wait_for_timeout(3_000)
    page.get_by_role("button", name="Stop recording").click()
    expect(page.get_by_text("Answer only when")).to_be_visible()
    idle(page)
    player = page.get_by_test_id("stAudio").first
    expect(player).to_be_visible()
    source = player.get_attribute("src")
    assert source is not None
    played = page.request.get(source if "://" in source else page.url + source)
    assert played.ok
    heard = recognise(played.body(), name="microphone.wav", model=model)
    tab(page, "Table and downloads")
    told = results(page)[0]
    assert told["error"] is None
    # what is played has 16 bits
    assert told["probabilities"] == pytest.approx(heard.probabilities, abs=0.02)
    assert heard.duration_s == pytest.approx(3.0, abs=1.5)
    answer(page, heard)
    shoot(page, "demo-microphone")
