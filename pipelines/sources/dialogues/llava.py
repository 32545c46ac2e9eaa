"""LLaVA-Instruct (Liu et al. 2023): GPT-4's conversations, details and reasoning about COCO pictures.

`[{id, image, conversations: [{from: human|gpt, value}]}]`: conversation_58k, detail_23k,
complex_reasoning_77k or the 150k of them together, where one id occurs several times; and later mixes, which
have records without a picture or with several.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from actors.base import Columns
from pipelines.schema import Row
from pipelines.sources.dialogues.conversations import dialogue_columns, read_conversation
from pipelines.sources.dialogues.grounding import GROUNDING_COLUMNS, CocoGrounding
from pipelines.sources.dialogues.speakers import ASSISTANT, HUMAN, Turn
from pipelines.sources.dialogues.turns import Dialogue, read_dialogues
from pipelines.sources.source import Flag, Source
from pipelines.sources.tables.records import IMAGE_MARK
from pipelines.sources.tables.table_files import read_dialogue_file

COCO_2014 = "COCO_train2014_"  # the file keeps names of COCO 2017, which are those of 2014 without this
COCO_NAME = re.compile(r"\d{12}\.\w+")
NO_GROUNDING: Mapping[str, Any] = dict.fromkeys(GROUNDING_COLUMNS)
# LLaVA's mark stands on a line of its own before or behind the first question, which is which at random.
OWN_LINE = re.compile(rf"^(?:{IMAGE_MARK}\s*\n)+|(?:\n\s*{IMAGE_MARK})+$")


@dataclass
class Llava(Source):
    """One row per answer, ids `llava/<file>/<record>-<answer>`.

    `pictures` holds COCO's files, with names of 2014 or 2017. `annotations`, COCO's annotation folder,
    adds five captions and the object boxes of each picture, which the third distortion needs. It is for
    descriptions alone: a file with "detail" in its name holds those.
    """

    summary = "LLaVA-Instruct: answers about COCO pictures (--data, --image-root, --annotations)"

    path: Annotated[Path, Flag("LLaVA-Instruct's JSON", name="data")]
    pictures: Annotated[
        Path | None, Flag("Folder with COCO's pictures; by default that of the JSON.", name="image_root")
    ] = None
    annotations: Annotated[Path | None, Flag("COCO's annotation folder, for captions and object boxes.")] = (
        None
    )

    @property
    def columns(self) -> Columns:
        return {**GROUNDING_COLUMNS, **dialogue_columns(self.path)}

    def files(self) -> list[Path]:
        return [self.path, *(self._coco.files() if self._coco else [])]

    def image_root(self) -> Path:
        return self.pictures or self.path.parent

    def check(self) -> None:
        if not self.path.is_file():
            raise ValueError(f"{self.path} is no file; give LLaVA-Instruct's JSON with --data")
        if self._coco:
            self._coco.check()

    def rows(self) -> Iterator[Row]:
        file, task = f"llava/{self.path.stem}", "caption" if "detail" in self.path.stem else "vqa"
        unused, records = self.count_unused(), read_dialogue_file(self.path)
        # The mix has them as they are.
        return read_dialogues(records, self._dialogue, file=file, unused=unused, task=task, keep_unfit=True)

    @cached_property
    def _coco(self) -> CocoGrounding | None:
        return CocoGrounding(self.annotations) if self.annotations else None

    @cached_property
    def _prefix(self) -> str:
        """What stands before the record's picture name in the picture folder."""
        named_2014 = next(self.image_root().glob(f"{COCO_2014}*"), None)
        return COCO_2014 if named_2014 is not None else ""

    def _dialogue(self, record: Mapping[str, Any]) -> Dialogue:
        read = read_conversation(record, self.image_root())
        images = list(map(self._named, read.images))
        grounding = self._coco.of(images[0]) if self._coco and images else NO_GROUNDING
        turns = without_own_lines(read.turns) if read.marks == len(images) else read.turns
        return replace(read, turns=turns, images=images, columns=grounding)

    def _named(self, image: str) -> str:
        return self._prefix + image if COCO_NAME.fullmatch(image) else image


def without_own_lines(turns: Sequence[Turn]) -> Sequence[Turn]:
    """The turns without the marks on lines of their own at an edge of the first question, if no other mark
    says which picture is which: LLaVA's place says nothing, and ours is the end."""
    first = next((number for number, turn in enumerate(turns) if turn.role == HUMAN), 0)
    bare = OWN_LINE.sub("", turns[first].text).strip()
    others = [turn.text for turn in (*turns[:first], *turns[first + 1 :]) if turn.role != ASSISTANT]
    if not bare or any(IMAGE_MARK in text for text in (bare, *others)):
        return turns
    return [*turns[:first], replace(turns[first], text=bare), *turns[first + 1 :]]
