"""Which versions a model was saved with, and which may load it."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterable
from importlib import metadata
from typing import Final

import ser_core
from ser_core.errors import ModelError
from ser_core.models.card import ModelCard

_ALWAYS: Final = ("numpy", "scikit-learn", "skops")
_LIBRARY_OF_FILE: Final = {
    "xgb.json": ("xgboost-cpu", "xgboost"),
    "lgbm.txt": ("lightgbm",),
}


def present_versions(files: Iterable[str]) -> dict[str, str]:
    """Return the versions that matter for a bundle of these files."""
    versions = {
        "ser-lab": ser_core.__version__,
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in _ALWAYS},
    }
    for file in files:
        for name in _LIBRARY_OF_FILE.get(file.split(".", 2)[-1], ()):
            try:
                versions[name.removesuffix("-cpu")] = metadata.version(name)
            except metadata.PackageNotFoundError:
                continue
    return versions


def check_versions(card: ModelCard) -> tuple[str, ...]:
    """Compare a card's scikit-learn with the one that is here.

    Parameters
    ----------
    card : ModelCard

    Returns
    -------
    notes : tuple of str
        Empty for the same major and minor version. Another minor version is noted
        and no reason to refuse: whether it computes the same is measured with the
        bundle's probe.

    Raises
    ------
    ModelError
        Another major version, or none told.

    """
    told = card.versions.get("scikit-learn", "")
    here = metadata.version("scikit-learn")
    saved, present = _major_minor(told), _major_minor(here)
    if saved is None or present is None or saved[0] != present[0]:
        raise ModelError(
            f"model {card.name!r} was saved with scikit-learn {told[:40] or 'unknown'} "
            f"and {here} is installed; another major version reads it otherwise. "
            "Install that version, or train the model again"
        )
    if saved == present:
        return ()
    age = "newer" if saved > present else "older"
    return (
        f"It was saved with scikit-learn {told}, {age} than the {here} that is "
        "installed; its answers to the bundle's probe are the same.",
    )


def _major_minor(version: str) -> tuple[int, int] | None:
    """Return the first two numbers of a version."""
    found = re.match(r"(\d{1,4})\.(\d{1,4})", version)
    return None if found is None else (int(found[1]), int(found[2]))
