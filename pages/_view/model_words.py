"""What the choices of a training plan are called, and what they mean."""

from __future__ import annotations

from typing import Final

SPLITS: Final = {
    "random-70-15-15": "random 70 / 15 / 15",
    "random-80-20": "random 80 / 20",
    "kfold": "k folds, random",
    "speaker": "speakers apart (group folds)",
    "loso": "leave one speaker out",
    "loco": "leave one corpus out",
    "thai-ser-authors": "THAI-SER's authors",
}
"""Short names, for the choice."""

SPLIT_MEANS: Final = {
    "random-70-15-15": "Files are shuffled: 70 % to learn from, 15 % set aside, 15 % "
    "to test on. The same people speak in all three, so the figure says how well "
    "these voices are known, not how a new voice will be understood.",
    "random-80-20": "Files are shuffled: 80 % to learn from, 20 % to test on. The same "
    "people speak in both, so the figure says how well these voices are known, not "
    "how a new voice will be understood.",
    "kfold": "Files are shuffled and dealt into folds; each fold is tested once by a "
    "model that learned from the others. Every file is tested, but the same people "
    "speak on both sides.",
    "speaker": "Speakers are dealt into folds; each fold is tested by a model that "
    "never heard these people. This is what a stranger can expect.",
    "loso": "One fold for each speaker: everybody is tested by a model that learned "
    "from all the others. The fairest figure for small corpora, and the slowest.",
    "loco": "One fold for each corpus: tested on recordings of another studio, other "
    "people, often another language. The hardest question of all.",
    "thai-ser-authors": "The protocol that THAI-SER's authors publish: folds of ten "
    "studio recordings, half of the held-out fold for validation, half for the test; "
    "raters agree on 0.71 and more.",
}
"""One plain paragraph a split."""

TWIN_NOTE: Final = (
    "Whatever random split you choose, the same model is fitted a second time on "
    "other speakers than it is tested on, and both figures stand side by side."
)

LABELS: Final = {"emotion": "emotion", "gender-emotion": "gender × emotion"}
LABELS_HELP: Final = (
    "Gender × emotion makes two classes of each emotion, as ‘female angry’. Recordings "
    "of people whose gender the corpus does not tell are left out."
)

LABEL_SETS: Final = {"common": "leave them out", "all": "keep them"}
LABEL_SETS_HELP: Final = (
    "Kept, such an emotion is also a mark of its corpus: a model may recognise the "
    "studio instead of the feeling."
)

STEPS: Final = {
    "denoise": "remove background noise",
    "trim": "cut silence at both ends",
    "cut-silence": "cut silence, pauses too",
    "normalise": "same peak",
    "loudness": "same loudness",
}

CHANNELS: Final = {"speech": "speech", "song": "song"}

SPEAKERS_APART: Final = ("speaker", "loso", "loco", "thai-ser-authors")
"""Splits that never test on a voice that was learned from."""

FOLDED: Final = ("kfold", "speaker")
"""Splits whose number of folds can be chosen."""

STUDIES: Final = {
    "learning-curve": "learning curve",
    "coefficients": "13 or 20 coefficients",
    "dimensions": "dimensions (PCA)",
    "importance": "importance",
    "acceleration": "acceleration",
}

STUDY_MEANS: Final = {
    "learning-curve": "Would more recordings help? The model learns from a tenth, a "
    "fifth, two fifths, seven tenths and all of each training part, and is tested on "
    "the same recordings every time.",
    "coefficients": "The report's question: are 20 cepstral coefficients worth their "
    "cost over 13? Both are extracted and trained on the same recordings; size, time, "
    "memory and accuracy stand beside each other.",
    "dimensions": "How many dimensions do the features really have? Principal "
    "components of the scaled training part, and the share of the variance that they "
    "explain.",
    "importance": "What does the model listen to? Columns of the test part are "
    "shuffled, one or one group at a time; what is lost shows what mattered. Columns "
    "that say the same can stand in for each other, and then none of them looks "
    "important.",
    "acceleration": "The same model on the same rows, trained by scikit-learn as it is "
    "and with scikit-learn-intelex, each in a process of its own: times, first call "
    "apart, and whether both predict the same.",
}

WAR_HELP: Final = (
    "Weighted average recall: the share of all test files that is right, which people "
    "call accuracy."
)
UAR_HELP: Final = (
    "Unweighted average recall: the mean of the recalls of the classes, so that a rare "
    "emotion counts as much as a common one. Guessing gives 1 / number of classes."
)
F1_HELP: Final = "Mean over the classes of the F1 score, each class counting alike."


def split_name(split: str) -> str:
    """Return a split's short name, or its own where this version has none."""
    return SPLITS.get(split, split)
