"""The result of a job that heard recordings of a corpus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import streamlit as st

from pages._view import cache, demo_cache, state
from pages._view.demo_clip import Clip, of_recording
from pages._view.demo_level import choose_level, level_of
from pages._view.demo_many import choose_row, overview
from pages._view.demo_result import one_clip, show
from ser_core.corpora.contract import ReadOptions
from ser_core.corpora.registry import RegisteredCorpus, registered
from ser_core.errors import CorpusError
from ser_core.inference.documents import from_document
from ser_core.inference.loading import ModelChoice, model_choices
from ser_core.inference.results import FileResult
from ser_core.jobs import JobView
from ser_core.models.card_text import inert
from ser_core.store.data_folder import DataFolder


def job_done(view: JobView) -> None:
    """Show what a job heard: one recording in full, or many in a table.

    Parameters
    ----------
    view : JobView
        Of a job of kind ``predict`` that is done.

    """
    data = cache.lab()
    told = view.result()
    results = [from_document(document) for document in told["results"]]
    choice = _model(str(told["model"]), data)
    entry = _corpus(str(told["corpus"]), data)
    st.markdown(
        f"**{inert(told['model'])}** heard recordings of **{inert(told['corpus'])}**."
    )
    if choice is None:
        st.warning(
            "The model that heard them is not here any more, so nothing of this can be "
            "opened in full.",
            icon=":material/warning:",
        )
    if len(results) == 1 and choice is not None and entry is not None:
        _open(results[0], entry, choice, data, slider=True)
        return
    truths = None if entry is None else _truths(results, entry)
    if choice is not None and choice.card is not None:
        card = choice.card
        choose_level(card)
        results = [result.decided(card, level_of(card)) for result in results]
    overview(results, name=f"ser-lab-heard-{view.job_id[:8]}", truths=truths)
    row = choose_row(
        results, key=f"{state.DEMO_TABLE}-{view.job_id[:12]}", truths=truths
    )
    if row is not None and choice is not None and entry is not None:
        _open(results[row], entry, choice, data, slider=False)


def _open(
    result: FileResult,
    entry: RegisteredCorpus,
    choice: ModelChoice,
    data: DataFolder,
    *,
    slider: bool,
) -> None:
    """Show one recording in full; a short one is heard again, for its sound."""
    if result.error is not None:
        st.error(inert(result.error), icon=":material/error:")
        return
    clip = _clip(result, entry)
    model = demo_cache.model(choice, data)
    key = demo_cache.model_key(choice)
    if result.whole:
        one_clip(clip, model, key, data, slider=slider)
        return
    kept = demo_cache.place(clip.key, key)
    kept.result = result
    show(clip, kept, model, data, slider=slider)


def _clip(result: FileResult, entry: RegisteredCorpus) -> Clip:
    """Find a recording again, below its corpus and nowhere else.

    Raises
    ------
    CorpusError
        It does not lie there.
    AudioError
        It is gone.

    """
    path = (entry.root / result.file).resolve()
    if not path.is_relative_to(entry.root.resolve()):
        raise CorpusError(f"'{result.file}' does not lie below corpus '{entry.name}'")
    return of_recording(path, name=result.file, truth=_labels(entry).get(result.file))


def _truths(
    results: Sequence[FileResult], entry: RegisteredCorpus
) -> list[str | None] | None:
    """Return what the corpus calls each recording; None where it calls none."""
    labels = _labels(entry)
    found = [labels.get(result.file) for result in results]
    return found if any(found) else None


def _labels(entry: RegisteredCorpus) -> Mapping[str, str]:
    """Return the emotion of each recording by its path below the corpus."""
    try:
        read = cache.corpus(str(entry.root), entry.reader, ReadOptions())
    except CorpusError:
        # a folder of unlabelled recordings can be heard all the same
        return {}
    return {_below(u.path, read.root): u.emotion for u in read.utterances}


def _below(path: Path, root: Path) -> str:
    """Write a path as the results do."""
    return path.relative_to(root).as_posix()


def _model(name: str, data: DataFolder) -> ModelChoice | None:
    """Find the model that heard them, if it is still here."""
    found = {choice.name: choice for choice in model_choices(data)}.get(name)
    return found if found is not None and found.card is not None else None


def _corpus(name: str, data: DataFolder) -> RegisteredCorpus | None:
    """Find the corpus, if its folder is still here."""
    found = {entry.name: entry for entry in registered(data)}.get(name)
    return found if found is not None and found.available else None
