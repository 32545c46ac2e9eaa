"""A Flamingo put together from a language model and a vision tower with open_flamingo's classes, and what
moves in each stage of its training (paper B Table 4, App. A)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Literal

import torch
from torch import nn
from torch.nn import functional

from actors.compat import flamingo as compat
from actors.models.flamingo.config import END_OF_CHUNK, PAD, PICTURE, FlamingoConfig
from actors.models.flamingo.lora import add_lora, lora_parameters
from actors.models.flamingo.media import PictureAttention, install_media_attention
from actors.models.flamingo.vision import PictureTransform, Vision

DECODER_LAYERS = ("model.layers", "model.decoder.layers", "transformer.h", "gpt_neox.layers")
LLAMA_IDS = {"pad_token": 0, "bos_token": 1, "eos_token": 2}  # what the authors set, whatever the files say


class MediaEmbedding(nn.Embedding):
    """An embedding table whose training happens in `delta`, a table of the same size that starts at zero.

    The output is `weight[token]`, plus `delta[token]` for the media tokens alone. So no gradient ever
    reaches another row of `delta`; those rows stay zero under any optimizer, weight decay included,
    because zero decays to zero; and `weight` itself is frozen, hence bit-identical after any step. It
    needs no hook and no promise of the optimizer, so it holds under every ZeRO stage, and the optimizer
    counts the whole table, as the authors' did.
    """

    media_ids: tuple[int, ...]
    delta: nn.Parameter | None

    @classmethod
    def around(cls, table: nn.Embedding, media_ids: tuple[int, ...]) -> MediaEmbedding:
        """An embedding that shares the weights of `table`; its rows `media_ids` can be trained."""
        embedding = cls(table.num_embeddings, table.embedding_dim, _weight=table.weight)
        embedding.weight = table.weight
        embedding.media_ids = media_ids
        embedding.register_parameter("delta", None)
        return embedding

    def start_training(self) -> nn.Parameter:
        """`delta`, the parameter to optimise; made on the first call, `weight` is frozen."""
        if self.delta is None:
            self.delta = nn.Parameter(torch.zeros_like(self.weight))
        self.delta.requires_grad_(True)
        self.weight.requires_grad_(False)
        return self.delta

    def media_rows(self) -> torch.Tensor:
        """The media tokens' rows `[media tokens, width]`, `delta` added, detached."""
        rows = list(self.media_ids)
        with torch.no_grad():
            used = self.weight[rows] if self.delta is None else self.weight[rows] + self.delta[rows]
            return used.detach().clone()

    def set_media_rows(self, rows: torch.Tensor) -> None:
        """Sets the media tokens' rows to `rows` `[media tokens, width]` and any trained `delta` to zero."""
        with torch.no_grad():
            self.weight[list(self.media_ids)] = rows.to(self.weight)
            if self.delta is not None:
                self.delta.zero_()

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        fixed = functional.embedding(input, self.weight)
        if self.delta is None:
            return fixed
        is_media = torch.isin(input, torch.tensor(self.media_ids, device=input.device))[..., None]
        return torch.where(is_media, fixed + functional.embedding(input, self.delta), fixed)


@dataclass
class Flamingo:
    """A model in evaluation mode, with its tokenizer and picture transform.

    `model` is open_flamingo's torch module, whose `forward(vision_x, lang_x, attention_mask, labels)`
    trains and whose `generate` decodes; `transform` turns a picture (PIL or file bytes) into pixels
    `[3, height, width]`.
    """

    model: Any
    tokenizer: Any
    config: FlamingoConfig
    transform: PictureTransform
    context: int
    layers: list[PictureAttention]
    vision: Mapping[str, Any]

    @property
    def language_model(self) -> Any:
        return self.model.lang_encoder

    @property
    def embedding(self) -> MediaEmbedding:
        table = self.language_model.get_input_embeddings()
        assert isinstance(table, MediaEmbedding)
        return table

    @property
    def media_token(self) -> int:
        """Id of `<image>`."""
        return int(self.model.media_token_id)

    def encode_pictures(self, pixels: torch.Tensor) -> torch.Tensor:
        """Latents `[pictures, latents, width]` of `pixels` `[pictures, 3, height, width]`, no gradient
        reaching the tower."""
        with torch.no_grad():
            tokens = self.model.vision_encoder(pixels)[1]
        return self.model.perceiver(tokens[:, None, None])[:, 0]


def assemble(
    language_model: Any, tokenizer: Any, vision: Vision, config: FlamingoConfig, *, context: int
) -> Flamingo:
    """The parts as one model; connector and adapters are new, with closed gates and without effect.

    The language model is changed: three tokens are added, and tied output embeddings become their own.

    Raises:
        ValueError: a language model whose decoder layers are not found, or that LoRA does not fit.
    """
    compat.install()
    from open_flamingo import Flamingo as OpenFlamingo
    from open_flamingo.src.flamingo_lm import FlamingoLMMixin
    from open_flamingo.src.helpers import PerceiverResampler
    from open_flamingo.src.utils import extend_instance

    layers = find_layers(language_model)
    add_tokens(language_model, tokenizer)
    extend_instance(language_model, FlamingoLMMixin)
    language_model.set_decoder_layers_attr_name(layers)
    width = vision.description["vision_cfg"]["width"]
    end, picture = tokenizer.convert_tokens_to_ids([END_OF_CHUNK, PICTURE])
    model = OpenFlamingo(
        SimpleNamespace(visual=vision.tower),
        language_model,
        end,
        picture,
        vis_dim=width,
        cross_attn_every_n_layers=config.cross_attn_every,
    )
    model.perceiver = PerceiverResampler(
        dim=width, depth=config.perceiver_depth, num_latents=config.num_latents
    )
    installed = install_media_attention(language_model, config.media_attention)
    table = language_model.get_input_embeddings()
    language_model.set_input_embeddings(MediaEmbedding.around(table, (picture, end)))
    model.to(table.weight.dtype)
    if config.lora is not None:
        add_lora(language_model, config.lora)
    model.requires_grad_(False)
    context = min(context, config.max_context or context)
    return Flamingo(model.eval(), tokenizer, config, vision.transform, context, installed, vision.description)


def find_layers(language_model: Any) -> str:
    """The attribute path of the decoder layers. Raises ValueError: none of the known ones."""
    for path in DECODER_LAYERS:
        part: Any = language_model
        for name in path.split("."):
            part = getattr(part, name, None)
        if isinstance(part, nn.ModuleList):
            return path
    raise ValueError(
        f"the decoder layers of a {type(language_model).__name__} are in none of "
        f"{', '.join(DECODER_LAYERS)}; choose a language model of LLaMA's, OPT's, GPT-2's or NeoX's kind"
    )


def add_tokens(language_model: Any, tokenizer: Any) -> None:
    """Adds `<|endofchunk|>`, `<image>` and, where there is no padding token, `<PAD>`, in this order.

    Rows of new tokens start as the mean of the old ones, which no seed decides.
    """
    known = set(tokenizer.get_vocab())
    tokenizer.add_tokens(
        [token for token in (END_OF_CHUNK, PICTURE) if token not in known], special_tokens=True
    )
    if tokenizer.pad_token is None:
        tokenizer.add_special_tokens({"pad_token": PAD})
    if language_model.config.model_type == "llama" and tokenizer.convert_ids_to_tokens(0) == "<unk>":
        for name, token_id in LLAMA_IDS.items():
            setattr(tokenizer, name, tokenizer.convert_ids_to_tokens(token_id))
    old = language_model.get_input_embeddings().weight.shape[0]
    if len(tokenizer) > old:
        language_model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    untie(language_model)
    with torch.no_grad():
        for table in (language_model.get_input_embeddings(), language_model.get_output_embeddings()):
            table.weight[old:] = table.weight[:old].mean(0)


def untie(language_model: Any) -> None:
    """Gives the output embeddings weights of their own, so that moving an input row changes no logit."""
    output, table = language_model.get_output_embeddings(), language_model.get_input_embeddings()
    if output.weight is table.weight:
        output.weight = nn.Parameter(table.weight.detach().clone())
    language_model.config.tie_word_embeddings = False


Part = Literal["lora", "connector"]


def trainable(flamingo: Flamingo, part: Part) -> dict[str, nn.Parameter]:
    """Freezes the model except `part`; the parameters that move, by their names in `Flamingo.model`.

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
    elif part == "connector":
        blocks = [block for block in language_model.gated_cross_attn_layers if block is not None]
        crossing = [p for block in blocks for p in (*block.attn.parameters(), block.attn_gate)]
        chosen = [*flamingo.model.perceiver.parameters(), *crossing]
    else:
        raise ValueError(f"part is {part!r}, expected 'lora' or 'connector'")
    for parameter in chosen:
        parameter.requires_grad_(True)
    return {name: value for name, value in flamingo.model.named_parameters() if value.requires_grad}
