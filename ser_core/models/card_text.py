"""A model's card as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ser_core.models.card import CardCorpus, ModelCard
from ser_core.models.card_markup import count, inert, table, with_interval
from ser_core.models.card_text_unseen import confidence, other_corpora, unsure

__all__ = ["inert", "markdown"]

_MEASURES: Final[tuple[tuple[str, str], ...]] = (
    ("uar", "UAR, mean recall of the classes"),
    ("war", "WAR, share that is right"),
    ("macro_f1", "Macro F1"),
    ("weighted_f1", "Weighted F1"),
)


def markdown(card: ModelCard) -> str:
    """Write a card for people to read.

    Parameters
    ----------
    card : ModelCard

    Returns
    -------
    text : str
        CommonMark with tables. Everything that may come from outside (names of
        corpora, licences, parameters, sentences) is shown as it is and never
        understood as markup, HTML or a link.

    """
    parts = (
        [f"# Model {inert(card.name)}", "", _summary(card)],
        _figures(card),
        _classes(card),
        other_corpora(card),
        confidence(card),
        unsure(card),
        _corpora(card),
        _how(card),
        ["## Limits of use", "", *(f"- {inert(line)}" for line in card.limits)],
        ["## Licence of the training data", "", _paragraph(card.licence)],
        _distances(card),
        _origin(card),
    )
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _summary(card: ModelCard) -> str:
    """Say in a paragraph what the model is."""
    corpora = ", ".join(inert(corpus.name) for corpus in card.corpora) or "no corpus"
    fitted = (
        "" if card.n_fitted is None else f" It was fitted on {card.n_fitted:,} clips."
    )
    return (
        f"Tells {len(card.classes)} classes of emotional speech apart "
        f"({', '.join(inert(name) for name in card.classes)}). A model of kind "
        f"{inert(card.model)} on the features {inert(card.features.label)}, trained "
        f"on {corpora}.{fitted}"
    )


def _figures(card: ModelCard) -> list[str]:
    """Make the table of figures, random split and unseen speakers side by side."""
    plan, unseen = card.results.plan, card.results.unseen_speakers
    columns: list[tuple[str, Mapping[str, Any]]] = [(_title(plan), plan)]
    if unseen is not None:
        columns.append((_title(unseen), unseen))
    rows = [
        [label, *(with_interval(result, name) for _, result in columns)]
        for name, label in _MEASURES
    ]
    rows.append(["Log loss", *(_plain_figure(r, "log_loss") for _, r in columns)])
    rows.append(
        ["Calibration error (ECE)", *(_plain_figure(r, "ece") for _, r in columns)]
    )
    rows.append(["Tested clips", *(count(r.get("n_test")) for _, r in columns)])
    rows.append(["Speakers", *(count(r.get("n_speakers")) for _, r in columns)])
    rows.append(
        [
            "Of these also in training",
            *(count(r.get("shared_speakers")) for _, r in columns),
        ]
    )
    lines = ["## How well it did", ""]
    lines += table(["Figure", *(title for title, _ in columns)], rows)
    lines += ["", "In brackets: 95 % intervals, which draw speakers anew."]
    for _, result in columns:
        lines += _by_corpus(result)
        reason = result.get("interval_reason")
        if reason:
            lines += ["", f"{_title(result)}: {inert(reason, longest=2_000)}"]
    return lines + _remarks(card)


def _by_corpus(result: Mapping[str, Any]) -> list[str]:
    """Make the table of the corpora that were tested together, where it is there."""
    rows = [
        [inert(part["corpus"]), count(part["n"]), *_shares(part)]
        for part in result.get("by_corpus", ())
    ]
    if not rows:
        return []
    return ["", *table([_title(result), "Clips", "UAR", "WAR"], rows)]


def _shares(part: Mapping[str, Any]) -> list[str]:
    """Write UAR and WAR of a part of the tested clips."""
    return [with_interval(part, name) for name in ("uar", "war")]


def _remarks(card: ModelCard) -> list[str]:
    """Write what belongs to the figures: the gap, what is missing, listeners."""
    results, lines = card.results, [""]
    if results.gap:
        lines += [inert(results.gap, longest=2_000), ""]
    if results.unseen_speakers is None and not results.plan["speaker_independent"]:
        reason = results.unseen_speakers_reason or "no reason was recorded"
        lines += [
            "**How well it does on new speakers is not known**: "
            f"{inert(reason, longest=2_000)}. Expect it to do worse than above.",
            "",
        ]
    human = results.human
    if human is not None:
        told = [
            f"{name} {100 * human[key]:.1f} %"
            for key, name in (("accuracy", "accuracy"), ("uar", "UAR"))
            if human.get(key) is not None
        ]
        if told:
            source = inert(human.get("source", ""))
            lines += [f"Listeners reach {' and '.join(told)} ({source}).", ""]
    lines.append(
        "These figures are of models fitted to parts of the data and tested on the "
        "rest. The saved model is fitted anew; on other recordings, microphones and "
        "languages it does worse."
    )
    return lines


def _classes(card: ModelCard) -> list[str]:
    """Make the table of the classes."""
    results = card.results
    result = results.unseen_speakers or results.plan
    rows = [
        [
            inert(name),
            *(
                with_interval(figures, measure)
                for measure in ("precision", "recall", "f1")
            ),
            count(figures["support"]),
        ]
        for name, figures in result["per_class"].items()
    ]
    head = ["Class", "Precision", "Recall", "F1", "Clips"]
    return [f"## Classes ({_title(result).lower()})", "", *table(head, rows)]


def _corpora(card: ModelCard) -> list[str]:
    """Make the table of the training corpora."""
    rows = [
        [
            inert(corpus.name),
            inert(corpus.language or "not known"),
            _kind(corpus),
            count(corpus.n_utterances),
            count(corpus.n_speakers),
            inert(corpus.licence or "not known"),
        ]
        for corpus in card.corpora
    ]
    head = ["Corpus", "Language", "Speech", "Clips", "Speakers", "Licence"]
    lines = ["## Trained on", "", *table(head, rows)]
    cited = [c for c in card.corpora if c.citation]
    lines += ["" for _ in cited[:1]]
    lines += [f"- {inert(c.name)}: {inert(c.citation)}" for c in cited]
    return lines


def _how(card: ModelCard) -> list[str]:
    """List how it was made and judged."""
    parameters = ", ".join(
        f"{inert(key)} = {inert(value)}" for key, value in card.parameters.items()
    )
    lines = [
        "## How it was made",
        "",
        f"- Features: {inert(card.features.label)}, computed by "
        f"{inert(card.front_end)}, key `{card.features.key[:16]}`",
        f"- Parameters: {parameters or 'the defaults'}",
    ]
    if card.pca is not None:
        kept = (
            f"{100 * card.pca:g} % of the variance"
            if card.pca < 1
            else f"{card.pca:.0f} components"
        )
        lines.append(f"- PCA: {kept}")
    return [
        *lines,
        f"- Split: {inert(card.split)}, seed {card.seed}",
        f"- Protocol: {inert(card.protocol, longest=2_000)}",
    ]


def _distances(card: ModelCard) -> list[str]:
    """Say how far the training rows lie from their mean."""
    summary = card.distances
    if summary is None:
        return []
    rows = [
        [f"{100 * share:g} %", f"{distance:.3g}"]
        for share, distance in sorted(summary.quantiles.items())
    ]
    place = "principal components" if summary.space == "pca" else "scaled features"
    return [
        "## Distance from the training data",
        "",
        f"Root mean square over {summary.n_dimensions:,} {place} of "
        f"{summary.n_rows:,} training clips. A clip farther than nearly all of them "
        "is unlike anything that the model knows, and its answer is worth little.",
        "",
        *table(["Share of training clips", "Lies nearer than"], rows),
    ]


def _origin(card: ModelCard) -> list[str]:
    """Say when and with what it was saved."""
    versions = ", ".join(
        f"{inert(name)} {inert(version)}" for name, version in card.versions.items()
    )
    record = "none" if card.record_id is None else inert(card.record_id)
    return [
        "## Origin",
        "",
        f"- Saved: {inert(card.created_utc)}",
        f"- Versions: {versions or 'not told'}",
        f"- Run record: {record}",
    ]


def _title(result: Mapping[str, Any]) -> str:
    """Name a split for the head of a column."""
    kind = "Unseen speakers" if result["speaker_independent"] else "Known speakers"
    return f"{kind} ({inert(result['split'])})"


def _kind(corpus: CardCorpus) -> str:
    """Say whether a corpus is acted."""
    if corpus.synthetic:
        return "synthesised"
    return {True: "acted", False: "not acted", None: "not known"}[corpus.acted]


def _plain_figure(figures: Mapping[str, Any], name: str) -> str:
    """Write a figure that is no share."""
    value = figures.get(name)
    return "–" if value is None else f"{value:.3f}"


def _paragraph(text: str) -> str:
    """Write a paragraph, sentence by sentence as it is."""
    return inert(text, longest=10_000)
