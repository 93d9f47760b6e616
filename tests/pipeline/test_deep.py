"""The deep profile on a random network of every proven family: what can be asked is answered.

The numbers are shrunk so that a run takes seconds; methods and questions are all of deep's. A
seed is one whose network happens to favour a group, so that there is something to explain.
"""

import json

import pytest

from audit.pipeline.profiles import depth
from audit.pipeline.stages import carry_out
from audit.storage import folder as run_folder

FEW = {"axes": ["caste"]}, {"limit": 36}, {"templates": 12, "names": 3}
MORE = {"axes": ["religion"]}, {"limit": 120}, {"templates": 20, "names": 6}
GROUPED = {"num_key_value_heads": 2, "head_dim": 8}
FAMILIES = {  # family -> seed, what is asked, shape
    "llama": (0, FEW, {}),
    "mistral": (0, FEW, {"num_key_value_heads": 2, "sliding_window": None}),
    "qwen2": (4, MORE, {}),
    "qwen3": (0, FEW, GROUPED),
    "gemma2": (3, FEW, GROUPED | {"query_pre_attn_scalar": 8}),
    "gemma3_text": (1, FEW, GROUPED | {"query_pre_attn_scalar": 8}),
    "gpt2": (2, MORE, {}),
    "gpt_neox": (0, FEW, {}),
    "bert": (2, MORE, {"is_decoder": True}),  # the one way in which it answers as a causal model
}
UNKNOWN_INSIDE = ("bert",)
"""Post-norm blocks add nothing to a residual stream: refused by name, and said."""

SHALLOW = {
    "explained": 1, "explained_findings": 1, "tried": 1, "randomised": 1, "screened": 8,
    "what_if_sets": 4, "patched": 2, "network_spikes": 1,
}  # fmt: skip
NO_PATHS = "no two of the parts that were kept can feed each other"
SECTIONS = ("word-evidence", "inside-the-network", "mediators", "units", "what-if")


@pytest.fixture(scope="module", params=FAMILIES)
def asked(request, make_folder, make_spec):
    """The spec of a deep run of one family."""
    seed, (scope, sampling, sizes), shape = FAMILIES[request.param]
    model = make_folder(request.param, seed=seed, **shape)
    deep = depth("deep").model_copy(update=SHALLOW | sizes)
    spec = make_spec(model=model, scope=scope, sampling=sampling)
    return spec.model_copy(update={"depth": deep})


@pytest.fixture(scope="module")
def run(asked, planned, clock_now, tmp_path_factory):
    family = asked.model.reference.rsplit("tiny-")[-1]
    folder = tmp_path_factory.mktemp("deep") / family
    carry_out(planned(asked, folder), clock_now)
    return folder


def lines(folder, name):
    text = (folder / name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_every_method_explains_and_its_ledger_closes(run):
    found = lines(run, run_folder.ATTRIBUTIONS)
    assert {one["method"] for one in found} == set(depth("deep").methods)
    assert [one for one in found if "detail" in one] == []
    ledgers = lines(run, run_folder.LEDGERS)
    assert {one["method"] for one in ledgers} == {
        "relevance_propagation", "conservative_propagation",
    }  # fmt: skip
    assert {one["record"] for one in ledgers} == {"relevance_ledger"}


def test_every_question_about_the_network_is_answered_or_refused_by_name(run):
    found = lines(run, run_folder.INTERNALS)
    assert {one["question"] for one in found} == set(depth("deep").internals)
    refused = {one["detail"] for one in found if one["record"] == "not_looked"}
    if run.name in UNKNOWN_INSIDE:
        assert len(refused) == 1
        assert f"the family {run.name!r} keeps its blocks under no known name" in refused.pop()
    else:
        assert refused <= {NO_PATHS}  # on two layers of random weights few parts are kept


def test_what_ifs_are_measured_and_the_report_has_every_section(run):
    page = (run / "report.html").read_text(encoding="utf-8")
    for section in SECTIONS:
        assert f'<section id="{section}"' in page
    assert "black box" not in page.lower()
    assert (run / run_folder.WHAT_IFS).exists() == (run.name not in UNKNOWN_INSIDE)
