"""Keys of everything the pages keep in the session or in the address.

A key reads ``"<page>.<name>"``; a key in the address is a plain word, because
people read addresses.
"""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

# In the address: what a link opens.
JOB: Final = "job"
RUN: Final = "run"
AGAINST: Final = "against"
SECTION: Final = "section"

# Tokens of the jobs this visitor submitted, {job id: token}.
TOKENS: Final = "jobs.tokens"
# What live views have read so far, {job id: LiveRun}.
LIVE: Final = "jobs.live"

CORPORA_SECTION: Final = "corpora.section"
CORPORA_PATH: Final = "corpora.path"
CORPORA_NAME: Final = "corpora.name"
CORPORA_READER: Final = "corpora.reader"
CORPORA_COUNT: Final = "corpora.count"
CORPORA_SEED: Final = "corpora.seed"
CORPORA_TARGET: Final = "corpora.target"
CORPORA_SOURCE: Final = "corpora.source"
CORPORA_PARTS: Final = "corpora.parts"
CORPORA_CHOSEN: Final = "corpora.chosen"
CORPORA_AGREEMENT: Final = "corpora.agreement"
CORPORA_MICROPHONE: Final = "corpora.microphone"
CORPORA_SETTING: Final = "corpora.setting"
CORPORA_EMOTIONS: Final = "corpora.emotions"
CORPORA_LENGTHS: Final = "corpora.lengths"
CORPORA_TABLE: Final = "corpora.table"
CORPORA_MESSAGE: Final = "corpora.message"

PLAN_SECTION: Final = "benchmark.section"
PLAN_CORPUS: Final = "benchmark.corpus"
PLAN_FILES: Final = "benchmark.files"
PLAN_FEATURES: Final = "benchmark.features"
PLAN_FRONT_ENDS: Final = "benchmark.front_ends"
PLAN_BACKENDS: Final = "benchmark.backends"
PLAN_WORKERS: Final = "benchmark.workers"
PLAN_INNER: Final = "benchmark.inner_threads"
PLAN_PAGE_CACHE: Final = "benchmark.page_cache"
PLAN_REPEATS: Final = "benchmark.repeats"
PLAN_ESTIMATE: Final = "benchmark.estimate"

RESULT_ARM: Final = "benchmark.arm"

PIPELINE_CORPUS: Final = "benchmark.pipeline_corpus"
PIPELINE_FILES: Final = "benchmark.pipeline_files"
PIPELINE_VERSIONS: Final = "benchmark.pipeline_versions"
PIPELINE_MODEL: Final = "benchmark.pipeline_model"
PIPELINE_WORKERS: Final = "benchmark.pipeline_workers"
PIPELINE_INNER: Final = "benchmark.pipeline_inner_threads"

HISTORY_TABLE: Final = "benchmark.history_table"
HISTORY_UPLOAD: Final = "benchmark.history_upload"
HISTORY_DELETE: Final = "benchmark.history_delete"
HISTORY_MACHINES: Final = "benchmark.history_machines"
HISTORY_MESSAGE: Final = "benchmark.history_message"

CLASS_ESTIMATE: Final = "class_demo.estimate"

# In the address of the model page: further runs of a comparison, and a saved model.
BUNDLE: Final = "bundle"

MODEL_SECTION: Final = "model.section"
MODEL_PRESET: Final = "model.preset"
MODEL_CORPORA: Final = "model.corpora"
MODEL_AGREEMENT: Final = "model.agreement"
MODEL_CHANNELS: Final = "model.channels"
MODEL_EMOTIONS: Final = "model.emotions"
MODEL_POSSIBLE: Final = "model.possible_emotions"
MODEL_LABEL_SETS: Final = "model.label_sets"
MODEL_LABELS: Final = "model.labels"
MODEL_FILES: Final = "model.files"
MODEL_FEATURES: Final = "model.features"
MODEL_STEPS: Final = "model.preprocessing"
MODEL_WINDOW: Final = "model.window"
MODEL_EXAMPLE: Final = "model.example"
MODEL_MODELS: Final = "model.models"
MODEL_PCA_ON: Final = "model.pca_on"
MODEL_PCA: Final = "model.pca"
MODEL_SPLIT: Final = "model.split"
MODEL_FOLDS: Final = "model.folds"
MODEL_TUNE: Final = "model.tune"
MODEL_SEED: Final = "model.seed"
MODEL_SAVE: Final = "model.save"
MODEL_ESTIMATE: Final = "model.estimate"
MODEL_LIVE: Final = "model.live"
MODEL_TWIN: Final = "model.twin"
MODEL_TAB: Final = "model.tab"
MODEL_TRUTH: Final = "model.truth"
MODEL_PREDICTED: Final = "model.predicted"
MODEL_CELL: Final = "model.cell"
MODEL_CLIPS_PAGE: Final = "model.clips_page"
MODEL_RUNS_TABLE: Final = "model.runs_table"
MODEL_DELETE: Final = "model.delete"
MODEL_MESSAGE: Final = "model.message"
MODEL_STUDY: Final = "model.study"
MODEL_STUDY_MODEL: Final = "model.study_model"
MODEL_SAVE_AS: Final = "model.save_as"
MODEL_EXPORT_FOLD: Final = "model.export_fold"
MODEL_BUNDLE: Final = "model.bundle"
MODEL_BUNDLE_UPLOAD: Final = "model.bundle_upload"
MODEL_BUNDLE_NAME: Final = "model.bundle_name"
MODEL_BUNDLE_WANTED: Final = "model.bundle_wanted"

DEMO_MODEL: Final = "demo.model"
DEMO_INPUT: Final = "demo.input"
DEMO_UPLOAD: Final = "demo.upload"
DEMO_MICROPHONE: Final = "demo.microphone"
DEMO_EXAMPLE_CORPUS: Final = "demo.example_corpus"
DEMO_EXAMPLE: Final = "demo.example"
DEMO_CORPUS: Final = "demo.corpus"
DEMO_CORPUS_FILES: Final = "demo.corpus_files"
DEMO_CORPUS_ONE: Final = "demo.corpus_one"
DEMO_TIMELINE: Final = "demo.timeline"
DEMO_CONFIDENCE: Final = "demo.confidence"
DEMO_TAB: Final = "demo.tab"
DEMO_SEGMENT: Final = "demo.segment"
DEMO_STEPS: Final = "demo.preprocessing"
DEMO_OCCLUDE: Final = "demo.occlude"
DEMO_TABLE: Final = "demo.table"
# The batch that the visitor stopped, and what uploads hash to, {file id: SHA-256}.
DEMO_STOPPED: Final = "demo.stopped"
DEMO_HASHES: Final = "demo.hashes"


def begin_with(key: str, value: Any) -> None:
    """Give a widget its first value, in place of a default of its own.

    Streamlit warns of a widget with a default whose value is set as well, which a
    choice that fills a form does.
    """
    if key not in st.session_state:
        st.session_state[key] = value
