"""What a model learns from: corpora, filters, emotions, how many files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import pandas as pd
import streamlit as st

from pages._view import cache, format, model_words, state, widgets
from ser_core.corpora.contract import ReadOptions
from ser_core.corpora.listing import select_evenly
from ser_core.corpora.registry import RegisteredCorpus, registered
from ser_core.corpora.utterance import Corpus
from ser_core.store.data_folder import DataFolder

_WITH_RATERS: Final = ("thai-ser", "synthetic")
_AUTHORS_AGREEMENT: Final = 0.71


@dataclass(frozen=True, kw_only=True)
class DataChoice:
    """What the visitor chose to learn from.

    Attributes
    ----------
    corpora : tuple of str
        Registered names.
    read : mapping of str to Corpus
        Each with the filters and the limit applied.
    limit : int or None
        Files of each corpus; None for all.
    emotions : tuple of str
        Those kept.
    label_sets : str
        ``common`` keeps the emotions that every corpus has, ``all`` keeps every one.
    labels : str
        ``emotion`` or ``gender-emotion``.
    min_agreement : float or None
    channels : tuple of str or None

    """

    corpora: tuple[str, ...]
    read: Mapping[str, Corpus]
    limit: int | None
    emotions: tuple[str, ...]
    label_sets: str
    labels: str
    min_agreement: float | None
    channels: tuple[str, ...] | None

    @property
    def n_files(self) -> int:
        """Count the files that carry one of the kept emotions."""
        tables = counts(self.read).values()
        return sum(table[emotion] for table in tables for emotion in self.emotions)


def counts(read: Mapping[str, Corpus]) -> dict[str, Counter[str]]:
    """Count each corpus's files by emotion."""
    return {
        name: Counter(utterance.emotion for utterance in corpus.utterances)
        for name, corpus in read.items()
    }


def common_emotions(tables: Mapping[str, Counter[str]]) -> tuple[str, ...]:
    """Name the emotions that every corpus has, sorted."""
    kinds = [set(table) for table in tables.values()]
    return tuple(sorted(set.intersection(*kinds))) if kinds else ()


def choose_data(entries: Sequence[RegisteredCorpus]) -> DataChoice | None:
    """Let the visitor choose what is learned from.

    Parameters
    ----------
    entries : sequence of RegisteredCorpus
        Those whose folders are there; at least one.

    Returns
    -------
    choice : DataChoice or None
        None while nothing usable is chosen, after saying so.

    """
    by_name = {entry.name: entry for entry in entries}
    chosen = _choose_corpora(by_name)
    if not chosen:
        st.warning("Choose at least one corpus.", icon=":material/warning:")
        return None
    whole = {name: _read(by_name[name], ReadOptions()) for name in chosen}
    agreement, channels = _filters(whole)
    filtered = {
        name: _read(by_name[name], _options(corpus, agreement, channels))
        for name, corpus in whole.items()
    }
    limit = _choose_limit(filtered)
    read = {name: _limited(corpus, limit) for name, corpus in filtered.items()}
    widgets.synthetic_badge(synthetic=any(c.synthetic for c in read.values()))
    label_sets = _choose_label_sets(read)
    emotions = _choose_emotions(read, label_sets)
    labels = widgets.one_of(
        "What is told apart",
        list(model_words.LABELS),
        key=state.MODEL_LABELS,
        names=model_words.LABELS,
        help_text=model_words.LABELS_HELP,
    )
    if not emotions:
        return None
    return DataChoice(
        corpora=tuple(chosen),
        read=read,
        limit=limit,
        emotions=emotions,
        label_sets=label_sets,
        labels=labels,
        min_agreement=agreement,
        channels=channels,
    )


def _choose_corpora(by_name: Mapping[str, RegisteredCorpus]) -> list[str]:
    """Ask which corpora are pooled."""
    _forget_missing(by_name)
    state.begin_with(state.MODEL_CORPORA, [next(iter(by_name))])
    return list(
        st.multiselect(
            "Corpora",
            list(by_name),
            key=state.MODEL_CORPORA,
            persist_state="session",
            help="Several are pooled; the emotions that all of them have are kept.",
        )
    )


def available(data: DataFolder) -> list[RegisteredCorpus]:
    """List the corpora whose folders are there."""
    return [entry for entry in registered(data) if entry.available]


def _forget_missing(known: Mapping[str, RegisteredCorpus]) -> None:
    """Take corpora that are gone out of an earlier choice."""
    earlier = st.session_state.get(state.MODEL_CORPORA)
    if earlier and not set(earlier) <= set(known):
        st.session_state[state.MODEL_CORPORA] = [n for n in earlier if n in known]


def _read(entry: RegisteredCorpus, options: ReadOptions) -> Corpus:
    """Read a corpus, names and metadata only."""
    return cache.corpus(str(entry.root), entry.reader, options)


def _limited(corpus: Corpus, limit: int | None) -> Corpus:
    """Take a corpus's files as the plan's limit says."""
    return replace(corpus, utterances=select_evenly(corpus.utterances, limit))


def _options(
    corpus: Corpus, agreement: float | None, channels: tuple[str, ...] | None
) -> ReadOptions:
    """Give a corpus the filters that it knows."""
    if corpus.name in _WITH_RATERS:
        return ReadOptions(min_agreement=agreement)
    if corpus.name == "ravdess" and channels:
        return ReadOptions(channels=frozenset(channels))
    return ReadOptions()


def _filters(
    whole: Mapping[str, Corpus],
) -> tuple[float | None, tuple[str, ...] | None]:
    """Offer the filters that the chosen corpora know."""
    kinds = {corpus.name for corpus in whole.values()}
    agreement, channels = 0, ["speech", "song"]
    if kinds & set(_WITH_RATERS):
        agreement = st.slider(
            "Raters who agree, at least (%)",
            0,
            100,
            key=state.MODEL_AGREEMENT,
            persist_state="session",
            help="Share of raters behind a label. 0 keeps every labelled file; "
            f"THAI-SER's authors keep {_AUTHORS_AGREEMENT:.2f} and more.",
        )
    if "ravdess" in kinds:
        state.begin_with(state.MODEL_CHANNELS, ["speech"])
        channels = widgets.some_of(
            "RAVDESS",
            list(model_words.CHANNELS),
            key=state.MODEL_CHANNELS,
            default=(),
            names=model_words.CHANNELS,
        )
    both = len(channels) in (0, 2)
    return (
        agreement / 100 if agreement else None,
        None if both else tuple(channels),
    )


def _choose_label_sets(read: Mapping[str, Corpus]) -> str:
    """Ask what happens to emotions that only some of the corpora have."""
    tables = counts(read)
    if len(set().union(*tables.values())) == len(common_emotions(tables)):
        # nothing to decide; a protocol that decided it keeps its word
        return str(st.session_state.get(state.MODEL_LABEL_SETS) or "common")
    return widgets.one_of(
        "Emotions that only some of these corpora have",
        list(model_words.LABEL_SETS),
        key=state.MODEL_LABEL_SETS,
        names=model_words.LABEL_SETS,
        help_text=model_words.LABEL_SETS_HELP,
    )


def _choose_emotions(read: Mapping[str, Corpus], label_sets: str) -> tuple[str, ...]:
    """Say which emotions are kept and which are dropped; let some be left out."""
    tables = counts(read)
    possible = (
        common_emotions(tables)
        if label_sets == "common"
        else tuple(sorted(set().union(*tables.values())))
    )
    if len(possible) < 2:
        st.warning(
            f"There is {format.count(len(possible), 'emotion')} to tell apart here; a "
            "classifier needs at least two. Choose other corpora or filters.",
            icon=":material/warning:",
        )
        _emotion_table(tables, kept=())
        return ()
    _follow_corpora(possible)
    kept = widgets.some_of(
        "Emotions",
        possible,
        key=state.MODEL_EMOTIONS,
        default=(),
        help_text="Take some out to leave their files out.",
    )
    _say_dropped(tables, kept)
    if len(kept) < 2:
        st.warning(
            "A classifier needs at least two emotions to tell apart.",
            icon=":material/warning:",
        )
        return ()
    return tuple(sorted(kept))


def _follow_corpora(possible: Sequence[str]) -> None:
    """After a change of corpora, offer everything but what was left out before."""
    before = st.session_state.get(state.MODEL_POSSIBLE)
    if before == tuple(possible):
        return
    st.session_state[state.MODEL_POSSIBLE] = tuple(possible)
    earlier = st.session_state.get(state.MODEL_EMOTIONS, list(possible))
    left_out = set(before if before is not None else possible) - set(earlier)
    kept = [emotion for emotion in possible if emotion not in left_out]
    st.session_state[state.MODEL_EMOTIONS] = kept or list(possible)


def _say_dropped(tables: Mapping[str, Counter[str]], kept: Sequence[str]) -> None:
    """Say before the training what will be left out, and how much it is."""
    dropped: Counter[str] = Counter()
    for table in tables.values():
        dropped.update({e: n for e, n in table.items() if e not in kept})
    if not dropped:
        st.caption("No emotion is dropped.")
    else:
        named = [f"{emotion} ({n:,})" for emotion, n in sorted(dropped.items())]
        st.caption(
            f":material/filter_alt: Dropped: {format.listing(named)}: "
            f"{dropped.total():,} of {sum(t.total() for t in tables.values()):,} files."
        )
    with st.expander("Files by corpus and emotion"):
        _emotion_table(tables, kept=kept)


def _emotion_table(tables: Mapping[str, Counter[str]], *, kept: Sequence[str]) -> None:
    """Show files by emotion (rows) and corpus (columns)."""
    emotions = sorted(set().union(*tables.values()))
    rows = {name: [table[e] for e in emotions] for name, table in tables.items()}
    frame = pd.DataFrame({"emotion": emotions, **rows})
    frame["used"] = [emotion in kept for emotion in emotions]
    st.dataframe(frame, hide_index=True, placeholder="", height="content")


def _choose_limit(read: Mapping[str, Corpus]) -> int | None:
    """Let the visitor take fewer files of each corpus; None means all."""
    most = max(len(corpus.utterances) for corpus in read.values())
    number = st.number_input(
        f"Files of each corpus, at most (all: {most:,})",
        value=None,
        min_value=1,
        step=100,
        placeholder="all",
        key=state.MODEL_FILES,
        persist_state="session",
        help="Taken evenly over the sorted list, so that every speaker and emotion "
        "keeps its share. Empty for all.",
    )
    return None if number is None or number >= most else int(number)
