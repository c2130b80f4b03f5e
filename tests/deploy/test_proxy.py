"""The nginx example: TLS, headers, limits, and every kind of traffic through it."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright
from served_app import ROOT, Server, chromium, serve
from tls_proxy import NAME, Proxy, proxy_before

pytestmark = [
    pytest.mark.timeout(150),
    pytest.mark.skipif(os.name == "nt", reason="nginx and signals"),
]

PROBE = ROOT / "tests" / "deploy" / "probe_page.py"
ALLOWED = {"STREAMLIT_SERVER_ALLOWED_HOSTS": NAME}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("probe")
    with serve(folder, script=PROBE, environment=ALLOWED) as running:
        yield running


@pytest.fixture(scope="module")
def proxy(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with proxy_before(server.port, tmp_path_factory.mktemp("nginx")) as running:
        yield running


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def browser(playwright: Playwright, proxy: Proxy) -> Iterator[Browser]:
    with launch(playwright, proxy) as opened:
        yield opened


@contextmanager
def launch(playwright: Playwright, proxy: Proxy) -> Iterator[Browser]:
    opened = playwright.chromium.launch(
        executable_path=chromium(),
        args=[
            *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
            f"--host-resolver-rules={proxy.resolver_rules}",
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
        ],
    )
    yield opened
    opened.close()


def visit(browser: Browser, address: str, said: list[str]) -> Page:
    context = browser.new_context(ignore_https_errors=True)
    page = context.new_page()
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda line: said.append(line.text))
    page.goto(address)
    return page


def says(page: Page, text: str) -> None:
    page.locator("code").get_by_text(text).wait_for(timeout=20_000)


@pytest.mark.browser
def test_everything_that_pages_use_comes_through(browser: Browser) -> None:
    said: list[str] = []
    page = visit(browser, f"http://{NAME}/", said)  # sent on to https
    page.locator(".js-plotly-plot").wait_for(timeout=30_000)
    says(page, f"url=https://{NAME}")
    page.locator("input[type=file]").set_input_files(
        {"name": "a.wav", "mimeType": "audio/wav", "buffer": bytes(3_000_000)}
    )
    says(page, "uploaded=3000000")
    with page.expect_download(timeout=20_000) as download:
        page.get_by_role("button", name="Download").last.click()
    assert Path(download.value.path()).read_bytes() == b"downloaded"
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    assert cookies["_streamlit_xsrf"]["secure"]
    assert cookies["_streamlit_xsrf"]["sameSite"] == "Strict"
    assert "probe" in cookies
    assert not [line for line in said if "Security Policy" in line]
    page.context.close()


@pytest.mark.browser
def test_microphone_is_there_and_camera_is_not(browser: Browser) -> None:
    page = visit(browser, f"https://{NAME}/", [])
    page.get_by_role("button", name="Record").wait_for(timeout=30_000)
    assert page.evaluate("isSecureContext")
    page.get_by_role("button", name="Record").click()
    page.wait_for_timeout(700)
    page.get_by_role("button", name="Stop recording").click()
    says(page, "spoken=")
    camera = "navigator.mediaDevices.getUserMedia({video: true})"
    refused = page.evaluate(f"{camera}.then(() => '', error => error.name)")
    assert refused == "NotAllowedError"
    page.context.close()


@pytest.mark.browser
def test_pages_of_the_app_keep_to_the_policy(
    playwright: Playwright, tmp_path: Path
) -> None:
    said: list[str] = []
    with (
        serve(tmp_path / "app", environment=ALLOWED) as server,
        proxy_before(server.port, tmp_path / "nginx") as proxy,
        launch(playwright, proxy) as browser,
    ):
        page = visit(browser, f"https://{NAME}/", said)
        page.get_by_role("heading", name="SER Lab").wait_for(timeout=30_000)
        links = page.locator("[data-testid=stTopNavLink]")
        for place in range(links.count()):
            links.nth(place).click()
            page.locator("h1").first.wait_for(timeout=30_000)
            page.wait_for_timeout(300)
        assert links.count() > 3
    assert not [line for line in said if "Policy" in line or "violat" in line]


def test_other_pages_cannot_open_a_connection(proxy: Proxy, server: Server) -> None:
    for origin in ("http://localhost:9999", "https://evil.example", "null"):
        told = proxy.ask(
            "GET /_stcore/stream HTTP/1.1\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nOrigin: {origin}"
        )
        assert told.startswith("HTTP/1.1 403")
    assert "disallowed Origin" not in server.log.read_text()


def test_upload_over_the_limit_ends_at_the_proxy(proxy: Proxy) -> None:
    head = "PUT /_stcore/upload_file/a/b HTTP/1.1\r\nContent-Length: "
    assert proxy.ask(f"{head}{102 << 20}").startswith("HTTP/1.1 413")


def test_operators_addresses_are_not_there(proxy: Proxy) -> None:
    for path in ("/_stcore/metrics", "/_stcore/agent/openapi.json"):
        assert proxy.ask(f"GET {path} HTTP/1.1").startswith("HTTP/1.1 404")


def test_every_answer_carries_the_security_headers(proxy: Proxy) -> None:
    for path in ("/", "/_stcore/health", "/_stcore/metrics"):
        told = proxy.ask(f"GET {path} HTTP/1.1")
        for header in (
            "Content-Security-Policy: default-src 'self'",
            "Strict-Transport-Security: max-age=",
            "X-Content-Type-Options: nosniff",
            "X-Frame-Options: DENY",
            "Permissions-Policy: microphone=(self)",
        ):
            assert header in told, path


def test_other_names_get_no_answer(proxy: Proxy) -> None:
    with pytest.raises(ssl.SSLError):
        proxy.tls("other.example.org")


def test_too_many_requests_are_held_back(proxy: Proxy) -> None:
    head = "PUT /_stcore/upload_file/a/b HTTP/1.1\r\nContent-Length: 0"
    told = [proxy.ask(head).split()[1] for _ in range(90)]
    assert "429" in told
    assert told[0] == "403"  # Streamlit's own refusal: no token
