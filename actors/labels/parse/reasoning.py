"""An answer without the reasoning that models write before it, in the marks that are in use for that."""

from __future__ import annotations

import re

_NAMES = (
    r"(?:seed:)?(?:think(?:ing)?|thoughts?|thought_process|reason(?:ing)?|analysis|scratchpad|reflection"
    r"|inner_monologue|chain_of_thought|cot)"
)
# "<think>", "[THINK]", "<|START_THINKING|>", "◁think▷", not "<answer>"
_OPENING = re.compile(
    rf"<\s*{_NAMES}(?:\s[^<>]{{0,80}})?>|\[{_NAMES}\]|◁think▷|<\|(?:start_thinking|begin_of_thought)\|>"
    r"|<unused94>|<\|channel>thought",
    re.IGNORECASE,
)
# "</think>", "[/THINK]", "<|END_THINKING|>", not "<think>"
_CLOSING = re.compile(
    rf"<\s*/\s*{_NAMES}\s*>|\[/{_NAMES}\]|◁/think▷|<\|(?:end_thinking|end_of_thought)\|>|<unused95>"
    r"|<channel\|>",
    re.IGNORECASE,
)
# "<|channel|>final<|message|>", "<|channel|>analysis"
_CHANNEL = re.compile(r"<\|channel\|>\s*(?P<name>\w+)[^<>]{0,80}(?:<\|message\|>)?")
# "<|end|>", "<|return|>", "<|start|>"
_CHANNEL_END = re.compile(r"<\|(?:end|return|start|call|channel)\|>")
# "analysisIt is warm.assistantfinal", not "analysis of the text"
_BARE_CHANNELS = re.compile(r"\s*(?:analysis|commentary)(?=\S).*?assistant\s?final(?=\S|\s|$)", re.DOTALL)


def after_reasoning(text: str) -> str:
    """The text outside of reasoning; nothing when it was never closed.

    Of OpenAI's channels (harmony) it is the last `final` one. Of blocks such as `<think>` it is what follows
    the last closing mark, or where nothing does, what stands before the first opening one.
    """
    text = _final_channel(text)
    closings = list(_CLOSING.finditer(text))
    behind = text[closings[-1].end() :] if closings else text
    opening = _OPENING.search(behind)
    if opening:
        behind = behind[: opening.start()]
    if closings and not behind.strip():
        first = _OPENING.search(text)
        return text[: first.start()] if first else ""
    return behind


def is_reasoning(text: str) -> bool:
    """Whether `text` begins to reason in one of the marks."""
    return _OPENING.search(text) is not None or _CHANNEL.search(text) is not None


def _final_channel(text: str) -> str:
    channels = list(_CHANNEL.finditer(text))
    if not channels:
        bare = _BARE_CHANNELS.match(text)  # special tokens were left out of the text
        return text[bare.end() :] if bare else text
    final = [channel for channel in channels if channel["name"].casefold() == "final"]
    if not final:
        return ""
    behind = text[final[-1].end() :]
    end = _CHANNEL_END.search(behind)
    return behind[: end.start()] if end else behind
