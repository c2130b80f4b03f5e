"""Send hostile and randomly damaged uploads through the real decoder process.

First every file of tests/audio/hostile_files.py, then mutations of sound ones, until
the time is over. Each must be read or be refused in words; a decoder that crashes,
hangs or takes too much is contained, and counted. An answer that is neither ends the
run with code 1, and its file is written to --keep.

    python -m benchmarks.fuzz_uploads --seconds 300 --keep findings
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import psutil

from ser_core.audio.limits import UPLOAD_LIMITS
from ser_core.audio.strangers import read_stranger
from ser_core.errors import AudioError
from tests.audio.hostile_files import (
    HostileFile,
    hostile_files,
    ogg_pages,
    sound_files,
    with_checksum,
)

TIMEOUT_S = 20.0
CRASHES = ("crashed the decoder", "ended the decoder", "ended by the system")
HANGS = ("could not be decoded within", "kept the decoder silent", "computing time")
NUMBERS = (
    0,
    1,
    2,
    0x7F,
    0x80,
    0xFF,
    0x7FFF,
    0x8000,
    0xFFFF,
    2**31 - 1,
    2**31,
    2**32 - 1,
)
LIMITS = replace(UPLOAD_LIMITS, timeout_s=TIMEOUT_S)


@dataclass
class Tally:
    """Count how uploads ended; used by several threads."""

    keep: Path | None
    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    slowest: list[tuple[float, str]] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, file: HostileFile, outcome: str, reason: str, seconds: float) -> None:
        """Take in one answer."""
        with self.lock:
            self.outcomes[outcome] += 1
            self.reasons["".join(c for c in reason if not c.isdigit())] += 1
            self.slowest = sorted([*self.slowest, (seconds, file.label)])[-5:]
            if outcome in ("crash contained", "hang contained", "DEFECT"):
                self.defects.append(f"{outcome}: {file.label}: {reason}")
                self._write(file)

    def _write(self, file: HostileFile) -> None:
        """Keep what somebody should look at."""
        if self.keep is not None:
            self.keep.mkdir(parents=True, exist_ok=True)
            name = f"{len(self.defects):04d}.bin"
            (self.keep / name).write_bytes(file.content)


def try_one(file: HostileFile, tally: Tally) -> None:
    """Send one upload and judge the answer."""
    began_s = time.perf_counter()
    reason = ""
    try:
        recording = read_stranger(file.content, name=file.name, limits=LIMITS)
        outcome = "DEFECT" if file.refused else "read"
        if not np.isfinite(recording.samples).all():
            outcome, reason = "DEFECT", "samples that are not finite"
    except AudioError as error:
        reason = error.message.partition("' ")[2]
        outcome = judged(reason)
    except BaseException:
        outcome, reason = "DEFECT", traceback.format_exc()
    tally.add(file, outcome, reason, time.perf_counter() - began_s)


def judged(reason: str) -> str:
    """Say what a refusal tells about the decoder."""
    places = (str(Path.cwd()), sys.prefix, tempfile.gettempdir())
    if "; " not in reason or any(place in reason for place in places):
        return "DEFECT"
    if "nonsense" in reason:
        return "DEFECT"
    if any(words in reason for words in CRASHES):
        return "crash contained"
    return "hang contained" if any(w in reason for w in HANGS) else "refused"


def mutations(seed: int) -> Iterator[HostileFile]:
    """Give damaged files for ever."""
    rng = np.random.default_rng(seed)
    sound = sound_files()
    basis = [*sound.items(), *((f.label, f.content) for f in hostile_files())]
    number = 0
    while True:
        # sound files are as good a start as all hostile ones together
        pick = rng.integers(len(sound) if rng.random() < 0.5 else len(basis))
        label, content = basis[int(pick)]
        damaged = bytes(content[:200_000])
        for _ in range(int(rng.integers(1, 6))):
            damaged = damage(damaged, rng)
        if damaged[:4] == b"OggS" and rng.random() < 0.7:
            damaged = with_checksums(damaged)
        number += 1
        yield HostileFile(f"mutation {seed}/{number} of {label}", "m.wav", damaged)


def damage(content: bytes, rng: np.random.Generator) -> bytes:
    """Do one thing to a file; most of them near its beginning."""
    if not content:
        return rng.bytes(int(rng.integers(1, 64)))
    end = len(content) if rng.random() < 0.3 else min(len(content), 256)
    at = int(rng.integers(end))
    length = int(rng.integers(1, 64))
    kind = int(rng.integers(7))
    if kind == 0:
        return (
            content[:at]
            + bytes([content[at] ^ 1 << int(rng.integers(8))])
            + content[at + 1 :]
        )
    if kind == 1:
        width = int(rng.choice([1, 2, 4, 8]))
        value = int(rng.choice(np.array(NUMBERS, dtype=np.uint64))) % 2 ** (8 * width)
        order = "little" if rng.random() < 0.5 else "big"
        return content[:at] + value.to_bytes(width, order) + content[at + width :]
    if kind == 2:
        return content[:at] + rng.bytes(length) + content[at + length :]
    if kind == 3:
        return content[:at] + content[at + length :]
    if kind == 4:
        return (
            content[:at]
            + content[at : at + length] * int(rng.integers(2, 200))
            + content[at:]
        )
    if kind == 5:
        return content[: int(rng.integers(len(content) + 1))]
    other = sound_files()[str(rng.choice(list(sound_files())))]
    return content[:at] + other[int(rng.integers(len(other))) :]


def with_checksums(content: bytes) -> bytes:
    """Make the checksums of an Ogg stream right, as far as it has pages."""
    try:
        return b"".join(with_checksum(page) for page in ogg_pages(content))
    except IndexError:
        return content


class DecoderWatch(threading.Thread):
    """Look every few milliseconds how much memory the decoders hold."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak_bytes = 0
        self.over = threading.Event()

    def run(self) -> None:
        """Watch until it is over."""
        while not self.over.wait(0.02):
            for child in psutil.Process().children():
                try:
                    # before it becomes an interpreter it is a copy of this process
                    if "-I" in child.cmdline():
                        held = child.memory_info().rss
                        self.peak_bytes = max(self.peak_bytes, held)
                except psutil.Error:
                    continue


def run(seconds: float, workers: int, seed: int, keep: Path | None) -> Tally:
    """Send everything."""
    tally = Tally(keep)
    ends_s = time.monotonic() + seconds
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(lambda file: try_one(file, tally), hostile_files()))

        def fuzz(number: int) -> None:
            for file in mutations(seed + number):
                if time.monotonic() > ends_s:
                    return
                try_one(file, tally)

        list(pool.map(fuzz, range(workers)))
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="folder for files to look at")
    asked = parser.parse_args()
    began_s = time.monotonic()
    watch = DecoderWatch()
    watch.start()
    tally = run(asked.seconds, asked.workers, asked.seed, asked.keep)
    watch.over.set()
    n_files = sum(tally.outcomes.values())
    print(f"| files | {n_files} ({len(hostile_files())} made, the rest mutations) |")
    print(f"| seconds | {time.monotonic() - began_s:.0f} |")
    for outcome in ("read", "refused", "crash contained", "hang contained", "DEFECT"):
        print(f"| {outcome} | {tally.outcomes[outcome]} |")
    print(f"| largest decoder | {watch.peak_bytes / 1e6:.0f} MB |")
    for took_s, label in reversed(tally.slowest):
        print(f"| slow | {took_s:.2f} s: {label} |")
    print(*tally.defects, sep="\n")
    for reason, n_times in tally.reasons.most_common(15):
        print(f"{n_times:7d}  {reason[:100]}")
    return 1 if tally.outcomes["DEFECT"] else 0


if __name__ == "__main__":
    sys.exit(main())
