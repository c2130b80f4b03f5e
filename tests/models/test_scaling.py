"""Scaling block by block: scikit-learn's figures, without its copies."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from ser_core.errors import ParameterError
from ser_core.models.scaling import BlockScaler, fit_scaler, scale_in_place


@parametrize_with_checks([BlockScaler()])
def test_scaler_is_a_scikit_learn_estimator(estimator, check) -> None:
    check(estimator)


def matrix(n_samples: int, n_features: int, *, seed: int = 0) -> np.ndarray:
    """Make columns of very different means and deviations, every fifth constant."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_samples, n_features)) * rng.uniform(0.01, 60, n_features)
    X += 400 * rng.normal(size=n_features)
    X[:, ::5] = rng.normal(size=n_features)[::5]
    return X.astype(np.float32)


def assert_same_as_at_once(X: np.ndarray) -> None:
    at_once, in_blocks = StandardScaler().fit(X), BlockScaler().fit(X)
    for figure in ("mean_", "var_", "scale_"):
        found, expected = getattr(in_blocks, figure), getattr(at_once, figure)
        assert np.array_equal(found, expected), figure
    assert in_blocks.n_samples_seen_ == at_once.n_samples_seen_
    assert in_blocks.transform(X).tobytes() == at_once.transform(X).tobytes()


@settings(max_examples=40, deadline=None)
@given(
    n_samples=st.integers(2, 400),
    n_features=st.integers(1, 70),
    block_bytes=st.sampled_from([16, 1_000, 20_000, 2**23]),
    seed=st.integers(0, 9),
)
def test_blocks_give_the_bits_of_scikit_learn(
    n_samples: int, n_features: int, block_bytes: int, seed: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ser_core.models.scaling.BLOCK_BYTES", block_bytes)
        assert_same_as_at_once(matrix(n_samples, n_features, seed=seed))


@pytest.mark.parametrize("shape", [(1500, 701), (40, 6500), (20_000, 53)])
def test_large_matrices_give_the_bits_of_scikit_learn(shape: tuple[int, int]) -> None:
    assert_same_as_at_once(matrix(*shape))


def test_double_precision_stays_double(tmp_path: Path) -> None:
    X = matrix(50, 7).astype(np.float64)
    found = BlockScaler().fit_transform(X)
    assert found.dtype == np.float64
    assert np.array_equal(found, StandardScaler().fit_transform(X))


def test_constant_column_becomes_zero() -> None:
    X = np.full((40, 2), 3, dtype=np.float32)
    scale_in_place(X, scaler=fit_scaler(X))
    assert not X.any()


def test_scaling_uses_the_training_part_alone() -> None:
    train = np.array([[0.0], [2.0]], dtype=np.float32)
    test = np.array([[5.0]], dtype=np.float32)
    scale_in_place(test, scaler=fit_scaler(train))
    assert test[0, 0] == 4.0  # (5 - mean 1) / deviation 1


def test_scaling_in_place_makes_no_copy() -> None:
    X = matrix(60, 9)
    scaler = BlockScaler(copy=False).fit(X)
    expected = scaler.transform(X, copy=True)
    assert not np.array_equal(expected, X)
    assert scaler.transform(X) is X
    assert np.array_equal(expected, X)


def test_input_is_left_alone_by_default() -> None:
    X = matrix(60, 9)
    before = X.copy()
    BlockScaler().fit_transform(X)
    assert np.array_equal(X, before)


def test_inverse_brings_the_values_back() -> None:
    X = matrix(60, 9)
    scaler = BlockScaler().fit(X)
    np.testing.assert_allclose(
        scaler.inverse_transform(scaler.transform(X)), X, rtol=1e-5, atol=1e-3
    )


def test_fit_and_scaling_need_a_small_part_of_the_matrix(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ser_core.models.scaling.BLOCK_BYTES", 2**18)
    X = matrix(4_000, 1_000)
    scaler = BlockScaler(copy=False).fit(X)  # what is loaded lazily is loaded now
    tracemalloc.start()
    scaler.fit(X).transform(X)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < X.nbytes / 8  # at once it takes more than two of them


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_refused_with_their_column(bad: float) -> None:
    X = matrix(30, 12)
    scaler = BlockScaler().fit(X)
    X[4, 7] = bad
    with pytest.raises(ParameterError, match=r"1 found, in column 7\); .*leave out"):
        BlockScaler().fit(X)
    with pytest.raises(ParameterError, match="column 7"):
        scaler.transform(X)
    X[5, 9] = bad
    with pytest.raises(ParameterError, match="2 found, in column 7 and others"):
        scale_in_place(X, scaler=scaler)


def test_columns_are_counted_over_all_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ser_core.models.scaling.BLOCK_BYTES", 16)
    X = matrix(30, 12)
    X[4, 7] = np.nan
    with pytest.raises(ParameterError, match="column 7"):
        BlockScaler().fit(X)


def test_read_only_memory_map_can_be_fitted_but_not_overwritten(tmp_path: Path) -> None:
    values = matrix(30, 12)
    np.save(tmp_path / "x.npy", values)
    X = np.load(tmp_path / "x.npy", mmap_mode="r")
    scaler = fit_scaler(X)
    assert np.array_equal(scaler.transform(X), StandardScaler().fit_transform(values))
    with pytest.raises(ParameterError, match="not writeable"):
        scale_in_place(X, scaler=scaler)


def test_whole_numbers_cannot_be_scaled_in_place() -> None:
    X = np.arange(12).reshape(6, 2)
    with pytest.raises(ParameterError, match="X is int64"):
        scale_in_place(X, scaler=fit_scaler(X.astype(np.float32)))
