"""A Flamingo in training: batches of text and pictures, and the loss on the answers alone."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.utils.checkpoint import checkpoint

from actors.models.flamingo.assembly import Flamingo, trainable
from actors.models.flamingo.config import LoraSettings
from actors.models.flamingo.lora import add_lora
from actors.models.flamingo.published import load_release
from actors.models.flamingo.store import load_flamingo
from trainers.loop.settings import TrainingSettings
from trainers.loop.trainee import IGNORED, Example
from trainers.rewriter.base_model import BaseModel


@dataclass(frozen=True)
class FlamingoBatch:
    """Right-padded rows and the distinct pictures they show.

    `ids`, `mask`, `labels` `[rows, tokens]`; `pixels` `[pictures, 3, height, width]`; `pictures`
    `[rows, most per row]` says which are a row's, filled up with 0, which no token looks at.
    """

    ids: Tensor
    mask: Tensor
    labels: Tensor
    pixels: Tensor
    pictures: Tensor

    def to(self, device: torch.device) -> FlamingoBatch:
        moved = {name: value.to(device, non_blocking=True) for name, value in vars(self).items()}
        return FlamingoBatch(**moved)


class FlamingoLoss(nn.Module):
    """The summed cross-entropy of a batch's labels; each distinct picture is encoded once."""

    def __init__(self, flamingo: Flamingo, *, activation_checkpointing: bool) -> None:
        super().__init__()
        self.model = flamingo.model
        self._flamingo = flamingo
        self._layers = list(flamingo.language_model._get_decoder_layers())
        # The language model's own forward stands behind open_flamingo's mixin.
        kinds = [vars(kind) for kind in type(flamingo.language_model).__mro__]
        signatures = (inspect.signature(kind["forward"]) for kind in kinds if "forward" in kind)
        self._keeps_some_logits = any("logits_to_keep" in one.parameters for one in signatures)
        if activation_checkpointing:
            for layer in self._layers:
                _recompute(layer)

    def forward(self, batch: FlamingoBatch) -> Tensor:
        batch = batch.to(self.model.perceiver.latents.device)
        self._show(batch)
        following = batch.labels[:, 1:]
        # The output layer is the widest of all and most positions are prompt: it runs where a target is.
        columns = (following != IGNORED).any(dim=0).nonzero().flatten()
        options = {"logits_to_keep": columns} if self._keeps_some_logits else {}
        logits = self._flamingo.language_model(
            input_ids=batch.ids, attention_mask=batch.mask, use_cache=False, **options
        ).logits
        if not self._keeps_some_logits:
            logits = logits[:, columns]
        targets = following[:, columns]
        predicted = targets != IGNORED
        return cross_entropy(logits[predicted].float(), targets[predicted], reduction="sum")

    def _show(self, batch: FlamingoBatch) -> None:
        """Sets what every layer looks at: latents `[rows, most per row, latents, width]`."""
        rows, most = batch.pictures.shape
        perceiver = self.model.perceiver
        if most:
            latents = self._flamingo.encode_pictures(batch.pixels.to(perceiver.latents.dtype))
            shown = latents[batch.pictures]
        else:
            shown = batch.pixels.new_zeros(rows, 0, 1, self.model.vis_dim)
        for layer in self._layers:
            layer.condition_vis_x(shown)


class FlamingoTrainee:
    """`Trainee` of the Flamingo `base`, with adapters where the stage moves them."""

    def __init__(self, base: BaseModel, settings: TrainingSettings) -> None:
        dtype = {"bf16": "bfloat16", "fp32": "float32"}[settings.precision]
        self.flamingo = open_base(base, settings, dtype=dtype)
        trainable(self.flamingo, settings.moves)
        recomputes = settings.activation_checkpointing
        self.module = FlamingoLoss(self.flamingo, activation_checkpointing=recomputes).train()

    def collate(self, examples: Sequence[Example]) -> FlamingoBatch:
        """Right-padded; pictures are read and transformed once each."""
        transform, pad = self.flamingo.transform, self.flamingo.tokenizer.pad_token_id
        paths = list(dict.fromkeys(path for example in examples for path in example.images))
        pixels = [transform(Path(path).read_bytes()) for path in paths]
        places = [[paths.index(path) for path in example.images] for example in examples]
        return FlamingoBatch(
            ids=_padded([example.ids for example in examples], pad),
            mask=_padded([[1] * len(example.ids) for example in examples], 0),
            labels=_padded([example.labels() for example in examples], IGNORED),
            pixels=torch.stack(pixels) if pixels else torch.zeros(0, 3, transform.size, transform.size),
            pictures=_padded(places, 0),
        )


def open_base(base: BaseModel, settings: TrainingSettings, *, dtype: str, device: str = "auto") -> Flamingo:
    """The Flamingo `base`, given adapters if the stage needs them and it has none.

    Raises:
        ValueError: no Flamingo there, adapters of another rank, or a context shorter than the stage's.
    """
    if base.release is not None:
        flamingo = load_release(base.release, dtype=dtype, device=device)
    else:
        assert base.folder is not None
        flamingo = load_flamingo(base.folder, dtype=dtype, device=device)
    if settings.context > flamingo.context:
        raise ValueError(
            f"{base.name} reads at most {flamingo.context} tokens, the stage wants {settings.context}; "
            "lower --context"
        )
    wanted = LoraSettings(
        settings.lora_rank, settings.lora_alpha, settings.lora_dropout, settings.lora_init_from
    )
    has = flamingo.config.lora
    if settings.moves != "lora":
        return flamingo
    if has is None:
        torch.manual_seed(settings.seed)  # adapters start from random numbers
        add_lora(flamingo.language_model, wanted)
        flamingo.model.to(flamingo.embedding.weight.device)
        flamingo.config = replace(flamingo.config, lora=wanted)
    elif (has.rank, has.alpha) != (wanted.rank, wanted.alpha):
        raise ValueError(
            f"{base.name} has adapters of rank {has.rank} and alpha {has.alpha}; "
            f"give --lora-rank {has.rank} --lora-alpha {has.alpha}"
        )
    return flamingo


def _padded(rows: Sequence[Sequence[int]], filling: int) -> Tensor:
    width = max((len(row) for row in rows), default=0)
    filled = [[*row, *[filling] * (width - len(row))] for row in rows]
    return torch.tensor(filled, dtype=torch.long).reshape(len(rows), width)


def _recompute(layer: Any) -> None:
    """Keeps only the layer's input for the backward pass and runs the layer again there."""
    forward = layer.forward

    def again(hidden: Tensor, *args: Any, **kwargs: Any) -> Any:
        return checkpoint(forward, hidden, *args, use_reentrant=False, **kwargs)

    layer.forward = again
