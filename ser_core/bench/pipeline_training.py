"""What a pipeline does with the features: split, scale, train, judge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ser_core.evaluation.metrics import Evaluation, evaluate
from ser_core.evaluation.splits import Split, random_split
from ser_core.measure.stages import StageRecorder
from ser_core.models.classical import check_training_part
from ser_core.models.lean_mlp import lean
from ser_core.models.registry import REPORT_PARAMETERS, Classifier, build_model
from ser_core.models.scaling import BlockScaler, fit_scaler, scale_in_place
from ser_core.store.matrix_file import gather_rows

Features = npt.NDArray[np.float32]
Labels = npt.NDArray[np.str_]


@dataclass(frozen=True, kw_only=True)
class Recognition:
    """How well the model does on the random split.

    Attributes
    ----------
    split : Split
        Which rows were trained and tested on.
    evaluation : Evaluation
        Of the test part.

    """

    split: Split
    evaluation: Evaluation


def recognise(
    X: Features,
    y: Labels,
    *,
    model_name: str,
    recorder: StageRecorder,
    forecast: Callable[[Features, Labels], None],
) -> Recognition:
    """Run the stages preprocessing, training and evaluation.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), float32
        Not scaled; not changed. At best a memory map.
    y : ndarray of shape (n_samples,), str
    model_name : str
        One of `ser_core.models.registry.REPORT_MODELS`.
    recorder : StageRecorder
        Measures them.
    forecast : callable
        Called with the scaled training part and its labels before the training.

    Returns
    -------
    recognition : Recognition

    Raises
    ------
    ParameterError
        The rows do not allow a split or training.

    Notes
    -----
    The features are scaled as float32 where they lie, in the one copy of the training
    part; the test part is taken and scaled when it is predicted, and the validation
    part, which nothing uses, not at all. Model and predictions equal those of
    scikit-learn's `StandardScaler` and classifiers to the bit.

    """
    with recorder.stage("preprocessing"):
        split = random_split(y.tolist())
        X_train, scaler = scaled_training_part(X, split)
    check_part(model_name, y[split.train])
    forecast(X_train, y[split.train])
    with recorder.stage("training"):
        model = build_report_model(model_name)
        model.fit(X_train, y[split.train])
        del X_train  # memory is read at the stage's end
    with recorder.stage("evaluation"):
        evaluation = judge_test_part(model, X, y, split=split, scaler=scaler)
    return Recognition(split=split, evaluation=evaluation)


def build_report_model(name: str) -> Classifier:
    """Build the report's model; the MLP in its lean form, which fits equally."""
    model: Classifier = lean(build_model(name, parameters=REPORT_PARAMETERS[name]))
    return model


def check_part(name: str, y: Labels) -> None:
    """Refuse a training part that the report's model cannot be fitted to."""
    check_training_part(name, y, parameters=REPORT_PARAMETERS[name])


def scaled_training_part(X: Features, split: Split) -> tuple[Features, BlockScaler]:
    """Copy the training rows, fit the scaler to them and scale the copy."""
    X_train = gather_rows(X, split.train)
    scaler = fit_scaler(X_train)
    scale_in_place(X_train, scaler=scaler)
    return X_train, scaler


def judge_test_part(
    model: Classifier, X: Features, y: Labels, *, split: Split, scaler: BlockScaler
) -> Evaluation:
    """Take, scale and predict the test rows, and compare."""
    X_test = gather_rows(X, split.test)
    scale_in_place(X_test, scaler=scaler)
    found = model.predict(X_test)
    return evaluate(y[split.test], found, classes=np.unique(y).tolist())
