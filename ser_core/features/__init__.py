"""Feature sets, the front ends that compute them, and the worker's entry."""

from ser_core.features.feature_set import FeatureSet
from ser_core.features.front_ends import FRONT_ENDS, FrontEnd, front_end
from ser_core.features.registry import FEATURE_SETS, feature_set
from ser_core.features.worker import Extraction, ExtractionTask, extract

__all__ = [
    "FEATURE_SETS",
    "FRONT_ENDS",
    "Extraction",
    "ExtractionTask",
    "FeatureSet",
    "FrontEnd",
    "extract",
    "feature_set",
    "front_end",
]
