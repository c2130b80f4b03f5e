"""One job, in whatever state it is: waiting, running, failed, cancelled, done."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final, Literal

import streamlit as st

from pages._view import cache, state, tokens, visitor, widgets, words
from pages._view.live import live_view
from pages._view.theme import Size
from ser_core import jobs
from ser_core.corpora.registry import lookup
from ser_core.errors import CorpusError
from ser_core.jobs.rules import may_start, refusal
from ser_core.store.settings import settings

_BADGES: Final = {
    "queued": ("waiting", ":material/hourglass_empty:", "orange"),
    "running": ("running", ":material/play_circle:", "blue"),
    "done": ("done", ":material/check_circle:", "green"),
    "failed": ("failed", ":material/error:", "red"),
    "cancelled": ("cancelled", ":material/cancel:", "gray"),
}


_HOMES: Final = {
    "bench": "pages/benchmark.py",
    "pipeline": "pages/benchmark.py",
    "train": "pages/model.py",
    "compare": "pages/model.py",
    "study": "pages/model.py",
    "predict": "pages/demo.py",
    "synthesize": "pages/corpora.py",
    "download": "pages/corpora.py",
}
"""The page that shows the result of each kind of job."""


def job_view(
    job_id: str,
    *,
    kinds: Collection[str],
    on_done: Callable[[jobs.JobView], None],
    size: Size = "normal",
) -> None:
    """Show a job and keep it up to date until it ends.

    Parameters
    ----------
    job_id : str
        As in the address; anything else gives a message.
    kinds : collection of str
        Whose results the page can draw; for another one it leads to the right page.
    on_done : callable
        Draws the result of a job that is done.
    size : {"normal", "big"}
        ``big`` for a projector.

    """
    with widgets.said_plainly():
        view = jobs.view(job_id, cache.lab())
        tokens.keep_in_browser(job_id)
        visitor.keep_in_browser()
        _header(view)
        if not view.ended:
            live_view(
                job_id,
                drawn_state=view.state,
                synthetic=_synthetic(view),
                size=size,
            )
        elif view.state != "done":
            _ended_early(view)
        elif view.kind in kinds:
            on_done(view)
        else:
            _elsewhere(view)


def _elsewhere(view: jobs.JobView) -> None:
    """Lead to the page that shows what a job made."""
    st.info(
        "What this job made is shown on another page.", icon=":material/directions:"
    )
    page = _HOMES.get(view.kind)
    if page is not None:
        st.page_link(
            page,
            label="Open it there",
            icon=":material/open_in_new:",
            query_params={state.JOB: view.job_id},
        )


def _header(view: jobs.JobView) -> None:
    """Say what runs, how it stands, who may cancel it, and how to share it."""
    word, icon, colour = _BADGES[view.state]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(
            words.KINDS.get(view.kind, view.kind), anchor=False, width="content"
        )
        st.badge(word, icon=icon, color=colour)
        st.space("stretch")
        with st.popover("Share", icon=":material/share:"):
            st.write(
                "Whoever opens this link watches live. The link gives no right to "
                "cancel: that stays with the browser that started the job."
            )
            st.code(f"{st.context.url}?{state.JOB}={view.job_id}", language=None)
        if not view.ended:
            _cancel(view.job_id)


def _synthetic(view: jobs.JobView) -> bool:
    """Tell whether a job works on voices made by SER Lab."""
    corpus = view.spec.parameters.get("corpus") if view.spec else None
    if not isinstance(corpus, str):
        return False
    try:
        return lookup(corpus, data=cache.lab()).synthetic
    except CorpusError:
        # not made yet, or gone: the job itself says so in its own words
        return False


def _cancel(job_id: str) -> None:
    """Offer to cancel to whoever submitted the job, and say so to the others."""
    token = tokens.token_of(job_id)
    # at home everybody is the operator, and another browser's job still is not ours
    operator = settings(cache.lab()).shared and visitor.visitor().operator
    if token is None and not operator:
        st.badge(
            "read-only",
            icon=":material/visibility:",
            color="gray",
            help="You watch somebody else's job. Only the browser that started it, or "
            "the operator of this machine, may cancel it.",
        )
        return
    with st.popover("Cancel", icon=":material/stop_circle:"):
        st.write("End the job and everything it started? What it did so far is lost.")
        if st.button("Yes, cancel it", type="primary", key=f"cancel-{job_id}"):
            with widgets.said_plainly():
                jobs.cancel(job_id, token=token, operator=operator, data=cache.lab())
                st.rerun()


def _ended_early(view: jobs.JobView) -> None:
    """Say why there is no result."""
    if view.state == "cancelled":
        st.warning(
            "This job was cancelled. Nothing it measured is kept, because a part of a "
            "run cannot be compared with a whole one.",
            icon=":material/cancel:",
        )
    else:
        st.error(
            f"This job failed: {view.reason or 'no reason was left behind'}",
            icon=":material/error:",
        )
    log = cache.events(view.job_id).log
    if log:
        with st.expander("What the job said"):
            widgets.notes([str(line["message"]) for line in log])


def open_job(page: str, *, kind: str, parameters: dict[str, object]) -> None:
    """Submit a job and open its live view.

    Parameters
    ----------
    page : str
        The page whose address the view gets, as ``pages/benchmark.py``.
    kind : str
        Kind of job.
    parameters : dict
        What the job needs, plain JSON.

    """
    job_id = submit_job(kind=kind, parameters=parameters)
    st.switch_page(page, query_params={state.JOB: job_id})


def submit_job(*, kind: str, parameters: dict[str, object]) -> str:
    """Submit a job as this visitor's, and return its id.

    Raises
    ------
    SerError
        A rule of this server does not allow it, or it cannot be started.

    """
    submission = jobs.submit(
        jobs.JobSpec(kind=kind, parameters=parameters),
        data=cache.lab(),
        visitor=visitor.visitor(),
    )
    tokens.remember(submission.job_id, submission.token)
    return submission.job_id


def may_start_here() -> bool:
    """Tell whether this visitor may start a job now; estimates need that, too."""
    return may_start(visitor.visitor(), data=cache.lab())


def start_button(
    label: str,
    *,
    icon: str | None = ":material/play_arrow:",
    key: str | None = None,
    width: Literal["content", "stretch"] = "content",
) -> bool:
    """Offer to start a job, or say which rule of this server is in the way.

    Parameters
    ----------
    label, icon, key, width
        Of the button.

    Returns
    -------
    pressed : bool

    """
    reason = refusal(visitor.visitor(), data=cache.lab())
    if reason is not None:
        st.info(f"{reason[0].upper()}{reason[1:]}.", icon=":material/gavel:")
        return False
    return st.button(label, type="primary", icon=icon, key=key, width=width)
