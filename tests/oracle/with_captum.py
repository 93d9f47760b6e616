"""captum: integrated gradients at the same nodes, their completeness, and ablation of tokens.

Ablation runs with `use_cached_outputs=False`: with its default, captum 0.9 feeds the whole text
on top of the cache of a model of transformers 5, and its numbers are wrong.
"""

from dataclasses import replace

import torch
from captum.attr import (
    FeatureAblation,
    LayerIntegratedGradients,
    LLMAttribution,
    TextTokenInput,
)

from audit.attribution import integrated_gradients, occlusion
from tests.oracle.rows import OTHER, PROMPT, THIS, explained, largest, loaded, tell, tokens

FAMILIES = ("llama", "gpt2", "qwen2")
NODES, MANY = 24, 300
IN_PLACE = 7  # the token that stands for one that is taken out


class LogOdds(torch.nn.Module):
    """The log-odds of the two answers, one plain pass an answer."""

    def __init__(self, model, prompt):
        super().__init__()
        self.model, self.prompt, self.hook = model, prompt, torch.nn.Identity()

    def forward(self, embeddings):
        embeddings = self.hook(embeddings)
        sums = []
        for ((form,),) in zip(self.prompt.encoded.answers, strict=True):
            rest = self.model.embed(form[:-1])[None].expand(len(embeddings), -1, -1)
            whole = torch.cat((embeddings, rest), dim=1)
            log_probs = self.model.module(inputs_embeds=whole).logits.log_softmax(-1)
            places = range(embeddings.shape[1] - 1, whole.shape[1])
            sums.append(sum(log_probs[:, p, t] for p, t in zip(places, form, strict=True)))
        return sums[0] - sums[1]


def gradients(model):
    prompt = explained(model)
    slow = LogOdds(model, prompt)
    theirs = (
        LayerIntegratedGradients(slow, slow.hook)
        .attribute(
            prompt.embeddings[None],
            baselines=prompt.baseline[None],
            n_steps=NODES,
            method="gausslegendre",
            attribute_to_layer_input=True,
        )[0]
        .sum(-1)
    )
    ours = integrated_gradients.integrate(prompt, NODES)
    with torch.no_grad():
        ends = slow(torch.stack((prompt.embeddings, prompt.baseline)))
    total = integrated_gradients.integrate(prompt, MANY).sum()
    return largest(ours - theirs), largest(theirs), largest(total - (ends[0] - ends[1]))


def ablation(model):
    prompt = explained(model)
    baseline = prompt.baseline.clone()
    baseline[prompt.in_words] = model.embed([IN_PLACE])[0]
    ours = torch.tensor(occlusion.share(replace(prompt, baseline=baseline)).values)
    tokenizer = model.wording.tokenizer
    asked = LLMAttribution(FeatureAblation(model.module), tokenizer)
    given = TextTokenInput(
        PROMPT, tokenizer, baselines=IN_PLACE, skip_tokens=[tokenizer.bos_token_id]
    )
    this, other = (
        asked.attribute(
            given, torch.tensor(tokens(model, text)), use_cached_outputs=False
        ).seq_attr.flatten()
        for text in (THIS, OTHER)
    )
    return largest(ours - (this - other).cpu()), largest(ours)


def main():
    torch.manual_seed(0)
    for family in FAMILIES:
        model = loaded(family)
        off, size, missed = gradients(model)
        tell("captum", f"integrated gradients, {NODES} nodes, {family}", off, 1e-5, size)
        tell("captum", f"their sum, {MANY} nodes, {family}", missed, 1e-5, size)
        tell("captum", f"ablation of tokens, cache off, {family}", *_barred(*ablation(model)))


def _barred(off, size):
    return off, 1e-3, size


if __name__ == "__main__":
    main()
