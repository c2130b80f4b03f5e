"""``compare`` feature sets and models; ``tune`` one model; ``study`` one plan."""

from __future__ import annotations

import argparse
from typing import Any

from ser_core.cli.arguments import Subparsers, add_command
from ser_core.cli.foreground import work_in_foreground
from ser_core.cli.output import JsonOutput, add_json_option, table
from ser_core.cli.train import add_plan_options, figures, plan_document, print_record
from ser_core.errors import ParameterError
from ser_core.store.data_folder import DataFolder

_TRIALS = 25


def add_to(commands: Subparsers) -> None:
    """Add the commands."""
    compare = add_command(
        commands,
        "compare",
        command=_compare,
        summary="train several models on several feature sets, beside each other",
        description="Each pair is a run of its own in the store. Models on one "
        "feature set are compared in pairs on the clips that both were tested on.",
        examples="compare --corpus emo-db --features means180,prosody "
        "--models svm,mlp,knn --json table.json",
    )
    add_plan_options(compare, lists=True)
    add_json_option(compare, "the figures of all runs")
    tune = add_command(
        commands,
        "tune",
        command=_tune,
        summary="search for a model's parameters inside the training part",
        description="The test part is not seen by the search. What is found is judged "
        "as any other run; a search that was interrupted goes on where it stopped.",
        examples="tune --corpus emo-db --features functionals --model svm --tune 50",
    )
    add_plan_options(tune)
    add_json_option(tune, "the figures and the search")
    study = add_command(
        commands,
        "study",
        command=_study,
        summary="vary one thing: training size, coefficients, dimensions, columns",
        examples="study learning-curve --corpus emo-db --model svm\n"
        "study coefficients --corpus voices --model mlp --split random\n"
        "study dimensions --corpus ravdess --features means180 --json -",
    )
    study.add_argument(
        "study",
        metavar="STUDY",
        help="learning-curve, coefficients, dimensions, importance or acceleration",
    )
    add_plan_options(study)
    add_json_option(study, "the study's record")


def _compare(options: argparse.Namespace, data: DataFolder) -> int:
    from ser_core.store.runs import RunStore
    from ser_core.training.pairs import paired_tests
    from ser_core.training.plan import TrainingPlan

    output = JsonOutput(options.json)
    plans = [
        TrainingPlan.from_json(plan_document(options, data, features=f, model=m))
        for f in options.features
        for m in options.models
    ]
    result = work_in_foreground(
        "compare", {"plans": [plan.to_json() for plan in plans]}, data=data
    )
    store = RunStore(data.runs)
    records = [store.get(run) for run in result["runs"]]
    pairs = paired_tests(records)
    if not output.on_stdout:
        _print_comparison(records, result["failed"], pairs)
    output.write(
        {
            "runs": [figures(record) for record in records],
            "failed": result["failed"],
            "pairs": pairs,
        }
    )
    return 0


def _tune(options: argparse.Namespace, data: DataFolder) -> int:
    from ser_core.training.plan import TrainingPlan

    output = JsonOutput(options.json)
    if options.tune is None:
        options.tune = _TRIALS
    if options.tune < 1:
        raise ParameterError(
            f"--tune {options.tune} is not possible; give 1 trial or more"
        )
    document = plan_document(
        options, data, features=options.features, model=options.model
    )
    plan = TrainingPlan.from_json(document)
    record = work_in_foreground("train", plan.to_json(), data=data)
    if not output.on_stdout:
        print_record(record)
        print("best parameters of each fold's search:")
        for search in record["tuning"]["searches"]:
            found = ", ".join(
                f"{k} = {v}" for k, v in search["best_parameters"].items()
            )
            print(f"  {search['part']} {search['fold']}: {found or 'the defaults'}")
    output.write({**figures(record), "tuning": record["tuning"]})
    return 0


def _study(options: argparse.Namespace, data: DataFolder) -> int:
    output = JsonOutput(options.json)
    document = plan_document(
        options, data, features=options.features, model=options.model
    )
    record = work_in_foreground(
        "study", {"study": options.study, "plan": document}, data=data
    )
    if not output.on_stdout:
        _print_rows(record)
    output.write(record)
    return 0


def _print_comparison(
    records: list[dict[str, Any]],
    failed: list[dict[str, Any]],
    pairs: list[dict[str, Any]],
) -> None:
    """Print one line a run, then what the paired tests say."""
    rows = []
    for record in records:
        apart = record["speaker_independent"]
        unseen = record if apart else record["unseen_speakers"]
        rows.append(
            [
                record["features"],
                record["model"],
                "not run" if apart else f"{record['uar']:.1%}",
                "unknown" if unseen is None else f"{unseen['uar']:.1%}",
                f"{record['fit_s']:.1f} s",
            ]
        )
    heads = ["features", "model", "UAR random", "UAR unseen speakers", "fits"]
    print(table(heads, rows))
    reasons = (record["unseen_speakers_reason"] for record in records)
    for reason in dict.fromkeys(filter(None, reasons)):
        print(f"unseen speakers: {reason}")
    for pair in pairs:
        print(pair["words"])
    for failure in failed:
        print(f"not run: {failure['plan']}: {failure['reason']}")


def _print_rows(record: dict[str, Any]) -> None:
    """Print a study's rows as a table."""
    print(record["label"])
    rows = record["rows"]
    if rows:
        columns = list(rows[0])
        print(table(columns, [[_cell(row.get(c)) for c in columns] for row in rows]))
    for note in record["notes"]:
        print(f"note: {note}")
    print(f"stored as run {record['id']}")


def _cell(value: object) -> str:
    """Write a value for a table."""
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
