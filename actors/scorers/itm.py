"""How well every paragraph fits the picture, as BLIP-2's matching head sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from actors.base import Annotator
from actors.filters.rewritten_text import CAPTIONING, Cells, clip_sentences
from actors.scorers.clip import one_picture_rows


@dataclass
class ItmScorer(Annotator):
    """`paragraph_itm_scores`: 100 x mean probability that a sentence of the paragraph describes the picture.

    From 0 to 100, null without exactly one picture: our alternative to CLIPScore; paper B has none.
    """

    model: str
    tasks: tuple[str, ...] = CAPTIONING

    reads = ("task", "response", "image_bytes")
    writes = {"paragraph_itm_scores": pa.list_(pa.float32())}

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
