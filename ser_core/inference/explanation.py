"""What drove a decision: groups of features, stretches of time, and both in words."""

from ser_core.inference.explanation_groups import (
    Explainable,
    GroupEffect,
    group_effects,
)
from ser_core.inference.explanation_occlusion import LONGEST_S, Occluded, occlusion
from ser_core.inference.explanation_words import in_words

__all__ = [
    "LONGEST_S",
    "Explainable",
    "GroupEffect",
    "Occluded",
    "group_effects",
    "in_words",
    "occlusion",
]
