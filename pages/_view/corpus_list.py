"""The table of corpora, and the choice of one."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages._view import state, visitor, widgets
from ser_core.corpora.registry import RegisteredCorpus, registered
from ser_core.jobs.sharing import may_delete, unregister_corpus
from ser_core.store.data_folder import DataFolder


def corpora_table(
    corpora: Sequence[RegisteredCorpus], *, folders: bool = True
) -> pd.DataFrame:
    """Lay registered corpora out as a table, one row a corpus.

    Parameters
    ----------
    corpora : sequence of RegisteredCorpus
    folders : bool, default=True
        Say where each one lies.

    """
    table = pd.DataFrame(
        {
            "name": [corpus.name for corpus in corpora],
            "read as": [corpus.reader or "recognised" for corpus in corpora],
            "from": [corpus.origin for corpus in corpora],
            "there": [corpus.available for corpus in corpora],
            "folder": [str(corpus.root) for corpus in corpora],
        }
    )
    return table if folders else table.drop(columns="folder")


def choose_corpus(data: DataFolder) -> RegisteredCorpus | None:
    """Show the corpora this machine knows and let the visitor pick one.

    Returns
    -------
    corpus : RegisteredCorpus or None
        None while there is none that can be opened.

    """
    corpora = registered(data)
    if not corpora:
        widgets.empty(
            "No corpus yet. Generate the synthetic one (no download, under a minute "
            "for 400 utterances), or register a folder that you have."
        )
        return None
    names = [corpus.name for corpus in corpora]
    st.dataframe(
        corpora_table(corpora, folders=visitor.sees_folders()),
        hide_index=True,
        height="content" if len(corpora) < 8 else "auto",
        column_config={"there": st.column_config.CheckboxColumn(width="small")},
    )
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    name = left.selectbox(
        "Look inside", names, key=state.CORPORA_CHOSEN, persist_state="session"
    )
    chosen = corpora[names.index(name or names[0])]
    with right:
        _offer_to_forget(chosen, data)
    if not chosen.available:
        where = f" '{chosen.root}'" if visitor.sees_folders() else ""
        st.warning(
            f"Its folder{where} is not there now. Connect the disk it lies "
            "on, or take it off the list.",
            icon=":material/link_off:",
        )
        return None
    return chosen


def _offer_to_forget(corpus: RegisteredCorpus, data: DataFolder) -> None:
    """Offer to take a registered folder off the list; its files stay."""
    who = visitor.visitor()
    if corpus.origin != "registered":
        return
    if not may_delete("corpus", corpus.name, who, data=data):
        st.caption("Others may be using it: only the operator takes it off the list.")
        return
    with st.popover("Take off the list", width="stretch"):
        st.write("The files stay where they are; only the entry goes.")
        if st.button(f"Take '{corpus.name}' off", key=f"forget-{corpus.name}"):
            with widgets.said_plainly():
                unregister_corpus(corpus.name, visitor=who, data=data)
                st.rerun()
