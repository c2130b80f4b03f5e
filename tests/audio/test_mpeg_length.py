from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from ser_core.audio import decode
from ser_core.audio.mpeg_length import with_length
from ser_core.errors import AudioError

Signal = npt.NDArray[np.float32]

FRAME_SAMPLES = {True: 1_152, False: 576}
"""Samples in a frame of MPEG-1 and MPEG-2."""


def mp3(
    seconds: float, *, sample_rate: int = 44_100, mode: str = "VARIABLE"
) -> tuple[bytes, int]:
    """Return an MP3 of noise that swells, and its samples a channel."""
    n_samples = round(seconds * sample_rate)
    rng = np.random.default_rng(0)
    swell = np.sin(np.arange(n_samples) / 20_000) ** 2
    y = (0.2 * rng.standard_normal(n_samples) * swell).astype(np.float32)
    stream = io.BytesIO()
    with soundfile.SoundFile(
        stream,
        "w",
        sample_rate,
        1,
        format="MP3",
        subtype="MPEG_LAYER_III",
        bitrate_mode=mode,
        compression_level=0.5,
    ) as sound:
        sound.write(y)
    return stream.getvalue(), n_samples


def without_length(content: bytes) -> bytes:
    """Drop the first frame, which only states the length."""
    mark = max(content.find(b"Xing"), content.find(b"Info"))
    assert 0 < mark < 100
    return content[content.find(content[:2], mark) :]


@pytest.mark.parametrize("mode", ["VARIABLE", "CONSTANT"])
@pytest.mark.parametrize("sample_rate", [44_100, 48_000, 22_050, 16_000, 8_000])
def test_all_frames_of_a_file_that_states_no_length_are_read(
    tmp_path: Path, mode: str, sample_rate: int
) -> None:
    content, n_samples = mp3(8.3, sample_rate=sample_rate, mode=mode)
    path = tmp_path / "a.mp3"
    path.write_bytes(without_length(content))
    samples, _ = decode(path)
    # the encoder's delay and the last frame's padding stay
    most = 3 * FRAME_SAMPLES[sample_rate >= 32_000]
    assert 0 <= len(samples) - n_samples < most
    assert np.array_equal(samples, decode(io.BytesIO(path.read_bytes()))[0])


def test_the_guess_that_is_replaced_would_lose_half() -> None:
    content, n_samples = mp3(8.3)
    with soundfile.SoundFile(io.BytesIO(without_length(content))) as sound:
        assert sound.frames < 0.6 * n_samples


def test_a_file_that_states_its_length_is_left_alone() -> None:
    content, n_samples = mp3(2)
    assert with_length(io.BytesIO(content)) is None
    assert len(decode(io.BytesIO(content))[0]) == n_samples


@pytest.mark.parametrize("n_tags", [1, 2])
def test_titles_in_front_are_stepped_over(n_tags: int) -> None:
    content, n_samples = mp3(2)
    tag = b"ID3\x03\0\0\0\0\x08\x00" + b"\xff\xfb" * 512
    samples, _ = decode(io.BytesIO(n_tags * tag + without_length(content)))
    assert 0 <= len(samples) - n_samples < 3_456


def test_titles_behind_are_not_counted() -> None:
    content, _ = mp3(2)
    bare = without_length(content)
    expected = decode(io.BytesIO(bare))[0]
    assert np.array_equal(decode(io.BytesIO(bare + b"TAG" + 125 * b"\0"))[0], expected)


def test_a_file_that_is_cut_within_a_frame_gives_the_frames_before() -> None:
    content, _ = mp3(2)
    bare = without_length(content)
    whole, cut = (len(decode(io.BytesIO(c))[0]) for c in (bare, bare[:-7]))
    assert whole - cut == 1_152


def test_a_hole_in_the_middle_is_refused() -> None:
    content, _ = mp3(8)
    bare = without_length(content)
    half = len(bare) // 2
    with pytest.raises(AudioError, match=r"is truncated|is not readable as audio"):
        decode(io.BytesIO(bare[:half] + 9_000 * b"\0" + bare[half:]))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"\xff\xfb",
        b"\xff\xfb\x90\xc4",
        b"ID3",
        b"ID3\x03\0\0\x7f\x7f\x7f\x7f",
        b"RIFF" + 60 * b"\0",
        b"\xff\xff\xff\xff" * 100,
        b"\xff\xfb\x00\xc4" * 100,
        b"\xff\xfd\x90\xc4" * 100,
    ],
)
def test_what_is_no_layer_3_is_left_alone(content: bytes) -> None:
    stream = io.BytesIO(content)
    stated = with_length(stream)
    assert stated is None or content == b"\xff\xfb\x90\xc4"
    assert stream.tell() == 0


@pytest.mark.timeout(20)
@pytest.mark.parametrize("junk", [b"\xff", b"\xff\xfb", b"\0", b"\xff\xfb\x90\xc4"])
def test_megabytes_of_junk_behind_a_frame_end_soon(junk: bytes) -> None:
    content, _ = mp3(1)
    assert with_length(io.BytesIO(without_length(content) + junk * 5_000_000))


def test_the_joined_stream_reads_like_its_content() -> None:
    content, _ = mp3(1)
    bare = without_length(content)
    stated = with_length(io.BytesIO(bare))
    assert stated is not None
    whole = stated.read()
    assert whole.endswith(bare)
    rng = np.random.default_rng(1)
    for at in rng.integers(0, len(whole), 50).tolist():
        assert stated.seek(at) == stated.tell() == at
        assert stated.read(700) == whole[at : at + 700]
    assert stated.seek(-5, 2) == len(whole) - 5
    assert stated.read() == whole[-5:]
