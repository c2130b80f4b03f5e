"""Who may cancel: the submitter's token, kept in the submitter's browser.

The address of a run is what people share and what a projector shows, so the
token is never in it. It lives in the session and, so that it survives a reload,
in a cookie of the submitter's browser (``docs/decisions/cancel-token.md``).
"""

from __future__ import annotations

import re
from typing import Final

import streamlit as st

from pages._view import state

_COOKIE_DAYS: Final = 7
_SAFE: Final = re.compile(r"[A-Za-z0-9_-]{16,128}")


def remember(job_id: str, token: str) -> None:
    """Keep the token of a job that this visitor just submitted."""
    st.session_state.setdefault(state.TOKENS, {})[job_id] = token


def token_of(job_id: str) -> str | None:
    """Return this visitor's token for a job, or None for somebody else's job."""
    own: dict[str, str] = st.session_state.get(state.TOKENS, {})
    return own.get(job_id) or st.context.cookies.get(_cookie_name(job_id))


def keep_in_browser(job_id: str) -> None:
    """Write the token, if this session holds it, to a cookie of the browser.

    Does nothing where the browser already sends it. Both values are checked
    against a plain alphabet before they become part of a script.
    """
    own: dict[str, str] = st.session_state.get(state.TOKENS, {})
    token = own.get(job_id)
    known = st.context.cookies.get(_cookie_name(job_id)) == token
    if token is None or known or not (_SAFE.fullmatch(token) and _safe_id(job_id)):
        return
    st.html(
        "<script>document.cookie = "
        f"'{_cookie_name(job_id)}={token}; path=/; SameSite=Strict; "
        f"max-age={_COOKIE_DAYS * 86_400}'"
        " + (location.protocol === 'https:' ? '; Secure' : '');</script>",
        unsafe_allow_javascript=True,
    )


def _safe_id(job_id: str) -> bool:
    """Tell whether a job's id can stand in a cookie's name."""
    return _SAFE.fullmatch(job_id) is not None


def _cookie_name(job_id: str) -> str:
    """Name the cookie of one job."""
    return f"serlab_{job_id}"
