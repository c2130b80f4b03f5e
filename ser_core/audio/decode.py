"""Decode one recording to float32, or say why it cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import numpy as np
import numpy.typing as npt
import soundfile

from ser_core.audio.mpeg_length import with_length
from ser_core.audio.opening import (
    COPY_AGAIN,
    Refusal,
    check_complete,
    check_finite,
    check_rate,
    check_stream,
    count_not_finite,
    opened,
    opened_file,
)

MAX_SAMPLES: Final = 2**27
"""Largest recording, in samples over all channels: 512 MiB as float32.

50 minutes at 44.1 kHz; the reference front end needs about eight times that memory.
"""

MIN_SAMPLE_RATE: Final = 1_000
MAX_SAMPLE_RATE: Final = 768_000


def decode(
    source: str | Path | BinaryIO, *, name: str | None = None
) -> tuple[npt.NDArray[np.float32], int]:
    """Decode a whole recording, whatever its suffix says.

    Parameters
    ----------
    source : str, Path or seekable binary stream
        File, or its content, that libsndfile reads: WAV, AIFF, FLAC, Ogg Vorbis and
        Opus, MP3 ...
    name : str, optional
        How errors call it: by default by its path, a stream "recording".

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
    resampled. No other decoder is tried, so no external program ever runs. It happens
    in the caller's process, and so is for files that the operator chose; a stranger's
    are for `ser_core.audio.strangers`.

    """
    with _checked(source, name) as sound:
        claimed, sample_rate = sound.frames, sound.samplerate
        samples = sound.read(claimed, dtype="float32", always_2d=False)
        check_complete(len(samples), claimed)
        check_finite(count_not_finite(samples))
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
    with _checked(path, None) as sound:
        n_samples, sample_rate = sound.frames, sound.samplerate
        if sound.format == "FLAC":
            _check_last_sample(sound)
    return n_samples, sample_rate


@contextmanager
def _checked(source: str | Path | BinaryIO, name: str | None) -> Iterator[Any]:
    """Open a recording that this process can hold; put refusals in words."""
    place = Path(source) if isinstance(source, str | Path) else None
    try:
        with ExitStack() as stack:
            stream = (
                cast(BinaryIO, source)
                if place is None
                else stack.enter_context(opened_file(place))
            )
            check_stream(stream)
            sound = stack.enter_context(opened(_native(place, stream)))
            _check_claims(sound)
            yield sound
    except Refusal as refusal:
        named = name or ("recording" if place is None else str(place))
        raise refusal.named(named) from refusal


def _native(place: Path | None, stream: BinaryIO) -> str | BinaryIO:
    """Return the path, which libsndfile reads without Python, where it is enough."""
    if place is None or with_length(stream) is not None:
        return stream
    if place.suffix.lower() == ".raw":
        raise Refusal(
            "has the suffix of audio without a header, whose rate is unknown",
            "convert it to FLAC or WAV",
        )
    return str(place)


def _check_claims(sound: Any) -> None:
    """Refuse more than fits, and rates that nothing records."""
    if sound.frames * sound.channels > MAX_SAMPLES:
        raise Refusal(
            f"claims {sound.frames} samples in {sound.channels} channels, and at most "
            f"{MAX_SAMPLES} in all are read",
            "cut it into shorter recordings, or repair its header",
        )
    check_rate(sound.samplerate, lowest=MIN_SAMPLE_RATE, highest=MAX_SAMPLE_RATE)


def _check_last_sample(sound: Any) -> None:
    """Refuse a FLAC file without its end: it says nowhere how many bytes it has."""
    try:
        sound.seek(sound.frames - 1)
        complete = len(sound.read(1)) == 1
    except soundfile.LibsndfileError:
        complete = False
    if not complete:
        raise Refusal(
            f"is truncated: the last of its {sound.frames} samples is not there",
            COPY_AGAIN,
        )
