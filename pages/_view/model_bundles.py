"""Saved models: their cards, download, check, delete, import."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd
import streamlit as st

from pages._view import cache, format, state, visitor, widgets
from ser_core.jobs.sharing import delete_model, import_model, may_delete
from ser_core.models.bundle import BundleSummary, list_bundles
from ser_core.models.bundle_zip import check_in_process, export_zip
from ser_core.store.data_folder import DataFolder

_PAGE: Final = "pages/model.py"


def saved_models(data: DataFolder) -> None:
    """Show the saved models of this installation and what can be done with them."""
    message = st.session_state.pop(state.MODEL_MESSAGE, None)
    if message:
        st.toast(message, icon=":material/check:")
    bundles = list_bundles(data)
    if bundles:
        st.dataframe(
            bundles_table(bundles),
            hide_index=True,
            placeholder="",
            height="content" if len(bundles) <= 8 else 320,
            column_config={
                "UAR unseen": st.column_config.NumberColumn(format="%.1f %%")
            },
        )
        _one(bundles, data)
    else:
        widgets.empty(
            "No model is saved yet. Give a training a name under *Save the model as*, "
            "or import a model below."
        )
    _import(data)


def bundles_table(bundles: Sequence[BundleSummary]) -> pd.DataFrame:
    """Lay saved models out as a table, one row each."""
    return pd.DataFrame([_row(bundle) for bundle in bundles])


def _row(bundle: BundleSummary) -> dict[str, object]:
    """Put one saved model into a row; one that cannot be read has its reason."""
    card = bundle.card
    if card is None:
        return {"name": bundle.name, "state": f"cannot be used: {bundle.problem}"}
    unseen = card.results.unseen_speakers
    if unseen is None and card.results.plan.get("speaker_independent"):
        unseen = card.results.plan
    return {
        "name": bundle.name,
        "state": "ready",
        "model": card.model,
        "features": card.features.label,
        "classes": len(card.classes),
        "learned from": " + ".join(corpus.name for corpus in card.corpora),
        "UAR unseen": None if unseen is None else 100 * float(unseen["uar"]),
        "saved": format.when(card.created_utc),
        "size": format.size(bundle.size_bytes),
    }


def _one(bundles: Sequence[BundleSummary], data: DataFolder) -> None:
    """Show one saved model's card and what can be done with it."""
    names = [bundle.name for bundle in bundles]
    wanted = st.session_state.pop(state.MODEL_BUNDLE_WANTED, None)
    if wanted is None and state.MODEL_BUNDLE not in st.session_state:
        wanted = st.query_params.get(state.BUNDLE)
    if wanted in names:
        st.session_state[state.MODEL_BUNDLE] = wanted
    if st.session_state.get(state.MODEL_BUNDLE) not in (None, *names):
        del st.session_state[state.MODEL_BUNDLE]
    name = st.selectbox("Saved model", names, key=state.MODEL_BUNDLE)
    bundle = bundles[names.index(name or names[0])]
    _actions(bundle, data)
    if bundle.card is None:
        st.error(bundle.problem or "It cannot be read.", icon=":material/error:")
        return
    with st.container(border=True):
        st.markdown(bundle.card.to_markdown())


def _actions(bundle: BundleSummary, data: DataFolder) -> None:
    """Offer to check, take away or delete a saved model."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if bundle.card is not None:
            card = bundle.card
            checked = st.button(
                "Load it and try",
                icon=":material/fact_check:",
                key="model.bundle_check",
                help="Loads the model in a process of its own and compares its answers "
                "with those it gave when it was saved.",
            )
            st.download_button(
                "Model (zip)",
                lambda: export_zip(bundle.folder),
                f"{bundle.name}.zip",
                "application/zip",
                icon=":material/download:",
                on_click="ignore",
                key=f"zip-{bundle.name}",
            )
            st.download_button(
                "Card (Markdown)",
                card.to_markdown,
                f"{bundle.name}.md",
                "text/markdown",
                icon=":material/description:",
                on_click="ignore",
                key=f"card-{bundle.name}",
            )
            if card.record_id and _is_stored(card.record_id):
                st.page_link(
                    _PAGE,
                    label="Its run",
                    icon=":material/open_in_new:",
                    query_params={state.RUN: card.record_id},
                )
        with st.popover("Delete", icon=":material/delete:"):
            _offer_to_delete(bundle.name, data)
    if bundle.card is not None and checked:
        _check(bundle)


def _offer_to_delete(name: str, data: DataFolder) -> None:
    """Ask once more before a saved model is deleted, if this visitor may."""
    if not may_delete("model", name, visitor.visitor(), data=data):
        st.write(
            "On this server, a model is deleted by who saved it, or by the operator."
        )
        return
    st.write(f"Delete '{name}' for everybody on this machine?")
    if st.button("Yes, delete", type="primary", key=f"delete-{name}"):
        _delete(name, data)


def _is_stored(run_id: str) -> bool:
    """Tell whether a run is still in the list."""
    return any(run.id == run_id for run in cache.runs().list())


def _check(bundle: BundleSummary) -> None:
    """Load a saved model apart from this server, and say how that went."""
    with widgets.said_plainly():
        with st.spinner("Loading the model in a process of its own …"):
            check_in_process(bundle.folder)
        st.success(
            f"'{bundle.name}' loads, and answers as it did when it was saved.",
            icon=":material/check_circle:",
        )


def _delete(name: str, data: DataFolder) -> None:
    """Delete a saved model and say so."""
    with widgets.said_plainly():
        delete_model(name, visitor=visitor.visitor(), data=data)
        st.session_state[state.MODEL_MESSAGE] = f"Deleted '{name}'."
        st.session_state.pop(state.MODEL_BUNDLE, None)
        st.rerun()


def _import(data: DataFolder) -> None:
    """Take in a model that was saved on another machine."""
    st.subheader("Import a model from another machine", anchor=False)
    uploaded = st.file_uploader(
        "A zip file that SER Lab exported",
        type=["zip"],
        key=state.MODEL_BUNDLE_UPLOAD,
        help="Its files are checked against a fixed list of kinds, and the model is "
        "tried in a process of its own before it is kept. Nothing in it is run.",
    )
    name = st.text_input(
        "Name here (optional)",
        key=state.MODEL_BUNDLE_NAME,
        placeholder="the model's own name",
    )
    if uploaded is not None and st.button("Import", type="primary"):
        with widgets.said_plainly():
            with st.spinner("Checking the model …"):
                visitor.keep_in_browser()
                card = import_model(
                    uploaded.getvalue(),
                    visitor=visitor.visitor(),
                    data=data,
                    name=name.strip() or None,
                )
            st.session_state[state.MODEL_MESSAGE] = f"Imported '{card.name}'."
            st.session_state[state.MODEL_BUNDLE_WANTED] = card.name
            st.rerun()
