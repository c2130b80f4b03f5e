"""Fit and test one fold; what a worker process of a training run does."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ser_core.errors import ModelError, SerError
from ser_core.features.matrix import open_matrix
from ser_core.models.classical import check_training_part
from ser_core.models.registry import build_recogniser
from ser_core.store.data_folder import DataFolder

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

Rows = npt.NDArray[np.intp]
Labels = npt.NDArray[np.str_]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class FoldWork:
    """One fold to be fitted and tested, small enough to be sent to a worker.

    Attributes
    ----------
    part : str
        Which result it belongs to: ``main`` or ``unseen``.
    name : str
        Of the fold.
    train, test : ndarray of shape (n_part,), intp
        Rows of the feature matrix.
    y_train : ndarray of shape (n_train,), str
    groups_train : ndarray of shape (n_train,), str, or None
        Speakers of the training part, for a search inside of it.

    """

    part: str
    name: str
    train: Rows
    test: Rows
    y_train: Labels
    groups_train: Labels | None = None

    def __repr__(self) -> str:
        """Name the fold alone: it is told to people when a worker is lost."""
        return f"{self.name} ({self.part})"


@dataclass(frozen=True, kw_only=True, eq=False)
class FoldResult:
    """What a fold gave.

    Attributes
    ----------
    predicted : ndarray of shape (n_test,), str
    probabilities : ndarray of shape (n_test, n_known), float64, or None
        None where the model gives none.
    known : ndarray of shape (n_known,), str
        The classes of the training part, in the columns' order.
    fit_s, predict_s : float
        Wall time of the fit (scaling, PCA and search included) and of prediction.
    components : int or None
        Of the PCA.
    search : mapping or None
        Best parameters, value and trials, where there was a search.

    """

    work: FoldWork
    predicted: Labels
    probabilities: npt.NDArray[np.float64] | None
    known: Labels
    fit_s: float
    predict_s: float
    components: int | None = None
    search: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class FoldTask:
    """Fit and test folds of one plan, in any worker.

    Attributes
    ----------
    data_root : str
        The data folder.
    matrix_key : str
        The stored feature matrix.
    model : str
    seed : int
    parameters : mapping
    pca : float or None
    tune : int
        Trials of a search inside the training part; 0 for none.
    search_folder : str or None
        Where unfinished searches are kept, so that they go on after an interruption.
    search_key : str
        What tells searches of different plans apart.

    """

    data_root: str
    matrix_key: str
    model: str
    seed: int
    parameters: Mapping[str, Any] = field(default_factory=dict)
    pca: float | None = None
    tune: int = 0
    search_folder: str | None = None
    search_key: str = ""

    def __call__(self, work: FoldWork) -> FoldResult:
        """Fit on the fold's training part and predict its test part.

        Raises
        ------
        ParameterError
            The model cannot be fitted to the training part.
        ModelError
            Its library failed to.

        """
        X = open_matrix(DataFolder(Path(self.data_root)), self.matrix_key).X
        started_s = time.perf_counter()
        X_train = X[work.train]
        check_training_part(
            self.model,
            work.y_train,
            X_train,
            parameters=self.parameters,
            pca=self.pca,
        )
        search = self._search(X_train, work)
        parameters = dict(self.parameters)
        if search is not None:
            parameters |= search["best_parameters"]
        recogniser = build_recogniser(
            self.model, seed=self.seed, parameters=parameters, pca=self.pca
        )
        self._fit(recogniser, X_train, work)
        del X_train
        fit_s = time.perf_counter() - started_s
        started_s = time.perf_counter()
        X_test = X[work.test]
        predicted = recogniser.predict(X_test)
        predict_s = time.perf_counter() - started_s
        probabilities = None
        if hasattr(recogniser, "predict_proba"):
            probabilities = np.asarray(recogniser.predict_proba(X_test), np.float64)
        pca = recogniser.named_steps.get("pca")
        return FoldResult(
            work=work,
            predicted=np.asarray(predicted, dtype=np.str_),
            probabilities=probabilities,
            known=np.asarray(recogniser.classes_, dtype=np.str_),
            fit_s=fit_s,
            predict_s=predict_s,
            components=None if pca is None else int(pca.n_components_),
            search=search,
        )

    def _fit(
        self, recogniser: Pipeline, X_train: npt.NDArray[np.float32], work: FoldWork
    ) -> None:
        """Fit; what a library raises is told as ours, so that other plans go on."""
        try:
            recogniser.fit(X_train, work.y_train)
        except SerError:
            raise
        except (ValueError, ArithmeticError, RuntimeError, MemoryError) as error:
            said = str(error).strip().partition("\n")[0] or type(error).__name__
            raise ModelError(
                f"{self.model} could not be fitted to the training part of "
                f"{work.name}: {said}; choose other parameters or another model"
            ) from error

    def _search(
        self, X_train: npt.NDArray[np.float32], work: FoldWork
    ) -> dict[str, Any] | None:
        """Search for parameters inside the training part, where that is wanted."""
        if self.tune == 0 or self.search_folder is None:
            return None
        from ser_core.models.tuning import tune

        folder = Path(self.search_folder)
        folder.mkdir(parents=True, exist_ok=True)
        found = tune(
            self.model,
            X_train,
            work.y_train,
            work.groups_train,
            n_trials=self.tune,
            seed=self.seed,
            parameters=self.parameters,
            pca=self.pca,
            storage=folder / f"{self.search_key}-{work.part}-{work.name}.journal",
        )
        return found.to_json()
