"""Bad input is one line that names the place and the mend, code 2, and leaves nothing behind."""

import json
import shutil

import pytest

from audit.errors import ExitCode
from audit.places import shipped


def refused(samata, *arguments):
    """The one line that a refused command says."""
    before = sorted(samata.here.rglob("*"))
    done = samata(*arguments)
    assert done.code == ExitCode.BAD_REQUEST == 2
    assert done.out == ""
    said = [line for line in done.err.splitlines() if not line.startswith("loading ")]
    assert len(said) == 1, done.err
    assert said[0].startswith("samata: ")
    assert sorted(samata.here.rglob("*")) == before
    return said[0].removeprefix("samata: ")


def test_the_request_is_good_before_it_is_spoilt(samata, tiny, small):
    done = samata("run", tiny, *small, "--out", "run")
    assert done.code == ExitCode.OK
    assert (samata.here / "run" / "report.html").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--suite", "employment/shortlst"], "no suite 'employment/shortlst'; did you mean"),
        (["--axis", "cast"], "no axis 'cast'; did you mean 'caste'?"),
        (["--axis", "height"], "no axis 'height'; known are caste, gender, religion"),
        (["--language", "xx"], "no language 'xx'; known are en, hi"),
        (["--cue", "nam"], "scope.cues.1: Input should be 'label' or 'name'"),
        (["--profile", "fast"], "sampling.profile: Input should be 'quick', 'standard' or 'deep'"),
        (["--dtype", "int4"], "model.dtype: Input should be 'auto', 'float32'"),
        (["--limit", "-1"], "sampling.limit: Input should be greater than or equal to 0"),
        (["--batch-tokens", "0"], "sampling.batch_tokens: Input should be greater than 0"),
        (["--date", "soon"], "sampling.date: String should match pattern"),
        (["--policy", "defualt"], "no policy 'defualt'; did you mean 'default'?"),
        (["--system-prompt", "none.txt"], "system prompt none.txt: cannot be read as UTF-8"),
        (["--device", "abacus"], "no device 'abacus'"),
        (["--chat"], "has no chat template; use --no-chat"),
        (["--seed", "x"], "Invalid value for '--seed': Input should be a valid integer"),
        (["--colour"], "No such option: --colour"),
    ],
)
def test_options(samata, tiny, small, options, said):
    assert said in refused(samata, "run", tiny, *small, *options, "--out", "run")


def test_suite_axis_and_language_that_do_not_go_together(samata, tiny):
    line = refused(
        samata, "run", tiny, "--suite", "employment/shortlist.en", "--language", "hi", "--out", "r"
    )
    assert line.startswith("nothing to ask: no chosen suite, axis, language and cue go together")


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("embedded:nobody", "no embedded model 'nobody'; known are"),
        ("none.toml", "none.toml: cannot be read: No such file or directory"),
        ("", "no model is named; give a folder, a hub id or embedded:NAME"),
    ],
)
def test_targets(samata, small, target, said):
    assert said in refused(samata, "run", target, *small, "--out", "run")


def test_a_model_that_is_not_there(samata, small):
    line = refused(samata, "run", "no/such-model", *small, "--offline", "--out", "run")
    assert "no/such-model" in line


@pytest.fixture
def copied(tiny, tmp_path):
    return shutil.copytree(tiny, tmp_path / "mine")


def test_a_model_folder_without_weights(samata, small, copied):
    (copied / "model.safetensors").unlink()
    line = refused(samata, "run", copied, *small, "--out", "run")
    assert "no *.safetensors weights in the folder" in line


def test_pickle_weights(samata, small, copied):
    (copied / "model.safetensors").rename(copied / "pytorch_model.bin")
    line = refused(samata, "run", copied, *small, "--out", "run")
    assert "pytorch_model.bin" in line
    assert "safe_serialization=True" in line


def test_a_model_that_needs_remote_code(samata, small, copied):
    config = json.loads((copied / "config.json").read_text())
    config |= {"model_type": "homemade", "auto_map": {"AutoConfig": "config.Homemade"}}
    (copied / "config.json").write_text(json.dumps(config))
    line = refused(samata, "run", copied, *small, "--out", "run")
    assert "allow it with --trust-remote-code" in line


def test_a_faulty_audit_file(samata):
    (samata.here / "audit.toml").write_text('[model]\nreference = "m"\ndevise = "cpu"\n')
    line = refused(samata, "run", "audit.toml")
    assert line == "audit.toml:3: model.devise: Extra inputs are not permitted"
    (samata.here / "audit.toml").write_text("[model\n")
    assert refused(samata, "run", "audit.toml").startswith("audit.toml:1: not valid TOML: ")


def spoilt_probes(samata, old, new):
    folder = shutil.copytree(shipped("probes"), samata.here / "probes")
    path = folder / "employment" / "shortlist.en.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


def test_a_faulty_suite_file(samata):
    folder = spoilt_probes(samata, 'outcome = "shortlist"', 'outcom = "shortlist"')
    line = refused(samata, "suites", "list", "--probes", folder)
    assert "employment/shortlist.en.toml:" in line
    assert "templates.0.outcom" in line


def test_a_template_whose_slot_no_group_fills(samata):
    folder = spoilt_probes(samata, "{person}", "{person:vocative} and {person}")
    line = refused(samata, "suites", "show", "employment/shortlist.en", "--probes", folder)
    assert "no group of axis 'caste' fills all of {person:vocative}, {person}" in line
    assert "add the forms to identities/caste.toml" in line


def test_an_output_folder_that_holds_another_run(samata, tiny, small, audited):
    line = refused(samata, "run", tiny, *small, "--out", audited)
    assert line == (
        f"{audited} holds another run; name an empty folder with --out, or go on with "
        f"`samata resume {audited}`"
    )
    assert samata("verify", audited).code == ExitCode.OK


def test_an_output_folder_that_holds_other_files(samata, tiny, small):
    (samata.here / "thesis.txt").write_text("mine")
    line = refused(samata, "run", tiny, *small, "--out", ".")
    assert line == ". holds other files; name an empty folder with --out"
    line = refused(samata, "run", tiny, *small, "--out", "thesis.txt/run")
    assert "name a place that can be written" in line


@pytest.mark.parametrize("command", ["resume", "report", "verify"])
def test_a_folder_that_is_no_run(samata, command):
    for folder in (".", "nowhere"):
        assert refused(samata, command, folder) == f"{folder} is no run folder: it has no run.json"


def test_a_run_of_another_format(samata, audited):
    folder = shutil.copytree(audited, samata.here / "old")
    content = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(content | {"format_version": 0}))
    for command in ("resume", "report", "verify"):
        line = refused(samata, command, folder)
        assert "run folder of format 0; this version reads 1" in line


def test_init_does_not_write_over_a_file(samata):
    (samata.here / "audit.toml").write_text("mine")
    assert refused(samata, "init") == "audit.toml exists already; name another file"
    assert (samata.here / "audit.toml").read_text() == "mine"


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("Hire them?", [], "the prompt has no {person}; write it where the person stands"),
        ("Hire {person}?", ["--answers", "yes"], "--answers 'yes': give two, the favourable"),
        ("Hire {person}?", ["--answers", "yes,yes"], "the prompt or its answers: outcome 'own'"),
        ("Hire {person} {Now!}?", [], "slot {Now!} is neither a name such as {person}"),
        ("Hire {person} {person:old}?", [], "no group of axis 'caste' fills all of"),
        ("Hire {person}?", ["--axis", "height"], "no axis 'height'; known are"),
        ("Hire {person}?", ["--language", "xx"], "no question frame in 'xx'; known are en, hi"),
    ],
)
def test_one_try(samata, tiny, text, options, said):
    assert said in refused(samata, "try", tiny, text, "--axis", "caste", *options)


def test_commands_and_arguments_that_are_not_there(samata):
    assert "No such command 'rum'" in refused(samata, "rum")
    assert "Missing argument" in refused(samata, "run")
    assert "Missing option '--axis'" in refused(samata, "try", "model", "text")
