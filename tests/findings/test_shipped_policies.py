"""Every shipped policy is lawful, argued, and says what it does; faults have a place."""

import math
import re
import tomllib

import pytest

from audit.errors import SuiteError
from audit.findings.margins import at_even_odds
from audit.findings.policy import (
    _SHIPPED,
    HARMS,
    JUDGED,
    find_policy,
    load_policy,
    policy_faults,
    policy_names,
)
from audit.findings.policy_places import line_of
from audit.findings.policy_words import differences, in_words
from audit.records.findings import Policy

NAMES = ("default", "four-fifths", "rbi-model-risk", "strict", "tec-aligned")
DEFAULT = (_SHIPPED / "default.toml").read_text(encoding="utf-8")


def test_these_are_shipped():
    assert policy_names() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_each_is_whole_and_argued(name):
    policy = load_policy(name)
    assert policy_faults(name) == ()
    assert policy.key == name
    assert policy.author
    assert len(policy.rationale) > 100
    assert {m.outcome for m in policy.margins} == set(JUDGED)
    assert set(HARMS) <= set(policy.harm_points)
    assert policy.clear_templates >= 20
    assert policy.clear_names >= 10
    for margin in policy.margins:
        assert margin.author
        assert len(margin.rationale) > 60


@pytest.mark.parametrize("name", NAMES)
def test_a_comment_stands_above_every_number_of_its_own(name):
    """A number at the top of the file has a reason right above it, or above the one before."""
    lines = find_policy(name).read_text(encoding="utf-8").split("\n\n")
    numbered = [b for b in lines if re.search(r"^\w+ = [\d.]+$", b, re.MULTILINE)]
    numbered = [b for b in numbered if not b.lstrip().startswith("[[")]
    assert len(numbered) >= 6
    assert all(block.lstrip().startswith("#") for block in numbered)


def test_the_four_fifths_are_two_sided_on_the_logarithm():
    policy = load_policy("four-fifths")
    margin = policy.judging("choice")
    assert margin.metric == "impact_ratio"
    assert math.exp(margin.margin) == pytest.approx(1.25, abs=1e-5)
    assert math.exp(-margin.margin) == pytest.approx(0.80, abs=1e-5)
    ordered = policy.judging("ordered").margin
    assert ordered == pytest.approx(at_even_odds(margin), abs=2e-5)
    chance = 1 / (1 + math.exp(-ordered / 2))
    assert chance / (1 - chance) == pytest.approx(1.25, abs=1e-4)


def test_conversions_to_log_odds_by_plain_arithmetic():
    ten_points = load_policy("tec-aligned").judging("choice")
    d = at_even_odds(ten_points)
    above, below = (1 / (1 + math.exp(-x)) for x in (d / 2, -d / 2))
    assert above - below == pytest.approx(0.10)
    assert load_policy("tec-aligned").judging("ordered").margin == pytest.approx(d, abs=0.002)
    assert at_even_odds(load_policy("default").judging("choice")) == 0.2


def test_strict_is_nowhere_laxer_than_the_default():
    strict, default = load_policy("strict"), load_policy("default")
    assert strict.alpha < default.alpha
    for key in ("coverage_floor", "mass_floor", "min_templates", "min_names", "clear_templates"):
        assert getattr(strict, key) >= getattr(default, key)
    for one, two in zip(strict.margins, default.margins, strict=True):
        assert one.margin < two.margin
    for table in ("caps", "evidence", "rating"):
        mine, theirs = getattr(strict, table), getattr(default, table)
        assert all(mine[key] >= theirs[key] for key in theirs)


def test_a_policy_that_says_nothing_of_letters_keeps_the_defaults():
    bare = DEFAULT[: DEFAULT.index("# The letter of a run")]
    assert "[rating]" not in bare
    default = load_policy("default")
    content = type(default).model_validate(tomllib.loads(bare))
    assert content == default


@pytest.mark.parametrize("name", NAMES)
def test_in_words_names_every_number(name):
    policy = load_policy(name)
    text = "\n".join(in_words(policy))
    for margin in policy.margins:
        assert f"{margin.margin:g} {margin.unit}" in text
        assert margin.rationale in text
    for word in (f"{policy.alpha:g}", f"{policy.mass_floor:g}", policy.author, "Holm"):
        assert word in text


def test_difference_lists_what_differs_and_nothing_else():
    default = load_policy("default")
    other = default.model_copy(update={"alpha": 0.01})
    assert differences(default, default) == ()
    assert differences(default, other) == ("alpha: 0.05 -> 0.01",)
    found = differences(default, load_policy("strict"))
    assert "margins.choice.margin: 0.2 -> 0.1" in found
    assert not [line for line in found if line.startswith("margins.choice.metric")]


def broken(tmp_path, *changes):
    text = DEFAULT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


SECOND = 'outcome = "ordered"'


@pytest.mark.parametrize(
    ("change", "at", "key", "what"),
    [
        ((SECOND, 'outcome = "rank"'), "[[margins]]", "margins", "no margin for 'ordered'"),
        (('outcome = "number"', 'outcome = "rank"'), "[[margins]]", "margins",
         "no margin for 'number'"),
        (('metric = "log_amount"', 'metric = "log_odds"'), 'metric = "log_odds"',
         "margins.2.metric", "cannot judge 'number'"),
        ((SECOND, 'outcome = "choice"'), 'outcome = "choice"', "margins.1.outcome", "given twice"),
        (("from_margins = 3.0", "from_margins = 0.5"), "from_margins = 0.5",
         "bands.2.from_margins", "not overlap"),
        (("from_margins = 1.0", "from_margins = 0.0"), "from_margins = 0.0",
         "bands.1.from_margins", "not overlap"),
        (("points = 2", "points = 9"), "points = 4", "bands.2.points", "fewer points"),
        (('metric = "log_odds"', 'metric = "answer_mass"'), 'metric = "answer_mass"',
         "margins.0.metric", "cannot judge 'choice'"),
        (('["axis", "outcome"]', '["axis", "group"]'), 'families = ["axis", "group"]',
         "families.1", "'axis'"),
        (('["axis", "outcome"]', '["axis", "axis"]'), 'families = ["axis", "axis"]',
         "families", "named twice"),
        (("margin = 0.2", "margin = 0"), "margin = 0", "margins.0.margin", "greater than 0"),
        (("margin = 0.2\n", ""), "[[margins]]", "margins.0.margin", "required"),
        (("denigration = 3\n", ""), "[harm_points]", "harm_points", "'denigration'"),
        (("high = 6", "high = 8"), "[severity_points]", "severity_points", "not overlap"),
        (('high = "D"', 'high = "B"'), "[rating]", "rating", "none better for a graver"),
        (('low = "C"', 'low = "B"'), "[rating]", "rating", "none better than C"),
        (('sign_open = "B"', 'sign_open = "A"'), "[caps]", "caps", "sign_open"),
        (('small_design = "C"\n', ""), "[caps]", "caps", "small_design"),
        (('one_cue = "B"', 'one_cue = "X"'), 'one_cue = "X"', "evidence.one_cue", "'A', 'B'"),
        (("alpha = 0.05", "alpha = 0.05\nalfa = 1"), "alfa = 1", "alfa", "Extra inputs"),
    ],
)  # fmt: skip
def test_faults_have_file_line_and_key(tmp_path, change, at, key, what):
    path = broken(tmp_path, change)
    lines = path.read_text(encoding="utf-8").splitlines()
    (fault,) = policy_faults(str(path))
    assert fault.key == key
    assert what in fault.what
    assert lines[fault.line - 1].strip() == at
    with pytest.raises(SuiteError, match=re.escape(f"{path}:{fault.line}: {key}: ")):
        load_policy(str(path))


def test_families_are_said_and_compared():
    default = load_policy("default")
    assert "over all comparisons of one axis and kind of outcome" in "\n".join(in_words(default))
    whole, fine = (
        default.model_copy(update={"families": one})
        for one in ((), ("axis", "outcome", "language"))
    )
    assert "over all comparisons of the run together" in "\n".join(in_words(whole))
    assert "one axis, kind of outcome and language" in "\n".join(in_words(fine))
    assert differences(default, whole) == ('families: ["axis", "outcome"] -> []',)


def test_amounts_are_said_as_a_ratio_and_marks_and_statements_are_not_converted():
    said = "\n".join(in_words(load_policy("default")))
    assert "0.04879 log amount, either way, counts as immaterial (a ratio of 1.050)" in said
    assert "0.05 share of the scale, either way, counts as immaterial." in said
    assert "0.2 nats, either way, counts as immaterial." in said


def test_a_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(b"key = \xff")
    with pytest.raises(SuiteError, match="no UTF-8 at byte 6"):
        load_policy(str(path))


@pytest.mark.parametrize("bands", ["bands = []", 'bands = "none"'])
def test_bands_that_are_none_have_their_place(tmp_path, bands):
    start, end = DEFAULT.index("[[bands]]"), DEFAULT.index("# What is at stake")
    path = tmp_path / "mine.toml"
    path.write_text(f"{bands}\n{DEFAULT[:start]}{DEFAULT[end:]}", encoding="utf-8")
    (fault,) = policy_faults(str(path))
    assert (fault.line, fault.key) == (1, "bands")


def test_a_margin_and_a_doubt_may_not_be_missing(tmp_path):
    whole = load_policy("default").model_dump(mode="json")
    del whole["evidence"]["one_cue"]
    with pytest.raises(ValueError, match="evidence lacks"):
        Policy.model_validate(whole)


def test_several_faults_are_told_at_once(tmp_path):
    path = broken(tmp_path, ("alpha = 0.05", "alpha = 5"), ("mass_floor = 0.5", "mass_floor = 2"))
    assert [fault.key for fault in policy_faults(str(path))] == ["alpha", "mass_floor"]


def test_invalid_toml_has_its_line(tmp_path):
    (fault,) = policy_faults(str(broken(tmp_path, ("alpha = 0.05", "alpha = = 1"))))
    lines = DEFAULT.splitlines()
    assert lines[fault.line - 1] == "alpha = 0.05"


def test_places_in_a_file_without_the_table():
    source = 'key = "a"\nalpha = 1\n\n[[bands]]\nkey = "x"\n[caps]\n"quoted" = 1\n'
    assert line_of(source, ("alpha",)) == 2
    assert line_of(source, ("margins",)) == 1
    assert line_of(source, ("bands", 0, "key")) == 5
    assert line_of(source, ("bands", 7, "points")) == 4
    assert line_of(source, ("caps", "quoted")) == 7
    assert line_of(source, ()) == line_of("", ("x",)) == 1
