"""Chat prompts of very different lengths, some asking for one word and some for a paragraph."""

from __future__ import annotations

import random
from typing import Any

from actors.models.text_generator import Prompt
from actors.prompts.conversation import chat_template

SENTENCES = (
    "The two sisters had not spoken since the summer the mill burned down.",
    "He sells umbrellas in a town where it never rains, and business is good.",
    "Nobody in the orchestra noticed that the conductor had been asleep for most of the slow movement.",
    "A retired judge finds his own name in a file that should not exist.",
    "The camera stays on her face until the train has left, and then a little longer.",
    "Critics called it the funniest film ever made about bankruptcy.",
    "It runs for almost three hours, and every minute of the second half is set in one kitchen.",
    "By the time the dog learns to drive, you will have stopped asking questions.",
)
QUESTIONS = (
    "Is this film a comedy or a drama? Answer with one word.",
    "Does the text above mention an animal? Answer yes or no.",
    "What is the text above about? Explain in two or three sentences.",
    "Write down everything that happens in the text above, as a list.",
)
SHORTEST, LONGEST = 1, 12


def mixed_prompts(number: int, tokenizer: Any) -> list[Prompt]:
    """In random order, the same at every call."""
    chance = random.Random(0)
    before, after = chat_template(tokenizer).wrap()
    return [
        Prompt(
            id=f"mixed/{i}",
            document=" ".join(chance.choices(SENTENCES, k=chance.randint(SHORTEST, LONGEST))),
            tail=f"\n{chance.choice(QUESTIONS)}",
            before=before,
            after=after,
        )
        for i in range(number)
    ]
