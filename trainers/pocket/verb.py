"""`pocket`: trains the tiny models that stand in for the papers', once per recipe."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from actors.models.weights.packages import fill_once
from actors.models.weights.pocket import FIGURES, NEEDS, ROLES, PocketRecipe, pocket_place
from pipelines.command_line.paths import absolute_paths
from trainers.pocket.figures import Figure, read_figures, write_figures

logger = logging.getLogger(__name__)
Role = Literal["clip", "language", "nli", "reward", "sts", "flamingo"]
# Two processes of one thread are faster than one of two. Flamingo, which needs both, is trained after them.
LANES: tuple[tuple[Role, ...], ...] = (("language", "reward", "sts"), ("clip", "nli"))


@absolute_paths
def pocket(*, only: tuple[Role, ...] = (), seed: int = 0) -> None:
    """Trains the pocket CLIP, language model, NLI, reward model and Flamingo that are not there yet.

    Takes about 10 minutes on two cores, once: finished models are kept by the hash of their recipe, and
    a training that was killed goes on from its last checkpoint. Prints how each does on held-out scenes.

    Args:
        only: Train these alone, in this process; what they need comes first.
        seed: Another seed is another set of models, beside the one that the pipelines use (0).
    """
    logging.getLogger().setLevel(logging.WARNING)  # open_clip tells every step of loading a model there
    logging.getLogger("trainers").setLevel(logging.INFO)
    recipe = replace(PocketRecipe(), seed=seed)
    started = time.monotonic()
    if only:
        for role in only:
            make(role, recipe)
        print_figures(only, recipe)
        return
    if not all(pocket_place(role, recipe).is_dir() for lane in LANES for role in lane):
        _run_lanes(seed)
    make("flamingo", recipe)
    print_figures(ROLES, recipe)
    print(f"{time.monotonic() - started:.0f} s in all")


def make(role: str, recipe: PocketRecipe, *, root: Path | None = None) -> Path:
    """Folder of the role's model, trained now where it is not there yet, after what it needs.

    Raises:
        ValueError: there is no such role.
    """
    place = pocket_place(role, recipe, root=root)
    parts = {need: make(need, recipe, root=root) for need in NEEDS.get(role, ())}
    checkpoint = place.with_suffix(".training.pt")

    def fill(folder: Path) -> None:
        logger.info("training the pocket model for %s", role)
        started = time.monotonic()
        figures = train_role(role, folder, recipe, parts, checkpoint)
        write_figures(folder / FIGURES, figures, time.monotonic() - started)

    fill_once(place, fill)
    checkpoint.unlink(missing_ok=True)
    return place


def train_role(
    role: str, folder: Path, recipe: PocketRecipe, parts: Mapping[str, Path], checkpoint: Path
) -> list[Figure]:
    """Writes the role's model to `folder`, with its limit where it has one, and returns its held-out figures.

    `parts` are the folders of the models that it is made of. A killed training goes on from `checkpoint`.
    """
    from actors.models.weights.unpacking import packaged_sts_folder
    from trainers.pocket.clip import train_clip
    from trainers.pocket.flamingo import train_flamingo
    from trainers.pocket.judges import train_nli, train_reward
    from trainers.pocket.language import train_language
    from trainers.pocket.thresholds import clip_threshold, nli_threshold, sts_threshold

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


def print_figures(roles: Sequence[str], recipe: PocketRecipe, *, root: Path | None = None) -> None:
    """One line per held-out figure: value, 95 % interval, rows, and the baseline it has to beat."""
    print(f"{'model':<10}{'held-out figure':<34}{'value':>7}  {'95 % interval':<16}{'rows':>5}  baseline")
    for role in roles:
        figures, seconds = read_figures(pocket_place(role, recipe, root=root) / FIGURES)
        for item in figures:
            mark = "" if item.beats_baseline else "  NOT ABOVE"
            print(
                f"{role:<10}{item.name:<34}{item.value:7.3f}  {item.low:.3f} to {item.high:.3f}  "
                f"{item.rows:>5}  {item.baseline:.3f} {item.baseline_name}{mark}"
            )
        print(f"{role:<10}{'trained and measured in':<34}{seconds:6.0f} s")


def _run_lanes(seed: int) -> None:
    """Both lanes side by side, each a process with one thread."""
    settings = {**os.environ, "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    command = [sys.executable, "-m", "trainers", "pocket", "--seed", str(seed), "--only"]
    lanes = [subprocess.Popen([*command, *lane], env=settings, stdout=subprocess.DEVNULL) for lane in LANES]
    try:
        codes = [lane.wait() for lane in lanes]
    except BaseException:
        for lane in lanes:
            lane.terminate()
        raise
    if any(codes):
        raise ValueError(
            f"training the pocket models stopped with exit codes {codes}; the reason is above, and the same "
            "command goes on from the last checkpoint"
        )
