"""A whole study on three hundred small texts, run once for all tests that look at it."""

from __future__ import annotations

import pytest
from study_parts import noisy, pets_study

from pipelines.recipes.label_study.run import run_study, write_study


@pytest.fixture(scope="session")
def done(tmp_path_factory):
    """Study, figures and page."""
    study = pets_study(tmp_path_factory.mktemp("study"), noisy)
    figures = run_study(study)
    return study, figures, write_study(study, figures)
