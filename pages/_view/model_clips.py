"""The recordings behind a cell of the confusion matrix: found again, and played."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

import numpy as np
import pandas as pd
import streamlit as st

from pages._view import cache, format, state
from pages._view.private_sound import private
from ser_core.corpora.registry import RegisteredCorpus, registered
from ser_core.errors import AudioError, CorpusError
from ser_core.store.data_folder import DataFolder

Record = dict[str, Any]
Result = dict[str, Any]

A_PAGE: Final = 6
"""Players on the page at once: each one is a decoded recording."""


@dataclass(frozen=True)
class Clip:
    """One tested recording.

    Attributes
    ----------
    path : str
        Below its corpus's folder, POSIX style.
    corpus : int
        Index into the record's corpora.
    speaker : str or None
    probabilities : tuple of float or None
        Of each class.
    fold : int

    """

    path: str
    corpus: int
    speaker: str | None
    probabilities: tuple[float, ...] | None
    fold: int


def clips_behind(result: Result, *, truth: int, predicted: int) -> list[Clip]:
    """List the tested recordings of one class that were taken for another.

    Parameters
    ----------
    result : dict
        A RESULT of a record.
    truth, predicted : int
        Indices into the record's classes.

    Returns
    -------
    clips : list of Clip
        The surest first where probabilities are known, else in the record's order.

    """
    table = result["predictions"]
    rows = np.flatnonzero(
        (np.asarray(table["truth"]) == truth)
        & (np.asarray(table["predicted"]) == predicted)
    )
    chances = table["probabilities"]
    clips = [
        Clip(
            path=table["path"][row],
            corpus=table["corpus"][row],
            speaker=table["speaker"][row],
            probabilities=None if chances is None else tuple(chances[row]),
            fold=table["fold"][row],
        )
        for row in rows.tolist()
    ]
    if chances is None:
        return clips
    return sorted(clips, key=lambda clip: -(clip.probabilities or (0.0,))[predicted])


def find_corpus(record: Record, corpus: int, *, data: DataFolder) -> RegisteredCorpus:
    """Find the registered corpus that a record's recordings came from.

    Parameters
    ----------
    record : dict
    corpus : int
        Index into its corpora.
    data : DataFolder

    Raises
    ------
    CorpusError
        It is not registered here, or its folder is not there now.

    """
    named = record["corpora"][corpus]
    planned: Sequence[str] = record["plan"]["corpora"]
    asked = planned[corpus] if corpus < len(planned) else named["name"]
    known = registered(data)
    for entry in known:
        if entry.name == asked:
            break
    else:
        alike = [entry for entry in known if entry.root.name == named["root"]]
        if len(alike) != 1:
            raise CorpusError(
                f"The recordings of '{named['name']}' are not registered on this "
                "machine, so they cannot be played. Register their folder on the "
                f"Corpora page under the name '{asked}'."
            )
        (entry,) = alike
    if not entry.available:
        raise CorpusError(
            f"The folder '{entry.root}' of corpus '{entry.name}' is not there now; "
            "connect the disk it lies on to hear its recordings.",
            path=str(entry.root),
        )
    return entry


def resolve_clip(entry: RegisteredCorpus, path: str) -> Path:
    """Return where a recording lies, inside its corpus's folder only.

    Parameters
    ----------
    entry : RegisteredCorpus
    path : str
        Below the corpus's folder, POSIX style, as a record has it.

    Raises
    ------
    CorpusError
        The path leads out of the folder, or nothing lies there.

    """
    relative = PurePosixPath(path)
    root = entry.root.resolve()
    try:
        found = (root / Path(*relative.parts)).resolve()
        inside = found.is_relative_to(root) and not relative.is_absolute()
        there = inside and found.is_file()
    except (OSError, ValueError, RuntimeError):
        inside = there = False
    if not inside:
        raise CorpusError(
            f"'{path}' does not lie in the folder of corpus '{entry.name}'; it is not "
            "opened"
        )
    if not there:
        raise CorpusError(
            f"'{path}' is not in the folder of corpus '{entry.name}' any more",
            path=path,
        )
    return found


def show_clips(
    record: Record,
    clips: Sequence[Clip],
    *,
    predicted: int,
    key: str,
    data: DataFolder,
) -> None:
    """List the recordings and play some of them, a page at a time."""
    if not clips:
        st.caption("No recording is behind this cell.")
        return
    st.dataframe(
        _table(record, clips, predicted),
        hide_index=True,
        placeholder="",
        height=_height(len(clips)),
    )
    first = _page(len(clips), key=key)
    columns = st.columns(2)
    for number, clip in enumerate(clips[first : first + A_PAGE], start=first + 1):
        with columns[(number - first - 1) % 2]:
            _play(record, clip, number=number, predicted=predicted, data=data)


def _height(n_rows: int) -> int | str:
    """Keep a long list short enough to leave the players in sight."""
    return "content" if n_rows <= A_PAGE else 250


def _table(record: Record, clips: Sequence[Clip], predicted: int) -> pd.DataFrame:
    """Lay recordings out as a table, one row each."""
    several = len(record["corpora"]) > 1
    rows = {"recording": [clip.path for clip in clips]}
    if several:
        rows["corpus"] = [record["corpora"][clip.corpus]["name"] for clip in clips]
    rows["speaker"] = [clip.speaker or "unknown" for clip in clips]
    rows["how sure"] = [
        format.percent(clip.probabilities[predicted] if clip.probabilities else None)
        for clip in clips
    ]
    return pd.DataFrame(rows)


def _page(n_clips: int, *, key: str) -> int:
    """Ask which of the recordings are to be heard; return the first one's index."""
    if n_clips <= A_PAGE:
        return 0
    pages = -(-n_clips // A_PAGE)
    number = st.number_input(
        f"Players, {A_PAGE} at a time: page (of {pages:,})",
        min_value=1,
        max_value=pages,
        value=1,
        key=f"{state.MODEL_CLIPS_PAGE}-{key}",
        width=260,
    )
    return (int(number) - 1) * A_PAGE


def _play(
    record: Record, clip: Clip, *, number: int, predicted: int, data: DataFolder
) -> None:
    """Play one recording, or say why it cannot be played."""
    who = "speaker unknown" if clip.speaker is None else f"speaker {clip.speaker}"
    caption = f"**{number}** · `{clip.path}` · {who}"
    if clip.probabilities is not None:
        taken = record["classes"][predicted]
        caption += f" · {format.percent(clip.probabilities[predicted])} {taken}"
    st.caption(caption)
    try:
        entry = find_corpus(record, clip.corpus, data=data)
        path = resolve_clip(entry, clip.path)
        status = path.stat()
        heard = cache.recording(str(path), status.st_mtime_ns, status.st_size)
    except (CorpusError, AudioError) as error:
        st.warning(error.message, icon=":material/volume_off:")
        return
    except OSError as error:
        st.warning(
            f"'{clip.path}' cannot be opened ({error.strerror}).",
            icon=":material/volume_off:",
        )
        return
    st.audio(private(heard.wav), format="audio/wav")
