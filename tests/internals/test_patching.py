"""Patching: batched and resumed as one by one, planted parts found at their size, none else."""

import dataclasses

import numpy as np
import pytest
import torch

from audit.internals import attribution_patching, network_sensitivity, patching, path_patching
from audit.internals.exchanging import exchanged, ways
from audit.internals.matching import matched
from audit.internals.pairs import open_pair
from audit.internals.parts import stretch
from audit.internals.recording import record
from audit.internals.stream_patching import stream_curve
from audit.models.architectures import architecture
from audit.models.cases import Case
from audit.models.randomising import randomised
from audit.models.resuming import resumed
from audit.models.sites import Site, captured, edited
from audit.records.counterfactuals import Span
from audit.records.internals import Component
from audit.records.probes import Answer, Frame, Outcome

FAMILIES = ("llama", "gpt2", "qwen2", "gpt_neox", "gemma")
GROUPED = {"num_key_value_heads": 2}
WINDOW = 32
FILLING = "See the patient today? " * 12  # longer than a window; it reaches the answer twice over
GEMMA = GROUPED | {"head_dim": 8, "query_pre_attn_scalar": 8, "sliding_window": WINDOW}
OTHERS = {
    "mistral": GROUPED | {"sliding_window": WINDOW},
    "qwen3": GROUPED | {"head_dim": 8},
    "gemma2": GEMMA | {"attn_logit_softcapping": 4.0, "final_logit_softcapping": 5.0},
    "gemma3_text": GEMMA | {"layer_types": ["sliding_attention", "full_attention"]},
}
EVERY = (*FAMILIES, *OTHERS)
FRAME = Frame(ask="Answer {options}.", separator=" or ", cue="Answer:")
LONG = Outcome(  # answers of several tokens, which are read in the middle of a row
    key="c",
    kind="choice",
    answers=(Answer(key="yes", text="yes, today"), Answer(key="no", text="no, next month")),
    favourable="yes",
    unfavourable="no",
)
SHORT = Outcome(
    key="c",
    kind="choice",
    answers=(Answer(key="yes", text="Q"), Answer(key="no", text="Z")),
    favourable="yes",
    unfavourable="no",
)


def pair_of(model, one="J", two="K", other=None, outcome=LONG, *, filling=""):
    before, after = filling + "The applicant ", " has fever since Monday."

    def case(words):
        span = Span(turn=0, start=len(before), end=len(before) + len(words))
        return Case(words, (before + words + after,), (span,), "See her?", FRAME, outcome)

    third = None if other is None else case(other)
    return open_pair(model, case(one), case(two), set_id="s", template="t", other=third)


def every_part(parts, neurons=2):
    layers = range(len(parts.blocks))
    return tuple(
        Component(kind=kind, layer=layer, index=index)
        for layer in layers
        for kind, indices in (
            ("head", range(parts.heads)),
            ("attention", [-1]),
            ("mlp", [-1]),
            ("neuron", range(neurons)),
        )
        for index in indices
    )


def hooks(module):
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in module.modules())


def but(model, **changes):
    """The model with a network that can do other things."""
    return dataclasses.replace(model, network=dataclasses.replace(model.network, **changes))


@pytest.fixture(scope="module")
def exact_models(make_folder, load_model):
    """Every family whose passes are known to go on exactly, in double precision.

    The log-odds of these wide weights are near 50 nats, where single precision has steps of
    4e-6: what two orders of summing differ by would hide what two networks do.
    """
    loaded = {one: load_model(make_folder(one, **OTHERS.get(one, {}))) for one in EVERY}
    for model in loaded.values():
        model.module.double()
    return loaded


def slowly(model, pair, component):
    """One part, one direction, one order at a time: whole passes with one hook each."""
    parts = architecture(model.module)
    site, columns = stretch(parts, component)
    found = []
    for order in pair.orders:
        sides = []
        for side in (order.group, order.reference):
            with torch.no_grad(), captured(parts, [site]) as kept:
                value = float(side.log_odds(side.embeddings[None]))
            sides.append((value, [one[0].clone() for one in kept[site]]))
        (mine, ours), (theirs, others) = sides
        places = matched(order, tuple(ours), tuple(others))
        outcomes = []
        for side, source, come, go in (
            (order.reference, ours, places.group, places.reference),
            (order.group, others, places.reference, places.group),
        ):
            passes = iter(range(len(source)))

            def edit(tensor, source=source, come=come, go=go, passes=passes):
                number = next(passes)
                changed = tensor.clone()
                changed[0, go[number], columns] = source[number][come[number], columns]
                return changed

            with torch.no_grad(), edited(parts, {site: edit}):
                outcomes.append(float(side.log_odds(side.embeddings[None])))
        found.append([outcomes[0] - theirs, mine - outcomes[1]])
    return np.mean(found, axis=0)


ABLE = [
    *((family, {"packs": packs, "keeps": True}) for family in FAMILIES for packs in (True, False)),
    *((family, {"packs": False, "keeps": True}) for family in OTHERS),
    *((family, {"packs": packs, "keeps": False}) for family, packs in zip(
        ("llama", "gpt2", "mistral"), (True, False, False), strict=True
    )),
]  # fmt: skip


@pytest.mark.parametrize(("family", "can"), ABLE)
def test_batched_and_resumed_as_one_by_one(exact_models, family, can):
    """Whatever a family can do: branching rows, and passes that begin where sides part."""
    filling = FILLING if "sliding_window" in OTHERS.get(family, {}) else ""
    must_be_as_one_by_one(but(exact_models[family], **can), within=1e-5, filling=filling)


@pytest.mark.parametrize(("keeps", "within"), [(False, 1e-5), (True, 2e-5)])
@pytest.mark.parametrize("packs", [True, False])
@pytest.mark.parametrize("family", FAMILIES)
def test_batched_and_resumed_in_single_precision(tiny_models, family, packs, keeps, within):
    """As runs compute it; going on sums in another order, near 50 nats of log-odds."""
    must_be_as_one_by_one(but(tiny_models[family], packs=packs, keeps=keeps), within=within)


def must_be_as_one_by_one(model, *, within, filling=""):
    pair, parts = pair_of(model, "who is Sikh", "K", filling=filling), architecture(model.module)
    components = every_part(parts)
    before = hooks(model.module)
    found = exchanged(parts, pair.orders, [(stretch(parts, one),) for one in components])
    slow = np.stack([slowly(model, pair, one) for one in components], axis=1)
    assert found.effects == pytest.approx(slow, abs=within)
    assert np.abs(slow).max() > 1e-2
    assert hooks(model.module) == before
    assert not any("forward" in vars(block.whole) for block in parts.blocks)


@pytest.mark.parametrize("keeps", [True, False])
def test_passes_have_the_places_after_the_sides_part(exact_models, keeps):
    """And all places where the model keeps nothing; windows are shorter than what is kept."""
    for family, model in exact_models.items():
        assert model.network.keeps
        able = but(model, keeps=keeps)
        order = pair_of(able, "who is Sikh", "K", filling=FILLING).orders[0]
        site = Site(0, "heads")
        (way, _) = ways(architecture(able.module), order, [site])
        assert order.alike > WINDOW
        assert way.run.side.start == (order.alike if keeps else 0), family
        assert len(way.run.side.embeddings) == len(order.reference.encoded.ids) - (
            order.alike if keeps else 0
        )
        assert len(way.run.values[site][0]) >= len(way.run.side.embeddings)


@pytest.mark.parametrize("packs", [True, False])
@pytest.mark.parametrize("family", FAMILIES)
def test_own_values_change_nothing_and_the_whole_stream_changes_sides(tiny_models, family, packs):
    model = but(tiny_models[family], packs=packs)
    pair, parts = pair_of(model), architecture(model.module)
    curve = stream_curve(model, pair)
    assert abs(curve.difference) > 1e-2
    assert curve.effects == pytest.approx(curve.difference, abs=1e-5)
    (order, *_) = pair.orders
    itself = dataclasses.replace(order, reference=order.group)
    itself = dataclasses.replace(itself, matched=tuple((n, n) for n, _ in order.matched))
    components = every_part(parts)
    own = exchanged(parts, [itself], [(stretch(parts, one),) for one in components])
    assert own.effects == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("family", EVERY)
def test_passes_go_on_after_any_beginning_and_hear_it(exact_models, family):
    model = exact_models[family]
    side = pair_of(model, filling=FILLING).orders[0].group
    ids = side.encoded.ids

    def answered(beginning):
        return record(architecture(model.module), side.after(beginning), []).log_odds

    whole = record(architecture(model.module), side, []).log_odds
    for places in (1, WINDOW - 1, WINDOW, WINDOW + 1, len(ids) - 1):
        assert answered(model.keep(ids[:places])) == pytest.approx(whole, abs=1e-5)
    other = model.keep((*ids[1:-2], ids[0]))
    assert abs(answered(other) - whole) > 1e-3
    assert model.keep(()) is None


def test_blocks_get_their_forward_function_back_after_an_error(tiny_models):
    model = tiny_models["llama"]
    pair, parts = pair_of(model), architecture(model.module)
    run = record(parts, pair.orders[0].group, [])

    def fail():
        assert "forward" in vars(parts.blocks[0].whole)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), resumed(parts, run.outputs, 1, 1):
        fail()
    assert not any("forward" in vars(block.whole) for block in parts.blocks)
    assert record(parts, pair.orders[0].group, []).log_odds == run.log_odds


@dataclasses.dataclass(frozen=True)
class _Small:
    """A real model that has memory for three rows."""

    inner: object

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def answer_log_probs(self, encoded, embeddings, beginning=None):
        if len(embeddings) > 3:
            raise MemoryError
        return self.inner.answer_log_probs(encoded, embeddings, beginning)


def test_short_of_memory_the_batch_is_halved_and_that_is_said(tiny_models):
    model = tiny_models["llama"]
    components = every_part(architecture(model.module))
    plain = patching.patch(model, pair_of(model), components)
    short = patching.patch(_Small(model), pair_of(_Small(model)), components)
    assert plain.remarks == ()
    assert "memory was short" in short.remarks[0]
    assert short.arrays["effect"] == pytest.approx(plain.arrays["effect"], abs=1e-5)


def planted(make_folder, load_model):
    """J and K differ in one direction; head 1 of layer 0 carries it, neuron 5 of layer 1 on."""
    from transformers import AutoConfig, AutoModelForCausalLM

    folder = make_folder("llama", seed=3)
    network = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(folder))
    ids = load_model(folder).encoder.tokenizer
    token = {letter: ids(letter, add_special_tokens=False)["input_ids"][0] for letter in "JKQZ"}
    with torch.no_grad():
        for name, weights in network.named_parameters():
            if "norm" not in name:
                weights.zero_()
        embeddings = network.model.embed_tokens.weight
        embeddings[:, 1] = 1.0
        embeddings[token["J"], 0], embeddings[token["K"], 0] = 1.0, -1.0
        attention, mlp = network.model.layers[0].self_attn, network.model.layers[1].mlp
        attention.v_proj.weight[0, 0] = 1.0  # heads 0 and 1 share it; no query, so all are equal
        attention.o_proj.weight[2, 8] = 40.0
        mlp.gate_proj.weight[5, 1] = 3.0
        mlp.up_proj.weight[5, 2] = 1.0
        mlp.down_proj.weight[3, 5] = 2.0
        network.lm_head.weight[token["Q"], 3] = 3.0
    return load_model(make_folder(network=network.eval()))


@pytest.fixture(scope="module")
def planted_model(make_folder, load_model):
    return planted(make_folder, load_model)


CARRYING = {"layer 0, head 1", "layer 0, attention", "layer 1, mlp", "layer 1, neuron 5"}


def test_planted_parts_have_the_whole_effect_and_no_others_any(planted_model):
    pair = pair_of(planted_model, " J", " K", outcome=SHORT)
    parts = architecture(planted_model.module)
    components = every_part(parts, neurons=8)
    seen = patching.patch(planted_model, pair, components)
    difference = float(seen.arrays["difference"][0])
    assert difference == pytest.approx(by_hand(planted_model, pair), abs=1e-4)
    assert abs(difference) > 0.1
    for number, component in enumerate(components):
        expected = difference if component.key in CARRYING else 0.0
        assert seen.arrays["effect"][:, number] == pytest.approx(expected, abs=1e-5)
    screened = attribution_patching.screen(planted_model, pair).arrays
    for kind in ("head", "neuron"):
        top = np.unravel_index(
            np.abs(screened[kind]).mean(axis=0).argmax(), screened[kind].shape[1:]
        )
        assert f"layer {top[0]}, {kind} {top[1]}" in CARRYING


def by_hand(model, pair):
    """The planted network's difference, written as formulas: mean over both orders."""
    weights = dict(model.module.named_parameters())
    embedded = weights["model.embed_tokens.weight"].double()

    def normed(vector):
        return (
            vector
            / (vector.pow(2).mean(-1, keepdim=True) + model.module.config.rms_norm_eps).sqrt()
        )

    def logit(side):
        stream = embedded[list(side.encoded.ids)]
        heard = normed(stream)[:, 0].mean()  # no queries: attention is even over all tokens
        last = stream[-1].clone()
        last[2] += 40.0 * heard
        seen = normed(last)
        last[3] += 2.0 * torch.nn.functional.silu(3.0 * seen[1]) * seen[2]
        return float(normed(last)[3] * 3.0)

    return float(np.mean([logit(one) - logit(two) for one, two in pair.sides]))


def test_paths_go_along_what_was_planted(planted_model):
    pair = pair_of(planted_model, " J", " K", outcome=SHORT)
    ends = (
        Component(kind="head", layer=0, index=1),
        Component(kind="head", layer=0, index=0),
        Component(kind="mlp", layer=0),
        Component(kind="mlp", layer=1),
    )
    seen = path_patching.follow(planted_model, pair, ends)
    difference = float(seen.arrays["difference"][0])
    for number, (sender, receiver) in enumerate(
        zip(seen.arrays["senders"].tolist(), seen.arrays["receivers"].tolist(), strict=True)
    ):
        along = sender == [2, 0, 1] and receiver == [1, 1, -1]
        expected = difference if along else 0.0
        assert seen.arrays["effect"][:, number] == pytest.approx(expected, abs=1e-5)
    assert abs(difference) > 0.1


@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_a_path_changes_its_receiver_alone(tiny_models, family):
    """The same again, one path at a time, by hand-placed hooks on whole passes."""
    model = tiny_models[family]
    pair, parts = pair_of(model), architecture(model.module)
    sender = Component(kind="head", layer=0, index=1)
    receiver = Component(kind="head", layer=1, index=2)
    seen = path_patching.follow(model, pair, (sender, receiver))
    assert seen.arrays["effect"][:, 0] == pytest.approx(
        path_by_hand(model, parts, pair, sender, receiver), abs=1e-5
    )
    assert np.abs(seen.arrays["effect"]).max() > 1e-4


def path_by_hand(model, parts, pair, sender, receiver):
    found = []
    for order in pair.orders:
        both = []
        for run, other, sign, turn in (
            (order.reference, order.group, 1, False),
            (order.group, order.reference, -1, True),
        ):
            (from_site, from_columns), (to_site, to_columns) = (
                stretch(parts, one) for one in (sender, receiver)
            )
            frozen = [Site(0, "mlp")]
            with torch.no_grad(), captured(parts, [from_site, *frozen]) as own:
                plain = float(run.log_odds(run.embeddings[None]))
            with torch.no_grad(), captured(parts, [from_site]) as their:
                other.log_odds(other.embeddings[None])
            places = matched(order, *(
                tuple(one[0] for one in kept[from_site])
                for kept in ((own, their) if turn else (their, own))
            ))  # fmt: skip
            come, go = (
                (places.reference, places.group) if turn else (places.group, places.reference)
            )

            def send(tensor, come=come, go=go, their=their):
                changed = tensor.clone()
                changed[0, go[0], from_columns] = their[from_site][0][0, come[0], from_columns]  # noqa: B023
                return changed

            def hold(_tensor, own=own, site=frozen[0]):
                return own[site][0]

            with (
                torch.no_grad(),
                captured(parts, [to_site]) as heard,
                edited(parts, {from_site: send, frozen[0]: hold}),
            ):
                run.log_odds(run.embeddings[None])

            def receive(tensor, heard=heard, columns=to_columns, site=to_site):
                changed = tensor.clone()
                changed[..., columns] = heard[site][0][..., columns]
                return changed

            with torch.no_grad(), edited(parts, {to_site: receive}):
                both.append(sign * (float(run.log_odds(run.embeddings[None])) - plain))
        found.append(both)
    return np.mean(found, axis=0)


@pytest.mark.parametrize("family", FAMILIES)
def test_sensitivity_is_what_finite_differences_say(make_folder, load_model, family):
    model = load_model(make_folder(family), dtype="float32")
    model.module.double()
    parts = architecture(model.module)
    side = pair_of(model).orders[0].group
    lengths = network_sensitivity.gradient_lengths(parts, side)
    assert lengths.shape == (len(parts.blocks), len(side.encoded.ids))
    for layer, place in ((0, 3), (0, side.answer_place), (1, side.answer_place)):
        assert lengths[layer, place] > 1e-4
        assert nudged(parts, side, Site(layer, "residual"), place) == pytest.approx(
            lengths[layer, place], rel=0.01
        )


def nudged(parts, side, site, place, step=1e-2):
    """The steepest slope of the log-odds at a place, by finite differences in every dimension."""
    slopes = []
    for dimension in range(side.embeddings.shape[1]):
        ends = []
        for sign in (1, -1):

            def edit(tensor, dimension=dimension, sign=sign):
                changed = tensor.clone()
                changed[:, place, dimension] += sign * step
                return changed

            with torch.no_grad(), edited(parts, {site: edit}):
                ends.append(float(side.log_odds(side.embeddings[None])))
        slopes.append((ends[0] - ends[1]) / (2 * step))
    return float(np.linalg.norm(slopes))


def test_screening_is_exact_where_the_network_is_straight(tiny_models):
    """Between prompts that hardly differ screening gives the exact effects; else it may not."""
    model = tiny_models["llama"]
    pair, parts = pair_of(model), architecture(model.module)

    def nearer(order, share=1e-2):
        mine, theirs = order.group, order.reference
        near = theirs.embeddings + share * (mine.embeddings - theirs.embeddings)
        return dataclasses.replace(order, group=dataclasses.replace(mine, embeddings=near))

    near = dataclasses.replace(pair, orders=tuple(nearer(order) for order in pair.orders))
    heads = [one for one in every_part(parts) if one.kind == "head"]
    exact = exchanged(parts, near.orders, [(stretch(parts, one),) for one in heads]).effects
    screened = attribution_patching.screen(model, near).arrays["head"].reshape(2, -1)
    assert np.corrcoef(exact.ravel(), screened.ravel())[0, 1] > 0.98
    assert np.abs(exact).max() > 1e-5


def test_random_weights_come_and_go(tiny_models):
    model = tiny_models["llama"]
    side = pair_of(model).orders[0].group
    before = {name: one.clone() for name, one in model.module.named_parameters()}
    plain = float(side.log_odds(side.embeddings[None]))
    with randomised(model.module, 1):
        changed = float(side.log_odds(side.embeddings[None]))
    with pytest.raises(ZeroDivisionError), randomised(model.module, 1):
        raise ZeroDivisionError
    assert abs(changed - plain) > 1e-3
    assert all(torch.equal(one, before[name]) for name, one in model.module.named_parameters())
    with randomised(model.module, 1):
        assert float(side.log_odds(side.embeddings[None])) == changed


def test_the_control_moves_another_person_of_the_same_group(tiny_models):
    model = tiny_models["llama"]
    components = every_part(architecture(model.module))
    without = patching.patch(model, pair_of(model), components).arrays
    assert without["control"].shape == (0, 2, len(components))
    same = patching.patch(model, pair_of(model, other="K"), components).arrays
    assert same["control"] == pytest.approx(0, abs=1e-5)
    as_group = patching.patch(model, pair_of(model, other="J"), components).arrays
    assert as_group["control"][0] == pytest.approx(as_group["effect"], abs=1e-5)
    assert patching.patch(model, pair_of(model), ()).detail.startswith("no component")
