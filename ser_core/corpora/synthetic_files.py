"""The recordings of the synthetic corpus: made whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from ser_core.corpora.reserved_names import allowed_here
from ser_core.corpora.synthesis.layout import Place
from ser_core.corpora.synthesis.ratings import SAMPLE_RATE, plan
from ser_core.corpora.synthesis.speech import speak
from ser_core.errors import CorpusError

_FULL = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """One recording that is there now.

    Attributes
    ----------
    index : int
        Of the utterance.
    n_samples, size_bytes : int
        Length at 44,100 Hz, and size of the file.
    new : bool
        Written now; False where a complete file was kept.

    """

    index: int
    n_samples: int
    size_bytes: int
    new: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Recorder:
    """Make one recording; what the workers call.

    Attributes
    ----------
    root : str
        The corpus folder.
    seed : int
        Corpus seed.

    """

    root: str
    seed: int

    def __call__(self, index: int) -> Made:
        """Make recording `index`, or keep it where it is complete.

        Raises
        ------
        CorpusError
            The file cannot be written; nothing is left under its name.

        """
        planned = plan(self.seed, index)
        path = recording(Path(self.root), planned.place)
        new = not is_complete(path, planned.n_samples)
        if new:
            write_whole(path, encode(speak(planned, seed=self.seed)))
        return Made(
            index=index,
            n_samples=planned.n_samples,
            size_bytes=path.stat().st_size,
            new=new,
        )


def recording(root: Path, where: Place) -> Path:
    """Return the file of an utterance below the corpus folder."""
    return root / allowed_here(where.path, platform=sys.platform)


def encode(y: np.ndarray) -> bytes:
    """Return 16-bit FLAC of a signal of shape (n_samples,), int16, at 44,100 Hz."""
    buffer = io.BytesIO()
    soundfile.write(buffer, y, SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    return buffer.getvalue()


def is_complete(path: Path, n_samples: int) -> bool:
    """Tell whether a recording has its length and can be decoded at its end.

    A file that was cut short, or whose tail was never written to the disk, still
    has a good header; the last sample shows it, without decoding all of it.
    """
    if not path.exists():
        return False
    try:
        with soundfile.SoundFile(path) as file:
            if (file.frames, file.samplerate, file.channels) != (
                n_samples,
                SAMPLE_RATE,
                1,
            ):
                return False
            file.seek(n_samples - 1)
            return len(file.read(1, dtype="int16")) == 1
    except soundfile.SoundFileError:
        return False


def write_whole(path: Path, content: bytes) -> None:
    """Write a file under another name first, so that it is whole or absent.

    Raises
    ------
    CorpusError
        It cannot be written.

    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            partial.write_bytes(content)
            partial.replace(path)
        finally:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
    except OSError as error:
        if error.errno in _FULL:
            reason = "the disk is full; free some space and start again"
        else:
            reason = f"{error.strerror}; change its permissions and start again"
        raise CorpusError(
            f"'{path}' cannot be written: {reason}, complete files are kept",
            path=str(path),
        ) from error


def sweep(root: Path) -> None:
    """Remove what killed runs left of unfinished files."""
    for pattern in (".*.part", "*/*/*/.*.part"):
        for partial in root.glob(pattern):
            partial.unlink(missing_ok=True)
