"""Sounds of two visitors never share an address."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile
from streamlit.runtime.media_file_storage import MediaFileKind
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from pages._view.private_sound import with_nonce

RATE = 16_000


def wav_with_a_click_at(place: int, *, seconds: float) -> bytes:
    y = np.zeros(int(seconds * RATE), dtype=np.float32)
    y[place] = 0.5
    written = io.BytesIO()
    soundfile.write(written, y, RATE, format="WAV", subtype="PCM_16")
    return written.getvalue()


def address(wav: bytes) -> str:
    storage = MemoryMediaFileStorage("/media")
    return storage.load_and_get_id(wav, "audio/wav", MediaFileKind.MEDIA)


def test_recordings_that_streamlit_takes_for_one_get_addresses_of_their_own() -> None:
    one = wav_with_a_click_at(200_000, seconds=60)
    other = wav_with_a_click_at(300_000, seconds=60)
    assert one != other
    assert address(one) == address(other)  # why this module exists
    assert address(with_nonce(one, b"a" * 32)) != address(with_nonce(other, b"b" * 32))


def test_address_is_unknown_to_somebody_who_has_the_recording() -> None:
    wav = wav_with_a_click_at(10, seconds=1)
    assert address(with_nonce(wav, b"a" * 32)) not in {
        address(wav),
        address(with_nonce(wav, b"b" * 32)),
    }


def test_same_sound_in_one_session_keeps_its_address() -> None:
    wav = wav_with_a_click_at(10, seconds=1)
    assert with_nonce(wav, b"a" * 32) == with_nonce(wav, b"a" * 32)


def test_sound_is_unchanged() -> None:
    wav = wav_with_a_click_at(123, seconds=1)
    before, _ = soundfile.read(io.BytesIO(wav), dtype="int16")
    after, rate = soundfile.read(io.BytesIO(with_nonce(wav, b"a" * 32)), dtype="int16")
    assert rate == RATE
    np.testing.assert_array_equal(before, after)


def test_size_in_the_head_counts_the_bytes_that_follow() -> None:
    wav = with_nonce(wav_with_a_click_at(1, seconds=1), b"a" * 32)
    assert int.from_bytes(wav[4:8], "little") == len(wav) - 8


@pytest.mark.parametrize("content", [b"", b"RIFF", b"OggS" + bytes(20), b"fLaC"])
def test_anything_but_a_wav_file_is_left_as_it_is(content: bytes) -> None:
    assert with_nonce(content, b"a" * 32) == content
