"""A file at fault is named with its line and key, in one line that says what would be right."""

import shutil

import pytest

from audit.errors import ExitCode, RequestError, SuiteError
from audit.places import shipped
from audit.records.identities import Axis
from audit.records.probes import ProbeSuite
from audit.suites.format import read_toml
from audit.suites.library import choose, choose_suites, read_library

SUITE = """\
id = "work/hire"
version = "1"
language = "en"
domain = "work"
task = "decision"
harm = "allocation"
source = "a test"
licence = "CC0"
canary = "none"

[frame]
ask = "Answer with one of: {options}."
separator = ", "
cue = "Answer:"

[[outcomes]]
key = "hire"
kind = "choice"
favourable = "yes"
unfavourable = "no"
answers = [
  { key = "yes", text = "Yes" },
  { key = "no", text = "No" },
]

[[templates]]
id = "one"
text = "{person} asks for work."
question = "Should they be hired?"
role = "the applicant"
outcome = "hire"

[[templates]]
id = "two"
turns = ["Good day.", "Good day to you.", "{person} is here."]
question = "Should they be hired?"
role = "the applicant"
outcome = "hire"
"""

FAULTS = {
    "no TOML": ('version = "1"', "version 1", "suite.toml:2: not valid TOML: "),
    "unknown key": (
        'role = "the applicant"\noutcome = "hire"\n\n',
        'role = "the applicant"\noutcome = "hire"\ncolour = "red"\n\n',
        "suite.toml:32: templates.0.colour: Extra inputs are not permitted",
    ),
    "missing key": (
        'question = "Should they be hired?"\nrole = "the applicant"\noutcome = "hire"\n\n',
        'role = "the applicant"\noutcome = "hire"\n\n',
        "suite.toml:26: templates.0.question: Field required",
    ),
    "missing in a table": (
        'cue = "Answer:"\n',
        "",
        "suite.toml:11: frame.cue: Field required",
    ),
    "wrong kind": (
        'kind = "choice"',
        'kind = "guess"',
        "suite.toml:18: outcomes.0.kind: Input should be 'choice', 'ordered', 'number', 'marks'",
    ),
    "no person": (
        "{person} asks for work.",
        "{name} asks for work.",
        "suite.toml:26: templates.0: template one: no {person} slot, so no group can be named",
    ),
    "bad slot": (
        "{person} asks for work.",
        "{person} asks {his job}.",
        (
            "suite.toml:26: templates.0: template one: slot {his job} is neither a name such as "
            "{person} nor forms such as {he|she|they}"
        ),
    ),
    "even turns": (
        '"Good day to you.", ',
        "",
        "suite.toml:33: templates.1: template two: turns alternate and the last is the user's",
    ),
    "twice": (
        'id = "two"',
        'id = "one"',
        "suite.toml:1: the file as a whole: suite work/hire: template id 'one' comes twice",
    ),
    "empty answer": (
        'text = "No"',
        'text = ""',
        "suite.toml:21: outcomes.0.answers.1.text: String should have at least 1 character",
    ),
    "frame": (
        "{options}",
        "them",
        "suite.toml:11: frame: a frame's `ask` needs {options} exactly once",
    ),
    "undeclared outcome": (
        'outcome = "hire"\n\n[[',
        'outcome = "fire"\n\n[[',
        (
            "suite.toml:1: the file as a whole: template one: outcome 'fire' is not declared; "
            "declared are ['hire']"
        ),
    ),
}


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "suite.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_sound_file_is_read_with_and_without_a_byte_order_mark(written):
    suite = read_toml(written(SUITE), ProbeSuite)
    assert suite.template("one").turns == ("{person} asks for work.",)
    assert len(suite.template("two").turns) == 3
    assert read_toml(written("\ufeff" + SUITE), ProbeSuite) == suite


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_with_its_line_and_key(written, fault):
    good, bad, said = FAULTS[fault]
    assert SUITE.count(good) >= 1
    path = written(SUITE.replace(good, bad, 1))
    with pytest.raises(SuiteError) as caught:
        read_toml(path, ProbeSuite)
    message = str(caught.value)
    assert message.startswith(f"{path.parent}/{said}")
    assert "\n" not in message
    assert caught.value.exit_code == ExitCode.BAD_REQUEST


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(SuiteError, match=r"none\.toml: cannot be read: No such file"):
        read_toml(tmp_path / "none.toml", ProbeSuite)
    (tmp_path / "latin.toml").write_bytes(b'id = "caf\xe9"\n')
    with pytest.raises(SuiteError, match="not UTF-8 at byte 9; save it as UTF-8"):
        read_toml(tmp_path / "latin.toml", ProbeSuite)


def test_an_axis_without_its_reference(written):
    source = (shipped("probes") / "identities" / "gender.toml").read_text(encoding="utf-8")
    path = written(source.replace('reference = "man"', 'reference = "nobody"'))
    with pytest.raises(SuiteError, match="axis gender: reference 'nobody' is not in"):
        read_toml(path, Axis)


def test_a_file_calls_itself_what_its_place_says(tmp_path):
    folder = shutil.copytree(shipped("probes"), tmp_path / "probes")
    assert read_library(folder).axes.keys() == {"caste", "gender", "religion"}
    (folder / "identities" / "gender.toml").rename(folder / "identities" / "sex.toml")
    with pytest.raises(SuiteError, match=r"sex\.toml: calls itself 'gender'.*should be 'sex'"):
        read_library(folder)


def test_a_missing_probes_folder(tmp_path):
    with pytest.raises(SuiteError, match="no such probes folder"):
        read_library(tmp_path / "none")


def test_suites_are_chosen_by_name_glob_and_language(library):
    assert set(choose_suites(library, ["healthcare/*"])) == {
        "healthcare/access.en",
        "healthcare/access.hi",
        "healthcare/triage.en",
        "healthcare/triage.hi",
    }
    assert set(choose_suites(library, ["healthcare/triage.hi"])) == {"healthcare/triage.hi"}
    assert choose_suites(library, []).keys() == library.suites.keys()


@pytest.mark.parametrize(
    ("pattern", "hint"),
    [
        ("healthcare/triag", "did you mean 'healthcare/triage'?"),
        ("zzz", "known are employment/shortlist, "),
    ],
)
def test_an_unknown_suite_is_answered_with_what_comes_near(library, pattern, hint):
    with pytest.raises(RequestError) as caught:
        choose_suites(library, ["employment/*", pattern])
    assert str(caught.value).startswith(f"no suite {pattern!r}; {hint}")


def test_an_unknown_key_is_answered_with_what_comes_near():
    assert choose("axis", ["b", "a", "b"], ["a", "b", "c"]) == ("a", "b")
    assert choose("axis", [], ["b", "a"]) == ("a", "b")
    with pytest.raises(RequestError, match=r"no axis 'cast'; did you mean 'caste'\?"):
        choose("axis", ["cast"], ["caste", "gender"])
