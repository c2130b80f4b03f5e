"""Many recordings: heard one after the other, in a table, each to be opened."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import pandas as pd
import streamlit as st

from pages._view import demo_cache, format, state
from pages._view.demo_clip import Clip
from pages._view.demo_level import choose_level, level_of
from pages._view.demo_many import COLUMNS, choose_row, overview, results_table
from pages._view.demo_result import one_clip
from ser_core.errors import AudioError
from ser_core.inference.loading import SpeechModel
from ser_core.inference.results import FileResult
from ser_core.models.card_text import inert
from ser_core.store.data_folder import DataFolder

MOST_FILES: Final = 500
_EVERY_S: Final = 1.0


def batch(
    clips: Sequence[Clip], model: SpeechModel, model_key: str, data: DataFolder
) -> None:
    """Hear recordings that were not heard yet, and show all of them.

    Parameters
    ----------
    clips : sequence of Clip
    model : SpeechModel
    model_key : str
        By which the model is known again.
    data : DataFolder

    """
    if len(clips) > MOST_FILES:
        st.warning(
            f"{len(clips):,} recordings are more than this page takes at once; the "
            f"first {MOST_FILES:,} are heard. For all of them, register their folder "
            "as a corpus, or use `python -m ser_core predict`.",
            icon=":material/filter_alt:",
        )
    clips = clips[:MOST_FILES]
    places = [demo_cache.batch_place(clip.key, model_key) for clip in clips]
    if any(place.result is None for place in places):
        _hear_rest(clips, places, model, data)
    heard = [
        (clip, replace(place.result, file=clip.name))
        for clip, place in zip(clips, places, strict=True)
        if place.result is not None
    ]
    if not heard:
        return
    choose_level(model.card)
    level = level_of(model.card)
    results = [result.decided(model.card, level) for _, result in heard]
    overview(results, name="ser-lab-demo")
    row = choose_row(results, key=f"{state.DEMO_TABLE}-{_name_of(clips)[:12]}")
    if row is not None:
        one_clip(heard[row][0], model, model_key, data, slider=False)


def _hear_rest(
    clips: Sequence[Clip],
    places: Sequence[demo_cache.Place],
    model: SpeechModel,
    data: DataFolder,
) -> None:
    """Hear what was not heard yet, unless the visitor stopped it."""
    name = _name_of(clips)
    n_done = sum(place.result is not None for place in places)
    if st.session_state.get(state.DEMO_STOPPED) == name:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**Stopped** after {n_done:,} of {len(clips):,} recordings.")
            st.button(
                "Go on",
                icon=":material/play_arrow:",
                key="demo.go_on",
                on_click=_set_stopped,
                args=(None,),
            )
        return
    room = st.empty()
    with room.container():
        bar = st.progress(0.0, text="Listening …")
        st.button(
            "Stop listening",
            icon=":material/stop_circle:",
            key="demo.stop",
            on_click=_set_stopped,
            args=(name,),
        )
        table = st.empty()
        problem = _hear_each(clips, places, model, data, bar=bar, table=table)
    room.empty()
    if problem is not None:
        st.warning(inert(problem), icon=":material/hourglass_empty:")
        st.button("Go on", icon=":material/refresh:", key="demo.again")


def _hear_each(
    clips: Sequence[Clip],
    places: Sequence[demo_cache.Place],
    model: SpeechModel,
    data: DataFolder,
    *,
    bar: st.delta_generator.DeltaGenerator,
    table: st.delta_generator.DeltaGenerator,
) -> str | None:
    """Hear one after the other, showing how far it is; return what stopped it."""
    drawn_s = 0.0
    for number, (clip, place) in enumerate(zip(clips, places, strict=True)):
        bar.progress(
            number / len(clips),
            text=f"{number:,} of {format.count(len(clips), 'recording')} · "
            f"{inert(clip.name, longest=60)}",
        )
        if place.result is None:
            try:
                place.result = demo_cache.lean(demo_cache.hear(clip, model, data))
            except AudioError as error:
                return error.message
        if time.monotonic() - drawn_s > _EVERY_S:
            table.dataframe(
                _so_far(clips, places),
                hide_index=True,
                placeholder="",
                column_config=COLUMNS,
            )
            drawn_s = time.monotonic()
    return None


def _so_far(clips: Sequence[Clip], places: Sequence[demo_cache.Place]) -> pd.DataFrame:
    """Lay out what is heard already, the last one first."""
    found: list[FileResult] = [
        replace(place.result, file=clip.name)
        for clip, place in zip(clips, places, strict=True)
        if place.result is not None
    ]
    return results_table(found[::-1])


def _set_stopped(name: str | None) -> None:
    """Remember which batch was stopped."""
    st.session_state[state.DEMO_STOPPED] = name


def _name_of(clips: Sequence[Clip]) -> str:
    """Return what tells this batch from another one."""
    return hashlib.sha256("".join(clip.key for clip in clips).encode()).hexdigest()
