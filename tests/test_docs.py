"""What README and docs say of the tree is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PATH = re.compile(r"`((?:actors|benchmarks|cluster|pipelines|tests|trainers)/[\w/.-]+)`")
ADDED = set(re.findall(r"^# (\S+\.py)$", (ROOT / "docs/EXTENDING.md").read_text(), flags=re.MULTILINE))


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))], ids=lambda p: p.name
)
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    named = set(PATH.findall(page.read_text())) - ADDED
    assert sorted(path for path in named if not (ROOT / path).exists()) == []
