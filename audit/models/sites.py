"""Sites: places in the network where activations are read or changed, by hooks that come off.

A site is a kind of tensor in one layer. `captured` keeps what flows through chosen sites,
`watched` hands it on and keeps nothing, `edited` changes it; all are context managers, and
none leaves a hook behind, after an error either. Layer -1 with kind "residual" is what goes
into the first block.

    residual        the stream after the block                     (batch, places, width)
    attention, mlp  what attention or the MLP adds to the stream   (batch, places, width)
    heads           the heads' outputs side by side      (batch, places, heads * head width)
    pre_activation  what goes into the activation function         (batch, places, neurons)
    neurons         what goes into the MLP's output projection     (batch, places, neurons)
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from audit.errors import CapabilityError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from torch import Tensor

    from audit.models.architectures import Architecture

SiteKind = Literal["residual", "attention", "mlp", "heads", "pre_activation", "neurons"]

EMBEDDINGS = -1
"""The layer whose residual is the input of the first block."""


@dataclass(frozen=True, order=True)
class Site:
    """A kind of tensor in one layer."""

    layer: int
    kind: SiteKind


@contextmanager
def captured(
    architecture: Architecture, sites: Iterable[Site]
) -> Iterator[Mapping[Site, list[Tensor]]]:
    """Keep what flows through the sites: one tensor a forward pass, graph included.

    Raises:
        CapabilityError: If the family has no such part under a known name.
    """
    kept: dict[Site, list[Tensor]] = {site: [] for site in sites}
    with _attached(architecture, {site: seen.append for site, seen in kept.items()}):
        yield kept


@contextmanager
def watched(
    architecture: Architecture, acts: Mapping[Site, Callable[[Tensor], None]]
) -> Iterator[None]:
    """Call each act with what flows through its site, and change nothing.

    What an act does not keep is freed as the forward pass goes on, so that memory grows
    neither with the layers nor with the prompts.

    Raises:
        CapabilityError: If the family has no such part under a known name.
    """
    with _attached(architecture, acts):
        yield


@contextmanager
def edited(
    architecture: Architecture, edits: Mapping[Site, Callable[[Tensor], Tensor]]
) -> Iterator[None]:
    """Put each edit's result in place of what flows through its site.

    An edit may not change its argument in place. Edits of one forward pass see each other's
    effects, as later layers do.

    Raises:
        CapabilityError: If the family has no such part under a known name.
    """
    with _attached(architecture, edits):
        yield


@contextmanager
def _attached(
    architecture: Architecture, acts: Mapping[Site, Callable[[Tensor], Tensor | None]]
) -> Iterator[None]:
    """Hook each act to its site, and take all hooks off again."""
    with ExitStack() as hooks:
        for site, act in acts.items():
            hooks.callback(_attach(architecture, site, act).remove)
        yield


def _attach(architecture: Architecture, site: Site, act: Callable[[Tensor], Tensor | None]) -> Any:
    """Hook an act to a site; what it returns, if anything, goes on in the tensor's place."""
    module, at_input = _part(architecture, site)
    if module is None:
        raise CapabilityError(
            f"the family {architecture.family!r} keeps no {site.kind.replace('_', ' ')} under a "
            f"known name in layer {site.layer}"
        )
    if at_input:
        return module.register_forward_pre_hook(_before(act), with_kwargs=True)
    return module.register_forward_hook(_after(act))


def _part(architecture: Architecture, site: Site) -> tuple[Any | None, bool]:
    """Return the module that a site lies at, and whether it is the module's input."""
    if site.layer == EMBEDDINGS:
        return architecture.blocks[0].whole, True
    block = architecture.blocks[site.layer]
    return {
        "residual": (block.whole, False),
        "attention": (block.attention_adds, False),
        "mlp": (block.mlp_adds, False),
        "heads": (block.attention_out, True),
        "pre_activation": (block.mlp_in, False),
        "neurons": (block.mlp_out, True),
    }[site.kind]


def _before(act: Callable[[Tensor], Tensor | None]) -> Callable[..., Any]:
    """Return a pre-hook over the first tensor that a module is called with."""

    def hook(_module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        tensor = args[0] if args else kwargs["hidden_states"]
        changed = act(tensor)
        if changed is None:
            return None
        if args:
            return (changed, *args[1:]), kwargs
        return args, kwargs | {"hidden_states": changed}

    return hook


def _after(act: Callable[[Tensor], Tensor | None]) -> Callable[..., Any]:
    """Return a hook over a module's output, a tensor or a tuple that begins with one."""

    def hook(_module: Any, _args: Any, output: Any) -> Any:
        if not isinstance(output, tuple):
            return act(output)
        changed = act(output[0])
        return None if changed is None else (changed, *output[1:])

    return hook
