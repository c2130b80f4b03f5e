"""The whole way through, as a person goes it.

``SER_TEST_FILES`` sets the number of files (24 in the suite; 400 by hand),
``SER_TEST_SCREENSHOTS`` a folder for pictures, ``SER_TEST_WIDTH`` and
``SER_TEST_SCHEME`` (light, dark) how it is looked at.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

FILES = int(os.environ.get("SER_TEST_FILES", "24"))
WIDTH = int(os.environ.get("SER_TEST_WIDTH", "1280"))
SCHEME = os.environ.get("SER_TEST_SCHEME", "light")
PATIENCE_MS = 60_000 + 1_000 * FILES

Shoot = Callable[[Page, str], None]


@pytest.fixture
def page(browser: Browser) -> Page:
    dark = SCHEME == "dark"
    opened = browser.new_context(
        viewport={"width": WIDTH, "height": 900},
        color_scheme="dark" if dark else "light",
        accept_downloads=True,
    ).new_page()
    opened.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    return opened


def button(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def number(page: Page, name: str, value: int) -> None:
    field = page.get_by_role("spinbutton", name=name)
    field.fill(str(value))
    field.press("Enter")
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)


def charts(page: Page, at_least: int) -> None:
    expect(page.get_by_test_id("stPlotlyChart").nth(at_least - 1)).to_be_visible(
        timeout=PATIENCE_MS
    )


def start(page: Page, address: str, *, repeats: int) -> None:
    page.goto(f"{address}/benchmark")
    number(page, "Files", FILES)
    number(page, "Repetitions", repeats)
    button(page, "Start")
    page.wait_for_url(re.compile(r"job=[0-9a-f]{32}"))


def done(page: Page) -> None:
    expect(page.get_by_text("Greatest speed-up")).to_be_visible(timeout=PATIENCE_MS)


def saved(page: Page, name: str) -> str:
    with page.expect_download() as download:
        button(page, name)
    return Path(download.value.path()).read_text()


def test_from_an_empty_folder_to_an_exported_result(
    page: Page, app_address: str, shoot: Shoot
) -> None:
    page.goto(app_address)
    expect(page.get_by_text("First steps")).to_be_visible()
    shoot(page, "home")

    page.goto(f"{app_address}/corpora")
    page.get_by_role("tab", name="Generate").click()
    number(page, "Utterances", FILES * 5 // 4)
    button(page, "Generate")
    expect(page.get_by_text("is ready in")).to_be_visible(timeout=PATIENCE_MS)
    shoot(page, "corpora-generated")
    button(page, "Look inside")
    charts(page, 4)
    expect(page.get_by_test_id("stAudio")).to_be_visible()
    shoot(page, "corpora-inside")

    start(page, app_address, repeats=2)
    address = page.url
    charts(page, 2)
    shoot(page, "benchmark-live")
    page.reload()
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    assert page.url == address
    done(page)
    charts(page, 4)
    shoot(page, "benchmark-done")

    record = json.loads(saved(page, "JSON"))
    assert record["corpus"]["n_files"] == FILES
    assert {run["checksum"] for run in record["runs"]} == {
        record["runs"][0]["checksum"]
    }
    assert [arm["backend"] for arm in record["summary"]] == ["sequential", "loky"]
    assert saved(page, "CSV").count("\n") == len(record["runs"]) + 1
    report = saved(page, "HTML report")
    assert "<html" in report
    assert "loky" in report

    cancel_one(page, app_address, shoot)
    history(page, app_address, shoot)


def cancel_one(page: Page, address: str, shoot: Shoot) -> None:
    """A stranger with the link may watch only; the submitter cancels."""
    start(page, address, repeats=20)
    charts(page, 1)
    stranger = page.context.browser.new_context().new_page()
    stranger.set_default_timeout(PATIENCE_MS)
    stranger.goto(page.url)
    expect(stranger.get_by_text("read-only").first).to_be_visible()
    expect(stranger.get_by_role("button", name="Cancel")).to_have_count(0)
    page.get_by_role("button", name="Cancel").click()
    button(page, "Yes, cancel it")
    expect(page.get_by_text("This job was cancelled")).to_be_visible()
    expect(stranger.get_by_text("This job was cancelled")).to_be_visible()
    stranger.context.close()
    shoot(page, "benchmark-cancelled")


def history(page: Page, address: str, shoot: Shoot) -> None:
    """The finished run is kept, the cancelled one is not."""
    page.goto(f"{address}/benchmark")
    page.get_by_role("tab", name="History").click()
    expect(page.get_by_text("Tick one run to open it")).to_be_visible()
    shoot(page, "history")
    page.get_by_role("tab", name="Machines").click()
    charts(page, 1)
    shoot(page, "machines")


def test_a_run_s_link_opens_its_view_on_a_server_that_just_started(
    page: Page, app_address: str
) -> None:
    page.goto(f"{app_address}/benchmark?job={'0' * 32}")
    expect(page.get_by_text(re.compile(f"job {'0' * 32}"))).to_be_visible()
    expect(page.get_by_role("link", name="Class demo")).to_be_visible()
