"""A text generator that says what it was told to, and keeps what it was asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from actors.base import BadRow
from actors.models.text_generator import Choice, Generation, GenerationParams, Prompt, TextGenerator

Answer = TypeVar("Answer", Generation, Choice)


class ScriptedGenerator(TextGenerator):
    """Gives `answers` in order, whatever the prompts are."""

    batch_invariant = True

    def __init__(self, answers: Sequence[Generation | Choice | BadRow]) -> None:
        self.script = list(answers)
        self.prompts: list[Prompt] = []
        self.choices: list[str] = []
        self.params: GenerationParams | None = None

    def generate(self, prompts: Sequence[Prompt], params: GenerationParams) -> list[Generation | BadRow]:
        self.params = params
        return self._next(prompts, Generation)

    def choose(self, prompts: Sequence[Prompt], choices: Sequence[str]) -> list[Choice | BadRow]:
        self.choices = list(choices)
        return self._next(prompts, Choice)

    def constrain(self, prompts: Sequence[Prompt], choices: Sequence[str]) -> list[Generation | BadRow]:
        self.choices = list(choices)
        return self._next(prompts, Generation)

    def _next(self, prompts: Sequence[Prompt], kind: type[Answer]) -> list[Answer | BadRow]:
        self.prompts += prompts
        answers, self.script = self.script[: len(prompts)], self.script[len(prompts) :]
        assert all(isinstance(answer, kind | BadRow) for answer in answers)
        return [answer for answer in answers if isinstance(answer, kind | BadRow)]
