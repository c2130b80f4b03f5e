"""One recording that a visitor brings, and by what it is known again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import streamlit as st
from streamlit.typing import UploadedFile

from pages._view import state
from ser_core.audio.strangers import display_name
from ser_core.errors import AudioError

_KNOWN_HASHES: Final = 512


@dataclass(frozen=True, kw_only=True)
class Clip:
    """One recording, not read yet.

    Attributes
    ----------
    name : str
        Safe to show; never a path.
    source : bytes or Path
        Content of an upload, or a recording of a registered corpus.
    key : str
        SHA-256 of the content, or of where a recording lies, its size and its time.
    truth : str or None
        The label that a corpus gives it.
    corpus : str or None
        Reader's name of the corpus it is from.

    """

    name: str
    source: bytes | Path
    key: str
    truth: str | None = None
    corpus: str | None = None


def of_upload(file: UploadedFile, *, name: str | None = None) -> Clip:
    """Take what a browser sent; the name is shown and nothing else.

    Parameters
    ----------
    file : UploadedFile
    name : str, optional
        In place of the browser's.

    """
    content = file.getvalue()
    return Clip(
        name=display_name(name or file.name),
        source=content,
        key=_hash_of(file.file_id, content),
    )


def of_content(
    content: bytes, *, name: str, truth: str | None = None, corpus: str | None = None
) -> Clip:
    """Take a recording that was made here."""
    return Clip(
        name=name,
        source=content,
        key=hashlib.sha256(content).hexdigest(),
        truth=truth,
        corpus=corpus,
    )


def of_recording(
    path: Path, *, name: str, truth: str | None = None, corpus: str | None = None
) -> Clip:
    """Take a recording of this machine.

    Raises
    ------
    AudioError
        It is not there any more.

    """
    try:
        status = path.stat()
    except OSError as error:
        raise AudioError(
            f"'{path.name}' cannot be opened ({error.strerror}); read the corpus "
            "again, because its files have changed",
            path=str(path),
        ) from error
    told = f"{path}\0{status.st_size}\0{status.st_mtime_ns}"
    return Clip(
        name=display_name(name),
        source=path,
        key=hashlib.sha256(told.encode("utf-8", "surrogateescape")).hexdigest(),
        truth=truth,
        corpus=corpus,
    )


def _hash_of(file_id: str, content: bytes) -> str:
    """Return the SHA-256 of an upload, worked out once and not at every rerun."""
    known: dict[str, str] = st.session_state.setdefault(state.DEMO_HASHES, {})
    if file_id not in known:
        while len(known) >= _KNOWN_HASHES:
            known.pop(next(iter(known)))
        known[file_id] = hashlib.sha256(content).hexdigest()
    return known[file_id]
