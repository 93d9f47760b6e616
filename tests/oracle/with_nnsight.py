"""nnsight: what flows through the network, and the slope of a logit difference there."""

import nnsight
import torch

from audit.models.architectures import architecture
from audit.models.sites import Site, captured
from tests.oracle.rows import PROMPT, largest, loaded, tell, tokens

BLOCKS = {"llama": "model.layers", "gpt2": "transformer.h", "qwen2": "model.layers"}
THIS, OTHER = 20, 30  # any two tokens


def ours(model, ids):
    """Return each layer's residual stream, the logits, and the slopes of a difference."""
    sites = [Site(layer, "residual") for layer in range(2)]
    embeddings = model.embed(ids)[None].requires_grad_()
    with captured(architecture(model.module), sites) as kept, torch.enable_grad():
        logits = model.module(inputs_embeds=embeddings).logits
    states = [kept[site][0] for site in sites]
    slopes = torch.autograd.grad(logits[0, -1, THIS] - logits[0, -1, OTHER], states)
    return [state.detach() for state in states], logits.detach(), slopes


def theirs(model, family, ids):
    wrapped = nnsight.NNsight(model.module)
    blocks = wrapped
    for name in BLOCKS[family].split("."):
        blocks = getattr(blocks, name)
    embeddings = model.embed(ids)[None].requires_grad_()
    with wrapped.trace(inputs_embeds=embeddings):
        first = blocks[0].output.save()
        second = blocks[1].output.save()
        logits = wrapped.lm_head.output.save()
    states = [state[0] if isinstance(state, tuple) else state for state in (first, second)]
    slopes = torch.autograd.grad(logits[0, -1, THIS] - logits[0, -1, OTHER], states)
    return [state.detach() for state in states], logits.detach(), slopes


def main():
    for family in BLOCKS:
        model = loaded(family)
        ids = tokens(model, PROMPT, start=True)
        mine, other = ours(model, ids), theirs(model, family, ids)
        for what, one, two in (
            ("residual stream", torch.stack(mine[0]), torch.stack(other[0])),
            ("logits", mine[1], other[1]),
            ("slopes of a contrast", torch.stack(mine[2]), torch.stack(other[2])),
        ):
            tell("nnsight", f"{what}, {family}", largest(one - two), 5e-6, largest(one))


if __name__ == "__main__":
    main()
