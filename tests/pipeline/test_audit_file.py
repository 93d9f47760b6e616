"""The audit file: every option is a key of it, paths count from its folder."""

import inspect
import json
import tomllib

import pytest

from audit.cli.run import run as command
from audit.errors import RequestError, SuiteError
from audit.pipeline.audit_file import AuditFile, read_audit_file, spec
from audit.pipeline.stages import carry_out
from audit.places import shipped
from audit.records.runs import ModelRequest, RunSpec

TODAY = "2026-07-01"
NO_KEYS = {"target", "as_json"}  # where the file is, and how the outcome is printed
KEY_OF = {
    "out": "folder",
    "suite": "suites",
    "axis": "axes",
    "language": "languages",
    "cue": "cues",
}


def keys(record):
    """Section -> keys, as the audit file has them."""
    return {
        section: set(field.annotation.model_fields)
        for section, field in record.model_fields.items()
    }


@pytest.fixture
def shipped_file():
    return tomllib.loads((shipped("templates") / "audit.toml").read_text(encoding="utf-8"))


def test_every_option_of_run_is_a_key():
    known = set().union(*keys(AuditFile).values())
    options = set(inspect.signature(command).parameters) - NO_KEYS
    assert len(options) > 15
    assert {KEY_OF.get(option, option) for option in options} <= known


def test_every_key_of_the_plan_but_the_engagement_is_an_option():
    options = set(inspect.signature(command).parameters) - NO_KEYS
    for section in ("model", "scope", "sampling", "output"):
        wanted = keys(AuditFile)[section] - {"reference"}
        assert wanted <= {KEY_OF.get(option, option) for option in options}


def test_the_shipped_file_names_every_key_and_states_the_defaults(shipped_file):
    sections = keys(AuditFile)
    assert {section: set(values) for section, values in shipped_file.items()} == sections
    read = AuditFile.model_validate(shipped_file)
    assert read.model_copy(update={"engagement": AuditFile().engagement}) == AuditFile()
    stated = read.engagement.model_dump()
    assert len(stated.pop("risk")) >= 5
    assert set(stated.values()) == {""}


def test_every_key_reaches_the_plan(tmp_path):
    (tmp_path / "prompt.txt").write_text("Sei höflich.", encoding="utf-8")
    (tmp_path / "tiny").mkdir()
    (tmp_path / "audit.toml").write_text(
        """
        [engagement]
        system = "Ranker"
        auditor = "A. Auditor"
        [engagement.risk]
        "Who?" = "Applicants"
        [model]
        reference = "tiny"
        revision = "abc"
        dtype = "bfloat16"
        device = "cpu"
        chat = "off"
        system_prompt = "prompt.txt"
        trust_remote_code = true
        offline = true
        [scope]
        suites = ["employment/*"]
        axes = ["caste"]
        languages = ["hi"]
        cues = ["name"]
        [sampling]
        profile = "deep"
        seed = 7
        limit = 3
        batch_tokens = 99
        threads = 2
        date = "2025-01-02"
        [output]
        folder = "out"
        pdf = false
        policy = "default"
        """,
        encoding="utf-8",
    )
    asked = read_audit_file(tmp_path / "audit.toml")
    assert asked.output.folder == str(tmp_path / "out")
    assert asked.sampling.threads == 2
    made = spec(asked, TODAY)
    assert made.model == ModelRequest(
        reference=str(tmp_path / "tiny"),
        revision="abc",
        dtype="bfloat16",
        device="cpu",
        chat="off",
        system_prompt="Sei höflich.",
        trust_remote_code=True,
        offline=True,
    )
    flat = made.model_dump(exclude={"model", "depth", "engagement", "rerun_of"})
    assert flat == {
        "date": "2025-01-02",
        "suites": ("employment/*",),
        "axes": ("caste",),
        "languages": ("hi",),
        "cues": ("name",),
        "profile": "deep",
        "seed": 7,
        "limit": 3,
        "policy": "default",
        "batch_tokens": 99,
        "pdf": False,
    }
    assert made.engagement.system == "Ranker"
    assert made.engagement.risk == {"Who?": "Applicants"}
    fields = set(RunSpec.model_fields) - {"date", "rerun_of"}  # which only a rerun sets
    default = spec(AuditFile.model_validate({"model": {"reference": "tiny"}}), TODAY)
    assert default.date == TODAY
    for field in fields:
        assert getattr(made, field) != getattr(default, field) or field == "policy"


def test_a_name_that_is_no_path_stays_a_name(tmp_path):
    path = tmp_path / "audit.toml"
    path.write_text('[model]\nreference = "org/name"\n[output]\npolicy = "default"\n')
    asked = read_audit_file(path)
    assert asked.model.reference == "org/name"
    assert asked.output.policy == "default"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[model]\nreference = "m"\ndtype = "int4"\n', ":3: model.dtype: Input should be 'auto'"),
        ('[model]\nreference = "m"\n[sampling]\nlimit = -1\n', ":4: sampling.limit: Input should"),
        ('[sampling]\ndate = "today"\n', ":2: sampling.date: String should match"),
        ('[sampling]\nprofile = "slow"\n', ":2: sampling.profile: Input should be 'quick'"),
        ("[outputs]\n", ":1: outputs: Extra inputs are not permitted"),
        ("[model]\nrefrence = 'm'\n", ":2: model.refrence: Extra inputs are not permitted"),
        ("[model\n", ":1: not valid TOML"),
    ],
)
def test_a_fault_is_named_with_its_line_and_key(tmp_path, text, said):
    path = tmp_path / "audit.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SuiteError) as caught:
        read_audit_file(path)
    assert str(caught.value).startswith(f"{path}{said}")
    assert "\n" not in str(caught.value)


def test_no_model_and_no_system_prompt():
    with pytest.raises(RequestError, match="no model is named; give a folder, a hub id or"):
        spec(AuditFile(), TODAY)
    asked = AuditFile.model_validate({"model": {"reference": "m", "system_prompt": "none.txt"}})
    with pytest.raises(RequestError, match=r"system prompt none\.txt: cannot be read"):
        spec(asked, TODAY)


def test_the_file_is_copied_and_hashed_and_what_is_empty_is_not_stated(
    make_spec, planned, clock_now, tmp_path
):
    """Two runs: one states nothing, the other its system; the reports differ in just that."""
    wanted = make_spec(sampling={"limit": 1})
    file = (shipped("templates") / "audit.toml").read_bytes()
    silent = planned(wanted, tmp_path / "silent", file)
    stated = wanted.engagement.model_copy(update={"system": "Ranker 9", "provider": "Acme"})
    spoken = planned(wanted.model_copy(update={"engagement": stated}), tmp_path / "spoken")
    for work in (silent, spoken):
        carry_out(work, clock_now)
    assert (silent.folder / "audit.toml").read_bytes() == file
    assert len(silent.run.stamp.audit_file) == 64
    assert spoken.run.stamp.audit_file == ""
    assert not (spoken.folder / "audit.toml").exists()
    pages = [(work.folder / "report.html").read_text("utf-8") for work in (silent, spoken)]
    assert pages[0].count("not stated") > pages[1].count("not stated") > 0
    assert "Ranker 9" in pages[1]
    assert "Ranker 9" not in pages[0]
    assert "audit.toml" in json.loads((silent.folder / "manifest.json").read_text())["files"]
