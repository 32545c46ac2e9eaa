"""Prompts as vLLM reads them: token ids that fit the context, and decoded pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from PIL import Image

from actors.base import BadRow
from actors.models.decoding.tokens import Fitted, PromptTokens
from actors.models.endpoint.messages import IMAGE_MARK, decode_picture
from actors.models.text_generator import IMAGE_MARKS, Prompt


@dataclass(frozen=True)
class VllmRequest:
    """One row. Its pictures stand at the image tokens among the ids, where the model has such tokens."""

    fit: Fitted
    images: tuple[Image.Image, ...] = ()

    def followed_by(self, beginning: Sequence[int] = ()) -> dict[str, Any]:
        """A prompt of vLLM's: this row and the first tokens of an answer."""
        request: dict[str, Any] = {"prompt_token_ids": [*self.fit.ids, *beginning]}
        if self.images:
            request["multi_modal_data"] = {"image": list(self.images)}
        return request


@dataclass(frozen=True)
class RequestReader:
    """Turns prompts into requests of one model.

    `image_token` is the id that a picture's vectors replace, None where the model puts them in by
    itself; `picture_tokens` is how many positions each picture then takes, as far as is known.
    """

    tokens: PromptTokens
    image_token: int | None = None
    picture_tokens: int = 1

    @classmethod
    def of(cls, llm: Any) -> RequestReader:
        """The reader for a `vllm.LLM`."""
        config = llm.model_config.hf_config
        token = getattr(config, "image_token_id", None) or getattr(config, "image_token_index", None)
        tokenizer = llm.get_tokenizer()
        if token is not None and not tokenizer.convert_ids_to_tokens(token):
            token = None
        tokens = PromptTokens(tokenizer, llm.model_config.max_model_len)
        return cls(tokens, token, getattr(config, "image_seq_length", None) or 1)

    def read(self, prompt: Prompt, reserve: int) -> VllmRequest | BadRow:
        """The prompt, its document cut so that `reserve` tokens of the context stay free. A BadRow where
        it does not fit without its document, or its pictures cannot be read or placed."""
        try:
            images = tuple(decode_picture(image) for image in prompt.images)
            marked = self._with_marks(prompt)
        except BadRow as bad:
            return bad
        [fit] = self.tokens.fit([marked], reserve + len(images) * (self.picture_tokens - 1))
        if isinstance(fit, BadRow):
            return fit
        if images and self.image_token is not None and fit.ids.count(self.image_token) != len(images):
            return BadRow(IMAGE_MARKS, f"the place of one of {len(images)} pictures was in the part cut off")
        return VllmRequest(fit, images)

    def room(self, request: VllmRequest) -> int:
        """New tokens that the context has left, at least 1."""
        taken = len(request.fit.ids) + len(request.images) * (self.picture_tokens - 1)
        return max(1, self.tokens.context - taken)

    def _with_marks(self, prompt: Prompt) -> Prompt:
        """The prompt with the model's own image token at each mark, or in front where none is marked."""
        if not prompt.images:
            return prompt
        token, tokenizer = self.image_token, self.tokens.tokenizer
        mark = "" if token is None else str(tokenizer.convert_ids_to_tokens(token))
        marked = prompt.message.count(IMAGE_MARK)
        if marked == 0:
            return replace(prompt, head=mark * len(prompt.images) + "\n" * bool(mark) + prompt.head)
        if marked != len(prompt.images):
            detail = f"{marked} {IMAGE_MARK} marks in the message, {len(prompt.images)} pictures"
            raise BadRow(IMAGE_MARKS, detail)
        parts = ("head", "document", "tail")
        return replace(prompt, **{part: getattr(prompt, part).replace(IMAGE_MARK, mark) for part in parts})
