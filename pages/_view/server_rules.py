"""The rules of this server, and what of it is the visitor's own."""

from __future__ import annotations

from typing import Final

import pandas as pd
import streamlit as st

from pages._view import format, visitor, widgets
from pages._view.sign_in import sign_in
from ser_core.jobs.rules import has_operator_token
from ser_core.jobs.sharing import remove_own_jobs
from ser_core.jobs.usage import usage
from ser_core.store.data_folder import DataFolder
from ser_core.store.settings import Settings, settings

_WHO: Final = {
    "everyone": "everyone",
    "signed-in": "people who are signed in",
    "operator": "the operator alone",
}


def server_rules(data: DataFolder) -> None:
    """Show the rules in force, the visitor's own use, and the operator's door."""
    chosen = settings(data)
    who = visitor.visitor()
    visitor.keep_in_browser()
    st.subheader("Rules of this server", anchor=False)
    if visitor.at_home(chosen):
        st.caption(
            "This server is not shared: whoever reaches it is its operator, and "
            "nobody is held back. docs/deploying.md says how to share it."
        )
        if chosen == Settings():
            return
    st.dataframe(rules_table(chosen), hide_index=True, height="content")
    _own(who, chosen, data)
    with st.container(horizontal=True, vertical_alignment="center"):
        sign_in()
        _operators_door(who)


def rules_table(chosen: Settings) -> pd.DataFrame:
    """Put the rules into words, one row each."""
    folders = chosen.corpus_folders
    return pd.DataFrame(
        [
            ("who may start jobs", _WHO[chosen.start_jobs]),
            ("jobs waiting, all together", _limit(chosen.max_jobs_waiting)),
            ("jobs of one visitor", _limit(chosen.max_jobs_per_visitor)),
            ("longest job", _duration(chosen.max_job_s)),
            ("disk for one visitor", _size(chosen.visitor_bytes)),
            ("folders of ended jobs stay", _days(chosen.keep_jobs_days)),
            ("run records stay", _days(chosen.keep_records_days)),
            (
                "folders to register",
                "any"
                if folders is None
                else f"below {format.count(len(folders), 'folder')} of the operator's"
                if folders
                else "none",
            ),
            ("largest upload", format.size(chosen.max_upload_bytes)),
            ("longest upload", format.duration(chosen.max_upload_s)),
            ("deleting", "one's own" if chosen.shared else "everyone, everything"),
        ],
        columns=["rule", "here"],
    )


def _own(who: visitor.Visitor, chosen: Settings, data: DataFolder) -> None:
    """Say what the visitor has here, and offer to delete ended jobs."""
    if who.operator:
        st.caption("You are the operator: the limits do not hold for you.")
        return
    own = usage(who, data=data)
    room = (
        ""
        if chosen.visitor_bytes is None
        else f" of {format.size(chosen.visitor_bytes)}"
    )
    st.markdown(
        f"**You:** {format.count(own.n_under_way + own.n_ended, 'job')} "
        f"({own.n_under_way} under way), {format.size(own.n_bytes)}{room}"
    )
    if own.n_ended and st.button(
        "Delete my ended jobs",
        icon=":material/delete:",
        key="home.delete_jobs",
        help="Their live views go; records and saved models stay.",
    ):
        with widgets.said_plainly():
            remove_own_jobs(who, data=data)
            st.rerun()


def _operators_door(who: visitor.Visitor) -> None:
    """Take the operator's token, where the server has one."""
    if who.operator or not has_operator_token():
        return
    with (
        st.popover("I am the operator", icon=":material/key:"),
        st.form("home.operator", border=False, clear_on_submit=True),
    ):
        given = st.text_input("Operator's token", type="password", max_chars=512)
        sent = st.form_submit_button("Go on as the operator")
    if sent:
        with widgets.said_plainly():
            visitor.give_token(given)
            st.rerun()


def _limit(number: int | None) -> str:
    """Write a number that may be no limit."""
    return "no limit" if number is None else f"{number:,}"


def _size(n_bytes: int | None) -> str:
    """Write a size that may be no limit."""
    return "no limit" if n_bytes is None else format.size(n_bytes)


def _duration(seconds: int | None) -> str:
    """Write a length of time that may be no limit."""
    return "no limit" if seconds is None else format.duration(seconds)


def _days(days: int | None) -> str:
    """Write how long something stays."""
    return "for good" if days is None else format.count(days, "day")
