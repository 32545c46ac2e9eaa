"""What moves in each stage of training; everything else is frozen (paper B Table 4, App. A)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from torch import nn

from actors.models.flamingo.assembly import Flamingo
from actors.models.flamingo.lora import lora_parameters

Part = Literal["lora", "connector"]


@dataclass(frozen=True)
class Trainable:
    """Parameters by their names in `Flamingo.model`; `decayed` are those that weight decay is meant for."""

    parameters: dict[str, nn.Parameter]
    decayed: frozenset[str]

    @property
    def count(self) -> int:
        """Numbers in the optimizer."""
        return sum(parameter.numel() for parameter in self.parameters.values())

    def groups(self, weight_decay: float) -> list[dict[str, object]]:
        """Parameter groups for an optimizer: cross-attention decays, the rest does not (OpenFlamingo)."""
        decayed = [self.parameters[name] for name in self.parameters if name in self.decayed]
        rest = [self.parameters[name] for name in self.parameters if name not in self.decayed]
        groups = [{"params": decayed, "weight_decay": weight_decay}, {"params": rest, "weight_decay": 0.0}]
        return [group for group in groups if group["params"]]


def trainable(flamingo: Flamingo, part: Part) -> Trainable:
    """Freezes the model except `part` and says what moves.

    `lora`: the adapters, and the input embeddings with a gradient for the rows of `<image>` and
    `<|endofchunk|>` alone (see `MediaEmbedding`): 290,992,128 numbers in the 9B shape. `connector`: the
    perceiver and the gated cross-attention without its feed-forward half: 105,027,592.

    Raises:
        ValueError: `lora` for a model without adapters, or another name.
    """
    flamingo.model.requires_grad_(False)
    language_model = flamingo.language_model
    if part == "lora":
        adapters = list(lora_parameters(language_model).values())
        if not adapters:
            raise ValueError(
                "this Flamingo has no adapters; build it with a FlamingoConfig that has lora set"
            )
        chosen = [*adapters, flamingo.embedding.start_training()]
        decayed: list[nn.Parameter] = []
    elif part == "connector":
        blocks = [block for block in language_model.gated_cross_attn_layers if block is not None]
        decayed = [parameter for block in blocks for parameter in block.attn.parameters()]
        decayed = [parameter for parameter in decayed if parameter.ndim > 1]
        crossing = [p for block in blocks for p in (*block.attn.parameters(), block.attn_gate)]
        chosen = [*flamingo.model.perceiver.parameters(), *crossing]
    else:
        raise ValueError(f"part is {part!r}, expected 'lora' or 'connector'")
    for parameter in chosen:
        parameter.requires_grad_(True)
    moving = {name: value for name, value in flamingo.model.named_parameters() if value.requires_grad}
    marked = {id(parameter) for parameter in decayed}
    return Trainable(moving, frozenset(name for name, value in moving.items() if id(value) in marked))
