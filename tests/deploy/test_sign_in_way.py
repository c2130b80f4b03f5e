"""The whole way of a sign-in: to a provider and back, in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from identity_provider import identity_provider
from playwright.sync_api import sync_playwright
from served_app import ROOT, chromium, free_port, serve

pytestmark = [pytest.mark.timeout(120), pytest.mark.browser]

PAGE = ROOT / "tests" / "deploy" / "sign_in_page.py"


def test_operator_signs_in_and_out_and_stays_alone_with_it(tmp_path: Path) -> None:
    pytest.importorskip("authlib", reason="requirements-signin.txt is not installed")
    program = chromium()
    port = free_port()
    secrets = tmp_path / "secrets.toml"
    with identity_provider() as provider:
        secrets.write_text(provider.secrets(f"http://localhost:{port}"))
        environment = {
            "STREAMLIT_SECRETS_FILES": str(secrets),
            "SER_LAB_SHARED": "true",
            "SER_LAB_OPERATORS": provider.email,
            "PYTHONPATH": str(ROOT),
        }
        with (
            serve(tmp_path, script=PAGE, port=port, environment=environment) as server,
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(
                executable_path=program, args=["--no-sandbox", "--disable-gpu"]
            )
            page = browser.new_page()
            page.goto(server.address)
            page.get_by_text("signed_in=False operator=False").wait_for(timeout=30_000)
            page.get_by_role("button", name="Sign in").click()
            page.get_by_text("signed_in=True operator=True").wait_for(timeout=30_000)
            page.get_by_text(f"person={provider.email}").wait_for()
            assert provider.tokens_given == 1
            cookies = {c["name"]: c for c in page.context.cookies()}
            assert cookies["_streamlit_user"]["httpOnly"]
            stranger = browser.new_context().new_page()
            stranger.goto(server.address)
            stranger.get_by_text("person=None").wait_for(timeout=30_000)
            stranger.get_by_text("signed_in=False operator=False").wait_for()
            page.get_by_role("button", name="Sign out").click()
            page.get_by_text("signed_in=False operator=False").wait_for(timeout=30_000)
            browser.close()
        assert "Traceback" not in server.log.read_text()
