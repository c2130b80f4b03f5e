"""The reference front end: librosa, to the bit."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import numpy.typing as npt

# librosa loads resampy when it is first needed, which goes wrong when two threads do
# that at once; so do the names of its own modules, which is why they are bound here.
import resampy.core  # noqa: F401
from librosa import resample, to_mono
from librosa.feature import mfcc

from ser_core.audio.decode import MAX_SAMPLES
from ser_core.errors import AudioError, ParameterError
from ser_core.features.feature_set import FeatureSet, MfccFrames


class ReferenceFrontEnd:
    """Compute mel-frequency cepstral coefficients with librosa.

    Notes
    -----
    Equal to the bit to ``librosa.load(path, sr=44100, res_type="kaiser_fast")`` and
    ``librosa.feature.mfcc(n_mfcc=13)``, cut or padded with zeros to 500 frames and
    transposed: Hann window, frames centred with zeros around the signal, 128 Slaney
    mel bands of the power spectrum, ``power_to_db`` with ref 1.0, amin 1e-10 and
    top_db 80, orthonormal DCT-II. Recordings at another rate are resampled by
    resampy's windowed sinc interpolation, after their channels are averaged.

    resampy is compiled by numba when it is first used. That takes seconds, and is kept
    in the folder that ``NUMBA_CACHE_DIR`` names when librosa is imported.

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
            The recording is too short or too long to be resampled.

        """
        y = to_mono(samples.T)
        y = _resample(y, sample_rate, feature_set)
        if not isinstance(feature_set, MfccFrames):
            raise ParameterError(
                f"features of kind {feature_set.kind!r} are not known to this front "
                "end; choose another front end"
            )
        cepstra = mfcc(
            y=y,
            sr=feature_set.sample_rate,
            n_mfcc=feature_set.n_mfcc,
            n_fft=feature_set.n_fft,
            hop_length=feature_set.hop_length,
            n_mels=feature_set.n_mels,
        )
        values = np.zeros(feature_set.shape, dtype=np.float32)
        n_kept = min(cepstra.shape[1], feature_set.n_frames)
        values[:n_kept] = cepstra[:, :n_kept].T
        return values


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
