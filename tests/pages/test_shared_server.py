"""What a visitor of a shared server sees, may do, and is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest
from streamlit.user_info import UserInfoProxy
from yard import JOB_ID, put_job, record, small_corpus

from pages._view import state, visitor
from ser_core import jobs
from ser_core.corpora.registry import register, registered
from ser_core.jobs import rules
from ser_core.jobs.rules import Visitor
from ser_core.store.data_folder import DataFolder
from ser_core.store.owners import Owners
from ser_core.store.runs import RunStore

Open = Callable[..., AppTest]

IDENTITY = "v" * 43
ME = Visitor(id=f"browser {IDENTITY}")
TOKEN = "a-long-token-of-the-operator"


@pytest.fixture(autouse=True)
def _known_visitor(lab_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the browser send a visitor's cookie, and the disk be large enough."""
    cookies = {visitor.COOKIE: IDENTITY}
    monkeypatch.setattr(ContextProxy, "cookies", property(lambda self: cookies))
    monkeypatch.setattr(rules, "LEAST_FREE_BYTES", 0)
    monkeypatch.setattr(visitor, "WRONG_TOKEN_S", 0.0)
    monkeypatch.delenv("SER_LAB_OPERATOR_TOKEN", raising=False)


def configure(home: Path, **values: Any) -> DataFolder:
    home.mkdir(parents=True, exist_ok=True)
    lines = [f"{name} = {json.dumps(value)}" for name, value in values.items()]
    (home / "config.toml").write_text("\n".join(lines), encoding="utf-8")
    return DataFolder(home)


def sign_in(monkeypatch: pytest.MonkeyPatch, **claims: object) -> None:
    info = {"is_logged_in": True, "iss": "https://id.example", **claims}
    monkeypatch.setattr(UserInfoProxy, "to_dict", lambda self: info)


def at_tab(app: AppTest, key: str, name: str) -> AppTest:
    app.session_state[key] = name
    return app.run()


def labels(app: AppTest) -> set[str]:
    return {button.label for button in app.button}


def put_run(data: DataFolder, owner: str | None) -> str:
    run = record("bench_small.json")
    RunStore(data.runs).add(run)
    Owners(data).claim("run", run["id"], owner)
    return str(run["id"])


def test_home_shows_the_rules_and_the_visitors_own_use(
    open_page: Open, lab_home: Path
) -> None:
    configure(lab_home, shared=True, max_job_s=120, visitor_bytes=500_000_000)
    app = open_page("home")
    assert not app.exception
    tables = [frame.value for frame in app.dataframe]
    (table,) = [t for t in tables if "rule" in t.columns]
    here = dict(zip(table["rule"], table["here"], strict=True))
    assert here["longest job"] == "2 min 0 s"
    assert here["folders to register"] == "none"
    assert here["deleting"] == "one's own"
    said = " ".join(m.value for m in app.markdown)
    assert "**You:** 0 jobs (0 under way), 0 B of 500 MB" in said
    assert not any(str(lab_home) in str(t.to_dict()) for t in tables)


def test_at_home_there_are_no_rules_and_no_cookie(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ContextProxy, "cookies", property(lambda self: {}))
    app = open_page("home")
    assert "not shared" in " ".join(caption.value for caption in app.caption)
    assert len(app.html) == 0


def test_a_new_browser_is_given_a_strict_cookie(
    open_page: Open, lab_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(lab_home, shared=True)
    monkeypatch.setattr(
        ContextProxy, "cookies", property(lambda self: {visitor.COOKIE: "'; evil"})
    )
    app = open_page("home")
    (script,) = app.html
    given = app.session_state[visitor.IDENTITY]
    assert f"{visitor.COOKIE}={given}" in script.value
    assert "SameSite=Strict" in script.value
    assert "evil" not in script.value
    assert len(given) == 43


def test_without_offered_folders_there_is_no_way_to_register(
    open_page: Open, lab_home: Path
) -> None:
    configure(lab_home, shared=True)
    app = at_tab(open_page("corpora"), state.CORPORA_SECTION, "Register a folder")
    assert not app.exception
    assert "the operator registers folders" in app.info[0].value
    assert len(app.text_input) == 0
    assert "Register" not in labels(app)


def test_offered_folders_are_a_choice_and_no_field(
    open_page: Open, lab_home: Path, tmp_path: Path
) -> None:
    small_corpus(tmp_path / "offered", name="good")
    folder = tmp_path / "offered" / "corpora"
    configure(lab_home, shared=True, corpus_folders=[str(folder)])
    app = at_tab(open_page("corpora"), state.CORPORA_SECTION, "Register a folder")
    assert not app.exception
    assert [field.label for field in app.text_input] == ["Name (optional)"]
    choice = app.selectbox(key=f"{state.CORPORA_PATH}-offered")
    assert choice.options == ["corpora/good", "offered/corpora"]
    choice.select_index(0)
    next(button for button in app.button if button.label == "Register").click().run()
    assert not app.exception
    assert "'good' is registered" in app.success[0].value
    assert [corpus.name for corpus in registered(DataFolder(lab_home))] == ["good"]


def test_a_visitor_cannot_take_a_corpus_off_the_list(
    open_page: Open, lab_home: Path, tmp_path: Path
) -> None:
    data = configure(lab_home, shared=True)
    register(small_corpus(tmp_path / "lab's"), data=data)
    app = open_page("corpora")
    assert not app.exception
    assert not any("Take '" in label for label in labels(app))
    assert "only the operator" in " ".join(c.value for c in app.caption)
    assert "folder" not in app.dataframe[0].value.columns


def test_a_job_start_that_is_refused_says_the_rule(
    open_page: Open, lab_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(lab_home, shared=True, start_jobs="signed-in")
    small_corpus(lab_home)
    monkeypatch.setattr(jobs, "submit", lambda *a, **k: pytest.fail("submitted"))
    for page, start in (("benchmark", "Start"), ("model", "Train")):
        app = open_page(page)
        assert not app.exception
        assert start not in labels(app)
        assert any("signed in may start jobs" in i.value for i in app.info)
    app = at_tab(open_page("corpora"), state.CORPORA_SECTION, "Generate")
    assert "Generate" not in labels(app)


def test_a_rule_that_changes_meanwhile_is_held_by_the_core(
    open_page: Open, lab_home: Path
) -> None:
    configure(lab_home, shared=True)
    app = at_tab(open_page("corpora"), state.CORPORA_SECTION, "Generate")
    button = app.button(key="corpora.generate")
    app.number_input(key=state.CORPORA_COUNT).set_value(27_854)
    button.click().run()
    assert "keep 500 MB" in app.error[0].value
    assert jobs.list_jobs(DataFolder(lab_home)) == []


def test_another_visitors_run_cannot_be_deleted_and_ones_own_can(
    open_page: Open, lab_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = configure(lab_home, shared=True)
    run_id = put_run(data, "somebody else")
    summaries = RunStore(data.runs).list()

    def page() -> None:
        from pages._view import cache
        from pages._view.history import _actions

        _actions(cache.runs().list())

    app = AppTest.from_function(page, default_timeout=60).run()
    assert not app.exception
    assert "Yes, delete" not in labels(app)
    assert "Some of these are not yours" in " ".join(m.value for m in app.markdown)
    Owners(data).claim("run", run_id, ME.owner)
    app.run()
    app.button(key=state.HISTORY_DELETE).click().run()
    assert RunStore(data.runs).list() != summaries


def test_the_operators_token_opens_what_visitors_may_not(
    open_page: Open, lab_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(lab_home, shared=True, start_jobs="operator")
    monkeypatch.setenv("SER_LAB_OPERATOR_TOKEN", TOKEN)
    app = open_page("home")
    app.text_input[0].set_value("a-wrong-token-of-somebody")
    next(b for b in app.button if "operator" in b.label).click().run()
    assert "the token is not" in app.error[0].value
    assert TOKEN not in str(app.error[0].value)
    app.text_input[0].set_value(TOKEN)
    next(b for b in app.button if "operator" in b.label).click().run()
    assert "You are the operator" in " ".join(c.value for c in app.caption)
    assert len(app.text_input) == 0


def test_without_a_token_there_is_no_operators_door(
    open_page: Open, lab_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(lab_home, shared=True)
    for token in ("", "short"):
        monkeypatch.setenv("SER_LAB_OPERATOR_TOKEN", token)
        assert len(open_page("home").text_input) == 0


@pytest.mark.parametrize(
    ("claims", "operator"),
    [
        ({"sub": "7", "email": "ann@lab.example", "email_verified": True}, True),
        ({"sub": "7", "email": "ann@lab.example", "email_verified": "true"}, True),
        ({"sub": "7", "email": "ann@lab.example"}, False),
        ({"sub": "7", "email": "ann@lab.example", "email_verified": False}, False),
        ({"sub": "olga-1"}, True),
        ({"sub": "8", "email": "olga-1", "email_verified": False}, False),
    ],
)
def test_an_operator_is_a_subject_or_a_confirmed_address(
    open_page: Open,
    lab_home: Path,
    monkeypatch: pytest.MonkeyPatch,
    claims: dict[str, object],
    operator: bool,
) -> None:
    configure(lab_home, shared=True, operators=["ann@lab.example", "olga-1"])
    sign_in(monkeypatch, **claims)
    app = open_page("home")
    assert not app.exception
    said = " ".join(caption.value for caption in app.caption)
    assert ("You are the operator" in said) is operator
    assert "Sign out" in labels(app)


def test_a_server_behind_a_proxy_is_nobodys_own(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = {"X-Forwarded-For": "192.0.2.7"}
    monkeypatch.setattr(ContextProxy, "headers", property(lambda self: headers))
    app = open_page("home")
    said = " ".join(caption.value for caption in app.caption)
    assert "You are the operator" not in said
    assert any("rule" in frame.value.columns for frame in app.dataframe)


def test_the_operator_may_cancel_anybodys_job(
    open_page: Open,
    lab_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    configure(lab_home, shared=True)
    put_job(monkeypatch, tmp_path, state="running")
    app = open_page("benchmark", job=JOB_ID)
    assert not app.exception
    assert "Yes, cancel it" not in labels(app)
    app.session_state[visitor.OPERATOR] = True
    app.run()
    assert "Yes, cancel it" in labels(app)


def test_damaged_settings_close_the_pages_and_open_nothing(
    open_page: Open, lab_home: Path
) -> None:
    configure(lab_home, shared=True)
    (lab_home / "config.toml").write_text("shared = true\nmax_job_s = [", "utf-8")
    for page in ("home", "corpora", "benchmark", "model"):
        app = open_page(page)
        assert not app.exception
        assert "config.toml" in app.error[0].value


def test_deleting_ones_ended_jobs_frees_the_quota(
    open_page: Open, lab_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = configure(lab_home, shared=True).prepare()
    folder = data.jobs / JOB_ID
    folder.mkdir(parents=True)
    ticket = {"ticket": 1, "visitor": ME.owner}
    (folder / "ticket.json").write_text(json.dumps(ticket))
    (folder / "outcome.json").write_text('{"state": "failed", "reason": "x"}')
    (folder / "log.txt").write_bytes(b"x" * 3_000_000)
    app = open_page("home")
    assert "**You:** 1 job (0 under way), 3 MB" in " ".join(
        m.value for m in app.markdown
    )
    app.button(key="home.delete_jobs").click().run()
    assert not folder.exists()
    assert "**You:** 0 jobs" in " ".join(m.value for m in app.markdown)
