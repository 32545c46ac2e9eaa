"""A small stand-in for vLLM's public classes: next tokens come from a rule instead of a model."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

END = 2
CONTEXT = 64


class VLLMValidationError(Exception):
    pass


@dataclass
class SamplingParams:
    max_tokens: int = 16
    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    seed: int | None = None
    stop: list[str] | None = None
    logprobs: int | None = None
    logprob_token_ids: list[int] | None = None
    detokenize: bool = True


@dataclass
class LLM:
    """Next tokens from a rule instead of a model: after token t, token v scores -((7t + 3v) mod 11)."""

    model: str
    settings: dict[str, Any] = field(default_factory=dict)
    calls: list[tuple[list[dict[str, Any]], list[SamplingParams]]] = field(default_factory=list)

    def __init__(self, model: str, **settings: Any) -> None:
        from transformers import AutoTokenizer

        self.model, self.settings, self.calls = model, settings, []
        self.tokenizer = AutoTokenizer.from_pretrained(model)
        hf_config = SimpleNamespace(image_token_index=3 if "pictures" in model else None, image_seq_length=4)
        self.model_config = SimpleNamespace(
            model=model,
            max_model_len=settings.get("max_model_len", CONTEXT),
            dtype=f"torch.{settings['dtype']}",
            is_multimodal_model="pictures" in model,
            hf_config=hf_config,
        )

    def get_tokenizer(self) -> Any:
        return self.tokenizer

    def generate(self, prompts: list[Any], params: list[SamplingParams], use_tqdm: bool = True) -> list[Any]:
        for prompt in prompts:
            ids = prompt["prompt_token_ids"]
            if not ids or len(ids) >= CONTEXT or (66 in ids and len(prompts) == 1):
                raise VLLMValidationError(f"a prompt of {len(ids)} tokens")
            if 66 in ids:
                raise ValueError("one of the prompts is not to my taste")
        self.calls.append((prompts, params))
        return [self._answer(prompt["prompt_token_ids"], one) for prompt, one in zip(prompts, params)]

    def _answer(self, ids: list[int], params: SamplingParams) -> Any:
        tokens: list[int] = []
        logprobs: list[dict[int, Any]] = []
        while len(tokens) < params.max_tokens and END not in tokens:
            scores = next_logprobs((ids + tokens)[-1], len(self.tokenizer))
            token = scores.index(max(scores))
            shown = [token, *(params.logprob_token_ids or [])]
            logprobs.append({each: SimpleNamespace(logprob=scores[each]) for each in shown})
            tokens.append(token)
        total = sum(step[token].logprob for step, token in zip(logprobs, tokens))
        text = self.tokenizer.decode(tokens, skip_special_tokens=True) if params.detokenize else ""
        reason = "stop" if END in tokens else "length"
        answer = SimpleNamespace(
            text=text, token_ids=tokens, cumulative_logprob=total, logprobs=logprobs, finish_reason=reason
        )
        return SimpleNamespace(prompt_token_ids=ids, outputs=[answer])


def next_logprobs(last: int, vocabulary: int) -> list[float]:
    raw = [
        -float((7 * last + 3 * token) % 11) - (0 if token == END else 1e-3 * token)
        for token in range(vocabulary)
    ]
    normaliser = math.log(sum(math.exp(score) for score in raw))
    return [score - normaliser for score in raw]
