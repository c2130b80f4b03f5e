"""The tape: what is held of a recording, and what is let go."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ser_core.inference.tape import Tape, mono


def ramp(n_samples: int, n_channels: int = 1) -> np.ndarray:
    """Number the samples, so that each can be told from the others."""
    one = np.arange(n_samples, dtype=np.float32)
    return np.stack([one + 0.5 * k for k in range(n_channels)], axis=1)


def taped(samples: np.ndarray, sizes: list[int]) -> Tape:
    tape, begin = Tape(), 0
    for size in sizes:
        if len(samples[begin : begin + size]):
            tape.append(samples[begin : begin + size])
        begin += size
    if begin < len(samples):
        tape.append(samples[begin:])
    return tape


def test_whole_of_one_channel_has_one_dimension() -> None:
    samples = ramp(10)
    assert taped(samples, [3, 4]).whole().tolist() == samples[:, 0].tolist()


def test_whole_of_two_channels_keeps_both() -> None:
    samples = ramp(10, 2)
    assert taped(samples, [7]).whole().tolist() == samples.tolist()


@given(
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=8),
    start=st.integers(0, 110),
    length=st.integers(0, 60),
)
def test_a_stretch_is_the_same_however_it_came(
    sizes: list[int], start: int, length: int
) -> None:
    samples = ramp(100, 2)
    found = taped(samples, sizes).mono(start, start + length)
    assert found.tolist() == samples.mean(axis=1)[start : start + length].tolist()


@given(sizes=st.lists(st.integers(1, 30), min_size=1, max_size=12))
def test_the_last_samples_stay_when_the_rest_goes(sizes: list[int]) -> None:
    samples = ramp(sum(sizes))
    tape = taped(samples, sizes)
    tape.keep_last(25)
    assert tape.n_samples == len(samples)
    start = max(len(samples) - 25, 0)
    assert tape.mono(start, len(samples)).tolist() == samples[start:, 0].tolist()
    assert len(tape.whole()) < 25 + max(sizes)


def test_mixing_down_is_librosas() -> None:
    from librosa import to_mono

    samples = np.random.default_rng(0).normal(size=(1000, 6)).astype(np.float32)
    assert np.array_equal(mono(samples), to_mono(samples.T))
