"""The feature sets by the names that pages, plans and records use."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ser_core.audio.preprocessing import parse_steps
from ser_core.errors import ParameterError
from ser_core.features.feature_set import FeatureSet, MfccFrames

FEATURE_SETS: Final[dict[str, FeatureSet]] = {
    "mfcc13x500": MfccFrames(name="mfcc13x500"),
    "mfcc20x500": MfccFrames(name="mfcc20x500", n_mfcc=20),
}
"""The feature sets known by name."""


def feature_set(name: str) -> FeatureSet:
    """Look a feature set up by its label.

    Parameters
    ----------
    name : str
        A name in `FEATURE_SETS`, with steps of pre-processing after it where wanted:
        ``functionals+denoise+trim``.

    Raises
    ------
    ParameterError
        The name is not in `FEATURE_SETS`, or a step is not known.

    """
    base, *steps = name.split("+")
    try:
        known = FEATURE_SETS[base]
    except KeyError:
        allowed = ", ".join(FEATURE_SETS)
        raise ParameterError(
            f"features = {name!r} is not known; choose one of: {allowed}"
        ) from None
    return replace(known, preprocessing=parse_steps(steps)) if steps else known
