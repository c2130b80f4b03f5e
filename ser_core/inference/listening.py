"""From a recording to what is heard in it, in constant memory."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from ser_core.audio.envelope import EnvelopeMeter
from ser_core.audio.limits import LOCAL_LIMITS, UPLOAD_LIMITS, Limits
from ser_core.audio.quality import QualityMeter, QualityWarning, quality_warnings
from ser_core.audio.strangers import StrangerRecording, display_name, open_stranger
from ser_core.audio.voice_activity import Stretch, VoiceActivity
from ser_core.errors import AudioError, BusyError
from ser_core.inference.decision import Decision, decide
from ser_core.inference.loading import SpeechModel
from ser_core.inference.results import FileResult, Segment
from ser_core.inference.tape import Tape, mono

WHOLE_S: Final = 15.0
"""Longest recording that is classified as one clip, in seconds.

The corpora's clips have 1 to 9 seconds. In a longer recording the voice changes, and
its features would be a mean over all of it that no clip of a training resembles.
"""

_KEPT_S: Final = 20.0
"""How much of a long recording is held, for stretches that are yet to be told."""

_ALONE_SHARE: Final = 0.8
"""A single stretch that fills this share of a clip is the clip."""

Progress = Callable[[float, float], None]
"""Takes the seconds that were heard, and those of the whole recording."""


def recognise(
    source: bytes | Path,
    *,
    name: str,
    model: SpeechModel,
    limits: Limits | None = None,
    timeline: bool = True,
    min_confidence: float | None = None,
    progress: Progress | None = None,
) -> FileResult:
    """Hear one file, which may come from a stranger.

    Parameters
    ----------
    source : bytes or Path
        The content of an upload, or a file of this machine. It is decoded in a process
        of its own, see `ser_core.audio.strangers`.
    name : str
        How the result calls the file; never used as a path.
    model : SpeechModel
    limits : Limits, optional
        `UPLOAD_LIMITS` for content, `LOCAL_LIMITS` for a file, by default.
    timeline : bool, default True
        Whether a short clip is cut into segments too. A long one always is.
    min_confidence : float, optional
        As `ser_core.inference.decision.decide`.
    progress : callable, optional

    Returns
    -------
    result : FileResult
        With an `error` and no decision where the file cannot be heard.

    Raises
    ------
    BusyError
        As many recordings are read as may be; this one was not looked at.

    """
    if limits is None:
        limits = LOCAL_LIMITS if isinstance(source, Path) else UPLOAD_LIMITS
    try:
        with open_stranger(source, name=name, limits=limits) as recording:
            return listen(
                recording,
                name=name,
                model=model,
                timeline=timeline,
                min_confidence=min_confidence,
                progress=progress,
            )
    except BusyError:
        raise
    except AudioError as error:
        return FileResult(file=name, error=error.message)
    except MemoryError:
        return FileResult(
            file=name,
            error=f"'{display_name(name)}' needs more memory than is free; cut it into "
            "shorter recordings, or try again later",
        )


def listen(
    recording: StrangerRecording,
    *,
    name: str,
    model: SpeechModel,
    timeline: bool = True,
    min_confidence: float | None = None,
    progress: Progress | None = None,
) -> FileResult:
    """Hear an opened recording, block by block.

    Parameters
    ----------
    recording : StrangerRecording
        Opened; it is read to its end.
    name, model, timeline, min_confidence, progress
        As `recognise`.

    Returns
    -------
    result : FileResult
        Without an error.

    Raises
    ------
    AudioError
        The recording is damaged further on, or cannot be analysed.

    Notes
    -----
    A recording of at most `WHOLE_S` seconds is one clip, as in training. A longer one
    is cut at its pauses; each stretch is classified, and the whole gets the mean of
    their probabilities and the median of their distances from the training data, both
    weighted by their length: where half of the speech is unlike anything the model
    knows, the whole is unsure, and a single odd stretch does not make it so. At most
    `_KEPT_S` seconds of it are held, whatever its length.

    """
    return _Listener(recording, name, model, min_confidence).hear(timeline, progress)


class _Listener:
    """Hear one recording."""

    def __init__(
        self,
        recording: StrangerRecording,
        name: str,
        model: SpeechModel,
        min_confidence: float | None,
    ) -> None:
        self._recording = recording
        self._name = name
        self._model = model
        self._min_confidence = min_confidence
        self._rate = recording.sample_rate
        self._quality = QualityMeter(
            sample_rate=self._rate, n_channels=recording.n_channels
        )
        self._envelope = EnvelopeMeter(
            sample_rate=self._rate, n_samples=recording.n_frames
        )
        self._voice = VoiceActivity(sample_rate=self._rate)
        self._tape = Tape()
        self._seconds: dict[str, float] = defaultdict(float)

    def hear(self, timeline: bool, progress: Progress | None) -> FileResult:
        """Read the recording to its end."""
        started_s = time.perf_counter()
        segments: list[Segment] = []
        waiting: list[Stretch] = []
        blocks = self._recording.blocks()
        while (block := self._next(blocks)) is not None:
            waiting += self._take(block)
            if self._is_long():
                segments += self._segments(waiting)
                waiting = []
                self._tape.keep_last(round(_KEPT_S * self._rate))
            if progress is not None:
                progress(self._heard_s(), max(self._recording.duration_s, 1e-3))
        waiting += self._voice.finish()
        if self._is_long():
            result = self._mean(segments + self._segments(waiting))
        else:
            result = self._clip(waiting if timeline else [])
        self._seconds["total"] = time.perf_counter() - started_s
        return replace(result, seconds=dict(self._seconds))

    def _next(
        self, blocks: Iterator[npt.NDArray[np.float32]]
    ) -> npt.NDArray[np.float32] | None:
        """Return the next block, or None at the end."""
        with self._timed("decode"):
            return next(blocks, None)

    def _take(self, block: npt.NDArray[np.float32]) -> list[Stretch]:
        """Take a block in; return the stretches of speech that are complete."""
        with self._timed("quality"):
            self._tape.append(block)
            self._quality.feed(block)
            mixed = mono(block)
            self._envelope.feed(mixed)
            return self._voice.feed(mixed)

    def _is_long(self) -> bool:
        """Tell whether the recording is too long to be one clip, as far as is known."""
        return self._heard_s() > WHOLE_S

    def _heard_s(self) -> float:
        """Return how many seconds were read."""
        return self._tape.n_samples / self._rate

    def _clip(self, stretches: Sequence[Stretch]) -> FileResult:
        """Classify the recording as one clip, and its stretches of speech."""
        samples = self._tape.whole()
        if self._silence():
            return replace(self._unheard(self._silence()), y=mono(samples))
        x = self._features(samples)
        probabilities, distance = self._classify(x)
        nearer = None
        if distance is not None and self._model.card.distances is not None:
            nearer = self._model.card.distances.share_nearer(distance)
        if len(stretches) == 1 and self._fills(stretches[0]):
            segments = [self._segment(stretches[0], probabilities, distance)]
        else:
            segments = self._segments(stretches)
        return replace(
            self._result(probabilities, segments, distance=distance),
            share_nearer=nearer,
            features=x,
            y=mono(samples),
        )

    def _fills(self, stretch: Stretch) -> bool:
        """Tell whether a stretch is nearly all of the recording."""
        return stretch.end - stretch.start >= _ALONE_SHARE * self._tape.n_samples

    def _mean(self, segments: Sequence[Segment]) -> FileResult:
        """Take the mean over the segments of a long recording."""
        if not segments:
            unheard = self._silence() or ["no speech was found in it"]
            return replace(self._unheard(unheard), whole=False)
        weights = [segment.duration_s for segment in segments]
        probabilities = {
            name: float(
                np.average([s.probabilities[name] for s in segments], weights=weights)
            )
            for name in self._model.classes
        }
        result = self._result(
            probabilities, segments, distance=_usual_distance(segments)
        )
        return replace(result, whole=False)

    def _unheard(self, reasons: Sequence[str]) -> FileResult:
        """Answer that nothing is known, each class being as probable as the others."""
        classes = self._model.classes
        return self._result(
            dict.fromkeys(classes, 1 / len(classes)), [], unheard=reasons
        )

    def _segments(self, stretches: Sequence[Stretch]) -> list[Segment]:
        """Classify stretches of speech."""
        found = []
        for stretch in stretches:
            try:
                x = self._features(self._tape.mono(stretch.start, stretch.end))
            except AudioError:
                # as when nothing but silence is left of it: no segment, no failure
                continue
            found.append(self._segment(stretch, *self._classify(x)))
        return found

    def _segment(
        self,
        stretch: Stretch,
        probabilities: Mapping[str, float],
        distance: float | None,
    ) -> Segment:
        """Decide about a stretch of speech."""
        return Segment(
            start_s=stretch.start / self._rate,
            end_s=stretch.end / self._rate,
            decision=self._decide(probabilities, distance),
            probabilities=probabilities,
            distance=distance,
        )

    def _silence(self) -> list[str]:
        """Say that there is nothing but silence, where that is so."""
        return [w.message for w in self._warnings() if w.code == "silence"]

    def _warnings(self) -> tuple[QualityWarning, ...]:
        """Say what is wrong with the sound that was read."""
        return quality_warnings(self._quality.finish())

    def _features(self, samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Compute the features of a clip; the error names the file."""
        with self._timed("features"):
            try:
                return self._model.features(samples, sample_rate=self._rate)
            except AudioError as error:
                raise AudioError(
                    f"'{display_name(self._name)}': {error.message}"
                ) from error

    def _classify(
        self, x: npt.NDArray[np.float32]
    ) -> tuple[Mapping[str, float], float | None]:
        """Return the probabilities of a clip and its distance from the training."""
        with self._timed("predict"):
            probabilities = self._model.probabilities(x[np.newaxis])[0]
            return self._model.named(probabilities), self._model.distance(x)

    def _decide(
        self,
        probabilities: Mapping[str, float],
        distance: float | None,
        unheard: Sequence[str] = (),
    ) -> Decision:
        """Decide about a clip."""
        return decide(
            probabilities,
            card=self._model.card,
            distance=distance,
            min_confidence=self._min_confidence,
            unheard=unheard,
        )

    def _result(
        self,
        probabilities: Mapping[str, float],
        segments: Sequence[Segment],
        *,
        distance: float | None = None,
        unheard: Sequence[str] = (),
    ) -> FileResult:
        """Put together what was heard."""
        return FileResult(
            file=self._name,
            decision=self._decide(probabilities, distance, unheard),
            probabilities=probabilities,
            distance=distance,
            warnings=self._warnings(),
            unheard=tuple(unheard),
            segments=tuple(segments),
            duration_s=self._heard_s(),
            sample_rate=self._rate,
            n_channels=self._recording.n_channels,
            container=self._recording.container,
            envelope=self._envelope.finish(),
        )

    @contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        """Add what a block of code takes to a sum."""
        started_s = time.perf_counter()
        try:
            yield
        finally:
            self._seconds[what] += time.perf_counter() - started_s


def _usual_distance(segments: Sequence[Segment]) -> float | None:
    """Return the median of the stretches' distances, weighted by their length."""
    known = sorted(
        (s.distance, s.duration_s) for s in segments if s.distance is not None
    )
    if not known:
        return None
    passed_s = np.cumsum([seconds for _, seconds in known])
    return known[int(np.searchsorted(passed_s, passed_s[-1] / 2))][0]
