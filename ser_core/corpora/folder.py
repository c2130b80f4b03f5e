"""Any folder with one sub-folder a label."""

from __future__ import annotations

from typing import Final

from ser_core.corpora.contract import Listing, ReadOptions
from ser_core.corpora.tree import AudioFile, CorpusTree
from ser_core.corpora.utterance import Corpus, Utterance
from ser_core.errors import CorpusError
from ser_core.labels import EMOTIONS, to_emotion


class FolderReader:
    """Take the label from the nearest folder whose name is an emotion.

    ``angry/a.wav``, ``train/Angry/a.wav`` and ``angry/speaker 1/a.wav`` are all
    angry. Nothing else is known: speaker, gender, sentence and session are None.
    """

    name: Final[str] = "folder"
    honours: Final[frozenset[str]] = frozenset()

    def recognises(self, tree: CorpusTree) -> float:
        """Return the share of the audio files that lie below an emotion's folder."""
        labelled = sum(_label(file) is not None for file in tree.audio)
        return labelled / len(tree.audio) if tree.audio else 0.0

    def read(self, tree: CorpusTree, options: ReadOptions) -> Corpus:
        """List the utterances.

        Raises
        ------
        CorpusError
            No folder's name is an emotion.

        """
        del options
        listing = Listing(self.name, tree)
        for file in tree.audio:
            found = _label(file)
            if found is None:
                where = "/".join(file.folders) or "no folder of its own"
                listing.problem(
                    file.relative,
                    f"'{where}' names no emotion; allowed: {', '.join(EMOTIONS)}",
                    kind=where,
                )
                continue
            emotion, label = found
            listing.utterances[file.relative] = Utterance(
                path=tree.root / file.relative,
                corpus=self.name,
                emotion=emotion,
                label=label,
            )
        if not listing.utterances:
            raise CorpusError(
                f"no folder below '{tree.root}' that holds audio is named after an "
                f"emotion; name one folder a label, of: {', '.join(EMOTIONS)}",
                path=str(tree.root),
            )
        return listing.finish()


def _label(file: AudioFile) -> tuple[str, str] | None:
    """Return emotion and label of the nearest folder that names one."""
    for folder in reversed(file.folders):
        emotion = to_emotion(folder)
        if emotion is not None:
            return emotion, folder
    return None
