"""``models make-default``: train the model that comes with SER Lab."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ser_core.cli.arguments import Subparsers, add_command, corpus_reference
from ser_core.cli.output import JsonOutput, add_json_option, table
from ser_core.cli.progress import ProgressPrinter
from ser_core.store.data_folder import DataFolder

if TYPE_CHECKING:
    from ser_core.models.card import ModelCard


def add_to(models: Subparsers) -> None:
    """Add the command to the group ``models``."""
    parser = add_command(
        models,
        "make-default",
        command=_make_default,
        summary="train, judge and write the model that comes with SER Lab",
        description="The recipe is fixed: ser_core/training/default_model.py. The "
        "same recordings give the same model file on the same machine.",
        examples="models make-default --corpus emo-db --corpus crema-d "
        "--unseen ravdess --unseen tess --out made/default",
    )
    for option, what, required in (
        ("--corpus", "folder or known name to train on", True),
        ("--unseen", "folder or known name to judge on beside that", False),
    ):
        parser.add_argument(
            option,
            action="append",
            default=[],
            required=required,
            metavar="DIR",
            help=f"{what}; may be given several times",
        )
    parser.add_argument(
        "--out",
        metavar="FOLDER",
        help="write there; the last part is 'default', and it does not exist yet "
        "(default: in the package itself)",
    )
    add_json_option(parser, "the card")


def _make_default(options: argparse.Namespace, data: DataFolder) -> int:
    from ser_core.models.shipped import shipped_folder
    from ser_core.training.default_model import make_default

    output = JsonOutput(options.json)
    out = shipped_folder() if options.out is None else Path(options.out).absolute()
    progress = ProgressPrinter()
    card = make_default(
        [corpus_reference(name, data) for name in options.corpus],
        unseen=[corpus_reference(name, data) for name in options.unseen],
        out=out,
        data=data.prepare(),
        emit=progress,
    )
    progress.close()
    if not output.on_stdout:
        print_card(card, out)
    output.write(card.to_json())
    return 0


def print_card(card: ModelCard, out: Path) -> None:
    """Print the figures of a card for people."""
    plan = card.results.plan
    rows = [["unseen speakers", *_figures(plan["n_test"], plan["war"], plan["uar"])]]
    rows += [
        [f"  of {part['corpus']}", *_figures(part["n"], part["war"], part["uar"])]
        for part in plan["by_corpus"]
    ]
    rows += [
        [
            f"not trained on: {other.name}",
            *_figures(other.n_clips, other.war, other.uar),
        ]
        for other in card.results.other_corpora
    ]
    print(table(["", "tested", "WAR", "UAR"], rows))
    if card.abstention is not None:
        at = card.abstention.chosen
        print(f"answers from a confidence of {at.confidence:.2f}: {at.share:.1%}")
    print(f"written to '{out}'")


def _figures(n_tested: int, war: float, uar: float) -> list[str]:
    """Write the figures of a row."""
    return [str(n_tested), f"{war:.1%}", f"{uar:.1%}"]
