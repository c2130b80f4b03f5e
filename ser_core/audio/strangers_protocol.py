"""What passes between SER Lab and the process that decodes a stranger's file.

To the process: one request, then the content, if it has no path. From it: a header,
blocks of samples, and an end or a refusal. Each message is one letter, the length of
what follows, and that.
"""

from __future__ import annotations

import json
import struct
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO, Final

from ser_core.audio.limits import Limits

BLOCK_FRAMES: Final = 2**15
"""Samples of a channel in a block; the last one may have fewer."""

MAX_TEXT_BYTES: Final = 16_384
"""Longest message that is no block."""

REQUEST: Final = b"Q"
HEADER: Final = b"H"
BLOCK: Final = b"B"
WORKING: Final = b"W"  # still at it, nothing to hand over yet
DONE: Final = b"D"
REFUSED: Final = b"R"

_FRONT: Final = struct.Struct("<cI")


@dataclass(frozen=True, kw_only=True)
class Request:
    """Ask for a recording, or a part of it.

    Parameters
    ----------
    path : str or None
        A file of this machine; None when the content follows.
    n_bytes : int
        Length of the content that follows.
    start_s, end_s : float or None
        Where to begin and to end.
    limits : Limits

    """

    path: str | None
    n_bytes: int
    start_s: float
    end_s: float | None
    limits: Limits

    def to_bytes(self) -> bytes:
        """Return the message."""
        return text_message(REQUEST, asdict(self))

    @classmethod
    def from_bytes(cls, payload: bytes) -> Request:
        """Read what `to_bytes` made, without its front."""
        fields = json.loads(payload)
        return cls(**{**fields, "limits": Limits(**fields["limits"])})


def text_message(kind: bytes, content: dict[str, Any]) -> bytes:
    """Return a message of JSON."""
    payload = json.dumps(content).encode("ascii")
    return _FRONT.pack(kind, len(payload)) + payload


def front(kind: bytes, n_bytes: int) -> bytes:
    """Return what stands before a payload of that length."""
    return _FRONT.pack(kind, n_bytes)


def read_message(stream: BinaryIO, *, max_block_bytes: int) -> tuple[bytes, bytes]:
    """Read one message.

    Parameters
    ----------
    stream : binary stream
        It blocks until the message is there.
    max_block_bytes : int
        Longest block that is accepted; other messages are `MAX_TEXT_BYTES` at most.

    Returns
    -------
    kind, payload : bytes

    Raises
    ------
    EOFError
        The stream ends within the message, or before it.
    ValueError
        The message announces more than is accepted: nothing of it is read.

    """
    kind, length = _FRONT.unpack(_exactly(stream, _FRONT.size))
    most = max_block_bytes if kind == BLOCK else MAX_TEXT_BYTES
    if length > most:
        raise ValueError(f"a message of {length} bytes, and at most {most} are read")
    return kind, _exactly(stream, length)


def _exactly(stream: BinaryIO, n_bytes: int) -> bytes:
    """Read that many bytes."""
    content = stream.read(n_bytes)
    if len(content) < n_bytes:
        raise EOFError
    return content
