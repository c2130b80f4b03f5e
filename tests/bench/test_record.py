"""Run records: round trips, hostile imports, exports, comparisons."""

from __future__ import annotations

import copy
import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from ser_core.bench.comparison import compare
from ser_core.bench.record import (
    MAX_IMPORT_BYTES,
    export_csv,
    export_json,
    import_record,
    new_record,
    validate,
)
from ser_core.errors import ParameterError, RecordError
from ser_core.store.runs import RunStore

RECORDS = Path(__file__).resolve().parents[1] / "fixtures" / "records"


@pytest.fixture
def bench() -> dict[str, Any]:
    return json.loads((RECORDS / "bench_v1.json").read_text(encoding="utf-8"))


@pytest.fixture
def pipeline() -> dict[str, Any]:
    return json.loads((RECORDS / "pipeline_v1.json").read_text(encoding="utf-8"))


@pytest.fixture(params=["bench_v1.json", "pipeline_v1.json"])
def record(request: pytest.FixtureRequest) -> dict[str, Any]:
    return json.loads((RECORDS / request.param).read_text(encoding="utf-8"))


def changed(record: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return a copy with one value replaced; the path is as ``runs.0.wall_s``."""
    copied = copy.deepcopy(record)
    place: Any = copied
    *parents, last = path.split(".")
    for part in parents:
        place = place[int(part) if isinstance(place, list) else part]
    place[int(last) if isinstance(place, list) else last] = value
    return copied


def test_stored_records_of_version_1_stay_readable(
    record: dict[str, Any], tmp_path: Path
) -> None:
    validate(record)
    store = RunStore(tmp_path / "runs.sqlite")
    store.add(record)
    assert store.get(record["id"]) == record
    assert store.list()[0].corpus == record["corpus"]["name"]


def test_round_trip_changes_only_id_and_source(record: dict[str, Any]) -> None:
    again = import_record(export_json(record).encode())
    assert again["source"] == "imported"
    assert again["id"] != record["id"]
    assert {**again, "id": record["id"], "source": record["source"]} == record


def test_each_import_gets_an_id_of_its_own(bench: dict[str, Any]) -> None:
    text = export_json(bench)
    assert import_record(text)["id"] != import_record(text)["id"]


def test_byte_order_mark_is_borne(bench: dict[str, Any]) -> None:
    assert import_record(b"\xef\xbb\xbf" + export_json(bench).encode())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe\x00\x01",
        b"not json",
        b"[]",
        b"null",
        b"3",
        b'"text"',
        b"{}",
        b'{"schema_version": 1}',
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b'{"schema_version": 1, "schema_version": 1}',
        b'{"schema_version": ' + b"9" * 10_000 + b"}",
        b'{"schema_version": NaN}',
        b'{"schema_version": 99}',
    ],
    ids=lambda data: data[:24].decode("ascii", "replace"),
)
def test_what_is_no_record_is_refused_in_plain_words(data: bytes) -> None:
    with pytest.raises(RecordError, match=r"expected|export|newer|run record"):
        import_record(data)


def test_file_of_50_mb_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(RecordError, match=r"50 MiB; run records of up to 32 MiB"):
        import_record(b" " * (50 * 2**20))
    assert MAX_IMPORT_BYTES < 50 * 2**20


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("kind", "other"),
        ("kind", ["bench"]),
        ("id", "../../etc/passwd"),
        ("id", "a'; DROP TABLE runs"),
        ("created_utc", "yesterday"),
        ("created_utc", "2026-13-45T99:99:99Z"),
        ("created_utc", "2026-01-01T00:00:00"),
        ("label", "x" * 100_000),
        ("label", {"a": 1}),
        ("source", "trusted"),
        ("environment", "machine"),
        ("environment.cpu", {"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": 1}}}}}}}}),
        ("environment.packages", {str(i): "1" for i in range(10_000)}),
        ("corpus", None),
        ("corpus.synthetic", "false"),
        ("corpus.n_files", -1),
        ("corpus.n_files", 1.5),
        ("corpus.n_files", True),
        ("feature_set.key", "<script>"),
        ("plan.seed", -1),
        ("plan.arms", []),
        ("runs", []),
        ("runs", {}),
        ("runs.0", None),
        ("runs.0.wall_s", 0),
        ("runs.0.wall_s", -1.0),
        ("runs.0.wall_s", 1e300),
        ("runs.0.wall_s", "1.0"),
        ("runs.0.wall_s", None),
        ("runs.0.wall_s", False),
        ("runs.0.workers", 10**30),
        ("runs.0.backend", "<img src=x onerror=alert(1)>"),
        ("runs.0.arm", "reference/loky/2/1/../../x"),
        ("runs.0.arm", "reference/loky/7/1"),
        ("runs.0.checksum", "javascript:alert(1)"),
        ("runs.0.other_cpu_share", 3),
        ("summary.0.same_features", "yes"),
        ("timelines", {"<b>": []}),
        ("timelines", {"reference/loky/2/1": [{"path": "x"}]}),
        ("notes", ["x"] * 10_000),
        ("notes", "a note"),
        ("extra", 1),
        ("runs.0.extra", 1),
    ],
)
def test_hostile_value_is_refused_and_its_place_named(
    bench: dict[str, Any], path: str, value: Any
) -> None:
    with pytest.raises(RecordError) as caught:
        import_record(json.dumps(changed(bench, path, value)))
    named = path.split(".")[-1] if not path[-1].isdigit() else "runs[0]"
    assert named.rstrip("s") in str(caught.value)
    assert len(str(caught.value)) < 3_000


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_none_are_refused(bench: dict[str, Any], number: str) -> None:
    text = json.dumps(changed(bench, "runs.0.wall_s", 123456.5))
    with pytest.raises(RecordError):
        import_record(text.replace("123456.5", number))


def test_missing_field_is_named(bench: dict[str, Any]) -> None:
    del bench["runs"][0]["checksum"]
    with pytest.raises(RecordError, match=r"runs\[0\]\.checksum"):
        import_record(json.dumps(bench))


def test_confusion_must_be_square(pipeline: dict[str, Any]) -> None:
    pipeline["confusion"][0].append(1)
    with pytest.raises(RecordError, match="confusion is not 3 by 3"):
        validate(pipeline)


def test_imported_text_can_do_nothing(bench: dict[str, Any]) -> None:
    label = "<script>alert(1)</script> ![x](http://t.example/p.png) `a` $b$ \u202egnp"
    bench["label"] = label
    bench["notes"] = [label]
    bench["environment"]["cpu"]["<b>model</b>"] = label
    bench["failures"] = [{"path": "/home/ann/secret/a.wav", "reason": label}]
    bench["corpus"]["root"] = "C:\\Users\\ann\\corpus"
    timeline = next(iter(bench["timelines"].values()))
    timeline[0]["path"] = "../../../etc/passwd"
    record = import_record(json.dumps(bench))
    text = json.dumps(record, ensure_ascii=False)
    for evil in ("<", ">", "![", "](", "`", "$", "\u202e", "/home", "Users", ".."):
        assert evil not in text.replace('["', "").replace('"]', "")
    assert record["failures"][0]["path"] == "a.wav"
    assert record["corpus"]["root"] == "corpus"
    assert next(iter(record["timelines"].values()))[0]["path"] == "passwd"


def test_summary_and_laws_are_worked_out_again(bench: dict[str, Any]) -> None:
    true = copy.deepcopy(bench["summary"])
    bench["summary"][1]["speedup"] = 400.0
    bench["laws"] = {}
    record = import_record(json.dumps(bench))
    assert record["summary"] == true
    assert record["laws"]


def test_new_record_has_a_random_id_and_is_of_the_newest_version(
    bench: dict[str, Any],
) -> None:
    parts = ("environment", "corpus", "feature_set")
    heads = [
        new_record("bench", label="x" * 500, **{part: bench[part] for part in parts})
        for _ in range(2)
    ]
    assert heads[0]["id"] != heads[1]["id"]
    assert len(heads[0]["label"]) == 200
    validate({**bench, **heads[0]})


def test_new_record_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ParameterError, match="bench, pipeline"):
        new_record("other", label="", environment={}, corpus={}, feature_set={})


def test_csv_tables_hold_every_row_and_say_which_run(bench: dict[str, Any]) -> None:
    rows = list(csv.DictReader(io.StringIO(export_csv(bench, table="runs"))))
    assert len(rows) == len(bench["runs"])
    assert [float(row["wall_s"]) for row in rows] == [
        run["wall_s"] for run in bench["runs"]
    ]
    assert rows[0]["run_id"] == bench["id"]
    assert "threadpools" not in rows[0]
    summary = list(csv.DictReader(io.StringIO(export_csv(bench, table="summary"))))
    assert [row["arm"] for row in summary] == [e["arm"] for e in bench["summary"]]


def test_csv_of_a_pipeline_has_stages_and_classes(pipeline: dict[str, Any]) -> None:
    stages = list(csv.DictReader(io.StringIO(export_csv(pipeline, table="stages"))))
    assert stages[1]["name"] == "feature extraction"
    classes = list(csv.DictReader(io.StringIO(export_csv(pipeline, table="report"))))
    assert [row["class"] for row in classes] == list(pipeline["report"])


def test_csv_never_holds_a_formula(bench: dict[str, Any]) -> None:
    bench["corpus"]["name"] = '=HYPERLINK("http://t.example")'
    rows = list(csv.DictReader(io.StringIO(export_csv(bench, table="runs"))))
    assert rows[0]["corpus"].startswith("'=")


def test_csv_of_a_table_that_is_not_there_is_refused(bench: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match="runs, summary"):
        export_csv(bench, table="stages")


def test_run_compared_with_itself_shows_no_difference(record: dict[str, Any]) -> None:
    same = compare(record, record)
    assert same.same_work
    assert same.differences == ()
    assert same.notes == ()
    assert {row.ratio for row in same.rows} == {1.0}


def test_comparison_names_what_differs(bench: dict[str, Any]) -> None:
    other = copy.deepcopy(bench)
    other["environment"]["cpu"]["model"] = "Another CPU"
    other["environment"]["packages"]["numpy"] = "1.0"
    other["environment"]["load_average"] = [9.0, 9.0, 9.0]
    other["summary"][1]["median_wall_s"] = bench["summary"][1]["median_wall_s"] / 2
    other["summary"][1]["checksum"] = "0" * 64
    other["summary"].pop(0)
    result = compare(bench, other)
    names = [difference.name for difference in result.differences]
    assert names == ["environment.cpu.model", "environment.packages.numpy"]
    missing, faster, *_ = result.rows
    assert missing.b_wall_s is missing.ratio is None
    assert faster.ratio == 2.0
    assert faster.same_features is False
    assert any("processors round differently" in note for note in result.notes)


def test_different_files_are_not_the_same_work(bench: dict[str, Any]) -> None:
    result = compare(bench, changed(bench, "corpus.fingerprint", "other"))
    assert not result.same_work
    assert {row.same_features for row in result.rows} == {None}
    assert "did not do the same work" in result.notes[0]


def test_benchmark_and_pipeline_do_not_compare(
    bench: dict[str, Any], pipeline: dict[str, Any]
) -> None:
    with pytest.raises(ParameterError, match="two of one kind"):
        compare(bench, pipeline)
