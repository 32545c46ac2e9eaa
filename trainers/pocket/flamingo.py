"""The pocket Flamingo base: frozen CLIP tower and language model, a connector that is trained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any, Literal

from actors.models.weights.pocket import FlamingoRecipe, PocketRecipe
from actors.prompts.rewriting import ASSISTANT, HUMAN, SYSTEM
from pipelines.sources.scenes.questions import ask
from pipelines.sources.scenes.rows import BRIEF_REQUESTS, question_draft
from pipelines.sources.scenes.world import COLOURS, Scene
from trainers.pocket.figures import Figure, share
from trainers.pocket.language import IGNORED, contains, encode, hits_of, pad
from trainers.pocket.loop import Fit, fit
from trainers.pocket.scenes import pictures, png, scenes, step_random
from trainers.pocket.words import BRIEFLY, SYSTEM_SHARE, Written, any_draft, brief, polite_text

Kind = Literal["polite", "answer", "raw"]
PICTURE = "<image>"
ANSWER_TOKENS, CAPTION_TOKENS = 8, 32


def train_flamingo(
    folder: Path, recipe: PocketRecipe, parts: Mapping[str, Path], checkpoint: Path | None = None
) -> list[Figure]:
    """Writes the trained base to `folder` and returns its figures on held-out pictures.

    `parts` are the folders of the pocket `clip` and `language`.
    """
    import torch

    from actors.models.flamingo.store import save_flamingo

    settings = recipe.flamingo
    drawn = scenes("train", settings.pictures)
    pixels = pictures(drawn, recipe.clip.side)
    torch.manual_seed(recipe.seed)
    flamingo = build(settings, parts)
    moving = start_training(flamingo)

    def loss(step: int) -> Any:
        draw = step_random(recipe.seed, "flamingo", step)
        kind, system = kind_of_batch(draw, settings), draw.random() < SYSTEM_SHARE
        chosen = draw.sample(range(len(drawn)), settings.batch // 2 if kind == "polite" else settings.batch)
        texts = [request_and_text(drawn[i], draw, kind, system=system) for i in chosen]
        context = recipe.language.context
        batch = pad([encode(flamingo.tokenizer, text, context) for text in texts])
        labels = batch["labels"].masked_fill(batch["input_ids"] == flamingo.media_token, IGNORED)
        return flamingo.model(
            vision_x=normalise(pixels[chosen], flamingo.transform)[:, None, None],
            lang_x=batch["input_ids"],
            attention_mask=batch["attention_mask"],
            labels=labels,
        ).loss

    fit(moving, loss, Fit("flamingo", settings.steps, settings.learning_rate, 0.01, checkpoint))
    flamingo.model.requires_grad_(False)
    save_flamingo(flamingo, folder)
    return vision_figures(flamingo, recipe)


def build(settings: FlamingoRecipe, parts: Mapping[str, Path]) -> Any:
    """An untrained connector between the two trained parts."""
    from actors.models.flamingo.config import FlamingoConfig, MediaAttention
    from actors.models.flamingo.store import build_flamingo

    config = FlamingoConfig(
        language_model=str(parts["language"]),
        vision=str(parts["clip"]),
        cross_attn_every=settings.every,
        perceiver_depth=settings.perceiver_depth,
        num_latents=settings.latents,
        media_attention=MediaAttention.PREVIOUS,  # pictures stand at the instruction's end
    )
    return build_flamingo(config, dtype="float32", device="cpu")


def start_training(flamingo: Any) -> list[Any]:
    """The trained parameters, all new ones: perceiver, cross-attention with feed-forward half, media rows."""
    moving = [*flamingo.model.perceiver.parameters()]
    for block in filter(None, flamingo.language_model.gated_cross_attn_layers):
        moving += block.parameters()
    for parameter in moving:
        parameter.requires_grad_(True)
    return [*moving, flamingo.embedding.start_training()]


def kind_of_batch(draw: Random, settings: FlamingoRecipe) -> Kind:
    """Which kind of text all rows of a batch are. Mixed, half of a batch would be padding, and the few tokens
    of the answers would count for nothing beside those of the captions."""
    lot = draw.random()
    if lot < settings.polite_share:
        return "polite"
    return "answer" if lot < settings.polite_share + settings.answer_share else "raw"


def request_and_text(scene: Scene, rng: Random, kind: Kind, *, system: bool) -> Written:
    """A request with the picture at its end, and a polite response, a bare answer, or any raw annotation."""
    while True:
        draft = question_draft(scene, rng) if kind == "answer" else any_draft(scene, rng)
        if draft.second is None:
            break
    head = (SYSTEM if system else "") + HUMAN + draft.request
    if kind == "polite":
        return Written(f"{head}{PICTURE}{ASSISTANT}", polite_text(draft, rng))
    return Written(f"{head}{BRIEFLY}{PICTURE}{ASSISTANT}", brief(draft, scene, rng))


def vision_figures(flamingo: Any, recipe: PocketRecipe) -> list[Figure]:
    """Colours named in captions and questions answered, on held-out pictures.

    Baselines: the captions that the model writes when it is shown another scene's picture, and a guesser
    that knows how often each question had which answer in training.
    """
    held_out = scenes("test", recipe.held_out)
    rng = Random(recipe.seed)
    scene_questions = [ask(scene, rng) for scene in held_out]
    own = [png(scene, recipe.clip.side) for scene in held_out]
    wrong = own[1:] + own[:1]
    captions = [f"{HUMAN}{rng.choice(BRIEF_REQUESTS)}{BRIEFLY}{PICTURE}{ASSISTANT}" for _ in held_out]
    questions = [f"{HUMAN}{item.question}{BRIEFLY}{PICTURE}{ASSISTANT}" for item in scene_questions]
    answers = [item.answer for item in scene_questions]
    with_own = _colours(held_out, answer(flamingo, captions, own, CAPTION_TOKENS))
    with_wrong = _colours(held_out, answer(flamingo, captions, wrong, CAPTION_TOKENS))
    right = hits_of(answers, answer(flamingo, questions, own, ANSWER_TOKENS))
    blind = hits_of(answers, answer(flamingo, questions, wrong, ANSWER_TOKENS))
    guessed = hits_of(answers, guesses([item.question for item in scene_questions], recipe))
    return [
        share("colour recall", with_own, sum(with_wrong) / len(with_wrong), "wrong picture"),
        share("questions", right, sum(guessed) / len(guessed), "prior-only guesser"),
        share("questions against wrong picture", right, sum(blind) / len(blind), "wrong picture"),
    ]


def answer(flamingo: Any, prompts: Sequence[str], pictures: Sequence[bytes], max_new: int) -> list[str]:
    """Greedy answers, with the decoder that users run."""
    from actors.models.flamingo.decoding import FlamingoGenerator
    from actors.models.text_generator import Generation, GenerationParams, Prompt

    pairs = enumerate(zip(prompts, pictures, strict=True))
    requests = [Prompt(str(i), "", head=prompt, images=(content,)) for i, (prompt, content) in pairs]
    params = GenerationParams(max_new_tokens=max_new, temperature=0.0)
    generations = FlamingoGenerator(flamingo).generate(requests, params)
    assert all(isinstance(item, Generation) for item in generations), generations
    return [item.text for item in generations if isinstance(item, Generation)]


def guesses(questions: Sequence[str], recipe: PocketRecipe) -> list[str]:
    """The commonest training answer to each question; to a new one, that to its first three words."""
    answers: dict[str, Counter[str]] = {}
    rng = Random(recipe.seed + 1)
    for scene in scenes("train", recipe.flamingo.pictures):
        item = ask(scene, rng)
        for key in (item.question, " ".join(item.question.split()[:3])):
            answers.setdefault(key, Counter())[item.answer] += 1
    best = {key: counts.most_common(1)[0][0] for key, counts in answers.items()}
    return [best.get(text) or best.get(" ".join(text.split()[:3]), "yes") for text in questions]


def normalise(pixels: Any, transform: Any) -> Any:
    """uint8 pixels as `transform` gives them to the tower."""
    import torch

    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (transform.mean, transform.std))
    return (pixels.float() / 255 - mean) / std


def _colours(held_out: Sequence[Scene], texts: Sequence[str]) -> list[bool]:
    recalled: list[bool] = []
    for scene, text in zip(held_out, texts, strict=True):
        colours = {shape.colour for shape in scene.shapes}
        recalled += [contains(text, colour) for colour in COLOURS if colour in colours]
    return recalled
