"""LLaVA-Instruct (Liu et al. 2023): GPT-4's conversations, details and reasoning about COCO pictures.

`[{id, image, conversations: [{from: human|gpt, value}]}]`: conversation_58k, detail_23k,
complex_reasoning_77k or the 150k of them together, where one id occurs several times.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pipelines.schema import Row
from pipelines.sources.dialogues.grounding import GROUNDING_COLUMNS, CocoGrounding
from pipelines.sources.dialogues.turns import ASSISTANT, HUMAN, Dialogue, Turn, read_dialogues, read_turns
from pipelines.sources.source import Flag, Source
from pipelines.sources.tables.records import IMAGE_MARK, image_paths
from pipelines.sources.tables.table_files import read_dialogue_file

ROLES = {"human": HUMAN, "gpt": ASSISTANT}
COCO_2014 = "COCO_train2014_"  # the file keeps names of COCO 2017, which are those of 2014 without this
NO_GROUNDING: Mapping[str, Any] = dict.fromkeys(GROUNDING_COLUMNS)


@dataclass
class Llava(Source):
    """One row per answer, ids `llava/<file>/<record>-<answer>`.

    `pictures` holds COCO's files, with names of 2014 or 2017. `annotations`, COCO's annotation folder,
    adds five captions and the object boxes of each picture, which the third distortion needs. It is for
    descriptions alone: a file with "detail" in its name holds those.
    """

    summary = "LLaVA-Instruct: answers about COCO pictures (--data, --image-root, --annotations)"
    columns = GROUNDING_COLUMNS

    path: Annotated[Path, Flag("LLaVA-Instruct's JSON", name="data")]
    pictures: Annotated[
        Path | None, Flag("Folder with COCO's pictures; by default that of the JSON.", name="image_root")
    ] = None
    annotations: Annotated[Path | None, Flag("COCO's annotation folder, for captions and object boxes.")] = (
        None
    )

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
        records, task = read_dialogue_file(self.path), "caption" if "detail" in self.path.stem else "vqa"
        return read_dialogues(records, self._dialogue, file=f"llava/{self.path.stem}", task=task)

    @cached_property
    def _coco(self) -> CocoGrounding | None:
        return CocoGrounding(self.annotations) if self.annotations else None

    @cached_property
    def _prefix(self) -> str:
        """What stands before the record's picture name in the picture folder."""
        named_2014 = next(self.image_root().glob(f"{COCO_2014}*"), None)
        return COCO_2014 if named_2014 is not None else ""

    def _dialogue(self, record: Mapping[str, Any]) -> Dialogue:
        turns = [_without_mark(turn) for turn in read_turns(record.get("conversations"), ROLES)]
        images = image_paths(record.get("image"), self.image_root(), required=True)
        grounding = self._coco.of(images[0]) if self._coco else NO_GROUNDING
        named = [self._prefix + image.removeprefix(self._prefix) for image in images]
        return Dialogue(turns, named, grounding)


def _without_mark(turn: Turn) -> Turn:
    """LLaVA puts its mark before or behind the first question at random; ours goes to the end."""
    return Turn(HUMAN, turn.text.replace(IMAGE_MARK, "").strip()) if turn.role == HUMAN else turn
