"""Time the demo's way of one clip, stage by stage, and of long recordings.

A clip of 5 s goes the way that an upload goes: a decoder process is started, decodes
it and ends; quality and speech are measured, features computed, the class predicted and
decided; then the answer is explained. The first clip is shown apart, since libraries
are loaded with it. Long recordings are heard from a file, each in a process of its own,
and the highest resident memory beside what the process had before shows whether it
grows with the length. Sound is made up (`ser_core.corpora.synthesis`) or given.

    python -m benchmarks.demo_latency --repeats 20
    python -m benchmarks.demo_latency --repeats 0 --minutes 5,20,60
    python -m benchmarks.demo_latency --file voice.wav --model my-model --seconds 3
"""

from __future__ import annotations

import argparse
import io
import itertools
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import psutil
import soundfile

from ser_core.corpora.synthesis.ratings import SAMPLE_RATE, plan
from ser_core.corpora.synthesis.speech import speak
from ser_core.errors import SerError
from ser_core.store.data_folder import DataFolder, data_folder

STAGES = (
    ("start", "start of the decoder, header"),
    ("decode", "decoding"),
    ("quality", "quality, speech, outline"),
    ("features", "features"),
    ("predict", "prediction, distance"),
    ("rest", "decision, result, end of the decoder"),
    ("whole", "first result"),
    ("groups", "explanation: groups"),
    ("occlusion", "explanation: moments"),
    ("words", "explanation: words"),
    ("alone", "prediction of one row alone"),
)
PAUSE_S = 0.6
VOICES = 24
POLL_S = 0.2
COMMAND = (sys.executable, "-m", "benchmarks.demo_latency")

Signal = npt.NDArray[np.float32]
Times = dict[str, float]


def voice(index: int, *, seconds: float) -> Signal:
    """Make one utterance."""
    spoken = replace(plan(0, index), n_samples=round(seconds * SAMPLE_RATE))
    y: Signal = (speak(spoken, seed=0) / 32768).astype(np.float32)
    return y


def given(path: Path, *, seconds: float) -> tuple[Signal, int]:
    """Read a recording and repeat or cut it to a length."""
    from ser_core.audio.decode import decode

    y, sample_rate = decode(path)
    return np.resize(y, (round(seconds * sample_rate), *y.shape[1:])), sample_rate


def clip(options: argparse.Namespace) -> bytes:
    """Return the content of the clip as a browser would send it."""
    if options.file is None:
        y, sample_rate = voice(3, seconds=options.seconds), SAMPLE_RATE
    else:
        y, sample_rate = given(options.file, seconds=options.seconds)
    stream = io.BytesIO()
    soundfile.write(stream, y, sample_rate, format="WAV", subtype="PCM_16")
    return stream.getvalue()


def write_long(path: Path, *, minutes: float, source: Path | None) -> None:
    """Write voices or repetitions of a recording, with pauses, piece by piece."""
    if source is None:
        pieces, sample_rate = [voice(k, seconds=5) for k in range(VOICES)], SAMPLE_RATE
    else:
        from ser_core.audio.decode import decode

        y, sample_rate = decode(source)
        pieces = [y if y.ndim == 1 else y.mean(axis=1)]
    pause = np.zeros(round(PAUSE_S * sample_rate), dtype=np.float32)
    left = round(60 * minutes * sample_rate)
    with soundfile.SoundFile(path, "w", sample_rate, 1, subtype="PCM_16") as file:
        for piece in itertools.cycle(pieces):
            for part in (piece, pause):
                file.write(part[:left])
                left -= min(left, len(part))
            if left == 0:
                return


class Stopwatch:
    """Collect what stages take."""

    def __init__(self) -> None:
        self.times: Times = defaultdict(float)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a block of code."""
        started_s = time.perf_counter()
        try:
            yield
        finally:
            self.times[name] += time.perf_counter() - started_s


def one_clip(content: bytes, model: Any) -> Times:
    """Hear and explain the clip once, and time each stage."""
    from ser_core.audio.strangers import open_stranger
    from ser_core.inference.explanation import group_effects, in_words, occlusion
    from ser_core.inference.listening import listen

    watch = Stopwatch()
    with watch.stage("whole"):
        started_s = time.perf_counter()
        with open_stranger(content, name="clip.wav") as recording:
            watch.times["start"] = time.perf_counter() - started_s
            result = listen(recording, name="clip.wav", model=model)
    for name in ("decode", "quality", "features", "predict"):
        watch.times[name] = result.seconds.get(name, 0.0)
    known = sum(watch.times[name] for name, _ in STAGES[:5])
    watch.times["rest"] = watch.times["whole"] - known
    if result.features is None or result.y is None or result.decision is None:
        raise SerError(
            "the clip was not heard as a whole; give one of at most 15 s with speech"
        )
    with watch.stage("groups"):
        effects = group_effects(model, result.features)
    with watch.stage("occlusion"):
        moments = occlusion(model, result.y, sample_rate=result.sample_rate)
    with watch.stage("words"):
        in_words(effects, moments, decision=result.decision)
    with watch.stage("alone"):
        model.probabilities(result.features[np.newaxis])
    return watch.times


def recognise_once(content: bytes, model: Any) -> float:
    """Time the one call that the command line makes."""
    from ser_core.inference.listening import recognise

    started_s = time.perf_counter()
    result = recognise(content, name="clip.wav", model=model)
    if result.error is not None:
        raise SerError(result.error)
    return time.perf_counter() - started_s


def show_clip(options: argparse.Namespace, data: DataFolder) -> None:
    """Time the way of the clip and print it."""
    content = clip(options)
    started_s = time.perf_counter()
    from ser_core.inference.loading import load_model

    model = load_model(options.model, data=data)
    loading_s = time.perf_counter() - started_s
    first = one_clip(content, model)
    runs = [one_clip(content, model) for _ in range(options.repeats)]
    whole = [recognise_once(content, model) for _ in range(options.repeats)]
    print(
        f"{options.seconds:g} s clip, {len(content) / 1e6:.2f} MB; model "
        f"{model.name!r} on {model.feature_set.label}; {options.repeats} repetitions"
    )
    print(f"libraries and model loaded once: {loading_s:.2f} s\n")
    print(f"{'ms':40}{'first':>9}{'median':>9}{'min':>9}{'max':>9}")
    for name, words in STAGES:
        times = [run[name] for run in runs]
        print(f"{words:40}{first[name] * 1e3:9.1f}{summary(times)}")
    print(f"{'recognise()':40}{'':9}{summary(whole)}")


def summary(times_s: list[float]) -> str:
    """Format median, least and most, in ms."""
    values = np.median(times_s), min(times_s), max(times_s)
    return "".join(f"{1e3 * value:9.1f}" for value in values)


class MemoryWatch:
    """Follow the resident memory of this process and of its children."""

    def __init__(self) -> None:
        self.own_bytes = self.children_bytes = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _follow(self) -> None:
        this = psutil.Process()
        while not self._stop.wait(POLL_S):
            self.own_bytes = max(self.own_bytes, this.memory_info().rss)
            children = 0
            for child in this.children(recursive=True):
                try:
                    children += child.memory_info().rss
                except psutil.Error:
                    continue
            self.children_bytes = max(self.children_bytes, children)


def hear_long(path: Path, options: argparse.Namespace, data: DataFolder) -> Times:
    """Hear one long recording; for a fresh process."""
    from ser_core.inference.listening import recognise
    from ser_core.inference.loading import load_model

    model = load_model(options.model, data=data)
    # loads what is loaded with the first clip
    recognise_once(clip(options), model)
    before_bytes = psutil.Process().memory_info().rss
    started_s = time.perf_counter()
    with MemoryWatch() as watch:
        result = recognise(path, name="long.wav", model=model)
    wall_s = time.perf_counter() - started_s
    if result.error is not None:
        raise SerError(result.error)
    return {
        "minutes": result.duration_s / 60,
        "segments": len(result.segments),
        "wall_s": wall_s,
        "before_bytes": before_bytes,
        "peak_bytes": watch.own_bytes,
        "decoder_bytes": watch.children_bytes,
    }


def show_long(options: argparse.Namespace) -> None:
    """Hear each long recording in a process of its own, and print the table."""
    columns = ("segments", "seconds", "s/minute", "before", "peak", "growth", "decoder")
    print(f"\n{'minutes':8}" + "".join(f"{name:>10}" for name in columns))
    print(f"{'':38}" + "".join(f"{'MB':>10}" for _ in columns[3:]))
    for minutes in options.minutes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "long.wav"
            write_long(path, minutes=minutes, source=options.file)
            found = in_fresh_process(path)
        own = found["peak_bytes"], found["before_bytes"]
        print(
            f"{found['minutes']:<8.1f}{found['segments']:10.0f}{found['wall_s']:10.1f}"
            f"{found['wall_s'] / found['minutes']:10.2f}{own[1] / 1e6:10.1f}"
            f"{own[0] / 1e6:10.1f}{(own[0] - own[1]) / 1e6:10.1f}"
            f"{found['decoder_bytes'] / 1e6:10.1f}"
        )


def in_fresh_process(path: Path) -> dict[str, float]:
    """Run this script again with the same options for one long recording."""
    done = subprocess.run(
        [*COMMAND, *sys.argv[1:], "--hear", str(path)],
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise SerError("the process for the long recording failed; see above")
    found: dict[str, float] = json.loads(done.stdout)
    return found


def parsed() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", help="a bundle's name or folder (default: shipped)")
    parser.add_argument("--data-dir", type=Path, metavar="DIR")
    parser.add_argument("--file", type=Path, help="a recording (default: made up)")
    parser.add_argument("--seconds", type=float, default=5.0, help="of the clip")
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument(
        "--minutes",
        type=lambda text: [float(part) for part in text.split(",")],
        default=[],
        help="lengths of long recordings, as 5,20,60",
    )
    parser.add_argument("--hear", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def guarded(work: Callable[[], None]) -> int:
    """Do the work; tell own errors in one line."""
    try:
        work()
    except SerError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def main() -> int:
    """Time what is asked for."""
    options = parsed()
    data = data_folder(options.data_dir)
    os.environ.setdefault("NUMBA_CACHE_DIR", str(data.numba_cache))

    def work() -> None:
        if options.hear is not None:
            print(json.dumps(hear_long(options.hear, options, data)))
            return
        busy = psutil.cpu_percent(1.0)
        print(f"CPU in use before it begins: {busy:.0f} %")
        if options.repeats:
            show_clip(options, data)
        if options.minutes:
            show_long(options)

    return guarded(work)


if __name__ == "__main__":
    sys.exit(main())
