"""The sources' protocols as plans."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ser_core.corpora.registry import register
from ser_core.errors import ParameterError
from ser_core.store.data_folder import DataFolder
from ser_core.training.presets import PRESETS, find_corpora, preset


@pytest.mark.parametrize("chosen", PRESETS, ids=lambda chosen: chosen.name)
def test_every_preset_makes_plans_that_are_possible(chosen: object) -> None:
    plans = preset(chosen.name).plans(["a", "b"])  # type: ignore[attr-defined]
    assert [plan.model for plan in plans] == list(preset(plans[0].preset or "").models)


def test_the_presets_hold_what_the_sources_fix() -> None:
    (report, _) = preset("report").plans(["thai-ser"])
    assert (report.features, report.split, report.seed) == (
        "mfcc13x500",
        "random-70-15-15",
        42,
    )
    assert len(report.emotions or ()) == 5
    (svm, gmm) = preset("model-parallelism").plans(["ravdess", "tess"])
    assert (svm.model, gmm.model) == ("svm", "gmm")
    assert "calm" not in (svm.emotions or ())
    assert len(svm.emotions or ()) == 7
    article = preset("gender-emotion").plans(["ravdess", "tess"])
    assert {plan.labels for plan in article} == {"gender-emotion"}
    assert {plan.pca for plan in article} == {0.95}
    assert {"v1", "v2", "v3", "v4"} <= {plan.model for plan in article}
    (common, _) = preset("four-corpora-common").plans(["ravdess"])
    assert common.emotions == ("angry", "disgust", "fearful", "happy", "sad")


def test_the_corpora_of_a_preset_are_found_by_what_they_are(
    tones: Path, tmp_path: Path
) -> None:
    data = DataFolder(tmp_path / "data").prepare()
    corpus = tmp_path / "some voices"
    shutil.copytree(tones, corpus)
    entry = register(corpus, data=data)
    found = find_corpora(preset("gender-emotion"), data=data)
    assert found.found == (entry.name,)
    assert found.missing == ("tess",)


def test_nothing_registered_means_everything_is_missing(tmp_path: Path) -> None:
    data = DataFolder(tmp_path / "data").prepare()
    found = find_corpora(preset("report"), data=data)
    assert (found.found, found.missing) == ((), ("thai-ser",))


def test_an_unknown_preset_is_refused() -> None:
    with pytest.raises(ParameterError, match="preset = 'magic'"):
        preset("magic")
