"""Standardise a large float32 matrix without copies of it in double precision."""

from __future__ import annotations

from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from ser_core.errors import ParameterError

BLOCK_BYTES: Final = 2**23
"""Double precision values that are worked on at a time, in bytes."""

Matrix = npt.NDArray[np.floating[Any]]


class BlockScaler(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Bring each column to mean 0 and standard deviation 1, block by block.

    Parameters
    ----------
    copy : bool, default True
        Whether `transform` makes a scaled copy; False scales in place where the input
        is a writeable array of floating point numbers.

    Attributes
    ----------
    mean_, var_, scale_ : ndarray of shape (n_features,), float64
        Mean, variance (ddof 0), and deviation, which is 1 for constant columns.
    n_samples_seen_ : int
    n_features_in_ : int

    Notes
    -----
    Equal to the bit to scikit-learn's `StandardScaler`, which takes the means of a
    float32 matrix in double precision, over a copy of all of it: two to three times
    its memory. Here that class is fitted to some columns after the other, since what
    a column becomes depends on that column alone; 8 MB are used at a time. float32
    stays float32.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.array([[1, 5], [3, 5]], dtype=np.float32)
    >>> BlockScaler().fit_transform(X)
    array([[-1.,  0.],
           [ 1.,  0.]], dtype=float32)

    """

    def __init__(self, *, copy: bool = True) -> None:
        self.copy = copy

    def fit(self, X: Matrix, y: Any = None) -> Self:
        """Find mean and deviation of each column.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features), float32 or float64
            The training part alone: scaling must not see the others.
        y : None
            Ignored.

        Returns
        -------
        self : BlockScaler

        Raises
        ------
        ParameterError
            X holds NaN or infinite values.

        """
        X = _validated(self, X, reset=True)
        n_samples, n_features = X.shape
        self.mean_ = np.empty(n_features)
        self.var_ = np.empty(n_features)
        self.scale_ = np.empty(n_features)
        self.n_samples_seen_ = n_samples
        for start, stop in _column_blocks(n_samples, n_features):
            block = X[:, start:stop]
            _check_finite(block, first_column=start)
            part = StandardScaler().fit(block)
            self.mean_[start:stop] = part.mean_
            self.var_[start:stop] = part.var_
            self.scale_[start:stop] = part.scale_
        return self

    def transform(self, X: Matrix, *, copy: bool | None = None) -> Matrix:
        """Standardise each column.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features), float32 or float64
        copy : bool, optional
            In place of the parameter of this name.

        Returns
        -------
        X_scaled : ndarray of shape (n_samples, n_features), of the type of X
            X itself where it was scaled in place.

        Raises
        ------
        ParameterError
            X holds NaN or infinite values.

        """
        check_is_fitted(self)
        X = _validated(self, X, reset=False, copy=self.copy if copy is None else copy)
        mean, scale = self.mean_.astype(X.dtype), self.scale_.astype(X.dtype)
        for block in _row_blocks(X):
            _check_finite(block)
            block -= mean
            block /= scale
        return X

    def inverse_transform(self, X: Matrix, *, copy: bool | None = None) -> Matrix:
        """Undo `transform`; parameters and result as there."""
        check_is_fitted(self)
        copy = self.copy if copy is None else copy
        X = check_array(
            X, dtype=[np.float64, np.float32], copy=copy, force_writeable=True
        )
        mean, scale = self.mean_.astype(X.dtype), self.scale_.astype(X.dtype)
        for block in _row_blocks(X):
            block *= scale
            block += mean
        return X


def fit_scaler(X: npt.NDArray[np.float32]) -> BlockScaler:
    """Fit a `BlockScaler` to the training part."""
    return BlockScaler().fit(X)


def scale_in_place(X: npt.NDArray[np.float32], *, scaler: BlockScaler) -> None:
    """Standardise each column of X where it lies.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), float32
        Overwritten.
    scaler : BlockScaler
        As `fit_scaler` returns it.

    Raises
    ------
    ParameterError
        X cannot be overwritten, as a read-only memory map, or is not floating point.

    """
    if not X.flags.writeable or X.dtype not in (np.float32, np.float64):
        raise ParameterError(
            f"X is {X.dtype}, {'' if X.flags.writeable else 'not '}writeable, and "
            "cannot be scaled in place; copy the rows that are needed as float32"
        )
    scaler.transform(X, copy=False)


def _validated(
    scaler: BlockScaler, X: Matrix, *, reset: bool, copy: bool | None = None
) -> Matrix:
    """Check a matrix as scikit-learn does, and leave what is not finite to us."""
    writing = {} if copy is None else {"copy": copy, "force_writeable": True}
    checked: Matrix = validate_data(
        scaler,
        X,
        reset=reset,
        dtype=[np.float64, np.float32],
        ensure_all_finite=False,
        **writing,
    )
    return checked


def _column_blocks(n_samples: int, n_features: int) -> list[tuple[int, int]]:
    """Cut the columns into blocks of two or more.

    numpy adds up a single column in another order than one among several, and the
    last bit of a mean depends on that.
    """
    width = max(2, BLOCK_BYTES // (8 * n_samples))
    starts = list(range(0, n_features, width))
    if len(starts) > 1 and n_features - starts[-1] == 1:
        starts.pop()
    return list(zip(starts, [*starts[1:], n_features], strict=True))


def _row_blocks(X: Matrix) -> list[Matrix]:
    """Cut the rows into views that stay in a processor's cache."""
    n_rows = max(1, BLOCK_BYTES // (8 * max(1, X.shape[1])))
    return [X[start : start + n_rows] for start in range(0, len(X), n_rows)]


def _check_finite(block: Matrix, *, first_column: int = 0) -> None:
    """Refuse NaN and infinite values, and say in which columns they stand."""
    finite = np.isfinite(block)
    if finite.all():
        return
    columns = np.flatnonzero(~finite.all(axis=0)) + first_column
    raise ParameterError(
        f"X holds NaN or infinite values ({finite.size - finite.sum()} found, in "
        f"column {columns[0]}{' and others' if len(columns) > 1 else ''}); features "
        "must be finite: leave out the files or columns that they come from"
    )
