"""What a stranger's recording may claim; checked in both processes."""

from __future__ import annotations

from typing import Final

from ser_core.audio.limits import Limits
from ser_core.audio.opening import Refusal, check_rate

_GB: Final = 10**9


def check_size(n_bytes: int, limits: Limits) -> None:
    """Refuse more bytes than are read."""
    if n_bytes > limits.max_bytes:
        raise Refusal(
            f"has {in_bytes(n_bytes)}, and at most {in_bytes(limits.max_bytes)} are "
            "read",
            "cut it into shorter recordings, or save it as FLAC, Opus or MP3",
        )


def check_claims(
    *, sample_rate: int, n_channels: int, n_frames: int, limits: Limits
) -> None:
    """Refuse what a header claims, before anything is decoded for it.

    Parameters
    ----------
    sample_rate : int
        In Hz.
    n_channels : int
    n_frames : int
        Samples of a channel.
    limits : Limits

    Raises
    ------
    Refusal
        One of them is beyond the limits.

    """
    check_rate(
        sample_rate, lowest=limits.min_sample_rate, highest=limits.max_sample_rate
    )
    if not 1 <= n_channels <= limits.max_channels:
        raise Refusal(
            f"has {n_channels} channels, and at most {limits.max_channels} are read",
            "mix it down to one or two channels",
        )
    if n_frames > limits.max_frames(sample_rate):
        raise Refusal(
            f"claims {n_frames} samples a channel at {sample_rate} Hz, which is "
            f"{_duration(n_frames / sample_rate)}, and at most "
            f"{_duration(limits.max_s)} is read",
            "cut it into shorter recordings, or repair its header",
        )


def part(
    n_frames: int, sample_rate: int, *, start_s: float, end_s: float | None
) -> tuple[int, int]:
    """Say which samples a part consists of.

    Parameters
    ----------
    n_frames : int
        Samples of a channel in the whole recording.
    sample_rate : int
        In Hz.
    start_s, end_s : float, or None for the end
        In seconds.

    Returns
    -------
    first, last : int
        The first sample, and the one after the last; at least one.

    Raises
    ------
    Refusal
        The recording ends before the part begins.

    """
    first = round(start_s * sample_rate)
    if first >= n_frames:
        raise Refusal(
            f"lasts {n_frames / sample_rate:g} s, and was to be read from "
            f"{start_s:g} s on",
            "begin earlier",
        )
    if end_s is None:
        return first, n_frames
    last = min(round(min(end_s * sample_rate, n_frames)), n_frames)
    return first, max(last, first + 1)


def in_bytes(n_bytes: int) -> str:
    """Write a number of bytes."""
    if n_bytes >= _GB:
        return f"{n_bytes / _GB:.4g} GB"
    return f"{n_bytes / 1e6:.4g} MB"


def _duration(seconds: float) -> str:
    """Write a duration."""
    if seconds >= 2 * 3600:
        return f"{seconds / 3600:,.0f} hours"
    return f"{seconds / 60:.4g} minutes"
