"""A home folder in which every packaged and pocket model that the README's commands use is a tiny one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from actors.models.weights.gguf import FORMAT, SMOLLM2
from actors.models.weights.pocket import (
    ROLES,
    ClipRecipe,
    FlamingoRecipe,
    LanguageRecipe,
    PairRecipe,
    PocketRecipe,
    pocket_place,
)

TINY = PocketRecipe(
    clip=ClipRecipe(width=32, layers=1, patch=16, pictures=40, batch=8, steps=3),
    language=LanguageRecipe(
        width=32, layers=2, heads=2, vocabulary=400, rows=40, tokens=600, copy_steps=1, steps=3
    ),
    nli=PairRecipe(32, 1, 30, 6, 3, 1e-3, vocabulary=300),
    reward=PairRecipe(32, 1, 30, 6, 3, 1e-3, vocabulary=300),
    flamingo=FlamingoRecipe(perceiver_depth=1, latents=4, every=2, pictures=40, batch=4, steps=3),
    held_out=32,
)
CHAT = "{% for turn in messages %}{{ turn['content'] }}\n{% endfor %}"
POSITIONS = 4096  # bytes; the longest prompt of the demo has about 2,000


def write_home(home: Path, language_model: Path) -> Path:
    """`home`, whose cache shares packages and data with this machine's, and holds `language_model` in
    SmolLM2's place and pocket models of a few steps in those of minutes."""
    from trainers.pocket.verb import make

    shared, cache = Path("~/.cache/etiquette").expanduser(), home / ".cache/etiquette"
    (cache / "models").mkdir(parents=True)
    for name in ("packages", "data"):
        (shared / name).mkdir(parents=True, exist_ok=True)
        (cache / name).symlink_to(shared / name)
    smollm = cache / "models" / f"{SMOLLM2.sha256[:16]}-{FORMAT}"
    for folder in (shared / "models").glob(
        "*-1"
    ):  # all-MiniLM and EfficientNet, where they are there already
        if folder.name != smollm.name:
            (cache / "models" / folder.name).symlink_to(folder)
    shutil.copytree(language_model, smollm)
    config = json.loads((smollm / "config.json").read_text())
    (smollm / "config.json").write_text(json.dumps(config | {"max_position_embeddings": POSITIONS}))
    (smollm / "chat_template.jinja").write_text(CHAT)
    for role in ROLES:
        place = pocket_place(role, root=cache)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(make(role, TINY, root=home / "tiny"))
    return home
