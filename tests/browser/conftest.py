"""The app in a process of its own, and a real headless Chromium before it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import URLError

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[2]
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

Shoot = Callable[[Page, str], None]


def chromium() -> str:
    """Find Chromium, or skip and say what to install."""
    found = os.environ.get("SER_TEST_CHROMIUM") or next(
        (path for name in _NAMES if (path := shutil.which(name))), None
    )
    if not found:
        pytest.skip(
            "no Chromium: install one (apt install chromium), or name it in "
            "SER_TEST_CHROMIUM"
        )
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = chromium()
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        yield opened
        opened.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def app_address(tmp_path: Path) -> Iterator[str]:
    port = free_port()
    log = (tmp_path / "server.log").open("w")
    compiled = os.environ.get("NUMBA_CACHE_DIR", str(ROOT / ".pytest_cache" / "numba"))
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "streamlit", "run", "streamlit_app.py"),
            *("--server.headless", "true", "--server.port", str(port)),
        ],
        cwd=ROOT,
        env=os.environ
        | {"SER_LAB_HOME": str(tmp_path / "lab"), "NUMBA_CACHE_DIR": compiled},
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    address = f"http://localhost:{port}"
    try:
        wait_until_it_answers(address, server)
        yield address
        said = (tmp_path / "server.log").read_text()
        assert "Traceback" not in said, said
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=20)
        log.close()


def wait_until_it_answers(address: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(240):
        assert server.poll() is None, "the server ended before it answered"
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=5):
                return
        except (URLError, ConnectionError):
            time.sleep(0.25)
    pytest.fail(f"{address} did not answer within a minute")


@pytest.fixture
def shoot() -> Shoot:
    """Save a picture of the whole page where SER_TEST_SCREENSHOTS names a folder."""
    folder = os.environ.get("SER_TEST_SCREENSHOTS")

    def take(page: Page, name: str) -> None:
        if not folder:
            return
        Path(folder).mkdir(parents=True, exist_ok=True)
        size = page.viewport_size
        assert size is not None
        height = page.evaluate(
            "document.querySelector('[data-testid=stMain]').scrollHeight"
        )
        page.set_viewport_size({"width": size["width"], "height": height + 40})
        page.wait_for_timeout(1_000)
        page.screenshot(path=str(Path(folder) / f"{name}.png"))
        page.set_viewport_size(size)

    return take
