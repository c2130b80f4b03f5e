"""The model that comes with SER Lab."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ser_core.errors import ModelError

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


def check_not_shipped(name: str) -> None:
    """Refuse the shipped model's name for a saved one.

    Raises
    ------
    ModelError
        It is `SHIPPED`, in whatever case: some systems make no difference.

    """
    if name.lower() == SHIPPED:
        raise ModelError(
            f"{name!r} is the name of the model that comes with SER Lab; choose "
            "another one"
        )
