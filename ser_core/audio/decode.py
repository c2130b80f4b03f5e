"""Decode one file to float32, or say why it cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import soundfile

from ser_core.audio.truncation import missing_part
from ser_core.errors import AudioError

MAX_SAMPLES: Final = 2**27
"""Largest recording, in samples over all channels: 512 MiB as float32.

50 minutes at 44.1 kHz; the reference front end needs about eight times that memory.
"""

_FRAMES_UNKNOWN: Final = 2**62
"""libsndfile claims about 2**63 for a FLAC header without a length."""

MIN_SAMPLE_RATE: Final = 1_000
MAX_SAMPLE_RATE: Final = 768_000


def decode(path: str | Path) -> tuple[npt.NDArray[np.float32], int]:
    """Decode a whole recording, whatever its suffix says.

    Parameters
    ----------
    path : str or Path
        File that libsndfile reads: WAV, AIFF, FLAC, Ogg Vorbis and Opus, MP3 ...

    Returns
    -------
    samples : ndarray of shape (n_samples,) or (n_samples, n_channels), float32
        In [-1, 1] for integer formats; one dimension for one channel.
    sample_rate : int
        In Hz.

    Raises
    ------
    AudioError
        The file is missing, empty, unreadable, no audio, truncated, holds fewer than
        two samples, samples that are not finite, or more than `MAX_SAMPLES`, or
        claims a rate outside `MIN_SAMPLE_RATE` to `MAX_SAMPLE_RATE`.

    Notes
    -----
    Digital silence is valid audio. One sample is none: nothing can be analysed or
    resampled. No other decoder is tried, so no external program ever runs.

    """
    place = Path(path)
    with _opened(place) as sound:
        claimed, sample_rate = sound.frames, sound.samplerate
        samples = sound.read(dtype="float32", always_2d=False)
    _check_samples(place, samples, claimed)
    return samples, sample_rate


def claimed_length(path: str | Path) -> tuple[int, int]:
    """Read how long a recording is, without decoding it.

    Parameters
    ----------
    path : str or Path
        As for `decode`.

    Returns
    -------
    n_samples : int
        A channel, as the header has it.
    sample_rate : int
        In Hz.

    Raises
    ------
    AudioError
        As for `decode`, for all that shows without decoding: a file that is missing,
        empty, unreadable, no audio, too short or truncated. Samples that are not
        finite, and damage in the middle of a file, do not.

    """
    place = Path(path)
    with _opened(place) as sound:
        n_samples, sample_rate = sound.frames, sound.samplerate
        if sound.format == "FLAC":
            _check_last_sample(place, sound)
    return n_samples, sample_rate


@contextmanager
def _opened(place: Path) -> Iterator[soundfile.SoundFile]:
    """Open a file whose header can be true, and put libsndfile's errors in words."""
    _check_file(place)
    try:
        with soundfile.SoundFile(str(place)) as sound:
            _check_claims(place, sound)
            yield sound
    except soundfile.LibsndfileError as error:
        raise _failure(
            place,
            f"is not readable as audio ({_reason(error.error_string)})",
            "check that it opens in an audio player, or convert it to FLAC or WAV",
        ) from error


def _check_last_sample(place: Path, sound: soundfile.SoundFile) -> None:
    """Refuse a FLAC file without its end: it says nowhere how many bytes it has."""
    try:
        sound.seek(sound.frames - 1)
        complete = len(sound.read(1)) == 1
    except soundfile.LibsndfileError:
        complete = False
    if not complete:
        raise _failure(
            place,
            f"is truncated: the last of its {sound.frames} samples is not there",
            "copy or download it again",
        )


def _check_file(place: Path) -> None:
    """Refuse what is no readable, complete file with content."""
    try:
        if place.exists() and not place.is_file():
            kind = "a folder" if place.is_dir() else "no regular file"
            raise _failure(place, f"is {kind}", "give an audio file")
        with place.open("rb") as stream:
            if not stream.read(1):
                raise _failure(place, "is empty (0 bytes)", "copy or download it again")
            lack = missing_part(stream)
    except FileNotFoundError as error:
        raise _failure(
            place, "does not exist", "check the path, or read the corpus again"
        ) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _failure(
            place, f"cannot be read ({reason})", "check its permissions and the disk"
        ) from error
    if lack is not None:
        raise _failure(place, f"is truncated: {lack}", "copy or download it again")
    if place.suffix.lower() == ".raw":
        raise _failure(
            place,
            "has the suffix of audio without a header, whose rate is unknown",
            "convert it to FLAC or WAV",
        )


def _check_claims(place: Path, sound: Any) -> None:
    """Refuse a header that cannot be true, before memory is taken for it."""
    if sound.format == "RAW":
        raise _failure(
            place,
            "has no audio header; only its suffix says that it is audio",
            "convert it to FLAC or WAV",
        )
    if sound.frames == 0:
        raise _failure(place, "holds no samples", "record or export it again")
    if sound.frames == 1:
        raise _failure(
            place, "holds a single sample, which is no sound", "record it again"
        )
    if sound.frames >= _FRAMES_UNKNOWN:
        raise _failure(
            place,
            "does not say how many samples it holds, as it was written to a pipe",
            "convert it to a new FLAC or WAV file",
        )
    if sound.frames * sound.channels > MAX_SAMPLES:
        raise _failure(
            place,
            f"claims {sound.frames} samples in {sound.channels} channels, and at most "
            f"{MAX_SAMPLES} in all are read",
            "cut it into shorter recordings, or repair its header",
        )
    if not MIN_SAMPLE_RATE <= sound.samplerate <= MAX_SAMPLE_RATE:
        raise _failure(
            place,
            f"claims a sampling rate of {sound.samplerate} Hz, and allowed is "
            f"{MIN_SAMPLE_RATE} to {MAX_SAMPLE_RATE} Hz",
            "repair its header, or export it again",
        )


def _check_samples(place: Path, samples: npt.NDArray[np.float32], claimed: int) -> None:
    """Refuse less than was promised, and what no front end can use."""
    if len(samples) < claimed:
        raise _failure(
            place,
            f"is truncated: {len(samples)} of {claimed} samples can be decoded",
            "copy or download it again",
        )
    if not np.isfinite(samples).all():
        n_bad = int(samples.size - np.isfinite(samples).sum())
        raise _failure(
            place,
            f"holds {n_bad} samples that are not finite (NaN or infinite)",
            "export it again, at best as 16-bit FLAC or WAV",
        )


def _reason(message: str) -> str:
    """Tidy what libsndfile says."""
    if "does not exist" in message:  # of an MP3 it cannot parse; the file was opened
        return "Format not recognised"
    return message.strip().removeprefix("Error : ").rstrip(".")


def _failure(place: Path, reason: str, remedy: str) -> AudioError:
    """Build the error: which file, what is wrong, what to do."""
    return AudioError(f"'{place}' {reason}; {remedy}", path=str(place))
