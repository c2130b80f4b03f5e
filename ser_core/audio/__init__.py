"""Decode recordings to float32, or say why they cannot be."""

from ser_core.audio.decode import decode

__all__ = ["decode"]
