"""Fixed answers as token paths: how they continue a prompt, and which one greedy decoding takes."""

from __future__ import annotations

from collections.abc import Sequence

from transformers import PreTrainedTokenizerBase

from actors.models.text_generator import Prompt


def continuation_ids(
    prompt: Prompt, choices: Sequence[str], tokenizer: PreTrainedTokenizerBase
) -> list[list[int]]:
    """The tokens that each choice adds to the prompt's end.

    Raises:
        ValueError: a choice adds none.
    """
    end = (prompt.tail + prompt.after) or prompt.text
    before = _ids(end, tokenizer)
    found = []
    for choice in choices:
        whole = _ids(end + choice, tokenizer)
        found.append(whole[len(before) :] if whole[: len(before)] == before else _ids(choice, tokenizer))
    return _not_empty(found, choices)


def answer_ids(choices: Sequence[str], tokenizer: PreTrainedTokenizerBase) -> list[list[int]]:
    """The tokens of each choice as a text of its own, which is how an encoder-decoder writes it.

    Raises:
        ValueError: a choice has none.
    """
    return _not_empty([_ids(choice.strip(), tokenizer) for choice in choices], choices)


def best_path(paths: Sequence[Sequence[int]], scores: Sequence[Sequence[float]]) -> int:
    """The path that greedy decoding takes when at each step only the paths' tokens are allowed.

    `scores[i][t]` is the log-probability of `paths[i][t]` behind `paths[i][:t]`. No path may be the
    beginning of another one: close them with an end token.
    """
    alive = list(range(len(paths)))
    step = 0
    while len({tuple(paths[path]) for path in alive}) > 1:
        best = max(alive, key=lambda path: scores[path][step])
        alive = [path for path in alive if paths[path][step] == paths[best][step]]
        step += 1
    return alive[0]


def _ids(text: str, tokenizer: PreTrainedTokenizerBase) -> list[int]:
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def _not_empty(found: list[list[int]], choices: Sequence[str]) -> list[list[int]]:
    empty = [choice for choice, ids in zip(choices, found, strict=True) if not ids]
    if empty or not choices:
        raise ValueError(f"choices {empty or list(choices)!r} have no tokens; give every label some text")
    return found


__all__ = ["answer_ids", "best_path", "continuation_ids"]
