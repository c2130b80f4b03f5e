"""``predict``: which emotion a model hears in files."""

from __future__ import annotations

import argparse
import json
import sys
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ser_core.cli.arguments import Subparsers, add_command
from ser_core.cli.output import on_one_line
from ser_core.cli.progress import ProgressPrinter
from ser_core.store.data_folder import DataFolder

if TYPE_CHECKING:
    from ser_core.inference.results import FileResult

_SHOWN: Final = 3


def add_to(commands: Subparsers) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "predict",
        command=predict,
        summary="hear recordings: emotion, confidence, warnings, segments",
        description="It tells which acted emotion a voice resembles: no diagnosis, and "
        "not for judging people. The exit code is 0 only if every file could be heard.",
        examples="predict voice.wav\n"
        "predict interview.flac --json --timeline\n"
        "predict --model my-model recordings/ --json > answers.jsonl",
    )
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE|DIR",
        type=Path,
        help="recordings, or folders that are searched for recordings",
    )
    parser.add_argument(
        "--model",
        metavar="BUNDLE",
        help="a saved model, or the folder of one (default: the shipped model)",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print one JSON object a file, each on a line of its own",
    )
    parser.add_argument(
        "--timeline",
        action="store_true",
        help="with the segments of speech, and what is heard in each",
    )
    parser.add_argument(
        "--min-confidence",
        type=float,
        metavar="SHARE",
        help="answer 'unsure' below this confidence, 0 to 1 (default: the model's own)",
    )


def predict(options: argparse.Namespace, data: DataFolder) -> int:
    """Hear files and print what was heard; 0 only if every file could be heard."""
    from ser_core.inference.decision import check_confidence
    from ser_core.inference.files import (
        left_out_below,
        recognise_files,
        recordings_below,
    )
    from ser_core.inference.loading import load_model

    check_confidence(options.min_confidence)
    files = recordings_below(options.files)
    left_out = left_out_below(options.files)
    model = load_model(options.model, data=data)
    told = _Progress(len(files))
    n_failed = 0
    heard = recognise_files(
        files,
        model=model,
        timeline=options.timeline,
        min_confidence=options.min_confidence,
        progress=told,
    )
    for result in chain(left_out, heard):
        told.close()
        n_failed += result.error is not None
        print(_line(result, options), flush=True)
    if n_failed:
        n_files = len(left_out) + len(files)
        print(f"{n_failed} of {n_files} files could not be heard", file=sys.stderr)
    return 1 if n_failed else 0


class _Progress:
    """Tell how far a file, and all of them, have been heard."""

    def __init__(self, n_files: int) -> None:
        self._printer = ProgressPrinter()
        self._n_files = n_files
        self._seen: set[Path] = set()

    def __call__(self, path: Path, done_s: float, total_s: float) -> None:
        """Say which seconds of which file were heard."""
        self._seen.add(path)
        self._printer(
            {
                "type": "progress",
                "what": f"file {len(self._seen)} of {self._n_files}, second",
                "done": round(done_s),
                "total": round(total_s),
            }
        )

    def close(self) -> None:
        """Make room for a line that stays."""
        self._printer.close()


def _line(result: FileResult, options: argparse.Namespace) -> str:
    """Write what was heard in a file, for a program or for a person."""
    if options.json:
        return json.dumps(result.to_json(timeline=options.timeline), allow_nan=False)
    return "\n".join(map(on_one_line, _words(result, options.timeline)))


def _words(result: FileResult, timeline: bool) -> list[str]:
    """Write what was heard in a file, a line each."""
    from ser_core.inference.results import warnings_of

    decision = result.decision
    if decision is None:
        return [f"{result.file}: {result.error}"]
    highest = sorted(result.probabilities.items(), key=lambda entry: -entry[1])[:_SHOWN]
    chances = ", ".join(f"{name} {p:.0%}" for name, p in highest)
    lines = [f"{result.file}: {decision.emotion} ({chances})"]
    lines += [f"    {warning}" for warning in warnings_of(result)]
    if timeline:
        lines += [
            f"    {segment.start_s:8.2f} s to {segment.end_s:8.2f} s: "
            f"{segment.decision.emotion} ({segment.decision.best} "
            f"{segment.decision.confidence:.0%})"
            for segment in result.segments
        ]
    return lines
