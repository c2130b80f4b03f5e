"""From decisions on single frames to stretches of speech."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

FRAMES_PER_SECOND: Final = 100

_LEAST_RUN: Final = 6
"""Shorter runs of frames are clicks."""

_LEAST_SPEECH: Final = 20
"""A stretch with less than 0.2 s from its first to its last speech is no word."""

_MARGIN: Final = 10
"""0.1 s are added on both sides: speech begins and ends more quietly than it is."""

_MOST_SHORT: Final = 50
"""So many short stretches are kept for the case that there are no others."""

Span = tuple[int, int]
"""First frame, and frame after the last."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Lengths:
    """What stretches are to be like, in frames of 10 ms.

    Attributes
    ----------
    pause : int
        A shorter pause joins what lies on its sides.
    least, most : int
        Shorter stretches are dropped, longer ones split. `most` is at least twice
        `least`.

    """

    pause: int
    least: int
    most: int

    @property
    def margin(self) -> int:
        """Frames added on each side; margins of neighbours never meet."""
        return min(_MARGIN, (self.pause - 1) // 2)


class StretchBuilder:
    """Join frames to stretches as they come.

    Parameters
    ----------
    lengths : Lengths

    Notes
    -----
    Runs of frames shorter than 60 ms are no speech. Stretches are widened, and what is
    then too long is split at its quietest frame. Stretches that are too short are
    dropped, unless no other was found by the end: then the longest of them are given.
    Levels are kept for the stretch that is open, and no longer.

    """

    def __init__(self, lengths: Lengths) -> None:
        self._lengths = lengths
        self._now = 0
        self._run = 0
        self._open: Span | None = None
        self._is_rest = False  # of a stretch that was split: not widened at its front
        self._first_level = 0
        self._levels: list[float] = []
        self._found = False
        self._short: list[Span] = []

    def step(self, is_speech: bool, level_db: float) -> list[Span]:
        """Take one frame and return the stretches that are complete by it."""
        self._now += 1
        self._levels.append(level_db)
        self._run = self._run + 1 if is_speech else 0
        begin_of_run = self._now - self._run
        done: list[Span] = []
        if (
            self._open is not None
            and begin_of_run - self._open[1] >= self._lengths.pause
        ):
            done = self._close()
        if self._run >= _LEAST_RUN:
            begin = begin_of_run if self._open is None else self._open[0]
            self._open = (begin, self._now)
        if self._open is None:
            self._forget(begin_of_run - self._lengths.margin)
        return done + self._split_overlong()

    def finish(self) -> list[Span]:
        """Return what is left when the signal is over."""
        done = self._close() if self._open is not None else []
        return done if self._found else sorted(self._short)

    def _split_overlong(self) -> list[Span]:
        """Cut parts off an open stretch that can hold no more."""
        room = self._lengths.most + self._lengths.least + self._lengths.margin
        done: list[Span] = []
        while self._open is not None and (span := self._widened())[1] - span[0] >= room:
            cut = self._cut(span)
            done.append((span[0], cut))
            self._open = (cut, self._open[1])
            self._is_rest = self._found = True
            self._forget(cut)
        return done

    def _close(self) -> list[Span]:
        """End the open stretch, widen it, and split or drop it by its length."""
        assert self._open is not None
        is_word = self._is_rest or self._open[1] - self._open[0] >= _LEAST_SPEECH
        begin, end = self._widened()
        self._open, self._is_rest = None, False
        if not is_word:
            return []
        spans: list[Span] = []
        while end - begin > self._lengths.most:
            cut = self._cut((begin, end))
            spans.append((begin, cut))
            begin = cut
        return [span for span in [*spans, (begin, end)] if self._is_kept(span)]

    def _cut(self, span: Span) -> int:
        """Choose where to split a stretch that is longer than `most`.

        The first part gets at least half of what it may, the rest `least`.
        """
        begin, end = span
        lengths = self._lengths
        last = min(begin + lengths.most, end - lengths.least)
        first = min(begin + max(lengths.most // 2, lengths.least), last)
        return self._quietest(first, last)

    def _is_kept(self, span: Span) -> bool:
        """Tell whether a stretch is long enough; remember it if it is not."""
        if span[1] - span[0] >= self._lengths.least:
            self._found = True
            self._short.clear()
            return True
        if not self._found:
            self._short.append(span)
            if len(self._short) > _MOST_SHORT:
                self._short.remove(min(self._short, key=lambda s: s[1] - s[0]))
        return False

    def _widened(self) -> Span:
        """Return the open stretch with its margins."""
        assert self._open is not None
        margin = self._lengths.margin
        begin = self._open[0] - (0 if self._is_rest else margin)
        return max(begin, 0), min(self._open[1] + margin, self._now)

    def _quietest(self, first: int, last: int) -> int:
        """Return the quietest frame from `first` to `last`."""
        levels = self._levels[first - self._first_level : last - self._first_level + 1]
        return first + int(np.argmin(levels))

    def _forget(self, before: int) -> None:
        """Drop the levels of frames that no stretch can hold any more."""
        n_old = before - self._first_level
        if n_old > 0:
            del self._levels[:n_old]
            self._first_level += n_old
