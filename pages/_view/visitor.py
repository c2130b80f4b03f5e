"""Who is visiting: signed in, known by a cookie, or the operator.

What each of these can and cannot hold back is in docs/decisions/0009.
"""

from __future__ import annotations

import re
import secrets
import threading
import time
from typing import Any, Final

import streamlit as st

from pages._view import cache
from ser_core.errors import ParameterError
from ser_core.jobs import rules
from ser_core.jobs.rules import Visitor
from ser_core.store.settings import Settings, settings

COOKIE: Final = "serlab_visitor"

# In the session: this visitor's random id, and whether the operator's token was given.
IDENTITY: Final = "visitor.id"
OPERATOR: Final = "visitor.operator"

_COOKIE_DAYS: Final = 180
_SAFE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_FORWARDED: Final = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP")

WRONG_TOKEN_S: Final = 1.0
"""Seconds that a wrong token costs; one is tried at a time on the whole server."""

_PATIENCE_S: Final = 5.0
_TRYING: Final = threading.Lock()


def visitor() -> Visitor:
    """Say who is visiting.

    Returns
    -------
    visitor : Visitor
        Signed in where the server's sign-in vouches for somebody, else whoever holds
        this browser's cookie.

    Raises
    ------
    ParameterError
        The operator's settings cannot be used.

    """
    chosen = settings(cache.lab())
    info = signed_in()
    operator = bool(st.session_state.get(OPERATOR)) or at_home(chosen)
    if info is not None:
        subject = str(info.get("sub") or info.get("email"))
        return Visitor(
            id=f"account {info.get('iss', '')} {subject}",
            signed_in=True,
            operator=operator or bool(_names(info) & set(chosen.operators)),
        )
    return Visitor(id=f"browser {_identity()}", operator=operator)


def signed_in() -> dict[str, Any] | None:
    """Return what the server's sign-in says of the visitor; None for a stranger."""
    info: dict[str, Any] = dict(st.user.to_dict())
    known = info.get("is_logged_in") is True
    return info if known and (info.get("sub") or info.get("email")) else None


def at_home(chosen: Settings) -> bool:
    """Tell whether this is somebody's own machine: not shared, and reached directly."""
    if chosen.shared or st.get_option("server.address") not in _LOCAL:
        return False
    headers = st.context.headers
    return not any(isinstance(headers.get(name), str) for name in _FORWARDED)


def sees_folders() -> bool:
    """Tell whether this visitor is shown where things lie on the machine."""
    return not settings(cache.lab()).shared or visitor().operator


def give_token(given: str) -> None:
    """Make the session the operator's, if the token is right.

    Raises
    ------
    ParameterError
        It is wrong, or too many are being tried.

    """
    if not _TRYING.acquire(timeout=_PATIENCE_S):
        raise ParameterError("too many tokens are being tried; wait, and try again")
    try:
        if rules.is_operator_token(given.strip()):
            st.session_state[OPERATOR] = True
            return
        time.sleep(WRONG_TOKEN_S)
    finally:
        _TRYING.release()
    raise ParameterError(
        "the token is not that of SER_LAB_OPERATOR_TOKEN in the server's environment; "
        f"it has at least {rules.SHORTEST_TOKEN} characters"
    )


def keep_in_browser() -> None:
    """Write this visitor's id to a cookie, where the rules need to know it again.

    Does nothing for the operator, for somebody who is signed in, and where the
    browser sends it already.
    """
    known = visitor()
    if known.operator or known.signed_in:
        return
    identity = _identity()
    if st.context.cookies.get(COOKIE) == identity or not _SAFE.fullmatch(identity):
        return
    st.html(
        "<script>document.cookie = "
        f"'{COOKIE}={identity}; path=/; SameSite=Strict; "
        f"max-age={_COOKIE_DAYS * 86_400}'"
        " + (location.protocol === 'https:' ? '; Secure' : '');</script>",
        unsafe_allow_javascript=True,
    )


def _identity() -> str:
    """Return this browser's random id: the session's, the cookie's, or a new one."""
    known = st.session_state.get(IDENTITY) or st.context.cookies.get(COOKIE)
    if not isinstance(known, str) or not _SAFE.fullmatch(known):
        known = secrets.token_urlsafe(32)
    st.session_state[IDENTITY] = known
    return known


def _names(info: dict[str, Any]) -> set[str]:
    """Name a signed-in person by subject, and by an address that is confirmed."""
    names = {str(info["sub"])} if info.get("sub") else set()
    if info.get("email") and str(info.get("email_verified")).lower() == "true":
        names.add(str(info["email"]))
    return names
