"""The table of corpora, and the choice of one."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages._view import state, widgets
from ser_core.corpora.registry import RegisteredCorpus, registered, unregister
from ser_core.store.data_folder import DataFolder


def corpora_table(corpora: Sequence[RegisteredCorpus]) -> pd.DataFrame:
    """Lay registered corpora out as a table, one row a corpus."""
    return pd.DataFrame(
        {
            "name": [corpus.name for corpus in corpora],
            "read as": [corpus.reader or "recognised" for corpus in corpora],
            "from": [corpus.origin for corpus in corpora],
            "there": [corpus.available for corpus in corpora],
            "folder": [str(corpus.root) for corpus in corpora],
        }
    )


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
        corpora_table(corpora),
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
        st.warning(
            f"The folder '{chosen.root}' is not there now. Connect the disk it lies "
            "on, or take it off the list.",
            icon=":material/link_off:",
        )
        return None
    return chosen


def _offer_to_forget(corpus: RegisteredCorpus, data: DataFolder) -> None:
    """Offer to take a registered folder off the list; its files stay."""
    if corpus.origin != "registered":
        return
    with st.popover("Take off the list", width="stretch"):
        st.write("The files stay where they are; only the entry goes.")
        if st.button(f"Take '{corpus.name}' off", key=f"forget-{corpus.name}"):
            with widgets.said_plainly():
                unregister(corpus.name, data=data)
                st.rerun()
