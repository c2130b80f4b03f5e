"""Whether the synthetic corpus fits on the disk, before it is begun."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from ser_core.corpora.synthesis.ratings import plan
from ser_core.corpora.synthetic_files import recording
from ser_core.errors import CorpusError

# Measured: FLAC takes 0.36 to 0.50 of the samples' two bytes.
_BYTES_A_SAMPLE: Final = 1.0
_MARGIN_BYTES: Final = 32 << 20
_LABELS_BYTES: Final = 400


def missing_bytes(root: Path, *, utterances: int, seed: int) -> int:
    """Estimate the bytes that the recordings not there yet will take.

    Parameters
    ----------
    root : Path
        The corpus folder.
    utterances, seed : int
        As for `ser_core.corpora.synthetic.synthesize`.

    """
    total = 0.0
    for index in range(utterances):
        planned = plan(seed, index)
        if not recording(root, planned.place).exists():
            total += planned.n_samples * _BYTES_A_SAMPLE
    return int(total) + utterances * _LABELS_BYTES


def check_space(root: Path, *, utterances: int, seed: int) -> None:
    """Refuse to begin what will not fit.

    Raises
    ------
    CorpusError
        The disk has less free space than the corpus will need.

    """
    needed = missing_bytes(root, utterances=utterances, seed=seed) + _MARGIN_BYTES
    free = shutil.disk_usage(root).free
    if needed > free:
        raise CorpusError(
            f"{utterances:,} utterances need about {needed / 1e6:,.0f} MB more in "
            f"'{root}', and {free / 1e6:,.0f} MB are free; ask for fewer, free some "
            "space or choose another folder",
            path=str(root),
        )
