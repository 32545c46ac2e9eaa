"""The pocket language model: a Llama with a tokenizer of its own, in an ordinary checkpoint folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from actors.models.weights.pocket import LanguageRecipe, PocketRecipe
from actors.prompts.rewriting import ASSISTANT, HUMAN
from trainers.pocket.figures import Figure, share
from trainers.pocket.loop import Fit, fit_and_save
from trainers.pocket.scenes import scenes, step_random
from trainers.pocket.tokenizer import language_tokenizer
from trainers.pocket.words import Written, draw_text, question_draft, to_copy, vocabulary_texts

IGNORED = -100
EMBEDDING_SPREAD, LAYER_SPREAD, OUTPUT_SPREAD = 0.4, 0.04, 0.02
SORTED_TOGETHER = 256  # rows that are sorted by length before they are cut into batches


def train_language(folder: Path, recipe: PocketRecipe, checkpoint: Path | None = None) -> list[Figure]:
    """Writes the trained model to `folder` and returns how often it puts the noted answer into words."""
    import torch

    settings = recipe.language
    drawn = scenes("train", settings.rows)
    words = step_random(recipe.seed, "language words", 0)
    tokenizer = language_tokenizer(
        (text for scene in drawn[:3000] for text in vocabulary_texts(scene, words)), settings.vocabulary
    )
    copied = Batches(tokenizer, [to_copy(scene, words) for scene in drawn], settings, recipe.seed)
    mixed = Batches(tokenizer, [draw_text(scene, words) for scene in drawn], settings, recipe.seed)
    torch.manual_seed(recipe.seed)
    model = build(settings, tokenizer)

    def loss(step: int) -> Any:
        source = copied if step < settings.copy_steps else mixed
        return model(**source.batch(step)).loss

    fitting = Fit("language", settings.steps, settings.learning_rate, 0.05, checkpoint)
    fit_and_save(model, tokenizer, loss, fitting, folder)
    return copying(model, tokenizer, recipe)


class Batches:
    """Texts as padded batches of like lengths, by number."""

    def __init__(self, tokenizer: Any, texts: Sequence[Written], settings: LanguageRecipe, seed: int) -> None:
        self.rows = [encode(tokenizer, text, settings.context) for text in texts]
        self.groups = cut_batches([len(ids) for ids, _ in self.rows], settings.tokens, seed)

    def batch(self, number: int) -> dict[str, Any]:
        """Batch `number` from 0; behind the last one the first follows again."""
        return pad([self.rows[row] for row in self.groups[number % len(self.groups)]])


def build(settings: LanguageRecipe, tokenizer: Any) -> Any:
    """An untrained LlamaForCausalLM.

    Token embeddings start large beside what the layers add. With the usual 0.02 for everything, another
    mix of tasks and 300 steps of 4,096 tokens, copying was hardly learnt (35 % of noted answers kept).
    """
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    model: Any = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=settings.width,
            intermediate_size=settings.width * 3,
            num_hidden_layers=settings.layers,
            num_attention_heads=settings.heads,
            num_key_value_heads=settings.heads,
            max_position_embeddings=settings.context,
            tie_word_embeddings=False,
            initializer_range=LAYER_SPREAD,
            pad_token_id=tokenizer.pad_token_id,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
        )
    )
    torch.nn.init.normal_(model.get_input_embeddings().weight, std=EMBEDDING_SPREAD)
    torch.nn.init.normal_(model.get_output_embeddings().weight, std=OUTPUT_SPREAD)
    return model


def encode(tokenizer: Any, text: Written, context: int) -> tuple[list[int], list[int]]:
    """Ids and labels: `<s> prompt answer </s>`, learnt from the answer on; cut at `context`."""
    prompt = [tokenizer.bos_token_id, *tokenizer.encode(text.prompt, add_special_tokens=False)]
    answer = [*tokenizer.encode(text.answer, add_special_tokens=False), tokenizer.eos_token_id]
    return (prompt + answer)[:context], ([IGNORED] * len(prompt) + answer)[:context]


def cut_batches(lengths: Sequence[int], tokens: int, seed: int) -> list[list[int]]:
    """Rows in batches of at most `tokens` tokens, padding included, in a seeded order."""
    order = list(range(len(lengths)))
    rng = Random(seed)
    rng.shuffle(order)
    batches: list[list[int]] = []
    for start in range(0, len(order), SORTED_TOGETHER):
        group = sorted(order[start : start + SORTED_TOGETHER], key=lambda row: lengths[row])
        batch: list[int] = []
        for row in group:
            if batch and (len(batch) + 1) * lengths[row] > tokens:
                batches.append(batch)
                batch = []
            batch.append(row)
        batches.append(batch)
    rng.shuffle(batches)
    return batches


def pad(rows: Sequence[tuple[list[int], list[int]]], pad_id: int = 0) -> dict[str, Any]:
    """Right-padded `input_ids`, `attention_mask` and `labels`, each `[rows, longest]`."""
    import torch
    from torch.nn.utils.rnn import pad_sequence

    ids, labels = ([torch.tensor(part) for part in parts] for parts in zip(*rows, strict=True))
    return {
        "input_ids": pad_sequence(ids, batch_first=True, padding_value=pad_id),
        "attention_mask": pad_sequence([torch.ones_like(row) for row in ids], batch_first=True),
        "labels": pad_sequence(labels, batch_first=True, padding_value=IGNORED),
    }


def copying(model: Any, tokenizer: Any, recipe: PocketRecipe) -> list[Figure]:
    """How often the noted one-word answer stands in the sentence made from it, on held-out scenes;
    the baseline is the same question with no note."""
    import torch

    rng = Random(recipe.seed)
    noted, plain, answers = [], [], []
    for scene in scenes("test", recipe.held_out // 2):
        draft = question_draft(scene, rng)
        if draft.question is None or draft.question.kind == "yes_no":
            continue
        head = HUMAN + draft.request
        noted.append(f"{head}\nNote: {draft.terse}{ASSISTANT}")
        plain.append(head + ASSISTANT)
        answers.append(draft.question.answer)
    with torch.inference_mode():
        hits = hits_of(answers, generate(model, tokenizer, noted))
        blind = hits_of(answers, generate(model, tokenizer, plain))
    return [share("noted answers kept", hits, sum(blind) / len(blind), "no note")]


def hits_of(answers: Sequence[str], texts: Sequence[str]) -> list[bool]:
    """Whether each text contains its answer's words, one after the other."""
    return [contains(text, answer) for text, answer in zip(texts, answers, strict=True)]


def contains(text: str, answer: str) -> bool:
    """Whether the answer's words stand in the text one after the other."""
    words = "".join(letter if letter.isalnum() else " " for letter in text.lower())
    return f" {answer} " in f" {' '.join(words.split())} "


def generate(model: Any, tokenizer: Any, prompts: Sequence[str], max_new: int = 40) -> list[str]:
    """Greedy continuations, left-padded in batches of 64."""
    import torch

    texts: list[str] = []
    for start in range(0, len(prompts), 64):
        rows = [
            [tokenizer.bos_token_id, *tokenizer.encode(prompt, add_special_tokens=False)]
            for prompt in prompts[start : start + 64]
        ]
        longest = max(len(row) for row in rows)
        ids = torch.tensor([[0] * (longest - len(row)) + row for row in rows])
        mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in rows])
        out = model.generate(input_ids=ids, attention_mask=mask, max_new_tokens=max_new, do_sample=False)
        texts += tokenizer.batch_decode(out[:, longest:], skip_special_tokens=True)
    return texts
