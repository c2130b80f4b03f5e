"""Read a corpus folder, whichever corpus it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from ser_core.corpora.contract import CHANNELS, ROOMS, Reader, ReadOptions
from ser_core.corpora.crema_d import CremaDReader
from ser_core.corpora.emo_db import EmoDbReader
from ser_core.corpora.folder import FolderReader
from ser_core.corpora.ravdess import RavdessReader
from ser_core.corpora.savee import SaveeReader
from ser_core.corpora.tess import TessReader
from ser_core.corpora.thai_ser import LABELS_FILE, ThaiSerReader
from ser_core.corpora.tree import CorpusTree, walk
from ser_core.corpora.utterance import Corpus
from ser_core.errors import CorpusError, ParameterError

__all__ = [
    "CHANNELS",
    "READERS",
    "READER_NAMES",
    "ROOMS",
    "ReadOptions",
    "Reader",
    "read_corpus",
    "reader_named",
    "recognise",
]

READERS: Final[tuple[Reader, ...]] = (
    ThaiSerReader(name="synthetic"),
    ThaiSerReader(),
    RavdessReader(),
    TessReader(),
    SaveeReader(),
    CremaDReader(),
    EmoDbReader(),
    FolderReader(),
)
"""Every reader; of two that are equally sure, the earlier one reads."""

READER_NAMES: Final[tuple[str, ...]] = tuple(reader.name for reader in READERS)

_WORTH_A_NOTE: Final[float] = 0.02
"""Share of the files from which on a second corpus in the folder is mentioned."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Recognition:
    """The reader of a folder, and the corpora that seem to lie there besides."""

    reader: Reader
    others: tuple[str, ...]


def reader_named(name: str) -> Reader:
    """Look a reader up by its corpus's name.

    Raises
    ------
    ParameterError
        There is no such reader.

    """
    for reader in READERS:
        if reader.name == name:
            return reader
    raise ParameterError(
        f"reader = {name!r} is not known; choose one of: {', '.join(READER_NAMES)}"
    )


def recognise(tree: CorpusTree) -> Recognition:
    """Choose the reader that is surest of a folder.

    Parameters
    ----------
    tree : CorpusTree
        The folder as walked.

    Returns
    -------
    recognition : Recognition
        By marker and label file first, then by the share of file names placed.

    Raises
    ------
    CorpusError
        Not one file fits any corpus.

    """
    sureness = {reader.name: reader.recognises(tree) for reader in READERS}
    best = max(READERS, key=lambda reader: sureness[reader.name])
    if sureness[best.name] == 0:
        shown = ", ".join(f"'{file.relative}'" for file in tree.audio[:3])
        raise CorpusError(
            f"'{tree.root}' holds {len(tree.audio):,} audio files ({shown} ...), but "
            "their names fit no known corpus and no folder is named after an emotion; "
            "sort them into one folder a label, or choose one of the readers: "
            f"{', '.join(READER_NAMES)}",
            path=str(tree.root),
        )
    others = tuple(
        name
        for name, share in sureness.items()
        if share >= _WORTH_A_NOTE and name not in (best.name, "folder")
    )
    return Recognition(reader=best, others=others)


def read_corpus(
    root: str | Path,
    *,
    reader: str | None = None,
    options: ReadOptions | None = None,
) -> Corpus:
    """List a corpus folder's utterances; nothing is decoded.

    Parameters
    ----------
    root : str or Path
        The corpus's folder; files are searched at any depth below it.
    reader : str, optional
        One of `READER_NAMES`; recognised from the folder when not given.
    options : ReadOptions, optional
        Which part to read; all of it when not given.

    Returns
    -------
    corpus : Corpus
        Possibly without utterances, when the options leave none.

    Raises
    ------
    CorpusError
        The folder is missing, cannot be listed, holds no audio, is not recognised,
        or its label file cannot be used.
    ParameterError
        The reader is not known, or an option means nothing for this corpus.

    """
    chosen = reader_named(reader) if reader is not None else None
    options = options or ReadOptions()
    tree = walk(root)
    if not tree.audio:
        raise CorpusError(_no_audio(tree), path=str(tree.root))
    others: tuple[str, ...] = ()
    if chosen is None:
        recognition = recognise(tree)
        chosen, others = recognition.reader, recognition.others
    beyond = [name for name in options.given() if name not in chosen.honours]
    if beyond:
        raise ParameterError(
            f"{', '.join(beyond)} cannot be chosen for {chosen.name}; it knows "
            f"{', '.join(sorted(chosen.honours)) or 'no such options'}"
        )
    corpus = chosen.read(tree, options)
    if not others:
        return corpus
    note = (
        f"Read as {chosen.name}; files of {', '.join(others)} lie here too. Register "
        "each corpus's folder on its own."
    )
    return replace(corpus, notes=(*corpus.notes, note))


def _no_audio(tree: CorpusTree) -> str:
    """Say that a folder holds no audio, and what may be meant."""
    start = f"no audio file lies below '{tree.root}'; "
    if tree.metadata_file(LABELS_FILE) is not None:
        return (
            f"{start}THAI-SER's labels are there, so unpack its archives "
            "(studio1-10.zip ...) beside them"
        )
    if tree.problems:
        first = tree.problems[0]
        return (
            f"{start}{len(tree.problems):,} entries cannot be used, as "
            f"'{first.path}': {first.reason}"
        )
    return f"{start}give the folder that holds the unpacked corpus"
