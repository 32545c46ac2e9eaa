"""What a Flamingo is made of; nothing here loads a model."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

DESCRIPTION = "flamingo.json"
END_OF_CHUNK, PICTURE, PAD = "<|endofchunk|>", "<image>", "<PAD>"  # added in this order, as published


class MediaAttention(StrEnum):
    """Which picture a text token looks at.

    `next` is how OpenFlamingo v1 and the released Polite Flamingo work: text looks at the picture that
    follows it, and text behind the last picture at none. `previous` is OpenFlamingo v2: the picture
    before it, and text before the first picture at none. The `<image>` token looks at its own in both.
    """

    NEXT = "next"
    PREVIOUS = "previous"


@dataclass(frozen=True)
class LoraSettings:
    """Low-rank adapters on the seven linear kinds of every decoder layer (paper B App. A).

    `init_from` is an adapter folder in peft's layout, such as a copy of Guanaco-7B's; without it the
    adapters begin as no change at all.
    """

    rank: int = 64
    alpha: int = 16
    dropout: float = 0.1
    init_from: str | None = None


@dataclass(frozen=True)
class FlamingoConfig:
    """The parts and sizes of one model; the defaults are those of OpenFlamingo-9B v1.

    `language_model` is a folder, a hub name or `package:NAME`; `vision` is `NAME/WEIGHTS` of open_clip
    (`ViT-L-14-336/openai`), or a folder in open_clip's local layout. `image_size` None is the tower's
    own. `max_context` lowers the language model's context. `released_spelling`: the weights were trained
    on the authors' own spelling of the rewriting prompt.
    """

    language_model: str
    vision: str
    image_size: int | None = None
    cross_attn_every: int = 4
    perceiver_depth: int = 6
    num_latents: int = 64
    media_attention: MediaAttention = MediaAttention.NEXT
    lora: LoraSettings | None = None
    max_context: int | None = None
    released_spelling: bool = False

    def __post_init__(self) -> None:
        for name in ("cross_attn_every", "perceiver_depth", "num_latents"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}, expected 1 or more")
        object.__setattr__(self, "media_attention", MediaAttention(self.media_attention))
