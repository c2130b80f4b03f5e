"""Download a published corpus, or say how to get it."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pages._view import format, state, widgets
from pages._view.job_view import open_job, start_button
from ser_core.corpora.download_sources import SOURCES, Source
from ser_core.store.data_folder import DataFolder

_PAGE: Final = "pages/corpora.py"


def download_form(data: DataFolder) -> None:
    """Offer the published corpora, each with its licence and citation."""
    name = st.selectbox(
        "Corpus",
        list(SOURCES),
        format_func=lambda key: SOURCES[key].title,
        key=state.CORPORA_SOURCE,
        persist_state="session",
    )
    source = SOURCES[str(name)]
    with st.container(border=True):
        left, right = st.columns(2)
        left.markdown(
            f"**Speakers:** {source.speakers}  \n"
            f"**Length:** {_hours(source)}  \n"
            f"**Size:** {_size(source)}"
        )
        right.markdown(
            f"**Licence:** {source.licence}  \n"
            f"**Cite:** {source.citation}  \n"
            f"**Home:** {source.home}"
        )
    if source.downloadable:
        _button(source, data)
    else:
        st.info(
            "**This corpus cannot be fetched by a button.**\n\n"
            + "\n".join(f"1. {step}" for step in source.steps),
            icon=":material/assignment:",
        )


def _hours(source: Source) -> str:
    """Write the length of all recordings."""
    return "not published" if source.hours is None else f"{source.hours:g} hours"


def _size(source: Source) -> str:
    """Write the size of the distribution."""
    size = source.size_bytes
    return "asked for before the download" if size is None else format.size(size)


def _button(source: Source, data: DataFolder) -> None:
    """Choose parts and start the download as a job."""
    optional = [part.name for part in source.parts if not part.always]
    chosen = optional
    if len(optional) > 1:
        chosen = widgets.some_of(
            "Parts",
            optional,
            key=f"{state.CORPORA_PARTS}-{source.name}",
            default=optional[:1],
            help_text="Labels come along with every part. Further parts can follow "
            "later; what is there already is not fetched again.",
        )
    st.caption(
        f"It becomes the corpus '{source.name}' in the data folder; "
        f"{format.size(data.free_bytes())} are free. A download that breaks off "
        "continues where it stopped when started again. By starting it you accept the "
        "licence above."
    )
    if not chosen:
        st.warning("Choose at least one part.", icon=":material/warning:")
        return
    if start_button("Download", icon=":material/download:"):
        with widgets.said_plainly():
            open_job(
                _PAGE,
                kind="download",
                parameters={
                    "corpus": source.name,
                    "folder": str(data.corpora / source.name),
                    "parts": chosen,
                },
            )
