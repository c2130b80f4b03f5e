from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from ser_core.audio import decode
from ser_core.errors import AudioError

Signal = npt.NDArray[np.float32]
Write = Callable[..., Path]

CONTAINERS = {
    "wav": {"container": "WAV"},
    "float.wav": {"container": "WAV", "subtype": "FLOAT"},
    "aiff": {"container": "AIFF"},
    "flac": {"container": "FLAC"},
    "ogg": {"container": "OGG", "subtype": "VORBIS"},
    "opus": {"container": "OGG", "subtype": "OPUS", "sample_rate": 48_000},
    "mp3": {"container": "MP3"},
}


@pytest.mark.parametrize("kind", CONTAINERS)
def test_every_container_decodes_to_float32_mono(
    write: Write, tone: Signal, kind: str
) -> None:
    path = write(f"tone.{kind}", tone, **CONTAINERS[kind])
    samples, sample_rate = decode(path)
    assert samples.shape == tone.shape
    assert samples.dtype == np.float32
    assert sample_rate == CONTAINERS[kind].get("sample_rate", 44_100)
    assert np.std(samples) == pytest.approx(np.std(tone), rel=0.05)
    assert np.array_equal(samples, decode(str(path))[0])


@pytest.mark.parametrize("n_channels", [2, 8])
def test_channels_are_kept(write: Write, tone: Signal, n_channels: int) -> None:
    y = np.stack([tone * (c + 1) / n_channels for c in range(n_channels)], axis=1)
    samples, _ = decode(write("many.wav", y, subtype="FLOAT"))
    assert np.array_equal(samples, y)


@pytest.mark.parametrize("sample_rate", [8_000, 24_414, 96_000, 192_000])
def test_the_rate_is_the_file_s_own(
    write: Write, tone: Signal, sample_rate: int
) -> None:
    assert decode(write("tone.wav", tone, sample_rate=sample_rate))[1] == sample_rate


@pytest.mark.parametrize("name", ["tone.wav", "tone.txt", "tone", "tone.mp3", "ก.wav"])
def test_content_decides_and_not_the_suffix(
    write: Write, tone: Signal, name: str
) -> None:
    flac = write("tone.flac", tone)
    renamed = flac.with_name(name)
    flac.rename(renamed)
    assert len(decode(renamed)[0]) == len(tone)


def test_digital_silence_is_audio(write: Write, tone: Signal) -> None:
    samples, _ = decode(write("silence.wav", 0 * tone))
    assert samples.shape == tone.shape
    assert not samples.any()


def refused(path: str | Path, reason: str) -> None:
    """Check that a file is refused, with its quoted path, a reason and a remedy."""
    with pytest.raises(AudioError, match=reason) as caught:
        decode(path)
    assert str(caught.value).startswith(f"'{path}' ")
    assert "; " in str(caught.value)
    assert caught.value.path == str(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    refused(tmp_path / "nothing.wav", "does not exist")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    refused(tmp_path, "is a folder")


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.wav"
    path.touch()
    refused(path, "is empty")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipe files")
@pytest.mark.timeout(20)
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "pipe.wav"
    os.mkfifo(path)
    refused(path, "is no regular file")


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="root may read every file"
)
def test_a_file_without_permission_is_refused(write: Write, tone: Signal) -> None:
    path = write("tone.wav", tone)
    path.chmod(0)
    refused(path, "cannot be read .*ermission")


def test_a_file_whose_disk_fails_is_refused(
    monkeypatch: pytest.MonkeyPatch, write: Write, tone: Signal
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(5, "Input/output error")

    path = write("tone.wav", tone)
    monkeypatch.setattr(Path, "open", fail)
    refused(path, "cannot be read .Input/output error")


def test_an_impossible_name_is_refused() -> None:
    refused("nul\0l.wav", "cannot be read|does not exist")


@pytest.mark.parametrize("suffix", ["wav", "flac", "mp3", "au", "gsm", "vox", "raw"])
def test_text_is_refused_whatever_its_suffix(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"text.{suffix}"
    path.write_text("This is no sound at all.\n" * 100)
    refused(path, "not readable as audio|no audio header|audio without a header")


@pytest.mark.parametrize("kind", CONTAINERS)
@pytest.mark.parametrize("lost", [1, 1_000, 0.4, 0.9])
def test_a_truncated_file_is_refused(
    write: Write, tone: Signal, kind: str, lost: float
) -> None:
    path = write(f"tone.{kind}", tone, **CONTAINERS[kind])
    content = path.read_bytes()
    n_lost = int(lost) if lost >= 1 else int(len(content) * lost)
    path.write_bytes(content[:-n_lost])
    refused(path, "is truncated|is not readable as audio")


def test_an_ogg_file_cut_between_two_pages_is_refused(
    write: Write, tone: Signal
) -> None:
    path = write("tone.ogg", np.tile(tone, 20), container="OGG")
    content = path.read_bytes()
    path.write_bytes(content[: content.rfind(b"OggS")])
    refused(path, "not marked as the end")


def test_the_name_of_a_page_inside_the_sound_does_not_mislead(
    write: Write, tone: Signal
) -> None:
    path = write("tone.ogg", tone, container="OGG")
    path.write_bytes(path.read_bytes() + b"....OggS\x01....OggS\0\xff")
    assert len(decode(path)[0]) == len(tone)


def test_a_padded_chunk_before_the_sound_is_stepped_over(
    write: Write, tone: Signal
) -> None:
    path = write("tone.wav", tone)
    content = path.read_bytes()
    odd = b"PAD " + (3).to_bytes(4, "little") + b"abc\0"
    path.write_bytes(content[:12] + odd + content[12:])
    assert len(decode(path)[0]) == len(tone)


@pytest.mark.parametrize("announced", [0x7FFFFFFF, 0xFFFFFFFF])
def test_a_wav_file_from_a_pipe_is_read_to_its_end(
    write: Write, tone: Signal, announced: int
) -> None:
    path = write("tone.wav", tone)
    content = bytearray(path.read_bytes())
    content[4:8] = content[40:44] = announced.to_bytes(4, "little")
    path.write_bytes(content)
    assert len(decode(path)[0]) == len(tone)


def flac_with_length(path: Path, n_samples: int) -> None:
    """Overwrite the 36 bits of a FLAC header that hold the number of samples."""
    content = bytearray(path.read_bytes())
    field = int.from_bytes(content[18:26], "big") >> 36 << 36 | n_samples
    content[18:26] = field.to_bytes(8, "big")
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("n_samples", "reason"),
    [
        (0, "does not say how many samples"),
        (2**36 - 1, "claims 68719476735 samples in 1 channels, and at most"),
        (1_000_000, "not readable as audio|is truncated"),
    ],
)
def test_a_header_that_claims_too_much_is_refused(
    write: Write, tone: Signal, n_samples: int, reason: str
) -> None:
    path = write("tone.flac", tone)
    flac_with_length(path, n_samples)
    refused(path, reason)


@pytest.mark.parametrize("sample_rate", [0, 1, 999, 900_000, 4_000_000_000])
def test_an_absurd_rate_is_refused(
    write: Write, tone: Signal, sample_rate: int
) -> None:
    path = write("tone.wav", tone)
    content = bytearray(path.read_bytes())
    content[24:28] = sample_rate.to_bytes(4, "little")
    path.write_bytes(content)
    refused(path, "sampling rate|not readable as audio")


def test_a_corrupt_middle_is_refused(write: Write, tone: Signal) -> None:
    path = write("tone.flac", np.tile(tone, 4))
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 64] = b"\xaa" * 64
    path.write_bytes(content)
    refused(path, "not readable as audio|is truncated")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_samples_that_are_not_finite_are_refused(
    write: Write, tone: Signal, bad: float
) -> None:
    y = tone.copy()
    y[[5, 7]] = bad
    refused(write("bad.wav", y, subtype="FLOAT"), "holds 2 samples that are not finite")


def test_samples_beyond_float32_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "double.wav"
    soundfile.write(path, np.full(100, 1e300), 44_100, subtype="DOUBLE")
    refused(path, "holds 100 samples that are not finite")


def test_no_samples_are_refused(write: Write, tone: Signal) -> None:
    refused(write("none.wav", tone[:0]), "holds no samples")


@pytest.mark.parametrize("sample_rate", [44_100, 48_000])
def test_a_single_sample_is_refused(
    write: Write, tone: Signal, sample_rate: int
) -> None:
    refused(write("one.wav", tone[:1], sample_rate=sample_rate), "a single sample")


@pytest.mark.timeout(20)
def test_a_file_of_a_million_chunks_is_refused_quickly(tmp_path: Path) -> None:
    path = tmp_path / "chunks.wav"
    path.write_bytes(b"RIFF\xff\xff\xff\xffWAVE" + b"junk\0\0\0\0" * 1_000_000)
    refused(path, "ends before its sound begins")


@pytest.mark.corpora
def test_real_recordings_are_no_false_alarm() -> None:
    root = os.environ.get("SER_TEST_CORPORA")
    if not root:
        pytest.skip("SER_TEST_CORPORA does not name the folder of real corpora")
    suffixes = {".wav", ".flac", ".opus", ".ogg"}
    files = sorted(p for p in Path(root).rglob("*") if p.suffix in suffixes)
    assert files
    for path in files[:: max(len(files) // 300, 1)]:
        samples, sample_rate = decode(path)
        info = soundfile.info(path)
        assert (len(samples), sample_rate) == (info.frames, info.samplerate)
