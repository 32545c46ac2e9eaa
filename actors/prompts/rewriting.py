"""The prompt that asks for a polite version of a draft, and reading the answer (paper B §3.2, Fig. 3).

The spacing is that of the prompt published with the authors' weights, down to the space before
`(Revised Response)`. Their released model was trained with the turn mark misspelt; a rewriter of our own
uses the corrected one.
"""

from __future__ import annotations

SYSTEM = (
    "A chat between a curious human and an artificial intelligence assistant. The assistant gives helpful, "
    "detailed, and polite answers to the user's questions."
)
HUMAN = "\n### Human: "
ASSISTANT, RELEASED_ASSISTANT = "\n### Assistant: ", "\n### Assistent: "
DRAFT, REVISED = "(Drafted Response): ", "\n (Revised Response): "
REVISED_MARK = REVISED.strip()
TURN_MARK = "###"
PICTURE, END_OF_CHUNK = "<image>", "<|endofchunk|>"


def rewriting_prompt(instruction: str, draft: str, *, released_spelling: bool = False) -> str:
    """What stands before the revised response; `instruction` holds `<image>` at each picture's place.

    `released_spelling` gives the turn mark of the authors' published weights.
    """
    head, tail = rewriting_frame(instruction, released_spelling=released_spelling)
    return head + draft + tail


def rewriting_frame(instruction: str, *, released_spelling: bool = False) -> tuple[str, str]:
    """What stands before the draft and what stands after it."""
    assistant = RELEASED_ASSISTANT if released_spelling else ASSISTANT
    return f"{SYSTEM}{HUMAN}{instruction}{assistant}{DRAFT}", REVISED


def answering_prompt(instruction: str) -> str:
    """What stands before the answer to a plain instruction (Clever Flamingo, paper B App. B)."""
    return f"{SYSTEM}{HUMAN}{instruction}{ASSISTANT}"


def parse_rewriting(text: str) -> str:
    """The revised response in what the model wrote, with or without the prompt in front of it.

    It ends where the model begins a turn of its own; space around it is taken off.
    """
    return text.rpartition(REVISED_MARK)[2].partition(TURN_MARK)[0].strip()
