"""Open recordings whose header can be true, and say why others are refused.

Everything here is shared by `decode` and by the process that reads strangers' files,
so that both refuse the same for the same reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, Final

import numpy as np
import numpy.typing as npt
import soundfile

from ser_core.audio.mpeg_length import with_length
from ser_core.audio.truncation import missing_part
from ser_core.errors import AudioError, BusyError

FRAMES_UNKNOWN: Final = 2**62
"""libsndfile claims about 2**63 for a FLAC header without a length."""

COPY_AGAIN: Final = "copy or download it again"


class Refusal(Exception):  # noqa: N818 - becomes an AudioError once it has a name
    """Say why a recording is refused, before it is known how it is called.

    Parameters
    ----------
    reason : str
        What is wrong, as it follows the name: "is empty (0 bytes)".
    remedy : str
        What to do.

    """

    error: ClassVar[type[AudioError]] = AudioError

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason}; {remedy}")
        self.reason = reason
        self.remedy = remedy

    def named(self, name: str) -> AudioError:
        """Return the error about the recording of that name."""
        return self.error(f"'{name}' {self.reason}; {self.remedy}", path=name)


class Postponement(Refusal):
    """Say why a recording is not read now, though it may be fine."""

    error = BusyError


class ForwardSoundFile(soundfile.SoundFile):  # type: ignore[misc]
    """Read blocks without soundfile's seek after each of them.

    That seek goes to where the reader is already, and costs compressed formats a new
    search for the page. Seeking itself works as ever.
    """

    def seekable(self) -> bool:
        """Return False: nobody seeks behind the reader's back."""
        return False

    @property
    def can_seek(self) -> bool:
        """Whether libsndfile can seek in this format."""
        return bool(super().seekable())


@contextmanager
def opened(source: str | BinaryIO) -> Iterator[Any]:
    """Open a recording whose header can be true.

    Parameters
    ----------
    source : str or seekable binary stream
        A path, or the content. Of an MP3 without a stated length give the content: its
        frames are counted.

    Yields
    ------
    sound : soundfile.SoundFile
        Ask it for a number of frames: it reads forward only.

    Raises
    ------
    Refusal
        The recording is no audio, has no header, holds fewer than two samples or does
        not say how many; also for what libsndfile reports while it is open.

    """
    try:
        stated = None if isinstance(source, str) else with_length(source)
        with ForwardSoundFile(stated or source) as sound:
            _check_header(sound)
            yield sound
    except soundfile.LibsndfileError as error:
        raise Refusal(
            f"is not readable as audio ({_reason(error.error_string)})",
            "check that it opens in an audio player, or convert it to FLAC or WAV",
        ) from error


@contextmanager
def opened_file(place: Path) -> Iterator[BinaryIO]:
    """Open a regular file to read; what the system reports meanwhile is a `Refusal`."""
    try:
        if place.exists() and not place.is_file():
            kind = "a folder" if place.is_dir() else "no regular file"
            raise Refusal(f"is {kind}", "give an audio file")
        with place.open("rb") as stream:
            yield stream
    except FileNotFoundError as error:
        raise Refusal(
            "does not exist", "check the path, or read the corpus again"
        ) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Refusal(
            f"cannot be read ({reason})", "check its permissions and the disk"
        ) from error


def check_stream(stream: BinaryIO) -> None:
    """Refuse content that is empty, or ends before its header says.

    Parameters
    ----------
    stream : seekable binary stream
        It is at its beginning again afterwards.

    """
    if not stream.read(1):
        raise Refusal("is empty (0 bytes)", COPY_AGAIN)
    lack = missing_part(stream)
    if lack is not None:
        raise Refusal(f"is truncated: {lack}", COPY_AGAIN)
    stream.seek(0)


def check_rate(sample_rate: int, *, lowest: int, highest: int) -> None:
    """Refuse a sampling rate, in Hz, at which no speech is recorded."""
    if not lowest <= sample_rate <= highest:
        raise Refusal(
            f"claims a sampling rate of {sample_rate} Hz, and allowed is "
            f"{lowest} to {highest} Hz",
            "repair its header, or export it again",
        )


def check_complete(n_decoded: int, n_claimed: int) -> None:
    """Refuse less than was promised."""
    if n_decoded < n_claimed:
        raise Refusal(
            f"is truncated: {n_decoded} of {n_claimed} samples can be decoded",
            COPY_AGAIN,
        )


def count_not_finite(samples: npt.NDArray[np.float32]) -> int:
    """Count samples that are NaN or infinite, over all channels."""
    return int(samples.size - np.count_nonzero(np.isfinite(samples)))


def check_finite(n_bad: int) -> None:
    """Refuse samples that no front end can use."""
    if n_bad:
        raise Refusal(
            f"holds {n_bad} samples that are not finite (NaN or infinite)",
            "export it again, at best as 16-bit FLAC or WAV",
        )


def _check_header(sound: Any) -> None:
    """Refuse a header that cannot be true, before memory is taken for it."""
    if sound.format == "RAW":
        raise Refusal(
            "has no audio header; only its suffix says that it is audio",
            "convert it to FLAC or WAV",
        )
    if sound.frames <= 0:
        raise Refusal("holds no samples", "record or export it again")
    if sound.frames == 1:
        raise Refusal("holds a single sample, which is no sound", "record it again")
    if sound.frames >= FRAMES_UNKNOWN:
        raise Refusal(
            "does not say how many samples it holds, as it was written to a pipe",
            "convert it to a new FLAC or WAV file",
        )


def _reason(message: str) -> str:
    """Tidy what libsndfile says."""
    if "does not exist" in message:  # of an MP3 it cannot parse; the file was opened
        return "Format not recognised"
    if "nternal error" in message:  # of a codec that found what cannot be
        return "Its header or its sound makes no sense"
    return message.strip().removeprefix("Error : ").rstrip(".")
