from __future__ import annotations

import io
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import psutil
import pytest
import soundfile

from ser_core.audio import decode, decoder_process
from ser_core.audio.limits import LOCAL_LIMITS, UPLOAD_LIMITS, Limits
from ser_core.audio.strangers import display_name, open_stranger, read_stranger
from ser_core.audio.strangers_protocol import BLOCK_FRAMES
from ser_core.errors import AudioError, ParameterError

Signal = npt.NDArray[np.float32]
Write = Callable[..., Path]

pytestmark = pytest.mark.timeout(60)

CONTAINERS = {
    "wav": {"container": "WAV"},
    "float.wav": {"container": "WAV", "subtype": "FLOAT"},
    "24.wav": {"container": "WAV", "subtype": "PCM_24"},
    "gsm.wav": {"container": "WAV", "subtype": "GSM610"},
    "aiff": {"container": "AIFF"},
    "flac": {"container": "FLAC"},
    "ogg": {"container": "OGG", "subtype": "VORBIS"},
    "opus": {"container": "OGG", "subtype": "OPUS", "sample_rate": 48_000},
    "mp3": {"container": "MP3"},
}


def n_open_files() -> int:
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """Check that no process, thread or open file of a decoder outlives a test."""
    threads, files = set(threading.enumerate()), n_open_files()
    yield
    assert psutil.Process().children(recursive=True) == []
    assert set(threading.enumerate()) == threads
    assert n_open_files() == files
    slots = decoder_process._slots
    assert slots._value == decoder_process.MAX_DECODERS  # type: ignore[attr-defined]


@pytest.fixture
def long_tone(tone: Signal) -> Signal:
    """Return 10 s at 44.1 kHz: several blocks."""
    return np.tile(tone, 20)


@pytest.mark.parametrize(
    ("kind", "as_path"),
    [*((kind, False) for kind in CONTAINERS), ("wav", True), ("mp3", True)],
)
def test_the_samples_are_those_of_decode(
    write: Write, long_tone: Signal, kind: str, as_path: bool
) -> None:
    path = write(f"tone.{kind}", long_tone, **CONTAINERS[kind])
    expected, sample_rate = decode(path)
    read = read_stranger(path if as_path else path.read_bytes(), name=path.name)
    assert np.array_equal(read.samples, expected)
    assert read.samples.dtype == np.float32
    assert read.sample_rate == sample_rate
    assert read.n_frames == len(expected)
    assert read.container in ("WAV", "AIFF", "FLAC", "OGG", "MP3")


@pytest.mark.parametrize("kind", ["wav", "flac", "opus", "mp3", "gsm.wav"])
def test_a_part_is_cut_from_the_whole_exactly(
    write: Write, long_tone: Signal, kind: str
) -> None:
    path = write(f"tone.{kind}", long_tone, **CONTAINERS[kind])
    expected, sample_rate = decode(path)
    part = read_stranger(path.read_bytes(), name="a", start_s=3.3, end_s=5.1)
    first, last = round(3.3 * sample_rate), round(5.1 * sample_rate)
    assert np.array_equal(part.samples, expected[first:last])
    assert part.start_s == pytest.approx(3.3, abs=1e-4)
    assert part.n_frames == len(expected)


def test_channels_are_columns_and_one_channel_is_a_vector(
    write: Write, tone: Signal
) -> None:
    y = np.stack([tone, -tone], axis=1)
    two = read_stranger(write("two.wav", y, subtype="FLOAT").read_bytes(), name="two")
    assert np.array_equal(two.samples, y)
    assert two.n_channels == 2
    one = read_stranger(write("one.wav", tone).read_bytes(), name="one")
    assert one.samples.ndim == one.n_channels == 1


def test_the_header_is_known_before_the_samples(write: Write, tone: Signal) -> None:
    content = write("tone.wav", np.stack([tone] * 3, axis=1)).read_bytes()
    with open_stranger(content, name="../my\u202evoice.wav") as recording:
        assert recording.name == "myvoice.wav"
        assert (recording.sample_rate, recording.n_channels) == (44_100, 3)
        assert recording.n_frames == len(tone)
        assert recording.duration_s == 0.5
        assert (recording.container, recording.subtype) == ("WAV", "PCM_16")


def test_blocks_are_bounded_ordered_and_given_once(
    write: Write, long_tone: Signal
) -> None:
    path = write("tone.wav", long_tone, subtype="FLOAT")
    with open_stranger(memoryview(path.read_bytes()), name="a") as recording:
        blocks = list(recording.blocks())
        with pytest.raises(ParameterError, match="read once"):
            recording.blocks()
    assert all(b.shape[1] == 1 and b.dtype == np.float32 for b in blocks)
    assert max(len(b) for b in blocks) == BLOCK_FRAMES
    assert np.array_equal(np.concatenate(blocks)[:, 0], long_tone)


BROKEN: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda c: b"", r"is empty \(0 bytes\)"),
    "truncated": (lambda c: c[: len(c) // 2], "is truncated: its header announces"),
    "text": (lambda c: b"no sound " * 99, "is not readable as audio"),
    "header alone": (lambda c: c[:40] + bytes(4), "holds no samples"),
}


@pytest.mark.parametrize(
    ("kind", "as_path"), [*((kind, False) for kind in BROKEN), ("truncated", True)]
)
def test_the_reasons_are_those_of_decode(
    write: Write, tone: Signal, kind: str, as_path: bool
) -> None:
    spoil, reason = BROKEN[kind]
    path = write("tone.wav", tone)
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(AudioError, match=reason) as expected:
        decode(path)
    source = path if as_path else path.read_bytes()
    with pytest.raises(AudioError, match=reason) as caught:
        read_stranger(source, name="/home/x/tone.wav")
    said = str(expected.value).replace(str(path), "tone.wav")
    assert str(caught.value) == said
    assert caught.value.path == "tone.wav"


@pytest.mark.parametrize("at", [5, 300_000])
def test_samples_that_are_not_finite_are_counted(
    write: Write, long_tone: Signal, at: int
) -> None:
    y = long_tone.copy()
    y[[at, 440_000]] = np.nan
    content = write("bad.wav", y, subtype="FLOAT").read_bytes()
    with pytest.raises(AudioError, match=r"'bad.wav' holds 2 samples .* not finite"):
        read_stranger(content, name="bad.wav")


def test_what_precedes_the_damage_is_given(write: Write, long_tone: Signal) -> None:
    path = write("tone.flac", long_tone)
    content = bytearray(path.read_bytes())
    at = len(content) * 3 // 4
    content[at : at + 64] = b"\xaa" * 64
    n_read = 0
    with open_stranger(bytes(content), name="a") as recording:
        blocks = recording.blocks()
        with pytest.raises(AudioError, match=r"not readable|truncated"):  # noqa: PT012
            for block in blocks:
                n_read += len(block)
    assert 0.3 * len(long_tone) < n_read < len(long_tone)


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe"])
def test_what_is_no_file_is_refused_without_its_path(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.wav"
    if kind == "folder":
        path.mkdir()
    if kind == "pipe":
        if sys.platform == "win32":
            pytest.skip("Windows has no named pipe files")
        os.mkfifo(path)
    reason = {"missing": "does not exist", "folder": "is a folder"}.get(kind, "is no")
    with pytest.raises(AudioError, match=f"^'a.wav' {reason}") as caught:
        read_stranger(path, name=str(path))
    assert str(tmp_path) not in str(caught.value)


LIMITED: dict[str, tuple[Limits, str]] = {
    "bytes": (
        replace(UPLOAD_LIMITS, max_bytes=10_000),
        "has 1.764 MB, and at",
    ),
    "seconds": (replace(UPLOAD_LIMITS, max_s=9.9), "claims 441000 samples"),
    "channels": (replace(UPLOAD_LIMITS, max_channels=1), "has 2 channels, and at"),
    "low": (replace(UPLOAD_LIMITS, min_sample_rate=48_000), "rate of 44100 Hz"),
    "high": (replace(UPLOAD_LIMITS, max_sample_rate=8_000), "rate of 44100 Hz"),
}


@pytest.mark.parametrize(
    ("kind", "as_path"), [*((kind, False) for kind in LIMITED), ("bytes", True)]
)
def test_each_limit_is_named(
    write: Write, long_tone: Signal, kind: str, as_path: bool
) -> None:
    limits, reason = LIMITED[kind]
    path = write("a.wav", np.stack([long_tone] * 2, axis=1))
    source = path if as_path else path.read_bytes()
    with pytest.raises(AudioError, match=reason) as caught:
        read_stranger(source, name="a.wav", limits=limits)
    assert "; " in str(caught.value)


def test_a_recording_of_hours_in_few_bytes_is_refused_by_its_claim() -> None:
    stream = io.BytesIO()
    soundfile.write(stream, np.zeros(31 * 60 * 4_000, np.int16), 4_000, format="FLAC")
    content = stream.getvalue()
    assert len(content) < 50_000
    with pytest.raises(AudioError, match="is 31 minutes, and at most 30 minutes"):
        read_stranger(content, name="bomb.flac")
    local = read_stranger(content, name="long.flac", limits=LOCAL_LIMITS)
    assert local.duration_s == 31 * 60


@pytest.mark.parametrize(
    ("start_s", "end_s"), [(-1, None), (float("nan"), None), (2, 2), (0, float("nan"))]
)
def test_an_impossible_part_is_refused_at_once(
    start_s: float, end_s: float | None
) -> None:
    with pytest.raises(ParameterError, match=r"start_s|end_s"):
        read_stranger(b"", name="a", start_s=start_s, end_s=end_s)


def test_a_part_beyond_the_end_is_refused(write: Write, tone: Signal) -> None:
    content = write("a.wav", tone).read_bytes()
    with pytest.raises(AudioError, match=r"lasts 0.5 s, and was to be read from 1 s"):
        read_stranger(content, name="a", start_s=1)
    assert len(read_stranger(content, name="a", end_s=9e99).samples) == len(tone)


def test_closing_early_ends_the_decoder(write: Write, long_tone: Signal) -> None:
    content = write("a.wav", np.tile(long_tone, 12)).read_bytes()
    with open_stranger(content, name="a") as recording:
        next(recording.blocks())
        assert psutil.Process().children()
    assert psutil.Process().children() == []


def test_an_error_of_the_caller_ends_the_decoder(
    write: Write, long_tone: Signal
) -> None:
    content = write("a.wav", np.tile(long_tone, 12)).read_bytes()

    def fail() -> None:
        with open_stranger(content, name="a") as recording:
            next(recording.blocks())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()


def test_a_slow_caller_is_waited_for(write: Write, long_tone: Signal) -> None:
    path = write("a.wav", np.tile(long_tone, 12))
    limits = replace(UPLOAD_LIMITS, timeout_s=1.5)
    n_read = 0
    with open_stranger(path.read_bytes(), name="a", limits=limits) as recording:
        for number, block in enumerate(recording.blocks()):
            n_read += len(block)
            if number == 1:
                time.sleep(1.6)
    assert n_read == 12 * len(long_tone)


def test_short_clips_give_their_place_back_before_they_are_closed(
    write: Write, tone: Signal
) -> None:
    content = write("a.wav", tone).read_bytes()
    held = [open_stranger(content, name="a") for _ in range(5)]
    recordings = [each.__enter__() for each in held]
    assert all(sum(map(len, r.blocks())) == len(tone) for r in recordings)
    for each in held:
        each.__exit__(None, None, None)


def test_more_decoders_than_may_run_are_refused_in_words(
    write: Write, tone: Signal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoder_process, "_slots", threading.BoundedSemaphore(1))
    monkeypatch.setattr(decoder_process, "_SLOT_S", 0.05)
    content = write("a.wav", np.tile(tone, 200)).read_bytes()
    with (
        open_stranger(content, name="a"),
        pytest.raises(AudioError, match=r"was not read: .* try again in a minute"),
        open_stranger(content, name="b"),
    ):
        pass
    monkeypatch.undo()


def test_twenty_at_once_all_get_their_own_sound(write: Write, tone: Signal) -> None:
    contents = [
        write(f"{n}.wav", tone * (n + 1) / 20, subtype="FLOAT").read_bytes()
        for n in range(20)
    ]
    got: list[Signal | None] = [None] * 20

    def read(n: int) -> None:
        got[n] = read_stranger(contents[n], name=f"{n}.wav").samples

    threads = [threading.Thread(target=read, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for n, samples in enumerate(got):
        assert np.array_equal(samples, (tone * (n + 1) / 20).astype(np.float32))


def test_the_decoder_knows_nothing_of_the_server(
    write: Write, long_tone: Signal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SER_LAB_OPERATOR_TOKEN", "secret")
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    content = write("a.wav", np.tile(long_tone, 12)).read_bytes()
    with open_stranger(content, name="secret name") as recording:
        (child,) = psutil.Process().children()
        assert "SER_LAB_OPERATOR_TOKEN" not in child.environ()
        assert "PYTHONPATH" not in child.environ()
        assert "secret" not in " ".join(child.cmdline())
        assert Path(child.cwd()) == Path(sys.executable).anchor or child.cwd() == "/"
        next(recording.blocks())


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_the_decoder_is_confined(write: Write, long_tone: Signal) -> None:
    content = write("a.wav", np.tile(long_tone, 12)).read_bytes()
    with open_stranger(content, name="a") as recording:
        (child,) = psutil.Process().children()
        limits = {
            kind: child.rlimit(getattr(psutil, f"RLIMIT_{kind}"))[1]
            for kind in ("AS", "CPU", "FSIZE", "CORE", "NOFILE", "NPROC")
        }
        assert {"memory", "computing time", "file size"} <= set(recording.measures)
        assert limits["FSIZE"] == limits["CORE"] == limits["NPROC"] == 0
        assert 0 < limits["NOFILE"] <= 16
        assert 60 <= limits["CPU"] <= 70
        assert limits["AS"] < 2 * 2**30
        status = Path(f"/proc/{child.pid}/status").read_text(encoding="ascii")
        assert "NoNewPrivs:\t1" in status


def test_a_decoder_that_wants_too_much_memory_is_refused(
    write: Write, long_tone: Signal
) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux limits the memory of a process dependably")
    y = np.stack([long_tone] * 8, axis=1)
    limits = replace(UPLOAD_LIMITS, memory_bytes=100_000)
    with pytest.raises(AudioError, match=r"needs more than 0.1 MB of memory"):
        read_stranger(write("a.wav", y).read_bytes(), name="a", limits=limits)


@pytest.mark.corpora
def test_real_recordings_are_read_as_decode_reads_them() -> None:
    root = os.environ.get("SER_TEST_CORPORA")
    if not root:
        pytest.skip("SER_TEST_CORPORA does not name the folder of real corpora")
    suffixes = {".wav", ".flac", ".opus", ".ogg"}
    files = sorted(p for p in Path(root).rglob("*") if p.suffix in suffixes)
    assert files
    for path in files[:: max(len(files) // 12, 1)]:
        expected, sample_rate = decode(path)
        read = read_stranger(path.read_bytes(), name=path.name)
        assert np.array_equal(read.samples, expected)
        assert read.sample_rate == sample_rate


def test_the_name_shown_is_exported_here() -> None:
    assert display_name("a/b.wav") == "b.wav"
