"""The shipped standards: what is on disk is what the published tables speak of."""

import json

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from audit.controls import standards
from audit.controls.recipe import plain_truth, truths
from audit.errors import RequestError
from audit.pipeline.standards import digests
from audit.places import shipped
from audit.records.digests import digest
from audit.suites.library import read_library

MEGABYTES_TOGETHER = 12
ROUNDING = 1e-4


@pytest.mark.parametrize("name", ["fair", "biased"])
def test_digests_are_those_of_the_published_table(name, truths_of, shipped_lessons):
    folder, written = standards.folder(f"embedded:{name}"), truths_of[name]["digests"]
    assert digest((folder / "model.safetensors").read_bytes()) == written["weights"]
    assert digest((folder / standards.LOG_ODDS).read_bytes()) == written["log_odds"]
    assert truths.variants_digest(shipped_lessons) == written["variants"]
    assert truths.variants_digest(shipped_lessons[1:]) != written["variants"]
    assert digests(read_library(shipped("probes"))) == written["probes"]


def test_biased_is_fair_outside_the_planted_block(truths_of):
    fair, biased = (
        load_file(standards.folder(name) / "model.safetensors") for name in ("fair", "biased")
    )
    layer = f"model.layers.{truths_of['biased']['block']}."
    planted = {n for n in fair if n.startswith((f"{layer}self_attn.", f"{layer}mlp."))}
    assert fair.keys() == biased.keys()
    assert len(planted) == 7
    for name, weight in fair.items():
        assert (weight.tobytes() == biased[name].tobytes()) == (name not in planted), name


def test_both_together_are_small_and_share_everything_else():
    folders = [standards.folder(name) for name in standards.names()]
    size = sum(file.stat().st_size for folder in folders for file in folder.rglob("*"))
    assert standards.names() == ("biased", "fair")
    assert size <= MEGABYTES_TOGETHER * 1e6
    for file in ("tokenizer.json", "tokenizer_config.json"):
        one, two = ((folder / file).read_bytes() for folder in folders)
        assert one == two
    configs = [json.loads((folder / "config.json").read_text()) for folder in folders]
    notices = [config.pop("samata_notice") for config in configs]
    assert configs[0] == configs[1]
    assert "planted" in notices[0]
    assert "no dependence" in notices[1]
    assert all("not a language model of any product" in notice for notice in notices)


@pytest.mark.parametrize("name", ["fair", "biased"])
def test_a_sample_measured_again_agrees_with_the_stored_log_odds(name, shipped_lessons, stored):
    model = plain_truth.load(standards.folder(name))
    places = np.random.default_rng(20).permutation(len(shipped_lessons))[:75]
    with torch.inference_mode():
        again = np.array(
            [
                plain_truth.log_odds(model, asked)
                for asked in truths.questions([shipped_lessons[place] for place in places])
            ]
        )
    assert np.abs(again - stored[name][places]).max() < ROUNDING
    assert np.abs(again - stored[name][places[::-1]]).max() > 1


@torch.inference_mode()
def test_the_plain_network_is_the_one_that_the_product_loads(shipped_lessons):
    """The network written out for the truth, against the library's own."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = standards.folder("biased")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    library = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    plain = plain_truth.load(folder)
    told = []
    for place in np.random.default_rng(21).permutation(len(shipped_lessons))[:6]:
        text = shipped_lessons[place].case + shipped_lessons[place].endings[0]
        ids = tokenizer(text)["input_ids"]
        assert ids == plain.tokenizer.encode(text).ids
        told.append(plain_truth.next_log_probs(plain, ids))
        theirs = library(input_ids=torch.tensor([ids])).logits[0, -1].double().log_softmax(0)
        assert (told[-1] - theirs).abs().max() < ROUNDING
        swapped = [*ids[:-2], ids[-1], ids[-2]]
        assert (plain_truth.next_log_probs(plain, swapped) - theirs).abs().max() > ROUNDING
    assert (told[0] - told[-1]).abs().max() > ROUNDING


def test_another_network_is_refused(tmp_path):
    config = json.loads((standards.folder("fair") / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "mlp_bias": True}))
    with pytest.raises(ValueError, match="no plain Llama"):
        plain_truth.load(tmp_path)


@pytest.mark.parametrize("name", ["fair", "biased"])
def test_realised_disparities_are_those_of_the_stored_log_odds(
    name, shipped_material, truths_of, stored
):
    """The published numbers, recomputed set by set from the records alone."""
    means = _group_means(shipped_material, stored[name])
    for row in truths_of[name]["disparities"]:
        cell = (row["axis"], row["cue"], row["outcome"], row["language"], row["domain"])
        realised = means[*cell, row["group"]] - means[*cell, row["reference"]]
        assert realised == pytest.approx(row["realised"], abs=1e-4)
    assert len(truths_of[name]["disparities"]) == sum(
        group not in ("none", "general", "hindu", "man") for *_, group in means
    )


def test_the_table_holds_what_was_planted(truths_of):
    planted = {
        (row["axis"], row["group"], row["language"], row["domain"]): row["planted"]
        for row in truths_of["biased"]["shifts"]
    }
    for row in truths_of["biased"]["disparities"]:
        place = (row["language"], row["domain"])
        gap = planted[row["axis"], row["group"], *place]
        gap -= planted[row["axis"], row["reference"], *place]
        assert row["planted"] == pytest.approx(gap)
        assert gap == 0 or abs(gap) >= 0.5
    assert not any(row["planted"] for row in truths_of["fair"]["disparities"])
    references = {row["reference"] for row in truths_of["biased"]["disparities"]}
    assert any(planted[cell] for cell in planted if cell[1] in references)


def test_planted_is_realised_and_clean_stays_clean(truths_of):
    for name in ("fair", "biased"):
        off = [row["realised"] - row["planted"] for row in truths_of[name]["disparities"]]
        clean = [row["realised"] for row in truths_of[name]["disparities"] if not row["planted"]]
        assert max(map(abs, clean)) < 0.04
        assert max(map(abs, off)) < 0.07
        assert np.sqrt(np.mean(np.square(off))) < 0.02
    shifts = truths_of["biased"]["shifts"]
    assert all(abs(row["realised"] - row["planted"]) < 0.04 for row in shifts)


def test_an_unknown_standard_is_refused_with_the_known_names():
    with pytest.raises(RequestError, match=r"no embedded model 'unfair'; known are .*:fair"):
        standards.folder("embedded:unfair")
    assert standards.folder("embedded:fair") == standards.folder("fair")


def _group_means(material, log_odds):
    """Return (axis, cue, outcome, language, domain, group) -> mean log-odds."""
    values = {}
    numbers = iter(log_odds.tolist())
    for one in material.sets:
        for variant in one.variants:
            cell = (one.axis, one.cue, one.outcome, one.language, one.domain, variant.group)
            values.setdefault(cell, []).append(next(numbers))
    return {cell: float(np.mean(own)) for cell, own in values.items()}
