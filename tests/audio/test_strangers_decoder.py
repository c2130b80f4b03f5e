"""What a decoder that dies, hangs, floods or lies does to whoever asked it."""

from __future__ import annotations

import json
import struct
import sys
import threading
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from ser_core.audio import decoder_process
from ser_core.audio.limits import UPLOAD_LIMITS, Limits
from ser_core.audio.strangers import read_stranger
from ser_core.audio.strangers_protocol import BLOCK_FRAMES
from ser_core.errors import AudioError

pytestmark = pytest.mark.timeout(60)

HEADER = {
    "sample_rate": 16_000,
    "n_channels": 1,
    "n_frames": 8,
    "container": "WAV",
    "subtype": "PCM_16",
    "measures": [],
}


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """Check that no process and no thread of a decoder outlives a test."""
    threads = set(threading.enumerate())
    yield
    assert psutil.Process().children(recursive=True) == []
    assert set(threading.enumerate()) == threads
    slots = decoder_process._slots
    assert slots._value == decoder_process.MAX_DECODERS  # type: ignore[attr-defined]


def message(kind: bytes, payload: bytes) -> bytes:
    return struct.pack("<cI", kind, len(payload)) + payload


def header(**changes: object) -> bytes:
    return message(b"H", json.dumps({**HEADER, **changes}).encode())


def samples(*values: float) -> bytes:
    return message(b"B", struct.pack(f"<{len(values)}f", *values))


DONE = message(b"D", b"{}")
EIGHT = samples(*[0.25] * 8)


def answer(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """Let the decoder be another program."""
    start = "import os, sys, time, signal; out = sys.stdout.buffer\n"
    monkeypatch.setattr(decoder_process, "_PROGRAM", start + program)


def say(monkeypatch: pytest.MonkeyPatch, content: bytes, then: str = "") -> None:
    """Let the decoder read its input, answer so, and do something else."""
    packed = zlib.compress(content)  # a command line is not endless
    answer(
        monkeypatch,
        "import zlib; sys.stdin.buffer.read()\n"
        f"out.write(zlib.decompress({packed!r})); out.flush()\n{then}",
    )


def refused(content: bytes = b"RIFF" * 50, *, timeout_s: float = 20) -> str:
    """Return why a recording is refused."""
    limits = replace(UPLOAD_LIMITS, timeout_s=timeout_s)
    with pytest.raises(AudioError, match=r"^'a.wav' .*; ") as caught:
        read_stranger(content, name="a.wav", limits=limits)
    return str(caught.value)


def test_a_correct_answer_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    say(monkeypatch, header() + EIGHT + DONE)
    assert read_stranger(b"x", name="a").samples.tolist() == [0.25] * 8


@pytest.mark.parametrize(
    ("then", "reason"),
    [
        ("os.abort()", r"crashed the decoder \(SIGABRT\)"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", r"crashed the decoder \(SIGSEGV\)"),
        ("os.kill(os.getpid(), signal.SIGXCPU)", "more computing time"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "ended by the system"),
        ("sys.exit(3)", r"ended the decoder without an answer \(code 3\)"),
        ("sys.exit(0)", "answer nonsense"),
    ],
)
@pytest.mark.parametrize("said", [b"", header() + samples(0.5, 0.5)])
def test_a_decoder_that_dies_is_told(
    monkeypatch: pytest.MonkeyPatch, then: str, reason: str, said: bytes
) -> None:
    if sys.platform == "win32" and "signal" in then:
        pytest.skip("Windows has no such signals")
    say(monkeypatch, said, then)
    with pytest.raises(AudioError, match=reason):
        read_stranger(b"RIFF", name="a.wav")


@pytest.mark.parametrize("said", [b"", b"H\xff", header(), header() + EIGHT[:9]])
def test_a_decoder_that_hangs_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    say(monkeypatch, said, "time.sleep(600)")
    assert "could not be decoded within 0.5 s" in refused(timeout_s=0.5)


def test_a_decoder_that_only_says_that_it_works_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    working = message(b"W", b"")
    then = f"while True: out.write({working!r}); out.flush(); time.sleep(0.02)"
    say(monkeypatch, header(), then)
    assert "could not be decoded within 0.5 s" in refused(timeout_s=0.5)


def test_silence_in_the_middle_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Limits, "stall_s", 0.4)
    say(monkeypatch, header() + samples(0.5), "time.sleep(600)")
    assert "kept the decoder silent for 0.4 s" in refused()


@pytest.mark.parametrize("n_bytes", [100, 5_000_000])
def test_a_decoder_that_takes_no_input_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, n_bytes: int
) -> None:
    answer(monkeypatch, "time.sleep(600)")
    assert "could not be decoded" in refused(bytes(n_bytes), timeout_s=0.5)


def test_a_decoder_that_dies_before_its_input_is_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer(monkeypatch, "os._exit(7)")
    assert "code 7" in refused(bytes(5_000_000))


LIES: dict[str, bytes] = {
    "no header": EIGHT,
    "text": b"Traceback (most recent call last):\n" * 9,
    "a huge header": struct.pack("<cI", b"H", 2**32 - 1),
    "a huge block": header() + struct.pack("<cI", b"B", 2**31),
    "no JSON": message(b"H", b"{"),
    "a list": message(b"H", b"[]"),
    "deep JSON": message(b"H", b"[" * 16_000),
    "a rate in words": header(sample_rate="16000"),
    "a rate of true": header(sample_rate=True),
    "half a channel": header(n_channels=0.5),
    "no samples": header(n_frames=0),
    "fewer than none": header(n_frames=-8),
    "a container with markup": header(container="<b>"),
    "a container of 1 MB": header(container="A" * 9_999),
    "measures in words": header(measures="memory"),
    "an unknown message": header() + message(b"Z", b""),
    "two headers": header() + header(),
    "an empty block": header() + samples(),
    "half a sample": header() + message(b"B", b"123"),
    "too many samples": header() + EIGHT + EIGHT + DONE,
    "too few samples": header() + samples(0.5) + DONE,
    "the end at once": DONE,
    "a refusal without reason": message(b"R", b'{"remedy": "none"}'),
    "a block beyond the longest": header(n_frames=BLOCK_FRAMES + 1)
    + samples(*[0.0] * (BLOCK_FRAMES + 1)),
}


@pytest.mark.parametrize("kind", LIES)
def test_nonsense_is_refused(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    say(monkeypatch, LIES[kind])
    assert "made the decoder answer nonsense" in refused()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"sample_rate": 1}, "rate of 1 Hz"),
        ({"n_channels": 64}, "has 64 channels"),
        ({"n_channels": 0}, "has 0 channels"),
        ({"n_frames": 2**40}, "claims 1099511627776 samples"),
        ({"n_frames": 28_000_000, "n_channels": 8}, "held in memory"),
    ],
)
def test_a_header_beyond_the_limits_is_refused_here_too(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, object], reason: str
) -> None:
    say(monkeypatch, header(**changes))
    assert reason in refused()


def test_samples_that_are_not_finite_are_refused_here_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    say(monkeypatch, header() + samples(*[float("nan")] * 8) + DONE)
    assert "holds 8 samples that are not finite" in refused()


def test_the_words_of_a_refusal_are_made_harmless(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = {"reason": "is \x1b[31mbad\u202e\n" + "x" * 9_000, "remedy": "give up"}
    say(monkeypatch, message(b"R", json.dumps(content).encode()))
    said = refused()
    assert said.startswith("'a.wav' is [31mbad xxx")
    assert len(said) < 400


def test_a_flood_ends_with_the_last_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    flood = f"while True: out.write({EIGHT!r} * 1000)"
    say(monkeypatch, header(), flood)
    assert "nonsense" in refused()


def test_an_answer_after_the_end_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    flood = f"while True: out.write({EIGHT!r} * 1000)"
    say(monkeypatch, header() + EIGHT + DONE, flood)
    assert len(read_stranger(b"x", name="a").samples) == 8


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_a_grandchild_that_keeps_the_pipes_stops_nobody(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # what the process limits prevent, unless the server runs as root
    monkeypatch.setattr(decoder_process, "_END_S", 0.1)
    then = f"""
if os.fork() == 0:
    open({str(tmp_path / "pid")!r}, "w").write(str(os.getpid()))
    time.sleep(1.5)
    os._exit(0)
time.sleep(600)"""
    say(monkeypatch, header(), then)
    threads = set(threading.enumerate())
    assert "could not be decoded" in refused(timeout_s=0.5)
    for thread in set(threading.enumerate()) - threads:
        thread.join(20)


def test_no_process_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert "no process could be started" in refused()


def test_no_thread_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", fail)
        assert "no thread could be started" in refused()
