"""Decode one stranger's file: the process behind `ser_core.audio.strangers`.

Started with a request on its standard input, it gives up all rights that it does not
need, reads header and samples, and writes them to its standard output. It loads numpy
and soundfile, nothing else of weight, and writes no file.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import numpy.typing as npt

from ser_core.audio.confinement import confine
from ser_core.audio.limits import Limits
from ser_core.audio.opening import (
    Refusal,
    check_complete,
    check_finite,
    check_stream,
    count_not_finite,
    opened,
    opened_file,
)
from ser_core.audio.strangers_checks import check_claims, check_size, in_bytes, part
from ser_core.audio.strangers_protocol import (
    BLOCK,
    BLOCK_FRAMES,
    DONE,
    HEADER,
    MAX_TEXT_BYTES,
    REFUSED,
    WORKING,
    Request,
    front,
    read_message,
    text_message,
)

_SEEK_IS_INEXACT: Final = frozenset({"MP3"})
"""Here the samples after a seek differ in the last bit from those read in order."""

Send = Callable[[bytes | memoryview], object]


def main() -> None:
    """Serve one request."""
    source = sys.stdin.buffer
    # what a library prints must not get between the messages
    with os.fdopen(os.dup(1), "wb", buffering=0) as pipe:
        os.dup2(2, 1)
        _, payload = read_message(source, max_block_bytes=MAX_TEXT_BYTES)
        _serve(Request.from_bytes(payload), source, pipe)
        # nothing is left to tidy up, and much of it would not be allowed any more
        os._exit(0)


def _serve(request: Request, source: BinaryIO, pipe: Any) -> None:
    """Answer a request; whatever goes wrong becomes a message."""

    def send(message: bytes | memoryview) -> None:
        left = memoryview(message).cast("B")
        while left:
            left = left[pipe.write(left) :]

    try:
        with _content(request, source) as (stream, measures):
            deliver(stream, request, send, measures=measures)
    except Refusal as refusal:
        send(_refused(refusal.reason, refusal.remedy))
    except MemoryError:
        send(_refused(*_too_much_memory(request.limits)))
    except BrokenPipeError:
        return
    except Exception as error:
        # a defect of ours, or of a library, that this file shows
        send(
            _refused(
                f"cannot be decoded ({type(error).__name__})",
                "convert it to FLAC or WAV with another program",
            )
        )


@contextmanager
def _content(
    request: Request, source: BinaryIO
) -> Iterator[tuple[BinaryIO, tuple[str, ...]]]:
    """Give up all rights but to the content, and only then take it in."""
    limits = request.limits
    if request.path is not None:
        with opened_file(Path(request.path)) as stream:
            yield (
                stream,
                confine(memory_bytes=limits.memory_bytes, cpu_s=limits.timeout_s),
            )
        return
    measures = confine(
        memory_bytes=limits.memory_bytes + request.n_bytes, cpu_s=limits.timeout_s
    )
    yield io.BytesIO(source.read(request.n_bytes)), measures


def deliver(
    stream: BinaryIO, request: Request, send: Send, *, measures: tuple[str, ...] = ()
) -> None:
    """Read a recording and send what it holds.

    Parameters
    ----------
    stream : seekable binary stream
        The content.
    request : Request
        Which part is wanted, and the limits.
    send : callable
        Takes each message; the payload of a block is only lent.
    measures : tuple of str
        What `confine` set, for the header.

    Raises
    ------
    Refusal
        The content is no recording within the limits, or is damaged.

    """
    limits = request.limits
    check_size(stream.seek(0, 2), limits)
    stream.seek(0)
    check_stream(stream)
    with opened(stream) as sound:
        check_claims(
            sample_rate=sound.samplerate,
            n_channels=sound.channels,
            n_frames=sound.frames,
            limits=limits,
        )
        first, last = part(
            sound.frames,
            sound.samplerate,
            start_s=request.start_s,
            end_s=request.end_s,
        )
        send(text_message(HEADER, {**_header(sound), "measures": measures}))
        _go_to(sound, first, send)
        n_sent, n_bad = 0, 0
        for block in _blocks(sound, last - first):
            n_sent += len(block)
            n_bad += count_not_finite(block)
            # after the first bad one nothing is of use but how many there are
            send(front(WORKING, 0) if n_bad else front(BLOCK, block.nbytes))
            if not n_bad:
                send(block.data)
        check_complete(first + n_sent, last)
        check_finite(n_bad)
        send(text_message(DONE, {"n_frames": n_sent}))


def _header(sound: Any) -> dict[str, Any]:
    """Return what is told before the samples."""
    return {
        "sample_rate": sound.samplerate,
        "n_channels": sound.channels,
        "n_frames": sound.frames,
        "container": sound.format,
        "subtype": sound.subtype,
    }


def _go_to(sound: Any, first: int, send: Send) -> None:
    """Go to a sample, by reading up to it where a seek would change the samples."""
    if first == 0:
        return
    if sound.format not in _SEEK_IS_INEXACT and sound.can_seek:
        sound.seek(first)
        return
    n_passed = 0
    for number, block in enumerate(_blocks(sound, first)):
        n_passed += len(block)
        if number % 16 == 0:
            send(front(WORKING, 0))
    check_complete(n_passed, first)


def _blocks(sound: Any, n_frames: int) -> Iterator[npt.NDArray[np.float32]]:
    """Read up to that many frames; each block is overwritten by the next one."""
    room = np.empty((min(BLOCK_FRAMES, n_frames), sound.channels), dtype=np.float32)
    while n_frames > 0:
        block = sound.read(min(n_frames, len(room)), out=room[:n_frames])
        if not len(block):
            return
        n_frames -= len(block)
        yield block


def _refused(reason: str, remedy: str) -> bytes:
    """Return the message that refuses a recording."""
    return text_message(REFUSED, {"reason": reason, "remedy": remedy})


def _too_much_memory(limits: Limits) -> tuple[str, str]:
    """Return reason and remedy where memory ran out."""
    return (
        f"needs more than {in_bytes(limits.memory_bytes)} of memory to be decoded",
        "convert it to FLAC or WAV with another program",
    )


if __name__ == "__main__":
    main()
