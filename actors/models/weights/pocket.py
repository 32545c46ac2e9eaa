"""Pocket models: tiny ones of the papers' kinds, trained here on drawn scenes; where they lie.

They show that the code path works on any laptop. Their figures say nothing about the papers' models.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from actors.models.weights.packages import CACHE_ROOT

FORMAT = 1  # raise it when the training code changes what comes out of the same recipe
SCENES = "c1db5f45"  # digest of the source's first rows; a test prints the current one
FIGURES, THRESHOLDS = "figures.json", "thresholds.json"


@dataclass(frozen=True)
class ClipRecipe:
    """A CLIP of `layers` layers of `width` in each tower, on pictures of `side` pixels."""

    side: int = 64
    patch: int = 8
    width: int = 128
    layers: int = 3
    context: int = 64
    vocabulary: int = 640
    pictures: int = 16_000
    batch: int = 64
    steps: int = 400
    learning_rate: float = 1e-3


@dataclass(frozen=True)
class LanguageRecipe:
    """A Llama with a byte-level BPE of its own; the first `copy_steps` of `steps` teach it to copy."""

    width: int = 256
    layers: int = 4
    heads: int = 8
    context: int = 768
    vocabulary: int = 1024
    rows: int = 16_000
    tokens: int = 2048  # per step, padding included
    copy_steps: int = 130
    steps: int = 520
    learning_rate: float = 2e-3


@dataclass(frozen=True)
class PairRecipe:
    """A BERT that reads two texts. `pretrained` starts from all-MiniLM-L6-v2, whose size it then has: to
    find an answer of one text in the other is what a small BERT hardly learns from nothing (NLI accuracy
    0.49 after 400 steps; 0.86 after 80 from MiniLM)."""

    width: int
    layers: int
    pairs: int
    batch: int
    steps: int
    learning_rate: float
    vocabulary: int = 640
    context: int = 320
    pretrained: bool = False


@dataclass(frozen=True)
class FlamingoRecipe:
    """Frozen CLIP tower and language model, with a connector that is trained. `polite_share` of the steps
    show polite responses, half as many to a batch, `answer_share` of them bare answers to questions; the
    others show raw annotations of one line."""

    perceiver_depth: int = 2
    latents: int = 16
    every: int = 1
    pictures: int = 16_000
    batch: int = 32
    polite_share: float = 0.2
    answer_share: float = 0.4
    steps: int = 700
    learning_rate: float = 1e-3


@dataclass(frozen=True)
class PocketRecipe:
    """Everything that decides the pocket models. `held_out` is the number of scenes to measure on."""

    clip: ClipRecipe = field(default_factory=ClipRecipe)
    language: LanguageRecipe = field(default_factory=LanguageRecipe)
    nli: PairRecipe = PairRecipe(384, 6, 6_000, 24, 160, 2e-4, context=128, pretrained=True)
    reward: PairRecipe = PairRecipe(96, 2, 6_000, 32, 150, 1e-3)
    flamingo: FlamingoRecipe = field(default_factory=FlamingoRecipe)
    held_out: int = 512
    seed: int = 0


ROLES = ("clip", "language", "nli", "reward", "sts", "flamingo")
NEEDS: Mapping[str, tuple[str, ...]] = {"flamingo": ("clip", "language")}


def content_hash(role: str, recipe: PocketRecipe = PocketRecipe()) -> str:
    """Sixteen hexadecimal digits of everything that decides the model of this role.

    Raises:
        ValueError: there is no such role.
    """
    if role not in ROLES:
        raise ValueError(f"there is no pocket model for {role!r}; expected one of {ROLES}")
    parts = (role, *NEEDS.get(role, ()))
    settings: dict[str, Any] = {
        name: value for name, value in asdict(recipe).items() if name in (*parts, "held_out", "seed")
    }
    described = json.dumps([FORMAT, SCENES, role, settings], sort_keys=True)
    return hashlib.blake2b(described.encode(), digest_size=8).hexdigest()


def pocket_place(role: str, recipe: PocketRecipe = PocketRecipe(), *, root: Path | None = None) -> Path:
    """Where the model of this role lies or will lie: `<root>/models/pocket/<content hash>/<role>`."""
    return (root or CACHE_ROOT) / "models" / "pocket" / content_hash(role, recipe) / role


def pocket_folder(role: str, *, root: Path | None = None) -> Path:
    """Folder of the trained model of this role.

    Raises:
        ValueError: no such role, or the pocket models are not trained yet.
    """
    folder = pocket_place(role, root=root)
    if not folder.is_dir():
        raise ValueError(
            f"the pocket model for {role!r} is not trained yet; run `python -m trainers pocket` "
            "(about 10 minutes on two cores)"
        )
    return folder


def pocket_thresholds(role: str, *, root: Path | None = None) -> dict[str, float]:
    """Thresholds that were calibrated for this role, by the name of the setting (`min_clip_score` ...).

    Raises:
        ValueError: not trained yet, or a role without thresholds.
    """
    file = pocket_folder(role, root=root) / THRESHOLDS
    if not file.is_file():
        raise ValueError(f"the pocket model for {role!r} has no thresholds; expected clip, nli or sts")
    return json.loads(file.read_text())
