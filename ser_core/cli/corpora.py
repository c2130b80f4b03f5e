"""``corpora``: synthesize, download, inspect, register, list."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ser_core.cli.arguments import Subparsers, add_command, add_group, names
from ser_core.cli.foreground import work_in_foreground
from ser_core.cli.output import (
    JsonOutput,
    add_json_option,
    on_one_line,
    problem_line,
    table,
)
from ser_core.store.data_folder import DataFolder


def add_to(commands: Subparsers) -> None:
    """Add the group and its commands."""
    group = add_group(commands, "corpora", summary="make, fetch and look at corpora")
    _add_synthesize(group)
    _add_download(group)
    _add_inspect(group)
    register = add_command(
        group,
        "register",
        command=_register,
        summary="give a corpus folder a name that pages and commands know",
        examples="corpora register ~/audio/RAVDESS\n"
        "corpora register ~/audio/mine --name lab-2025 --reader folder",
    )
    register.add_argument("folder", metavar="DIR", help="the corpus folder")
    register.add_argument("--name", help="the name (default: the folder's)")
    _add_reader(register)
    add_json_option(register, "the entry")
    listing = add_command(
        group,
        "list",
        command=_list,
        summary="list the corpora that can be chosen by name",
        examples="corpora list\ncorpora list --json",
    )
    add_json_option(listing, "the list")


def _add_synthesize(group: Subparsers) -> None:
    parser = add_command(
        group,
        "synthesize",
        command=_synthesize,
        summary="generate the synthetic corpus, or finish or extend one",
        description="Utterance i depends on the seed and i alone. A run that was "
        "interrupted goes on where it stopped.",
        examples="corpora synthesize voices --utterances 400 --seed 0\n"
        "corpora synthesize voices --utterances 27854 --workers 8",
    )
    parser.add_argument("folder", metavar="DIR", help="the corpus folder")
    parser.add_argument(
        "--utterances",
        type=int,
        default=400,
        metavar="N",
        help="how many the corpus shall hold, 1 to 27854 (default: %(default)s)",
    )
    parser.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    parser.add_argument(
        "--workers", type=int, metavar="N", help="default: the available cores"
    )
    parser.add_argument(
        "--backend",
        default="loky",
        help="sequential, threads, processes or loky (default: %(default)s)",
    )
    add_json_option(parser, "what was made")


def _add_download(group: Subparsers) -> None:
    parser = add_command(
        group,
        "download",
        command=_download,
        summary="download a corpus that may be downloaded",
        description="An interrupted download goes on or starts cleanly again; "
        "checksums are verified where they exist. Corpora that need registration "
        "print what to do instead.",
        examples="corpora download emo-db ~/audio/emo-db\n"
        "corpora download thai-ser ~/audio/thai-ser --parts studio1-10",
    )
    parser.add_argument("name", metavar="NAME", help="emo-db, ravdess or thai-ser")
    parser.add_argument("folder", metavar="DIR", help="the corpus folder")
    parser.add_argument(
        "--parts",
        type=names,
        metavar="NAMES",
        help="only these parts, as studio1-10,zoom1-10 (default: all)",
    )
    parser.add_argument(
        "--mirror", metavar="URL", help="fetch the same files from below this address"
    )
    add_json_option(parser, "what was fetched")


def _add_inspect(group: Subparsers) -> None:
    parser = add_command(
        group,
        "inspect",
        command=_inspect,
        summary="say what a corpus folder holds and what in it cannot be used",
        description="Reads names and metadata only; --durations opens each file too, "
        "and lists those that are no audio, empty or truncated. What only decoding "
        "shows, as NaN, is listed by bench and pipeline.",
        examples="corpora inspect voices --json\n"
        "corpora inspect ~/audio/RAVDESS --reader ravdess --durations",
    )
    parser.add_argument("folder", metavar="DIR", help="a folder, or a known name")
    _add_reader(parser)
    parser.add_argument(
        "--durations", action="store_true", help="sum up how long the files are"
    )
    add_json_option(parser, "the inspection")


def _add_reader(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--reader",
        metavar="NAME",
        help="thai-ser, ravdess, tess, savee, crema-d, emo-db, folder or synthetic "
        "(default: recognised)",
    )


def _synthesize(options: argparse.Namespace, data: DataFolder) -> int:
    output = JsonOutput(options.json)
    result = work_in_foreground(
        "synthesize",
        {
            "folder": str(Path(options.folder).expanduser().absolute()),
            "utterances": options.utterances,
            "seed": options.seed,
            "workers": options.workers,
            "backend": options.backend,
        },
        data=data,
    )
    output.write(result)
    if not output.on_stdout:
        print(
            f"{result['utterances']} utterances ({result['made']} new, "
            f"{result['duration_s'] / 60:.1f} min, "
            f"{result['size_bytes'] / 1e6:.0f} MB) in '{result['root']}'"
        )
    return 0


def _download(options: argparse.Namespace, data: DataFolder) -> int:
    output = JsonOutput(options.json)
    result = work_in_foreground(
        "download",
        {
            "corpus": options.name,
            "folder": str(Path(options.folder).expanduser().absolute()),
            "parts": None if options.parts is None else list(options.parts),
            "base_url": options.mirror,
        },
        data=data,
    )
    output.write(result)
    if not output.on_stdout:
        print(
            f"{options.name} is ready in '{result['root']}': "
            f"{len(result['fetched'])} parts fetched, {len(result['kept'])} kept"
        )
        if result["unverified"]:
            print(
                "the publisher gives no checksum for: "
                + ", ".join(result["unverified"])
            )
    return 0


def _inspect(options: argparse.Namespace, data: DataFolder) -> int:
    from ser_core.corpora.inspect import inspection
    from ser_core.corpora.reader import read_corpus
    from ser_core.corpora.registry import lookup

    output = JsonOutput(options.json)
    found = lookup(options.folder, data=data)
    corpus = read_corpus(found.root, reader=options.reader or found.reader)

    def progress(done: int) -> None:
        if sys.stderr.isatty() and done % 100 == 0:
            print(f"\r{done} files", end="", file=sys.stderr, flush=True)

    seen = inspection(corpus, durations=options.durations, progress=progress)
    output.write(seen.to_json())
    if not output.on_stdout:
        _print_inspection(seen.to_json())
    return 0


def _print_inspection(seen: dict[str, Any]) -> None:
    """Print an inspection for people."""
    print(on_one_line(f"{seen['corpus']} in '{seen['root']}'"))
    print(f"{seen['n_utterances']} utterances, {seen['n_speakers']} known speakers")
    if seen["duration_s"] is not None:
        print(f"{seen['duration_s'] / 3600:.2f} h of audio")
    for title in ("emotions", "genders", "microphones", "left_out"):
        if seen[title]:
            counts = ", ".join(f"{name} {n}" for name, n in seen[title].items())
            print(f"{title.replace('_', ' ')}: {counts}")
    for note in seen["notes"]:
        print(on_one_line(f"note: {note}"))
    for problem in seen["problems"]:
        print(f"problem: {problem_line(problem)}")


def _register(options: argparse.Namespace, data: DataFolder) -> int:
    from ser_core.corpora.registry import register

    output = JsonOutput(options.json)
    entry = register(
        options.folder, data=data, name=options.name, reader=options.reader
    )
    output.write(_entry(entry))
    if not output.on_stdout:
        print(f"'{entry.name}' is registered: {entry.reader} in '{entry.root}'")
    return 0


def _list(options: argparse.Namespace, data: DataFolder) -> int:
    from ser_core.corpora.registry import registered

    output = JsonOutput(options.json)
    entries = [_entry(entry) for entry in registered(data)]
    output.write(entries)
    if not output.on_stdout:
        if not entries:
            print("no corpus yet: python -m ser_core corpora synthesize --help")
            return 0
        rows = [
            [
                entry["name"],
                entry["reader"] or "recognised",
                entry["root"] + ("" if entry["available"] else " (not there now)"),
            ]
            for entry in entries
        ]
        print(table(["name", "reader", "folder"], rows))
    return 0


def _entry(corpus: Any) -> dict[str, Any]:
    """Return a registered corpus as plain JSON."""
    return {
        "name": corpus.name,
        "root": str(corpus.root),
        "reader": corpus.reader,
        "origin": corpus.origin,
        "available": corpus.available,
    }
