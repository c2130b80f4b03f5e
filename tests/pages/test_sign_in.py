"""The door of the sign-in is there where it can be used, and only there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages._view import sign_in

SECTION = {
    "client_id": "ser-lab",
    "client_secret": "secret",
    "server_metadata_url": "https://id.example.org/.well-known/openid-configuration",
}
SHARED = {
    "redirect_uri": "https://lab.example.org/oauth2callback",
    "cookie_secret": "secret",
}

Show = Callable[..., AppTest]


def page() -> None:
    from pages._view import sign_in

    sign_in.sign_in()


@pytest.fixture
def show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Show:
    def run(auth: object, *, installed: bool = True) -> AppTest:
        monkeypatch.setattr(sign_in, "_installed", lambda: installed)
        app = AppTest.from_function(page)
        if auth is not None:
            app.secrets["auth"] = auth
        return app.run(timeout=30)

    return run


def labels(app: AppTest) -> list[str]:
    assert not app.exception
    return [button.label for button in app.button]


def test_server_without_secrets_shows_nothing(show: Show) -> None:
    assert labels(show(None)) == []


def test_server_without_authlib_shows_nothing(show: Show) -> None:
    assert labels(show(SHARED | SECTION, installed=False)) == []


def test_damaged_section_shows_nothing(show: Show) -> None:
    assert labels(show("not a table")) == []
    assert labels(show(SHARED)) == []


def test_stranger_is_offered_to_sign_in(show: Show) -> None:
    assert labels(show(SHARED | SECTION)) == ["Sign in"]


def test_each_named_provider_has_a_button(show: Show) -> None:
    named = {"uni": SECTION, "clinic": SECTION}
    assert labels(show(SHARED | named)) == ["Sign in with uni", "Sign in with clinic"]
