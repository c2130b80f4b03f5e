"""What the model page keeps between reruns: lists, records, maps of matrices.

A matrix is a read-only memory map; pages slice it and never hand it to
``st.cache_data``, which would copy it at every hit.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages._view import cache
from ser_core.features.registry import FeatureSetInfo, feature_set_infos
from ser_core.models.catalogue import ModelInfo, model_infos

Record = dict[str, Any]


@st.cache_resource(max_entries=1, show_spinner=False)
def models() -> tuple[ModelInfo, ...]:
    """Describe every model, and whether it can be had here."""
    return model_infos()


@st.cache_resource(max_entries=1, show_spinner=False)
def feature_sets() -> tuple[FeatureSetInfo, ...]:
    """Describe every feature set, and whether it can be had here."""
    return feature_set_infos()


@st.cache_resource(max_entries=16, show_spinner="Reading the run …")
def _record(store: str, run_id: str) -> Record:
    """Read a stored run once; records do not change. Never changed by a page."""
    return cache.runs().get(run_id)


def record(run_id: str) -> Record:
    """Return a stored run, shared by all visitors and not to be changed.

    Raises
    ------
    RecordError
        It is not stored.

    """
    return _record(str(cache.lab().runs), run_id)
