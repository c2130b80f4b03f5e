"""What can be listened to: uploads, the microphone, examples, a whole corpus."""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import urlsplit

import streamlit as st

from pages._view import demo_cache, demo_words, state
from pages._view.demo_clip import Clip, of_upload
from pages._view.demo_corpus import whole_corpus
from pages._view.demo_examples import choose_example
from ser_core.store.data_folder import DataFolder

UPLOAD, MICROPHONE, EXAMPLES, CORPUS = "Upload", "Microphone", "Examples", "Corpus"
_SECTIONS: Final = {
    "upload": UPLOAD,
    "microphone": MICROPHONE,
    "examples": EXAMPLES,
    "corpus": CORPUS,
}
_MEGABYTE: Final = 1_000_000


def choose_clips(data: DataFolder, *, model_name: str) -> list[Clip]:
    """Let the visitor bring recordings; those of the open tab count.

    Uploads and the microphone are drawn in every tab, because what a widget holds goes
    when it is not drawn.

    Parameters
    ----------
    data : DataFolder
    model_name : str
        Model that hears a whole corpus.

    Returns
    -------
    clips : list of Clip
        Empty while there is nothing to hear.

    """
    upload, microphone, examples, corpus = st.tabs(
        list(_SECTIONS.values()),
        key=state.DEMO_INPUT,
        on_change="rerun",
        default=_SECTIONS.get(st.query_params.get(state.SECTION, "")),
    )
    with upload:
        uploaded = _uploads(data)
    with microphone:
        spoken = _spoken()
    if examples.open:
        with examples:
            return choose_example(data)
    if corpus.open:
        with corpus:
            whole_corpus(data, model_name=model_name)
        return []
    return spoken if microphone.open else uploaded


def _uploads(data: DataFolder) -> list[Clip]:
    """Take uploaded files, in the order in which they came."""
    most = demo_cache.limits(data)
    files = st.file_uploader(
        "Recordings, one or many",
        type=list(demo_words.SUFFIXES),
        accept_multiple_files=True,
        key=state.DEMO_UPLOAD,
        max_upload_size=max(1, most.max_bytes // _MEGABYTE),
    )
    st.caption(demo_words.limits(most))
    st.caption(demo_words.WHERE_IT_GOES)
    return [of_upload(file) for file in files]


def _spoken() -> list[Clip]:
    """Take a recording of the visitor's microphone, at the rate that it has."""
    if microphone_is_refused(st.context.url):
        st.warning(demo_words.NO_MICROPHONE, icon=":material/mic_off:")
        return []
    file = st.audio_input(
        "Speak for two to ten seconds", sample_rate=None, key=state.DEMO_MICROPHONE
    )
    st.caption(demo_words.WHERE_IT_GOES)
    if file is None:
        st.caption(demo_words.MICROPHONE_HINT)
        return []
    return [of_upload(file, name="microphone.wav")]


def microphone_is_refused(address: str | None) -> bool:
    """Tell whether browsers give no microphone at an address.

    Parameters
    ----------
    address : str or None
        As the browser shows it; None where it is not known.

    Returns
    -------
    refused : bool
        Everywhere but over HTTPS and on the machine itself.

    References
    ----------
    W3C: Secure Contexts. https://www.w3.org/TR/secure-contexts/

    Examples
    --------
    >>> microphone_is_refused("http://lab.example:8501/demo")
    True
    >>> microphone_is_refused("http://[::1]:8501/demo")
    False

    """
    if address is None:
        return False
    parts = urlsplit(address)
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme == "https" or host == "localhost" or host.endswith(".localhost"):
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return True
