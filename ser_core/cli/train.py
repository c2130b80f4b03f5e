"""``train``: fit one classifier, judge it, and say what unseen speakers make of it."""

from __future__ import annotations

import argparse
from typing import Any, Final

from ser_core.cli.arguments import Subparsers, add_command, corpus_reference, names
from ser_core.cli.foreground import work_in_foreground
from ser_core.cli.output import JsonOutput, add_json_option, problem_line, table
from ser_core.errors import ModelError, ParameterError
from ser_core.store.data_folder import DataFolder

RESULT_KEYS: Final = (
    "n_train",
    "n_test",
    "war",
    "uar",
    "war_interval",
    "uar_interval",
    "macro_f1",
    "weighted_f1",
    "log_loss",
    "ece",
    "interval_reason",
    "per_class",
    "confusion",
    "fit_s",
)
"""What ``--json`` writes of each split."""


def add_to(commands: Subparsers) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "train",
        command=_train,
        summary="train one classifier and judge it, on unseen speakers too",
        description="A random split is always joined by one that keeps speakers "
        "apart; its figures stand under 'unseen_speakers'. Features are computed "
        "once and kept in the data folder.",
        examples="train --corpus voices --features mfcc13x500 --model mlp "
        "--split random --json run.json\n"
        "train --corpus ravdess,tess --features means180 --model v4 --pca 0.95 "
        "--labels gender-emotion --label-sets all\n"
        "train --corpus emo-db --model svm --split loso --parameter C=10 "
        "--save my-model",
    )
    add_plan_options(parser)
    parser.add_argument(
        "--save", metavar="BUNDLE", help="save a model fitted on all files by this name"
    )
    add_json_option(parser, "the figures")
    parser.add_argument(
        "--record", action="store_true", help="with --json: the whole run record"
    )


def add_plan_options(parser: argparse.ArgumentParser, *, lists: bool = False) -> None:
    """Add the options that make a plan.

    Parameters
    ----------
    parser : ArgumentParser
    lists : bool, default False
        Features and models are lists, as for a comparison.

    """
    parser.add_argument(
        "--corpus",
        required=True,
        type=names,
        metavar="DIR[,DIR]",
        help="folders, or known names",
    )
    kind: Any = names if lists else str
    parser.add_argument(
        "--features",
        type=kind,
        default=("functionals",) if lists else "functionals",
        metavar="NAME[,NAME]" if lists else "NAME",
        help="feature set, as functionals or prosody+denoise+trim; see features list",
    )
    parser.add_argument(
        "--models" if lists else "--model",
        type=kind,
        default=("svm",) if lists else "svm",
        metavar="NAME[,NAME]" if lists else "NAME",
        help="see models list",
    )
    parser.add_argument(
        "--split",
        default="speaker",
        metavar="NAME",
        help="random-70-15-15 (random), random-80-20, kfold, speaker (default), loso, "
        "loco or thai-ser-authors",
    )
    for option, what in (
        ("--seed", "of split, model and search (default 0)"),
        ("--folds", "of kfold and speaker (default: the split's own)"),
        ("--limit", "files of each corpus, evenly spaced (default: all)"),
        ("--tune", "trials of a search inside each training part (default 0)"),
    ):
        parser.add_argument(option, type=int, metavar="N", help=what)
    parser.add_argument(
        "--emotions", type=names, metavar="NAME[,NAME]", help="those that are kept"
    )
    parser.add_argument(
        "--label-sets",
        default="common",
        metavar="WHICH",
        help="emotions of several corpora: common (default) or all",
    )
    parser.add_argument(
        "--labels", default="emotion", metavar="KIND", help="emotion or gender-emotion"
    )
    parser.add_argument(
        "--pca",
        type=float,
        metavar="SHARE",
        help="keep this share of the variance, or so many components from 1 on",
    )
    parser.add_argument(
        "--parameter",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter of the model, as C=10; may be given several times",
    )
    parser.add_argument(
        "--min-agreement", type=float, metavar="SHARE", help="of the raters (thai-ser)"
    )
    parser.add_argument(
        "--channels", type=names, metavar="NAME", help="speech or song (ravdess)"
    )
    parser.add_argument(
        "--microphones", type=names, metavar="NAME[,NAME]", help="thai-ser's"
    )


def plan_document(
    options: argparse.Namespace, data: DataFolder, *, features: str, model: str
) -> dict[str, Any]:
    """Make the plain JSON of a plan from a command's options."""
    return {
        "corpora": [corpus_reference(name, data) for name in options.corpus],
        "features": features,
        "model": model,
        "split": options.split,
        "seed": options.seed or 0,
        "n_folds": options.folds,
        "limit": options.limit,
        "emotions": options.emotions and list(options.emotions),
        "label_sets": options.label_sets,
        "labels": options.labels,
        "pca": _components(options.pca),
        "parameters": dict(_parameter(text) for text in options.parameter),
        "tune": options.tune or 0,
        "min_agreement": options.min_agreement,
        "channels": options.channels and list(options.channels),
        "microphones": options.microphones and list(options.microphones),
    }


def figures(record: dict[str, Any]) -> dict[str, Any]:
    """Return what ``--json`` writes of a record.

    ``unseen_speakers`` has the keys of the split that was asked for; where that split
    keeps speakers apart itself, it is the same figures.
    """
    unseen = record if record["speaker_independent"] else record["unseen_speakers"]
    return {
        **_split_figures(record, record),
        "unseen_speakers": None if unseen is None else _split_figures(record, unseen),
        "unseen_speakers_reason": record["unseen_speakers_reason"],
        "bundle": record["bundle"],
        "run": record["id"],
    }


def _split_figures(record: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of one split; the peak is that of the whole run."""
    return {
        "model": record["model"],
        "features": record["features"],
        "split": result["split"],
        **{key: result[key] for key in RESULT_KEYS},
        "peak_rss_bytes": record["peak_rss_bytes"],
    }


def _train(options: argparse.Namespace, data: DataFolder) -> int:
    from ser_core.training.plan import TrainingPlan

    output = JsonOutput(options.json)
    document = plan_document(
        options, data, features=options.features, model=options.model
    )
    plan = TrainingPlan.from_json({**document, "save": options.save})
    record = work_in_foreground("train", plan.to_json(), data=data)
    if not output.on_stdout:
        print_record(record)
    output.write(record if options.record else figures(record))
    if options.save is not None and record["bundle"] is None:
        raise ModelError(
            f"model {options.save!r} was not saved, the figures were; the notes of run "
            f"{record['id']} say why"
        )
    return 0


def print_record(record: dict[str, Any]) -> None:
    """Print the figures of a run for people."""
    print(record["label"])
    rows = [_row("this split", record)]
    if record["unseen_speakers"] is not None:
        rows.append(_row("unseen speakers", record["unseen_speakers"]))
    print(table(["", "split", "tested", "WAR", "UAR", "macro F1"], rows))
    if record["unseen_speakers_reason"]:
        print(f"unseen speakers: {record['unseen_speakers_reason']}")
    print(record["gap"])
    for row in record.get("by_condition", ()):
        print(
            f"recorded by {row['condition']}: {row['n']} tested, WAR {row['war']:.1%}, "
            f"UAR {row['uar']:.1%}"
        )
    for note in record["notes"]:
        print(f"note: {note}")
    if record["failures"]:
        print(f"files that failed and were left out ({len(record['failures'])}):")
        for failure in record["failures"]:
            print(f"  {problem_line(failure)}")
    if record["bundle"] is not None:
        print(f"saved as model {record['bundle']}")
    print(f"stored as run {record['id']}")


def _row(name: str, result: dict[str, Any]) -> list[str]:
    """Write one split's figures."""
    return [
        name,
        result["split"],
        str(result["n_test"]),
        _share(result["war"], result["war_interval"]),
        _share(result["uar"], result["uar_interval"]),
        f"{result['macro_f1']:.1%}",
    ]


def _share(value: float, interval: list[float] | None) -> str:
    """Write a share with its interval where it has one."""
    if interval is None:
        return f"{value:.1%}"
    return f"{value:.1%} ({interval[0]:.1%} to {interval[1]:.1%})"


def _components(pca: float | None) -> float | int | None:
    """Read a share below 1 as it is, anything above as a number of components."""
    return int(pca) if pca is not None and pca >= 1 and pca == int(pca) else pca


def _parameter(text: str) -> tuple[str, Any]:
    """Read ``name=value``; a value is a number, true, false, none, or text."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise ParameterError(
            f"--parameter {text!r} is not possible; give NAME=VALUE, as C=10"
        )
    words = {"true": True, "false": False, "none": None}
    if value.lower() in words:
        return name, words[value.lower()]
    for kind in (int, float):
        try:
            return name, kind(value)
        except ValueError:
            continue
    return name, value
