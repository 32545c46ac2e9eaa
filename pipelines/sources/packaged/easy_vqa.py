"""Pictures of one coloured shape with questions and one-word answers.

easy-VQA (Victor Zhou, 2019) from the wheel of PyPI `easy-vqa==1.0` (MIT): 4,000 pictures with 38,575
questions for training, 1,000 with 9,673 for testing, 13 answers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from pathlib import Path
from typing import Any

from actors.base import BadRow, Reason
from actors.models.weights.packages import PackageArchive
from actors.models.weights.unpacking import unpack
from pipelines.schema import Row, failed_row, live_row
from pipelines.sources.packaged.sampling import PackagedSet, seeded_order

BAD_RECORD = Reason("bad_record", "the record is broken")

ARCHIVE = PackageArchive(
    "easy-vqa", "1.0", "wheel", "fcb51b309b78c7b00f97b64cdbcbcf5c105f94da1b39c0796cee5a787c4f650f"
)
SHAPES = ("circle", "rectangle", "triangle")
COLOURS = ("black", "blue", "brown", "gray", "green", "red", "teal", "yellow")
ANSWERS = ("yes", "no", *SHAPES, *COLOURS)


@dataclass
class EasyVqa(PackagedSet):
    """One row per question of a split, in a seeded order: `text` asks, `human_label` answers.

    Three quarters of the questions are yes/no; with `balanced` the thirteen answers take turns.
    """

    summary = "easy-VQA: questions about drawn shapes, one-word answers (fetched with pip)"
    tasks = ("easy_vqa",)

    @cached_property
    def _folder(self) -> Path:
        archive = self.archive or ARCHIVE.fetch(self.cache)
        return unpack(archive, f"easy-vqa-{self.split}", keep=self._wanted, cache=self.cache)

    def _wanted(self, member: str) -> str | None:
        inside = member.removeprefix(f"easy_vqa/data/{self.split}/")
        return inside if inside != member and inside.endswith((".png", ".json")) else None

    def image_root(self) -> Path:
        return self._folder

    def files(self) -> list[Path]:
        return [self._folder / "questions.json"]

    def check(self) -> None:
        super().check()
        if not self.files()[0].is_file():
            raise ValueError(f"{self.files()[0]} is not there; give the easy-vqa 1.0 wheel")

    def rows(self) -> Iterator[Row]:
        records = json.loads(self.files()[0].read_text(encoding="utf-8"))
        rows = [self._row(number, record) for number, record in enumerate(records)]
        group = (lambda row: str(row.get("human_label"))) if self.balanced else None
        yield from seeded_order(rows, key=itemgetter("id"), seed=self.seed, group=group)[: self.limit]

    def _row(self, number: int, record: Any) -> Row:
        row = {"id": f"easy_vqa/{self.split}/{number}", "dataset": "easy_vqa", "task": "label"}
        match record:
            case [str(question), str(answer), int(picture)] if question.strip() and answer in ANSWERS:
                images = [f"images/{picture}.png"]
                return live_row(**row, text=question, language="en", human_label=answer, images=images)
        expected = "expected [question, one of the 13 answers, picture number]"
        return failed_row(BadRow(BAD_RECORD, f"record {number} is {str(record)[:200]}; {expected}"), **row)
