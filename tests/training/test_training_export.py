"""Tables of training runs and studies as CSV."""

from __future__ import annotations

import csv
import io

import pytest
from study_records import study_record
from training_records import training_record

from ser_core.bench.record import export_json, import_record
from ser_core.errors import ParameterError, RecordError
from ser_core.features.registry import FEATURE_SETS, feature_set
from ser_core.training.export import CSV_TABLES, export_csv
from ser_core.training.record import validate


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("table", CSV_TABLES["training"])
def test_every_row_names_its_run_and_split(table: str) -> None:
    record = training_record()
    found = rows(export_csv(record, table=table))
    assert {row["run_id"] for row in found} == {record["id"]}
    assert {row["split"] for row in found} == {
        record["split"],
        record["unseen_speakers"]["split"],
    }


def test_predictions_hold_clips_labels_and_probabilities() -> None:
    record = training_record()
    found = rows(export_csv(record, table="predictions"))
    assert len(found) == record["n_test"] + record["unseen_speakers"]["n_test"]
    assert found[0]["path"] == record["predictions"]["path"][0]
    assert found[0]["truth"] in record["classes"]
    shares = [float(found[0][f"p_{label}"]) for label in record["classes"]]
    assert sum(shares) == pytest.approx(1.0, abs=0.01)


def test_a_study_exports_its_rows() -> None:
    record = study_record("dimensions")
    found = rows(export_csv(record, table="rows"))
    assert len(found) == len(record["rows"])
    assert float(found[0]["share"]) == record["rows"][0]["share"]


def test_text_is_no_formula_for_a_spreadsheet() -> None:
    record = study_record("importance")
    record["rows"][0]["name"] = "=cmd()"
    assert rows(export_csv(record, table="rows"))[0]["name"] == "'=cmd()"


def test_an_unknown_table_is_refused() -> None:
    with pytest.raises(ParameterError, match="per_class"):
        export_csv(training_record(), table="runs")


def test_a_training_is_not_imported_as_a_benchmark() -> None:
    with pytest.raises(RecordError, match="models travel as bundles"):
        import_record(export_json(training_record()))


@pytest.mark.parametrize("name", [*FEATURE_SETS, "prosody+denoise+trim+normalise"])
def test_every_feature_set_fits_into_a_record(name: str) -> None:
    described = feature_set(name)
    record = training_record()
    record["feature_set"] = {**described.to_json(), "key": described.key}
    validate(record)
