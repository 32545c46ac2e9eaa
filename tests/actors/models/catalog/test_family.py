from __future__ import annotations

import pytest

from actors.models.catalog.family import EngineOptions, Family


def test_impossible_options_are_refused() -> None:
    with pytest.raises(ValueError, match="dtype 'float8' is unknown"):
        EngineOptions(dtype="float8")
    with pytest.raises(ValueError, match="token_budget is 0"):
        EngineOptions(token_budget=0)
    with pytest.raises(ValueError, match="max_batch is 0"):
        EngineOptions(max_batch=0)
    with pytest.raises(ValueError, match="max_retries is -1"):
        EngineOptions(max_retries=-1)


def test_a_member_that_nothing_is_known_about_is_spoken_to_as_its_family_is() -> None:
    family = Family("seeing", "sees", {}, lambda name, folder: True, print, "chat", uses_image=True)
    model = family.model("mine", "/models/mine")
    assert (model.name, model.checkpoint, model.summary) == ("mine", "/models/mine", "sees")
    assert (model.family, model.conversation, model.uses_image) == ("seeing", "chat", True)
