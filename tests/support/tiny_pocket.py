"""The pocket models' recipe at miniature scale."""

from __future__ import annotations

from actors.models.weights.pocket import (
    ClipRecipe,
    FlamingoRecipe,
    LanguageRecipe,
    PairRecipe,
    PocketRecipe,
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
