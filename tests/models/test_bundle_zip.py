from __future__ import annotations

import hashlib
import io
import json
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from bundle_models import card, fitted, rows

from ser_core.errors import ModelError
from ser_core.models import bundle_zip
from ser_core.models.bundle import bundle_folder, list_bundles, load_bundle, save_bundle
from ser_core.models.bundle_zip import export_zip, import_zip
from ser_core.store.data_folder import DataFolder

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    data = DataFolder(tmp_path_factory.mktemp("from"))
    folder = bundle_folder(data, "m")
    save_bundle(folder, fitted("lr"), card())
    return export_zip(folder)


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path)


def changed(
    content: bytes,
    *,
    without: str = "",
    members: dict[str, bytes] | None = None,
    link: str = "",
) -> bytes:
    """Copy an archive with other members."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for info in old.infolist():
            if info.filename != without and info.filename not in (members or {}):
                kind = zipfile.ZipInfo(info.filename)
                if info.filename == link:
                    kind.external_attr = (stat.S_IFLNK | 0o777) << 16
                new.writestr(kind, old.read(info))
        for name, body in (members or {}).items():
            new.writestr(name, body)
    return stream.getvalue()


def test_a_model_goes_out_and_comes_in_the_same(
    exported: bytes, data: DataFolder
) -> None:
    taken = import_zip(exported, data, name="taken")
    assert taken.name == "taken"
    assert [bundle.name for bundle in list_bundles(data)] == ["taken"]
    X, _ = rows(30, seed=6)
    again = load_bundle(data.models / "taken").recogniser
    np.testing.assert_array_equal(again.predict_proba(X), fitted("lr").predict_proba(X))
    assert not [p.name for p in data.models.iterdir() if p.name.startswith(".")]
    with pytest.raises(ModelError, match="exists already"):
        import_zip(exported, data, name="taken")


def test_no_model_comes_in_under_the_shipped_one_s_name(
    exported: bytes, data: DataFolder
) -> None:
    with pytest.raises(ModelError, match="comes with SER Lab"):
        import_zip(exported, data, name="default")


def test_an_export_has_a_card_to_read(exported: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(exported)) as archive:
        assert archive.read("card.md").decode().startswith("# Model m\n")


@pytest.mark.parametrize(
    "make",
    [
        lambda c: b"",
        lambda c: b"no archive",
        lambda c: c[: len(c) // 2],
        lambda c: changed(c, without="card.json"),
        lambda c: changed(c, without="model.skops"),
        lambda c: changed(c, without="probe.npy"),
        lambda c: changed(c, members={"../../evil.py": b"x"}),
        lambda c: changed(c, members={"/etc/evil": b"x"}),
        lambda c: changed(c, members={"m/card.json": b"x"}),
        lambda c: changed(c, members={"model.pkl": b"x"}),
        lambda c: changed(c, members={"model.0.xgb.json": b"{}"}),
        lambda c: changed(c, members={"card.json": b"[]"}),
        lambda c: changed(c, members={"card.json": b'{"x": NaN}'}),
        lambda c: changed(c, members={"card.json": b"[" * 100_000}),
        lambda c: changed(c, members={"card.json": b" " * (9 << 20)}),
        lambda c: changed(c, link="probe.npy"),
    ],
)
def test_an_archive_that_is_no_bundle_is_refused_before_anything_is_written(
    exported: bytes,
    data: DataFolder,
    make: Callable[[bytes], bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def started(folder: Path, *, timeout_s: float) -> None:
        raise AssertionError("it should not come to a trial")

    monkeypatch.setattr(bundle_zip, "check_in_process", started)
    with pytest.raises(ModelError):
        import_zip(make(exported), data)
    assert not data.models.exists()


def test_a_bomb_is_refused_by_its_declared_size(
    exported: bytes, data: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle_zip, "LARGEST_BUNDLE_BYTES", 1 << 20)
    bomb = changed(exported, members={"model.0.lgbm.txt": bytes(50 << 20)})
    assert len(bomb) < 200_000
    with pytest.raises(ModelError, match="bytes"):
        import_zip(bomb, data)


def test_a_name_that_is_a_path_is_refused(exported: bytes, data: DataFolder) -> None:
    with pytest.raises(ModelError, match="cannot be a model's name"):
        import_zip(exported, data, name="../up")


def test_a_hostile_model_is_refused_in_a_process_of_its_own(
    exported: bytes, data: DataFolder
) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        schema = {"__class__": "system", "__module__": "os"}
        archive.writestr(
            "schema.json", json.dumps({**schema, "protocol": 2, "__loader__": "X"})
        )
    hostile = stream.getvalue()
    with zipfile.ZipFile(io.BytesIO(exported)) as archive:
        document = json.loads(archive.read("card.json"))
    document["files"]["model.skops"] = hashlib.sha256(hostile).hexdigest()
    members = {"model.skops": hostile, "card.json": json.dumps(document).encode()}
    with pytest.raises(ModelError, match="no model of SER Lab has"):
        import_zip(changed(exported, members=members), data)
    assert list(data.models.iterdir()) == []


def test_a_model_that_takes_too_long_is_ended(
    exported: bytes, data: DataFolder
) -> None:
    with pytest.raises(ModelError, match="took more than"):
        import_zip(exported, data, timeout_s=0.05)
    assert list(data.models.iterdir()) == []


def test_a_process_that_crashes_takes_nothing_with_it(
    exported: bytes, data: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    crash = (sys.executable, "-c", "import os, signal; os.kill(os.getpid(), 9)")
    monkeypatch.setattr(bundle_zip, "package_command", lambda module: crash)
    with pytest.raises(ModelError, match="ended with code"):
        import_zip(exported, data)
    assert list(data.models.iterdir()) == []
