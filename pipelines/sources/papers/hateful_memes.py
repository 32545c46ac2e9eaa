"""Memes that people called hateful or not: picture and the text on it (Kiela et al., 2020).

The released folder: `img/*.png` and `{split}.jsonl` of {"id", "img", "label", "text"}; the label of a
test split may be missing. Sizes: train 8,500, dev_seen 500, test_seen 1,000, dev_unseen 540,
test_unseen 2,000, the split of paper A §4.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from actors.base import BadRow
from actors.did_you_mean import did_you_mean
from actors.prompts.task import Task
from pipelines.schema import LABEL_COLUMNS, Row, failed_row, live_row
from pipelines.sources.source import Flag, Source, StudySplits
from pipelines.sources.tables.label_cells import LABEL_MAP, label_lookup, read_label
from pipelines.sources.tables.records import image_paths, key_field, read_json_lines, text_field

SPLITS = ("train", "dev_seen", "test_seen", "dev_unseen", "test_unseen")
LABELS = {"0": "not hateful", "1": "hateful"}


@dataclass
class HatefulMemes(Source):
    """One row per meme of a split: `text` is what is written on the picture.

    `label_map` says which of the task's labels 0 and 1 are, for a task with labels of its own.
    """

    summary = "Hateful Memes: pictures with text, hateful or not (--data; paper A: test_unseen, 2,000)"
    tasks = ("hateful_memes", "hateful_memes_ranking")
    splits = StudySplits("train", "dev_unseen", "test_unseen")
    labelled = True
    columns = LABEL_COLUMNS

    task: Task
    folder: Annotated[Path, Flag("the folder with img/ and *.jsonl", name="data")]
    split: Annotated[str, Flag("Split of the set.")] = "test_unseen"
    label_map: Annotated[Mapping[str, str] | None, LABEL_MAP] = None

    def files(self) -> list[Path]:
        return [self.folder / f"{self.split}.jsonl"]

    def image_root(self) -> Path:
        return self.folder

    @cached_property
    def _lookup(self) -> dict[str, str]:
        return label_lookup(self.task, LABELS if self.label_map is None else self.label_map)

    def check(self) -> None:
        if not self.folder.is_dir():
            raise ValueError(f"{self.folder} is no folder; give the one with img/ and *.jsonl as --data")
        if not self.files()[0].is_file():
            there = sorted(path.stem for path in self.folder.glob("*.jsonl"))
            hint = did_you_mean(self.split, there)
            raise ValueError(
                f"{self.files()[0]} does not exist; splits in the folder: {there}; the set has {SPLITS}{hint}"
            )
        if next(read_json_lines(self.files()[0]), None) is None:
            raise ValueError(f"{self.files()[0]} is empty; expected one JSON object per line")
        if not {"0", "1"} <= set(self._lookup):
            raise ValueError("--label-map must say what 0 and 1 are: --label-map 0=... 1=...")

    def rows(self) -> Iterator[Row]:
        for number, record in read_json_lines(self.files()[0]):
            yield self._row(number, record)

    def _row(self, number: int, record: dict[str, Any] | BadRow) -> Row:
        name = f"hateful_memes/{self.split}"
        fixed = {"id": f"{name}/line-{number}", "dataset": "hateful_memes", "task": "label"}
        try:
            if isinstance(record, BadRow):
                raise record
            fixed["id"] = f"{name}/{key_field(record, 'id')}"
            values: dict[str, Any] = {
                "text": text_field(record, "text"),
                "images": image_paths(record.get("img"), self.folder, required=True),
                "human_label": read_label(record.get("label"), self._lookup),
            }
        except BadRow as bad:
            return failed_row(bad, **fixed)
        return live_row(**fixed, **values, language="en")
