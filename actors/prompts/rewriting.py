"""The prompt that asks for a polite version of a draft, and reading the answer (paper B §3.2, Fig. 3).

The spacing is that of the prompt published with the authors' weights, down to the space before
`(Revised Response)`. Their released model was trained with the turn mark misspelt and with a mark behind
every picture; a rewriter of our own needs neither.
"""

from __future__ import annotations

import re

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
BARE_PICTURE = re.compile(rf"{re.escape(PICTURE)}(?!{re.escape(END_OF_CHUNK)})")  # the mark in "<image> Why?"

TEXT_ONLY = (
    "Below are a question and a short draft of its answer. Write the answer again, politely and in full "
    "sentences, as a helpful assistant would say it. Keep every fact of the draft, add none, and write "
    "nothing but the answer.\n\nQuestion: {instruction}\n\nDraft: "
)


def rewriting_prompt(instruction: str, draft: str, *, released_spelling: bool = False) -> str:
    """The prompt up to the revised response; `instruction` holds `<image>` at each picture's place.

    `released_spelling` spells it as the authors' published weights were trained on it.
    """
    head, tail = rewriting_frame(instruction, released_spelling=released_spelling)
    return head + draft + tail


def rewriting_frame(instruction: str, *, released_spelling: bool = False) -> tuple[str, str]:
    """The prompt before and after the draft; arguments as in `rewriting_prompt`."""
    assistant = ASSISTANT
    if released_spelling:
        assistant = RELEASED_ASSISTANT
        instruction = BARE_PICTURE.sub(PICTURE + END_OF_CHUNK, instruction)
    return f"{SYSTEM}{HUMAN}{instruction}{assistant}{DRAFT}", REVISED


def text_only_frame(instruction: str) -> tuple[str, str]:
    """The message before and after the draft, for a language model that sees no picture.

    The wording of the rewriters that paper B compares with (Fig. 2) is not published; this one is ours.
    """
    return TEXT_ONLY.format(instruction=instruction.replace(PICTURE, " ").strip()), ""


def with_marks(instruction: str, num_images: int) -> str:
    """`instruction` with a `<image>` for every picture at its end, unless it has marks of its own."""
    return instruction if PICTURE in instruction else instruction + PICTURE * num_images


def parse_rewriting(text: str) -> str:
    """The revised response in what the model wrote, with or without the prompt in front of it.

    The response ends where the model begins a turn of its own; space around it is taken off.
    """
    return text.rpartition(REVISED_MARK)[2].partition(TURN_MARK)[0].strip()
