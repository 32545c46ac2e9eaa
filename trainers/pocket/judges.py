"""The pocket NLI cross-encoder and reward model: small BERTs that read two texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

from actors.models.judges.pair_classifier import LABELS
from actors.models.weights.pocket import PairRecipe, PocketRecipe
from trainers.pocket.figures import Figure, share
from trainers.pocket.loop import Fit, fit_and_save
from trainers.pocket.pairs import HARD, Judged, Preference, length_matched, nli_triple, preference
from trainers.pocket.scenes import scenes, step_random
from trainers.pocket.tokenizer import pair_tokenizer


def train_nli(folder: Path, recipe: PocketRecipe, checkpoint: Path | None = None) -> list[Figure]:
    """Writes the cross-encoder to `folder`; returns its accuracy overall and per class on held-out scenes."""
    import torch

    settings = recipe.nli
    rng = step_random(recipe.seed, "nli pairs", 0)
    pairs = nli_pairs("train", settings.pairs, rng)
    torch.manual_seed(recipe.seed)
    tokenizer, model = start(settings, [text for item in pairs[:9000] for text in item[:2]], LABELS)
    encoded = encode(tokenizer, [(item.premise, item.hypothesis) for item in pairs], settings)

    def loss(step: int) -> Any:
        chosen = step_random(recipe.seed, "nli", step).sample(range(len(pairs) // 3), settings.batch // 3)
        rows = [3 * triple + label for triple in chosen for label in range(3)]
        labels = torch.tensor([pairs[row].label for row in rows])
        return model(**batch(tokenizer, encoded, rows), labels=labels).loss

    fitting = Fit("nli", settings.steps, settings.learning_rate, 0.01, checkpoint)
    fit_and_save(model, tokenizer, loss, fitting, folder)
    return nli_figures(folder, recipe)


def nli_pairs(split: str, triples: int, rng: Random) -> list[Judged]:
    """Three pairs of every scene's question, in the order contradiction, entailment, neutral."""
    drawn = scenes(split, triples + 1)
    return [pair for one, other in pairwise(drawn) for pair in nli_triple(one, other, rng)]


def nli_figures(folder: Path, recipe: PocketRecipe) -> list[Figure]:
    """Accuracy with the loaded model; the baseline of each is the best that a look at the hypothesis alone
    can do on average, a third, since every hypothesis comes with all three classes."""
    from actors.models.judges.pair_classifier import NliModel

    held_out = nli_pairs("test", recipe.held_out, step_random(recipe.seed, "nli held out", 0))
    logits = NliModel(str(folder)).logits([(item.premise, item.hypothesis) for item in held_out])
    guesses: list[int] = logits.argmax(-1).tolist()
    right = [guess == item.label for guess, item in zip(guesses, held_out, strict=True)]
    figures = [share("NLI accuracy", right, hypothesis_only(held_out, recipe), "hypothesis only")]
    for label, name in enumerate(LABELS):
        own = [hit for hit, item in zip(right, held_out, strict=True) if item.label == label]
        guessed = guesses.count(label) / len(guesses)
        figures.append(share(f"NLI {name}", own, guessed, "same guesses at random"))
    return figures


def hypothesis_only(held_out: Sequence[Judged], recipe: PocketRecipe) -> float:
    """Accuracy of guessing each hypothesis' commonest class in training, unseen ones as contradiction."""
    classes: dict[str, Counter[int]] = {}
    pairs = nli_pairs("train", recipe.nli.pairs // 4, step_random(recipe.seed, "nli pairs", 0))
    for item in pairs:
        classes.setdefault(item.hypothesis, Counter())[item.label] += 1
    best = {text: counts.most_common(1)[0][0] for text, counts in classes.items()}
    return sum(best.get(item.hypothesis, 0) == item.label for item in held_out) / len(held_out)


def train_reward(folder: Path, recipe: PocketRecipe, checkpoint: Path | None = None) -> list[Figure]:
    """Writes the reward model to `folder`; returns how often it prefers the polite answer."""
    import torch

    settings = recipe.reward
    rng = step_random(recipe.seed, "reward pairs", 0)
    pairs = [preference(scene, rng) for scene in scenes("train", settings.pairs)]
    torch.manual_seed(recipe.seed)
    tokenizer, model = start(settings, [text for item in pairs[:3000] for text in item[:3]], ("reward",))
    better = encode(tokenizer, [(item.question, item.polite) for item in pairs], settings)
    worse = encode(tokenizer, [(item.question, item.other) for item in pairs], settings)

    def loss(step: int) -> Any:
        rows = step_random(recipe.seed, "reward", step).sample(range(len(pairs)), settings.batch)
        first = model(**batch(tokenizer, better, rows)).logits[:, 0]
        second = model(**batch(tokenizer, worse, rows)).logits[:, 0]
        # The second term keeps scores from drifting apart without bound.
        margin = torch.nn.functional.softplus(second - first).mean()
        return margin + 0.005 * (first.square().mean() + second.square().mean())

    fitting = Fit("reward", settings.steps, settings.learning_rate, 0.01, checkpoint)
    fit_and_save(model, tokenizer, loss, fitting, folder)
    return reward_figures(folder, recipe)


def reward_figures(folder: Path, recipe: PocketRecipe) -> list[Figure]:
    """Share of held-out pairs that are put in the right order, on negatives of the same length and on raw
    annotations; the baseline is to prefer the longer answer."""
    from actors.models.judges.pair_classifier import RewardModel

    rng = step_random(recipe.seed, "reward held out", 0)
    held_out = scenes("test", recipe.held_out)
    hard = [preference(scene, rng, HARD[i % len(HARD)]) for i, scene in enumerate(held_out)]
    matched = [pair for pair in hard if length_matched(pair)]
    raw = [preference(scene, rng, "raw") for scene in held_out]
    model = RewardModel(str(folder))
    return [
        _order_share(model, "length-matched hard negatives", matched),
        _order_share(model, "raw annotations", raw),
    ]


def _order_share(model: Any, name: str, pairs: Sequence[Preference]) -> Figure:
    first = model.score([(item.question, item.polite) for item in pairs]).tolist()
    second = model.score([(item.question, item.other) for item in pairs]).tolist()
    lengths = [(len(item.polite), len(item.other)) for item in pairs]
    longer = [0.5 if polite == other else float(polite > other) for polite, other in lengths]
    right = [high > low for high, low in zip(first, second, strict=True)]
    return share(name, right, sum(longer) / len(longer), "prefer the longer")


def start(settings: PairRecipe, texts: Sequence[str], labels: Sequence[str]) -> tuple[Any, Any]:
    """Tokenizer and untrained classifier; the tokenizer learns its words from `texts` unless pretrained."""
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    head: dict[str, Any] = {
        "id2label": dict(enumerate(labels)),
        "label2id": {name: i for i, name in enumerate(labels)},
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
    }
    if settings.pretrained:
        from actors.models.weights.unpacking import packaged_sts_folder

        folder = packaged_sts_folder()
        model = BertForSequenceClassification.from_pretrained(
            folder, num_labels=len(labels), dtype="float32", **head
        )
        return AutoTokenizer.from_pretrained(folder), model
    tokenizer = pair_tokenizer(iter(texts), settings.vocabulary, settings.context)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=settings.width,
        intermediate_size=settings.width * 3,
        num_hidden_layers=settings.layers,
        num_attention_heads=max(2, settings.width // 32),
        max_position_embeddings=settings.context,
        pad_token_id=tokenizer.pad_token_id,
        **head,
    )
    return tokenizer, BertForSequenceClassification(config)


def encode(tokenizer: Any, pairs: Sequence[tuple[str, str]], settings: PairRecipe) -> list[dict[str, Any]]:
    """Token ids of every pair, the longer text cut first."""
    firsts, seconds = [list(side) for side in zip(*pairs, strict=True)]
    rows = tokenizer(firsts, seconds, truncation=True, max_length=settings.context)
    return [{name: rows[name][i] for name in rows} for i in range(len(pairs))]


def batch(tokenizer: Any, encoded: Sequence[dict[str, Any]], rows: Sequence[int]) -> Any:
    """The rows as padded tensors."""
    return tokenizer.pad([encoded[row] for row in rows], padding_side="right", return_tensors="pt")
