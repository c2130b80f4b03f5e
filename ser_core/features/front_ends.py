"""Front ends: implementations of a FeatureSet, found by name."""

from __future__ import annotations

from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from ser_core.errors import ParameterError
from ser_core.features.compiling import compiled_apart
from ser_core.features.feature_set import FeatureSet

FRONT_ENDS: Final = ("reference",)
"""The front ends known by name."""


class FrontEnd(Protocol):
    """Compute the array of a FeatureSet from a decoded recording.

    Attributes
    ----------
    name : str
        One of `FRONT_ENDS`.
    version : int
        Raised when its results change, so that stored arrays are not reused.

    """

    @property
    def name(self) -> str:
        """One of `FRONT_ENDS`."""
        ...

    @property
    def version(self) -> int:
        """Number of its definition."""
        ...

    def compute(
        self,
        samples: npt.NDArray[np.float32],
        *,
        sample_rate: int,
        feature_set: FeatureSet,
    ) -> npt.NDArray[np.float32]:
        """Compute the features of one recording.

        Parameters
        ----------
        samples : ndarray of shape (n_samples,) or (n_samples, n_channels), float32
            As `ser_core.audio.decode` returns them.
        sample_rate : int
            In Hz.
        feature_set : FeatureSet
            What to compute.

        Returns
        -------
        values : ndarray of shape ``feature_set.shape``, float32

        Raises
        ------
        AudioError
            The recording cannot be analysed.

        """
        ...


def check_front_end(name: str) -> None:
    """Check the name of a front end.

    Raises
    ------
    ParameterError
        The name is not in `FRONT_ENDS`.

    """
    if name not in FRONT_ENDS:
        raise ParameterError(
            f"front_end = {name!r} is not known; choose one of: {', '.join(FRONT_ENDS)}"
        )


def front_end(name: str) -> FrontEnd:
    """Look a front end up by its name; its libraries are imported now.

    Raises
    ------
    ParameterError
        The name is not in `FRONT_ENDS`.

    """
    check_front_end(name)
    # librosa takes seconds to import; whoever only names a front end need not wait
    with compiled_apart():
        from ser_core.features.reference import ReferenceFrontEnd

    return ReferenceFrontEnd()
