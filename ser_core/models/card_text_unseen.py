"""What a card says about other corpora, confidence, and *unsure*, as Markdown."""

from __future__ import annotations

from ser_core.models.card import ModelCard
from ser_core.models.card_markup import count, inert, table, with_interval
from ser_core.models.other_corpus import OtherCorpus


def other_corpora(card: ModelCard) -> list[str]:
    """Make the table of corpora that had no part in the training."""
    others = card.results.other_corpora
    if not others:
        return []
    head = ["Corpus", "Language", "Clips", "Speakers", "UAR", "WAR"]
    head += ["Calibration error", "Answered", "Of these right", "Too far"]
    lines = [
        "## On corpora that it was not trained on",
        "",
        "The saved model itself, on other recordings, rooms and speakers: the figures "
        "that come nearest to a recording of your own, if it is acted, too.",
        "",
        *table(head, [_other_row(other) for other in others]),
    ]
    for other in others:
        recalls = ", ".join(
            f"{inert(name)} {100 * recall:.0f} %"
            for name, recall in other.recall.items()
        )
        left_out = ", ".join(f"{inert(k)} ({n})" for k, n in other.left_out.items())
        words = f"- {inert(other.name)}: recall {recalls}."
        if left_out:
            words += f" Left out, because the model has no such class: {left_out}."
        if other.n_failed:
            words += f" {other.n_failed} clips could not be read."
        if other.interval_reason:
            words += f" {inert(other.interval_reason, longest=2_000)}"
        if other.note:
            words += f" {inert(other.note, longest=2_000)}"
        lines += ["", words] if other is others[0] else [words]
    return lines


def _other_row(other: OtherCorpus) -> list[str]:
    """Write the figures of one corpus that had no part in the training."""
    figures = {
        "uar": other.uar,
        "uar_interval": other.uar_interval,
        "war": other.war,
        "war_interval": other.war_interval,
        "answered": other.share_answered,
        "right": other.accuracy_answered,
        "too_far": other.share_too_far,
    }
    return [
        inert(other.name),
        inert(other.language or "not known"),
        count(other.n_clips),
        count(other.n_speakers),
        with_interval(figures, "uar"),
        with_interval(figures, "war"),
        f"{other.ece:.3f}",
        *(with_interval(figures, name) for name in ("answered", "right", "too_far")),
    ]


def confidence(card: ModelCard) -> list[str]:
    """Say how probabilities are corrected, and what they are worth then."""
    found = card.calibration
    if found is None:
        reason = card.uncalibrated_reason
        if reason is None:
            return []
        return [
            "## How sure it is",
            "",
            f"Its probabilities are not calibrated: {inert(reason, longest=2_000)}.",
        ]
    measures = [
        ["ECE", f"{found.ece_before:.3f}", f"{found.ece_after:.3f}"],
        ["Log loss", f"{found.log_loss_before:.3f}", f"{found.log_loss_after:.3f}"],
    ]
    bins = [
        [f"{100 * b.confidence:.0f} %", f"{100 * b.accuracy:.0f} %", count(b.n)]
        for b in found.bins
    ]
    return [
        "## How sure it is",
        "",
        f"Probabilities are corrected by the temperature {found.temperature:.2f} "
        f"(above 1: it was too sure). {inert(found.basis, longest=2_000)}",
        "",
        *table(["Calibration", "Before", "After"], measures),
        "",
        *table(["It says", "It is right in", "Clips"], bins),
    ]


def unsure(card: ModelCard) -> list[str]:
    """Say when the answer is *unsure*, and what the others are worth."""
    found = card.abstention
    if found is None:
        return []
    at = found.chosen
    right = "none" if at.accuracy is None else f"{100 * at.accuracy:.0f} %"
    sentence = (
        f"Below a confidence of {100 * found.min_confidence:.0f} % it answers "
        f"*unsure*: {100 * at.share:.0f} % of the clips of unseen speakers get an "
        f"answer, and {right} of these are right."
    )
    if found.max_distance is not None:
        sentence += (
            f" It is unsure, too, of clips farther than {found.max_distance:.2f} from "
            "its training data."
        )
    rows = [
        [
            f"{100 * p.confidence:.0f} %",
            f"{100 * p.share:.0f} %",
            "–" if p.accuracy is None else f"{100 * p.accuracy:.0f} %",
        ]
        for p in found.curve
    ]
    return [
        "## When it says *unsure*",
        "",
        f"{sentence} {inert(found.basis, longest=2_000)}",
        "",
        *table(["Answers from", "Share answered", "Of these right"], rows),
    ]
