"""What may be done to a signal before it is analysed; a description, frozen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ser_core.errors import ParameterError


@dataclass(frozen=True, kw_only=True)
class Preprocessing:
    """Describe the steps between resampling and analysis.

    Attributes
    ----------
    denoise, trim, normalise : bool
        Background-noise removal, silence removal, amplitude normalisation.

    """

    denoise: bool = False
    trim: bool = False
    normalise: bool = False

    def steps(self) -> tuple[str, ...]:
        """Name the steps that are on, in the order in which they are done."""
        names = ("denoise", "trim", "normalise")
        return tuple(name for name in names if getattr(self, name))


NO_PREPROCESSING: Final = Preprocessing()
"""Nothing is done."""


def parse_steps(steps: Sequence[str]) -> Preprocessing:
    """Make a description from the names of its steps.

    Raises
    ------
    ParameterError
        A step is not known, or named twice.

    """
    known = ("denoise", "trim", "normalise")
    for step in steps:
        if step not in known or list(steps).count(step) > 1:
            raise ParameterError(
                f"pre-processing step {step!r} is not known or named twice; "
                f"choose from: {', '.join(known)}"
            )
    return Preprocessing(**dict.fromkeys(steps, True))
