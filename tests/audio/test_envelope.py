from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ser_core.audio.envelope import MOST_POINTS, Envelope, EnvelopeMeter
from ser_core.errors import ParameterError

RATE = 8_000


def noise(n_samples: int, seed: int = 0) -> npt.NDArray[np.float32]:
    return np.random.default_rng(seed).uniform(-1, 1, n_samples).astype(np.float32)


def envelope(
    y: npt.NDArray[np.float32], *, claimed: int, blocks: tuple[int, ...] = ()
) -> Envelope:
    meter = EnvelopeMeter(sample_rate=RATE, n_samples=claimed)
    for part in np.split(y, np.cumsum(blocks)):
        meter.feed(part)
    return meter.finish()


@pytest.mark.parametrize("n_samples", [1, 2, 1_999, 2_000, 2_001, 40_000, 1_234_567])
@pytest.mark.parametrize("lie", [0.0, 0.001, 1.0, 1_000.0])
def test_every_length_gives_few_points_that_hold_all_extremes(
    n_samples: int, lie: float
) -> None:
    y = noise(n_samples)
    found = envelope(y, claimed=int(n_samples * lie))
    n_points = len(found.times_s)
    assert n_points == len(found.low) == len(found.high)
    # a lie makes the grid coarser or finer, but never useless
    assert min(n_samples / (0.01 * RATE), MOST_POINTS / 2) <= n_points <= MOST_POINTS
    assert found.low.min() == y.min()
    assert found.high.max() == y.max()
    assert (found.low <= found.high).all()
    assert (np.diff(found.times_s) > 0).all()
    assert 0 <= found.times_s[0] <= found.times_s[-1] <= n_samples / RATE


def test_each_point_is_the_extremes_of_its_own_stretch() -> None:
    y = noise(MOST_POINTS * 8)
    found = envelope(y, claimed=len(y))
    stretches = y.reshape(MOST_POINTS, 8)
    np.testing.assert_array_equal(found.low, stretches.min(axis=1))
    np.testing.assert_array_equal(found.high, stretches.max(axis=1))
    np.testing.assert_allclose(found.times_s, (np.arange(MOST_POINTS) + 0.5) * 8 / RATE)


def test_a_click_is_found_where_it_is_when_far_more_came_than_was_claimed() -> None:
    y = np.zeros(3_000_000, dtype=np.float32)
    y[2_345_678] = 1.0
    found = envelope(y, claimed=5)
    at_s = found.times_s[found.high.argmax()]
    assert at_s == pytest.approx(2_345_678 / RATE, abs=found.times_s[0] + 1e-9)


@settings(max_examples=50, deadline=None)
@given(
    n_samples=st.integers(0, 30_000),
    claimed=st.integers(0, 40_000),
    blocks=st.lists(st.integers(0, 9_000), max_size=8),
)
def test_blocks_make_no_difference(
    n_samples: int, claimed: int, blocks: list[int]
) -> None:
    y = noise(n_samples)
    whole = envelope(y, claimed=claimed)
    cut = envelope(y, claimed=claimed, blocks=tuple(blocks))
    np.testing.assert_array_equal(whole.times_s, cut.times_s)
    np.testing.assert_array_equal(whole.low, cut.low)
    np.testing.assert_array_equal(whole.high, cut.high)


def test_nothing_gives_no_points() -> None:
    assert len(EnvelopeMeter(sample_rate=RATE).finish().times_s) == 0


def test_a_rate_of_nothing_is_refused() -> None:
    with pytest.raises(ParameterError, match="sample_rate = 0"):
        EnvelopeMeter(sample_rate=0)
