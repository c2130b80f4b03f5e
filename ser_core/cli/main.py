"""Parse the command line, prepare the process, and turn errors into exit codes."""

from __future__ import annotations

import argparse
import io
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ser_core import __version__
from ser_core.cli import (
    bench,
    clean,
    compare,
    corpora,
    jobs,
    listing,
    pipeline,
    predict,
    run,
    runs,
    settings,
    table,
    train,
)
from ser_core.cli.arguments import Command, add_common_options
from ser_core.cli.output import on_one_line
from ser_core.errors import ParameterError, SerError
from ser_core.store.data_folder import data_folder

SUCCESS: Final = 0
FAILURE: Final = 1
WRONG_ARGUMENTS: Final = 2
INTERRUPTED: Final = 130

_EXAMPLES = """\
examples:
  python -m ser_core corpora synthesize voices --utterances 400 --seed 0
  python -m ser_core corpora inspect voices --json
  python -m ser_core bench --corpus voices --limit 400 \\
      --backends sequential,loky --workers 1,2 --repeats 3 --json bench.json
  python -m ser_core pipeline --corpus voices --version enhanced --json run.json
  python -m ser_core train --corpus voices --model svm --split random --json -
  python -m ser_core predict voice.wav --json --timeline
  python -m ser_core jobs list

Progress goes to stderr, JSON to stdout or to the file that --json names. The exit
code is 0 only for success, 2 for wrong arguments, 130 after Ctrl-C, else 1. A run
that left out some unreadable files, and listed them, is a success.
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="python -m ser_core",
        description="SER Lab without a browser: corpora, benchmarks, models, demo.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"SER Lab {__version__}")
    add_common_options(parser, top=True)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in (
        corpora,
        bench,
        pipeline,
        train,
        compare,
        table,
        predict,
        listing,
        run,
        jobs,
        runs,
        settings,
        clean,
    ):
        module.add_to(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Without the program's name; those of this process when not given.

    Returns
    -------
    status : int
        0 only for success; 2 for wrong arguments, 130 after Ctrl-C, else 1.

    """
    _speak_plainly()
    debug = False
    try:
        options = build_parser().parse_args(arguments)
        debug = options.debug
        command: Command = options.command
        data = data_folder(options.data_dir)
        # numba reads it when librosa is imported, which no command has done yet
        os.environ.setdefault("NUMBA_CACHE_DIR", str(data.numba_cache))
        status = command(options, data)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return _say("interrupted", INTERRUPTED, debug=debug)
    except ParameterError as error:
        return _say(f"error: {error}", WRONG_ARGUMENTS, debug=debug)
    except SerError as error:
        return _say(f"error: {error}", FAILURE, debug=debug)
    except BrokenPipeError:
        # whoever read stdout has gone; nothing may be written at exit either
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return FAILURE
    except OSError as error:
        return _say(f"error: {error}", FAILURE, debug=debug)
    except Exception as error:  # the boundary to the person: one line, no traceback
        message = f"error: unexpected {type(error).__name__}: {error}"
        hint = "" if debug else " (--debug shows where)"
        return _say(message + hint, FAILURE, debug=debug)
    return status


def _say(message: str, status: int, *, debug: bool) -> int:
    """Write one line to stderr, after the traceback where that is asked for."""
    if debug:
        traceback.print_exc()
    print(on_one_line(" ".join(message.split())), file=sys.stderr)
    return status


def _speak_plainly() -> None:
    """Let no closed stream, and no name that a terminal cannot show, be an end."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the caller, or a window program
            nowhere = Path(os.devnull).open("w")  # noqa: SIM115 - kept until the end
            setattr(sys, name, nowhere)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
