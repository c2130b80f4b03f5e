from __future__ import annotations

import errno
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bundle_models import CLASSES, FEATURES, card, fitted, rows

from ser_core.errors import ModelError
from ser_core.features.feature_set import MfccFrames
from ser_core.measure.sampling import package_environment
from ser_core.models.bundle import (
    bundle_folder,
    free_name,
    list_bundles,
    load_bundle,
    read_card,
    remove_bundle,
    save_bundle,
)
from ser_core.models.registry import MODELS, build_recogniser, model_infos
from ser_core.store.data_folder import DataFolder

AVAILABLE = [info.name for info in model_infos() if info.available]

pytestmark = pytest.mark.timeout(170)


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path)


@pytest.fixture
def saved(data: DataFolder) -> Path:
    folder = bundle_folder(data, "m")
    save_bundle(folder, fitted("lr"), card())
    return folder


def left_behind(data: DataFolder) -> list[str]:
    return sorted(path.name for path in data.models.iterdir())


PREDICT = """
import sys, numpy as np
from pathlib import Path
from ser_core.models.bundle import load_bundle

def watch(event, details):
    assert event != "pickle.find_class", details

sys.addaudithook(watch)
X = np.load(sys.argv[1])
for folder in map(Path, sys.argv[2:]):
    recogniser = load_bundle(folder).recogniser
    np.savez(folder.parent / f"{folder.name}.npz", predicted=recogniser.predict(X),
             chances=recogniser.predict_proba(X))
"""


def test_every_model_predicts_the_same_in_a_fresh_interpreter(
    data: DataFolder, tmp_path: Path
) -> None:
    assert set(AVAILABLE) <= set(MODELS)
    X, _ = rows(60, seed=1)
    np.save(tmp_path / "X.npy", X)
    models = {
        **{name: fitted(name) for name in AVAILABLE},
        **{f"{name}-pca": fitted(name, 0.9) for name in ("svm", "knn", "v1")},
    }
    for name, recogniser in models.items():
        save_bundle(bundle_folder(data, name), recogniser, card(name))
    folders = [bundle_folder(data, name) for name in models]
    done = subprocess.run(
        [sys.executable, "-c", PREDICT, str(tmp_path / "X.npy"), *map(str, folders)],
        env=package_environment(),
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for name, here in models.items():
        there = np.load(data.models / f"{name}.npz")
        np.testing.assert_array_equal(there["predicted"], here.predict(X), name)
        np.testing.assert_allclose(
            there["chances"], here.predict_proba(X), rtol=0, atol=1e-9, err_msg=name
        )


def test_saving_leaves_the_model_as_it_is(data: DataFolder) -> None:
    recogniser = fitted("v3")
    X, _ = rows(20, seed=2)
    before = recogniser.predict_proba(X)
    save_bundle(bundle_folder(data, "m"), recogniser, card(model="v3"))
    np.testing.assert_array_equal(recogniser.predict_proba(X), before)


def test_the_card_names_every_file_with_its_hash(saved: Path) -> None:
    found = read_card(saved)
    assert sorted(found.files) == sorted(
        path.name for path in saved.iterdir() if path.name != "card.json"
    )
    assert found.versions["scikit-learn"]
    assert found.probe is not None


def test_a_bundle_holds_no_row_of_the_training_data(saved: Path) -> None:
    probe = np.load(saved / "probe.npy")
    X, _ = rows()
    assert probe.shape[1] == X.shape[1]
    assert not (probe[:, None, :] == X[None, :, :]).any()


def test_other_features_are_refused(saved: Path) -> None:
    assert load_bundle(saved, expect_features=FEATURES).card.name == "m"
    other = MfccFrames(name="small", n_frames=5, n_mfcc=4)
    with pytest.raises(ModelError, match="takes the features 'small'"):
        load_bundle(saved, expect_features=other)


def test_other_classes_are_refused(saved: Path) -> None:
    load_bundle(saved, expect_classes=["sad", "angry", "happy"])
    with pytest.raises(ModelError, match="tells angry, happy, sad apart"):
        load_bundle(saved, expect_classes=["angry", "happy"])


def test_a_feature_set_that_is_not_known_here_is_told(saved: Path) -> None:
    with pytest.raises(ModelError, match="does not know"):
        load_bundle(saved).card.feature_set()


def test_a_feature_set_that_changed_its_definition_is_refused(
    data: DataFolder,
) -> None:
    from ser_core.features.registry import feature_set
    from ser_core.models.card import CardFeatures

    known = feature_set("mfcc13x500")
    older = CardFeatures.of(replace(known, version=known.version + 1))
    with pytest.raises(ModelError, match="defined otherwise now"):
        card(features=older).feature_set()


@pytest.mark.parametrize(
    ("told", "reason"),
    [("2.0.1", "another major version"), ("0.24.2", "another major"), ("", "unknown")],
)
def test_another_major_version_of_scikit_learn_is_refused(
    saved: Path, told: str, reason: str
) -> None:
    change_card(saved, versions={"scikit-learn": told})
    with pytest.raises(ModelError, match=reason):
        load_bundle(saved)


@pytest.mark.parametrize(("told", "age"), [("1.999.0", "newer"), ("1.2.0", "older")])
def test_another_minor_version_is_noted_when_the_answers_are_the_same(
    saved: Path, told: str, age: str
) -> None:
    change_card(saved, versions={"scikit-learn": told})
    assert age in load_bundle(saved).notes[0]


def test_a_model_that_answers_otherwise_is_refused(saved: Path) -> None:
    probe = json.loads((saved / "card.json").read_text())["probe"]
    probe["probabilities"][0] = probe["probabilities"][0][::-1]
    change_card(saved, probe=probe)
    with pytest.raises(ModelError, match="does not answer as it did"):
        load_bundle(saved)


def test_a_changed_file_is_refused(saved: Path) -> None:
    content = bytearray((saved / "model.skops").read_bytes())
    content[len(content) // 2] ^= 1
    (saved / "model.skops").write_bytes(content)
    with pytest.raises(ModelError, match="SHA-256 differs"):
        load_bundle(saved)


@pytest.mark.parametrize("name", ["model.skops", "probe.npy", "card.json"])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_truncated_file_is_refused(saved: Path, name: str, share: float) -> None:
    content = (saved / name).read_bytes()
    (saved / name).write_bytes(content[: int(share * len(content))])
    with pytest.raises(ModelError):
        load_bundle(saved)


@pytest.mark.parametrize("name", ["model.skops", "probe.npy", "card.json"])
def test_a_missing_file_is_told(saved: Path, name: str) -> None:
    (saved / name).unlink()
    with pytest.raises(ModelError, match=r"missing|holds no model"):
        load_bundle(saved)


def test_a_link_in_place_of_a_file_is_refused(saved: Path, tmp_path: Path) -> None:
    (saved / "probe.npy").rename(tmp_path / "elsewhere.npy")
    (saved / "probe.npy").symlink_to(tmp_path / "elsewhere.npy")
    with pytest.raises(ModelError, match="no plain file"):
        load_bundle(saved)


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../x", "a/b", "/etc", ".hidden", "a" * 61, "con", "ä", "a."],
)
def test_a_name_is_never_a_path(data: DataFolder, name: str) -> None:
    with pytest.raises(ModelError, match="cannot be a model's name"):
        bundle_folder(data, name)
    with pytest.raises(ModelError, match="cannot be a model's name"):
        remove_bundle(data, name)


def test_a_taken_name_is_refused_and_a_free_one_offered(
    data: DataFolder, saved: Path
) -> None:
    before = (saved / "card.json").read_bytes()
    with pytest.raises(ModelError, match="exists already"):
        save_bundle(saved, fitted("lr"), card())
    assert (saved / "card.json").read_bytes() == before
    assert free_name(data, "m") == "m-2"
    assert free_name(data, "other") == "other"


def test_a_full_disk_leaves_nothing(
    data: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("ser_core.models.bundle_folders.os.fsync", full)
    with pytest.raises(ModelError, match="free some space"):
        save_bundle(bundle_folder(data, "m"), fitted("lr"), card())
    assert left_behind(data) == []


def test_a_model_that_is_not_fitted_is_refused(data: DataFolder) -> None:
    with pytest.raises(ModelError, match="not fitted"):
        save_bundle(bundle_folder(data, "m"), build_recogniser("lr"), card())


def test_a_card_of_another_model_is_refused(data: DataFolder) -> None:
    folder = bundle_folder(data, "m")
    with pytest.raises(ModelError, match="do not belong together"):
        save_bundle(folder, fitted("lr"), card(classes=("angry", "happy", "neutral")))
    with pytest.raises(ModelError, match="same name"):
        save_bundle(folder, fitted("lr"), card("other"))
    assert not folder.exists()


def test_an_estimator_off_the_list_is_not_saved(data: DataFolder) -> None:
    from sklearn.ensemble import AdaBoostClassifier
    from sklearn.pipeline import make_pipeline

    X, y = rows()
    stranger = make_pipeline(AdaBoostClassifier(n_estimators=2)).fit(X, y)
    with pytest.raises(ModelError, match="AdaBoost"):
        save_bundle(bundle_folder(data, "m"), stranger, card())
    assert not (data.models / "m").exists()


def test_labels_as_objects_are_not_saved(data: DataFolder) -> None:
    X, y = rows()
    recogniser = build_recogniser("lr").fit(X, y.astype(object))
    with pytest.raises(ModelError, match="of objects"):
        save_bundle(bundle_folder(data, "m"), recogniser, card())


def test_bundles_are_listed_newest_first_and_bad_ones_last(
    data: DataFolder, saved: Path
) -> None:
    assert list_bundles(DataFolder(data.root / "none")) == []
    newer = card("newer", created_utc="2027-01-01T00:00:00+00:00")
    save_bundle(bundle_folder(data, "newer"), fitted("lr"), newer)
    (data.models / "bad").mkdir()
    (data.models / "bad" / "card.json").write_text("{}")
    (data.models / ".m.saving-0123456789abcdef").mkdir()
    found = list_bundles(data)
    assert [bundle.name for bundle in found] == ["newer", "m", "bad"]
    assert found[2].card is None
    assert "card" in str(found[2].problem)
    assert found[0].size_bytes > 1_000


def test_a_removed_bundle_is_gone(data: DataFolder, saved: Path) -> None:
    remove_bundle(data, "m")
    assert left_behind(data) == []
    with pytest.raises(ModelError, match="no model 'm'"):
        remove_bundle(data, "m")


def change_card(folder: Path, **changes: Any) -> None:
    """Change keys of a card's JSON."""
    path = folder / "card.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_the_classes_are_those_of_the_card(saved: Path) -> None:
    assert tuple(load_bundle(saved).recogniser.classes_) == CLASSES
