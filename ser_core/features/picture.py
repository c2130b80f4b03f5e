"""The mel spectrogram of one recording, to look at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ser_core.errors import AudioError

_N_FFT = 2048
_N_MELS = 64
_SHORTEST_HOP = 256
_MOST_FRAMES = 600


@dataclass(frozen=True, kw_only=True)
class MelPicture:
    """A mel spectrogram and its axes.

    Attributes
    ----------
    power_db : ndarray of shape (n_mels, n_frames), float32
        Relative to the loudest point, or to the given reference; at most 80 dB below
        the loudest point.
    times_s : ndarray of shape (n_frames,), float64
        Centres of the frames in seconds.
    frequencies_hz : ndarray of shape (n_mels,), float64
        Centres of the mel bands in Hz, rising.

    """

    power_db: npt.NDArray[np.float32]
    times_s: npt.NDArray[np.float64]
    frequencies_hz: npt.NDArray[np.float64]


def mel_picture(
    y: npt.NDArray[np.float32], *, sample_rate: int, reference: float | None = None
) -> MelPicture:
    """Compute a mel spectrogram that is small enough to draw.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), float32, in [-1, 1]
        One channel.
    sample_rate : int
        In Hz.
    reference : float, optional
        Power that is 0 dB; that of the loudest point without it. Pictures that are to
        be compared need the same.

    Returns
    -------
    picture : MelPicture
        With at most about 600 frames, whatever the length: long recordings get a
        longer hop.

    Raises
    ------
    AudioError
        The signal is empty.

    Notes
    -----
    librosa's mel power spectrogram: Hann window of 2,048 samples, centred with zeros,
    64 Slaney bands. It is a picture, no feature: nothing is
    trained or measured on it.

    """
    # librosa takes seconds to import, and whoever only lists recordings needs none
    import librosa

    if len(y) == 0:
        raise AudioError("the recording holds no samples; there is nothing to draw")
    hop_length = max(_SHORTEST_HOP, len(y) // _MOST_FRAMES)
    power = librosa.feature.melspectrogram(
        y=y, sr=sample_rate, n_fft=_N_FFT, hop_length=hop_length, n_mels=_N_MELS
    )
    power_db = librosa.power_to_db(
        power, ref=np.max if reference is None else reference
    )
    frames = np.arange(power_db.shape[1])
    bands = librosa.mel_frequencies(n_mels=_N_MELS + 2, fmax=sample_rate / 2)
    return MelPicture(
        power_db=np.asarray(power_db, dtype=np.float32),
        times_s=frames * hop_length / sample_rate,
        frequencies_hz=np.asarray(bands[1:-1], dtype=np.float64),
    )
