"""Conversation templates: the text around a user's message, exactly as each model was tuned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import cycle
from typing import Any

from actors.models.text_generator import Prompt
from actors.prompts.task import Task

VICUNA_SYSTEM = (
    "A chat between a curious user and an artificial intelligence assistant. "
    "The assistant gives helpful, detailed, and polite answers to the user's questions."
)


@dataclass(frozen=True)
class Conversation:
    """Four pieces of text: `start` message `reply` answer `next_turn` message … message `ask`.

    `ask` ends the prompt, so it is `reply` without the space the model writes itself. A `next_turn`
    of None means that the template takes no earlier turns.
    """

    name: str
    start: str = ""
    reply: str = ""
    next_turn: str | None = ""
    ask: str = ""
    system: str | None = None

    @property
    def answer_lead(self) -> str:
        """The text between the prompt's end and the answer: a space, or nothing."""
        return self.reply.removeprefix(self.ask) if self.reply.startswith(self.ask) else ""

    def wrap(self, turns: Sequence[tuple[str, str]] = ()) -> tuple[str, str]:
        """The text before and after the user's message, `turns` of (message, answer) coming first.

        Raises:
            ValueError: turns were given and the template takes none.
        """
        if turns and self.next_turn is None:
            raise ValueError(
                f"conversation {self.name!r} cannot render earlier turns, and {len(turns)} examples were "
                "given; drop the task's examples or use --conversation raw"
            )
        earlier = [f"{message}{self.reply}{answer}{self.next_turn}" for message, answer in turns]
        return self.start + "".join(earlier), self.ask


RAW = Conversation("raw", reply=" ", next_turn="\n\n")

# FastChat's vicuna_v1.1, shared by v1.3 and v1.5: one space everywhere, none around </s>.
VICUNA_V1_1 = Conversation(
    "vicuna_v1.1",
    start=f"{VICUNA_SYSTEM} USER: ",
    reply=" ASSISTANT: ",
    next_turn="</s>USER: ",
    ask=" ASSISTANT:",
    system=VICUNA_SYSTEM,
)

CONVERSATIONS: Mapping[str, Conversation] = {item.name: item for item in (RAW, VICUNA_V1_1)}


def chat_template(tokenizer: Any) -> Conversation:
    """The conversation in a transformers tokenizer's own Jinja template, cut at marked messages.

    Raises:
        ValueError: the tokenizer has no template, or its template does not keep a message whole.
    """
    if not getattr(tokenizer, "chat_template", None):
        raise ValueError(
            f"the tokenizer of {getattr(tokenizer, 'name_or_path', '')!r} has no chat template; "
            "use --conversation raw or vicuna_v1.1"
        )
    first, answer, last = "\ue000first\ue001", "\ue000answer\ue001", "\ue000last\ue001"
    start, ask = _split(_render_chat(tokenizer, [first]), [first])
    single = Conversation("chat", start=start, ask=ask, next_turn=None)
    try:
        pieces = _split(_render_chat(tokenizer, [first, answer, last]), [first, answer, last])
    except ValueError:
        return single
    if (pieces[0], pieces[3]) != (start, ask):
        return single
    return replace(single, reply=pieces[1], next_turn=pieces[2])


def _render_chat(tokenizer: Any, contents: Sequence[str]) -> str:
    from jinja2 import TemplateError

    roles = cycle(("user", "assistant"))
    messages = [{"role": role, "content": content} for role, content in zip(roles, contents, strict=False)]
    # Some Llama templates print today's date unless told one, and prompts must not change by day.
    form = {"tokenize": False, "add_generation_prompt": True, "date_string": "26 Jul 2024"}
    try:
        return str(tokenizer.apply_chat_template(messages, **form))
    except TemplateError as error:
        raise ValueError(f"the tokenizer's chat template failed: {error}; use --conversation raw") from error


def _split(text: str, marks: Sequence[str]) -> list[str]:
    pieces = []
    for mark in marks:
        piece, separator, text = text.partition(mark)
        if not separator or mark in text:
            raise ValueError(
                "the chat template does not repeat a message exactly once; use --conversation raw"
            )
        pieces.append(piece)
    return [*pieces, text]


def with_special_tokens(conversation: Conversation, tokenizer: Any) -> Conversation:
    """`conversation` with the tokens that `tokenizer` adds by itself (Llama's <s>, T5's </s>) spelled out.

    Engines tokenise the rendered text with `add_special_tokens=False`, so RAW and VICUNA_V1_1 would
    lose them; a chat template writes its own.
    """
    plain = tokenizer("a", add_special_tokens=False)["input_ids"]
    whole = tokenizer("a", add_special_tokens=True)["input_ids"]
    places = [at for at in range(len(whole) - len(plain) + 1) if whole[at : at + len(plain)] == plain]
    at = places[0] if places else 0
    first = tokenizer.decode(whole[:at]) if places else ""
    last = tokenizer.decode(whole[at + len(plain) :]) if places else ""
    # Llama's tokenizer puts a space before the first word of a text, but not behind a special token.
    if first and tokenizer(f"{first}a{last}", add_special_tokens=False)["input_ids"] != whole:
        first += " "
    if conversation.start.startswith(first):
        first = ""
    return replace(conversation, start=first + conversation.start, ask=conversation.ask + last)


def render(
    task: Task,
    conversation: Conversation,
    *,
    id: str,
    document: str,
    images: Sequence[bytes] = (),
    examples: Sequence[tuple[str, str]] = (),
) -> Prompt:
    """The prompt that asks `task`'s question about `document`.

    Each example is (document, label); its answer is written as the label's choice string. They become
    earlier turns of the conversation, which for RAW are plain blocks of text before the message.
    """
    head, tail = task.split_prompt()
    turns = tuple((f"{head}{example}{tail}", task.choices[label]) for example, label in examples)
    before, after = conversation.wrap(turns)
    system, pictures = conversation.system, tuple(images)
    return Prompt(id, document, head, tail, before, after, system=system, turns=turns, images=pictures)
