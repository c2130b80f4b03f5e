"""The models that can be tried: the shipped one, and those that were saved here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ser_core.errors import AudioError, ModelError
from ser_core.features.feature_set import FeatureSet
from ser_core.features.front_ends import FrontEnd, front_end
from ser_core.models.bundle import load_bundle
from ser_core.models.bundle_folders import (
    BundleSummary,
    bundle_folder,
    list_bundles,
    summarise,
)
from ser_core.models.calibration import apply_temperature
from ser_core.models.card import ModelCard
from ser_core.models.shipped import SHIPPED, shipped_folder
from ser_core.models.training_distance import distances
from ser_core.store.data_folder import DataFolder


@dataclass(frozen=True, kw_only=True)
class ModelChoice(BundleSummary):
    """One model that may be chosen.

    Attributes
    ----------
    shipped : bool
        It came with SER Lab.

    """

    shipped: bool


def model_choices(data: DataFolder) -> tuple[ModelChoice, ...]:
    """List the models that can be tried, the shipped one first.

    Returns
    -------
    choices : tuple of ModelChoice
        Only their cards are read.

    """
    saved = [b for b in list_bundles(data) if b.name != SHIPPED]
    return (
        ModelChoice(**vars(summarise(shipped_folder())), shipped=True),
        *(ModelChoice(**vars(bundle), shipped=False) for bundle in saved),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class SpeechModel:
    """A loaded model, from sound to calibrated probabilities.

    Attributes
    ----------
    name : str
    shipped : bool
        It came with SER Lab.
    card : ModelCard
    recogniser : Pipeline
        Fitted.
    feature_set : FeatureSet
    front_end : FrontEnd
    notes : tuple of str
        What to keep in mind, as another version of a library.

    """

    name: str
    shipped: bool
    card: ModelCard
    recogniser: Any
    feature_set: FeatureSet
    front_end: FrontEnd
    notes: tuple[str, ...] = ()

    @property
    def classes(self) -> tuple[str, ...]:
        """The emotions that it tells apart, sorted."""
        return self.card.classes

    def features(
        self, samples: npt.NDArray[np.float32], *, sample_rate: int
    ) -> npt.NDArray[np.float32]:
        """Compute the features of a clip, as in training.

        Parameters
        ----------
        samples : ndarray of shape (n_samples,) or (n_samples, n_channels), float32
            In [-1, 1].
        sample_rate : int
            In Hz.

        Returns
        -------
        x : ndarray of shape (n_features,), float32

        Raises
        ------
        AudioError
            The clip cannot be analysed.

        """
        values = self.front_end.compute(
            samples, sample_rate=sample_rate, feature_set=self.feature_set
        )
        if not np.isfinite(values).all():
            raise AudioError(
                "it gives features that are not finite, with samples up to "
                f"{float(np.abs(samples).max()):.3g}; scale it to -1 to 1"
            )
        return values.reshape(-1)

    def probabilities(self, X: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Return calibrated probabilities.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features), float32
            Stays as it is.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes), float64
            Rows sum to 1; columns as `classes`.

        """
        # a copy, because the scaler of a lean training scales in place
        found = np.asarray(self.recogniser.predict_proba(np.array(X)), dtype=np.float64)
        calibration = self.card.calibration
        if calibration is None:
            return found
        return apply_temperature(found, calibration.temperature)

    def named(self, probabilities: npt.NDArray[np.float64]) -> Mapping[str, float]:
        """Put a row of probabilities beside the names of the classes."""
        return dict(zip(self.classes, map(float, probabilities), strict=True))

    def distance(self, x: npt.NDArray[np.float32]) -> float | None:
        """Return how far a clip lies from the training data; None where not known."""
        if self.card.distances is None:
            return None
        return float(distances(self.recogniser, x[np.newaxis])[0])


def load_model(name: str | None, *, data: DataFolder) -> SpeechModel:
    """Load a model.

    Parameters
    ----------
    name : str or None
        Of a saved bundle; None or ``"default"`` for the one that came with SER Lab;
        or the path of a bundle's folder, with a separator in it.
    data : DataFolder

    Returns
    -------
    model : SpeechModel

    Raises
    ------
    ModelError
        There is none of this name; its bundle is refused (see `load_bundle`); its
        features cannot be computed here; or it gives no probabilities.

    """
    folder, shipped = _folder_of(name, data)
    bundle = load_bundle(folder)
    feature_set = bundle.card.feature_set()
    missing = feature_set.missing()
    if missing is not None:
        raise ModelError(
            f"model {bundle.card.name!r} takes the features "
            f"{bundle.card.features.label!r}: {missing}"
        )
    if not hasattr(bundle.recogniser, "predict_proba"):
        raise ModelError(
            f"model {bundle.card.name!r} gives no probabilities, which are needed to "
            "say how sure it is; choose another model"
        )
    return SpeechModel(
        name=SHIPPED if shipped else folder.name,
        shipped=shipped,
        card=bundle.card,
        recogniser=bundle.recogniser,
        feature_set=feature_set,
        front_end=front_end(bundle.card.front_end),
        notes=bundle.notes,
    )


def _folder_of(name: str | None, data: DataFolder) -> tuple[Path, bool]:
    """Return where a model lies, and whether it came with SER Lab."""
    if name is None or name == SHIPPED:
        return shipped_folder(), True
    if any(separator in name for separator in ("/", "\\")):
        return Path(name).expanduser(), False
    return bundle_folder(data, name), False
