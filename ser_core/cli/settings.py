"""``settings``: what the operator decided, and whether it can be used."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ser_core.cli.arguments import Subparsers, add_command, add_group
from ser_core.cli.output import JsonOutput, add_json_option, table
from ser_core.store.data_folder import DataFolder


def add_to(commands: Subparsers) -> None:
    """Add the group and its commands."""
    group = add_group(
        commands, "settings", summary="see and check the rules of this server"
    )
    show = add_command(
        group,
        "show",
        command=_show,
        summary="list every setting, its value and where it comes from",
        description="From config.toml in the data folder; an environment variable "
        "SER_LAB_<NAME> goes before it. The environment is that of this shell, which "
        "a server's may differ from.",
        examples="settings show\nsettings show --json",
    )
    add_json_option(show, "the settings")
    add_command(
        group,
        "check",
        command=_check,
        summary="say whether the settings can be used, with a hint or two",
        examples="settings check",
    )


def _show(options: argparse.Namespace, data: DataFolder) -> int:
    from ser_core.store.settings import config_path, settings, sources

    output = JsonOutput(options.json)
    values = {name: _plain(value) for name, value in asdict(settings(data)).items()}
    origin = sources(data)
    output.write(
        {name: {"value": v, "from": origin[name]} for name, v in values.items()}
    )
    if output.on_stdout:
        return 0
    rows = [[name, _words(value), origin[name]] for name, value in values.items()]
    print(table(["setting", "value", "from"], rows))
    print(f"\nfile: '{config_path(data)}'")
    return 0


def _check(_options: argparse.Namespace, data: DataFolder) -> int:
    from ser_core.store.settings import settings, unknown_variables

    chosen = settings(data)
    hints = [f"variable {n} is no setting" for n in unknown_variables(os.environ)]
    hints += [
        f"corpus_folders: '{folder}' is no folder now"
        for folder in chosen.corpus_folders or ()
        if not folder.is_dir()
    ]
    hints += [
        f"corpus_folders: '{folder}' holds the data folder itself"
        for folder in chosen.corpus_folders or ()
        if data.root.is_relative_to(folder.resolve())
    ]
    if chosen.start_jobs == "operator" and not chosen.operators:
        hints.append(
            "start_jobs = operator without operators: jobs start from the command "
            "line, or with SER_LAB_OPERATOR_TOKEN on the page"
        )
    for hint in hints:
        print(f"warning: {hint}", file=sys.stderr)
    kind = "shared" if chosen.shared else "not shared"
    print(f"the settings can be used; this server is {kind}")
    return 0


def _plain(value: Any) -> Any:
    """Turn folders into text, for JSON."""
    if isinstance(value, tuple):
        return [str(item) if isinstance(item, Path) else item for item in value]
    return value


def _words(value: Any) -> str:
    """Write a value for a person."""
    if value is None:
        return "no limit"
    if isinstance(value, list):
        return ", ".join(value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)
