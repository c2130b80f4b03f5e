"""The HTML report: complete, inert, and silent towards the network."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from pages._view import report
from ser_core.errors import ParameterError

RECORDS = Path(__file__).resolve().parents[1] / "fixtures" / "records"
Record = dict[str, Any]


def load(name: str) -> Record:
    record: Record = json.loads((RECORDS / f"{name}.json").read_text(encoding="utf-8"))
    return record


@pytest.fixture(scope="module")
def whole() -> str:
    return report.html(
        [load("bench_small"), load("pipeline_first"), load("pipeline_enhanced")]
    )


class Reader(HTMLParser):
    """Collects tags, attributes, visible text and the data of the charts."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.charts: list[str] = []
        self._inside: tuple[str, dict[str, str | None]] = ("", {})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = (tag, dict(attrs))
        self.tags.append(self._inside)

    def handle_endtag(self, tag: str) -> None:
        self._inside = ("", {})

    def handle_data(self, data: str) -> None:
        tag, attributes = self._inside
        if tag == "script":
            if attributes.get("type") == "application/json":
                self.charts.append(data)
        elif tag != "style":
            self.text.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    return reader


def test_nothing_is_loaded_from_anywhere(whole: str) -> None:
    for tag, attributes in read(whole).tags:
        assert not {"src", "href", "srcset", "data"} & attributes.keys(), (
            tag,
            attributes,
        )
        assert tag not in ("link", "iframe", "object", "img")
    assert "default-src 'none'" in whole
    style = whole[whole.index("<style>") : whole.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style


def test_the_drawing_library_is_there_once(whole: str) -> None:
    assert len(re.findall(r"plotly\.js v\d", whole)) == 1


def test_every_chart_parses_and_holds_no_template(whole: str) -> None:
    charts = [json.loads(text) for text in read(whole).charts]
    assert len(charts) >= 18
    for chart in charts:
        assert chart["data"]
        assert "template" not in chart["layout"]


def test_environment_plan_tables_notes_and_marks_are_there(whole: str) -> None:
    text = " ".join(read(whole).text)
    record = load("bench_small")
    assert record["environment"]["cpu"]["model"] in text
    assert record["environment"]["packages"]["librosa"] in text
    assert all(note in text for note in record["notes"])
    assert "synthetic corpus" in text
    assert "Every repetition" in text
    assert "another machine" in text
    assert "Plan" in text


def test_words_of_a_record_cannot_become_markup() -> None:
    hostile = "</script><script>alert('x')</script><img src=x onerror=alert(1)>"
    record = load("bench_small")
    record["label"] = hostile
    record["notes"] = [hostile]
    record["failures"] = [{"path": hostile, "reason": hostile}]
    record["environment"]["cpu"]["model"] = hostile
    record["corpus"]["name"] = hostile
    record["id"] = hostile
    for files in record["timelines"].values():
        files[0]["path"] = hostile
    plain = read(report.html([load("bench_small")]))
    reader = read(report.html([record]))
    assert [tag for tag, _ in reader.tags].count("img") == 0
    scripts = [tag for tag, _ in plain.tags].count("script")
    assert [tag for tag, _ in reader.tags].count("script") == scripts
    assert hostile in "".join(reader.text)


def test_failures_are_listed_up_to_a_limit_and_counted() -> None:
    record = load("bench_small")
    record["failures"] = [
        {"path": f"f{n}.wav", "reason": "not audio"} for n in range(250)
    ]
    text = " ".join(read(report.html([record])).text)
    assert "250 files could not be used" in text
    assert "f199.wav" in text
    assert "f200.wav" not in text
    assert "and 50 more" in text


def test_two_benchmarks_are_compared() -> None:
    record = load("bench_small")
    other = {**record, "source": "imported", "label": "lab"}
    text = " ".join(read(report.html([record, other])).text)
    assert "Runs together" in text
    assert "imported" in text


@pytest.mark.parametrize(
    "record",
    [
        {"kind": "bench"},
        {"kind": "pipeline", "version": "first"},
        {"kind": "bench", "runs": [], "summary": [], "failures": [], "notes": []},
    ],
)
def test_a_record_with_nothing_in_it_gives_plain_sentences(record: Record) -> None:
    text = " ".join(read(report.html([record])).text)
    assert re.search(r"No (arm|pipeline|per-class|speed-up)", text)


def test_no_record_is_refused() -> None:
    with pytest.raises(ParameterError, match="at least one run"):
        report.html([])
