"""Make a model's card of the record of its training."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from ser_core.corpora.download_sources import SOURCES
from ser_core.errors import ModelError
from ser_core.features.feature_set import FeatureSet
from ser_core.features.registry import feature_set
from ser_core.models.card import CardCorpus, CardFeatures, CardResults, ModelCard
from ser_core.models.training_distance import TrainingDistances
from ser_core.store.record_head import utc_text

LANGUAGES: Final[Mapping[str, str]] = {
    "thai-ser": "Thai",
    "ravdess": "English (North America)",
    "tess": "English (Canada)",
    "savee": "English (Britain)",
    "crema-d": "English (America)",
    "emo-db": "German",
    "synthetic": "none (synthesised)",
}
"""Language of each published corpus; its emotions are acted in all of them."""

ACTED_LIMIT: Final = (
    "It learned from actors who played emotions on purpose. What people feel in "
    "daily life sounds different and much weaker; there it is wrong far more often "
    "than the figures say."
)
LIMITS: Final[tuple[str, ...]] = (
    "It tells how a voice sounds, not what a person feels, thinks or intends.",
    "It is no diagnosis and no help towards one.",
    "It is not for grading, hiring, paying, policing or watching people, nor for any "
    "decision about a person.",
    "It knows only its own classes, and names one of them whatever it hears.",
    "Other languages, ages, microphones, rooms, noise and levels than those of its "
    "training make it worse, by how much nobody has measured.",
)
"""What holds for every model here."""

_NON_COMMERCIAL: Final = ("NC", "no commercial", "research only", "non-commercial")
_SHARE_ALIKE: Final = ("-SA", "ODbL")


def card_from_record(
    record: Mapping[str, Any],
    *,
    name: str,
    n_fitted: int | None = None,
    distances: TrainingDistances | None = None,
    features: FeatureSet | None = None,
) -> ModelCard:
    """Make the card of a model that was saved after a training run.

    Parameters
    ----------
    record : mapping
        Of kind ``training``; its predictions are left out.
    name : str
        Name of the bundle.
    n_fitted : int, optional
        Utterances that the saved model was fitted on.
    distances : TrainingDistances, optional
        As `ser_core.models.training_distance.training_distances` returns them.
    features : FeatureSet, optional
        The one that the record's label names, by default.

    Returns
    -------
    card : ModelCard
        Checked; without versions, probe and files, which `save_bundle` adds.

    Raises
    ------
    ModelError
        The record is of another kind, or lacks what a card needs.
    ParameterError
        The record's feature set is not known.

    """
    if record.get("kind") != "training":
        raise ModelError(
            f"a record of kind {record.get('kind')!r} has no model; give the record "
            "of a training"
        )
    try:
        plan = record["plan"]
        known = features or feature_set(record["features"])
        corpora = _corpora(record)
        card = ModelCard(
            name=name,
            created_utc=utc_text(datetime.now(UTC)),
            features=CardFeatures.of(known),
            front_end=plan.get("front_end") or "reference",
            classes=tuple(sorted(record["classes"])),
            model=record["model"],
            parameters=_parameters(record),
            pca=plan.get("pca"),
            corpora=corpora,
            split=record["split"],
            protocol=_protocol(record),
            seed=plan["seed"],
            n_fitted=n_fitted,
            results=_results(record),
            distances=distances,
            limits=limits_of(corpora, record),
            licence=licence_note(corpora),
            record_id=record["id"],
        )
    except (KeyError, TypeError) as error:
        raise ModelError(
            f"the training record lacks {error} for a card; train the model again"
        ) from error
    # through its own check, so that a card that was made is a card that can be read
    return ModelCard.from_json(_json(card.to_json()))


def licence_note(corpora: Sequence[CardCorpus]) -> str:
    """Say what follows from the licences of the training data.

    Returns
    -------
    text : str
        Sentences; no legal advice, as it says itself.

    """
    if not corpora:
        return "The training data are not known, and so are their licences."
    told = [
        f"{corpus.name} is under {corpus.licence}."
        if corpus.licence
        else f"The licence of {corpus.name} is not known; ask whoever made it."
        for corpus in corpora
        if not corpus.synthetic
    ]
    told += [
        f"{corpus.name} was synthesised by SER Lab and carries no licence of others."
        for corpus in corpora
        if corpus.synthetic
    ]
    licences = [corpus.licence or "" for corpus in corpora]
    if any(word in licence for licence in licences for word in _NON_COMMERCIAL):
        told.append("So the model is not for commercial use.")
    if any("ND" in licence for licence in licences):
        told.append(
            "One licence allows no derivatives: ask its owner before you pass the "
            "model on."
        )
    if any(word in licence for licence in licences for word in _SHARE_ALIKE):
        told.append(
            "One asks that what is made of it is shared under the same licence."
        )
    if len({licence for licence in licences if licence}) > 1:
        told.append(
            "Several licences meet here: keep to the strictest condition of each, and "
            "name every corpus."
        )
    return " ".join([*told, "This is a reminder, not legal advice."])


def limits_of(
    corpora: Sequence[CardCorpus], record: Mapping[str, Any]
) -> tuple[str, ...]:
    """List what a model is not for, one sentence each."""
    limits = list(LIMITS)
    if any(corpus.acted is not False and not corpus.synthetic for corpus in corpora):
        limits.insert(0, ACTED_LIMIT)
    if any(corpus.synthetic for corpus in corpora):
        limits.insert(
            0,
            "It learned from synthesised voices, for trying the program out: it is of "
            "no use on people.",
        )
    languages = sorted({c.language for c in corpora if c.language and not c.synthetic})
    if languages:
        limits.append(f"It heard only: {', '.join(languages)}.")
    n_speakers = [c.n_speakers for c in corpora if c.n_speakers is not None]
    if n_speakers and sum(n_speakers) < 20:
        limits.append(
            f"It knows {sum(n_speakers)} speakers in all, too few to stand for others."
        )
    if record.get("labels") == "gender-emotion" or any(
        str(name).split("_")[0] in ("female", "male") for name in record["classes"]
    ):
        limits.append(
            "Its classes hold a gender, which is that of the corpus's actors as they "
            "were listed; it says nothing about the gender of whoever speaks."
        )
    return tuple(limits)


def _corpora(record: Mapping[str, Any]) -> tuple[CardCorpus, ...]:
    """Describe the corpora, with what is known of the published ones."""
    found = []
    for corpus in record["corpora"]:
        # another folder of a published corpus carries its reader's name, if any
        known = corpus.get("reader") or corpus["name"]
        source = SOURCES.get(known)
        synthetic = bool(corpus["synthetic"])
        found.append(
            CardCorpus(
                name=str(corpus["name"])[:100],
                licence=corpus.get("licence") or (source and source.licence) or None,
                citation=source.citation if source else None,
                language=corpus.get("language") or LANGUAGES.get(known),
                acted=True if source else False if synthetic else None,
                synthetic=synthetic,
                n_utterances=corpus["n_files"],
                n_speakers=corpus.get("n_speakers"),
            )
        )
    return tuple(found)


def _parameters(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what differs from the defaults, with what a search found."""
    tuning = record.get("tuning") or {}
    return {**record["plan"]["parameters"], **tuning.get("best_parameters", {})}


def _results(record: Mapping[str, Any]) -> CardResults:
    """Return the figures of a record, without predictions."""
    # in one order, so that the same figures are the same text
    names = sorted((record.get("unseen_speakers") or _FIGURES).keys() | _FIGURES.keys())
    unseen = record.get("unseen_speakers")
    return CardResults(
        plan=_figures({key: record[key] for key in names if key in record}),
        unseen_speakers=None if unseen is None else _figures(unseen),
        unseen_speakers_reason=record.get("unseen_speakers_reason"),
        gap=record.get("gap") or "",
        human=record.get("human"),
    )


def _figures(result: Mapping[str, Any]) -> dict[str, Any]:
    """Leave predictions out, which are as long as the corpus."""
    return {key: value for key, value in result.items() if key != "predictions"}


def _protocol(record: Mapping[str, Any]) -> str:
    """Say in words how the figures were come by."""
    n_folds = len(record.get("folds") or ())
    independent = record["speaker_independent"]
    text = (
        f"{n_folds or 1} {'folds' if n_folds > 1 else 'division'} by {record['split']}"
    )
    text += (
        ": no speaker of the test was in training."
        if independent
        else ": speakers of the test may have been in training, too."
    )
    if record.get("tuning"):
        text += (
            f" Parameters were searched in {record['tuning']['n_trials']} trials "
            "inside the training part of each fold."
        )
    return text + " Scaling, and PCA where it is used, saw the training part alone."


def _json(document: Mapping[str, Any]) -> Any:
    """Pass a document through JSON, as a file would."""
    return json.loads(json.dumps(document, allow_nan=False))


_FIGURES: Final[Mapping[str, None]] = dict.fromkeys(
    (
        "split",
        "speaker_independent",
        "n_train",
        "n_validation",
        "n_test",
        "n_speakers",
        "shared_speakers",
        "war",
        "war_interval",
        "uar",
        "uar_interval",
        "macro_f1",
        "macro_f1_interval",
        "weighted_f1",
        "weighted_f1_interval",
        "log_loss",
        "log_loss_interval",
        "ece",
        "interval_reason",
        "by_speaker",
        "per_class",
        "confusion",
        "calibration",
        "folds",
        "fit_s",
        "predict_s",
    )
)
