"""A finished distortion run as its report reads it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from actors.base import DROPPED, LIVE
from actors.distortion.strategies import BOXES, LLM, RANDOM, STRATEGIES
from pipelines.manifest import Manifest
from pipelines.reports.page.run_page import read_run
from pipelines.sources.mix import NOT_CHOSEN

NAMES = {LLM: "Language model", RANDOM: "Random augmentation", BOXES: "Captions and boxes"}
COLUMNS = (
    "id", "task", "images", "instruction", "response", "response_original", "status", "reason", "detail",
    "distortion", "distortion_detail", "distortion_changed",
)  # fmt: skip


@dataclass(frozen=True)
class DistortionRun:
    """The manifest and its rows."""

    manifest: Manifest

    @classmethod
    def read(cls, folder: Path) -> DistortionRun:
        """The run in `folder`.

        Raises:
            ValueError: no finished run, or one of another kind.
        """
        return cls(read_run(folder, "distort"))

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """Every row, in the order of ids."""
        return sorted(self.manifest.table(COLUMNS).to_pylist(), key=lambda row: row["id"])

    @property
    def strategies(self) -> list[str]:
        """The strategies that rows were given, in the paper's order."""
        used = {row["distortion"] for row in self.rows}
        return [strategy for strategy in STRATEGIES if strategy in used]

    def live(self, strategy: str) -> list[dict[str, Any]]:
        """Rows of the strategy that came through."""
        return [row for row in self.rows if row["distortion"] == strategy and row["status"] == LIVE]

    def given(self, strategy: str) -> list[dict[str, Any]]:
        """All rows that were to be distorted so."""
        return [row for row in self.rows if row["distortion"] == strategy]

    def not_chosen(self) -> int:
        """Rows that the mix did not want."""
        return sum(row["status"] == DROPPED and row["reason"] == NOT_CHOSEN for row in self.rows)
