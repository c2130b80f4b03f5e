"""Make, check, export and import run records."""

from __future__ import annotations

import csv
import io
import json
import uuid
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, Final

from ser_core.bench.laws import fit_laws
from ser_core.bench.plan import REFERENCE_ARM
from ser_core.bench.schema import check_shape
from ser_core.bench.statistics import summarise
from ser_core.errors import ParameterError, RecordError
from ser_core.store.record_head import begin_record, spreadsheet_cell, utc_text
from ser_core.store.versions import Record, upgrade

MAX_IMPORT_BYTES: Final = 32 * 2**20
"""Largest file that is imported. A record of 20 arms with all its samples is under
20 MB."""

CSV_TABLES: Final[dict[str, tuple[str, ...]]] = {
    "bench": ("runs", "summary"),
    "pipeline": ("stages", "report"),
}
"""Which tables of a record of each kind can be exported as CSV."""

# Angle brackets and quotes of code make HTML, square brackets links and images,
# dollars formulas: what draws text as Markdown would act on them.
_INERT: Final = str.maketrans(
    {"<": "‹", ">": "›", "[": "(", "]": ")", "`": "'", "$": "＄", "\\": "/"}
)


def new_record(
    kind: str,
    *,
    label: str,
    environment: dict[str, Any],
    corpus: dict[str, Any],
    feature_set: dict[str, Any],
) -> Record:
    """Begin a record of a run that was made here.

    Parameters
    ----------
    kind : {"bench", "pipeline"}
    label : str
        What people call it, at most 200 characters.
    environment : dict
        As `ser_core.measure.environment.fingerprint` returns it.
    corpus : dict
        ``name``, ``synthetic``, ``root``, ``fingerprint``, ``n_utterances``,
        ``n_files``, ``duration_s``.
    feature_set : dict
        The fields of the feature set, with its ``key``.

    Returns
    -------
    record : dict
        With an id of 128 random bits and the present time; the caller adds the keys
        of its kind, then calls `validate`.

    Raises
    ------
    ParameterError
        The kind is not known.

    """
    if kind not in CSV_TABLES:
        raise ParameterError(
            f"kind = {kind!r} is no kind of run; choose one of: {', '.join(CSV_TABLES)}"
        )
    return begin_record(
        kind,
        label=label,
        environment=environment,
        corpus=corpus,
        feature_set=feature_set,
    )


def validate(record: Record) -> None:
    """Check that a record is whole, of the newest version, and plain JSON.

    Raises
    ------
    RecordError
        A field is missing, unknown, of the wrong type, not finite or too large; the
        message names it.

    """
    if not isinstance(record, dict):
        raise RecordError(
            "a run record is a JSON table, which this is not; "
            "choose a file that SER Lab exported as JSON"
        )
    check_shape(record)
    _parse_utc(record["created_utc"])


def export_json(record: Record) -> str:
    """Return a record as JSON text, which `import_record` reads."""
    return json.dumps(record, allow_nan=False, ensure_ascii=False, indent=1) + "\n"


def export_csv(record: Record, *, table: str) -> str:
    """Return one table of a record as CSV text.

    Parameters
    ----------
    record : dict
    table : str
        ``runs`` or ``summary`` of a benchmark; ``stages`` or ``report`` of a
        pipeline.

    Returns
    -------
    text : str
        RFC 4180 with a heading. Each row begins with what identifies the run, so
        that exports of several machines can be put below each other. Seconds and
        bytes; empty cells where nothing is known.

    Raises
    ------
    ParameterError
        A record of this kind has no such table.

    """
    allowed = CSV_TABLES[record["kind"]]
    if table not in allowed:
        raise ParameterError(
            f"table = {table!r} is not in a record of kind {record['kind']!r}; "
            f"choose one of: {', '.join(allowed)}"
        )
    rows = record[table]
    if table == "report":
        rows = [{"class": label, **scores} for label, scores in rows.items()]
    run = {
        "run_id": record["id"],
        "created_utc": record["created_utc"],
        "source": record["source"],
        "corpus": record["corpus"]["name"],
        "synthetic": record["corpus"]["synthetic"],
    }
    columns = [key for key, value in rows[0].items() if not _is_nested(value)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([*run, *columns])
    for row in rows:
        cells = [*run.values(), *(row[column] for column in columns)]
        writer.writerow([spreadsheet_cell(cell) for cell in cells])
    return text.getvalue()


def import_record(data: bytes | str) -> Record:
    """Read a record that was exported elsewhere, trusting nothing in it.

    Parameters
    ----------
    data : bytes or str
        What `export_json` wrote; at most 32 MiB, UTF-8.

    Returns
    -------
    record : dict
        Of the newest version, with ``source = "imported"`` and an id of its own.
        Summary and fitted laws are worked out again from the runs. Paths
        that lead out of the corpus are reduced to file names, and characters that
        HTML or Markdown would act on are replaced by look-alikes.

    Raises
    ------
    RecordError
        It is too large, no JSON, of an unknown version, or does not have the shape
        of a record; the message says where.

    """
    given = upgrade(_parse(data))
    if given.get("kind") in ("training", "study"):
        raise RecordError(
            f"the file holds a run of kind {given['kind']!r}; only benchmarks and "
            "pipelines are imported, models travel as bundles"
        )
    validate(given)
    record: Record = _inert(given)
    record["id"] = uuid.uuid4().hex
    record["source"] = "imported"
    record["created_utc"] = utc_text(_parse_utc(record["created_utc"]))
    if record["corpus"]["root"] is not None:
        record["corpus"]["root"] = PurePosixPath(record["corpus"]["root"]).name
    for entry in record["failures"]:
        entry["path"] = _inside(entry["path"])
    if record["kind"] == "bench":
        for timeline in record["timelines"].values():
            for entry in timeline:
                entry["path"] = _inside(entry["path"])
        _work_out_again(record)
    validate(record)
    return record


def _work_out_again(record: Record) -> None:
    """Replace what follows from the runs by what really follows from them."""
    runs = record["runs"]
    arms = {run["arm"] for run in runs}
    reference_key = REFERENCE_ARM.key if REFERENCE_ARM.key in arms else None
    seed = record["plan"]["seed"]
    try:
        record["summary"] = summarise(runs, reference_key=reference_key, seed=seed)
    except ParameterError as error:
        raise RecordError(
            f"run record: runs holds an arm that is not possible ({error.message})"
        ) from error
    record["laws"] = fit_laws(
        runs,
        reference_key=reference_key,
        n_cores=_recorded_cores(record),
        seed=seed,
    )


def _inside(path: str) -> str:
    """Keep a path that stays below the corpus, else only the file's name."""
    parts = PurePosixPath(path)
    leads_out = parts.is_absolute() or ".." in parts.parts or ":" in path
    return parts.name if leads_out else path


def _recorded_cores(record: Record) -> int | None:
    """Return the cores that were available where a run was made, None if unknown."""
    cores = record["environment"]["cpu"].get("available_cores")
    return cores if type(cores) is int and cores > 0 else None


def _parse(data: bytes | str) -> Record:
    """Turn text into a table, refusing what JSON proper does not have."""
    size = len(data)
    if size > MAX_IMPORT_BYTES:
        raise RecordError(
            f"the file has {size / 2**20:.0f} MiB; run records of up to "
            f"{MAX_IMPORT_BYTES // 2**20} MiB are imported"
        )
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data
        document: Any = json.loads(
            text, parse_constant=_no_constant, object_pairs_hook=_no_duplicates
        )
    except (ValueError, RecursionError) as error:
        raise RecordError(
            f"the file is no run record ({type(error).__name__}: {str(error)[:200]}); "
            "choose a file that SER Lab exported as JSON"
        ) from error
    if not isinstance(document, dict):
        raise RecordError(
            "the file is JSON, but no run record, which is a table; "
            "choose a file that SER Lab exported as JSON"
        )
    return document


def _no_constant(name: str) -> None:
    """Refuse NaN and Infinity, which JSON does not have."""
    raise ValueError(f"{name} is no JSON")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a key that occurs twice in one table."""
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("a key occurs twice in one table")
    return table


def _inert(value: Any) -> Any:
    """Replace, in all text, what HTML or Markdown would act on or hide."""
    if isinstance(value, str):
        kept = "".join(c for c in value if c.isprintable() or c == "\n")
        return kept.translate(_INERT)
    if isinstance(value, list):
        return [_inert(entry) for entry in value]
    if isinstance(value, dict):
        return {_inert(key): _inert(entry) for key, entry in value.items()}
    return value


def _is_nested(value: Any) -> bool:
    """Tell whether a value needs more than one cell."""
    return isinstance(value, list | dict)


def _parse_utc(text: str) -> datetime:
    """Read a time that names its zone."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise RecordError(f"run record: created_utc is {text!r}, no time") from error
    if time.tzinfo is None:
        raise RecordError(f"run record: created_utc is {text!r}, without a time zone")
    return time
