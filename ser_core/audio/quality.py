"""How good a recording is, measured in one pass and constant memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ser_core.audio.blocks import Blocks
from ser_core.audio.quality_meters import (
    NOTHING_DBFS,
    Array,
    FlatTops,
    Levels,
    MeanSpectrum,
    decibels,
)
from ser_core.audio.quality_words import QualityWarning, quality_warnings
from ser_core.errors import AudioError, ParameterError

__all__ = ["Quality", "QualityMeter", "QualityWarning", "quality_warnings"]

_FRAME_S: Final = 0.02
_CANCELLED_SHARE: Final = 1e-3
_LEAST_POWER: Final = 1e-6
"""Of a channel that holds sound at all: -60 dB relative to full scale."""

_BLOCK: Final = 2**16
_SOUNDING_DB: Final = 25.0
"""What lies at most this far below the loud frames is sound, not pause."""

_LOUD: Final = 0.95
_QUIET: Final = 0.10
_BAND_HZ: Final = 100.0
_BAND_RANGE_DB: Final = 60.0
"""A band carries energy when it lies at most this far below the strongest.

Of the undamaged clips of EMO-DB, RAVDESS, CREMA-D and TESS none ends below 7.3 kHz by
this measure; copies that went through 8 kHz end at 4.0 kHz.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Quality:
    """What was measured on one recording.

    Attributes
    ----------
    duration_s : float
    sample_rate, n_channels : int
    peak_dbfs : float
        Largest sample of all channels, -200 where all are zero.
    level_dbfs : float
        Root mean square of the sounding frames of the mean of all channels: those at
        most 25 dB below the loud ones (the 95th percentile of the levels of 20 ms
        frames). -200 in silence.
    noise_dbfs : float
        10th percentile of the levels of the frames that are no digital silence.
    snr_db : float
        How far the loud frames lie above `noise_dbfs`: a rough ratio of speech to
        noise, 6 to 8 dB above the true one in steady noise. 0 in silence.
    silent_share : float, in [0, 1]
        Share of the frames that are digital silence, below -100 dBFS.
    clipped_share : float, in [0, 1]
        Share of the samples in flat tops: runs of three and more equal samples at
        their channel's greatest or least value. The channel with most of them counts.
    n_clipped_runs : int
        Number of these runs in that channel.
    longest_clipped_run : int
        Samples of the longest of them.
    bandwidth_hz : float
        Upper edge of the highest band of 100 Hz whose mean power lies at most 60 dB
        below that of the strongest. 0 in silence.
    offset : float, in [0, 1]
        Distance of the mean of the samples from zero, full scale being 1; of the
        channel where it is largest.
    cancelled : bool
        The channels are nearly each other's opposite: their mean has less than a
        thousandth of the power of the strongest.

    """

    duration_s: float
    sample_rate: int
    n_channels: int
    peak_dbfs: float
    level_dbfs: float
    noise_dbfs: float
    snr_db: float
    silent_share: float
    clipped_share: float
    n_clipped_runs: int
    longest_clipped_run: int
    bandwidth_hz: float
    offset: float
    cancelled: bool


class QualityMeter:
    """Measure the quality of a recording that comes in blocks.

    Parameters
    ----------
    sample_rate : int
        In Hz.
    n_channels : int, default 1

    Raises
    ------
    ParameterError
        Rate or number of channels is not positive.

    Notes
    -----
    Nothing of the signal is kept beyond one analysis frame. Level, noise and band are
    those of the mean of the channels, which is what a model hears; peak, flat tops and
    offset are looked for in each channel, because the mean would hide them.

    """

    def __init__(self, *, sample_rate: int, n_channels: int = 1) -> None:
        if sample_rate <= 0 or n_channels <= 0:
            raise ParameterError(
                f"sample_rate = {sample_rate} and n_channels = {n_channels}, and both "
                "must be positive; take them from the recording"
            )
        self._sample_rate = sample_rate
        self._n_samples = 0
        self._peak = 0.0
        self._sums = np.zeros(n_channels)
        self._powers = np.zeros(n_channels)
        self._mono_power = 0.0
        # one upwards and one downwards for each channel
        self._tops = [(FlatTops(), FlatTops()) for _ in range(n_channels)]
        self._frames = Blocks(max(round(_FRAME_S * sample_rate), 2))
        self._levels = Levels()
        self._spectrum = MeanSpectrum(sample_rate=sample_rate)

    def feed(self, block: npt.NDArray[np.float32]) -> None:
        """Take the next samples.

        Parameters
        ----------
        block : ndarray of shape (n_samples, n_channels) or (n_samples,), float32
            The second for one channel.

        Raises
        ------
        AudioError
            A sample is not finite.
        ParameterError
            The block has another number of channels.

        """
        channels = block[:, None] if block.ndim == 1 else block
        if channels.ndim != 2 or channels.shape[1] != len(self._tops):
            raise ParameterError(
                f"a block of shape {block.shape} for {len(self._tops)} channels; give "
                "blocks of shape (n_samples, n_channels)"
            )
        for first in range(0, len(channels), _BLOCK):
            self._take(channels[first : first + _BLOCK])

    def finish(self) -> Quality:
        """Return what was measured.

        Returns
        -------
        quality : Quality

        Raises
        ------
        AudioError
            No sample has come.

        """
        if not self._n_samples:
            raise AudioError("the recording holds no samples; record it again")
        if len(self._frames.rest) and not self._levels.n_frames:
            self._levels.feed(self._frames.rest[None])
        spectrum = self._spectrum.finish()
        heard = self._levels.n_frames > self._levels.n_silent
        loud = self._levels.percentile(_LOUD) if heard else NOTHING_DBFS
        noise = self._levels.percentile(_QUIET) if heard else NOTHING_DBFS
        n_clipped, n_runs, longest = self._flat_tops()
        return Quality(
            duration_s=self._n_samples / self._sample_rate,
            sample_rate=self._sample_rate,
            n_channels=len(self._tops),
            peak_dbfs=decibels(self._peak**2),
            level_dbfs=self._levels.mean_above(loud - _SOUNDING_DB),
            noise_dbfs=noise,
            snr_db=loud - noise,
            silent_share=self._levels.n_silent / self._levels.n_frames,
            clipped_share=n_clipped / self._n_samples,
            n_clipped_runs=n_runs,
            longest_clipped_run=longest,
            bandwidth_hz=self._bandwidth_hz(spectrum) if heard else 0.0,
            offset=float(np.abs(self._sums).max()) / self._n_samples,
            cancelled=self._cancelled(),
        )

    def _take(self, channels: npt.NDArray[np.float32]) -> None:
        """Pass a short block to every meter."""
        if not np.isfinite(channels).all():
            raise AudioError(
                "the recording holds samples that are not finite (NaN or infinite); "
                "export it again, at best as 16-bit FLAC or WAV"
            )
        self._n_samples += len(channels)
        self._peak = max(self._peak, float(np.abs(channels).max()))
        self._sums += channels.sum(axis=0, dtype=np.float64)
        for y, (above, below) in zip(channels.T, self._tops, strict=True):
            above.feed(y)
            below.feed(-y)
        mono = channels.mean(axis=1, dtype=np.float32)
        if channels.shape[1] > 1:
            self._powers += np.einsum("ij,ij->j", channels, channels, dtype=np.float64)
            self._mono_power += float(np.einsum("i,i", mono, mono, dtype=np.float64))
        self._levels.feed(self._frames.feed(mono))
        self._spectrum.feed(mono)

    def _cancelled(self) -> bool:
        """Tell whether the channels cancel each other; an offset is no sound."""
        if len(self._tops) == 1:
            return False
        powers = self._powers / self._n_samples - (self._sums / self._n_samples) ** 2
        strongest = float(powers.max())
        mono = self._mono_power / self._n_samples
        mono -= (float(self._sums.mean()) / self._n_samples) ** 2
        return strongest > _LEAST_POWER and mono < _CANCELLED_SHARE * strongest

    def _flat_tops(self) -> tuple[int, int, int]:
        """Return samples in runs, runs and longest run of the worst channel."""
        found = []
        for pair in self._tops:
            for top in pair:
                top.finish()
            found.append(
                (
                    sum(top.n_samples for top in pair),
                    sum(top.n_runs for top in pair),
                    max(top.longest for top in pair),
                )
            )
        return max(found)

    def _bandwidth_hz(self, spectrum: Array) -> float:
        """Return where the energy ends."""
        frequencies_hz = self._spectrum.frequencies_hz
        bands = (frequencies_hz // _BAND_HZ).astype(np.int64)
        counts = np.bincount(bands)
        power = np.bincount(bands, spectrum) / np.maximum(counts, 1)
        strongest = float(power.max())
        if strongest <= 0:
            return 0.0
        carries = power >= strongest * 10 ** (-_BAND_RANGE_DB / 10)
        edge = (float(np.flatnonzero(carries)[-1]) + 1) * _BAND_HZ
        return min(edge, self._sample_rate / 2)
