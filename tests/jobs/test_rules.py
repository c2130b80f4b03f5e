"""The operator's rules, tried where the work begins and not only on pages."""

from __future__ import annotations

import doctest
import json
import os
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import soundfile
from job_entry import ENTRY
from job_yard import JobYard, gone, wait_until

from ser_core.corpora.registry import register, registered
from ser_core.errors import CorpusError, JobError, ModelError, ParameterError, SerError
from ser_core.jobs import JobSpec, Submission, rules, sharing, submit, view
from ser_core.jobs.folder import job_folders, open_job
from ser_core.jobs.rules import (
    Visitor,
    check_places,
    check_start,
    is_operator_token,
    may_start,
    refusal,
)
from ser_core.jobs.usage import usage
from ser_core.store import retention
from ser_core.store import settings as store_settings
from ser_core.store.data_folder import DataFolder
from ser_core.store.owners import Owners
from ser_core.store.runs import RunStore

ANN, BEN = Visitor(id="ann"), Visitor(id="ben")
OPERATOR = Visitor(id="olga", operator=True)

linking = pytest.mark.skipif(os.name == "nt", reason="links need a privilege")


def configure(data: DataFolder, **values: Any) -> None:
    data.root.mkdir(parents=True, exist_ok=True)
    lines = [f"{name} = {json.dumps(value)}" for name, value in values.items()]
    (data.root / "config.toml").write_text("\n".join(lines), encoding="utf-8")


def small_corpus(root: Path) -> Path:
    for emotion in ("angry", "sad"):
        (root / emotion).mkdir(parents=True)
        soundfile.write(root / emotion / "a.wav", np.zeros(800), 16_000)
    return root


def ask(
    yard: JobYard, visitor: Visitor | None, name: str = "a", kind: str = "wait"
) -> Submission:
    parameters = {"pids": str(yard.pids_file(name)), "until": str(yard.until(name))}
    spec = JobSpec(kind=kind, parameters=parameters)
    return submit(spec, data=yard.data, visitor=visitor, entry=ENTRY)


@pytest.fixture
def roomy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "LEAST_FREE_BYTES", 0)


def test_without_settings_nobody_is_held_back(yard: JobYard) -> None:
    for visitor in (None, ANN, OPERATOR):
        assert refusal(visitor, data=yard.data) is None


@pytest.mark.usefixtures("roomy")
@pytest.mark.parametrize(
    ("who", "allowed"),
    [
        ("everyone", {"stranger", "member", "operator"}),
        ("signed-in", {"member", "operator"}),
        ("operator", {"operator"}),
    ],
)
def test_who_may_start(yard: JobYard, who: str, allowed: set[str]) -> None:
    configure(yard.data, shared=True, start_jobs=who)
    people = {
        "stranger": ANN,
        "member": Visitor(id="cleo", signed_in=True),
        "operator": OPERATOR,
    }
    may = {name for name, v in people.items() if may_start(v, data=yard.data)}
    assert may == allowed
    assert may_start(None, data=yard.data)


def test_a_refused_job_leaves_nothing_behind(yard: JobYard) -> None:
    configure(yard.data, start_jobs="operator")
    with pytest.raises(JobError, match="only its operator starts jobs"):
        ask(yard, ANN)
    assert list(yard.data.jobs.iterdir()) == []


@pytest.mark.timeout(90)
def test_each_visitor_has_so_many_jobs_and_all_together_so_many(yard: JobYard) -> None:
    configure(yard.data, max_jobs_per_visitor=2, max_jobs_waiting=3)
    first = ask(yard, ANN)
    yard.pids()
    ask(yard, ANN, "b")
    with pytest.raises(JobError, match="2 jobs under way at once, and you have 2"):
        ask(yard, ANN, "c")
    ask(yard, BEN, "d")
    ask(yard, None, "e")
    with pytest.raises(JobError, match="lets 3 jobs wait at once, and 3 do"):
        ask(yard, Visitor(id="new cookie"), "f")
    assert may_start(OPERATOR, data=yard.data)
    yard.until("a").touch()
    yard.wait_for(first.job_id, "done")
    wait_until(lambda: may_start(ANN, data=yard.data))


@pytest.mark.timeout(90)
def test_a_download_that_runs_counts_as_one_that_waits(yard: JobYard) -> None:
    configure(yard.data, max_jobs_waiting=1)
    ask(yard, ANN, kind="wait-free")
    yard.pids()
    with pytest.raises(JobError, match="lets 1 job wait at once"):
        ask(yard, BEN, "b", kind="wait-free")


@pytest.mark.timeout(90)
def test_a_job_over_its_time_is_ended_with_the_limit_in_words(yard: JobYard) -> None:
    configure(yard.data, max_job_s=1)
    job = ask(yard, ANN)
    pids = yard.pids()
    ended = yard.wait_for(job.job_id, "failed", "done")
    assert ended.state == "failed"
    assert "ran longer than 1 s, the limit of this server" in str(ended.reason)
    wait_until(lambda: all(gone(pid) for pid in pids))


@pytest.mark.timeout(90)
def test_the_operators_job_has_no_such_limit(yard: JobYard) -> None:
    configure(yard.data, max_job_s=1)
    for visitor in (None, OPERATOR):
        job = ask(yard, visitor, kind="refuse")
        ticket = json.loads(open_job(job.job_id, yard.data).ticket.read_text())
        assert ticket["limit_s"] is None
        assert ticket["visitor"] is None


@pytest.mark.timeout(90)
def test_who_started_a_job_is_stored_as_a_hash_alone(yard: JobYard) -> None:
    visitor = Visitor(id="mail:ann@lab.example")
    job = ask(yard, visitor, kind="refuse")
    yard.wait_for(job.job_id, "failed")
    folder = open_job(job.job_id, yard.data)
    assert rules.job_owner(folder) == visitor.owner
    for path in folder.path.rglob("*"):
        assert path.is_dir() or b"ann@lab" not in path.read_bytes()


@pytest.mark.usefixtures("roomy")
@pytest.mark.timeout(90)
def test_a_visitor_over_the_quota_is_refused_until_jobs_are_deleted(
    yard: JobYard,
) -> None:
    configure(yard.data, shared=True, visitor_bytes=1_000_000)
    job = ask(yard, ANN, kind="refuse")
    yard.wait_for(job.job_id, "failed")
    open_job(job.job_id, yard.data).log.write_bytes(b"x" * 2_000_000)
    assert usage(ANN, data=yard.data).n_bytes > 2_000_000
    with pytest.raises(JobError, match="keep 1 MB, and you have 2 MB"):
        ask(yard, ANN, "b")
    assert may_start(BEN, data=yard.data)
    assert sharing.remove_own_jobs(BEN, data=yard.data) == 0
    assert sharing.remove_own_jobs(ANN, data=yard.data) == 1
    assert job_folders(yard.data) == []
    assert may_start(ANN, data=yard.data)


def test_a_full_disk_is_not_filled_further_by_visitors(
    yard: JobYard, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(yard.data, shared=True)
    monkeypatch.setattr(DataFolder, "free_bytes", lambda self: 10**9)
    with pytest.raises(JobError, match="nearly full"):
        check_start(ANN, data=yard.data)
    check_start(OPERATOR, data=yard.data)


@pytest.mark.timeout(90)
@pytest.mark.usefixtures("roomy")
def test_a_record_belongs_to_who_started_its_job(yard: JobYard) -> None:
    configure(yard.data, shared=True)
    spec = JobSpec(kind="record", parameters={"id": "r1"})
    job = submit(spec, data=yard.data, visitor=ANN, entry=ENTRY)
    yard.wait_for(job.job_id, "done")
    wait_until(lambda: Owners(yard.data).owner("run", "r1") == ANN.owner)
    with pytest.raises(SerError, match="only by who made it"):
        sharing.delete_run("r1", visitor=BEN, data=yard.data)
    sharing.delete_run("r1", visitor=ANN, data=yard.data)
    assert RunStore(yard.data.runs).list() == []
    assert Owners(yard.data).marks("run") == {}


@pytest.fixture
def offered(yard: JobYard, tmp_path: Path) -> Path:
    """A shared server that offers one folder, beside one that it does not."""
    small_corpus(tmp_path / "offered" / "good")
    small_corpus(tmp_path / "secret" / "corpus")
    configure(yard.data, shared=True, corpus_folders=[str(tmp_path / "offered")])
    return tmp_path / "offered"


def hostile_paths(offered: Path) -> list[str]:
    secret = offered.parent / "secret" / "corpus"
    return [
        str(secret),
        f"{offered}/../secret/corpus",
        f"{offered}/good/../../secret/corpus",
        "../secret/corpus",
        "./good",
        "~",
        "/",
        "",
        str(offered.parent),
        str(offered) + "x",
        f"{secret}\0",
        "\0",
        "a" * 5_000,
        "/" + "a/" * 5_000,
        str(offered.parent / "not there at all"),
        "file:///etc",
        "\u202e/etc",
        "\udcff",
    ]


def test_no_folder_but_an_offered_one_is_registered(
    yard: JobYard, offered: Path
) -> None:
    for path in hostile_paths(offered):
        for visitor in (ANN, OPERATOR):
            with pytest.raises(CorpusError, match="not among the corpora and folders"):
                sharing.register_corpus(path, visitor=visitor, data=yard.data)
    assert registered(yard.data) == []
    added = sharing.register_corpus(offered / "good", visitor=ANN, data=yard.data)
    assert added.root == (offered / "good").resolve()


def test_no_corpus_but_a_known_one_is_worked_on(yard: JobYard, offered: Path) -> None:
    for path in hostile_paths(offered):
        for parameters in (
            {"corpus": path},
            {"corpora": [path]},
            {"corpora": [str(offered / "good"), path]},
            {"plans": [{"corpora": [path]}]},
            {"study": "learning-curve", "plan": {"corpora": [path]}},
        ):
            spec = JobSpec(kind="train", parameters=parameters)
            with pytest.raises(CorpusError, match="not among the corpora"):
                check_places(spec, data=yard.data)
    fine = JobSpec(kind="train", parameters={"corpora": [str(offered / "good")]})
    check_places(fine, data=yard.data)


def test_the_answer_does_not_tell_whether_a_folder_exists(
    yard: JobYard, offered: Path
) -> None:
    there = str(offered.parent / "secret")
    missing = str(offered.parent / "nosuch")
    told = []
    for path in (there, missing):
        spec = JobSpec(kind="bench", parameters={"corpus": path})
        for attempt in (
            lambda path=path: sharing.register_corpus(
                path, visitor=ANN, data=yard.data
            ),
            lambda spec=spec: submit(spec, data=yard.data, visitor=ANN, entry=ENTRY),
        ):
            with pytest.raises(CorpusError) as error:
                attempt()
            told.append(str(error.value).replace(path, "PATH"))
    assert len(set(told)) == 1
    assert not list(yard.data.jobs.glob("*/log.txt"))


@linking
def test_a_link_that_leads_outside_is_refused(yard: JobYard, offered: Path) -> None:
    (offered / "way out").symlink_to(offered.parent / "secret" / "corpus")
    deep = small_corpus(offered / "deep")
    (deep / "angry" / "link").symlink_to(offered.parent / "secret")
    file = small_corpus(offered / "file")
    secret = offered.parent / "secret" / "corpus" / "sad" / "a.wav"
    (file / "angry" / "b.wav").symlink_to(secret)
    second = small_corpus(offered / "second")
    (second / "sad" / "via").symlink_to(offered / "deep")
    (offered / "circle").symlink_to(offered / "circle")
    for name in ("way out", "deep", "file", "second", "circle"):
        with pytest.raises(CorpusError):
            sharing.register_corpus(offered / name, visitor=ANN, data=yard.data)
        spec = JobSpec(kind="bench", parameters={"corpus": str(offered / name)})
        with pytest.raises(CorpusError):
            check_places(spec, data=yard.data)
    (offered / "neighbour").symlink_to(offered / "good")
    added = sharing.register_corpus(offered / "neighbour", visitor=ANN, data=yard.data)
    assert added.root == (offered / "good").resolve()


@pytest.mark.parametrize(
    "parameters",
    [
        {"folder": "/tmp/elsewhere"},
        {"folder": "synthetic"},
        {"folder": "DATA/corpora/../models/x"},
        {"folder": "DATA/corpora/a/b"},
        {"folder": "DATA/corpora"},
        {"folder": "DATA/corpora/.hidden"},
        {"folder": "DATA/corpora/\0"},
        {"folder": 7},
        {"folder": "DATA/corpora/fine", "base_url": "http://127.0.0.1:22/"},
    ],
)
@pytest.mark.usefixtures("offered")
def test_a_corpus_is_made_below_the_data_folder_alone(
    yard: JobYard, parameters: dict[str, Any]
) -> None:
    given = {
        key: value.replace("DATA", str(yard.data.root))
        if isinstance(value, str)
        else value
        for key, value in parameters.items()
    }
    spec = JobSpec(kind="download", parameters={"corpus": "emo-db", **given})
    with pytest.raises(CorpusError):
        check_places(spec, data=yard.data)


@linking
@pytest.mark.usefixtures("offered")
def test_a_corpus_is_not_made_through_a_link(yard: JobYard, tmp_path: Path) -> None:
    yard.data.prepare()
    (yard.data.corpora / "link").symlink_to(tmp_path / "secret")
    folder = str(yard.data.corpora / "link")
    with pytest.raises(CorpusError):
        check_places(
            JobSpec(kind="synthesize", parameters={"folder": folder}), data=yard.data
        )


@pytest.mark.usefixtures("offered")
@pytest.mark.parametrize("model", ["/etc", "../models/x", "a/b", "", 3, "x\0"])
def test_a_model_is_chosen_by_its_name_alone(yard: JobYard, model: object) -> None:
    yard.data.prepare()
    small_corpus(yard.data.corpora / "here")
    spec = JobSpec(kind="predict", parameters={"corpus": "here", "model": model})
    with pytest.raises(ModelError, match="list of saved models"):
        check_places(spec, data=yard.data)


@pytest.mark.usefixtures("offered")
def test_parameters_of_any_depth_are_looked_into(yard: JobYard) -> None:
    nested: dict[str, Any] = {"corpus": "/etc"}
    for _ in range(50):
        nested = {"plan": nested}
    with pytest.raises(SerError):
        check_places(JobSpec(kind="study", parameters=nested), data=yard.data)


@pytest.mark.usefixtures("roomy")
def test_a_visitor_neither_renames_nor_removes_what_others_use(
    yard: JobYard, offered: Path
) -> None:
    first = sharing.register_corpus(offered / "good", visitor=ANN, data=yard.data)
    again = sharing.register_corpus(
        offered / "good", visitor=BEN, data=yard.data, name="mine", reader="folder"
    )
    assert again.name == first.name
    with pytest.raises(CorpusError, match="others may be using it"):
        sharing.unregister_corpus(first.name, visitor=BEN, data=yard.data)
    sharing.unregister_corpus(first.name, visitor=ANN, data=yard.data)
    register(offered / "good", data=yard.data, name="of the operator")
    with pytest.raises(CorpusError):
        sharing.unregister_corpus("of the operator", visitor=ANN, data=yard.data)
    sharing.unregister_corpus("of the operator", visitor=OPERATOR, data=yard.data)
    with pytest.raises(ModelError, match="only by who made it"):
        sharing.delete_model("any", visitor=ANN, data=yard.data)


@pytest.mark.usefixtures("roomy")
def test_a_corpus_that_is_too_large_or_not_ones_own_is_not_made(yard: JobYard) -> None:
    configure(yard.data, shared=True, visitor_bytes=100_000_000)
    yard.data.prepare()
    small_corpus(yard.data.corpora / "theirs")

    def made(name: str, utterances: int) -> JobSpec:
        folder = str(yard.data.corpora / name)
        return JobSpec(
            kind="synthesize", parameters={"folder": folder, "utterances": utterances}
        )

    with pytest.raises(JobError, match=r"keep 100 MB.*needs about"):
        sharing.check_growth(made("new", 5_000), ANN, data=yard.data)
    with pytest.raises(CorpusError, match="not yours"):
        sharing.check_growth(made("theirs", 5), ANN, data=yard.data)
    sharing.check_growth(made("new", 5), ANN, data=yard.data)
    sharing.claim_folder(made("new", 5), ANN, data=yard.data)
    assert Owners(yard.data).owner("folder", "new") == ANN.owner


def test_everything_is_refused_while_the_settings_are_damaged(yard: JobYard) -> None:
    configure(yard.data, shared=True)
    (yard.data.root / "config.toml").write_text("shared = true\nshraed = 1\n")
    with pytest.raises(ParameterError, match="'shraed' is no setting"):
        ask(yard, ANN)
    assert not list(yard.data.jobs.glob("*"))


@pytest.mark.parametrize(
    ("expected", "given", "same"),
    [
        ("a-long-token-of-the-operator", "a-long-token-of-the-operator", True),
        ("a-long-token-of-the-operator", "a-long-token-of-the-operatoR", False),
        ("", "", False),
        ("short", "short", False),
        ("a-long-token-of-the-operator", "ä\udcff", False),
    ],
)
def test_the_operators_token(
    monkeypatch: pytest.MonkeyPatch, expected: str, given: str, same: bool
) -> None:
    monkeypatch.setenv("SER_LAB_OPERATOR_TOKEN", expected)
    assert is_operator_token(given) is same


@pytest.mark.timeout(90)
def test_a_ticket_of_an_older_version_still_works(yard: JobYard) -> None:
    job = yard.submit("wait")
    yard.pids()
    folder = open_job(job.job_id, yard.data)
    ticket = json.loads(folder.ticket.read_text())
    del ticket["visitor"], ticket["limit_s"]
    folder.ticket.write_text(json.dumps(ticket))
    assert rules.job_owner(folder) is None
    assert view(job.job_id, yard.data).state == "running"


@pytest.mark.timeout(90)
def test_clicks_at_the_same_moment_are_not_one_job_too_many(yard: JobYard) -> None:
    configure(yard.data, max_jobs_per_visitor=2)
    yard.data.prepare()
    refused: list[str] = []

    def click(number: int) -> None:
        try:
            ask(yard, ANN, f"t{number}")
        except JobError as error:
            refused.append(error.message)

    clicks = [threading.Thread(target=click, args=(n,)) for n in range(6)]
    for each in clicks:
        each.start()
    for each in clicks:
        each.join(60)
    assert len(job_folders(yard.data)) == 2
    assert len(refused) == 4
    assert all("under way at once" in message for message in refused)
    assert not list(yard.data.jobs.glob(".new-*"))


def test_records_of_a_comparison_and_their_models_have_an_owner(yard: JobYard) -> None:
    store = RunStore(yard.data.runs)
    for name, model in (("r1", "m1"), ("r2", None)):
        store.add(
            {
                "schema_version": 1,
                "kind": "study",
                "id": name,
                "created_utc": "2025-01-01T00:00:00+00:00",
                "bundle": model,
            }
        )
    owners = Owners(yard.data)
    sharing.claim_result(ANN.owner, {"runs": ["r1", "r2"]}, data=yard.data)
    assert set(owners.names("run", str(ANN.owner))) == {"r1", "r2"}
    assert owners.names("model", str(ANN.owner)) == ["m1"]
    sharing.claim_result(None, {"id": "r3", "bundle": "m1"}, data=yard.data)
    assert owners.owner("model", "m1") is None


def test_what_cannot_be_remembered_does_not_lose_a_result(yard: JobYard) -> None:
    yard.data.prepare()
    Owners(yard.data).path.write_bytes(b"damaged")
    sharing.claim_result(ANN.owner, {"id": "r"}, data=yard.data)
    sharing.claim_result(ANN.owner, {"runs": ["never stored"]}, data=yard.data)
    sharing.claim_result(ANN.owner, {"root": "/x"}, data=yard.data)


@pytest.mark.parametrize("module", [rules, retention, store_settings])
def test_examples(module: ModuleType) -> None:
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0
