"""Folds inside a training part, on which parameters are compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from sklearn.metrics import recall_score
from sklearn.model_selection import GroupKFold, StratifiedKFold

from ser_core.errors import ParameterError
from ser_core.models.registry import build_recogniser
from ser_core.models.training_part import check_training_part

_KEPT_BYTES: Final = 256 * 1024**2
"""Scaled folds up to this size are kept between trials; larger are made anew."""

Prepared = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]


class InnerFolds:
    """Compare parameters on folds of the training part alone.

    Parameters
    ----------
    name : str
        The model.
    X : ndarray of shape (n_train, n_features), float32
        The training part, not scaled.
    y : ndarray of shape (n_train,), str
    groups : ndarray of shape (n_train,), str, optional
        Speakers; each is on one side of a fold. With fewer than two, or None, folds
        are random and stratified.
    seed : int
        Of the folds and of the models.
    n_folds : int
        At least 2; fewer are made where there are fewer speakers, or fewer members
        of a class.
    parameters : mapping
        Parameters that are the same in every trial.
    pca : float or int, optional
    n_threads : int

    Attributes
    ----------
    by_speaker : bool
        Whether speakers are kept apart.
    gamma_scale : float
        What `gamma="scale"` is on the first fold's training rows.

    Raises
    ------
    ParameterError
        A fold's training rows do not do for the model, or X is not finite.

    """

    def __init__(
        self,
        name: str,
        X: npt.NDArray[np.float32],
        y: npt.NDArray[np.str_],
        groups: npt.NDArray[np.str_] | None,
        *,
        seed: int,
        n_folds: int,
        parameters: Mapping[str, Any],
        pca: float | None,
        n_threads: int,
    ) -> None:
        check_training_part(name, y, X, parameters=parameters, pca=pca)
        self._name, self._X, self._y = name, X, y
        self._seed, self._pca, self._n_threads = seed, pca, n_threads
        self._fixed = dict(parameters)
        if name == "svm":
            # the search looks at what is predicted, which needs no calibration
            self._fixed["probability"] = False
        self.by_speaker = groups is not None and len(np.unique(groups)) >= 2
        self._folds = list(self._split(groups if self.by_speaker else None, n_folds))
        self._check_folds()
        size = X.dtype.itemsize * X.shape[0] * X.shape[1] * len(self._folds)
        self._keep = size <= _KEPT_BYTES
        self._kept: dict[int, Prepared] = {}
        train, _ = self._prepare(0)
        self.n_columns = train.shape[1]
        variance = float(train.var(dtype=np.float64))
        self.gamma_scale = 1 / (self.n_columns * variance) if variance else 1.0

    def __len__(self) -> int:
        """Return the number of folds."""
        return len(self._folds)

    def running_uar(self, parameters: Mapping[str, Any]) -> Iterator[float]:
        """Fit fold after fold and yield the UAR of all rows tested so far.

        Parameters
        ----------
        parameters : mapping
            Of this trial.

        Yields
        ------
        uar : float
            Unweighted average recall of the pooled predictions; the last value, of
            every row of the training part, is the trial's.

        """
        found = np.empty(len(self._y), dtype=self._y.dtype)
        tested = np.zeros(len(self._y), dtype=bool)
        for i, (train, test) in enumerate(self._folds):
            model = build_recogniser(
                self._name,
                seed=self._seed,
                parameters={**self._fixed, **parameters},
                pca=self._pca,
                n_threads=self._n_threads,
            ).named_steps["model"]
            X_train, X_test = self._prepare(i)
            found[test] = model.fit(X_train, self._y[train]).predict(X_test)
            tested[test] = True
            yield float(
                recall_score(
                    self._y[tested],
                    found[tested],
                    labels=np.unique(self._y[tested]),
                    average="macro",
                    zero_division=0,
                )
            )

    def _split(
        self, groups: npt.NDArray[np.str_] | None, n_folds: int
    ) -> Iterator[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
        """Divide the rows."""
        columnless = np.zeros((len(self._y), 1))
        if groups is not None:
            n = min(n_folds, len(np.unique(groups)))
            apart = GroupKFold(n, shuffle=True, random_state=self._seed)
            yield from apart.split(columnless, self._y, groups)
            return
        classes, counts = np.unique(self._y, return_counts=True)
        if counts.min() < 2:
            raise ParameterError(
                f"class {str(classes[counts.argmin()])!r} has 1 utterance in the "
                "training part; a search needs 2 or more: take more files, or leave "
                "that emotion out"
            )
        n = min(n_folds, int(counts.min()))
        mixed = StratifiedKFold(n, shuffle=True, random_state=self._seed)
        yield from mixed.split(columnless, self._y)

    def _check_folds(self) -> None:
        """Refuse folds that the model could not be fitted to."""
        for train, _ in self._folds:
            try:
                check_training_part(
                    self._name, self._y[train], parameters=self._fixed, pca=self._pca
                )
            except ParameterError as error:
                raise ParameterError(
                    f"inside the training part, a search has {len(train)} utterances "
                    f"to fit to, and {error.message}"
                ) from error

    def _prepare(self, i: int) -> Prepared:
        """Scale, and project, a fold's rows: fitted on its training rows alone."""
        if i in self._kept:
            return self._kept[i]
        recogniser = build_recogniser(self._name, seed=self._seed, pca=self._pca)
        # a fold's rows are a copy already, so that they can be scaled in place
        before = recogniser[:-1].set_params(scaler__copy=False)
        train, test = self._folds[i]
        X_train, X_test = np.asarray(self._X)[train], np.asarray(self._X)[test]
        prepared = before.fit_transform(X_train), before.transform(X_test)
        if self._keep:
            self._kept[i] = prepared
        return prepared
