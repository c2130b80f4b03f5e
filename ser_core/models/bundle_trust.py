"""Which types a model file may name, and the check that it names no others.

A skops file is a zip archive: ``schema.json`` says which class each object has, and
arrays lie beside it in numpy's own format, which holds no code. Whatever the schema
names is imported when the file is loaded. It is therefore read here first, as plain
JSON, and every pair of a loader and a class must be in a list that is fixed in this
module. What the file says of itself is never believed. skops then applies its own
check, and nothing in it unpickles.
"""

from __future__ import annotations

import io
import json
import math
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Any, Final

import numpy as np
import numpy.typing as npt

from ser_core.errors import ModelError

OWN_TYPES: Final[frozenset[str]] = frozenset(
    {
        "ser_core.models.bundle_parts.StoredTree",
        "ser_core.models.bundle_parts.StoredBooster",
    }
)
"""Classes of SER Lab that a file may name, with those of `OWN_ESTIMATORS`."""

OWN_ESTIMATORS: Final[frozenset[str]] = frozenset(
    {
        "ser_core.models.boosted.LightGBMClassifier",
        "ser_core.models.boosted.XGBoostClassifier",
        "ser_core.models.calibrated_svc.CalibratedSVC",
        "ser_core.models.gmm.GaussianMixtureClassifier",
        "ser_core.models.kernel_least_squares.KernelLeastSquaresClassifier",
        "ser_core.models.lean_mlp.LeanMLPClassifier",
        "ser_core.models.scaling.BlockScaler",
    }
)
"""Estimators of SER Lab."""

LIBRARY_ESTIMATORS: Final[frozenset[str]] = frozenset(
    {
        "sklearn.calibration.CalibratedClassifierCV",
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.decomposition._pca.PCA",
        "sklearn.ensemble._forest.RandomForestClassifier",
        "sklearn.ensemble._voting.VotingClassifier",
        "sklearn.linear_model._logistic.LogisticRegression",
        "sklearn.mixture._gaussian_mixture.GaussianMixture",
        "sklearn.neighbors._classification.KNeighborsClassifier",
        "sklearn.neural_network._multilayer_perceptron.MLPClassifier",
        "sklearn.pipeline.Pipeline",
        "sklearn.preprocessing._data.StandardScaler",
        "sklearn.preprocessing._label.LabelBinarizer",
        "sklearn.preprocessing._label.LabelEncoder",
        "sklearn.svm._classes.SVC",
        "sklearn.tree._classes.DecisionTreeClassifier",
        "xgboost.sklearn.XGBClassifier",
        "lightgbm.sklearn.LGBMClassifier",
    }
)
"""Estimators of libraries that the registry's models are made of."""

ALLOWED: Final[dict[str, frozenset[str]]] = {
    "ObjectNode": LIBRARY_ESTIMATORS | OWN_ESTIMATORS | OWN_TYPES,
    "DictNode": frozenset({"builtins.dict", "sklearn.utils._bunch.Bunch"}),
    "ListNode": frozenset({"builtins.list"}),
    "TupleNode": frozenset({"builtins.tuple"}),
    "JsonNode": frozenset({"builtins.str"}),
    # the types of a dictionary's keys
    "TypeNode": frozenset(
        {"builtins.str", "builtins.int", "numpy.int64", "numpy.str_"}
    ),
    "NdArrayNode": frozenset(
        f"numpy.{name}"
        for name in ("ndarray", "float32", "float64", "int32", "int64", "bool", "str_")
    ),
}
"""Loader of skops -> classes that it may be asked for."""

TRUSTED: Final[tuple[str, ...]] = tuple(
    sorted(
        LIBRARY_ESTIMATORS | OWN_ESTIMATORS | OWN_TYPES | {"sklearn.utils._bunch.Bunch"}
    )
)
"""What skops is told to trust beyond plain values."""

LARGEST_BYTES: Final = 2 << 30
"""Size of the largest model file that is read."""

_OLDEST_PROTOCOL: Final = 2
_SCHEMA_BYTES: Final = 128 << 20
_MOST_MEMBERS: Final = 50_000
_ARRAY_NAME: Final = re.compile(r"[0-9]{1,20}\.npy")
_MEMBER_OVERHEAD_BYTES: Final = 30
_ENCRYPTED: Final = 0x1


def load_trusted(content: bytes, *, where: str) -> Any:
    """Make the object that a skops file describes, if every type in it is allowed.

    Parameters
    ----------
    content : bytes
        The file.
    where : str
        How messages name it.

    Returns
    -------
    instance : object
        Made without unpickling; its content is still to be checked, see
        `ser_core.models.bundle_parts`.

    Raises
    ------
    ModelError
        The file is damaged, of an unknown version, too large, or names a type that
        is not on the list.

    """
    check_file(content, where=where)
    from skops import io as skops_io

    try:
        return skops_io.loads(content, trusted=list(TRUSTED))
    except Exception as error:
        # a crafted description fails wherever a library meets it: any error is told
        # as what it is, a file that cannot be read
        raise ModelError(
            f"'{where}' cannot be read ({_shown(error)}); it is damaged, or was "
            "written by another version: save the model again",
            path=where,
        ) from error


def check_file(content: bytes, *, where: str) -> None:
    """Refuse a skops file that holds anything but allowed types and plain arrays.

    Nothing is imported, built or unpickled by this check.

    Raises
    ------
    ModelError
        As `load_trusted`.

    """
    if len(content) > LARGEST_BYTES:
        raise _refused(where, f"{len(content):,} bytes, {LARGEST_BYTES:,} are allowed")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_members(archive, size=len(content), where=where)
            schema = json.loads(archive.read("schema.json"))
            _check_schema(schema, where=where)
            for info in archive.infolist():
                if info.filename != "schema.json":
                    _check_array(archive, info, where=where)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,  # zipfile's word for a password, and too deep a nesting
        MemoryError,
        ValueError,
        KeyError,
    ) as error:
        raise ModelError(
            f"'{where}' is damaged or no model file ({_shown(error)}); save the model "
            "again",
            path=where,
        ) from error


def _check_members(archive: zipfile.ZipFile, *, size: int, where: str) -> None:
    """Refuse an archive with other members, or that is larger inside than outside."""
    infos = archive.infolist()
    if len(infos) > _MOST_MEMBERS:
        raise _refused(where, f"{len(infos):,} members, {_MOST_MEMBERS:,} are allowed")
    seen: set[str] = set()
    for info in infos:
        name = info.orig_filename
        if name != "schema.json" and not _ARRAY_NAME.fullmatch(name):
            raise _refused(where, f"member {name[:80]!r}; only arrays are expected")
        if name in seen:
            raise _refused(where, f"member {name!r} twice")
        seen.add(name)
        if info.flag_bits & _ENCRYPTED or info.compress_type != zipfile.ZIP_STORED:
            raise _refused(where, f"member {name!r} that is not stored plainly")
    # Members are stored as they are, so together they are smaller than the file; a
    # bomb, whose members overlap, is not.
    total = sum(info.file_size + _MEMBER_OVERHEAD_BYTES for info in infos)
    if total > size:
        raise _refused(where, f"{total:,} bytes inside, {size:,} outside")
    if "schema.json" not in seen:
        raise _refused(where, "no description of the model")
    if archive.getinfo("schema.json").file_size > _SCHEMA_BYTES:
        raise _refused(where, f"a description of over {_SCHEMA_BYTES:,} bytes")


def _check_schema(schema: Any, *, where: str) -> None:
    """Refuse a description that names a type outside `ALLOWED`."""
    protocol = schema.get("protocol") if isinstance(schema, dict) else None
    if not isinstance(protocol, int) or isinstance(protocol, bool):
        raise _refused(where, "no version of the format")
    if protocol < _OLDEST_PROTOCOL:
        raise _refused(where, f"version {protocol} of the format")
    foreign = sorted({name for name in _foreign_types(schema)})
    if foreign:
        shown = ", ".join(name[:80] for name in foreign[:5])
        raise _refused(where, f"types that no model of SER Lab has: {shown}")


def _foreign_types(schema: Any) -> Iterator[str]:
    """Name each node that is not allowed, wherever it stands."""
    waiting = [schema]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        if not isinstance(value, dict):
            continue
        waiting += value.values()
        if not value.keys() & {"__loader__", "__class__", "__module__", "__reduce__"}:
            continue
        loader, kind = value.get("__loader__"), value.get("__class__")
        name = f"{value.get('__module__')}.{kind}"
        if (
            not isinstance(loader, str)
            or "__reduce__" in value
            or name not in ALLOWED.get(loader, ())
        ):
            yield f"{name} ({loader})"
        elif loader == "NdArrayNode" and value.get("type") != "numpy":
            yield f"{name} of objects"


def _check_array(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, *, where: str
) -> None:
    """Refuse an array of objects, and one that claims another size than it has."""
    with archive.open(info) as stream:
        _check_header(stream, size=info.file_size, name=info.filename, where=where)
        while stream.read(1 << 20):
            pass  # to the end, where zipfile compares the checksum


def check_array(content: bytes, *, where: str) -> npt.NDArray[Any]:
    """Read one array that holds plain values and is as long as it claims.

    Parameters
    ----------
    content : bytes
        A file in numpy's format.
    where : str
        How messages name it.

    Returns
    -------
    array : ndarray

    Raises
    ------
    ModelError
        It is damaged, or an array of Python objects.

    """
    try:
        _check_header(io.BytesIO(content), size=len(content), name="it", where=where)
        array: npt.NDArray[Any] = np.load(io.BytesIO(content), allow_pickle=False)
        return array
    except (ValueError, EOFError, MemoryError) as error:
        raise ModelError(
            f"'{where}' is damaged ({_shown(error)}); get the bundle again", path=where
        ) from error


def _check_header(stream: IO[bytes], *, size: int, name: str, where: str) -> None:
    """Refuse the header of an array of objects, or of another size than it has."""
    version = np.lib.format.read_magic(stream)
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    if version not in readers:
        raise _refused(where, f"array {name!r} of an unknown version")
    shape, _, dtype = readers[version](stream)
    if dtype.hasobject:
        raise _refused(where, f"array {name!r} of Python objects")
    claimed, there = math.prod((dtype.itemsize, *shape)), size - stream.tell()
    if claimed != there or min(shape, default=0) < 0:
        raise _refused(
            where, f"array {name!r} that claims {claimed:,} bytes and has {there:,}"
        )


def _refused(where: str, reason: str) -> ModelError:
    """Make the error for a file that is not to be trusted."""
    return ModelError(
        f"'{where}' is not loaded: it holds {reason}. A model that SER Lab saved has "
        "nothing of the kind; get it from whoever trained it, or train it again",
        path=where,
    )


def _shown(error: BaseException) -> str:
    """Put a library's error on one short line."""
    text = " ".join(str(error).split())[:200]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
