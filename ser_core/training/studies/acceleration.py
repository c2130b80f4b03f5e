"""The same training with stock scikit-learn and with scikit-learn-intelex."""

from __future__ import annotations

from ser_core.training.plan import TrainingPlan
from ser_core.training.studies.place import Found, Place


def acceleration(plan: TrainingPlan, place: Place) -> Found:
    """Wait for the models' part."""
    raise NotImplementedError
