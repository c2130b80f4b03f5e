"""The door of the server's sign-in, where it has one."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from typing import Any, Final

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

_DEFAULT: Final = "default"
_NEEDED: Final = ("authlib", "httpx")


def providers() -> tuple[str, ...]:
    """Name the providers that somebody can sign in with here.

    Returns
    -------
    names : tuple of str
        ``default`` for the one whose settings stand in ``[auth]`` itself, then each
        ``[auth.NAME]``; empty where ``secrets.toml`` has no sign-in or
        requirements-signin.txt is not installed.

    """
    try:
        found: Any = (
            st.secrets.get("auth") if st.secrets.load_if_toml_exists() else None
        )
    except StreamlitSecretNotFoundError:
        return ()
    if not isinstance(found, Mapping) or not _installed():
        return ()
    names = [_DEFAULT] if "server_metadata_url" in found else []
    return (
        *names,
        *(
            name
            for name, section in found.items()
            if isinstance(section, Mapping) and "server_metadata_url" in section
        ),
    )


def signed_in_as() -> str | None:
    """Return how the visitor is called by the sign-in; None for a stranger."""
    info: dict[str, Any] = dict(st.user.to_dict())
    if info.get("is_logged_in") is not True:
        return None
    return str(info.get("email") or info.get("name") or info.get("sub"))


def sign_in() -> None:
    """Offer to sign in or out; draw nothing where the server has no sign-in."""
    person = signed_in_as()
    if person is not None:
        st.button(
            "Sign out",
            icon=":material/logout:",
            key="sign_in.out",
            on_click=st.logout,
            help=f"You are signed in as {person}.",
        )
        return
    for name in providers():
        st.button(
            "Sign in" if name == _DEFAULT else f"Sign in with {name}",
            icon=":material/login:",
            key=f"sign_in.{name}",
            on_click=st.login,
            args=(name,),
        )


def _installed() -> bool:
    """Tell whether what `st.login` needs is there."""
    return all(importlib.util.find_spec(name) is not None for name in _NEEDED)
