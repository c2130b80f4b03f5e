import pytest
from streamlit.testing.v1 import AppTest
from yard import JOB_ID, TOKEN


def page(job_id: str, token: str) -> None:
    from pages._view import tokens

    tokens.remember(job_id, token)
    tokens.keep_in_browser(job_id)


@pytest.mark.usefixtures("lab_home")
def test_the_submitters_browser_is_given_the_token_as_a_strict_cookie() -> None:
    app = AppTest.from_function(page, args=(JOB_ID, TOKEN)).run()
    (script,) = app.html
    assert f"serlab_{JOB_ID}={TOKEN}" in script.value
    assert "SameSite=Strict" in script.value


@pytest.mark.usefixtures("lab_home")
@pytest.mark.parametrize(
    ("job_id", "token"),
    [
        (JOB_ID, "';alert(1)//aaaaaaaaaaaaaaaa"),
        ("</script><script>alert(1)", TOKEN),
        (JOB_ID, "short"),
    ],
)
def test_nothing_but_plain_letters_becomes_part_of_a_script(
    job_id: str, token: str
) -> None:
    app = AppTest.from_function(page, args=(job_id, token)).run()
    assert not app.exception
    assert len(app.html) == 0
