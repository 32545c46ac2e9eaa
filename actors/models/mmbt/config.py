"""What the weights of an MMBT depend on; read without torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# Rows and columns that the feature map is pooled to, by number of picture tokens, as published.
LAYOUTS: Mapping[int, tuple[int, int]] = {
    1: (1, 1),
    2: (2, 1),
    3: (3, 1),
    4: (2, 2),
    5: (5, 1),
    6: (3, 2),
    7: (7, 1),
    8: (4, 2),
    9: (3, 3),
}


@dataclass(frozen=True)
class MmbtConfig:
    """What the weights depend on. `text_model` is a BERT folder or hub id; `image_model` a torchvision
    ResNet's name or `efficientnet-lite0`. With `multi_label` every class is its own yes or no."""

    text_model: str
    image_model: str
    labels: tuple[str, ...]
    multi_label: bool = False
    image_tokens: int = 3
    dropout: float = 0.1
    max_text_tokens: int = 128

    def check(self, positions: int) -> None:
        """Raises ValueError unless pictures and text fit into a BERT with `positions` positions."""
        if self.image_tokens not in LAYOUTS:
            raise ValueError(f"image_tokens is {self.image_tokens}; the published layouts are 1 to 9")
        if len(self.labels) < 2 and not self.multi_label:
            raise ValueError(f"labels are {list(self.labels)}; a classifier needs at least two")
        room = positions - self.image_tokens
        if not 1 <= self.max_text_tokens <= room:
            raise ValueError(
                f"max_text_tokens is {self.max_text_tokens}; beside {self.image_tokens} picture tokens "
                f"this BERT takes 1 to {room}"
            )
