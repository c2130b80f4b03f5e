"""Everything the pages keep between reruns; no timing is ever among it.

Corpora are shared between visitors because they are read-only values; a decoded
recording belongs to the session that listens to it.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import io
import logging
import os
import platform
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import soundfile
import streamlit as st

from pages._view import state
from pages._view.live_state import LiveRun
from ser_core import jobs
from ser_core.audio.decode import decode
from ser_core.corpora.contract import ReadOptions
from ser_core.corpora.durations import Durations, durations
from ser_core.corpora.listing import fingerprint
from ser_core.corpora.reader import read_corpus
from ser_core.corpora.utterance import Corpus
from ser_core.errors import RecordError
from ser_core.features.picture import MelPicture, mel_picture
from ser_core.measure.environment import fingerprint as environment_of
from ser_core.store.data_folder import DataFolder, data_folder
from ser_core.store.retention import EVERY_S, Removed, sweep_if_due
from ser_core.store.runs import RunStore, RunSummary
from ser_core.store.settings import settings

_LOG: Final = logging.getLogger(__name__)


def lab() -> DataFolder:
    """Return the data folder that these pages work on, ready for use.

    Raises
    ------
    SerError
        The folder cannot be made or written, or the operator's settings cannot be
        used.

    """
    data = _open_lab(str(data_folder(_argument()).root))
    _clean_up(str(data.root))
    return data


def _argument() -> str | None:
    """Read ``--data-dir`` from ``streamlit run streamlit_app.py -- --data-dir X``."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--data-dir")
    known, _ = parser.parse_known_args(sys.argv[1:])
    return known.data_dir if known.data_dir is None else str(known.data_dir)


@st.cache_resource(max_entries=4, show_spinner="Opening the data folder …")
def _open_lab(root: str) -> DataFolder:
    """Prepare a data folder once a server, and sweep what dead jobs left there."""
    data = DataFolder(Path(root)).prepare()
    # before librosa is imported for a picture
    os.environ.setdefault("NUMBA_CACHE_DIR", str(data.numba_cache))
    jobs.sweep(data)
    return data


@st.cache_resource(max_entries=4, ttl=EVERY_S, show_spinner=False)
def _clean_up(root: str) -> Removed | None:
    """Remove what is old, once an hour, in the turn of whoever comes first."""
    data = DataFolder(Path(root))
    try:
        removed = sweep_if_due(data, settings(data), datetime.now(UTC))
    except RecordError as error:  # pages that need the store say so themselves
        _LOG.warning("nothing was cleaned up: %s", error)
        return None
    if removed is not None:
        _LOG.info("cleaned up: %s", removed.words)
    return removed


def runs() -> RunStore:
    """Return the store of run records."""
    return RunStore(lab().runs)


def measured_runs() -> list[RunSummary]:
    """List the stored benchmarks and pipelines, the newest first."""
    return [run for run in runs().list() if run.kind in ("bench", "pipeline")]


@st.cache_resource(max_entries=1, show_spinner=False)
def environment() -> dict[str, Any]:
    """Describe this machine, once a server."""
    return environment_of()


@st.cache_resource(max_entries=8, ttl=300, show_spinner="Reading the corpus …")
def corpus(root: str, reader: str | None, options: ReadOptions) -> Corpus:
    """Read a corpus folder; names and metadata only."""
    return read_corpus(Path(root), reader=reader, options=options)


def compiled(data: DataFolder) -> bool:
    """Tell whether librosa's inner loops are compiled already."""
    place = Path(os.environ.get("NUMBA_CACHE_DIR", data.numba_cache))
    return any(place.rglob("*.nbi"))


@st.cache_data(max_entries=4, ttl=30, show_spinner=False)
def folder_bytes(root: str) -> int:
    """Sum the sizes of all files below a folder, in bytes."""
    return sum(
        (Path(place) / name).lstat().st_size
        for place, _, names in os.walk(root)
        for name in names
        if (Path(place) / name).exists()
    )


@st.cache_data(max_entries=1, show_spinner=False)
def versions(packages: tuple[str, ...]) -> pd.DataFrame:
    """List Python's version and those of packages, one row each."""
    rows = [("Python", platform.python_version())]
    rows += [(name, importlib.metadata.version(name)) for name in packages]
    return pd.DataFrame(rows, columns=["package", "version"])


def forget_corpora() -> None:
    """Read folders afresh next time, because something changed on disk."""
    corpus.clear()


@st.cache_data(max_entries=8, show_spinner=False)
def table(_corpus: Corpus, key: str) -> pd.DataFrame:
    """Lay a corpus out as a table, one row an utterance.

    Parameters
    ----------
    _corpus : Corpus
    key : str
        Fingerprint of the corpus.

    """
    rows = pd.DataFrame([asdict(utterance) for utterance in _corpus.utterances])
    if rows.empty:
        return rows
    root = _corpus.root
    rows.insert(0, "file", [p.relative_to(root).as_posix() for p in rows["path"]])
    rows = rows.drop(columns=["path", "corpus"])
    known = rows.dropna(axis="columns", how="all")
    words = known.select_dtypes(exclude="number").columns
    return known.assign(**{name: known[name].fillna("") for name in words})


@st.cache_data(max_entries=16, ttl=300, show_spinner=False)
def corpus_key(
    _corpus: Corpus, root: str, reader: str | None, options: ReadOptions
) -> str:
    """Return the fingerprint of a corpus as read."""
    return fingerprint(_corpus)


@st.cache_data(max_entries=8, show_spinner="Reading the lengths of the recordings …")
def lengths(_corpus: Corpus, key: str) -> Durations:
    """Read every recording's duration from its header."""
    return durations([u.path for u in _corpus.utterances])


@dataclass(frozen=True)
class Recording:
    """One decoded recording, ready for the page.

    Attributes
    ----------
    y : ndarray of shape (n_samples,), float32, in [-1, 1]
    sample_rate : int
    wav : bytes
        16-bit PCM WAV, which every browser plays.

    """

    y: np.ndarray
    sample_rate: int
    wav: bytes


@st.cache_data(max_entries=8, ttl=600, show_spinner=False, scope="session")
def recording(path: str, modified_ns: int, size: int) -> Recording:
    """Decode one recording; the last two arguments make it fresh when it changed."""
    samples, sample_rate = decode(Path(path))
    y = samples if samples.ndim == 1 else samples.mean(axis=1)
    buffer = io.BytesIO()
    soundfile.write(buffer, y, sample_rate, format="WAV", subtype="PCM_16")
    return Recording(y, sample_rate, buffer.getvalue())


@st.cache_data(max_entries=8, ttl=600, show_spinner="Drawing …", scope="session")
def picture(path: str, modified_ns: int, size: int) -> MelPicture:
    """Compute the mel spectrogram of one recording."""
    heard = recording(path, modified_ns, size)
    return mel_picture(heard.y, sample_rate=heard.sample_rate)


def events(job_id: str) -> LiveRun:
    """Return what a job said so far, reading only what is new."""
    known: dict[str, LiveRun] = st.session_state.setdefault(state.LIVE, {})
    run = known.setdefault(job_id, LiveRun())
    while True:
        fresh, offset = jobs.read_events(job_id, lab(), offset=run.offset)
        if offset == run.offset:
            return run
        run.take(fresh, offset)
