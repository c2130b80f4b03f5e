"""The description of prosody: pitch, intensity, loudness, rhythm, voice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple

from ser_core.errors import ParameterError
from ser_core.features.feature_set import FeatureSet

SAMPLE_RATE: Final = 16_000
"""Rate in Hz at which the voice is followed."""


class ProsodyColumn(NamedTuple):
    """One value of the set: its name, its unit and what it is."""

    name: str
    unit: str
    meaning: str


_PITCH: Final = (
    ProsodyColumn("voiced", "0 or 1", "whether 5 frames or more are voiced"),
    ProsodyColumn("voiced_share", "share", "voiced frames of all frames"),
    ProsodyColumn("f0_mean", "Hz", "mean of F0"),
    ProsodyColumn("f0_median", "Hz", "median of F0"),
    ProsodyColumn("f0_level", "st", "mean of F0 in semitones above 27.5 Hz"),
    ProsodyColumn("f0_std", "st", "standard deviation of F0"),
    ProsodyColumn("f0_low", "st", "5th percentile of F0 above 27.5 Hz"),
    ProsodyColumn("f0_high", "st", "95th percentile of F0 above 27.5 Hz"),
    ProsodyColumn("f0_range", "st", "95th percentile less 5th"),
    ProsodyColumn("f0_skew", "st", "mean less median of F0"),
    ProsodyColumn("f0_slope", "st/s", "slope of the line through all of F0"),
    ProsodyColumn("f0_rise", "st/s", "mean slope of frames in which F0 rises"),
    ProsodyColumn("f0_fall", "st/s", "mean slope of frames in which F0 falls"),
    ProsodyColumn("f0_movement", "st/s", "mean of the slope's absolute value"),
    ProsodyColumn("f0_begin", "st", "first fifth of F0 less its median"),
    ProsodyColumn("f0_end", "st", "last fifth of F0 less its median"),
    ProsodyColumn("voiced_runs", "1/s", "voiced stretches a second"),
    ProsodyColumn("voiced_run_mean", "s", "mean length of voiced stretches"),
    ProsodyColumn("voiced_run_std", "s", "standard deviation of their lengths"),
)

LEVEL_STATISTICS: Final = (
    ("mean", "dB", "mean of {}"),
    ("std", "dB", "standard deviation of {}"),
    ("low", "dB", "5th percentile of {}"),
    ("median", "dB", "median of {}"),
    ("high", "dB", "95th percentile of {}"),
    ("range", "dB", "95th percentile of {} less the 5th"),
    ("slope", "dB/s", "slope of the straight line through {}"),
    ("rise", "dB/s", "mean slope of {} in frames in which it rises"),
    ("fall", "dB/s", "mean slope of {} in frames in which it falls"),
    ("movement", "dB/s", "mean absolute slope of {}"),
)
"""What is said of a level over time: name, unit, meaning of "{}"."""

_INTENSITY: Final = (
    ProsodyColumn("sounding", "0 or 1", "whether 5 frames or more sound"),
    *(
        ProsodyColumn(f"intensity_{name}", unit, meaning.format("the level"))
        for name, unit, meaning in LEVEL_STATISTICS
    ),
    ProsodyColumn("intensity_voiced", "dB", "voiced frames less unvoiced ones"),
    ProsodyColumn("peak", "dB", "largest sample relative to full scale"),
)

_LOUDNESS: Final = (
    ProsodyColumn("loudness", "LUFS", "integrated loudness, ITU-R BS.1770"),
    *(
        ProsodyColumn(
            f"loudness_{name}",
            unit.replace("dB", "LU"),
            meaning.format("the K-weighted level"),
        )
        for name, unit, meaning in LEVEL_STATISTICS
    ),
    ProsodyColumn("loudness_tilt", "LU", "K-weighted less plain level, on average"),
)

_RHYTHM: Final = (
    ProsodyColumn("duration", "s", "length of the clip"),
    ProsodyColumn("speech", "s", "from the first frame that sounds to the last"),
    ProsodyColumn("sounding_share", "share", "frames that sound of those of speech"),
    ProsodyColumn("nuclei", "count", "syllable nuclei"),
    ProsodyColumn("speech_rate", "1/s", "nuclei a second of speech"),
    ProsodyColumn("articulation_rate", "1/s", "nuclei a second of what sounds"),
    ProsodyColumn("nucleus_interval_mean", "s", "mean time between nuclei"),
    ProsodyColumn("nucleus_interval_std", "s", "its standard deviation"),
    ProsodyColumn(
        "nucleus_interval_npvi",
        "share",
        "mean of the difference of neighbouring intervals over their mean",
    ),
    ProsodyColumn("nucleus_level_std", "dB", "spread of the level at nuclei"),
    ProsodyColumn("pauses", "1/s", "pauses a second of speech"),
    ProsodyColumn("pause_share", "share", "time in pauses of that of speech"),
    ProsodyColumn("pause_mean", "s", "mean length of pauses"),
    ProsodyColumn("pause_longest", "s", "length of the longest pause"),
)

_VOICE: Final = (
    ProsodyColumn("hnr_mean", "dB", "mean harmonics-to-noise ratio"),
    ProsodyColumn("hnr_std", "dB", "its standard deviation"),
    ProsodyColumn("periodic", "0 or 1", "whether 10 periods or more were followed"),
    ProsodyColumn("jitter_local", "%", "difference of neighbouring periods"),
    ProsodyColumn("jitter_rap", "%", "difference of a period from the mean of three"),
    ProsodyColumn("shimmer_local", "%", "difference of neighbouring amplitudes"),
    ProsodyColumn("shimmer_db", "dB", "the same as a ratio"),
)

PROSODY_COLUMNS: Final = (*_PITCH, *_INTENSITY, *_LOUDNESS, *_RHYTHM, *_VOICE)
"""Every value of the set, in order."""


@dataclass(frozen=True, kw_only=True)
class Prosody(FeatureSet):
    """Describe how a clip is spoken, in a few dozen numbers.

    Attributes
    ----------
    silence_db : float
        A frame sounds when its level is less than this below the 99th percentile.
    min_pause_s : float
        Shorter silence within speech is no pause, in seconds.
    min_dip_db : float
        Depth of the dips on both sides of a syllable nucleus.

    Raises
    ------
    ParameterError
        The rate is another one than 16 kHz.

    """

    kind: ClassVar[str] = "prosody"
    title: ClassVar[str] = "Pitch, intensity, loudness, rhythm and voice quality"

    sample_rate: int = SAMPLE_RATE
    resampler: str = "soxr_hq"
    silence_db: float = 25.0
    min_pause_s: float = 0.25
    min_dip_db: float = 2.0

    def __post_init__(self) -> None:
        """Check the rate."""
        super().__post_init__()
        if self.sample_rate != SAMPLE_RATE:
            raise ParameterError(
                f"sample_rate = {self.sample_rate!r} is not possible for prosody, "
                f"which is measured at {SAMPLE_RATE} Hz; leave it"
            )

    @property
    def shape(self) -> tuple[int]:
        """Shape of one utterance's array: (n_columns,)."""
        return (len(PROSODY_COLUMNS),)

    def column_names(self) -> list[str]:
        """Name each value; `PROSODY_COLUMNS` has units and meanings."""
        return [column.name for column in PROSODY_COLUMNS]
