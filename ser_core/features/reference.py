"""The reference front end: librosa and our own analysis, to the bit."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, ClassVar, Final

import numpy as np
import numpy.typing as npt

# librosa loads resampy when it is first needed, which goes wrong when two threads do
# that at once; so do the names of its own modules, which is why they are bound here.
import resampy.core  # noqa: F401
from librosa import resample, to_mono

from ser_core.audio.decode import MAX_SAMPLES
from ser_core.audio.preprocess import preprocess
from ser_core.errors import AudioError, ParameterError
from ser_core.features.feature_set import FeatureSet

_MODULES: Final = {
    "mfcc-frames": "mfcc_frames",
    "spectral-means": "means",
    "mfcc-deltas": "deltas",
    "prosody": "prosody",
    "functionals": "functionals",
    "egemaps": "egemaps",
}
"""Module of `ser_core.features` with ``compute(y, feature_set)`` for each kind."""


class ReferenceFrontEnd:
    """Compute every kind of feature set, one clip at a time.

    Notes
    -----
    Channels are averaged, the signal is brought to the rate of the set, pre-processed
    and analysed. Cepstra and means are librosa's: ``mfcc13x500`` is equal to the bit
    to ``librosa.load(path, sr=44100, res_type="kaiser_fast")`` and
    ``librosa.feature.mfcc(n_mfcc=13)``, cut or padded with zeros to 500 frames and
    transposed.

    resampy is compiled by numba when it is first used. That takes seconds, and is kept
    in the folder that ``NUMBA_CACHE_DIR`` names when librosa is imported. What only one
    kind of set needs is imported with the first of that kind.

    References
    ----------
    B. McFee et al., "librosa: Audio and Music Signal Analysis in Python", Proc. 14th
    Python in Science Conf., 2015, doi 10.25080/Majora-7b98e3ed-003.

    S. B. Davis, P. Mermelstein, "Comparison of parametric representations for
    monosyllabic word recognition in continuously spoken sentences", IEEE Trans. ASSP
    28(4), 1980, doi 10.1109/TASSP.1980.1163420.

    """

    name: ClassVar[str] = "reference"
    version: ClassVar[int] = 1

    def compute(
        self,
        samples: npt.NDArray[np.float32],
        *,
        sample_rate: int,
        feature_set: FeatureSet,
    ) -> npt.NDArray[np.float32]:
        """Compute the features of one recording; see `FrontEnd.compute`.

        Raises
        ------
        AudioError
            The recording is too short or too long to be resampled or analysed, or
            nothing is left of it when its silence is removed.
        ParameterError
            The kind of set is not known here, or needs what is not installed.

        """
        analyse = _computation(feature_set)
        y = _resample(to_mono(samples.T), sample_rate, feature_set)
        y = preprocess(
            y,
            sample_rate=feature_set.sample_rate,
            preprocessing=feature_set.preprocessing,
        )
        return analyse(y, feature_set)


def _computation(
    feature_set: FeatureSet,
) -> Callable[[npt.NDArray[np.float32], Any], npt.NDArray[np.float32]]:
    """Find the function of a kind of set, and import its libraries."""
    if feature_set.kind not in _MODULES:
        raise ParameterError(
            f"features of kind {feature_set.kind!r} are not known to this front end; "
            f"it computes: {', '.join(_MODULES)}"
        )
    module = import_module(f"ser_core.features.{_MODULES[feature_set.kind]}")
    analyse: Callable[[npt.NDArray[np.float32], Any], npt.NDArray[np.float32]]
    analyse = module.compute
    return analyse


def _resample(
    y: npt.NDArray[np.float32], sample_rate: int, feature_set: FeatureSet
) -> npt.NDArray[np.float32]:
    """Bring a mono signal to the rate of the feature set."""
    if sample_rate == feature_set.sample_rate:
        return y
    n_samples = len(y) * feature_set.sample_rate // sample_rate
    if not 1 <= n_samples <= MAX_SAMPLES:
        raise AudioError(
            f"{len(y)} samples at {sample_rate} Hz would be {n_samples} at "
            f"{feature_set.sample_rate} Hz, and 1 to {MAX_SAMPLES} are possible; "
            "leave the recording out or cut it"
        )
    resampled: npt.NDArray[np.float32] = resample(
        y,
        orig_sr=sample_rate,
        target_sr=feature_set.sample_rate,
        res_type=feature_set.resampler,
    )
    return resampled
