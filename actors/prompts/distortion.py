"""The prompt that asks a language model for an impolite version of its last answer (paper B, Table 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from actors.base import row_seed
from actors.models.text_generator import Prompt
from actors.prompts.conversation import Conversation
from actors.prompts.yaml_file import read_yaml_mapping

COMMAND_SHARE = 0.5
IMAGE_MARK = "<image>"
HUMAN, ASSISTANT = "### Human: ", "### Assistant: "
TURN_MARK = "###"
QUOTE = '"'


@dataclass(frozen=True)
class DistortionPrompt:
    """The pieces of Table 5."""

    system: str
    request: str
    opening: str
    closing: str
    commands: tuple[str, ...]
    few_shot_answer: str
    examples: tuple[Mapping[str, str], ...]

    def lead(self, command: str | None) -> str:
        """The start of the assistant's answer, up to the opening quotation mark."""
        return " ".join([self.opening, *([command] if command else []), self.closing])


@cache
def distortion_prompt() -> DistortionPrompt:
    """The prompt in `distortion.yaml`."""
    content = read_yaml_mapping(Path(__file__).with_suffix(".yaml"))
    lists = {name: tuple(content[name]) for name in ("commands", "examples")}
    return DistortionPrompt(**{**content, **lists})


def draw_command(row_id: str, seed: int) -> int | None:
    """Number from 1 of the command for this row, None for the half without one."""
    rng = Random(row_seed(seed, f"{row_id}/command"))
    if rng.random() >= COMMAND_SHARE:
        return None
    return rng.randint(1, len(distortion_prompt().commands))


def render_distortion(
    row_id: str, instruction: str, response: str, *, command: int | None, conversation: Conversation | None
) -> Prompt:
    """The request for one row.

    A model without a template of its own gets the authors' text, and one with a template the same turns
    in it; both end in the assistant's half-finished answer up to the opening quotation mark. With
    `conversation` None (a chat endpoint, which begins answers itself) that beginning is asked for.
    """
    text = distortion_prompt()
    lead = text.lead(text.commands[command - 1] if command else None)
    instruction = instruction.replace(IMAGE_MARK, "").strip()  # the model is shown no picture
    if conversation is None:
        beginning = "Begin your reply with these words, and close the quotation mark:"
        message = f'{text.request}\n\n{beginning}\n{lead}\n\n"'
        return Prompt(row_id, message, system=text.system, turns=((instruction, response),))
    if conversation.next_turn is None or conversation.name == "raw":
        return Prompt(row_id, "", before=conversation.start + _authors_text(instruction, response, lead))
    before, _ = conversation.wrap([(instruction, response)])
    return Prompt(row_id, "", before=f"{before}{text.request}{conversation.reply}{lead}\n\n{QUOTE}")


def render_few_shot(row_id: str, instruction: str, response: str, *, conversation: Conversation) -> Prompt:
    """The request as a pattern: examples of polite and terse answers, then the row's polite one.

    For models too small for `render_distortion`; no command is given.
    """
    text = distortion_prompt()
    turns = [
        _short_turn(item["question"], item["polite"]) + f"{item['terse']}{QUOTE}" for item in text.examples
    ]
    turns.append(_short_turn(instruction.replace(IMAGE_MARK, "").strip(), response))
    start = conversation.start if conversation.name == "raw" else ""
    return Prompt(row_id, "", before=start + "\n".join(turns))


def _short_turn(question: str, polite: str) -> str:
    return f"{HUMAN}{question}\n{ASSISTANT}{polite}\n{distortion_prompt().few_shot_answer}{QUOTE}"


def _authors_text(instruction: str, response: str, lead: str) -> str:
    text = distortion_prompt()
    last = f"{ASSISTANT}{lead}\n\n{QUOTE}"
    return "\n".join([text.system, HUMAN + instruction, ASSISTANT + response, HUMAN + text.request, last])
