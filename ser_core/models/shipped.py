"""The model that comes with SER Lab."""

from __future__ import annotations

from pathlib import Path
from typing import Final

SHIPPED: Final = "default"
"""Its name, which no saved model may have."""


def shipped_folder() -> Path:
    """Return the bundle of the shipped model, inside the installed package.

    Returns
    -------
    folder : Path
        Given to `ser_core.models.bundle.load_bundle`; nothing is ever written there
        but by ``models make-default``.

    """
    return Path(__file__).resolve().parent / SHIPPED
