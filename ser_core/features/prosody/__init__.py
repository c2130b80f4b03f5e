"""Measure how a clip is spoken: pitch, intensity, loudness, rhythm, voice."""

from ser_core.features.prosody.measure import compute

__all__ = ["compute"]
