"""Answering: the linear reading of the log-odds is exact where it says so."""

import pytest
import torch

from audit.errors import CapabilityError
from audit.models.answering import answering, answering_passages
from audit.models.architectures import architecture
from audit.models.cases import Case, open_case
from audit.models.memory import in_halves
from audit.models.readout import readout
from audit.models.sites import Site
from audit.models.tracing import trace
from audit.records.probes import Answer, Frame, Outcome

FAMILIES = ("llama", "gpt2", "qwen2", "gpt_neox", "gemma")
FRAME = Frame(ask="Answer {options}.", separator=" or ", cue="Answer:")
LEVELS = Outcome(
    key="o",
    kind="ordered",
    answers=tuple(Answer(key=k, text=k) for k in ("self-care", "this week", "today")),
    favourable="today",
    unfavourable="self-care",
)


@pytest.fixture(params=FAMILIES)
def read(request, tiny_models):
    """One order of one case, and the last residual at its slots."""
    model = tiny_models[request.param]
    opened = open_case(model, Case("v", ("Meena has fever.",), (), "See her?", FRAME, LEVELS))[0]
    found = answering(model, opened)
    last = Site(len(architecture(model.module).blocks) - 1, "residual")
    kept, _ = trace(model, answering_passages([found]), [last])
    return found, torch.cat([one[last] for one in kept])


def test_slots_give_the_log_odds_as_they_were_measured(read):
    found, streams = read
    assert len(found.slots) > 1  # answers of several tokens
    assert len(streams) == len(found.slots)
    ours = float(found.log_odds(found.readout.logits(streams)[None]))
    opened = found.opened
    assert ours == pytest.approx(float(opened.log_odds(opened.embeddings[None])), abs=1e-4)


def test_the_direction_is_that_of_the_frozen_readout(read):
    """Along the direction the log-odds move as it says, where the norm's divisor stays."""
    found, streams = read
    direction = found.direction(streams)
    stream, here = streams[found.answer_slot], found.answer_slot
    normaliser = found.readout.normaliser(stream)
    generator = torch.Generator().manual_seed(0)
    along = torch.randn(stream.shape, generator=generator)

    def odds(step):
        with torch.no_grad():
            logits = found.readout.logits(streams).double()
            moved = found.readout.frozen((stream + step * along).double(), normaliser.double())
            logits[here] = found.readout.head(moved.float()).double()
            return float(found.log_odds(logits[None]))

    numeric = (odds(1e-2) - odds(-1e-2)) / 2e-2
    assert float(direction.along @ along) == pytest.approx(numeric, abs=2e-3)
    parts = direction.linear + direction.later + direction.rest
    assert parts == pytest.approx(direction.log_odds, abs=1e-6)
    assert direction.later != 0


def test_the_norm_is_read_off_its_answers(tiny_models):
    for family, model in tiny_models.items():
        parts = architecture(model.module)
        norm = parts.final_norm
        with torch.no_grad():
            for parameter in norm.parameters():
                parameter.copy_(torch.linspace(0.5, 1.5, len(parameter)))
            try:
                ours = readout(parts, model.module.config)
                stream = torch.linspace(-2, 3, len(ours.weight))
                frozen = ours.frozen(stream, ours.normaliser(stream))
                torch.testing.assert_close(frozen, norm(stream), atol=1e-5, rtol=1e-5)
                assert ours.centred == (family in ("gpt2", "gpt_neox"))
                doubled = ours.frozen(2 * stream, ours.normaliser(stream))
                assert not torch.allclose(doubled, norm(2 * stream), atol=1e-2)  # frozen indeed
            finally:
                for name, parameter in norm.named_parameters():
                    plain = 0.0 if name == "bias" or family == "gemma" else 1.0
                    parameter.fill_(plain)


def test_a_family_without_a_known_norm_is_refused_by_name(tiny_models):
    from dataclasses import replace

    model = tiny_models["llama"]
    bare = replace(architecture(model.module), final_norm=None)
    with pytest.raises(CapabilityError, match="'llama' keeps its final norm"):
        readout(bare, model.module.config)


def test_halves_give_the_same_results_in_order():
    def act(room):
        def doubled(items):
            if len(items) > room:
                raise MemoryError
            return [2 * item for item in items]

        return doubled

    wanted = [0, 2, 4, 6, 8]
    assert in_halves(act(5), range(5)) == (wanted, 0)
    found, splits = in_halves(act(1), range(5))
    assert found == wanted
    assert splits == 4
    with pytest.raises(MemoryError):
        in_halves(act(0), range(5))
