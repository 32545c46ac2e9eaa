"""The laboratory: drawn pictures of coloured shapes whose whole truth is known.

A stand-in for science: nothing here says how the papers' models do on real pictures.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Annotated, Literal, get_args

from actors.base import Columns
from actors.models.weights.packages import CACHE_ROOT
from pipelines.schema import Row, live_row
from pipelines.sources.scenes.captions import box_lines, five_captions
from pipelines.sources.scenes.drawing import box_shares, save_picture
from pipelines.sources.scenes.faults import Material, Planted, fitting_faults, plant
from pipelines.sources.scenes.polite import polite_answer, polite_caption, polite_paragraph
from pipelines.sources.scenes.rows import Draft, caption_draft, other_draft, question_draft, rationale_draft
from pipelines.sources.scenes.world import SPLITS, Scene, draw_scene, scene_seed
from pipelines.sources.source import Flag, Source

ROWS_PER_PICTURE = 4
FAULT_SHARE, TWO_PARAGRAPHS_SHARE = 0.5, 0.4
MIN_SIDE, MAX_SIDE = 32, 1024
Kind = Literal["polite", "terse", "faults"]
TRUTH_COLUMNS: Columns = {
    "polite_reference": "string",  # one paragraph
    "polite_paragraphs": "string",  # two paragraphs, captions only
    "terse_response": "string",  # the raw annotation, whatever `response` holds
    "terse_style": "string",
    "captions": "list<item: string>",  # five, of the first picture
    "boxes": "list<item: list<item: float>>",  # x1, y1, x2, y2 from 0 to 1
    "box_labels": "list<item: string>",
    "question_kind": "string",  # null where nothing is asked
    "answer": "string",
    "rationale": "string",
}
FAULT_COLUMNS: Columns = {
    "response_original": "string",
    "finish_reason": "string",
    "planted_fault": "string",  # null: a good response
    "fault_place": "string",
}


@dataclass
class Scenes(Source):
    """`num_rows` rows, four per picture: a description, two questions, and a fourth of another task.

    `response` holds the polite reference (`polite`), the raw annotation (`terse`), or a rewritten
    response of which half carry a planted fault (`faults`: descriptions and questions only). What can be
    seen in two splits is never the same. Pictures have `side` pixels and are drawn once, into `cache`.
    """

    summary = (
        "drawn pictures of coloured shapes with their whole truth (--sample rows; --responses polite, ...)"
    )

    num_rows: Annotated[int, Flag("Rows to draw, in a fixed order.", name="sample")] = 1000
    split: Annotated[str, Flag("Split of the set: train, validation, test or calibration.")] = "train"
    seed: int = 0
    kind: Annotated[
        Kind,
        Flag(
            "Polite references (what `distort` takes by default), raw annotations, or rewritten ones with "
            "planted faults.",
            name="responses",
        ),
    ] = "terse"
    side: Annotated[int, Flag("Pixels along each side of a picture.", name="picture_side")] = 64
    cache: Path | None = None

    @property
    def columns(self) -> Columns:
        return {**TRUTH_COLUMNS, **(FAULT_COLUMNS if self.kind == "faults" else {})}

    def files(self) -> list[Path]:
        return []

    def image_root(self) -> Path:
        return (self.cache or CACHE_ROOT) / "data" / f"scenes-{self.side}"

    def check(self) -> None:
        if self.num_rows < 1:
            raise ValueError(f"scenes were asked for {self.num_rows} rows; expected at least 1")
        if self.split not in SPLITS:
            raise ValueError(f"split {self.split!r} of scenes is not known; expected one of {sorted(SPLITS)}")
        if self.kind not in get_args(Kind):
            raise ValueError(f"kind {self.kind!r} of scenes is not known; expected one of {get_args(Kind)}")
        if not MIN_SIDE <= self.side <= MAX_SIDE:
            raise ValueError(f"side is {self.side} pixels; expected {MIN_SIDE} to {MAX_SIDE}")

    def rows(self) -> Iterator[Row]:
        self.check()
        for number in range(self.num_rows):
            yield self._row(*divmod(number, ROWS_PER_PICTURE))

    def _row(self, picture: int, slot: int) -> Row:
        scene = draw_scene(self.seed, self.split, picture)
        rng = scene_seed(self.seed, self.split, picture, f"row {slot}")
        draft = self._draft(scene, rng, slot)
        pictures = [scene] + ([draft.second] if draft.second else [])
        images = [save_picture(item, self.side, self.image_root()) for item in pictures]
        response, more = self._response(scene, draft, picture, rng)
        return live_row(
            id=f"scenes/{self.split}/{self.seed}-{picture}-{slot}",
            dataset="scenes",
            task=draft.task,
            images=images,
            instruction=draft.request + "<image>" * len(images),
            response=response,
            **self._truth(scene, draft, rng),
            **more,
        )

    def _draft(self, scene: Scene, rng: Random, slot: int) -> Draft:
        if slot == 0:
            return caption_draft(scene, rng, self.side)
        if slot == 1:
            return question_draft(scene, rng)
        if slot == 2:
            return rng.choice((question_draft, rationale_draft))(scene, rng)
        if self.kind == "faults":
            return rng.choice((caption_draft(scene, rng, self.side), question_draft(scene, rng)))
        return other_draft(scene, rng, self.side)

    def _response(self, scene: Scene, draft: Draft, picture: int, rng: Random) -> tuple[str, Row]:
        if self.kind == "terse":
            return draft.terse, {}
        detailed = draft.detailed if rng.random() < TWO_PARAGRAPHS_SHARE else None
        good = detailed or draft.polite
        if self.kind == "polite":
            return good, {}
        fault, planted = None, Planted(good, "")
        if rng.random() < FAULT_SHARE:
            material = self._material(scene, draft, good, picture, rng)
            fault = rng.choice(fitting_faults(material, caption=draft.task == "caption"))
            planted = plant(fault, material, rng)
        return planted.text, {
            "response_original": draft.terse,
            "finish_reason": planted.finish_reason,
            "planted_fault": fault,
            "fault_place": planted.place if fault else None,
        }

    def _material(self, scene: Scene, draft: Draft, good: str, picture: int, rng: Random) -> Material:
        other = draw_scene(self.seed, self.split, picture + rng.randrange(1, 1_000_000))
        foreign = polite_caption(other, rng, paragraphs=2).split("\n\n")
        changed = None
        if draft.question:
            changed = polite_answer(draft.question, rng, answer=rng.choice(sorted(draft.question.wrong)))
        own, lines = polite_paragraph(scene, rng), tuple(box_lines(scene, self.side))
        return Material(draft.terse, good, changed, own, tuple(foreign), lines)

    def _truth(self, scene: Scene, draft: Draft, rng: Random) -> Row:
        question = draft.question
        return {
            "polite_reference": draft.polite,
            "polite_paragraphs": draft.detailed,
            "terse_response": draft.terse,
            "terse_style": draft.style,
            "captions": five_captions(scene, rng),
            "boxes": [box_shares(shape, self.side) for shape in scene.shapes],
            "box_labels": [shape.name for shape in scene.shapes],
            "question_kind": question.kind if question else None,
            "answer": question.answer if question else None,
            "rationale": question.rationale if question else None,
        }
