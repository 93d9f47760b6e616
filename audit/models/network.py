"""The network's forward pass: log-probabilities of given tokens at given places, no more.

The output head is the dearest layer of a small model with a large vocabulary, so logits are
made only where a token's probability is wanted. How a family allows that is tried when the
model is loaded, on a few tokens, against the plain forward pass; the quickest route that
agrees is taken. The same trial tells whether the model takes rows that branch.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor

from audit.models.batching import Read
from audit.models.keeping import going_on, keep
from audit.models.packing import Row, plant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.models.keeping import Beginning

Route = Literal["logits_to_keep", "output head", "all positions"]
ROUTES: tuple[Route, ...] = ("logits_to_keep", "output head", "all positions")

_CACHED = {"full_attention", "sliding_attention"}  # what the library's cache keeps exactly
_AGREES = {torch.float32: 1e-4, torch.float64: 1e-8}
_BRANCHING = 4  # dimensions of a mask that lets rows branch
_AGREES_HALF = 5e-2  # sixteen-bit numbers: a route that does another thing is off by far more


@dataclass(frozen=True)
class Network:
    """A causal language model with frozen parameters.

    Attributes:
        model: A Hugging Face causal language model.
        route: How logits are made only where they are wanted.
        packs: Whether rows may branch.
        keeps: Whether passes may go on from what the layers kept of a prompt's beginning.
    """

    model: Any
    route: Route
    packs: bool
    keeps: bool = False

    @property
    def device(self) -> torch.device:
        """Where the model's embeddings live."""
        return torch.device(self.model.get_input_embeddings().weight.device)

    def log_probs(
        self,
        rows: Sequence[Row],
        reads: Sequence[Read],
        embeddings: Tensor | None = None,
        beginning: Beginning | None = None,
    ) -> Tensor:
        """Return the wanted log-probabilities, in nats.

        Args:
            rows: One batch, padded on the right.
            reads: What is wanted, in any order.
            embeddings: What stands in place of the rows' tokens,
                (rows, longest row, width); None for the tokens' own embeddings.
            beginning: Of all rows alike; its places are not computed again, and are left out
                of the embeddings.

        Returns:
            Float32, (reads,); not finite where the model's logits are not.
        """
        slots = {
            slot: number for number, slot in enumerate(sorted({(r.row, r.place) for r in reads}))
        }
        inputs = self._inputs(rows, embeddings)
        start = 0
        if beginning is not None:
            inputs, start = self._after(inputs, beginning), beginning.places
        here = [(row, place - start) for row, place in slots]
        logits = self._logits(inputs, here).float()  # (slots, vocabulary)
        log_norm = torch.logsumexp(logits, dim=-1)  # (slots,)
        slot = torch.tensor([slots[r.row, r.place] for r in reads], device=logits.device)
        token = torch.tensor([r.token for r in reads], device=logits.device)
        return logits[slot, token] - log_norm[slot]

    def _logits(self, inputs: dict[str, Any], slots: list[tuple[int, int]]) -> Tensor:
        """Return the logits at (row, place) pairs in rising order, (slots, vocabulary)."""
        row, place = torch.tensor(slots, device=self.device).unbind(dim=1)
        if self.route == "output head":
            decoder = getattr(self.model, self.model.base_model_prefix)
            states = decoder(**inputs).last_hidden_state[row, place]
            return _tensor(self.model.get_output_embeddings()(states))
        if self.route == "all positions":
            return _tensor(self.model(**inputs).logits[row, place])
        wanted = torch.zeros_like(inputs["position_ids"], dtype=torch.bool)
        wanted[row, place] = True
        return _tensor(self.model(**inputs, logits_to_keep=wanted).logits)

    def _inputs(self, rows: Sequence[Row], embeddings: Tensor | None) -> dict[str, Any]:
        """Return what the model is called with: right-padded, with explicit positions."""
        longest = _longest(rows)
        lengths = torch.tensor([len(row.tokens) for row in rows], device=self.device)
        inputs: dict[str, Any] = {
            "position_ids": _padded([row.depths for row in rows], longest, self.device),
            "attention_mask": (
                self._branch_mask(rows, longest)
                if any(row.branches for row in rows)
                else (torch.arange(longest, device=self.device) < lengths[:, None]).long()
            ),
            "use_cache": False,
        }
        if embeddings is None:
            tokens = [row.tokens for row in rows]
            return inputs | {"input_ids": _padded(tokens, longest, self.device)}
        return inputs | {"inputs_embeds": embeddings}

    def _after(self, inputs: dict[str, Any], beginning: Beginning) -> dict[str, Any]:
        """Return the inputs of a pass over the places after a beginning.

        All places are still looked at; embeddings were given of the later ones alone.
        """
        start, mask = beginning.places, inputs["attention_mask"]
        by_place = {"input_ids", "position_ids"} & inputs.keys()
        later = {name: inputs[name][:, start:] for name in by_place}
        later["attention_mask"] = mask[:, :, start:] if mask.dim() == _BRANCHING else mask
        cache = going_on(self.model, beginning, len(mask))
        return inputs | later | {"past_key_values": cache, "use_cache": True}

    def _branch_mask(self, rows: Sequence[Row], longest: int) -> Tensor:
        """Return what is added to attention scores, (rows, 1, looking, looked at)."""
        place = torch.arange(longest, device=self.device)
        ends = torch.stack(
            [
                # padding looks at itself alone, for a row of nothing has no softmax
                torch.cat((torch.tensor(row.ends, device=self.device), place[len(row.ends) :] + 1))
                for row in rows
            ]
        )
        looks = (place[None, :] <= place[:, None])[None] & (place[:, None] < ends[:, None, :])
        kind = self.model.dtype
        mask = torch.zeros(looks.shape, dtype=kind, device=self.device)
        return mask.masked_fill_(~looks, torch.finfo(kind).min)[:, None]


def make_network(model: Any) -> Network:
    """Return the model's network by the quickest route that agrees with the plain pass.

    Args:
        model: In evaluation mode, with frozen parameters.
    """
    plain = Network(model, route="all positions", packs=False)
    chosen = next(
        candidate
        for candidate in (replace(plain, route=route) for route in ROUTES)
        if _agrees(candidate, plain, branching=False)
    )
    kinds = _layer_kinds(model.config)
    packs = kinds == {"full_attention"} and _agrees(chosen, plain, branching=True)
    keeps = kinds <= _CACHED and _agrees(chosen, plain, branching=packs, begun=True)
    return replace(chosen, packs=packs, keeps=keeps)


def _agrees(candidate: Network, plain: Network, *, branching: bool, begun: bool = False) -> bool:
    """Whether a route gives what the plain pass gives on a few tokens.

    Args:
        begun: The first two tokens, in which all sequences agree, are kept and not run again.
    """
    sequences = [(3, 5, 7, 9, 4), (3, 5, 8, 6), (3, 5, 8, 2, 4, 7)]
    one_by_one = [plant([sequence]) for sequence in sequences]
    tree = plant(sequences)
    apart = [Read(row, len(sequences[row]) - 1, 1) for row in range(len(sequences))]
    together = [Read(0, place, 1) for place in tree.places]
    with torch.inference_mode():
        expected = plain.log_probs([each.row for each in one_by_one], apart)
        try:
            beginning = keep(candidate.model, sequences[0][:2]) if begun else None
            if branching:
                got = candidate.log_probs([tree.row], together, beginning=beginning)
            else:
                rows = [each.row for each in one_by_one]
                got = candidate.log_probs(rows, apart, beginning=beginning)
        except (
            AttributeError,
            IndexError,
            NotImplementedError,
            RuntimeError,
            TypeError,
            ValueError,
        ):
            return False  # this family has no such route
    tolerance = _AGREES.get(plain.model.dtype, _AGREES_HALF)
    same_shape = got.shape == expected.shape
    return same_shape and torch.allclose(
        got, expected, atol=tolerance, rtol=tolerance, equal_nan=True
    )


def _layer_kinds(config: Any) -> set[str]:
    """Return how layers look back; only those of full attention look at all earlier tokens."""
    text = config.get_text_config()
    layers = getattr(text, "layer_types", None)
    if layers is not None:
        return set(layers)
    if getattr(text, "attention_types", None):
        return {"of its own"}
    return {"sliding_attention" if getattr(text, "sliding_window", None) else "full_attention"}


def _padded(sequences: Sequence[tuple[int, ...]], longest: int, device: torch.device) -> Tensor:
    """Return sequences as one tensor, filled with zeros on the right, (rows, longest)."""
    filled = [[*sequence, *(0,) * (longest - len(sequence))] for sequence in sequences]
    return torch.tensor(filled, dtype=torch.long, device=device)


def _longest(rows: Sequence[Row]) -> int:
    return max(len(row.tokens) for row in rows)


def _tensor(found: Any) -> Tensor:
    if not isinstance(found, Tensor):
        raise TypeError(f"the model gave {type(found).__name__} for logits, not a tensor")
    return found
