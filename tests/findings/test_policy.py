"""Reading policies: the shipped one is lawful, and faults are named where they stand."""

import pytest

from audit.errors import RequestError, SuiteError
from audit.findings.policy import _SHIPPED, load_policy, policy_names

DEFAULT = (_SHIPPED / "default.toml").read_text(encoding="utf-8")


def test_the_default_says_who_chose_and_why():
    policy = load_policy("default")
    for outcome in ("choice", "ordered"):
        margin = policy.margin(outcome, "log_odds")
        assert (margin.margin, margin.unit) == (0.2, "log-odds")
        assert margin.author
        assert "a hundred" in margin.rationale or "a hundred" in policy.margins[0].rationale
    assert policy.margin("choice", "answer_mass") is None
    assert [band.from_margins for band in policy.bands] == [0, 1, 3]
    assert (policy.min_templates, policy.min_names) == (4, 3)
    assert (policy.clear_templates, policy.clear_names) == (20, 10)
    assert "default" in policy_names()


def test_the_margin_in_words_is_the_margin_in_numbers():
    """0.2 log-odds take even odds to 55 in 100."""
    assert pytest.approx(0.55, abs=0.001) == 1 / (1 + 2.718281828**-0.2)


def test_a_file_by_its_path(tmp_path):
    mine = tmp_path / "mine.toml"
    mine.write_text(DEFAULT.replace("alpha = 0.05", "alpha = 0.01"), encoding="utf-8")
    assert load_policy(str(mine)).alpha == 0.01


@pytest.mark.parametrize(
    ("name", "hint"), [("defualt", "did you mean 'default'"), ("zzz", "there is default")]
)
def test_unknown_names(name, hint):
    with pytest.raises(RequestError, match=hint) as raised:
        load_policy(name)
    assert raised.type is RequestError


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("alpha = 0.05", "alpha = = 0.05", "line 1"),
        ("alpha = 0.05", "alpha = 5", "alpha"),
        ("alpha = 0.05", "alhpa = 0.05", "alhpa|alpha"),
        ("margin = 0.2", "margin = -0.2", "margins.0.margin"),
        ("from_margins = 1.0", "from_margins = 4.0", "bands must rise"),
        ("critical = 8", "critical = 2", "severity_points must fall"),
        ('outcome = "ordered"', 'outcome = "choice"', "given twice"),
    ],
)
def test_faults_name_the_file_and_the_place(tmp_path, old, new, place):
    bad = tmp_path / "bad.toml"
    assert old in DEFAULT
    bad.write_text(DEFAULT.replace(old, new), encoding="utf-8")
    with pytest.raises(SuiteError, match=place) as raised:
        load_policy(str(bad))
    assert "bad.toml" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_file_that_is_no_text(tmp_path):
    bad = tmp_path / "bad.toml"
    bad.write_bytes(b'key = "\xff"')
    with pytest.raises(SuiteError, match="UTF-8 at byte 7"):
        load_policy(str(bad))
