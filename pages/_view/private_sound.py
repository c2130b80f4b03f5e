"""A visitor's sound, served at an address that nobody else can come to.

Streamlit serves what `st.audio` is given at an address made from the content alone,
to whoever asks for it, and for more than 1 MiB from its length, first, middle and
last 64 KiB alone: two recordings of equal length that are silent there would be one,
and the second visitor would hear the first one's voice. A chunk of random bytes near
the start, which players skip, gives each session addresses of its own.
"""

from __future__ import annotations

import secrets
from typing import Final

import streamlit as st

NONCE: Final = "private_sound.nonce"
_NONCE_BYTES: Final = 32
_HEAD: Final = 12
"""``RIFF``, the size of what follows, ``WAVE``."""


def private(wav: bytes) -> bytes:
    """Make a WAV file that plays the same and is this session's alone.

    Parameters
    ----------
    wav : bytes
        A RIFF WAVE file, as soundfile writes it.

    Returns
    -------
    wav : bytes
        The same with a ``JUNK`` chunk of random bytes before the first other one;
        the same bytes for the same sound within one session. Anything but a WAV
        file is returned as it is.

    """
    if st.session_state.get(NONCE) is None:
        st.session_state[NONCE] = secrets.token_bytes(_NONCE_BYTES)
    return with_nonce(wav, st.session_state[NONCE])


def with_nonce(wav: bytes, nonce: bytes) -> bytes:
    """Put random bytes of even length into a WAV file where players skip them."""
    if wav[:4] != b"RIFF" or wav[8:_HEAD] != b"WAVE":
        return wav
    chunk = b"JUNK" + len(nonce).to_bytes(4, "little") + nonce
    size = int.from_bytes(wav[4:8], "little") + len(chunk)
    return b"RIFF" + size.to_bytes(4, "little") + b"WAVE" + chunk + wav[_HEAD:]
