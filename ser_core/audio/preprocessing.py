"""What may be done to a signal before it is analysed; a description, frozen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from ser_core.errors import ParameterError

WINDOWS: Final = ("hann", "hamming", "blackman", "rectangular")
"""Windows of the short-time analysis; the first one is the default and no step."""

_SCIPY_WINDOWS: Final = {"rectangular": "boxcar"}

STEPS: Final = (
    "denoise",
    "trim",
    "cut-silence",
    "normalise",
    "loudness",
    *WINDOWS[1:],
)
"""All steps by name, in the order in which they are done."""

_PARAMETERS: Final[dict[str, tuple[str, ...]]] = {
    "denoise": ("noise_reduction", "noise_share"),
    "trim": ("silence_db", "keep_s"),
    "cut-silence": ("silence_db", "keep_s", "min_pause_s"),
    "normalise": ("peak",),
    "loudness": ("loudness_lufs",),
}

_EXCLUSIVE: Final = (
    (("trim", "cut-silence"), "cut-silence cuts both ends as well"),
    (("normalise", "loudness"), "each sets the level of the whole clip"),
    (WINDOWS[1:], "an analysis has one window"),
)

_RANGES: Final[dict[str, tuple[float, float]]] = {
    "noise_reduction": (0.0, 1.0),
    "noise_share": (0.01, 1.0),
    "silence_db": (1.0, 120.0),
    "keep_s": (0.0, 10.0),
    "min_pause_s": (0.0, 60.0),
    "peak": (0.001, 1.0),
    "loudness_lufs": (-70.0, 0.0),
}


@dataclass(frozen=True, kw_only=True)
class Preprocessing:
    """Describe the steps between resampling and analysis.

    Attributes
    ----------
    denoise : bool
        Background-noise removal by spectral gating.
    trim : bool
        Silence removal at both ends.
    cut_silence : bool
        Silence removal at both ends and in inner pauses.
    normalise : bool
        Scaling to a peak of `peak`.
    loudness : bool
        Scaling to an integrated loudness of `loudness_lufs`.
    window : str
        Window of the short-time analysis, one of `WINDOWS`.
    noise_reduction : float, in [0, 1]
        Share by which the gate lowers what lies below its threshold.
    noise_share : float, in [0.01, 1]
        Share of the clip, its quietest frames, from which the noise is learnt.
    silence_db : float
        A frame is silent when it lies this far below the loudest one, in dB.
    keep_s : float
        Silence that is kept around what sounds, in seconds.
    min_pause_s : float
        Shorter inner pauses are left alone, in seconds.
    peak : float
        Largest absolute sample after `normalise`.
    loudness_lufs : float
        Integrated loudness after `loudness`, in LUFS.

    Raises
    ------
    ParameterError
        A value is outside its range, or two steps exclude each other.

    """

    denoise: bool = False
    trim: bool = False
    cut_silence: bool = False
    normalise: bool = False
    loudness: bool = False
    window: str = WINDOWS[0]
    noise_reduction: float = 0.8
    noise_share: float = 0.1
    silence_db: float = 35.0
    keep_s: float = 0.05
    min_pause_s: float = 0.25
    peak: float = 1.0
    loudness_lufs: float = -23.0

    def __post_init__(self) -> None:
        """Check every value before any clip is touched."""
        if self.window not in WINDOWS:
            raise ParameterError(
                f"window = {self.window!r} is not known; choose one of: "
                f"{', '.join(WINDOWS)}"
            )
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise ParameterError(
                    f"{name} = {value!r} is outside {low:g} to {high:g}; "
                    "choose a value in that range"
                )
        _check_exclusive(self.steps())

    def steps(self) -> tuple[str, ...]:
        """Name the steps that are on, in the order in which they are done."""
        on = {step for step in _PARAMETERS if getattr(self, _field(step))}
        on |= {self.window} - {WINDOWS[0]}
        return tuple(step for step in STEPS if step in on)

    @property
    def scipy_window(self) -> str:
        """Name of the window as `scipy.signal.get_window` and librosa know it."""
        return _SCIPY_WINDOWS.get(self.window, self.window)

    def to_json(self) -> dict[str, Any]:
        """Return the steps that are on, each with its own parameters, as plain JSON.

        Parameters of steps that are off do not appear, so they change no key.
        """
        return {
            step: {name: getattr(self, name) for name in _PARAMETERS.get(step, ())}
            for step in self.steps()
        }


def parse_steps(steps: Sequence[str]) -> Preprocessing:
    """Make a description from the names of its steps.

    Parameters
    ----------
    steps : sequence of str
        Names in `STEPS`, in any order: they are always done in that of `STEPS`.

    Returns
    -------
    preprocessing : Preprocessing
        With the default parameters of each step.

    Raises
    ------
    ParameterError
        A step is not known or named twice, or two steps exclude each other.

    """
    for step in steps:
        if step not in STEPS or list(steps).count(step) > 1:
            raise ParameterError(
                f"pre-processing step {step!r} is not known or named twice; "
                f"choose from: {', '.join(STEPS)}"
            )
    _check_exclusive(steps)
    windows = [step for step in steps if step in WINDOWS]
    flags = {_field(step): True for step in steps if step not in WINDOWS}
    return Preprocessing(window=(windows or WINDOWS)[0], **flags)


def _field(step: str) -> str:
    """Return the name of the field that switches a step on."""
    return step.replace("-", "_")


def _check_exclusive(steps: Sequence[str]) -> None:
    """Refuse steps of which only one can be meant."""
    for group, reason in _EXCLUSIVE:
        both = [step for step in steps if step in group]
        if len(both) > 1:
            raise ParameterError(
                f"pre-processing steps {' and '.join(map(repr, both))} exclude each "
                f"other, because {reason}; choose one of them"
            )


NO_PREPROCESSING: Final = Preprocessing()
"""Nothing is done."""
