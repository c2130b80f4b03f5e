"""How well people recognise the emotions of a corpus, where that is known."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ser_core.corpora.utterance import Utterance
from ser_core.errors import CorpusError

RATINGS_FILE: Final = "erkennung.txt"
"""EMO-DB's table of how many of its 20 listeners recognised each file."""

_LARGEST_BYTES: Final = 1_000_000
_RATING: Final = re.compile(r"(\S+)\.wav\s+([0-9]+(?:[.,][0-9]+)?)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class HumanAccuracy:
    """What people reach on a corpus.

    Attributes
    ----------
    accuracy : float
        Share of judgements that are right, 0 to 1.
    uar : float or None
        Mean over the emotions; None where only one figure was published.
    n_utterances : int or None
        How many of the utterances asked about it is computed from; None where it is
        a published figure of the whole corpus.
    source : str
        Where it is from and what to keep in mind.

    """

    accuracy: float
    uar: float | None
    n_utterances: int | None
    source: str

    def to_json(self) -> dict[str, Any]:
        """Return the record's ``human``."""
        return {"accuracy": self.accuracy, "uar": self.uar, "source": self.source}


PUBLISHED_HUMAN: Final[Mapping[str, HumanAccuracy]] = {
    "thai-ser": HumanAccuracy(
        accuracy=0.772,
        uar=None,
        n_utterances=None,
        source="Published for the whole corpus: THAI-SER, arXiv 2507.09618.",
    ),
    "crema-d": HumanAccuracy(
        accuracy=0.409,
        uar=None,
        n_utterances=None,
        source="Published for the whole corpus, sound alone, intended emotion: Cao et "
        "al., IEEE TAC 5(4), 2014, doi 10.1109/TAFFC.2014.2336244.",
    ),
}
"""Figures of corpora that do not say it file by file."""


def human_accuracy(
    corpus_name: str,
    utterances: Sequence[Utterance] | None = None,
    root: Path | None = None,
) -> HumanAccuracy | None:
    """Return how well people recognise the utterances of a corpus.

    Parameters
    ----------
    corpus_name : str
        One of the readers' names.
    utterances : sequence of Utterance, optional
        Those that were tested; all by default. They matter for EMO-DB alone.
    root : Path, optional
        The corpus's folder, for EMO-DB's ``erkennung.txt`` in it or beside it.

    Returns
    -------
    human : HumanAccuracy or None
        None where nobody knows: no figure is certain, the file is not there, or it
        holds none of the utterances.

    Raises
    ------
    CorpusError
        EMO-DB's file is there and cannot be read.

    References
    ----------
    F. Burkhardt, A. Paeschke, M. Rolfes, W. Sendlmeier and B. Weiss, "A database of
    German emotional speech", Interspeech 2005.

    """
    if corpus_name != "emo-db":
        return PUBLISHED_HUMAN.get(corpus_name)
    path = None if root is None else _find_ratings(root)
    if path is None:
        return None
    return _of_utterances(read_ratings(path), utterances)


def read_ratings(path: Path) -> dict[str, float]:
    """Read EMO-DB's table of recognition rates.

    Parameters
    ----------
    path : Path
        Text in Latin-1: number, file name, recognised and natural in percent, with a
        decimal comma.

    Returns
    -------
    rates : dict of str to float
        File name in lower case without suffix -> share of listeners, 0 to 1.

    Raises
    ------
    CorpusError
        The file cannot be read, or holds no such line.

    """
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST_BYTES).decode("latin-1")
    except OSError as error:
        raise CorpusError(
            f"'{path}' cannot be read ({error.strerror}); check its permissions",
            path=str(path),
        ) from error
    rates = {}
    for name, percent in _RATING.findall(text):
        share = float(percent.replace(",", ".")) / 100
        if share <= 1:
            rates[name.lower()] = share
    if not rates:
        raise CorpusError(
            f"'{path}' holds no line with a .wav name and a rate from 0 to 100; put "
            "the one of EMO-DB's download there, or take it away",
            path=str(path),
        )
    return rates


def _find_ratings(root: Path) -> Path | None:
    """Find the file in the corpus folder, one below, or beside its sound files."""
    places = (root, root.parent, *sorted(_folders(root)))
    found = (place / RATINGS_FILE for place in places)
    return next((path for path in found if path.is_file()), None)


def _folders(root: Path) -> list[Path]:
    """List the folders right below one."""
    return [p for p in root.iterdir() if p.is_dir()] if root.is_dir() else []


def _of_utterances(
    rates: Mapping[str, float], utterances: Sequence[Utterance] | None
) -> HumanAccuracy | None:
    """Average the rates of the utterances asked about."""
    note = "EMO-DB's own listening test, 20 listeners (erkennung.txt)."
    if utterances is None:
        return HumanAccuracy(
            accuracy=sum(rates.values()) / len(rates),
            uar=None,
            n_utterances=len(rates),
            source=f"{note} Over all {len(rates)} recordings of the test, of which the "
            "corpus holds a part.",
        )
    note += (
        " Recordings that fewer than 80 % recognised were left out of the corpus, so "
        "it flatters people."
    )
    by_emotion: defaultdict[str, list[float]] = defaultdict(list)
    for utterance in utterances:
        share = rates.get(utterance.path.stem.lower())
        if share is not None:
            by_emotion[utterance.emotion].append(share)
    found = [share for shares in by_emotion.values() for share in shares]
    if not found:
        return None
    means = [sum(shares) / len(shares) for shares in by_emotion.values()]
    missing = len(utterances) - len(found)
    if missing:
        note += f" {missing} of {len(utterances)} tested utterances are not in it."
    return HumanAccuracy(
        accuracy=sum(found) / len(found),
        uar=sum(means) / len(means),
        n_utterances=len(found),
        source=note,
    )
