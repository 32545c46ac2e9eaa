"""The interface every text engine implements, and the values that pass through it."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from actors.base import BadRow, Reason

UNKNOWN_TOKEN = Reason("unknown_token", "the text holds a token that the model does not know")
TOO_MANY_IMAGES = Reason("too_many_images", "the row has more pictures than the model takes")
TOO_LONG = Reason("too_long", "the text is too long for the model")
EMPTY_PROMPT = Reason("empty_prompt", "the prompt is empty")
IMAGE_MARKS = Reason("image_marks", "the picture marks in the text do not fit the pictures")
IMAGE_COUNT = Reason("image_count", "the prompt does not have one mark per picture")
PROMPT_REFUSED = Reason("prompt_refused", "the engine refused the prompt")


@dataclass(frozen=True)
class Prompt:
    """One request. The user's message is `head + document + tail`; only `document` may be cut.

    `before` and `after` are what the conversation template puts around the message, so the string a
    local engine tokenises (with `add_special_tokens=False`) is `before + head + document + tail +
    after`. Chat endpoints get `system`, `turns` and the message instead and apply their own template.
    """

    id: str
    document: str
    head: str = ""
    tail: str = ""
    before: str = ""
    after: str = ""
    system: str | None = None
    turns: tuple[tuple[str, str], ...] = ()
    images: tuple[bytes, ...] = ()

    @property
    def message(self) -> str:
        return self.head + self.document + self.tail

    @property
    def text(self) -> str:
        return self.before + self.message + self.after


@dataclass(frozen=True)
class GenerationParams:
    """Decoding settings; the defaults are those of paper A §3.2."""

    max_new_tokens: int = 1024
    """Tokens after which an answer ends."""
    temperature: float = 0.8
    """Divisor of the logits before a token is drawn; 0 takes the likeliest."""
    top_p: float = 0.9
    """Draw from the likeliest tokens that have this probability together; 1 keeps all."""
    top_k: int = 0
    """Draw from this many of the likeliest tokens; 0 keeps all."""
    seed: int = 0
    """Random seed; with a row's id it decides that row's draws."""
    stop: tuple[str, ...] = ()
    """Strings before which an answer ends."""
    no_repeat_ngram: int = 0
    """Forbid runs of so many tokens to occur twice, the prompt's own included; 0: off."""


def check_params(params: GenerationParams) -> None:
    """Raises ValueError for settings that no text can be drawn with."""
    if params.max_new_tokens < 1:
        raise ValueError(f"max_new_tokens is {params.max_new_tokens}, expected 1 or more")
    if not 0.0 <= params.temperature < float("inf"):
        raise ValueError(f"temperature is {params.temperature}, expected 0 (greedy) or more")
    if not 0.0 < params.top_p <= 1.0:
        raise ValueError(f"top_p is {params.top_p}, expected more than 0 and at most 1 (1 keeps all tokens)")
    if params.top_k < 0:
        raise ValueError(f"top_k is {params.top_k}, expected 0 (keeps all tokens) or more")
    if params.no_repeat_ngram < 0:
        raise ValueError(f"no_repeat_ngram is {params.no_repeat_ngram}, expected 0 (off) or more")
    if any(not string for string in params.stop):
        raise ValueError(f"stop is {params.stop!r}, expected no empty string among them; remove it")


def refuse_ngrams(params: GenerationParams, engine: str) -> None:
    """Raises ValueError where `no_repeat_ngram` is set; `engine` cannot apply it."""
    if params.no_repeat_ngram:
        raise ValueError(
            f"the {engine} engine knows no no_repeat_ngram (it is {params.no_repeat_ngram}); set it to 0"
        )


@dataclass(frozen=True)
class Generation:
    """The answer to one prompt.

    `finish_reason` is `stop` (end token or stop string) or `length`; `logprob` is the sum of the
    natural-log probabilities of the new tokens under the model (temperature 1), None where an
    endpoint does not tell; `cut_tokens` is how many tokens of the document were left out. `share` is how
    likely a constrained answer is among all choices, 0 to 1; None of free text, and where an endpoint does
    not tell enough.
    """

    text: str
    finish_reason: str
    prompt_tokens: int
    new_tokens: int
    logprob: float | None
    cut_tokens: int = 0
    share: float | None = None


@dataclass(frozen=True)
class Choice:
    """Scores of fixed candidates for one prompt: `scores[i]` is the summed log-probability of
    candidate i's tokens after the prompt, `tokens[i]` how many tokens it has."""

    scores: tuple[float, ...]
    tokens: tuple[int, ...]
    prompt_tokens: int
    cut_tokens: int = 0


class TextGenerator(ABC):
    """A loaded model or a connection. Every method returns one value per prompt, in order; a prompt
    that cannot be served (context too small, HTTP error) yields a BadRow and harms no neighbour."""

    batch_invariant: bool

    @abstractmethod
    def generate(self, prompts: Sequence[Prompt], params: GenerationParams) -> list[Generation | BadRow]:
        """Free text. The seed of each row is `row_seed(params.seed, prompt.id)`."""

    @abstractmethod
    def choose(self, prompts: Sequence[Prompt], choices: Sequence[str]) -> list[Choice | BadRow]:
        """Log-likelihood of every choice after every prompt, the prompt read once."""

    @abstractmethod
    def constrain(self, prompts: Sequence[Prompt], choices: Sequence[str]) -> list[Generation | BadRow]:
        """Greedy decoding that can only produce one of `choices`; `text` is exactly that choice, and `share`
        its probability over that of all of them, as `choose` scores them where the engine can."""


def softmax(scores: Sequence[float]) -> list[float]:
    """Shares that sum to 1, of natural-log scores."""
    top = max(scores)
    shares = [math.exp(score - top) for score in scores]
    total = sum(shares)
    return [share / total for share in shares]
