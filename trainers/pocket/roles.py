"""What is trained, and which limit is set, for each role of the pocket models."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from actors.models.weights.pocket import PocketRecipe
from actors.models.weights.unpacking import packaged_sts_folder
from trainers.pocket.clip import train_clip
from trainers.pocket.figures import Figure
from trainers.pocket.flamingo import train_flamingo
from trainers.pocket.judges import train_nli, train_reward
from trainers.pocket.language import train_language
from trainers.pocket.thresholds import clip_threshold, nli_threshold, sts_threshold


def train_role(
    role: str, folder: Path, recipe: PocketRecipe, parts: Mapping[str, Path], checkpoint: Path
) -> list[Figure]:
    """Writes the role's model to `folder`, with its limit where it has one, and returns its held-out figures.

    `parts` are the folders of the models that it is made of. A killed training goes on from `checkpoint`.
    """
    match role:
        case "clip":
            return [*train_clip(folder, recipe, checkpoint), *clip_threshold(folder, recipe)]
        case "language":
            return train_language(folder, recipe, checkpoint)
        case "nli":
            return [*train_nli(folder, recipe, checkpoint), *nli_threshold(folder, recipe)]
        case "reward":
            return train_reward(folder, recipe, checkpoint)
        case "sts":  # the model itself comes out of a package
            return sts_threshold(folder, str(packaged_sts_folder()), recipe)
        case "flamingo":
            return train_flamingo(folder, recipe, parts, checkpoint)
    raise AssertionError(f"no pocket model for {role!r}")
