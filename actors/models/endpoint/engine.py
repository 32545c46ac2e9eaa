"""Text generation through an OpenAI-compatible endpoint."""

from __future__ import annotations

import difflib
import logging
import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from actors.base import BadRow, row_seed
from actors.models.endpoint import constraints, scoring
from actors.models.endpoint.client import EndpointClient, Json
from actors.models.endpoint.messages import chat_messages
from actors.models.endpoint.replies import CONNECTION, TIMEOUT, http_failure, read_generation
from actors.models.text_generator import (
    Choice,
    Generation,
    GenerationParams,
    Prompt,
    TextGenerator,
    refuse_ngrams,
)

logger = logging.getLogger(__name__)
CHAT, COMPLETIONS = "/chat/completions", "/completions"
PREFLIGHT_TIMEOUT_S = 10.0
PROBE = Prompt("probe", constraints.PROBE_MESSAGE)
OPTIONAL = (
    "top_logprobs",
    "logprobs",
    "seed",
)  # an endpoint may refuse them: they only add
_REFUSAL = re.compile(r"support|recogni|unknown|unexpected|permit|allow|extra|invalid", re.I)  # Unsupported
UNDECIDED = (CONNECTION, TIMEOUT, *(http_failure(status) for status in (408, 409, 429, 502, 503, 504)))
Item = TypeVar("Item")
Value = TypeVar("Value")


class OpenAIGenerator(TextGenerator):
    """A model behind `base_url`, such as http://localhost:8000/v1; see EndpointClient for the limits.

    The endpoint applies its own conversation template to system text, turns and message. Outputs
    depend on what else the server is doing, whatever the seed. Settings that only add to an answer
    (log-probabilities, the seed) are left out once the endpoint has refused them.
    """

    batch_invariant = False

    def __init__(self, base_url: str, model: str, **limits: Any) -> None:
        self.client, self.model = EndpointClient(base_url, **limits), model
        self._refused: set[str] = set()
        self._length_field = "max_tokens"
        self._scoring: str | None = None
        self._constraint: str | None = None

    def generate(self, prompts: Sequence[Prompt], params: GenerationParams) -> list[Generation | BadRow]:
        """One chat completion per prompt; the seed is the low 31 bits of the row's seed."""
        refuse_ngrams(params, "openai")

        def body(prompt: Prompt) -> Json:
            settings: Json = {"temperature": params.temperature, "top_p": params.top_p, "logprobs": True}
            settings["seed"] = row_seed(params.seed, prompt.id) & 0x7FFFFFFF
            if params.top_k:
                settings["top_k"] = params.top_k
            if params.stop:
                settings["stop"] = list(params.stop)
            return self._chat(prompt, params.max_new_tokens, settings)

        return self._post(CHAT, prompts, body, read_generation)

    def choose(self, prompts: Sequence[Prompt], choices: Sequence[str]) -> list[Choice | BadRow]:
        """Scores of each choice after `prompt.text`, from an endpoint that scores its prompts' tokens.

        The completions call knows no conversation: the text stands as it is, behind the start token
        that the endpoint adds.

        Raises:
            ValueError: the endpoint does not score prompts' tokens, or a prompt has pictures.
        """
        if any(prompt.images for prompt in prompts):
            raise ValueError(
                "an endpoint cannot score candidates after a picture; use --mode regex or constrain"
            )
        try:
            way = self._scoring = self._scoring or self._find_scoring()
        except BadRow as unreachable:
            return [unreachable] * len(prompts)
        texts = [prompt.text + choice for prompt in prompts for choice in ("", *choices)]
        tokens = self._post(COMPLETIONS, texts, partial(self._scoring_body, way), scoring.read_tokens)
        width = 1 + len(choices)
        return [_choice(tokens[start : start + width]) for start in range(0, len(tokens), width)]

    def constrain(self, prompts: Sequence[Prompt], choices: Sequence[str]) -> list[Generation | BadRow]:
        """Greedy answers out of `choices`; an answer outside them is a BadRow `off_list_output`.

        Raises:
            ValueError: the endpoint cannot limit an answer to a list.
        """
        try:
            way = self._constraint = self._constraint or self._find_constraint()
        except BadRow as unreachable:
            return [unreachable] * len(prompts)
        read = partial(constraints.read_choice, way, choices=choices)
        return self._post(CHAT, prompts, partial(self._constrained_body, choices, way), read)

    def _find_scoring(self) -> str:
        return self._first_way(
            COMPLETIONS,
            tuple(scoring.WAYS),
            lambda way: self._scoring_body(way, scoring.PROBE),
            lambda way, reply: scoring.read_tokens(reply),
            missing="returns no prompt log-probabilities; use --mode regex or constrain",
        )

    def _find_constraint(self) -> str:
        choices = constraints.PROBE_CHOICES
        return self._first_way(
            CHAT,
            constraints.WAYS,
            lambda way: self._constrained_body(choices, way, PROBE),
            lambda way, reply: constraints.read_choice(way, reply, choices),
            missing="cannot be held to a list of answers; use --mode regex or rank",
        )

    def _first_way(
        self,
        path: str,
        ways: Sequence[str],
        build: Callable[[str], Json],
        read: Callable[[str, Json], object],
        missing: str,
    ) -> str:
        """The first of `ways` whose probe gets a reply that `read` accepts.

        Raises:
            BadRow: the endpoint could not be reached now.
            ValueError: it answered, and serves none of `ways`.
        """
        for way in ways:
            [answer] = self._post(path, [way], build, partial(read, way))
            if isinstance(answer, BadRow) and answer.reason in UNDECIDED:
                raise answer
            if not isinstance(answer, BadRow):
                logger.info("%s: %s works", self.client.base_url, way)
                return way
        raise ValueError(f"{self.client.base_url} {missing} (tried {', '.join(ways)})")

    def _chat(self, prompt: Prompt, max_tokens: int, settings: Json) -> Json:
        accepted = {name: value for name, value in settings.items() if name not in self._refused}
        if "logprobs" not in accepted:  # it cannot be asked for without
            accepted.pop("top_logprobs", None)
        messages = chat_messages(prompt)
        return {"model": self.model, "messages": messages, self._length_field: max_tokens, **accepted}

    def _scoring_body(self, way: str, text: str) -> Json:
        return {"model": self.model, "prompt": text, "temperature": 0, **scoring.WAYS[way]}

    def _constrained_body(self, choices: Sequence[str], way: str, prompt: Prompt) -> Json:
        settings: Json = {"temperature": 0, "logprobs": True, "top_logprobs": constraints.TOP_TOKENS}
        settings |= constraints.constraint_fields(way, [choice.strip() for choice in choices])
        return self._chat(prompt, constraints.answer_room(choices), settings)

    def _post(
        self, path: str, items: Sequence[Item], build: Callable[[Item], Json], read: Callable[[Json], Value]
    ) -> list[Value | BadRow]:
        answers = self.client.post_all(path, items, build, read, self._adapt)
        if not self.client.served and any(_is_forbidden(answer) for answer in answers):
            self._check_allowed(path)
        return answers

    def _check_allowed(self, path: str) -> None:
        """Raises ValueError when a harmless prompt gets a 403 too: then the key is refused, not the rows."""

        def probe(prompt: Prompt) -> Json:
            if path == CHAT:
                return self._chat(prompt, 1, {})
            return {"model": self.model, "prompt": prompt.text, "max_tokens": 1}

        [reply] = self.client.post_all(path, [PROBE], probe, dict, self._adapt)
        if _is_forbidden(reply):
            raise self.client.refusal(403)

    def _adapt(self, body: Json, refusal: str) -> bool:
        """Whether `refusal` names a setting of `body`, which later bodies then leave out or rename."""
        if "messages" in body and "max_tokens" in body and "max_completion_tokens" in refusal:
            self._length_field = "max_completion_tokens"
            return True
        for name in OPTIONAL if "messages" in body else ():
            is_number = name == "top_logprobs"  # which may be more than an endpoint tells
            if (
                name in body
                and re.search(rf"\b{name}\b", refusal)
                and (is_number or _REFUSAL.search(refusal))
            ):
                if name not in self._refused:
                    logger.warning("%s does not take %r: going on without", self.client.base_url, name)
                self._refused.add(name)
                return True
        return False


def _is_forbidden(answer: object) -> bool:
    return isinstance(answer, BadRow) and answer.reason == http_failure(403)


def _choice(tokens: Sequence[list[scoring.ScoredToken] | BadRow]) -> Choice | BadRow:
    scored = []
    for entry in tokens:
        if isinstance(entry, BadRow):
            return entry
        scored.append(entry)
    try:
        return scoring.choice_scores(scored[0], scored[1:])
    except BadRow as bad:
        return bad


def check_endpoint(base_url: str, model: str) -> None:
    """Preflight on the driver: the endpoint answers, takes the key and serves `model`.

    Raises:
        ValueError: which of these is not so, and the next step.
    """
    client = EndpointClient(base_url, timeout_s=PREFLIGHT_TIMEOUT_S, max_retries=0)
    try:
        reply = client.get("/models")
    finally:
        client.close()
    if isinstance(reply, BadRow):
        raise ValueError(
            f"no list of models at {client.base_url}/models ({reply}); start the server, or correct the"
            " base URL, which usually ends in /v1"
        )
    served = [str(entry.get("id")) for entry in reply.get("data") or [] if isinstance(entry, dict)]
    if served and model not in served:
        near = difflib.get_close_matches(model, served, n=3, cutoff=0.4) or served[:10]
        raise ValueError(f"{client.base_url} does not serve {model!r}; it has {', '.join(map(repr, near))}")
