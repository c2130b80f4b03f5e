"""Find files that end before their header says.

libsndfile corrects such headers silently and decodes what is left, which would turn
half an utterance into a valid one.
"""

from __future__ import annotations

from typing import BinaryIO, Final, Literal

_UNKNOWN_SIZES: Final = (0, 0x7FFFFFFF, 0x7FFFF000, 0xFFFFFFFF)
"""What programs write that stream to a pipe and cannot know the size."""

_MAX_CHUNKS: Final = 10_000
"""More are no recording, and walking through them would take long."""

_OGG_TAIL_BYTES: Final = 2 * 65_307
"""An Ogg page is at most 65,307 bytes, so the last one begins in this tail."""

_OGG_HEADER_BYTES: Final = 27
_OGG_END_OF_STREAM: Final = 0x04


def missing_part(stream: BinaryIO) -> str | None:
    """Say what a WAV, AIFF or Ogg file lacks at its end.

    Parameters
    ----------
    stream : binary file
        Seekable; its position is changed.

    Returns
    -------
    lack : str or None
        In words; None when nothing is missing or the format is another one.

    """
    size = stream.seek(0, 2)
    stream.seek(0)
    head = stream.read(12)
    if head[:4] == b"RIFF" and head[8:] == b"WAVE":
        return _missing_in_chunks(stream, size, b"data", "little")
    if head[:4] == b"FORM" and head[8:] in (b"AIFF", b"AIFC"):
        return _missing_in_chunks(stream, size, b"SSND", "big")
    if head[:4] == b"OggS":
        return _missing_in_ogg(stream, size)
    return None


def _missing_in_chunks(
    stream: BinaryIO, size: int, sound_id: bytes, order: Literal["little", "big"]
) -> str | None:
    """Walk the chunks to the one with the samples, and compare it with the file."""
    position = 12
    for _ in range(_MAX_CHUNKS):
        if position + 8 > size:
            break
        stream.seek(position)
        chunk_id = stream.read(4)
        length = int.from_bytes(stream.read(4), order)
        present = size - position - 8
        if chunk_id == sound_id:
            if length in _UNKNOWN_SIZES or length <= present:
                return None
            return f"its header announces {length} bytes of sound, {present} are there"
        # chunks are padded to an even length
        position += 8 + length + length % 2
    return "it ends before its sound begins"


def _missing_in_ogg(stream: BinaryIO, size: int) -> str | None:
    """Check that the last page is complete and marked as the last."""
    stream.seek(max(0, size - _OGG_TAIL_BYTES))
    page = _last_page(stream.read())
    if len(page) < _OGG_HEADER_BYTES:
        return "its last page is incomplete"
    n_segments = page[26]
    lengths = page[_OGG_HEADER_BYTES : _OGG_HEADER_BYTES + n_segments]
    end = _OGG_HEADER_BYTES + n_segments + sum(lengths)
    if len(lengths) < n_segments or len(page) < end:
        return "its last page is incomplete"
    if not page[5] & _OGG_END_OF_STREAM:
        return "its last page is not marked as the end of the stream"
    return None


def _last_page(tail: bytes) -> bytes:
    """Return the last page from its beginning, or nothing."""
    begin = tail.rfind(b"OggS")
    # compressed sound can hold these four bytes too; a page goes on with version 0
    # and one of eight types
    while begin >= 0 and (
        tail[begin + 4 : begin + 5] > b"\0" or _type(tail, begin) > 7
    ):
        begin = tail.rfind(b"OggS", 0, begin)
    return tail[begin:] if begin >= 0 else b""


def _type(tail: bytes, begin: int) -> int:
    """Return the type of a page, 0 where the file ends before it."""
    return int.from_bytes(tail[begin + 5 : begin + 6], "big")
