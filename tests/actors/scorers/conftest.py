"""Tiny scoring models, written once."""

from __future__ import annotations

import pytest
from scored_rows import model_folders


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Folder by role of the model: clip, nli, reward, sts."""
    return model_folders(tmp_path_factory.mktemp("models"))
