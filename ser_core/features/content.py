"""What a recording sounds like, as a hash; and it together with its features.

Everything imported here stays small: workers load it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ser_core.audio.decode import decode
from ser_core.errors import AudioError
from ser_core.features.worker import Extraction, ExtractionTask

_DIGEST_BYTES = 16


def content_hash(samples: npt.NDArray[np.float32], *, sample_rate: int) -> str:
    """Hash the sound of a recording, whatever file it came in.

    Parameters
    ----------
    samples : ndarray of shape (n_samples,) or (n_samples, n_channels), float32
        As `ser_core.audio.decode` returns them.
    sample_rate : int
        In Hz.

    Returns
    -------
    digest : str
        32 hexadecimal digits (BLAKE2b) over the rate and the mean of the channels.

    Notes
    -----
    Files agree where they decode to the same samples: WAV and FLAC of one recording,
    and one channel against two equal ones. A lossy copy (Opus, MP3) agrees with no
    other file, unless it was coded by the same program from the same samples.

    """
    y = samples if samples.ndim == 1 else samples.mean(axis=1, dtype=np.float32)
    digest = hashlib.blake2b(str(sample_rate).encode(), digest_size=_DIGEST_BYTES)
    digest.update(np.ascontiguousarray(y, dtype="<f4").data)
    return digest.hexdigest()


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class HashedExtraction:
    """The features of one file, and the hash of its sound.

    Attributes
    ----------
    extraction : Extraction
        The features, or why there are none.
    content : str or None
        As `content_hash` returns it; None where the file failed.

    """

    extraction: Extraction
    content: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class HashingTask:
    """Compute the features of files and hash their sound, in any worker.

    Attributes
    ----------
    task : ExtractionTask
        Computes the features.

    """

    task: ExtractionTask

    def __call__(self, path: str) -> HashedExtraction:
        """Work on one file; a file that fails is listed, not raised."""
        extraction = self.task(path)
        if extraction.values is None:
            return HashedExtraction(extraction=extraction, content=None)
        try:
            samples, sample_rate = decode(path)
        except AudioError:  # gone since a moment ago: it has features, and no twin
            return HashedExtraction(extraction=extraction, content=None)
        content = content_hash(samples, sample_rate=sample_rate)
        return HashedExtraction(extraction=extraction, content=content)
