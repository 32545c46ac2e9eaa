"""Scores of how well every paragraph of a response fits the picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from actors.base import Annotator
from actors.filters.rewritten_text import CAPTIONING, Cells, clip_sentences, paragraphs_of, rows_of_tasks


@dataclass
class ClipScorer(Annotator):
    """`paragraph_clip_scores`: 100 x cosine per paragraph, -100 to 100; null without exactly one picture.

    The paragraph's vector is the mean of its sentences' unit vectors, not scaled to length one again, as
    the authors of paper B computed it. Each distinct picture and sentence of a table is encoded once.
    """

    model: str
    tasks: tuple[str, ...] = CAPTIONING

    reads = ("task", "response", "image_bytes")
    writes = {"paragraph_clip_scores": "list<item: float>"}

    def check(self) -> None:
        if "/" not in self.model and not Path(self.model).is_dir():
            raise ValueError(
                f"CLIP {self.model!r} is no folder and no ARCHITECTURE/TAG such as ViT-L-14-336/openai"
            )

    def load(self) -> None:
        from actors.models.judges.clip import ClipModel

        self.clip = ClipModel(self.model)

    def annotate(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        rows = one_picture_rows(table, self.tasks)
        pictures = self.clip.embed_images([picture for picture, _ in rows.values()])
        sentences = [s for _, paragraphs in rows.values() for p in paragraphs for s in clip_sentences(p)]
        texts = iter(self.clip.embed_texts(sentences))
        scores: Cells = [None] * table.num_rows
        for picture, (i, (_, paragraphs)) in zip(pictures, rows.items(), strict=True):
            scores[i] = [
                paragraph_score(picture, [next(texts) for _ in clip_sentences(p)]) for p in paragraphs
            ]
        return {"paragraph_clip_scores": scores}


def one_picture_rows(table: pa.Table, tasks: Sequence[str]) -> dict[int, tuple[bytes, list[str]]]:
    """Picture and paragraphs of every row of `tasks` that has exactly one picture and some text."""
    images, responses = table["image_bytes"].to_pylist(), table["response"].to_pylist()
    rows = {}
    for i in rows_of_tasks(table, tasks):
        paragraphs = paragraphs_of(responses[i] or "")
        if paragraphs and images[i] and len(images[i]) == 1:
            rows[i] = (images[i][0], paragraphs)
    return rows


def paragraph_score(picture: Any, sentences: Sequence[Any]) -> float:
    """100 x the mean of the cosines of unit vectors."""
    return float(100 * picture @ sum(sentences) / len(sentences))


@dataclass
class ItmScorer(Annotator):
    """`paragraph_itm_scores`: 100 x mean probability that a sentence of the paragraph describes the picture.

    From 0 to 100, null without exactly one picture: our alternative to CLIPScore; paper B has none.
    """

    model: str
    tasks: tuple[str, ...] = CAPTIONING

    reads = ("task", "response", "image_bytes")
    writes = {"paragraph_itm_scores": "list<item: float>"}

    def load(self) -> None:
        from actors.models.blip.matcher import Blip2Matcher

        self.matcher = Blip2Matcher(self.model)

    def annotate(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        rows = one_picture_rows(table, self.tasks)
        images = {picture: n for n, picture in enumerate(dict.fromkeys(p for p, _ in rows.values()))}
        texts: dict[str, int] = {}
        pairs: dict[tuple[int, int], int] = {}
        pair_numbers: dict[int, list[list[int]]] = {}  # per row and paragraph
        for i, (picture, paragraphs) in rows.items():
            pair_numbers[i] = []
            for paragraph in paragraphs:
                numbers = [texts.setdefault(cut, len(texts)) for cut in _sentences(paragraph)]
                keys = [(images[picture], number) for number in numbers]
                pair_numbers[i].append([pairs.setdefault(key, len(pairs)) for key in keys])
        matches = self.matcher.match(list(images), list(texts), list(pairs))
        scores: Cells = [None] * table.num_rows
        for i, groups in pair_numbers.items():
            scores[i] = [float(100 * matches[group].mean()) for group in groups]
        return {"paragraph_itm_scores": scores}


def _sentences(paragraph: str) -> list[str]:
    """As CLIPScore's, less the blank ones: a probability for no words means nothing."""
    return [cut.strip() for cut in clip_sentences(paragraph) if cut.strip()] or [paragraph]
