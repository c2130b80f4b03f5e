"""Identify a corpus as listed, and choose some of its utterances."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from ser_core.corpora.utterance import Corpus, Utterance
from ser_core.errors import CorpusError, ParameterError


def fingerprint(corpus: Corpus) -> str:
    """Hash what a corpus lists, without opening a file.

    Parameters
    ----------
    corpus : Corpus
        As read, with the options that were chosen.

    Returns
    -------
    digest : str
        SHA-256 (hex) over the sorted lines of relative path, size in bytes and
        emotion. The same for a copy of the corpus elsewhere; a file changed to
        another one of equal size goes unnoticed.

    Raises
    ------
    CorpusError
        A listed file is gone or cannot be reached.

    """
    lines = []
    for utterance in corpus.utterances:
        try:
            size = utterance.path.stat().st_size
        except OSError as error:
            raise CorpusError(
                f"'{utterance.path}' was listed and cannot be reached any more "
                f"({error.strerror}); read the corpus again",
                path=str(utterance.path),
            ) from error
        relative = utterance.path.relative_to(corpus.root).as_posix()
        lines.append(f"{relative}\0{size}\0{utterance.emotion}\n")
    return hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()


def select_evenly(
    utterances: Sequence[Utterance], limit: int | None
) -> tuple[Utterance, ...]:
    """Take some utterances, evenly spaced over the list.

    Parameters
    ----------
    utterances : sequence of Utterance
        In the corpus's order.
    limit : int or None
        How many, at least 1; None or more than there are: all.

    Returns
    -------
    chosen : tuple of Utterance
        Number ``i * n // limit`` for i below the limit, so the order is kept and
        none comes twice.

    Raises
    ------
    ParameterError
        The limit is below 1.

    """
    if limit is not None and limit < 1:
        raise ParameterError(
            f"limit = {limit} is not allowed; give 1 or more files, or none for all"
        )
    n = len(utterances)
    if limit is None or limit >= n:
        return tuple(utterances)
    return tuple(utterances[i * n // limit] for i in range(limit))
