"""Read recordings that somebody else made, in a process that may die of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ser_core.audio.decode import MAX_SAMPLES
from ser_core.audio.decoder_process import DecoderProcess, Message, nonsense
from ser_core.audio.display_names import display_name, visible_text
from ser_core.audio.limits import UPLOAD_LIMITS, Limits
from ser_core.audio.opening import Refusal, check_finite, count_not_finite
from ser_core.audio.strangers_checks import check_claims, check_size, part
from ser_core.audio.strangers_protocol import (
    BLOCK,
    BLOCK_FRAMES,
    DONE,
    HEADER,
    REFUSED,
    WORKING,
    Request,
)
from ser_core.errors import ParameterError

__all__ = [
    "Recording",
    "StrangerRecording",
    "display_name",
    "open_stranger",
    "read_stranger",
]

_WORD: Final = re.compile(r"[A-Za-z0-9_. -]{1,40}")


@dataclass(frozen=True, eq=False)
class Recording:
    """Hold a recording that was decoded.

    Parameters
    ----------
    name : str
        As it may be shown.
    samples : ndarray of shape (n_samples,) or (n_samples, n_channels), float32
        One dimension for one channel; what `ser_core.audio.decode` gives, bit for bit.
    sample_rate : int
        In Hz.
    n_frames : int
        Samples of a channel in the whole recording, of which `samples` may be a part.
    start_s : float
        Where `samples` begins, in seconds.
    container, subtype : str
        As libsndfile names them: "WAV", "PCM_16".

    """

    name: str
    samples: npt.NDArray[np.float32]
    sample_rate: int
    n_frames: int
    start_s: float
    container: str
    subtype: str

    @property
    def n_channels(self) -> int:
        """Number of channels."""
        return 1 if self.samples.ndim == 1 else int(self.samples.shape[1])

    @property
    def duration_s(self) -> float:
        """Duration of the whole recording, in seconds."""
        return self.n_frames / self.sample_rate


class StrangerRecording:
    """Hand out a recording block by block, while another process decodes it.

    Made by `open_stranger`.

    Attributes
    ----------
    name : str
        As it may be shown.
    sample_rate : int
        In Hz.
    n_channels : int
    n_frames : int
        Samples of a channel in the whole recording, as its header claims.
    duration_s : float
        Of the whole recording, as its header claims.
    start_frame, end_frame : int
        The part that `blocks` gives.
    container, subtype : str
        As libsndfile names them: "WAV", "PCM_16".
    measures : tuple of str
        How the decoder was confined on this platform.

    """

    def __init__(self, decoder: DecoderProcess, *, name: str, request: Request) -> None:
        header = _header(_expected(decoder.message(), HEADER), request.limits)
        self._decoder = decoder
        self._begun = False
        self.name = name
        self.sample_rate: int = header["sample_rate"]
        self.n_channels: int = header["n_channels"]
        self.n_frames: int = header["n_frames"]
        self.duration_s = self.n_frames / self.sample_rate
        self.container: str = header["container"]
        self.subtype: str = header["subtype"]
        self.measures: tuple[str, ...] = header["measures"]
        self.start_frame, self.end_frame = part(
            self.n_frames,
            self.sample_rate,
            start_s=request.start_s,
            end_s=request.end_s,
        )

    def blocks(self) -> Iterator[npt.NDArray[np.float32]]:
        """Give the samples, in order; once.

        Yields
        ------
        block : ndarray of shape (n, n_channels), float32
            Up to `BLOCK_FRAMES` samples a channel; never empty, and finite.

        Raises
        ------
        AudioError
            The recording turns out to be damaged, or its decoder died or took too
            long. What was given before that is sound.
        ParameterError
            The blocks were asked for before.

        """
        if self._begun:
            raise ParameterError(
                "the blocks of a recording can be read once; open it again"
            )
        self._begun = True
        return self._blocks()

    def _blocks(self) -> Iterator[npt.NDArray[np.float32]]:
        """Take what the decoder sends, and believe none of it."""
        n_left = self.end_frame - self.start_frame
        with _named(self.name):
            while True:
                kind, payload = self._decoder.message()
                if kind == WORKING:
                    continue
                if kind != BLOCK:
                    _expected((kind, payload), DONE)
                    break
                block = self._block(payload)
                n_left -= len(block)
                if n_left < 0:
                    raise nonsense()
                yield block
            if n_left:
                raise nonsense()

    def _block(self, payload: bytes) -> npt.NDArray[np.float32]:
        """Make an array of a block."""
        n_frames, rest = divmod(len(payload), 4 * self.n_channels)
        if rest or not 0 < n_frames <= BLOCK_FRAMES:
            raise nonsense()
        block = np.frombuffer(payload, dtype=np.float32)
        check_finite(count_not_finite(block))
        return block.reshape(n_frames, self.n_channels)


@contextmanager
def open_stranger(
    source: bytes | bytearray | memoryview | Path,
    *,
    name: str,
    limits: Limits = UPLOAD_LIMITS,
    start_s: float = 0.0,
    end_s: float | None = None,
) -> Iterator[StrangerRecording]:
    """Open a recording that may be anything, to read it block by block.

    Parameters
    ----------
    source : bytes-like or Path
        Its content, or a file of this machine.
    name : str
        How it is called: it is shown, made harmless by `display_name`, and never used.
    limits : Limits, default UPLOAD_LIMITS
        What is accepted, and what decoding it may take.
    start_s, end_s : float, default the whole
        The part that is wanted, in seconds; an end beyond the recording's is its end.

    Yields
    ------
    recording : StrangerRecording
        Its header is read already.

    Raises
    ------
    AudioError
        It is no recording, is damaged or beyond the limits, its decoder crashed, hung
        or took more than the limits allow, or too many are being read at this moment.
        The message holds no path.
    ParameterError
        The part that is wanted is empty or begins before 0.

    Notes
    -----
    Header and samples are read by another process, which has the limits' memory and
    computing time, and gets no variable of this process's environment. On Linux it can
    open and write no file, start nothing and reach no network; elsewhere it has fewer
    limits (`measures` names them), on Windows only the time that it is waited for.
    Content goes to it through a pipe and is never written to a disk. Its
    answers are checked like the file itself. It ends with the `with` statement, or
    earlier, when all is decoded. Memory stays constant: a few blocks in either
    process, beyond the content.

    """
    shown = display_name(name)
    _check_part(start_s, end_s)
    with _named(shown):
        content = memoryview(b"" if isinstance(source, Path) else source).cast("B")
        check_size(len(content), limits)
        request = Request(
            path=str(source.absolute()) if isinstance(source, Path) else None,
            n_bytes=len(content),
            start_s=start_s,
            end_s=end_s,
            limits=limits,
        )
        decoder = DecoderProcess(request, content)
    try:
        with _named(shown):
            recording = StrangerRecording(decoder, name=shown, request=request)
        yield recording
    finally:
        decoder.close()


def read_stranger(
    source: bytes | bytearray | memoryview | Path,
    *,
    name: str,
    limits: Limits = UPLOAD_LIMITS,
    start_s: float = 0.0,
    end_s: float | None = None,
) -> Recording:
    """Read a recording that may be anything, or a part of it, into memory.

    Parameters
    ----------
    source, name, limits, start_s, end_s
        As `open_stranger`.

    Returns
    -------
    recording : Recording

    Raises
    ------
    AudioError
        As `open_stranger`, and when it holds more than `MAX_SAMPLES` samples.
    ParameterError
        As `open_stranger`.

    """
    with open_stranger(
        source, name=name, limits=limits, start_s=start_s, end_s=end_s
    ) as opened:
        n_frames = opened.end_frame - opened.start_frame
        with _named(opened.name):
            _check_total(n_frames, opened.n_channels)
        samples = np.empty((n_frames, opened.n_channels), dtype=np.float32)
        n_read = 0
        for block in opened.blocks():
            samples[n_read : n_read + len(block)] = block
            n_read += len(block)
        return Recording(
            name=opened.name,
            samples=samples[:, 0] if opened.n_channels == 1 else samples,
            sample_rate=opened.sample_rate,
            n_frames=opened.n_frames,
            start_s=opened.start_frame / opened.sample_rate,
            container=opened.container,
            subtype=opened.subtype,
        )


def _check_part(start_s: float, end_s: float | None) -> None:
    """Refuse a part that no recording has."""
    if not 0 <= start_s < float("inf"):
        raise ParameterError(f"start_s = {start_s}; give seconds from 0 on")
    if end_s is not None and not end_s > start_s:
        raise ParameterError(
            f"end_s = {end_s} is not after start_s = {start_s}; give a later end"
        )


def _check_total(n_frames: int, n_channels: int) -> None:
    """Refuse more than is held in memory."""
    if n_frames * n_channels > MAX_SAMPLES:
        raise Refusal(
            f"holds {n_frames} samples in {n_channels} channels, and at most "
            f"{MAX_SAMPLES} in all are held in memory",
            "cut it into shorter recordings, or read it block by block",
        )


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Make errors of refusals."""
    try:
        yield
    except Refusal as refusal:
        raise refusal.named(name) from refusal


def _expected(message: Message, kind: bytes) -> bytes:
    """Return the payload of a message of that kind; a refusal is raised."""
    if message[0] == kind:
        return message[1]
    if message[0] != REFUSED:
        raise nonsense()
    content = _fields(message[1])
    reason, remedy = content.get("reason"), content.get("remedy")
    if not isinstance(reason, str) or not isinstance(remedy, str):
        raise nonsense()
    raise Refusal(visible_text(reason), visible_text(remedy))


def _header(payload: bytes, limits: Limits) -> dict[str, Any]:
    """Read a header as if it came from the file itself."""
    header = _fields(payload)
    numbers = [header.get(n) for n in ("sample_rate", "n_channels", "n_frames")]
    words = [header.get(n) for n in ("container", "subtype")]
    measures = header.get("measures")
    if (
        not all(type(number) is int for number in numbers)
        or not all(isinstance(word, str) and _WORD.fullmatch(word) for word in words)
        or not isinstance(measures, list)
        or not all(isinstance(m, str) and _WORD.fullmatch(m) for m in measures)
        or header["n_frames"] < 2
    ):
        raise nonsense()
    check_claims(
        sample_rate=header["sample_rate"],
        n_channels=header["n_channels"],
        n_frames=header["n_frames"],
        limits=limits,
    )
    return {**header, "measures": tuple(measures)}


def _fields(payload: bytes) -> dict[str, Any]:
    """Read JSON that should be an object."""
    try:
        content = json.loads(payload)
    except (ValueError, RecursionError):
        raise nonsense() from None
    if not isinstance(content, dict):
        raise nonsense()
    return content
