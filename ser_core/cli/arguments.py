"""What several commands share: options, kinds of values, the absolute corpus."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TypeAlias

from ser_core.store.data_folder import DataFolder

# argparse has no public name for what add_subparsers returns
Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
Command = Callable[[argparse.Namespace, DataFolder], int]


def add_common_options(parser: argparse.ArgumentParser, *, top: bool) -> None:
    """Add the options that may stand before or after the command's name."""
    parser.add_argument(
        "--data-dir",
        metavar="DIR",
        default=None if top else argparse.SUPPRESS,
        help="data folder (else SER_LAB_HOME, else the platform's user-data folder)",
    )
    parser.add_argument(
        "--debug",
        action="store_true",
        default=False if top else argparse.SUPPRESS,
        help="show where an error happened",
    )


def add_command(
    commands: Subparsers,
    name: str,
    *,
    command: Command,
    summary: str,
    examples: str,
    description: str = "",
) -> argparse.ArgumentParser:
    """Add a command with its help and examples.

    Parameters
    ----------
    commands : subparsers action
        To which it is added.
    name : str
        As typed.
    command : callable
        Takes the options and the data folder; returns the exit code.
    summary : str
        One line.
    examples : str
        One example a line, without the program's name.
    description : str
        What else to say above the options.

    """
    lines = [f"  python -m ser_core {line}" for line in examples.splitlines()]
    parser = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}. {description}".strip(),
        epilog="\n".join(["examples:", *lines]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(command=command)
    add_common_options(parser, top=False)
    return parser


def add_group(commands: Subparsers, name: str, *, summary: str) -> Subparsers:
    """Add a command that has commands of its own."""
    parser = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=f"Each command has its own help: python -m ser_core {name} COMMAND "
        "--help",
        allow_abbrev=False,
    )
    add_common_options(parser, top=False)
    return parser.add_subparsers(title="commands", metavar="COMMAND", required=True)


def names(text: str) -> tuple[str, ...]:
    """Read a list of names, separated by commas."""
    values = tuple(part.strip() for part in text.split(",") if part.strip())
    if not values:
        raise argparse.ArgumentTypeError("give at least one name")
    return values


def whole_numbers(text: str) -> tuple[int, ...]:
    """Read a list of whole numbers, separated by commas."""
    try:
        return tuple(int(part) for part in names(text))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no list of whole numbers, as 1,2,4"
        ) from None


def corpus_reference(text: str, data: DataFolder) -> str:
    """Turn what ``--corpus`` gave into what a job in another folder understands.

    Returns
    -------
    reference : str
        A registered name as it is, a folder as its absolute path.

    Raises
    ------
    CorpusError
        There is neither such a name nor such a folder.

    """
    from ser_core.corpora.registry import NOT_REGISTERED, lookup

    corpus = lookup(text, data=data)
    return str(corpus.root) if corpus.origin == NOT_REGISTERED else corpus.name
