"""Count the frames of MP3 files that do not say how long they are.

Their decoder guesses the length from the size of the file and the first frames. At a
constant rate that is a little too much, so that a sound file looks truncated; at a
variable rate it may be half, and the rest of the recording would be lost in silence.
"""

from __future__ import annotations

import io
import re
from typing import Any, BinaryIO, Final

_TAG_BYTES: Final = 10
_MAX_TAGS: Final = 8
_MPEG1: Final = 3
_BIT_RATES: Final = {  # kbit/s of layer III, by index; 0 is "free", 15 is none
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES: Final = {  # Hz, by version and index
    3: (44_100, 48_000, 32_000),
    2: (22_050, 24_000, 16_000),
    0: (11_025, 12_000, 8_000),
}
_PIECE_BYTES: Final = 2**20
_BUFFER_BYTES: Final = 2**16
_LENGTH_MARKS: Final = (b"Xing", b"Info", b"VBRI")
_HAS_FRAMES: Final = 1
_BROADEST: Final = 14


class _Frames:
    """Know the frames of one stream by its first header.

    Parameters
    ----------
    header : bytes
        The first four bytes of a frame of layer III.

    """

    def __init__(self, header: bytes) -> None:
        self.header = header
        self.version = header[1] >> 3 & 3
        self.is_mpeg1 = self.version == _MPEG1
        self.rate_index = header[2] >> 2 & 3
        # same version, layer and sampling rate; any bit rate that says a length
        rates = b"".join(
            re.escape(bytes([index << 4 | self.rate_index << 2 | low]))
            for index in range(1, 15)
            for low in range(4)
        )
        seconds = b"".join(re.escape(bytes([header[1] & 0xFE | low])) for low in (0, 1))
        self._next = re.compile(b"\xff[" + seconds + b"][" + rates + b"]", re.DOTALL)

    def length(self, header: bytes) -> int:
        """Return the bytes of a frame, 0 where these are no header of this stream."""
        if not self._next.match(header):
            return 0
        kbits = _BIT_RATES[self.is_mpeg1][header[2] >> 4]
        scale = 144_000 if self.is_mpeg1 else 72_000
        rate = _RATES[self.version][self.rate_index]
        return scale * kbits // rate + (header[2] >> 1 & 1)

    def find(self, content: bytes, begin: int) -> int:
        """Return where the next header may be, -1 where there is none."""
        found = self._next.search(content, begin)
        return found.start() if found else -1

    @property
    def side_bytes(self) -> int:
        """Bytes between the header and where a length is stated."""
        mono = self.header[3] >> 6 == 3
        return (17 if mono else 32) if self.is_mpeg1 else (9 if mono else 17)

    def stating(self, n_frames: int) -> bytes:
        """Return a frame that states how many others follow, as encoders write it."""
        third = _BROADEST << 4 | self.rate_index << 2
        header = bytes([0xFF, self.header[1] | 1, third, self.header[3]])
        frame = bytearray(self.length(header))
        frame[:4] = header
        at = 4 + self.side_bytes
        frame[at : at + 12] = (
            b"Xing" + _HAS_FRAMES.to_bytes(4, "big") + n_frames.to_bytes(4, "big")
        )
        return bytes(frame)


def with_length(stream: BinaryIO) -> BinaryIO | None:
    """Return an MP3 with its length stated in front, if it does not say it itself.

    Parameters
    ----------
    stream : seekable binary stream
        Any content. It is at its beginning afterwards.

    Returns
    -------
    stated : seekable binary stream or None
        Reads from `stream`. None where nothing is to be done: other formats, and MP3
        files that begin with a frame which says how many follow.

    Notes
    -----
    Nothing is decoded: frames are counted by their headers, across gaps. Only layer
    III is known here, and no free bit rate.

    """
    try:
        begin = _behind_tags(stream)
        stream.seek(begin)
        head = stream.read(4)
        if not _is_layer_3(head):
            return None
        frames = _Frames(head)
        first = head + stream.read(max(frames.length(head) - 4, 0))
        if not frames.length(head) or _states_length(first, frames):
            return None
        n_frames = _count(stream, begin, frames)
        joined = _Joined(frames.stating(n_frames), stream, begin)
        return io.BufferedReader(joined, _BUFFER_BYTES)
    finally:
        stream.seek(0)


def _behind_tags(stream: BinaryIO) -> int:
    """Return where the first frame should be, behind tags with titles and pictures."""
    position = 0
    for _ in range(_MAX_TAGS):
        stream.seek(position)
        tag = stream.read(_TAG_BYTES)
        if tag[:3] != b"ID3" or len(tag) < _TAG_BYTES:
            break
        size = 0
        for byte in tag[6:10]:
            size = size << 7 | byte & 0x7F
        position += _TAG_BYTES + size + (_TAG_BYTES if tag[5] & 0x10 else 0)
    return position


def _is_layer_3(head: bytes) -> bool:
    """Say whether these four bytes begin a frame of layer III."""
    return (
        len(head) == 4
        and head[0] == 0xFF
        and head[1] & 0xE6 == 0xE2
        and head[1] >> 3 & 3 in _RATES
        and head[2] >> 2 & 3 < 3
        and 0 < head[2] >> 4 < 15
    )


def _states_length(frame: bytes, frames: _Frames) -> bool:
    """Say whether the first frame is one that says how many follow."""
    at = 4 + frames.side_bytes
    if frame[at : at + 4] in _LENGTH_MARKS[:2]:
        return bool(int.from_bytes(frame[at + 4 : at + 8], "big") & _HAS_FRAMES)
    return frame[36:40] == _LENGTH_MARKS[2]


def _count(stream: BinaryIO, begin: int, frames: _Frames) -> int:
    """Count the complete frames from a position on."""
    n_frames, position = 0, begin
    size = stream.seek(0, 2)
    piece, piece_at = b"", 0
    while position + 4 <= size:
        if not piece_at <= position <= piece_at + len(piece) - 4:
            stream.seek(position)
            piece, piece_at = stream.read(_PIECE_BYTES), position
            if len(piece) < 4:
                break
        at = position - piece_at
        length = frames.length(piece[at : at + 4])
        if length:
            n_frames += position + length <= size
            position += length
        else:
            found = frames.find(piece, at + 1)
            position = piece_at + (found if found >= 0 else max(len(piece) - 2, at + 1))
    return n_frames


class _Joined(io.RawIOBase):
    """Read some bytes, and then a stream from a position on."""

    def __init__(self, front: bytes, stream: BinaryIO, begin: int) -> None:
        self._front = front
        self._stream = stream
        self._begin = begin
        self._size = len(front) + stream.seek(0, 2) - begin
        self._position = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a position."""
        self._position = offset + (0, self._position, self._size)[whence]
        return self._position

    def tell(self) -> int:
        """Return the position."""
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer as far as there is content."""
        room = memoryview(buffer).cast("B")
        n_read = 0
        n_front = len(self._front) - self._position
        if n_front > 0:
            part = self._front[self._position : self._position + len(room)]
            room[: len(part)] = part
            n_read = len(part)
        if n_read < len(room):
            at = self._position + n_read - len(self._front)
            self._stream.seek(self._begin + at)
            rest = self._stream.read(len(room) - n_read)
            room[n_read : n_read + len(rest)] = rest
            n_read += len(rest)
        self._position += n_read
        return n_read
