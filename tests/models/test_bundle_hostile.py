"""Model files that somebody made up to run code: none of it runs."""

from __future__ import annotations

import copy
import hashlib
import io
import json
import pickle
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bundle_models import card, fitted

from ser_core.errors import ModelError
from ser_core.measure.sampling import package_environment
from ser_core.models.bundle import bundle_folder, load_bundle, save_bundle
from ser_core.models.bundle_trust import check_array, check_file, load_trusted
from ser_core.store.data_folder import DataFolder

pytestmark = pytest.mark.timeout(120)

Schema = dict[str, Any]

LOAD = """
import sys
from pathlib import Path
import skops.io, sklearn.pipeline, sklearn.linear_model
from ser_core.errors import ModelError
from ser_core.models.bundle import load_bundle

def watch(event, details):
    if event in ("pickle.find_class", "os.system", "subprocess.Popen", "exec"):
        code = details[0] if details else ""
        where = getattr(code, "co_filename", "")
        if not str(where).endswith(".py") and "frozen" not in str(where):
            print("RAN", event, str(details)[:200])

sys.addaudithook(watch)
for folder in sys.argv[1:]:
    try:
        load_bundle(Path(folder))
        print("LOADED", folder)
    except ModelError as error:
        print("REFUSED", folder, error.message.replace("\\n", " "))
"""


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = DataFolder(tmp_path_factory.mktemp("data"))
    folder = bundle_folder(data, "m")
    save_bundle(folder, fitted("lr"), card())
    return folder


def schema_of(content: bytes) -> Schema:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        schema: Schema = json.loads(archive.read("schema.json"))
        return schema


def rewritten(
    content: bytes,
    *,
    schema: Schema | None = None,
    extra: dict[str, bytes] | None = None,
    compression: int = zipfile.ZIP_STORED,
) -> bytes:
    """Copy a skops file with another description or further members."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(stream, "w", compression) as new,
    ):
        for info in old.infolist():
            body = old.read(info)
            if info.filename == "schema.json" and schema is not None:
                body = json.dumps(schema).encode()
            if info.filename not in (extra or {}):
                new.writestr(info.filename, body)
        for name, body in (extra or {}).items():
            new.writestr(name, body)
    return stream.getvalue()


def bundle_with(honest: Path, place: Path, name: str, model: bytes) -> Path:
    """Make a bundle whose card vouches for a hostile model file."""
    folder = place / name
    folder.mkdir(parents=True)
    for path in honest.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "model.skops").write_bytes(model)
    document = json.loads((folder / "card.json").read_text())
    document["files"]["model.skops"] = hashlib.sha256(model).hexdigest()
    (folder / "card.json").write_text(json.dumps(document))
    return folder


def node(loader: str, module: str, kind: str, **more: Any) -> Schema:
    return {"__class__": kind, "__module__": module, "__loader__": loader, **more}


def text(value: Any) -> Schema:
    return node("JsonNode", "builtins", "str", content=json.dumps(value))


def arguments(*values: Any) -> Schema:
    return node("TupleNode", "builtins", "tuple", content=[text(v) for v in values])


def table(**entries: Schema) -> Schema:
    names = node(
        "ListNode",
        "builtins",
        "list",
        content=[node("TypeNode", "builtins", "str") for _ in entries],
    )
    return node("DictNode", "builtins", "dict", content=entries, key_types=names)


def hostile_nodes(canary: Path) -> dict[str, Schema]:
    """Describe objects whose making would create the canary file."""
    command = f"touch {canary}"
    python = f"open({str(canary)!r}, 'w')"
    calls = {
        "system": ("os", "system", command),
        "eval": ("builtins", "eval", python),
        "exec": ("builtins", "exec", python),
        "popen": ("os", "popen", command),
        "run": ("subprocess", "getoutput", command),
    }
    made = {
        name: node("ConstructorFromReduceNode", module, kind, content=arguments(what))
        for name, (module, kind, what) in calls.items()
    }
    made["open"] = node(
        "ConstructorFromReduceNode",
        "builtins",
        "open",
        content=arguments(str(canary), "w"),
    )
    system = node("FunctionNode", "os", "system")
    made["function"] = system
    made["type"] = node("TypeNode", "os", "system")
    made["partial"] = node(
        "PartialNode",
        "functools",
        "partial",
        content={
            "func": system,
            "args": arguments(command),
            "kwds": table(),
            "namespace": text(None),
        },
    )
    made["list of a function"] = node(
        "ListNode", "os", "system", content=[text(command)]
    )
    made["dictionary of a class"] = node(
        "DictNode",
        "builtins",
        "dict",
        content={command: text(1)},
        key_types=node("ListNode", "builtins", "list", content=[system]),
    )
    made["object"] = node(
        "ObjectNode", "subprocess", "Popen", content=table(args=text(command))
    )
    made["operator"] = node(
        "OperatorFuncNode", "operator", "methodcaller", attrs=arguments("x")
    )
    made["method"] = node(
        "MethodNode",
        "sklearn.pipeline",
        "Pipeline",
        content={"func": "fit", "obj": node("ObjectNode", "sklearn.pipeline", "x")},
    )
    made["old protocol"] = node("FunctionNode", "os", "system", content=system)
    made["scalar"] = node("NdArrayNode", "os", "system", type="numpy", file="1.npy")
    made["loss"] = node(
        "LossNode",
        "os",
        "system",
        __reduce__={"args": arguments(command)},
        content=table(),
    )
    made["tree"] = node(
        "TreeNode",
        "sklearn.tree._tree",
        "Tree",
        __reduce__={"args": arguments(1, [1], 10**6)},
        content=table(),
    )
    made["forgotten"] = {"__class__": "system", "__module__": "os"}
    return made


def attribute(content: bytes, planted: Schema) -> Schema:
    """Hide an object among the attributes of the pipeline."""
    schema = schema_of(content)
    entries = schema["content"]["content"]
    key = next(iter(entries))
    planted = {**copy.deepcopy(planted), "__id__": 987654321}
    entries[key] = planted
    return schema


def test_nothing_that_a_hostile_file_names_is_run(honest: Path, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    content = (honest / "model.skops").read_bytes()
    folders = []
    for name, planted in hostile_nodes(canary).items():
        place = tmp_path / name.replace(" ", "-")
        as_part = rewritten(content, schema=attribute(content, planted))
        folders.append(bundle_with(honest, place, "part", as_part))
        whole = {**planted, "protocol": 2, "_skops_version": "0.16.0", "__id__": 5}
        folders.append(
            bundle_with(honest, place, "root", rewritten(content, schema=whole))
        )
    done = subprocess.run(
        [sys.executable, "-c", LOAD, *map(str, folders)],
        env=package_environment(),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert not canary.exists()
    assert "RAN" not in done.stdout
    assert "LOADED" not in done.stdout
    assert done.stdout.count("REFUSED") == len(folders)


def test_the_same_files_run_their_code_when_they_are_believed(tmp_path: Path) -> None:
    """Show that the test above can fail."""
    paths = []
    for name in ("system", "eval", "run", "open"):
        planted = hostile_nodes(tmp_path / f"canary-{name}")[name]
        paths.append(tmp_path / f"{name}.skops")
        with zipfile.ZipFile(paths[-1], "w") as archive:
            archive.writestr("schema.json", json.dumps({**planted, "protocol": 2}))
    believing = (
        "import sys, skops.io as s\n"
        "for path in sys.argv[1:]:\n"
        "    s.load(path, trusted=s.get_untrusted_types(file=path))\n"
    )
    subprocess.run(
        [sys.executable, "-c", believing, *map(str, paths)], timeout=90, check=True
    )
    assert len(list(tmp_path.glob("canary-*"))) == len(paths)


def test_a_pickle_in_place_of_the_model_is_refused(
    honest: Path, tmp_path: Path
) -> None:
    canary = tmp_path / "canary"

    class Bomb:
        def __reduce__(self) -> Any:
            return open, (str(canary), "w")

    folder = bundle_with(honest, tmp_path, "pickled", pickle.dumps(Bomb()))
    with pytest.raises(ModelError, match="damaged or no model file"):
        load_bundle(folder)
    assert not canary.exists()


def test_a_pickle_inside_an_array_is_refused(honest: Path, tmp_path: Path) -> None:
    canary = tmp_path / "canary"

    class Bomb:
        def __reduce__(self) -> Any:
            return open, (str(canary), "w")

    stream = io.BytesIO()
    np.save(stream, np.array([Bomb()], dtype=object), allow_pickle=True)
    content = (honest / "model.skops").read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        name = next(n for n in archive.namelist() if n.endswith(".npy"))
    folder = bundle_with(
        honest, tmp_path, "m", rewritten(content, extra={name: stream.getvalue()})
    )
    with pytest.raises(ModelError, match="Python objects"):
        load_bundle(folder)
    with pytest.raises(ModelError, match="Python objects"):
        check_array(stream.getvalue(), where="probe.npy")
    assert not canary.exists()


def test_an_array_of_objects_in_the_description_is_refused(honest: Path) -> None:
    content = (honest / "model.skops").read_bytes()
    objects = node(
        "NdArrayNode",
        "numpy",
        "ndarray",
        type="json",
        content=[text(1)],
        shape=arguments(1),
    )
    with pytest.raises(ModelError, match="of objects"):
        check_file(
            rewritten(content, schema=attribute(content, objects)), where="m.skops"
        )


def grown(content: bytes) -> bytes:
    """Add an array of zeros that compresses to a thousandth."""
    stream = io.BytesIO()
    np.save(stream, np.zeros(2_000_000))
    return rewritten(
        content,
        extra={"77.npy": stream.getvalue()},
        compression=zipfile.ZIP_DEFLATED,
    )


def claiming(content: bytes) -> bytes:
    """Add an array that claims far more bytes than it has."""
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        stream, {"descr": "<f8", "fortran_order": False, "shape": (10**15,)}
    )
    return rewritten(content, extra={"77.npy": stream.getvalue()})


def overlapping(content: bytes) -> bytes:
    """Have many entries of the directory point at the same bytes."""
    stream = io.BytesIO()
    body = np.zeros(100_000).tobytes()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("schema.json", "{}")
        archive.writestr("1.npy", body)
        first = archive.getinfo("1.npy")
        for number in range(2, 200):
            again = copy.copy(first)
            again.filename = again.orig_filename = f"{number}.npy"
            archive.filelist.append(again)
            archive.NameToInfo[again.filename] = again
    return stream.getvalue()


def nested(content: bytes) -> bytes:
    """Nest the description deeper than a stack."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("schema.json", "[" * 200_000 + "]" * 200_000)
    return stream.getvalue()


def foreign_member(content: bytes) -> bytes:
    return rewritten(content, extra={"../../evil.py": b"print(1)"})


def old_protocol(content: bytes) -> bytes:
    return rewritten(content, schema={**schema_of(content), "protocol": 0})


def newer_protocol(content: bytes) -> bytes:
    return rewritten(content, schema={**schema_of(content), "protocol": 999})


def true_protocol(content: bytes) -> bytes:
    return rewritten(content, schema={**schema_of(content), "protocol": True})


@pytest.mark.parametrize(
    "make",
    [
        grown,
        claiming,
        overlapping,
        nested,
        foreign_member,
        old_protocol,
        newer_protocol,
        true_protocol,
        lambda content: b"",
        lambda content: content[:-30],
        lambda content: b"PK\x05\x06" + bytes(18),
    ],
)
def test_an_archive_that_no_model_has_is_refused(
    honest: Path, make: Callable[[bytes], bytes]
) -> None:
    content = (honest / "model.skops").read_bytes()
    with pytest.raises(ModelError):
        load_trusted(make(content), where="m.skops")


def test_an_honest_file_is_not_refused(honest: Path) -> None:
    check_file((honest / "model.skops").read_bytes(), where="m.skops")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"memory": "cache-folder"}, "cache"),
        ({"predict": 1}, "hides a method"),
        ({"predict_proba": "x"}, "hides a method"),
    ],
)
def test_an_attribute_that_would_change_what_a_model_does_is_refused(
    changes: dict[str, Any], reason: str
) -> None:
    from ser_core.models.bundle_structure import check_structure

    recogniser = copy.deepcopy(fitted("lr"))
    vars(recogniser).update(changes)
    with pytest.raises(ModelError, match=reason):
        check_structure(recogniser)


def test_the_card_may_not_name_other_files(honest: Path, tmp_path: Path) -> None:
    content = (honest / "model.skops").read_bytes()
    folder = bundle_with(honest, tmp_path, "m", content)
    document = json.loads((folder / "card.json").read_text())
    secret = tmp_path / "secret"
    secret.write_text("s")
    for name in ("../secret", "secret", "card.json", "..", "/etc/passwd"):
        files = {**document["files"], name: hashlib.sha256(b"s").hexdigest()}
        (folder / "card.json").write_text(json.dumps({**document, "files": files}))
        with pytest.raises(ModelError):
            load_bundle(folder)
