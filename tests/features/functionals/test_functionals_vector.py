from __future__ import annotations

import numpy as np
import pytest

from ser_core.errors import ParameterError
from ser_core.features.functional_set import Functionals
from ser_core.features.functionals import compute, functionals

HARD = {
    "one sample": np.full(1, 0.3),
    "ten samples": np.full(10, 0.1),
    "silence": np.zeros(16_000),
    "click": np.concatenate([np.zeros(8_000), [1.0], np.zeros(8_000)]),
    "noise": np.random.default_rng(0).normal(scale=0.1, size=8_000),
    "constant": np.full(16_000, 0.5),
    "full scale": np.tile([1.0, -1.0], 8_000),
}


@pytest.mark.parametrize("name", HARD)
def test_hard_clips_give_finite_values(name: str) -> None:
    values = compute(HARD[name].astype(np.float32), Functionals())
    assert values.dtype == np.float32
    assert values.shape == Functionals().shape
    assert np.isfinite(values).all()


def test_columns_are_named_one_by_one() -> None:
    names = Functionals().column_names()
    assert (len(names),) == Functionals().shape
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("sample_rate", [8_000, 44_100])
def test_other_rates_are_refused(sample_rate: int) -> None:
    with pytest.raises(ParameterError, match=f"{sample_rate} Hz does not fit"):
        functionals(np.zeros(100, dtype=np.float32), sample_rate=sample_rate)
