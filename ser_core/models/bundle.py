"""Models on the disk: a folder with a card, numbers and text, and nothing that runs.

``card.json`` describes the model and names each other file with its SHA-256.
``model.skops`` holds the estimator (`ser_core.models.bundle_trust` says which types
it may name), ``model.N.xgb.json`` and ``model.N.lgbm.txt`` its boosted trees, and
``probe.npy`` a few made-up rows with which a loaded model is compared to the one that
was saved. docs/models.md describes the format.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ser_core.errors import ModelError
from ser_core.features.feature_set import FeatureSet
from ser_core.models.bundle_folders import (
    CARD,
    LARGEST_BUNDLE_BYTES,
    BundleSummary,
    bundle_folder,
    check_free,
    free_name,
    list_bundles,
    read_card,
    read_file,
    remove_bundle,
    unfinished,
    write_files,
)
from ser_core.models.bundle_probe import PROBE, answer, compare, make_probe
from ser_core.models.bundle_versions import check_versions, present_versions
from ser_core.models.card import ModelCard
from ser_core.store.data_folder import DataFolder

__all__ = [
    "Bundle",
    "BundleSummary",
    "bundle_folder",
    "free_name",
    "list_bundles",
    "load_bundle",
    "read_card",
    "remove_bundle",
    "save_bundle",
]

MODEL: Final = "model.skops"
"""The file of the estimator."""


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """A model that was loaded.

    Attributes
    ----------
    recogniser : Pipeline
        Fitted; takes features of shape (n_samples, n_features), float32.
    card : ModelCard
    notes : tuple of str
        What to keep in mind, as another version of a library.

    """

    recogniser: Any
    card: ModelCard
    notes: tuple[str, ...] = ()


def save_bundle(folder: Path, recogniser: Any, card: ModelCard) -> ModelCard:
    """Save a fitted model: all of it, or nothing.

    Parameters
    ----------
    folder : Path
        As `bundle_folder` returns it; it must not exist yet.
    recogniser : Pipeline
        Fitted; stays as it is.
    card : ModelCard
        Its name is the folder's.

    Returns
    -------
    card : ModelCard
        With versions, probe and the files' hashes; what `read_card` returns.

    Raises
    ------
    ModelError
        The name is taken or not allowed; the model is not fitted, does not fit the
        card, or holds a type that is not saved; the folder cannot be written.

    """
    bundle_folder(DataFolder(folder.parent.parent), folder.name)
    if card.name != folder.name:
        raise ModelError(
            f"the card's name is {card.name!r} and the folder's {folder.name!r}; "
            "give both the same name"
        )
    check_free(folder)
    check_fits(recogniser, card)
    probe = make_probe(recogniser)
    files = _contents(recogniser)
    files[PROBE] = _array_bytes(probe)
    finished = replace(
        card,
        versions=present_versions(files),
        probe=answer(recogniser, probe),
        files={name: _sha256(content) for name, content in sorted(files.items())},
    )
    text = json.dumps(finished.to_json(), indent=1, allow_nan=False, ensure_ascii=False)
    finished = ModelCard.from_text(text.encode())
    _check_loads(files, finished)
    with unfinished(folder) as partial:
        write_files(partial, {**files, CARD: text.encode()})
    return finished


def load_bundle(
    folder: Path,
    *,
    expect_features: FeatureSet | None = None,
    expect_classes: Sequence[str] | None = None,
) -> Bundle:
    """Load a model that `save_bundle` saved, here or elsewhere.

    Parameters
    ----------
    folder : Path
        The bundle.
    expect_features : FeatureSet, optional
        What it will be given; another one is refused.
    expect_classes : sequence of str, optional
        What it should tell apart, in any order; others are refused.

    Returns
    -------
    bundle : Bundle

    Raises
    ------
    ModelError
        The bundle is missing, damaged, changed since it was saved, holds anything
        that is not on the list of allowed types, takes other features, tells other
        classes apart, or answers otherwise than when it was saved. Nothing in it is
        ever unpickled, and nothing is built before its types are checked.

    """
    card = read_card(folder)
    _check_expected(card, expect_features, expect_classes)
    files = {
        name: read_file(folder / name, LARGEST_BUNDLE_BYTES) for name in card.files
    }
    for name, content in files.items():
        if _sha256(content) != card.files[name]:
            raise ModelError(
                f"'{folder / name}' is not the file that the card names (its SHA-256 "
                "differs): it was changed or damaged after saving. Get the bundle "
                "again, or train the model again",
                path=str(folder / name),
            )
    return load_files(files, card, where=str(folder))


def load_files(files: Mapping[str, bytes], card: ModelCard, *, where: str) -> Bundle:
    """Make a model of the content of a bundle's files.

    Parameters
    ----------
    files : mapping of str to bytes
        Name -> content, without the card.
    card : ModelCard
    where : str
        How messages name the bundle.

    Raises
    ------
    ModelError
        As `load_bundle`.

    """
    from ser_core.models.bundle_parts import from_stored
    from ser_core.models.bundle_structure import check_structure
    from ser_core.models.bundle_trust import check_array, load_trusted

    notes = check_versions(card)
    if card.probe is None or not {MODEL, PROBE} <= files.keys():
        raise ModelError(
            f"'{where}' is no complete bundle; get it again, or train the model again",
            path=where,
        )
    stored = load_trusted(files[MODEL], where=f"{where}/{MODEL}")
    recogniser = from_stored(stored, dict(files))
    check_structure(recogniser)
    check_fits(recogniser, card)
    probe = check_array(files[PROBE], where=f"{where}/{PROBE}")
    compare(recogniser, probe, card)
    return Bundle(recogniser=recogniser, card=card, notes=notes)


def check_fits(recogniser: Any, card: ModelCard) -> None:
    """Refuse a model that is not the one that its card describes.

    Raises
    ------
    ModelError
        It is not fitted, has other classes, or takes another number of features.

    """
    classes = getattr(recogniser, "classes_", None)
    n_features = getattr(recogniser, "n_features_in_", None)
    if not isinstance(classes, np.ndarray) or n_features is None:
        raise ModelError("the model is not fitted; fit it before it is saved or used")
    if classes.tolist() != list(card.classes):
        raise ModelError(
            f"the model tells {', '.join(map(str, classes.tolist()[:20]))} apart, its "
            f"card says {', '.join(card.classes[:20])}; they do not belong together"
        )
    names = _n_columns(card)
    if names is not None and names != n_features:
        raise ModelError(
            f"the model takes {n_features} features, and its feature set "
            f"{card.features.label!r} has {names}; they do not belong together"
        )


def _n_columns(card: ModelCard) -> int | None:
    """Return the size of a card's feature set; None where it is not known here."""
    try:
        return card.feature_set().size
    except ModelError:
        return None


def _check_expected(
    card: ModelCard,
    features: FeatureSet | None,
    classes: Sequence[str] | None,
) -> None:
    """Refuse a model that is not what the caller has work for."""
    if features is not None and features.key != card.features.key:
        raise ModelError(
            f"model {card.name!r} takes the features {card.features.label!r} (key "
            f"{card.features.key[:12]}…), not {features.label!r} (key "
            f"{features.key[:12]}…); extract those, or choose another model"
        )
    if classes is not None and sorted(classes) != list(card.classes):
        raise ModelError(
            f"model {card.name!r} tells {', '.join(card.classes)} apart, not "
            f"{', '.join(sorted(classes))}; choose another model"
        )


def _contents(recogniser: Any) -> dict[str, bytes]:
    """Return the files of a model, without card and probe."""
    from skops import io as skops_io

    from ser_core.models.bundle_canonical import canonical
    from ser_core.models.bundle_parts import to_stored

    stored, files = to_stored(recogniser)
    try:
        content = skops_io.dumps(stored)
    except Exception as error:
        # skops raises whatever the first object that it does not know raises
        raise ModelError(
            f"the model cannot be saved ({' '.join(str(error).split())[:200]}); "
            "choose one of the models that SER Lab lists"
        ) from error
    return {**files, MODEL: canonical(content)}


def _check_loads(files: Mapping[str, bytes], card: ModelCard) -> None:
    """Refuse to save what could not be loaded again."""
    total = sum(len(content) for content in files.values())
    if total > LARGEST_BUNDLE_BYTES:
        raise ModelError(
            f"the model has {total / 1e9:.1f} GB, {LARGEST_BUNDLE_BYTES / 1e9:.1f} GB "
            "can be saved; choose a smaller model, or fewer features by PCA"
        )
    try:
        load_files(files, card, where=card.name)
    except ModelError as error:
        raise ModelError(
            f"the model cannot be saved, because it could not be loaded again: "
            f"{error.message}"
        ) from error


def _array_bytes(array: npt.NDArray[Any]) -> bytes:
    """Write an array in numpy's format, without pickle."""
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=False)
    return stream.getvalue()


def _sha256(content: bytes) -> str:
    """Return the SHA-256 (hex) of a file's content."""
    return hashlib.sha256(content).hexdigest()
