"""``models list`` and ``features list``: what can be chosen, and where it is from."""

from __future__ import annotations

import argparse
import textwrap
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ser_core.cli import models as model_commands
from ser_core.cli.arguments import Subparsers, add_command, add_group
from ser_core.cli.output import JsonOutput, add_json_option
from ser_core.store.data_folder import DataFolder

if TYPE_CHECKING:
    from ser_core.models.bundle_folders import BundleSummary

_INDENT = "    "


def add_to(commands: Subparsers) -> None:
    """Add both groups."""
    models = add_group(commands, "models", summary="the classifiers, and saved models")
    add_json_option(
        add_command(
            models,
            "list",
            command=_models,
            summary="list every classifier: what it is, and where it is from",
            examples="models list\nmodels list --json -",
        ),
        "the list",
    )
    add_json_option(
        add_command(
            models,
            "saved",
            command=_saved,
            summary="list the models that were saved",
            examples="models saved\nmodels saved --json -",
        ),
        "the list",
    )
    model_commands.add_to(models)
    features = add_group(commands, "features", summary="the feature sets")
    add_json_option(
        add_command(
            features,
            "list",
            command=_features,
            summary="list every feature set: what it is, and where it is from",
            examples="features list\nfeatures list --json -",
        ),
        "the list",
    )


def _models(options: argparse.Namespace, data: DataFolder) -> int:
    from ser_core.models.registry import model_infos

    return _show(options, list(model_infos()))


def _features(options: argparse.Namespace, data: DataFolder) -> int:
    from ser_core.features.registry import feature_set_infos

    return _show(options, list(feature_set_infos()))


def _saved(options: argparse.Namespace, data: DataFolder) -> int:
    from ser_core.models.bundle import list_bundles

    output = JsonOutput(options.json)
    bundles = list_bundles(data)
    if not output.on_stdout:
        for bundle in bundles:
            print(_saved_line(bundle))
        if not bundles:
            print("no model is saved; see train --save")
    output.write(
        [
            {
                "name": bundle.name,
                "folder": str(bundle.folder),
                "size_bytes": bundle.size_bytes,
                "problem": bundle.problem,
                "card": None if bundle.card is None else bundle.card.to_json(),
            }
            for bundle in bundles
        ]
    )
    return 0


def _saved_line(bundle: BundleSummary) -> str:
    """Describe a saved model in a line."""
    size = f"{bundle.size_bytes / 1e6:.1f} MB"
    card = bundle.card
    if card is None:
        return f"{bundle.name}: {size}, cannot be read: {bundle.problem}"
    corpora = " + ".join(corpus.name for corpus in card.corpora)
    return f"{bundle.name}: {card.model} on {card.features.label}, {corpora}, {size}"


def _show(options: argparse.Namespace, infos: list[Any]) -> int:
    """Print descriptions for people, or write them as JSON."""
    output = JsonOutput(options.json)
    if not output.on_stdout:
        for info in infos:
            print(f"{info.name}: {info.title}")
            shape = getattr(info, "shape", None)
            if shape is not None:
                print(f"{_INDENT}{' x '.join(map(str, shape))} values")
            for text in (info.description, f"Source: {info.source}"):
                print(
                    textwrap.fill(
                        text, 88, initial_indent=_INDENT, subsequent_indent=_INDENT
                    )
                )
            if not info.available:
                print(f"{_INDENT}not available here: {info.reason}")
    output.write([asdict(info) for info in infos])
    return 0
