"""The pocket models at miniature scale, trained once for all tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from miniature_home import TINY

from actors.models.weights.pocket import ROLES
from trainers.pocket.verb import make


@pytest.fixture(scope="session")
def pocket_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with every tiny model but sts, whose model comes out of a package. Read only."""
    folder = tmp_path_factory.mktemp("pocket")
    for role in ROLES:
        if role != "sts":
            make(role, TINY, root=folder)
    return folder
