"""A model that cannot be loaded as asked is refused in one line that names the mend."""

import json
import re
import shutil
import socket

import pytest
import torch
from safetensors.torch import load_file, save_file

from audit.errors import ExitCode, ModelError
from audit.models.contract import Ask, Scored
from audit.records.runs import ModelRequest

ASK = Ask(("See her?",), "Answer:", (("yes",), ("no",)))


@pytest.fixture
def copied(folders, tmp_path):
    """A copy of a good folder, to be spoilt."""
    return shutil.copytree(folders["llama"], tmp_path / "mine")


def refused(load_model, folder, **asked):
    with pytest.raises(ModelError) as caught:
        load_model(folder, **asked)
    assert caught.value.exit_code == ExitCode.BAD_REQUEST
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_the_copy_is_good_before_it_is_spoilt(load_model, copied):
    assert isinstance(load_model(copied).score([ASK])[0], Scored)


def test_no_weights(load_model, copied):
    (copied / "model.safetensors").unlink()
    assert "no *.safetensors weights" in refused(load_model, copied)


def test_pickle_weights_only(load_model, copied):
    weights = load_file(copied / "model.safetensors")
    (copied / "model.safetensors").unlink()
    torch.save(weights, copied / "pytorch_model.bin")
    message = refused(load_model, copied)
    assert "pytorch_model.bin" in message
    assert "safe_serialization=True" in message


def test_no_config(load_model, copied):
    (copied / "config.json").unlink()
    assert "no config.json" in refused(load_model, copied)


def test_broken_config(load_model, copied):
    (copied / "config.json").write_text("{")
    assert "config.json is no JSON" in refused(load_model, copied)


def test_code_of_its_own(load_model, copied):
    config = json.loads((copied / "config.json").read_text())
    config |= {"model_type": "homemade", "auto_map": {"AutoConfig": "homemade.Config"}}
    (copied / "config.json").write_text(json.dumps(config))
    (copied / "homemade.py").write_text("raise SystemExit('this code was run')\n")
    assert "--trust-remote-code" in refused(load_model, copied)


def test_code_of_its_own_is_not_needed_by_a_known_family(load_model, copied):
    config = json.loads((copied / "config.json").read_text())
    config["auto_map"] = {"AutoModelForCausalLM": "homemade.Model"}
    (copied / "config.json").write_text(json.dumps(config))
    assert isinstance(load_model(copied).score([ASK])[0], Scored)


def test_a_missing_tensor_is_not_filled_at_random(load_model, copied):
    weights = load_file(copied / "model.safetensors")
    name = next(name for name in weights if "layers.1.mlp" in name)
    del weights[name]
    save_file(weights, copied / "model.safetensors", metadata={"format": "pt"})
    assert "the weights lack 1 tensors" in refused(load_model, copied)


def test_damaged_weights(load_model, copied):
    content = (copied / "model.safetensors").read_bytes()
    (copied / "model.safetensors").write_bytes(content[: len(content) // 2])
    assert "does not load" in refused(load_model, copied)


def test_no_tokenizer(load_model, copied):
    for path in copied.glob("tokenizer*"):
        path.unlink()
    assert "its tokenizer does not load" in refused(load_model, copied)


@pytest.mark.parametrize("reference", ["./no/such/folder", "/no/such/folder", "a/b/c"])
def test_no_such_folder(load_model, reference):
    assert "no such folder" in refused(load_model, reference)


def test_a_folder_has_no_revision(load_model, copied):
    assert "has no revision" in refused(load_model, copied, revision="main")


def test_two_revisions(load_model):
    message = refused(load_model, "hf:org/name@one", revision="two", offline=True)
    assert "name one" in message


def test_an_unknown_device(load_model, copied):
    assert "auto, cpu or cuda" in refused(load_model, copied, device="abacus")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is such a device here")
def test_a_device_that_is_not_here(load_model, copied):
    assert "--device cpu" in refused(load_model, copied, device="cuda")


def test_chat_asked_of_a_tokenizer_without_a_template(load_model, copied):
    assert "--no-chat" in refused(load_model, copied, chat="on")


def test_offline_reaches_for_no_network(load_model, copied, monkeypatch):
    reached = []

    def no_network(*where, **_):
        reached.append(where)
        raise OSError("no network in this test")

    monkeypatch.setattr(socket.socket, "connect", no_network)
    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    assert isinstance(load_model(copied, offline=True).score([ASK])[0], Scored)
    message = refused(load_model, "hf:some-org/some-model-that-is-not-cached", offline=True)
    assert "--offline" in message
    assert reached == []
    with pytest.raises(OSError, match="no network"):  # control: the trap is set
        socket.create_connection(("localhost", 9))
    assert reached


@pytest.mark.parametrize(("dtype", "name"), [("auto", "float32"), ("bfloat16", "bfloat16")])
def test_the_number_format_is_the_one_asked_for(load_model, copied, dtype, name):
    model = load_model(copied, dtype=dtype)
    assert model.identity.dtype == name
    assert isinstance(model.score([ASK])[0], Scored)


def test_sixteen_bit_numbers_stay_near(load_model, copied):
    half, full = (load_model(copied, dtype=d).score([ASK])[0] for d in ("bfloat16", "float32"))
    assert half.log_probs == pytest.approx(full.log_probs, abs=0.5)
    assert half.log_probs != full.log_probs


def test_parameters_are_frozen(load_model, copied):
    network = load_model(copied).network.model
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_progress_bars_are_put_back(load_model, copied):
    from transformers.utils import logging

    logging.enable_progress_bar()
    load_model(copied)
    assert logging.is_progress_bar_enabled()


def test_identity_names_no_path(load_model, copied):
    config = json.loads((copied / "config.json").read_text())
    config["samata_notice"] = "A measuring standard."
    (copied / "config.json").write_text(json.dumps(config))
    identity = load_model(copied).identity
    network = load_model(copied).network.model
    assert identity.name == "mine"
    assert str(copied.parent) not in identity.model_dump_json()
    assert identity.family == "llama"
    assert identity.notice == "A measuring standard."
    assert identity.context_length == 1024
    assert identity.parameters == sum(p.numel() for p in network.parameters())
    assert identity.capabilities == (
        "ScoresContinuations", "ScoresSequences", "Differentiable", "Intervenes",
    )  # fmt: skip
    assert re.fullmatch("[0-9a-f]{64}", identity.weight_digest)
    assert identity.chat_template_digest == ""


def test_digests_follow_contents_only(load_model, copied, tmp_path):
    before = load_model(copied).identity
    moved = load_model(shutil.copytree(copied, tmp_path / "elsewhere" / "mine")).identity
    assert moved == before
    weights = load_file(copied / "model.safetensors")
    weights["lm_head.weight"] = weights["lm_head.weight"] + 1e-3
    save_file(weights, copied / "model.safetensors", metadata={"format": "pt"})
    after = load_model(copied).identity
    assert after.weight_digest != before.weight_digest
    assert after.tokenizer_digest == before.tokenizer_digest


def test_a_request_goes_through_the_registry(copied):
    from audit import models, plugins
    from audit.models.contract import Backend

    assert plugins.names(models) == ("causal",)
    backend = plugins.load(models, "causal", Backend)
    model = backend.load(ModelRequest(reference=str(copied)), date="2026-07-01", threads=1)
    assert model.identity.backend == backend.name
