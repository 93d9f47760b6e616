"""inseq: input times gradient of the difference of two answers' logits."""

import inseq
import torch

from audit.attribution import input_x_gradient
from tests.oracle.rows import PROMPT, explained, largest, loaded, tell

FAMILIES = ("llama", "gpt2", "qwen2")
THIS, OTHER = " a", " t"  # one token each


def main():
    for family in FAMILIES:
        model = loaded(family)
        prompt = explained(model, THIS, OTHER)
        ours = torch.tensor(input_x_gradient.share(prompt).values)
        tokenizer = model.wording.tokenizer
        tokenizer.pad_token = tokenizer.unk_token = tokenizer.eos_token  # it wants both
        asked = inseq.load_model(model.module, "input_x_gradient", tokenizer=tokenizer)
        found = asked.attribute(
            PROMPT,
            PROMPT + THIS,
            attributed_fn="contrast_logits_diff",
            contrast_targets=PROMPT + OTHER,
            show_progress=False,
        )
        theirs = found.sequence_attributions[0].target_attributions.sum(-1)[:, 0]
        theirs = theirs[1 : 1 + len(ours)].double()
        off = largest(ours - theirs)
        tell("inseq", f"input x gradient of a contrast, {family}", off, 1e-6, largest(ours))


if __name__ == "__main__":
    main()
