"""``table``: feature sets x models over corpora, within a budget of time."""

from __future__ import annotations

import argparse
import re
from dataclasses import asdict
from pathlib import Path

from ser_core.cli.arguments import Subparsers, add_command, corpus_reference, names
from ser_core.cli.output import JsonOutput, add_json_option
from ser_core.cli.progress import ProgressPrinter
from ser_core.errors import ParameterError, SerError
from ser_core.store.data_folder import DataFolder

_ALL_MODELS_ON = "means180,prosody,functionals"
_EXTRA = "mfcc13x500:mlp,mfcc13x500:svm"
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}


def add_to(commands: Subparsers) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "table",
        command=_table,
        summary="fill a table of feature sets x models, random and on unseen speakers",
        description="Each cell is trained on 5 random folds and on folds that keep "
        "speakers apart. Finished cells are kept, so that an interrupted table goes "
        "on where it stopped. A cell whose estimate exceeds its share of the budget "
        "is reduced by PCA or left empty, and marked so.",
        examples="table --corpus emo-db,ravdess --budget 60m --markdown table.md\n"
        "table --corpus emo-db --features means180 --models svm,knn --extra '' "
        "--budget 5m",
    )
    parser.add_argument("--corpus", required=True, type=names, metavar="DIR[,DIR]")
    parser.add_argument(
        "--features",
        type=names,
        default=names(_ALL_MODELS_ON),
        metavar="NAME[,NAME]",
        help=f"with all models (default {_ALL_MODELS_ON})",
    )
    parser.add_argument(
        "--models", type=names, metavar="NAME[,NAME]", help="default: all that are here"
    )
    parser.add_argument(
        "--extra",
        default=_EXTRA,
        metavar="FEATURES:MODEL[,…]",
        help=f"further cells (default {_EXTRA})",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument("--limit", type=int, metavar="N", help="files of each corpus")
    parser.add_argument(
        "--budget", default="60m", metavar="TIME", help="as 90s, 60m (default) or 2h"
    )
    parser.add_argument(
        "--folder",
        metavar="DIR",
        help="where finished cells are kept (default: in the data folder)",
    )
    parser.add_argument("--markdown", metavar="OUT", help="write the table to OUT")
    add_json_option(parser, "all cells")


def _table(options: argparse.Namespace, data: DataFolder) -> int:
    from ser_core.models.registry import model_infos
    from ser_core.training.results_table import fill_table, make_cells
    from ser_core.training.table_text import markdown

    output = JsonOutput(options.json)
    if options.markdown:  # better told before an hour of work
        _check_folder(Path(options.markdown))
    models = options.models or [i.name for i in model_infos() if i.available]
    pairs = [(f, m) for f in options.features for m in models]
    pairs += [_pair(text) for text in options.extra.split(",") if text]
    plans = make_cells(
        [corpus_reference(name, data) for name in options.corpus],
        list(dict.fromkeys(pairs)),
        seed=options.seed,
        limit=options.limit,
    )
    data.prepare()
    folder = Path(options.folder) if options.folder else data.root / "tables"
    progress = ProgressPrinter()
    try:
        results = fill_table(
            plans,
            budget_s=_seconds(options.budget),
            folder=folder,
            data=data,
            emit=progress,
        )
    finally:
        progress.close()
    text = markdown(results)
    if options.markdown:
        _write(Path(options.markdown), text)
    elif not output.on_stdout:
        print(text)
    output.write([asdict(result) for result in results])
    return 0


def _pair(text: str) -> tuple[str, str]:
    """Read one further cell."""
    features, colon, model = text.strip().partition(":")
    if not colon:
        raise ParameterError(
            f"--extra {text!r} is not possible; give FEATURES:MODEL, as mfcc13x500:mlp"
        )
    return features, model


def _seconds(text: str) -> float:
    """Read a time with its unit."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text.strip())
    if found is None:
        raise ParameterError(
            f"--budget {text!r} is not possible; give a number with s, m or h, as 60m"
        )
    return float(found[1]) * _UNITS[found[2] or "s"]


def _check_folder(path: Path) -> None:
    """Refuse a file that cannot be written because of its folder."""
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise ParameterError(
            f"--markdown '{path}' cannot be written; give a file in a folder that "
            "exists"
        )


def _write(path: Path, text: str) -> None:
    """Write the table."""
    try:
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise SerError(
            f"'{path}' cannot be written ({error.strerror}); give another file"
        ) from error
